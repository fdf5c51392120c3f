# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Routers for the contract tests, and the count of blocks that match."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "router")]

import replay  # noqa: E402
from lab import OPENWRT_IMAGE, Lab  # noqa: E402

MATCHED: dict[str, set[int]] = {}  # by file of recordings, in the process that prints


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

    return check


@pytest.fixture(autouse=True)
def _tell_block(request):
    """The report of a block's test, which may be made in another process than the summary, names the block."""
    block = getattr(request.node, "callspec", None) and request.node.callspec.params.get("block")
    if block:
        request.node.user_properties.append(("block", [block.file, block.index]))


def pytest_runtest_logreport(report):
    for name, value in report.user_properties:
        if name == "block" and report.when == "call" and report.passed:
            MATCHED.setdefault(value[0], set()).add(value[1])


def _recordings() -> dict[str, replay.Recording]:
    """Those of the modules that were run."""
    modules = (importlib.import_module(path.stem) for path in Path(__file__).parent.glob("test_*.py"))
    lists = [getattr(module, "RECORDINGS", []) for module in modules]
    return {r.file: r for recordings in lists if MATCHED.keys() & {r.file for r in recordings} for r in recordings}


def pytest_terminal_summary(terminalreporter):
    if not MATCHED:
        return
    terminalreporter.section("recordings of the real tools")
    recordings = _recordings()
    for file, recording in sorted(recordings.items()):
        matched = len(MATCHED.get(file, ()))
        left_out = [(block, recording.reason(block)) for block in recording.blocks if recording.reason(block)]
        total = f"{file}: matched {matched} of {len(recording.blocks)}, left out {len(left_out)}"
        terminalreporter.line(total)
        for block, entry in left_out:
            terminalreporter.line(f"    {block.index}: {block.title}\n        {entry.reason}")
    matched = sum(map(len, MATCHED.values()))
    total = sum(len(recording.blocks) for recording in recordings.values())
    left_out = sum(len(recording.left_out) for recording in recordings.values())
    terminalreporter.line(f"all: matched {matched} of {total}, left out {left_out}")
