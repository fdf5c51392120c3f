# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two looks at the traffic, by the router's own shell; what really happens to packets is tested in the router VM."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from lab import Lab
from measure import Play, ProcessCount
from play import inventory_of, offload, play, task

from ansible_collections.fastpath.router.plugins.plugin_utils.nft import Flowtable
from ansible_collections.fastpath.router.plugins.plugin_utils.proof import judge, parse_looks
from ansible_collections.fastpath.router.plugins.plugin_utils.router import shell_file

SOFTWARE = Flowtable("inet", "fw4", "ft", ("br-lan", "eth1"), hardware=False, counter=True)
TRAFFIC = Path(__file__).resolve().parents[2] / "roles/verify/files/traffic.sh"
SNMP = """\
Ip: Forwarding DefaultTTL InReceives InHdrErrors InAddrErrors ForwDatagrams InUnknownProtos InDiscards InDelivers
Ip: 1 64 {received} 0 0 {forwarded} 0 0 {delivered}
Icmp: InMsgs
Icmp: 7
"""
SNMP6 = "Ip6InReceives                   \t{received}\nIp6InDelivers                   \t{delivered}\n"
STAT = "cpu  {busy} 0 0 {idle} 0 0 {soft} 0 0 0\ncpu0 {busy} 0 0 {idle} 0 0 {soft} 0 0 0\nintr 1\n"


def flow(port, packets, tag="[ASSURED]", reply=0, proto="tcp      6", counted=True):
    """A line of /proc/net/nf_conntrack, as the recordings have them."""
    state = "" if "OFFLOAD" in tag else " 7437 ESTABLISHED"
    one, two = (f" packets={n} bytes={n * 1400}" if counted else "" for n in (packets, reply))
    return (
        f"ipv4     2 {proto}{state} src=192.168.1.2 dst=198.51.100.1 sport={port} dport=443{one} "
        f"src=198.51.100.1 dst=198.51.100.2 sport=443 dport={port}{two} {tag} mark=0 zone=0 use=2\n"
    )


@pytest.fixture(scope="module")
def one_router(tmp_path_factory):
    """A router that the tests only read."""
    lab = Lab(tmp_path_factory.mktemp("proof"))
    yield lab.start("r1")
    lab.stop()


def two_looks(router, first, second):
    """What the script tells of these contents of /proc, {file: text}, where SECOND replaces FIRST between the looks."""
    router.run("rm -rf /tmp/proc")
    for name, texts in (("before", first), ("after", second)):
        for file, text in texts.items():
            router.write(f"/tmp/proc/{name}/{file}", text.encode())
    script = shell_file("looks").replace('"/proc/', '"/tmp/proc/now/')
    script = script.replace('"sleep " seconds', '"rm -rf /tmp/proc/now; cp -r /tmp/proc/after /tmp/proc/now"')
    variables = "section() { :; }; OBSERVE=1; cp -r /tmp/proc/before /tmp/proc/now\n"
    return parse_looks(router.exec("sh -s", input=f"{variables}{script}\nlooks\n".encode()).stdout.decode())


def proc(flows="", received=0, forwarded=0, delivered=0, received6=0, uptime=1.0, acct="1", busy=0, idle=0, soft=0):
    return {
        "net/nf_conntrack": flows,
        "net/snmp": SNMP.format(received=received, forwarded=forwarded, delivered=delivered),
        "net/snmp6": SNMP6.format(received=received6, delivered=0),
        "sys/net/netfilter/nf_conntrack_acct": f"{acct}\n",
        "uptime": f"{uptime} 5.00\n",
        "stat": STAT.format(busy=busy, idle=idle, soft=soft),
    }


# ---- the script -------------------------------------------------------------------------------------------------------


def test_flows_are_sorted_by_their_tags(one_router):
    first = [
        flow(1, 100, "[OFFLOAD]", reply=50),
        flow(2, 1000, "[HW_OFFLOAD]"),
        flow(3, 10),
        flow(4, 10),
        flow(5, 10, "[OFFLOAD]"),
        flow(6, 10, "[HW_OFFLOAD]"),
    ]
    second = [
        flow(1, 300, "[OFFLOAD]", reply=150),  # 300 in software
        flow(2, 6000, "[HW_OFFLOAD]"),  # 5000 in hardware
        flow(3, 40),  # 30 without a tag
        flow(4, 17, "[OFFLOAD]"),  # 7 of a flow that was not tagged in the first look
        flow(5, 12),  # 2 of one that is not any more
        flow(6, 110, "[OFFLOAD]"),  # 100 of one that came back into software
        flow(7, 5, "[HW_OFFLOAD]"),  # 5 of a new one
    ]
    found = two_looks(one_router, proc("".join(first)), proc("".join(second)))
    assert (found.software_packets, found.hardware_packets) == (400, 5000)
    assert (found.software_flows, found.hardware_flows) == (2, 1)
    assert (found.other_packets, found.other_unknown, found.busiest_other) == (30 + 7 + 2 + 5, False, 30)


