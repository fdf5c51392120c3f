# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What opkg says: notices on standard output at once, errors collected and printed at the end."""

import sys

NOTICE = 1


class Messages:
    def __init__(self):
        self.verbosity = NOTICE
        self.collected = []

    def notice(self, text):
        if self.verbosity >= NOTICE:
            sys.stdout.write(text)

    def error(self, function, text):
        """function is the name the real opkg prints: that of the C function that failed."""
        self.collected.append(f"{function}: {text}")

    def more(self, text):
        """A further line of the error before."""
        self.collected.append(text)

    def os_error(self, function, text, problem):
        self.error(function, f"{text}: {problem.strerror}.\n")

    def print_errors(self):
        if self.collected:
            sys.stderr.write("Collected errors:\n" + "".join(f" * {text}" for text in self.collected))
