# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What custom flowtables do to real flows."""

from __future__ import annotations

import pytest
from cases import (
    IFUP_WAN,
    LAN_RETURNS,
    SERVER6,
    WAN_RETURNS,
    Flow,
    case,
    closed,
    converge,
    devices,
    flowtables,
    offload_task,
    survives_reloads,
    until,
)
from play import running

# The example that guides show, with the include that goes with it.
PFT = {
    "name": "pft",
    "devices": ["eth0", "eth1"],
    "hardware": True,
    "chain": "lans",
    "match": [{"family": "ipv4", "protocols": ["tcp"], "ports": ["80", "443"]}],
}
DROP_INVALID = {
    "name": "drop-invalid",
    "position": "chain-pre",
    "chain": "forward",
    "content": "ct state invalid counter drop",
}
ALL = {"name": "whole", "zones": ["lan", "wan"]}
WEB = {"server_port": 443}
MARKS = b"""table inet marks {
    chain output {
        type filter hook output priority mangle; policy accept;
        meta nfproto ipv4 ip dscp set cs1
    }
}"""


def held(vm, **arguments):
    """Converged, and left alone by a second run."""
    result = converge(vm, **arguments)
    assert result["status"] == "ok", result["msg"]
    assert not converge(vm, **arguments)["changed"]
    return result


def seen_by_forward(passage):
    return passage.forward >= passage.packets - 10


@pytest.mark.parametrize(("driver", "tag"), [("none", "OFFLOAD"), ("accepts", "HW_OFFLOAD"), ("refuses", "OFFLOAD")])
@case("pft and lans: established TCP on 80 and 443, invalid dropped, driver: {driver}")
def test_pft_and_lans(vm, driver, tag):
    vm.driver(driver)
    held(vm, flowtables=[PFT], includes=[DROP_INVALID])
    assert ("flags offload" in flowtables(vm)) == (driver != "none")
    with Flow(vm, **WEB) as web, Flow(vm) as other, Flow(vm, "-u -b 8M -l 1400", server_port=80) as udp:
        in_scope, outside, datagrams = web.settled(), other.settled(), udp.settled()
    assert in_scope.tag == tag
    assert in_scope.offloaded
    assert outside.tag == ""
    assert seen_by_forward(outside)
    assert datagrams.tag == ""
    return f"443: {in_scope}; 5201: {outside}"


@case("pft and lans: devices, flag, ports and chain changed while a flow runs")
def test_changes_under_a_flow(vm):
    vm.driver("accepts")
    held(vm, flowtables=[PFT])
    loaded = []
    with Flow(vm, **WEB) as flow:
        assert flow.settled().tag == "HW_OFFLOAD"
        for change in (
            {"devices": ["br-lan", "eth1"], "hardware": False},
            {"hardware": False},
            {},
            {"chain": "others"},
            {"match": [{"ports": ["1-1000"]}]},
        ):
            result = converge(vm, flowtables=[{**PFT, **change}])
            assert result["changed"], result
            passage = flow.settled()
            assert passage.offloaded, change
            loaded.append(passage.tag)
        converge(vm, flowtables=[{**PFT, "match": [{"ports": ["80"]}]}])
        out_of_scope = flow.settled()
        again = flow.retransmits()
    assert loaded == ["OFFLOAD", "OFFLOAD", "HW_OFFLOAD", "HW_OFFLOAD", "HW_OFFLOAD"]
    assert seen_by_forward(out_of_scope)
    return f"5 changes, offloaded after each; its port taken out: {out_of_scope}; {again} segments sent again"


@case("fw4 reload while a flow of a custom flowtable runs")
def test_reload(vm):
    held(vm, flowtables=[ALL])
    return survives_reloads(vm)


@pytest.fixture
def marking_client(vm):
    """vm; all TCP of the client bears cs1, from the first packet on."""
    vm.client.run("nft -f -", MARKS)
    yield vm
    vm.client.run("nft delete table inet marks")


@pytest.mark.parametrize(
    ("scope", "options"),
    [
        ({"source": ["10.88.0.2/32"]}, {}),
        ({"destination": ["10.89.0.0/24"], "ports": ["5201"]}, {}),
        ({"destination": ["fd89::/64"]}, {"server": SERVER6}),
        ({"dscp": ["cs1"]}, {}),
    ],
    ids=["source", "destination", "ipv6", "dscp"],
)
@case("excluded by {scope}")
def test_exclusions_hold(marking_client, scope, options):
    vm = marking_client
    held(vm, flowtables=[ALL | {"exclude": [scope]}])
    with Flow(vm, **options) as flow:
        excluded = flow.settled()
    held(vm, flowtables=[ALL | {"match": [scope]}])
    with Flow(vm, **options) as flow:
        matched = flow.settled()
    assert excluded.tag == ""
    assert seen_by_forward(excluded)
    assert matched.offloaded
    return f"{excluded}; the same as match: {matched}"


