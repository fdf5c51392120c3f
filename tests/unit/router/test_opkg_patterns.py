# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Patterns are those of C's fnmatch(): the C library of this machine is the judge."""

from __future__ import annotations

import ctypes

import pytest
from hypothesis import given
from hypothesis import strategies as st
from routerdoubles.opkg.pattern import matches
from routerdoubles.unsupported import Unsupported

LIBC = ctypes.CDLL(None)


PIECES = st.sampled_from(
    ["a", "b", "-", "*", "?", "[ab]", "[!a]", "[^b]", "[a-c]", "[]a]", "[b-]", "[!]-]", "\\*", "!", "]"]
)


@given(st.lists(PIECES, max_size=6).map("".join), st.text("abc-]!^*", max_size=6))
def test_as_the_c_library_does(pattern, text):
    assert matches(pattern, text) == (LIBC.fnmatch(pattern.encode(), text.encode(), 0) == 0)


def test_a_bracket_that_is_not_closed_means_different_things_to_different_libraries():
    with pytest.raises(Unsupported):
        matches("kmod-[a", "kmod-a")
