# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a proof adds to the report of verify."""

from __future__ import annotations

import pytest

from ansible_collections.fastpath.router.plugins.filter.fleet import verify_report


def row(mode, proven, requested=None):
    """The row of a router that has MODE, configured and loaded, and of which PROVEN is proven."""
    result = {
        "changed": False,
        "observed": {"mode": {"configured": mode, "loaded": mode}, "flows": None},
        "findings": [],
    }
    if proven:
        result["proof"] = {"proven": proven, "message": "Because."}
    (found,) = verify_report({"attic": result}, {"attic": requested or mode})["routers"]
    return found


@pytest.mark.parametrize(
    ("mode", "proven", "state", "what"),
    [
        ("software", "software", "ok", []),
        ("software", "hardware", "ok", []),
        ("hardware", "hardware", "ok", []),
        ("hardware", "software", "mismatch", ["proven is software: Because."]),
        ("hardware", "none", "mismatch", ["proven is none: Because."]),
        ("software", "none", "mismatch", ["proven is none: Because."]),
        ("software", "unknown", "ok", ["Because."]),
        ("none", "none", "ok", []),
        ("none", "unknown", "ok", []),
        ("software", None, "ok", []),
    ],
)
def test_less_than_requested_is_a_mismatch_and_unknown_is_not(mode, proven, state, what):
    found = row(mode, proven)
    assert (found["state"], found["what"], found["proven"]) == (state, what, proven)


def test_a_mode_that_differs_is_said_first():
    assert row("none", "none", requested="software")["what"] == ["configured is none, loaded is none"]


def test_a_mode_that_nobody_knows_is_not_compared_with_a_proof():
    assert row("auto", "none")["state"] == "ok"
