# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the router runs after a power cut, and when a device or a driver is missing at boot."""

from __future__ import annotations

from cases import (
    HARDWARE_ON,
    IFUP_WAN,
    ON,
    WAN_RETURNS,
    Flow,
    case,
    closed,
    converge,
    devices,
    flowtables,
    offload_task,
    until,
)
from play import running


@case("boot without the WAN device, mode software")
def test_boot_without_wan(wan_port):
    vm = wan_port
    vm.router.run(f"{ON}; mkdir -p /etc/double; touch /etc/double/no-wan-port; sync")
    vm.reboot()
    assert closed(vm)
    without = devices(vm)
    vm.router.run(WAN_RETURNS + IFUP_WAN)
    with Flow(vm) as flow:
        passage = flow.settled()
    assert without == "br-lan" and devices(vm) == "br-lan, eth1" and passage.offloaded
    return f"fw4's ruleset is there, flowtable with {{ {without} }}; with the device and its ifup: {passage}"


@case("boot without the driver, mode hardware")
def test_boot_without_driver(vm):
    vm.driver("accepts")
    vm.router.run(HARDWARE_ON)
    assert "flags offload" in flowtables(vm)
    vm.router.run("sync")
    vm.reboot()
    assert closed(vm)
    with Flow(vm) as flow:
        passage = flow.settled()
    assert "flags offload" not in flowtables(vm) and passage.tag == "OFFLOAD" and passage.offloaded
    assert converge(vm, mode="hardware")["observed"]["mode"]["loaded"] == "software"
    return f"fw4's ruleset is there, software: {passage}"


@case("power cut while a change waits for its confirmation")
def test_power_cut(vm):
    """The new state is loaded from RAM by then, and flash has the old one."""
    task = offload_task(mode="software", confirm_timeout=60)
    inventory = {"all": vm.inventory()["all"]["children"]["routers"]}
    vm.router.run("sync")
    with running(inventory, [task]):
        until(lambda: "flowtable ft" in flowtables(vm), "the new state")
        written = vm.router.run("grep -c flow_offloading /etc/config/firewall || true").strip() != "0"
        vm.power_off()
    vm.up()
    assert closed(vm)
    configured = vm.router.exec("uci get firewall.@defaults[0].flow_offloading").stdout.strip() == b"1"
    assert configured == ("flowtable ft" in flowtables(vm))
    assert written or not configured
    assert not vm.router.run("uci changes firewall")
    assert converge(vm, mode="software")["changed"] == (not configured)
    return f"boots with the {'new' if configured else 'old'} configuration, whole, and fw4's ruleset; the next run converges"