@case("after_bytes: a flow is offloaded once it has carried that much")
def test_after_bytes(vm):
    held(vm, flowtables=[ALL | {"after_bytes": 4_000_000}])
    with Flow(vm, "-b 4M -l 1400") as flow:
        until(lambda: flow.look().packets > 40, "the first packets of a flow")
        short = flow.look()
        until(lambda: flow.look().tag, "a flow of over 4 MB")
        before = flow.look()
        after = flow.passage()
    assert short.tag == ""
    assert short.forward >= 40
    assert before.forward > short.forward
    assert after.offloaded
    return f"up to 4 MB: {before.forward} packets in forward, no tag; then {after}"


@case("a device of a custom flowtable goes and comes back")
def test_device_gone_and_back(vm):
    two = [{"name": "two", "devices": ["eth0", "eth1"]}]
    converge(vm, flowtables=two)
    vm.router.run("ip link del eth0")
    alone = devices(vm)
    vm.router.run(LAN_RETURNS)
    result = converge(vm, flowtables=two)
    assert alone == "eth1"
    assert [(d["kind"], d["before"], d["after"]) for d in result["plan"]] == [("load", "eth1", "eth0 eth1")]
    with Flow(vm) as flow:
        again = flow.settled()
    assert again.offloaded
    return f"away: {{ {alone} }}; back: seen as drift and loaded; {again}"


@case("boot without any device of a custom flowtable")
def test_boot_without_device(wan_port):
    vm = wan_port
    late = [{"name": "late", "devices": ["eth1"]}]
    converge(vm, flowtables=late)
    vm.router.run("mkdir -p /etc/double; touch /etc/double/no-wan-port; sync")
    vm.reboot()
    assert closed(vm)
    without = flowtables(vm)
    assert not converge(vm, flowtables=late)["changed"]
    vm.router.run(WAN_RETURNS + IFUP_WAN)
    with Flow(vm) as flow:
        passage = flow.settled()
    assert "flowtable" not in without
    assert passage.tag == "OFFLOAD"
    return f"fw4's ruleset is there, no flowtable; with the device and its ifup: {passage}"


@case("power cut while a custom flowtable waits for its confirmation")
def test_power_cut(vm):
    inventory = {"all": vm.inventory()["all"]["children"]["routers"]}
    with running(inventory, [offload_task(flowtables=[ALL], confirm_timeout=600)]):
        until(lambda: "flowtable whole" in flowtables(vm), "the new state")
        vm.power_off()
    vm.up()
    assert closed(vm)
    kept = "flowtable whole" in flowtables(vm)
    configured = vm.router.exec("uci get firewall.fastpath_fastpath_flowtables").returncode == 0
    assert kept == configured
    assert converge(vm, flowtables=[ALL])["changed"] == (not kept)
    return f"boots with the {'new' if kept else 'old'} configuration, whole, and fw4's ruleset; the next run converges"


@case("next to fw4's own flowtable on the same devices")
def test_beside_fw4(vm):
    vm.driver("accepts")
    result = held(vm, mode="hardware", flowtables=[ALL | {"hardware": True}])
    assert "flowtable-beside-mode" in {finding["id"] for finding in result["findings"]}
    for _ in range(2):
        vm.router.run("fw4 -q reload")
    listed = flowtables(vm)
    assert listed.count("flags offload") == 2
    with Flow(vm) as flow:
        both = flow.settled()
    converge(vm, mode="none", flowtables=[ALL | {"hardware": True}])
    with Flow(vm) as flow:
        alone = flow.settled()
    assert both.tag == alone.tag == "HW_OFFLOAD"
    assert alone.offloaded
    return f"both loaded: {both}; fw4's taken away: {alone}"


@case("removal leaves nothing behind, live or on flash")
def test_removal(vm):
    converge(vm, mode="none", includes=[], flowtables=[])
    rules = vm.router.run("nft -s list ruleset; find /etc/nftables.d | sort; uci show firewall | sort")
    held(vm, flowtables=[ALL])
    with Flow(vm) as flow:
        assert flow.settled().offloaded
        converge(vm, includes=[], flowtables=[])
        after = flow.settled()
        again = flow.retransmits()
    assert seen_by_forward(after)
    left = vm.router.run("nft -s list ruleset; find /etc/nftables.d | sort; uci show firewall | sort")
    assert left == rules
    return f"the flow goes on: {after}, {again} segments sent again"
