# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""opkg's order of versions is Debian's."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from routerdoubles.opkg.version import Version, compare, satisfies

TEXT = st.text("0019abZ.+~", max_size=8)
VERSIONS = st.builds(
    lambda epoch, start, upstream, revision: f"{epoch}{start}{upstream}{revision}",
    st.sampled_from(["", "0:", "1:", "10:"]),
    st.sampled_from("0129"),
    TEXT,
    st.one_of(st.just(""), st.text("0129ar.+~", min_size=1, max_size=6).map("-{}".format)),
)


def weight(char: str) -> int:
    """Of one character of a part that is no number; the end and digits count as 0."""
    if char == "~":
        return -1
    return ord(char) if char.isalpha() else ord(char) + 256


def by_the_policy(left: str, right: str) -> int:
    """Debian's rule, as its policy tells it: compare and drop the initial non-digits, then the initial number, by turns."""
    while left or right:
        texts = [re.match(r"\D*", side).group() for side in (left, right)]
        for index in range(max(map(len, texts))):
            first, second = (weight(text[index]) if index < len(text) else 0 for text in texts)
            if first != second:
                return -1 if first < second else 1
        left, right = left[len(texts[0]) :], right[len(texts[1]) :]
        numbers = [re.match(r"\d*", side).group() for side in (left, right)]
        first, second = (int(number or 0) for number in numbers)
        if first != second:
            return -1 if first < second else 1
        left, right = left[len(numbers[0]) :], right[len(numbers[1]) :]
    return 0


def expected(left: str, right: str) -> int:
    sides = []
    for text in (left, right):
        epoch, _, rest = text.rpartition(":")
        upstream, _, revision = rest.rpartition("-") if "-" in rest else (rest, "", "")
        sides.append((int(epoch or 0), upstream, revision))
    (epoch, *left_parts), (other_epoch, *right_parts) = sides
    results = [(epoch > other_epoch) - (epoch < other_epoch)]
    results += [by_the_policy(*pair) for pair in zip(left_parts, right_parts, strict=True)]
    return next((result for result in results if result), 0)


@given(VERSIONS, VERSIONS)
def test_versions_compare_as_the_policy_says(left, right):
    assert compare(Version(left), Version(right)) == expected(left, right)
    assert compare(Version(left), Version(right)) == -compare(Version(right), Version(left))


@given(st.lists(VERSIONS, min_size=3, max_size=6))
def test_the_order_is_total(texts):
    ordered = sorted(map(Version, texts), key=lambda version: version.key)
    for index, version in enumerate(ordered):
        assert all(compare(version, later) <= 0 for later in ordered[index:])


@pytest.mark.skipif(not shutil.which("dpkg"), reason="needs dpkg as a judge")
@settings(max_examples=40, deadline=None)
@given(VERSIONS, VERSIONS)
def test_dpkg_agrees(left, right):
    judged = {
        operator: subprocess.run(["dpkg", "--compare-versions", left, operator, right], check=False).returncode == 0
        for operator in ("lt", "eq", "gt")
    }
    result = compare(Version(left), Version(right))
    assert judged == {"lt": result < 0, "eq": result == 0, "gt": result > 0}


@given(VERSIONS)
def test_a_version_is_printed_as_it_was_written(text):
    assert str(Version(text)) == text.removeprefix("0:")


@pytest.mark.parametrize(
    ("left", "operator", "right", "answer"),
    [
        ("6.6.73-r1", "<<", "6.6.100-r1", True),
        ("1", "<<", "1", False),
        ("1", "<", "1", True),  # a single < includes equality
        ("1", ">", "1", True),
        ("1", ">>", "1", False),
        ("1.0~rc1", "<<", "1.0", True),
        ("1:0", ">>", "9", True),
        ("01", "=", "1", True),
        ("1", "==", "1", None),
    ],
)
def test_operators(left, operator, right, answer):
    assert satisfies(Version(left), operator, Version(right)) is answer
