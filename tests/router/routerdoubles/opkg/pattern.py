# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shell patterns as C's fnmatch() with no flags takes them; a slash is an ordinary character."""

from ..unsupported import Unsupported


def _bracket(pattern, start, char):
    """Match one bracket expression: (matched, index behind it)."""
    index = start + 1
    negated = pattern[index : index + 1] in ("!", "^")
    index += negated
    matched, first = False, True
    while first or pattern[index : index + 1] != "]":
        if index >= len(pattern):
            raise Unsupported(f"pattern {pattern}")
        first, low = False, pattern[index]
        if pattern[index + 1 : index + 2] == "-" and pattern[index + 2 : index + 3] not in ("", "]"):
            matched |= low <= char <= pattern[index + 2]
            index += 3
        else:
            matched |= low == char
            index += 1
    return matched != negated, index + 1


def matches(pattern, text):
    for index, char in enumerate(pattern):
        rest = text[:1]
        if char == "*":
            return any(matches(pattern[index + 1 :], text[skip:]) for skip in range(len(text) + 1))
        if char == "[":
            matched, behind = _bracket(pattern, index, rest)
            return bool(rest) and matched and matches(pattern[behind:], text[1:])
        if char == "\\" and index + 1 < len(pattern):
            return rest == pattern[index + 1] and matches(pattern[index + 2 :], text[1:])
        if not rest or char not in (rest, "?"):
            return False
        text = text[1:]
    return not text
