# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Devices that go and come, a VLAN device, and a driver that goes, under real flows."""

from __future__ import annotations

from cases import HARDWARE_ON, IFUP_WAN, LAN_RETURNS, ON, WAN_RETURNS, Flow, case, devices, flowtables


@case("the WAN device goes and comes back, mode software")
def test_wan_returns(vm):
    vm.router.run(ON)
    vm.router.run("ip link del eth1")
    gone = devices(vm)
    vm.router.run(WAN_RETURNS)
    back = devices(vm)
    with Flow(vm) as flow:
        assert not flow.settled().offloaded
    vm.router.run(IFUP_WAN)
    with Flow(vm) as flow:
        passage = flow.settled()
    assert (gone, back) == ("br-lan", "br-lan")
    assert devices(vm) == "br-lan, eth1" and passage.offloaded
    return f"drops out, comes back with ifup's reload only: {passage}"


@case("a LAN port goes and comes back, mode software")
def test_lan_port_returns(vm):
    vm.router.run(ON)
    vm.router.run(f"ip link del eth0; {LAN_RETURNS}")
    with Flow(vm) as flow:
        passage = flow.settled()
    assert devices(vm) == "br-lan, eth1" and passage.offloaded
    return f"nothing to do, the flowtable names the bridge: {passage}"


@case("a LAN port goes and comes back, mode hardware")
def test_lan_port_returns_hardware(vm):
    vm.driver("accepts")
    vm.router.run(HARDWARE_ON)
    vm.router.run(f"ip link del eth0; {LAN_RETURNS}")
    back = devices(vm)
    with Flow(vm) as flow:
        before = flow.settled()
    vm.router.run("fw4 -q reload")
    with Flow(vm) as flow:
        after = flow.settled()
    assert back == "eth1" and not before.offloaded
    assert devices(vm) == "eth0, eth1" and after.offloaded and after.tag == "HW_OFFLOAD"
    return f"drops out: {before}; after a reload: {after}"


@case("the driver goes while a flow runs, mode hardware")
def test_driver_goes(vm):
    vm.driver("accepts")
    vm.router.run(HARDWARE_ON)
    with Flow(vm) as flow:
        assert flow.settled().tag == "HW_OFFLOAD"
        vm.driver("none")
        listed = "flags offload" in flowtables(vm)
        flow.passage()
        vm.router.run("fw4 -q reload")
        passage = flow.settled()
        again = flow.retransmits()
    assert listed and "flags offload" not in flowtables(vm)
    assert passage.offloaded and passage.tag == "OFFLOAD"
    return f"the listing keeps the flag until a reload; then {passage}, {again} segments sent again"


VLAN_WAN = """
uci batch <<-END
	set network.wan.device=eth1.7
	set network.wan.ipaddr=10.79.1.10
	set network.wan6.device=eth1.7
	commit network
END
ip link add link eth1 name eth1.7 type vlan id 7
ip addr add 10.79.1.10/16 dev eth1.7
ip link set eth1.7 up
"""
VLAN_SERVER = """
ip link add link eth0 name eth0.7 type vlan id 7
ip addr add 10.79.0.1/16 dev eth0.7
ip link set eth0.7 up
"""


@case("the WAN on a VLAN device, mode software")
def test_vlan(vm):
    vm.server.run(VLAN_SERVER)
    vm.router.run(VLAN_WAN + ON)
    try:
        with Flow(vm, server="10.79.0.1") as flow:
            passage = flow.settled()
        listed = devices(vm)
    finally:
        vm.router.run("ip link del eth1.7")
        vm.server.run("ip link del eth0.7")
    assert listed == "br-lan, eth1.7"
    assert passage.offloaded
    return f"{{ {listed} }}: {passage}"
