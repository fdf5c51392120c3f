# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The error codes of libuci."""

CODES = {
    "invalid": (2, "Invalid argument"),
    "not_found": (3, "Entry not found"),
    "io": (4, "I/O error"),
    "parse": (5, "Parse error"),
    "duplicate": (6, "Duplicate entry"),
}


class UciError(Exception):
    """An error of libuci: `code` names it, `number` is what `uci add` exits with, `position` says where a file is broken."""

    def __init__(self, code, position=""):
        self.code = code
        self.number, self.message = CODES[code]
        self.position = position
        super().__init__(self.message + position)
