# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The words of a uci line: configuration files, delta files and batch commands are all made of them."""

import os

from .errors import UciError
from .names import is_name, is_package_name

_SPACE = " \t\n\v\f\r"
_BUFFER_SIZE = 32


def escaped(text):
    """Text as it stands between single quotes."""
    return text.replace("'", "'\\''")


def quoted(text):
    return f"'{escaped(text)}'"


class Stream:
    """A file read as C's fgets and feof do it."""

    def __init__(self, descriptor):
        self.descriptor = descriptor
        self.ended = False
        self._data = b""
        self._start = 0

    def read_chunk(self, size):
        """At most size - 1 bytes, up to and including the next line end."""
        while True:
            limit = self._start + size - 1
            end = self._data.find(b"\n", self._start, limit) + 1
            if not end and len(self._data) >= limit:
                end = limit
            if not end:
                more = os.read(self.descriptor, 65536)
                if more:
                    self._data = self._data[self._start :] + more
                    self._start = 0
                    continue
                self.ended = True
                end = len(self._data)
            chunk = self._data[self._start : end]
            self._start = end
            return chunk.decode("latin-1")


class Parser:
    """A line of a stream and a place in it. Quotes and backslashes at a line's end make it continue on the next."""

    def __init__(self, stream):
        self.stream = stream
        self.line = 0
        self.byte = 0
        self.reason = "unknown"
        self.text = ""
        self.place = 0
        self._size = _BUFFER_SIZE
        self._filled = 0
        self._command_end = 0

    def next_line(self):
        self.place = 0
        self._read_line()
        return bool(self.text)

    def _read_line(self):
        """Put the next line where the parser stands. A zero byte ends the piece it came with: libuci sees C strings."""
        text = self.text[: self.place]
        if len(text) >= self._size - 1:
            self._size *= 2
        while True:
            chunk = self.stream.read_chunk(self._size - len(text)).partition("\0")[0]
            if not chunk:
                break
            text += chunk
            self._filled = len(text)
            if chunk[-1] == "\n":
                self.line += 1
                break
            self._size *= 2
        self.text = text

    def position(self):
        return f" ({self.reason}) at line {self.line}, byte {self.byte}"

    def fail(self, reason):
        self.reason = reason
        self.byte = self.place
        raise UciError("parse", self.position())

    def at_end(self):
        return self.place >= len(self.text)

    def _current(self):
        return self.text[self.place : self.place + 1]

    def _cut(self):
        self.text = self.text[: self.place]

    def skip_space(self):
        text, place = self.text, self.place
        while place < len(text) and text[place] in _SPACE:
            place += 1
        self.place = place

    def command(self):
        """The word that says what the line does, or None. Unlike other words it knows no quotes and ends at blanks only."""
        rest = self.text[self.place :]
        word = rest.replace("\t", " ").lstrip(" ").partition(" ")[0]
        if not word:
            return None
        self._command_end = self.place + rest.index(word) + len(word)
        return word

    def skip_command(self, kind):
        if self._command_end == self._filled:
            self.fail(f"{kind} without name")
        self.place = self._command_end + 1

    def argument(self, required=False, check=None):
        """The next word, "" at the end. A semicolon is a word of its own, and empty."""
        self.skip_space()
        if self._current() == ";":
            self.place += 1
            word = ""
        else:
            word = self._word()
        if not word:
            if required:
                self.fail("insufficient arguments")
        elif check and not check(word):
            self.fail("invalid character in name field")
        return word

    def name(self, required=False):
        return self.argument(required, is_name)

    def package_name(self):
        return self.argument(True, is_package_name)

    def expect_end(self, strict):
        if self.argument() and strict:
            self.fail("too many arguments")

    def _word(self):
        start = self.place
        word = []
        while True:
            char = self._current()
            if char == "'":
                self._single_quoted(word)
            elif char == '"':
                self._double_quoted(word)
            elif char == "#":
                self._cut()
                return "".join(word)
            elif not char:
                return "".join(word)
            elif char == ";":
                word = "".join(word)
                if start + len(word) == self.place:
                    # libuci ends the word in place: with nothing stripped from it, that is on the semicolon, and the
                    # rest of the line is lost
                    self._cut()
                return word
            elif char != "\\" or self._escaped():
                word.append(self._current())
                self.place += 1
            if self.at_end():
                return "".join(word)
            if self._current() in _SPACE:
                self.place += 1
                return "".join(word)

    def _single_quoted(self, word):
        self.place += 1
        while True:
            end = self.text.find("'", self.place)
            if end >= 0:
                word.append(self.text[self.place : end])
                self.place = end + 1
                return
            word.append(self.text[self.place :])
            self._continue("EOF with unterminated '")

    def _double_quoted(self, word):
        self.place += 1
        while True:
            char = self._current()
            if char == '"':
                self.place += 1
                return
            if not char:
                self._continue('EOF with unterminated "')
            elif char != "\\" or self._escaped():
                word.append(self._current())
                self.place += 1

    def _continue(self, reason):
        self.place = len(self.text)
        self._read_line()
        if self.at_end():
            self.fail(reason)

    def _escaped(self):
        """Skip a backslash; true where a character follows it, false where it joins the next line to this one."""
        self.place += 1
        rest = self.text[self.place : self.place + 3]
        if rest[:1] in ("", "\n") or rest == "\r\n":
            self._read_line()
            return False
        return True