def test_flows_that_look_alike_are_kept_apart(one_router):
    first = flow(1, 10, "[OFFLOAD]") + flow(1, 20, "[OFFLOAD]", proto="udp      17")
    second = flow(1, 20, "[OFFLOAD]", proto="udp      17") + flow(1, 50, "[OFFLOAD]")
    assert two_looks(one_router, proc(first), proc(second)).software_packets == 40


def test_a_line_that_is_read_twice_counts_once(one_router):
    line = flow(1, 10, "[OFFLOAD]")
    found = two_looks(one_router, proc(line * 2), proc(flow(1, 30, "[OFFLOAD]") * 2 + flow(3, 8) * 2))
    assert (found.software_flows, found.software_packets, found.other_packets) == (1, 20, 8)


def test_another_flow_with_the_same_ports_counts_from_its_begin(one_router):
    found = two_looks(one_router, proc(flow(1, 5000, "[OFFLOAD]")), proc(flow(1, 12, "[OFFLOAD]")))
    assert found.software_packets == 12


def test_the_busiest_flow_that_could_be_offloaded(one_router):
    flows = [
        flow(1, 900, "[UNREPLIED]", proto="udp      17"),
        flow(2, 800, proto="icmp     1"),
        flow(3, 70, proto="udp      17"),
    ]
    assert two_looks(one_router, proc(), proc("".join(flows))).busiest_other == 70


def test_flows_without_accounting_are_told(one_router):
    flows = flow(1, 0, "[OFFLOAD]", counted=False) + flow(2, 0, counted=False)
    found = two_looks(one_router, proc(flows, acct="0"), proc(flows, acct="0"))
    assert (found.accounting, found.uncounted_flows, found.software_flows, found.other_unknown) == (False, 1, 0, True)
    assert "conntrack counts no packets" in judge(found, [SOFTWARE]).message


def test_counters_of_both_families_add_up(one_router):
    after = proc(received=700, forwarded=40, delivered=100, received6=30, uptime=11.5)
    found = two_looks(one_router, proc(received=100, forwarded=10, delivered=40, received6=5), after)
    assert (found.received, found.delivered, found.forwarded, found.seconds) == (625, 60, 30, 10.5)


def test_large_counters_lose_nothing(one_router):
    many = 10**13
    after = proc(flow(1, many + 7, "[OFFLOAD]"), received=many + 3)
    found = two_looks(one_router, proc(flow(1, many, "[OFFLOAD]"), received=many), after)
    assert (found.software_packets, found.received) == (7, 3)


def test_cpu_ticks(one_router):
    found = two_looks(one_router, proc(busy=10, idle=100), proc(busy=15, idle=180, soft=15))
    assert found.cpu == {name: {"all": 100, "idle": 80, "softirq": 15} for name in ("cpu", "cpu0")}


def test_a_kernel_without_any_of_these_files(one_router):
    found = two_looks(one_router, {"uptime": "1.00 1.00\n"}, {"uptime": "2.00 1.00\n"})
    assert (found.readable, found.accounting, found.seconds) == (False, None, 1.0)
    assert judge(found, [SOFTWARE]).proven == "unknown"


def test_a_large_table_costs_a_few_lines_and_bounded_memory(one_router):
    """16,000 flows: the sums alone leave the router, and flows without a tag are forgotten beyond a limit."""
    before = "".join(flow(n, 100, "[OFFLOAD]" if n % 4 else "[ASSURED]") for n in range(16000))
    after = "".join(flow(n, 150, "[OFFLOAD]" if n % 4 else "[ASSURED]") for n in range(16000))
    found = two_looks(one_router, proc(before), proc(after))
    assert (found.software_flows, found.software_packets, found.other_unknown) == (12000, 600000, False)
    found = two_looks(one_router, proc(before.replace("[OFFLOAD]", "")), proc(after))
    assert (found.software_flows, found.other_unknown) == (0, True)


# ---- the module -------------------------------------------------------------------------------------------------------


def info(router, **arguments):
    (result,) = play(inventory_of(router), [task("flow_offload_info", packages=[], **arguments)])
    return result


def test_without_looking_twice_there_is_no_proof(one_router):
    assert "proof" not in info(one_router)


def test_two_looks_cost_one_execution_and_few_processes(one_router):
    look = {"name": "Look", **task("flow_offload_info", packages=[], observe_seconds=1)}
    once = {"name": "Look", **task("flow_offload_info", packages=[])}
    plays = [
        Play(one_router.lab, one_router.lab.state_dir, name, each) for name, each in (("twice", look), ("once", once))
    ]
    assert plays[0].count_traffic().executions == 1
    started = []
    for each in plays:
        count = ProcessCount(one_router)
        each.run()
        started.append(count.started())
    assert started[0] - started[1] <= 4  # awk, a shell, sleep


