# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Script includes and the other programs fw4's double starts."""

from __future__ import annotations

import os
import time

import pytest
from routerdoubles.fw4 import process, scripts, state


@pytest.fixture
def include(tmp_path, monkeypatch):
    """include(text, ...): files with these texts as the script includes of the loaded firewall; runs them."""
    monkeypatch.setattr(os, "environ", dict(os.environ))

    def run(*texts):
        entries = [{"type": "nftables", "path": "/nosuch"}]
        for index, text in enumerate(texts):
            path = tmp_path / f"it's {index}.sh"
            path.write_text(text)
            entries.append({"type": "script", "path": str(path)})
        monkeypatch.setattr(state, "read", lambda: {"includes": entries})
        return scripts.run_script_includes()

    return run


def test_all_run_in_order_and_failures_do_not_count(include, capfd):
    assert include("echo one; return 3", "echo two", "kill -9 $$", "syntax(") == 0
    said = capfd.readouterr()
    assert said.out == "one\ntwo\n"
    codes = [line.rpartition(" ")[2] for line in said.err.splitlines() if line.startswith("Include ")]
    assert codes[:2] == ["3", "-9"]
    assert len(codes) == 3


def test_uci_functions_are_refused(include, capfd):
    assert include("config defaults; echo on") == 0
    said = capfd.readouterr()
    assert said.out == ""
    assert said.err.startswith("You cannot use UCI in firewall includes!\nInclude ")


def test_the_script_knows_what_for(include, capfd):
    include("echo $ACTION")
    assert capfd.readouterr().out == "includes\n"


def test_a_script_that_hangs_is_killed_and_the_next_runs(include, capfd, monkeypatch):
    monkeypatch.setattr(scripts, "_SECONDS", 1)
    started = time.monotonic()
    include("while :; do sleep 1; done", "echo next")
    assert 1 <= time.monotonic() - started < 10
    said = capfd.readouterr()
    assert said.out == "next\n"
    assert said.err.endswith("failed with exit code -9\n")


def test_not_loaded(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(state, "STATE_FILE", str(tmp_path / "nosuch"))
    assert scripts.run_script_includes() == 1
    assert capsys.readouterr().err == "Unable to read firewall state - do you need to start the firewall?\n"


def test_run_answers_code_and_output():
    assert process.run(["sh", "-c", "echo out; exit 4"]) == (4, "out\n")


def test_quiet_drops_what_is_said(capfd):
    assert process.run(["sh", "-c", "echo bad >&2"], quiet=True) == (0, "")
    assert process.run(["sh", "-c", "echo bad >&2"]) == (0, "")
    assert capfd.readouterr().err == "bad\n"


def test_feed(capfd):
    assert process.feed(["cat"], "text\n") == 0
    assert capfd.readouterr().out == "text\n"


def test_feed_to_a_program_that_does_not_read():
    assert process.feed(["false"], "x" * 1_000_000) == 1
