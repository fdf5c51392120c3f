# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Claims about software offloading that circulate, one by one: what really happens.

Each is measured with and without the flow rule, so that what is said about the flow rule is due to it.
"""

from __future__ import annotations

import contextlib
import re

import pytest
from cases import FEW, MANY, ON, SERVER6, Flow, case, flowtables, until

RULE = "inet fw4 forward"
REMOVE_RULE = f"""
handle=$(nft -a list chain {RULE} | sed -n 's/.*flow add @ft # handle //p')
nft delete rule {RULE} handle "$handle"
"""
INSERT_RULE = f"nft insert rule {RULE} meta l4proto '{{ tcp, udp }}' flow add @ft"
UDP = "-u -b 8M -l 1400"


@pytest.fixture
def software(vm):
    """fw4 with its software flowtable."""
    vm.router.run(ON)
    assert "devices = { br-lan, eth1 }" in flowtables(vm)
    return vm


@contextlib.contextmanager
def no_flow_rule(vm):
    vm.router.run(REMOVE_RULE)
    yield
    vm.router.run(INSERT_RULE)


@contextlib.contextmanager
def behind(vm, statement: str, protocol: str = "udp"):
    """A rule for the transfers, in a chain that sees what the firewall has accepted."""
    table = f"""table inet claim {{
        chain forward {{
            type filter hook forward priority filter + 10; policy accept;
            {protocol} dport 5201 {statement}
        }}
    }}"""
    vm.router.run("nft -f -", table.encode())
    yield
    vm.router.run("nft delete table inet claim")


def counted(vm, where: str = "table inet claim") -> int:
    """Packets of the counters there."""
    return sum(map(int, re.findall(r"counter packets (\d+)", vm.router.run(f"nft list {where}"))))


def arrived(vm) -> int:
    return int(vm.server.run("cat /sys/class/net/eth0/statistics/rx_packets"))


def both(vm, measure) -> tuple:
    """What it measures without, and with the flow rule."""
    with no_flow_rule(vm):
        plain = measure(vm)
    return plain, measure(vm)


# Rules behind the flow rule


@case("a rule that counts (accounting, statistics)")
def test_counter(software):
    def measure(vm):
        with behind(vm, "counter", "tcp"), Flow(vm) as flow:
            return counted(vm), flow.settled(), counted(vm)

    (_, plain, plain_count), (_, passage, count) = both(software, measure)
    assert not plain.offloaded and plain_count >= plain.packets / 2
    assert passage.offloaded and count <= FEW
    return f"counts {count} packets of an offloaded flow, {plain_count} of one that is not"


@case("a rule that logs")
def test_log(software):
    def lines(vm):
        return int(vm.router.run("dmesg | grep -c 'claim: ' || true"))

    def measure(vm):
        before = lines(vm)
        with behind(vm, 'log prefix "claim: "'), Flow(vm, UDP) as flow:
            passage = flow.settled()
            return passage, lines(vm) - before

    (plain, plain_lines), (passage, logged) = both(software, measure)
    assert not plain.offloaded and plain_lines >= plain.packets / 2
    assert passage.offloaded and logged <= FEW
    return f"logs {logged} packets of an offloaded flow, {plain_lines} of one that is not"


@case("a rule that limits the rate (limit rate over ... drop)")
def test_limit(software):
    def measure(vm):
        with behind(vm, "limit rate over 50/second counter drop"), Flow(vm, UDP) as flow:
            return flow.settled(), counted(vm)

    (plain, plain_dropped), (passage, dropped) = both(software, measure)
    assert not plain.offloaded and plain_dropped >= plain.packets / 2
    assert passage.offloaded and dropped <= FEW
    return f"drops {dropped} packets of an offloaded flow, {plain_dropped} of one that is not"


@case("a rule with a quota (quota over ... drop)")
def test_quota(software):
    def measure(vm):
        with behind(vm, "quota over 100 kbytes counter drop"), Flow(vm, UDP) as flow:
            return flow.settled(), counted(vm)

    (plain, plain_dropped), (passage, dropped) = both(software, measure)
    assert not plain.offloaded and plain_dropped >= plain.packets / 2
    assert passage.offloaded and passage.packets * 1400 > 300_000 and dropped == 0
    return f"an offloaded flow never uses it up: {dropped} packets dropped, {plain_dropped} of one that is not"


@case("a rule for long flows (ct bytes over ...)")
def test_ct_bytes(software):
    def measure(vm):
        with behind(vm, "ct bytes > 100000 counter", "tcp"), Flow(vm) as flow:
            return flow.settled(), counted(vm)

    (plain, plain_count), (passage, count) = both(software, measure)
    assert not plain.offloaded and plain_count >= plain.packets / 2
    assert passage.offloaded and count == 0
    return f"matches {count} packets of an offloaded flow, {plain_count} of one that is not"


# While a flow runs


def stopped_by(vm, rule):
    """What becomes of a running UDP flow once rule() is there, and how many packets arrive meanwhile."""
    with Flow(vm, UDP) as flow:
        flow.settled()
        rule(vm)
        before = arrived(vm)
        passage = flow.passage()
        return passage, arrived(vm) - before


@case("a drop rule that is inserted while the flow runs")
def test_drop_while_running(software):
    def measure(vm):
        insert = f"nft insert rule {RULE} udp dport 5201 counter drop"
        passage, came = stopped_by(vm, lambda vm: vm.router.run(insert))
        dropped = counted(vm, f"chain {RULE} | grep 'dport 5201'")
        vm.router.run(
            f"nft delete rule {RULE} handle $(nft -a list chain {RULE} | sed -n 's/.*dport 5201.*handle //p')"
        )
        return passage, came, dropped

    (plain, plain_came, plain_dropped), (passage, came, dropped) = both(software, measure)
    assert not plain.tag and plain_came <= FEW and plain_dropped >= MANY
    assert passage.tag and came >= MANY and dropped == 0
    return f"drops {dropped} packets and the offloaded flow goes on; one that is not loses {plain_dropped}"


@case("a queue rule that is inserted while the flow runs (no program listens)")
def test_queue_while_running(software):
    def measure(vm):
        with contextlib.ExitStack() as stack:
            passage, came = stopped_by(vm, lambda vm: stack.enter_context(behind(vm, "counter queue num 7")))
            return passage, came, counted(vm)

    (plain, plain_came, plain_queued), (passage, came, queued) = both(software, measure)
    assert not plain.tag and plain_came <= FEW and plain_queued >= MANY
    assert passage.tag and came >= MANY and queued == 0
    return f"{queued} packets of the offloaded flow are queued and it goes on; one that is not loses {plain_queued}"


@case("a firewall rule with target DROP and fw4 reload, while a flow runs")
def test_reject_rule_and_reload(software):
    def measure(vm):
        rule = "rule=$(uci add firewall rule) && uci set firewall.$rule.src=lan && uci set firewall.$rule.dest=wan"
        rule += " && uci set firewall.$rule.dest_port=5201 && uci set firewall.$rule.target=DROP && fw4 -q reload"
        passage, came = stopped_by(vm, lambda vm: vm.router.run(rule))
        vm.router.run("uci revert firewall; fw4 -q reload")
        return passage, came

    (_, plain_came), (passage, came) = both(software, measure)
    assert passage.offloaded and came >= MANY and plain_came >= MANY
    return "stops no established flow, offloaded or not"


@case("conntrack -D on an offloaded flow")
def test_conntrack_delete(software):
    with Flow(software) as flow:
        assert flow.settled().offloaded
        software.router.run(f"/opt/vm/sbin/conntrack -D -p tcp --orig-port-src {flow.port}")
        passage = until(lambda: (seen := flow.passage()).offloaded and seen, "offloaded again")
        again = flow.retransmits()
    return f"the flow goes on and is offloaded again: {passage}; {again} segments sent again"


# What is offloaded


@case("TCP with masquerade (IPv4)")
def test_masquerade(software):
    with Flow(software) as flow:
        passage = flow.settled()
        peers = software.server.run("netstat -tn")
    assert passage.offloaded
    assert re.search(rf"10\.89\.1\.10:{flow.port} ", peers) and "10.88.0.2" not in peers
    return f"the server sees the router's address; {passage}"


@pytest.mark.parametrize(("protocol", "options"), [("TCP", "-b 8M -l 1400"), ("UDP", UDP)])
@case("IPv6, {protocol}")
def test_ipv6(software, protocol, options):
    with Flow(software, options, server=SERVER6) as flow:
        passage = flow.settled()
    assert passage.offloaded
    return str(passage)


@case("UDP")
def test_udp(software):
    with Flow(software, UDP) as flow:
        passage = flow.settled()
    assert passage.offloaded
    return str(passage)


@case("a connection with a helper (ftp control)")
def test_helper(software):
    software.server.run("iperf3 -s -1 -D -p 21")
    with Flow(software, server_port=21) as flow:
        passage = flow.settled()
    assert "helper" in software.router.run("nft list ruleset")
    assert not passage.tag and passage.forward >= passage.packets * 0.9
    return f"never offloaded: {passage}"


@case("fragments (UDP datagrams of 8000 bytes)")
def test_fragments(software):
    with Flow(software, "-u -b 24M -l 8000") as flow:
        passage = flow.settled()
    assert passage.tag == "OFFLOAD" and passage.forward >= passage.packets * 0.9
    return f"tagged, and not offloaded: {passage}"


SECOND_HOST = """
export PATH=/opt/vm/sbin:$PATH
mkdir -p /run
ip netns add second
ip link add eth2 type veth peer name eth0 netns second
ip link set eth2 master br-lan up
ip -n second addr add 10.88.0.3/16 dev eth0
ip -n second link set eth0 up
ip netns exec second iperf3 -s -1 -D
"""
SECOND_HOST_GONE = "/opt/vm/sbin/ip netns delete second; rm -rf /run; /opt/vm/sbin/ip link del eth2"


@case("hosts on two ports of one bridge")
def test_bridge(software):
    def seen():
        return counted(software, "table inet claim")

    try:
        software.router.run(SECOND_HOST)
        with behind(software, "counter", "tcp"):
            before = seen()
            software.client.run("iperf3 -c 10.88.0.3 -n 1M")
            after = seen()
        known = software.router.run("grep -c 10.88.0.3 /proc/net/nf_conntrack || true").strip()
    finally:
        software.router.exec(SECOND_HOST_GONE)
    assert known == "0"
    assert after == before
    return "neither conntrack nor the forward hook sees it: nothing to offload"


# Shapers


@case("a queueing discipline on the WAN device (SQM's egress)")
def test_qdisc(software):
    def sent():
        return int(
            re.search(r"Sent \d+ bytes (\d+) pkt", software.router.run("/opt/vm/sbin/tc -s qdisc show dev eth1"))[1]
        )

    software.router.run("/opt/vm/sbin/tc qdisc add dev eth1 root fq_codel")
    try:
        with Flow(software, UDP) as flow:
            before = sent()
            passage = flow.settled()
            seen = sent() - before
    finally:
        software.router.run("/opt/vm/sbin/tc qdisc del dev eth1 root")
    assert passage.offloaded and seen >= passage.packets * 0.9
    return f"sees {seen} packets while {passage}"