def test_looking_changes_nothing(router):
    offload(router, mode="software")
    files, rules = router.files_snapshot(), router.run("nft -s list ruleset")
    result = info(router, observe_seconds=1)
    assert result["proof"]["proven"] == "unknown", result
    assert result["proof"]["seconds"] >= 1
    assert result["transaction"]["round_trips"] == 1
    assert (router.files_snapshot(), router.run("nft -s list ruleset")) == (files, rules)


def test_no_flowtable_no_offloading(one_router):
    proof = info(one_router, observe_seconds=1)["proof"]
    assert (proof["proven"], "No flowtable" in proof["message"]) == ("none", True)


@pytest.mark.parametrize("seconds", [-1, 61])
def test_seconds_out_of_range(one_router, seconds):
    result = info(one_router, observe_seconds=seconds)
    assert result["error"]["code"] == "bad-argument"


# ---- the role ---------------------------------------------------------------------------------------------------------


def verify(router, **variables):
    role = {"import_role": {"name": "fastpath.router.verify"}, "vars": {"verify_seconds": 1, **variables}}
    results = play(inventory_of(router), [role])
    return [result for result in results if result["status"] == "failed"], results


@pytest.mark.parametrize(("expected", "fails"), [("none", False), ("software", True), ("hardware", True)])
def test_less_than_expected_fails(one_router, expected, fails):
    failed, _results = verify(one_router, verify_expected=expected)
    assert bool(failed) is fails
    if fails:
        assert f"Proven is none, not {expected}" in failed[-1]["msg"]


def test_traffic_needs_hosts(one_router):
    failed, results = verify(one_router, verify_traffic=True, verify_traffic_client="r1")
    assert "Not given: verify_traffic_server, verify_traffic_address" in failed[-1]["msg"]
    assert not any("proof" in result for result in results)


def test_traffic_needs_hosts_of_the_inventory(one_router):
    names = {"verify_traffic_client": "r1", "verify_traffic_server": "nobody", "verify_traffic_address": "192.0.2.1"}
    failed, _results = verify(one_router, verify_traffic=True, **names)
    assert "Not in the inventory, so no traffic can be made there: nobody" in failed[-1]["msg"]


def test_traffic_needs_iperf3(one_router):
    names = {"verify_traffic_client": "r1", "verify_traffic_server": "r1", "verify_traffic_address": "192.0.2.1"}
    failed, _results = verify(one_router, verify_traffic=True, **names)
    assert re.search(r"No iperf3 server on r1, port 5201: iperf3 is not installed here", failed[-1]["msg"])
    assert one_router.run("ls /tmp | grep fastpath. || true") == ""


# ---- traffic ----------------------------------------------------------------------------------------------------------

IPERF3 = '#!/bin/sh\necho "$@"\n[ "$1" != fail ] || exit 1\n[ "$1" != end ] || exit 0\nexec sleep 1000\n'


def traffic(router, call):
    return router.exec("sh -s", input=f"{TRAFFIC.read_text()}\n{call}\n".encode())


def started(router, *words):
    """Start a stand-in for iperf3 that does as it is told; its folder."""
    router.write("/usr/bin/iperf3", IPERF3.encode(), 0o755)
    result = traffic(router, f"start 30 1 {' '.join(words)}")
    assert result.returncode == 0, result
    return result.stdout.decode().strip().removeprefix("folder=")


def running(router):
    return router.run("ps | grep -c '[s]leep 1000' || true").strip()


def wait_until_gone(router):
    router.run("i=0; while ps | grep -q '[s]leep 1000' && [ $i -lt 100 ]; do sleep 1; i=$((i + 1)); done")
    assert running(router) == "0"


def test_removing_the_folder_ends_it(router):
    folder = started(router, "run")
    assert running(router) == "1"
    assert traffic(router, f"lasted {folder}").returncode == 0
    router.run(f"rm -rf {folder}")
    wait_until_gone(router)
    assert router.run("ls -d /tmp/fastpath* 2>/dev/null || true") == ""


def test_a_time_limit_ends_it_without_anybody(router):
    router.write("/usr/bin/iperf3", IPERF3.encode(), 0o755)
    assert traffic(router, "start 2 1 run").returncode == 0
    wait_until_gone(router)


def test_what_fails_at_once_says_why_and_leaves_nothing(router):
    router.write("/usr/bin/iperf3", IPERF3.encode(), 0o755)
    result = traffic(router, "start 30 2 fail -p 5201")
    assert (result.returncode, result.stdout) == (1, b"fail -p 5201\n")
    assert router.run("ls -d /tmp/fastpath* 2>/dev/null || true") == ""


def test_what_ended_well_is_collected_once(router):
    router.write("/usr/bin/iperf3", (IPERF3.replace("exit 0", "{ sleep 2; exit 0; }")).encode(), 0o755)
    result = traffic(router, "start 30 1 end")
    folder = result.stdout.decode().strip().removeprefix("folder=")
    collected = traffic(router, f"collect {folder}")
    assert (collected.returncode, collected.stdout) == (0, b"end\n")
    assert traffic(router, f"collect {folder}").returncode != 0
