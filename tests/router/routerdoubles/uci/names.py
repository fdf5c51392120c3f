# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which names uci accepts, and how it names a section that has none.

Inside this package text is Latin-1: one character per byte, so positions in error messages count bytes as uci does.
"""

_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")
_PACKAGE = _LETTERS | {"-"}
_PRINTABLE = frozenset(map(chr, range(33, 127)))
_CONTROL = frozenset(map(chr, range(32))) - set("\t\n\r")


def is_name(text):
    """A section or option name."""
    return bool(text) and _LETTERS.issuperset(text)


def is_package_name(text):
    """A name after the word `package` in a file: narrower than what a command line may name."""
    return bool(text) and _PACKAGE.issuperset(text)


def is_type(text):
    """A section type; also what a command line may name as package (dots and slashes included)."""
    return bool(text) and _PRINTABLE.issuperset(text)


def is_value(text):
    """A value on a command line; a file may hold any byte."""
    return _CONTROL.isdisjoint(text)


def anonymous_name(number, section_type):
    """`cfg`, the section's number in hexadecimal, and 16 bits of Bernstein's hash (33 h + c) of its type."""
    digest = 5381
    for byte in section_type.encode("latin-1"):
        # libuci adds a signed char, as x86 has it
        digest = (33 * digest + (byte - 256 if byte > 127 else byte)) & 0xFFFFFFFF
    return f"cfg{number:02x}{digest & 0xFFFF:04x}"


def split_number(text):
    """The number at the start of a text and what follows it, as C's strtol reads them into a 32 bit int."""
    digits = text.lstrip(" \t\n\v\f\r")
    end = 1 if digits[:1] in ("+", "-") else 0
    start = end
    while end < len(digits) and digits[end] in "0123456789":
        end += 1
    if end == start:
        return None, text
    number = max(-(1 << 63), min((1 << 63) - 1, int(digits[:end])))
    return (number + (1 << 31)) % (1 << 32) - (1 << 31), digits[end:]
