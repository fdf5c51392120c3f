# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Package versions: `1.2.3b_rc1~hash-r4`, compared part by part."""

EQUAL, LESS, GREATER, FUZZY = 1, 2, 4, 8
ANY = EQUAL | LESS | GREATER

# Kinds of parts, in the order in which they may follow each other; END sorts after all of them.
FIRST, NUMBER, LETTER, SUFFIX, SUFFIX_NUMBER, HASH, REVISION, END, INVALID = range(9)

_PRE_RELEASE = ("alpha", "beta", "pre", "rc")
_SUFFIXES = (*_PRE_RELEASE, "", "cvs", "svn", "git", "hg", "p")
_DIGITS = "0123456789"
_HEX = _DIGITS + "abcdef"


def _span(text, start, alphabet):
    end = start
    while end < len(text) and text[end] in alphabet:
        end += 1
    return end


def _next_part(text, at, kind):
    """The part that starts at `at`, given the kind of the one before: (kind, text of the part, position after it)."""
    if at == len(text):
        return END, "", at
    char = text[at]
    if "a" <= char <= "z" and kind <= NUMBER:
        return LETTER, char, at + 1
    if char == "." and kind <= NUMBER:
        end = _span(text, at + 1, _DIGITS)
        return (NUMBER if end > at + 1 else INVALID), text[at + 1 : end], end
    if char in _DIGITS and kind in (FIRST, NUMBER, SUFFIX):
        end = _span(text, at, _DIGITS)
        return (SUFFIX_NUMBER if kind == SUFFIX else NUMBER), text[at:end], end
    if char == "_" and kind <= SUFFIX_NUMBER:
        end = _span(text, at + 1, "abcdefghijklmnopqrstuvwxyz")
        word = text[at + 1 : end]
        return (SUFFIX if word and word in _SUFFIXES else INVALID), word, end
    if char == "~" and kind < HASH:
        end = _span(text, at + 1, _HEX)
        return (HASH if end > at + 1 else INVALID), text[at + 1 : end], end
    if text.startswith("-r", at) and kind < REVISION:
        end = _span(text, at + 2, _DIGITS)
        return (REVISION if end > at + 2 else INVALID), text[at + 2 : end], end
    return INVALID, "", at


_PARTS = {}  # version -> its parts: the same few versions are compared again and again


def parts(text):
    """All parts of a version, the last one being END or INVALID."""
    if text not in _PARTS:
        _PARTS[text] = _split(text)
    return _PARTS[text]


def _split(text):
    end = _span(text, 0, _DIGITS)
    kind = FIRST if end else INVALID
    result = [(kind, text[:end])]
    while kind < END:
        kind, value, end = _next_part(text, end, kind)
        result.append((kind, value))
    return result


def valid(text):
    return parts(text)[-1][0] == END


def _order(left, right):
    return LESS if left < right else GREATER if left > right else EQUAL


def _compare_part(kind, left, right):
    if kind == NUMBER and (left[0] == "0" or right[0] == "0"):
        return _order(left, right)  # a leading zero makes it a fraction: 1.05 < 1.5
    if kind in (FIRST, NUMBER, SUFFIX_NUMBER, REVISION):
        return _order(int(left), int(right))
    if kind == SUFFIX:
        return _order(_SUFFIXES.index(left), _SUFFIXES.index(right))
    return _order(left, right)


def compare(left, right, fuzzy=False):
    """EQUAL, LESS or GREATER; a version that is not given (None) is less than any."""
    if left == right:
        return EQUAL
    mine, theirs = parts(left or ""), parts(right or "")
    at = 0
    while mine[at][0] == theirs[at][0]:
        kind, value = mine[at]
        if kind >= END:
            return EQUAL
        result = _compare_part(kind, value, theirs[at][1])
        if result != EQUAL:
            return result
        at += 1
    return _compare_ends(mine[at], theirs[at], fuzzy)


def _compare_ends(left, right, fuzzy):
    """Where one version goes on in another way than the other, or not at all."""
    (left_kind, left_value), (right_kind, right_value) = left, right
    if fuzzy and right_kind == END:
        return EQUAL
    if left_kind == SUFFIX and left_value in _PRE_RELEASE:
        return LESS
    if right_kind == SUFFIX and right_value in _PRE_RELEASE:
        return GREATER
    return LESS if left_kind > right_kind else GREATER
