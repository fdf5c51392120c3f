# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Order of versions and meaning of dependencies in the double of apk."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from routerdoubles.apk.dependencies import parse
from routerdoubles.apk.versions import EQUAL, GREATER, LESS, compare, valid

ASCENDING = [
    "0.9",
    "1_alpha",
    "1_beta2",
    "1_rc1",
    "1",
    "1_p1",
    "1.0",
    "1.01",
    "1.1",
    "1.1a",
    "1.2~0a",
    "1.2~aaaa",
    "1.2~bbbb-r1",
    "1.10",
    "6.12.94-r1",
    "6.12.100-r1",
    "6.12.100-r12",
    "2025.03.17~b6e51575-r0",
]


def test_order():
    for position, lower in enumerate(ASCENDING):
        assert compare(lower, lower) == EQUAL
        for higher in ASCENDING[position + 1 :]:
            assert (compare(lower, higher), compare(higher, lower)) == (LESS, GREATER), (lower, higher)


@pytest.mark.parametrize("text", ["", "a", "1..2", "1~", "1~xyz", "1-r", "1-r1.2", "1_final", "1-1", "v1"])
def test_not_a_version(text):
    assert not valid(text)


PARTS = st.tuples(
    st.lists(st.integers(1, 99), min_size=1, max_size=4),
    st.sampled_from(["", "_alpha", "_rc", "_p"]),
    st.sampled_from(["", "~1a2b", "~ffff"]),
    st.one_of(st.none(), st.integers(0, 20)),
)


@given(PARTS, PARTS)
def test_order_is_that_of_the_parts(left, right):
    def text(parts):
        numbers, suffix, digest, revision = parts
        return ".".join(map(str, numbers)) + suffix + digest + ("" if revision is None else f"-r{revision}")

    result = compare(text(left), text(right))
    assert {LESS: GREATER, GREATER: LESS, EQUAL: EQUAL}[result] == compare(text(right), text(left))
    if left[1:] == right[1:] == ("", "", None):
        assert result == (LESS if left[0] < right[0] else GREATER if left[0] > right[0] else EQUAL)


class Package:
    name, version, identity, provides = "tool", "1.5-r2", "Q1abc=", [("cutter", "3"), ("tool-any", None)]


@pytest.mark.parametrize(
    ("dependency", "satisfied"),
    [
        ("tool", True),
        ("tool=1.5-r2", True),
        ("tool=1.5", False),
        ("tool~1.5", True),
        ("tool>1", True),
        ("tool<1.5-r2", False),
        ("tool<=1.5-r2", True),
        ("!tool", False),
        ("!tool>2", True),
        ("tool><Q1abc=", True),
        ("tool><Q1xyz=", False),
        ("cutter>=3", True),
        ("cutter<3", False),
        ("tool-any", True),
        ("other", None),
    ],
)
def test_dependency(dependency, satisfied):
    assert str(parse(dependency)) == dependency
    assert parse(dependency).judge(Package) is satisfied


@pytest.mark.parametrize("text", ["", "=1", "!", "tool="])
def test_not_a_dependency(text):
    assert parse(text) is None
