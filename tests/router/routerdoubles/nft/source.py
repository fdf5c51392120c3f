# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""nft's text as one stream of tokens, includes expanded; and edits to it that keep every line where it is."""

import glob
import os
import re

TOKEN = re.compile(
    r"""(?P<blank>[ \t\r]+|\\\n|\#[^\n]*)
      | (?P<quoted>"[^"\n]*")
      | (?P<mark>[{};,=\n])
      | (?P<word>[^\s{};,=\#"]+)
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
MAX_INCLUDE_DEPTH = 16


class Token:
    __slots__ = ("end", "file", "start", "text")

    def __init__(self, text, file, start):
        self.text = text
        self.file = file
        self.start = start
        self.end = start + len(text)

    @property
    def value(self):
        return self.text.strip('"')


class File:
    """One text: the main one, or an included file."""

    def __init__(self, name, text):
        self.name = name
        self.text = text
        self.edits = []  # (start, end, replacement)
        self.includes = []  # (start, end, [File]): one entry per include statement

    def line(self, offset):
        return self.text.count("\n", 0, offset) + 1

    def column(self, offset):
        return offset - (self.text.rfind("\n", 0, offset) + 1) + 1

    def replace(self, start, end, replacement):
        """Replaces without moving a line: the lines that the replacement lacks are put behind it."""
        missing = self.text.count("\n", start, end) - replacement.count("\n")
        self.edits.append((start, end, replacement + "\n" * missing))

    def changed(self):
        return bool(self.edits) or any(file.changed() for _, _, files in self.includes for file in files)

    def translated(self, store):
        """The text with its edits; included files that changed are stored elsewhere (store: File -> path)."""
        edits = list(self.edits)
        for start, end, files in self.includes:
            if any(file.changed() for file in files):
                paths = [store(file) if file.changed() else file.name for file in files]
                edits.append((start, end, "; ".join(f'include "{path}"' for path in paths)))
        text = self.text
        for start, end, replacement in sorted(edits, reverse=True):
            text = text[:start] + replacement + text[end:]
        return text


def _included(pattern, folders):
    """The files an include statement means, as nft looks for them."""
    absolute = pattern.startswith(("/", "./"))
    for candidate in [pattern] if absolute else [os.path.join(folder, pattern) for folder in folders]:
        paths = sorted(glob.glob(candidate)) if glob.has_magic(candidate) else [candidate]
        files = [path for path in paths if os.path.isfile(path)]
        if files:
            return files
    return []


def read(path):
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        return file.read()


def tokens(file, folders, depth=0):
    """All tokens of the file and, in their place, of what it includes."""
    result = []
    scanned = [
        Token(match.group(), file, match.start()) for match in TOKEN.finditer(file.text) if match.lastgroup != "blank"
    ]
    position = 0
    while position < len(scanned):
        token = scanned[position]
        following = scanned[position + 1] if position + 1 < len(scanned) else None
        if token.text == "include" and following and following.text.startswith('"') and depth < MAX_INCLUDE_DEPTH:
            files = [File(path, read(path)) for path in _included(following.value, folders)]
            file.includes.append((token.start, following.end, files))
            for inner in files:
                result += tokens(inner, folders, depth + 1)
                result.append(Token("\n", inner, len(inner.text)))
            position += 2
            continue
        result.append(token)
        position += 1
    return result
