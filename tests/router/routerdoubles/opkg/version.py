# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Package versions: [epoch:]version[-revision], ordered by Debian's rules."""

DIGITS = "0123456789"
END = (0,)


def _order(char):
    if char == "~":
        return -1
    return ord(char) if char.isascii() and char.isalpha() else ord(char) + 256


def _sort_key(text):
    """Text and numbers by turns. Each text ends with the weight that a digit and the end have: above ~, below letters."""
    key, index = [], 0
    while index < len(text) or not key:
        start = index
        while index < len(text) and text[index] not in DIGITS:
            index += 1
        key.append((*map(_order, text[start:index]), 0))
        start = index
        while index < len(text) and text[index] in DIGITS:
            index += 1
        key.append(int(text[start:index] or 0))
    return (*key, END)


class Version:
    __slots__ = ("epoch", "key", "revision", "upstream")

    def __init__(self, text):
        text = text.strip()
        epoch, colon, rest = text.partition(":")
        number = epoch[: len(epoch) - len(epoch.lstrip(DIGITS))]
        self.epoch = int(number or 0) if colon else 0
        upstream, dash, revision = (rest if colon else text).rpartition("-")
        self.upstream, self.revision = (upstream, revision) if dash else (revision, "")
        self.key = (self.epoch, _sort_key(self.upstream), _sort_key(self.revision))

    def __str__(self):
        epoch = f"{self.epoch}:" if self.epoch else ""
        return epoch + self.upstream + (f"-{self.revision}" if self.revision else "")


def compare(left, right):
    return (left.key > right.key) - (left.key < right.key)


def satisfies(left, operator, right):
    """The operators of `opkg compare-versions`; None for an unknown one. A single < or > includes equality."""
    result = compare(left, right)
    known = {
        "<=": result <= 0,
        "<": result <= 0,
        ">=": result >= 0,
        ">": result >= 0,
        "<<": result < 0,
        ">>": result > 0,
        "=": result == 0,
    }
    return known.get(operator)
