# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run may cost: SSH executions and processes on the router, counted."""

from __future__ import annotations

import pytest
from lab import Lab
from measure import DRIFT, NOTHING, Play, ProcessCount, flow_offload

MOST_PROCESSES = 40  # of the script itself, in a run without drift


@pytest.fixture(scope="module")
def one_router(tmp_path_factory):
    """A lab with one router that is as declared."""
    lab = Lab(tmp_path_factory.mktemp("cost"))
    router = lab.start("r1")
    Play(lab, lab.state_dir, "converge", flow_offload()).run()
    yield router
    lab.stop()


def executions(router, task):
    return Play(router.lab, router.lab.state_dir, "counted", task).count_traffic().executions


def processes(router, task):
    count = ProcessCount(router)
    Play(router.lab, router.lab.state_dir, "counted", task).run()
    return count.started()


def test_without_drift_one_execution(one_router):
    assert executions(one_router, flow_offload()) == 1


@pytest.mark.parametrize(("confirm_timeout", "expected"), [(0, 2), (60, 3)])
def test_with_drift_one_more_to_change_and_one_to_confirm(one_router, confirm_timeout, expected):
    one_router.run(DRIFT)
    assert executions(one_router, flow_offload(confirm_timeout=confirm_timeout)) == expected


def test_without_drift_few_processes(one_router):
    login = processes(one_router, NOTHING)
    assert 0 < processes(one_router, flow_offload()) - login <= MOST_PROCESSES
