# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What two looks at the traffic prove, and what they do not."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.fastpath.router.plugins.plugin_utils.errors import ArgumentError
from ansible_collections.fastpath.router.plugins.plugin_utils.nft import Flowtable
from ansible_collections.fastpath.router.plugins.plugin_utils.proof import (
    COUNTS,
    ENOUGH,
    Looks,
    check_seconds,
    cpu_report,
    judge,
    parse_looks,
    proof_report,
)

SOFTWARE = Flowtable("inet", "fw4", "ft", ("br-lan", "eth1"), hardware=False, counter=True)
HARDWARE = Flowtable("inet", "fw4", "ft", ("eth0", "eth1"), hardware=True, counter=True)
MUTE = Flowtable("inet", "mine", "pft", ("eth0", "eth1"), hardware=False, counter=False)


def looks(**values):
    """An offloaded download with little else going on, unless given otherwise."""
    usual = {
        "seconds": 10.0,
        "readable": True,
        "accounting": True,
        "tagged": 2,
        "software_flows": 1,
        "software_packets": 1000,
    }
    return Looks(**{**usual, **values})


def in_hardware(**values):
    return looks(
        **{"software_flows": 0, "software_packets": 0, "hardware_flows": 1, "hardware_packets": 1000, **values}
    )


def slow(packets, **values):
    """These packets took the slow path and were sent on."""
    return looks(received=packets, forwarded=packets, **values)


# ---- proven -----------------------------------------------------------------------------------------------------------


def test_packets_that_never_reached_ip_prove_software():
    verdict = judge(looks(), [SOFTWARE])
    assert verdict.proven == "software"
    assert "at least 1000 bypassed" in verdict.message


def test_packets_of_hardware_flows_prove_hardware():
    assert judge(in_hardware(), [HARDWARE]).proven == "hardware"


def test_what_the_router_itself_received_is_not_on_the_slow_path():
    assert judge(looks(received=5000, delivered=4990), [SOFTWARE]).proven == "software"


def test_half_of_the_packets_must_have_bypassed():
    assert judge(slow(500), [SOFTWARE]).proven == "software"
    assert judge(slow(501), [SOFTWARE]).proven != "software"


def test_a_driver_that_refuses_each_flow_is_named():
    verdict = judge(looks(), [HARDWARE])
    assert verdict.proven == "software"
    assert "the driver took none of the flows" in verdict.message


def test_hardware_that_does_not_count_next_to_software_flows_that_do():
    verdict = judge(looks(hardware_flows=3), [HARDWARE])
    assert verdict.proven == "software"
    assert "3 flows are tagged [HW_OFFLOAD]" in verdict.message


def test_dropped_packets_of_tagged_flows_are_no_proof():
    """In older kernels, what the forward chain drops is received and not delivered, and not counted as forwarded."""
    assert judge(looks(received=1000), [SOFTWARE]).proven != "software"


# ---- none -------------------------------------------------------------------------------------------------------------


def test_without_a_flowtable_there_is_none():
    verdict = judge(Looks(seconds=10, readable=True, accounting=True, forwarded=500, received=500), [])
    assert (verdict.proven, "No flowtable" in verdict.message) == ("none", True)


def test_fragments_carry_the_tag_and_are_not_offloaded():
    verdict = judge(slow(1000), [SOFTWARE])
    assert verdict.proven == "none"
    assert "IP fragments" in verdict.message


def test_forwarded_traffic_without_any_tag():
    found = slow(900, tagged=0, software_flows=0, software_packets=0, other_packets=900, busiest_other=800)
    assert judge(found, [SOFTWARE]).proven == "none"


# ---- unknown ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "flowtables", "words"),
    [
        (slow(900, other_packets=890), [SOFTWARE], "less other traffic"),
        (slow(900, other_unknown=True), [SOFTWARE], "less other traffic"),
        (slow(560), [SOFTWARE], "lacks the device of one direction"),
        (looks(software_packets=ENOUGH - 1), [SOFTWARE], "carried too little"),
        (looks(software_packets=0, accounting=False), [SOFTWARE], "sysctl -w net.netfilter.nf_conntrack_acct=1"),
        (looks(software_packets=0, accounting=None), [SOFTWARE], "sysctl -w net.netfilter.nf_conntrack_acct=1"),
        (looks(software_packets=0), [SOFTWARE, MUTE], "mine pft has no 'counter'"),
        (looks(software_packets=0, software_flows=0, uncounted_flows=1), [SOFTWARE], "with new flows"),
        (in_hardware(hardware_packets=0), [HARDWARE], "Look for longer"),
        (
            slow(900, tagged=0, software_flows=0, software_packets=0, busiest_other=4),
            [SOFTWARE],
            "too little was forwarded",
        ),
        (looks(tagged=0, software_flows=0, software_packets=0), [SOFTWARE], "verify_traffic"),
        (
            looks(tagged=0, software_flows=0, software_packets=0, accounting=False),
            [SOFTWARE],
            "conntrack counts no packets",
        ),
        (Looks(), [SOFTWARE], "CONFIG_NF_CONNTRACK_PROCFS"),
    ],
)
def test_too_little_to_tell_says_what_to_do(found, flowtables, words):
    verdict = judge(found, flowtables)
    assert verdict.proven == "unknown"
    assert words in verdict.message


# ---- properties -------------------------------------------------------------------------------------------------------

FLOWTABLES = st.lists(st.sampled_from([SOFTWARE, HARDWARE, MUTE]), max_size=3, unique=True)


