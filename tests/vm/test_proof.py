# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What two looks prove of real flows, and the roles that make traffic of their own."""

from __future__ import annotations

import pytest
from cases import ON, SERVER, Flow, case, converge
from play import play, task

TRAFFIC = {"client": "client", "server": "server", "address": SERVER}
LEFT = "ls -d /tmp/fastpath.* 2>/dev/null; ps | grep '[i]perf3'; true"


def look(vm, seconds=3):
    """What flow_offload_info proves."""
    inventory = {"all": vm.inventory()["all"]["children"]["routers"]}
    (result,) = play(inventory, [task("flow_offload_info", packages=[], observe_seconds=seconds)])
    assert result["status"] == "ok", result
    assert result["transaction"]["round_trips"] == 1
    return result["proof"]


def run_role(vm, name, **variables):
    """The results of a role on the router, with the client and the server in the inventory."""
    role = {"name": f"fastpath.router.{name}"}
    only = "inventory_hostname == 'router'"
    return play(vm.inventory(), [{"import_role": role, "vars": variables, "when": only}])


def said(proof):
    packets = proof["packets"]
    return f"proven: {proof['proven']}; {packets['offloaded_flows']} packets offloaded, {packets['slow_path']} slow"


@pytest.fixture
def software(vm):
    vm.router.run(ON)
    return vm


# ---- what is proven ---------------------------------------------------------------------------------------------------

PROVEN = {
    ("none", "none"): ("none", "none", "No flowtable is loaded"),
    ("software", "none"): ("software", "software", "bypassed the firewall"),
    ("hardware", "accepts"): ("hardware", "hardware", "the hardware took"),
    ("hardware", "refuses"): ("hardware", "software", "the driver took none of the flows"),
    ("hardware", "none"): ("software", "software", "bypassed the firewall"),
}


@pytest.mark.parametrize(("mode", "driver"), PROVEN)
@case("proof of mode {mode}, driver: {driver}")
def test_proof(vm, mode, driver):
    loaded, proven, words = PROVEN[mode, driver]
    vm.driver(driver)
    assert converge(vm, mode=mode)["observed"]["mode"]["loaded"] == loaded
    with Flow(vm) as flow:
        flow.settled()
        proof = look(vm)
    assert proof["proven"] == proven, proof
    assert words in proof["message"]
    return f"loaded: {loaded}, {said(proof)}"


@case("proof: fragments carry the tag")
def test_fragments(software):
    with Flow(software, "-u -b 24M -l 8000") as flow:
        flow.settled()
        proof = look(software)
    assert (proof["proven"], proof["flows"]["software"] >= 1) == ("none", True), proof
    assert "IP fragments" in proof["message"]
    return said(proof)


@case("proof: fragments that the forward chain drops")
def test_dropped_fragments(software):
    """The kernel does not count these as forwarded."""
    with Flow(software, "-u -b 24M -l 8000") as flow:
        flow.settled()
        software.router.run(f"nft insert rule inet fw4 forward udp sport {flow.port} drop")
        proof = look(software)
    assert proof["packets"]["offloaded_flows"] > 100
    assert proof["proven"] not in ("software", "hardware"), proof
    return f"{said(proof)}, {proof['packets']['forwarded']} forwarded"


@case("proof: a rule before the flowtable's accepts the flow")
def test_accepted_before(software):
    software.router.run("nft insert rule inet fw4 forward ct state established,related accept")
    with Flow(software) as flow:
        flow.settled()
        proof = look(software)
    assert (proof["proven"], "no flow is offloaded" in proof["message"]) == ("none", True), proof
    return said(proof)


@case("proof: the flowtable lacks a device")
def test_one_direction(software):
    one_device = "nft list table inet fw4 | sed 's/devices = { br-lan, eth1 }/devices = { eth1 }/' >/tmp/one"
    software.router.run(f"{one_device}; nft delete table inet fw4; nft -f /tmp/one; rm /tmp/one")
    with Flow(software) as flow:
        flow.settled()
        proof = look(software)
    assert proof["packets"]["slow_path"] > 20
    assert proof["proven"] == "unknown" or proof["packets"]["slow_path"] <= proof["packets"]["offloaded_flows"] / 2
    return said(proof)


