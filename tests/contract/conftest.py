# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Routers for the contract tests, and the count of blocks that match."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "router")]

import replay  # noqa: E402
from lab import OPENWRT_IMAGE, Lab  # noqa: E402

MATCHED: dict[str, set[int]] = {}
RECORDINGS: dict[str, replay.Recording] = {}


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    if OPENWRT_IMAGE:
        pytest.skip("these tests are about the doubles, which OPENWRT_IMAGE leaves out")
    lab = Lab(tmp_path_factory.mktemp("lab"))
    yield lab
    lab.stop()


@pytest.fixture(scope="module")
def played(request, lab):
    """played(block): the block's recording is run once, on a router of its own; then the block is compared."""
    recordings = {recording.file: recording for recording in request.module.RECORDINGS}
    answers = {}

    def check(block: replay.Block) -> None:
        recording = recordings[block.file]
        if block.file not in answers:
            name = block.file.removesuffix(".txt").replace(".", "-")
            router = lab.start(name, flavour=recording.flavour, privileged=recording.privileged)
            try:
                answers[block.file] = replay.play(recording, router)
            finally:
                lab.remove(name)
        difference = replay.difference(recording, block, answers[block.file][block.index])
        if difference:
            pytest.fail(f"{block} ({block.heading})\n$ {block.command}\n{difference}", pytrace=False)
        MATCHED.setdefault(block.file, set()).add(block.index)

    return check


def pytest_collection_finish(session):
    modules = {item.module for item in session.items if item.path.parent == Path(__file__).parent}
    for module in modules:
        RECORDINGS.update({recording.file: recording for recording in getattr(module, "RECORDINGS", [])})


def pytest_terminal_summary(terminalreporter):
    if not RECORDINGS:
        return
    terminalreporter.section("recordings of the real tools")
    for file, recording in sorted(RECORDINGS.items()):
        matched = len(MATCHED.get(file, ()))
        left_out = [(block, recording.reason(block)) for block in recording.blocks if recording.reason(block)]
        total = f"{file}: matched {matched} of {len(recording.blocks)}, left out {len(left_out)}"
        terminalreporter.line(total)
        for block, entry in left_out:
            terminalreporter.line(f"    {block.index}: {block.title}\n        {entry.reason}")
    matched = sum(map(len, MATCHED.values()))
    total = sum(len(recording.blocks) for recording in RECORDINGS.values())
    left_out = sum(len(recording.left_out) for recording in RECORDINGS.values())
    terminalreporter.line(f"all: matched {matched} of {total}, left out {left_out}")
