# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""nft's error messages: blocks of a place, a reason, the line and the marks under it."""

import re

KERNEL = "Error: Could not process rule: "
# The kernel's answer, or nft's guess at what was meant by a name the kernel does not know.
REASON = re.compile(r"Error: (?:Could not process rule: (.*)|(No such file or directory); did you mean .*)")
PLACE = re.compile(r"(?:(?P<file>[^\n]*?):(?P<line>\d+):(?P<first>\d+)(?:-(?P<last>\d+))?: )?Error: ")


class Message:
    def __init__(self):
        self.lines = []
        self.file = None
        self.line = 1
        self.column = None

    def add(self, line):
        place = PLACE.match(line)
        if place:
            self.file = place.group("file")
            self.line = int(place.group("line") or 1)
            self.column = int(place.group("first")) if place.group("first") else None
        elif self.column is None and line.strip("^ \t") == "" and "^" in line:
            self.column = line.index("^") + 1
        self.lines.append(line)

    @property
    def reason(self):
        """Why the kernel refused it; None for an error found before the kernel was asked."""
        found = next(filter(None, map(REASON.search, self.lines)), None)
        return (found.group(1) or found.group(2)) if found else None

    def text(self, reason=None):
        lines = [REASON.sub(KERNEL + reason, line) for line in self.lines] if reason else self.lines
        return "\n".join(lines) + "\n"


def parse(text):
    messages, current, complete = [], None, True
    for line in text.splitlines():
        head = PLACE.match(line)
        if line.startswith("In file included from ") or (head and complete):
            current = Message()
            messages.append(current)
            complete = False
        if current is None:
            current = Message()
            messages.append(current)
        if head:
            complete = True
        current.add(line)
    return messages


def compose(op, reason):
    """A message for a place nft itself said nothing about."""
    name = getattr(op, "name", None)
    first, last = (name, name) if name and not getattr(op, "command", False) else (op.first, op.last)
    file = first.file
    line, column = file.line(first.start), file.column(first.start)
    text = file.text.splitlines()[line - 1]
    width = min(last.end - first.start, len(text) - column + 1)
    marks = re.sub(r"[^\t]", " ", text[: column - 1]) + "^" * width
    place = f"{file.name}:{line}:{column}-{column + width - 1}: " if file.name else ""
    return f"{place}{KERNEL}{reason}\n{text}\n{marks}\n"