@case("proof: conntrack's accounting is off")
def test_accounting_off(software):
    software.router.run("sysctl -qw net.netfilter.nf_conntrack_acct=0")
    try:
        software.server.run("iperf3 -s -1 -D")
        client = software.client.start(f"iperf3 -c {SERVER} -b 8M -t 600")
        try:
            proof = look(software)
        finally:
            software.client.run("pgrep iperf3 | while read -r pid; do kill $pid; done")
            client.communicate(timeout=60)
    finally:
        software.router.run("sysctl -qw net.netfilter.nf_conntrack_acct=1")
    assert (proof["proven"], "sysctl -w net.netfilter.nf_conntrack_acct=1" in proof["message"]) == ("unknown", True), (
        proof
    )
    return f"proven: {proof['proven']}, and what to set"


@case("proof: nothing but a ping")
def test_ping(software):
    software.client.run(f"ping -c 1 {SERVER}")
    ping = software.client.start(f"ping -c 100 -i 0.05 {SERVER}")
    proof = look(software)
    ping.communicate(timeout=60)
    assert (proof["proven"], "too little was forwarded" in proof["message"]) == ("unknown", True), proof
    return f"{said(proof)}, {proof['packets']['forwarded']} forwarded"


# ---- traffic of their own ---------------------------------------------------------------------------------------------


@case("role verify, with traffic of its own")
def test_verify_makes_traffic(software):
    variables = {f"verify_traffic_{name}": value for name, value in TRAFFIC.items()}
    results = run_role(
        software, "verify", verify_seconds=3, verify_traffic=True, verify_expected="software", **variables
    )
    (proof,) = (result["proof"] for result in results if "proof" in result)
    assert proof["proven"] == "software", proof
    assert not [result for result in results if result["status"] == "failed"]
    software.client.run("sleep 2")
    assert software.client.run(LEFT) == ""
    return said(proof)


@case("role verify, where the server cannot be reached")
def test_verify_without_a_way(software):
    variables = {f"verify_traffic_{name}": value for name, value in TRAFFIC.items()}
    variables["verify_traffic_address"] = "10.89.0.99"
    results = run_role(software, "verify", verify_seconds=3, verify_traffic=True, **variables)
    failed = [result["msg"] for result in results if result["status"] == "failed"]
    assert failed and "10.89.0.99" in failed[-1], results
    software.client.run("sleep 2")
    assert software.client.run(LEFT) == ""
    return "fails, and leaves nothing"


@case("role throughput: none, then software, then as before")
def test_throughput_puts_the_mode_back(vm):
    variables = {f"throughput_{name}": value for name, value in TRAFFIC.items()}
    compare = {"throughput_compare": ["none", "software"], "throughput_tests": ["tcp-up"], "throughput_streams": 1}
    results = run_role(vm, "throughput", **variables, **compare, throughput_seconds=3, throughput_confirm_timeout=0)
    assert not [result for result in results if result["status"] == "failed"], results
    measured = [
        facts for result in results for facts in (result.get("ansible_facts") or {}).get("throughput_results", [])
    ]
    last = {each["mode"]: each for each in measured}
    assert {mode: each["proven"] for mode, each in last.items()} == {"none": "none", "software": "software"}, last
    assert all(each["mbit"] > 0 and each["cpu"]["busy"] > 0 for each in last.values())
    assert vm.router.run("uci -q get firewall.@defaults[0].flow_offloading || echo 0").strip() == "0"
    assert "flowtable" not in vm.router.run("nft list flowtables")
    vm.client.run("sleep 2")
    assert vm.client.run(LEFT) == ""
    return "measured, and the mode put back"
