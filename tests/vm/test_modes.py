# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each mode of the collection does to real flows, with each kind of driver."""

from __future__ import annotations

import pytest
from cases import Flow, case, converge, flowtables, survives_reloads

SOFTWARE = "devices = { br-lan, eth1 } counter"
HARDWARE = "devices = { eth0, eth1 } flags offload counter"
# (mode, driver): (what the listing must have, conntrack's tag, what the module says is loaded)
EXPECTED = {
    ("none", "none"): ("", "", "none"),
    ("software", "none"): (SOFTWARE, "OFFLOAD", "software"),
    ("software", "accepts"): (SOFTWARE, "OFFLOAD", "software"),
    ("hardware", "none"): (SOFTWARE, "OFFLOAD", "software"),
    ("hardware", "accepts"): (HARDWARE, "HW_OFFLOAD", "hardware"),
    ("hardware", "refuses"): (HARDWARE, "OFFLOAD", "hardware"),
}


@pytest.mark.parametrize(("mode", "driver"), EXPECTED)
@case("mode {mode}, driver: {driver}")
def test_mode(vm, mode, driver):
    listed, tag, loaded = EXPECTED[mode, driver]
    vm.driver(driver)
    result = converge(vm, mode=mode)
    assert result["status"] == "ok", result
    assert result["observed"]["mode"]["loaded"] == loaded
    assert listed in flowtables(vm) if listed else "flowtable" not in flowtables(vm)
    with Flow(vm) as flow:
        passage = flow.settled()
    assert passage.tag == tag
    assert passage.offloaded == bool(tag)
    if not tag:
        assert passage.forward >= passage.packets - 10
    assert not converge(vm, mode=mode)["changed"]
    return f"loaded: {loaded}, {passage}"


@pytest.mark.parametrize("mode", ["software", "hardware"])
@case("mode {mode}, then none, while a flow runs")
def test_back_to_none(vm, mode):
    vm.driver("accepts")
    converge(vm, mode=mode)
    with Flow(vm) as flow:
        before = flow.settled()
        assert before.offloaded
        converge(vm, mode="none")
        after = flow.passage()
        again = flow.retransmits()
    assert not after.offloaded
    assert after.forward > 0.9 * after.packets
    return f"{before}; then {after}; {again} segments sent again"


@pytest.mark.parametrize("mode", ["software", "hardware"])
@case("mode none, then {mode}, while a flow runs")
def test_from_none(vm, mode):
    vm.driver("accepts")
    converge(vm, mode="none")
    with Flow(vm) as flow:
        before = flow.settled()
        assert not before.offloaded
        converge(vm, mode=mode)
        after = flow.settled()
        again = flow.retransmits()
    assert after.offloaded
    return f"{before}; then {after}; {again} segments sent again"


@pytest.mark.parametrize(("mode", "driver"), [("software", "none"), ("hardware", "accepts"), ("hardware", "refuses")])
@case("fw4 reload while a flow runs, mode {mode}, driver: {driver}")
def test_reload(vm, mode, driver):
    vm.driver(driver)
    converge(vm, mode=mode)
    return survives_reloads(vm)
