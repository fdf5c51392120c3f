# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action that shows a report."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from ansible_collections.fastpath.router.plugins.action import report

TABLE = 'ROUTER  STATE\nattic   "ok"'


@pytest.fixture
def shown(monkeypatch):
    texts = []
    monkeypatch.setattr(report, "Display", lambda: SimpleNamespace(display=texts.append))
    return texts


def run(check_mode=False, **arguments):
    task = SimpleNamespace(args=arguments, action="fastpath.router.report", async_val=0, check_mode=check_mode)
    connection = SimpleNamespace(_shell=SimpleNamespace(tmpdir=None))
    return report.ActionModule(task, connection, SimpleNamespace(), None, None, None).run(task_vars={})


@pytest.mark.parametrize("check_mode", [False, True])
def test_the_text_is_shown_as_it_is_and_the_data_is_written(shown, tmp_path, check_mode):
    data = {"routers": [{"router": "caf\udce9", "what": ["a\nb"]}]}
    result = run(check_mode, text=TABLE, data=data, dest=str(tmp_path / "drift.json"))
    assert shown == [TABLE]
    assert json.loads((tmp_path / "drift.json").read_text()) == data
    assert result["changed"] is False
    assert not result.get("failed")


def test_without_a_destination_nothing_is_written(shown, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert not run(text=TABLE, data={}, dest="").get("failed")
    assert list(tmp_path.iterdir()) == []


def test_a_destination_that_cannot_be_written_fails_after_the_text_was_shown(shown, tmp_path):
    result = run(text=TABLE, data={}, dest=str(tmp_path / "missing/drift.json"))
    assert shown == [TABLE]
    assert result["failed"]
    assert "drift.json cannot be written: No such file or directory" in result["msg"]


def test_an_unreachable_host_ends_as_such_and_never_as_failed(shown, tmp_path):
    assert run(text=TABLE, unreachable=True)["unreachable"] is True
    result = run(text=TABLE, unreachable=True, dest=str(tmp_path / "missing/drift.json"))
    assert (result["unreachable"], "cannot be written" in result["msg"], result.get("failed")) == (True, True, None)


def test_arguments_are_checked(shown):
    assert run(dest="x")["failed"]
    assert run(text=TABLE, colour="red")["failed"]
    assert shown == []
