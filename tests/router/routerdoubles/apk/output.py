# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What apk prints: progress on stdout, ERROR and WARNING on stderr, the same into its log."""

import os


def _write(descriptor, text):
    try:
        os.write(descriptor, text.encode("utf-8", "surrogateescape"))
    except OSError:
        return  # the reader has gone: apk ignores SIGPIPE and finishes its work


class Output:
    def __init__(self, verbosity=1):
        self.verbosity = verbosity
        self.log = None  # descriptor of /var/log/apk.log, when open
        self.indent = ""  # two spaces while a transaction runs

    def line(self, descriptor, text):
        _write(descriptor, text + "\n")
        self.log_only(text)

    def log_only(self, text):
        if self.log is not None:
            _write(self.log, text + "\n")

    def close(self):
        if self.log is not None:
            os.close(self.log)
            self.log = None

    def plain(self, text):
        self.line(1, text)

    def message(self, text):
        if self.verbosity >= 1:
            self.line(1, text)

    def notice(self, text):
        if self.verbosity >= 1:
            self.line(2, text)

    def script_line(self, descriptor, text):
        self.line(descriptor, self.indent + "* " + text)

    def error(self, text):
        self.line(2, "ERROR: " + text)

    def warning(self, text):
        self.line(2, "WARNING: " + text)

    def columns(self):
        try:
            width = os.get_terminal_size(1).columns
        except OSError:
            return 50
        return width if width > 25 else 50


class Paragraph:
    """Words in groups, wrapped at the terminal's width; what follows a group's head is aligned behind it."""

    def __init__(self, output, descriptor):
        self._output = output
        self._descriptor = descriptor
        self._text = ""
        self._column = 0
        self._indent = 0

    def line(self, text):
        self._text += text + "\n"
        self._column = self._indent = 0

    def group(self, head):
        self._text += head
        self._column = len(head)
        self._indent = len(head) + 1

    def empty(self):
        return not self._text

    def word(self, text):
        if self._column <= self._indent:
            self._text += " " * (self._indent - self._column) + text
            self._column = self._indent + len(text)
        elif self._column + len(text) + 1 >= self._output.columns():
            self._text += "\n" + " " * self._indent + text
            self._column = self._indent + len(text)
        else:
            self._text += " " + text
            self._column += len(text) + 1

    def end(self):
        if self._column:
            self.line("")

    def flush(self):
        if self._text:
            self._output.line(self._descriptor, self._text.rstrip("\n"))
            self._text = ""


def human_size(size):
    """A size as apk prints it: whole B and KiB, tenths from MiB on."""
    units = ("B", "KiB", "MiB", "GiB", "TiB")
    unit = 0
    scaled = float(size)
    while scaled >= 10000 and unit < len(units) - 1:
        scaled /= 1024
        unit += 1
    return "%d %s" % (size >> 10 * unit, units[unit]) if unit < 2 else "%.1f %s" % (scaled, units[unit])