@st.composite
def any_looks(draw):
    counts = {name: draw(st.integers(0, 3000)) for name in COUNTS}
    return Looks(
        seconds=10.0,
        readable=draw(st.booleans()),
        accounting=draw(st.sampled_from([True, False, None])),
        other_unknown=draw(st.booleans()),
        **counts,
    )


@given(found=any_looks(), flowtables=FLOWTABLES)
def test_any_looks_get_a_verdict_with_a_reason(found, flowtables):
    verdict = judge(found, flowtables)
    assert verdict.proven in ("none", "software", "hardware", "unknown")
    assert len(verdict.message) > 20


@given(found=any_looks(), flowtables=FLOWTABLES)
def test_offloading_is_only_proven_by_packets_that_no_slow_packet_explains(found, flowtables):
    if judge(found, flowtables).proven in ("software", "hardware"):
        assert found.offloaded_packets - (found.received - found.delivered) >= ENOUGH
        assert found.offloaded_packets - found.forwarded >= ENOUGH


@given(found=any_looks(), flowtables=FLOWTABLES)
def test_hardware_is_only_proven_by_flows_tagged_so(found, flowtables):
    without = dataclasses.replace(found, hardware_flows=0, hardware_packets=0)
    assert judge(without, flowtables).proven != "hardware"


@given(found=any_looks(), flowtables=FLOWTABLES, more=st.integers(1, 5000))
def test_more_slow_packets_never_prove_more(found, flowtables, more):
    rank = {"unknown": 0, "none": 0, "software": 1, "hardware": 2}
    worse = dataclasses.replace(found, received=found.received + more, forwarded=found.forwarded + more)
    assert rank[judge(worse, flowtables).proven] <= rank[judge(found, flowtables).proven]


@given(
    bypassed=st.integers(0, 2000),
    slowed=st.integers(0, 2000),
    others=st.integers(0, 2000),
    dropped=st.integers(0, 2000),
    lost=st.integers(0, 2000),
)
def test_the_verdict_is_true_whatever_really_happened(bypassed, slowed, others, dropped, lost):
    """Tagged flows carried BYPASSED packets past the firewall and SLOWED through it, of which some may have been DROPPED there;
    other flows OTHERS; and the router received LOST packets that it neither forwarded nor took itself."""
    dropped = min(dropped, slowed)
    found = looks(
        software_packets=bypassed + slowed,
        received=slowed + others + lost,
        forwarded=slowed - dropped + others,
        other_packets=others,
    )
    proven = judge(found, [SOFTWARE]).proven
    if proven == "software":
        assert bypassed >= max(ENOUGH, (bypassed + slowed) / 2)
    if proven == "none":
        assert slowed >= 3 * bypassed


# ---- what came from the router ----------------------------------------------------------------------------------------


def test_lines_from_the_router():
    found = parse_looks(
        "seconds 5.08\nacct 1\nreadable 1\nreceived 300\ndelivered 22\nforwarded 278\ntagged 4\nsoftware_flows 2\n"
        "software_packets 4662\nother_packets 14\nother_unknown 0\nbusiest_other 9\ncpu0.all 500\ncpu0.idle 400\ncpu0.softirq 60\n"
        "cpu.all 500\ncpu.idle 400\ncpu.softirq 60\n"
    )
    assert (found.seconds, found.readable, found.accounting, found.other_unknown) == (5.08, True, True, False)
    assert (found.received, found.delivered, found.forwarded, found.slow) == (300, 22, 278, 278)
    assert (found.software_flows, found.hardware_flows, found.offloaded_packets) == (2, 0, 4662)
    assert found.cpu["cpu0"] == {"all": 500, "idle": 400, "softirq": 60}


@pytest.mark.parametrize(("text", "accounting"), [("acct 1", True), ("acct 0", False), ("acct ", None), ("", None)])
def test_accounting_as_the_kernel_has_it(text, accounting):
    assert parse_looks(text).accounting is accounting


@given(st.text())
def test_no_text_is_too_strange(text):
    assert judge(parse_looks(text), [SOFTWARE]).proven == "unknown"


def test_cpu_in_per_cent_and_seconds():
    ticks = {
        "cpu": {"all": 2000, "idle": 1200, "softirq": 600},
        "cpu0": {"all": 1000, "idle": 300, "softirq": 600},
        "cpu1": {"all": 1000, "idle": 900, "softirq": 0},
    }
    assert cpu_report(ticks) == {"cores": 2, "busy": 40.0, "softirq": 30.0, "busiest_core": 70.0, "busy_seconds": 8.0}


@pytest.mark.parametrize(
    "ticks", [{}, {"cpu": {"all": 5, "idle": 5, "softirq": 0}}, {"cpu": {"all": 0}, "cpu0": {"all": 0}}]
)
def test_cpu_that_was_not_read(ticks):
    assert cpu_report(ticks) is None


def test_the_report_hides_a_sum_that_leaves_flows_out():
    packets = proof_report(looks(other_packets=5, other_unknown=True), [SOFTWARE])["packets"]
    assert packets["other_flows"] is None


@pytest.mark.parametrize("seconds", [0, 1, 60])
def test_seconds_that_are_possible(seconds):
    assert check_seconds(seconds) == seconds


@pytest.mark.parametrize("seconds", [-1, 61, 3600])
def test_seconds_that_are_not(seconds):
    with pytest.raises(ArgumentError, match="observe_seconds"):
        check_seconds(seconds)
