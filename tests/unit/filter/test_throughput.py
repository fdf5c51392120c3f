# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What iperf3 said, as measurements; measurements as a table and as a chart."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.fastpath.router.plugins.filter.throughput import (
    FilterModule,
    throughput_chart,
    throughput_measurement,
    throughput_table,
)

SVG = "{http://www.w3.org/2000/svg}"
CPU = {"cores": 2, "busy": 40.0, "softirq": 35.0, "busiest_core": 70.0, "busy_seconds": 8.0}
LOOK = {"proof": {"proven": "software", "message": "why", "flows": {"software": 5, "hardware": 0}, "cpu": CPU}}

# As iperf3 3.12 reports them, without the streams.
TCP = {
    "sum_sent": {"bytes": 879493120, "bits_per_second": 702000000.0, "retransmits": 7, "sender": False},
    "sum_received": {"bytes": 869793792, "bits_per_second": 695017000.0, "sender": False},
}
UDP = {
    "sum": {
        "bits_per_second": 40000000.0,
        "lost_packets": 15,
        "packets": 154,
        "lost_percent": 9.740259,
        "sender": True,
    },
    "sum_sent": {"bits_per_second": 40000000.0, "lost_packets": 0, "packets": 154, "lost_percent": 0},
    "sum_received": {"bits_per_second": 36100000.0, "lost_packets": 15, "packets": 154, "lost_percent": 9.740259},
}
OLD_UDP = {"sum": {"bits_per_second": 40000000.0, "lost_packets": 77, "packets": 154, "lost_percent": 50.0}}


def said(end, **others):
    return json.dumps({"start": {}, "intervals": [], "end": end, **others})


def measured(router="gateway", test="tcp-down", mode="none", mbit=100.0, busy=50.0, per_second=100.0, **others):
    cpu = {**CPU, "busy": busy}
    row = {"router": router, "test": test, "mode": mode, "mbit": mbit, "cpu": cpu, "mbit_per_cpu_second": per_second}
    return {**row, "proven": mode, "message": "", "lost_percent": None, "retransmits": None, **others}


# ---- measurement ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("end", "mbit", "lost", "retransmits"),
    [(TCP, 695.0, None, 7), (UDP, 36.1, 9.74, None), (OLD_UDP, 20.0, 50.0, None)],
)
def test_what_arrived_counts(end, mbit, lost, retransmits):
    found = throughput_measurement(said(end), LOOK)
    assert (found["mbit"], found["lost_percent"], found["retransmits"]) == (mbit, lost, retransmits)


def test_cpu_seconds_are_those_of_all_cores():
    found = throughput_measurement(said(TCP), LOOK)
    assert found["mbit_per_cpu_second"] == pytest.approx(695.017 / 0.8, abs=0.1)
    assert (found["proven"], found["cpu"]) == ("software", CPU)


def test_a_cpu_that_was_not_read_or_did_nothing_gives_no_figure():
    assert throughput_measurement(said(TCP), {})["mbit_per_cpu_second"] is None
    idle = {"proof": {"cpu": {**CPU, "busy": 0.0}}}
    assert throughput_measurement(said(TCP), idle)["mbit_per_cpu_second"] is None


def test_what_a_login_says_before_and_a_terminal_adds_is_left_out():
    text = "Welcome\r\n" + json.dumps({"end": TCP}, indent=1).replace("\n", "\r\n") + "\r\nConnection closed.\r\n"
    assert throughput_measurement(text, LOOK)["mbit"] == 695.0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no report"),
        ("iperf3: not found", "no report"),
        ('{"start": 1', "no report"),
        ('{"start": {}}', "no report"),
        (said({}, error="unable to connect to server: Connection refused"), "Connection refused"),
        (said({}), "cut off"),
    ],
)
def test_a_failure_says_what_iperf3_said(text, words):
    with pytest.raises(AnsibleFilterError, match=words):
        throughput_measurement(text, LOOK)


# ---- table ------------------------------------------------------------------------------------------------------------


def test_gains_are_over_the_first_mode_of_the_same_router_and_test():
    results = [
        measured(mode="none", mbit=100.0, per_second=100.0),
        measured(mode="software", mbit=150.0, per_second=210.0),
        measured(router="attic", mode="software", mbit=10.0),
    ]
    lines = throughput_table(results).splitlines()
    assert [line.split()[:3] for line in lines[1:4]] == [
        ["gateway", "tcp-down", "none"],
        ["gateway", "tcp-down", "software"],
        ["attic", "tcp-down", "software"],
    ]
    assert ["x1.50" in line for line in lines[1:4]] == [False, True, False]
    assert ["x2.10" in line for line in lines[1:4]] == [False, True, False]


def test_columns_are_aligned():
    results = [measured(mbit=9.0), measured(mode="software", mbit=12345.0, per_second=None, lost_percent=0.5, cpu=None)]
    lines = throughput_table(results).splitlines()
    ends = [line.index(text) + len(text) for line, text in zip(lines, ("MBIT/S", "9.0", "12345"), strict=False)]
    assert len(set(ends)) == 1


def test_what_is_not_proven_is_explained_once():
    results = [measured(test=test, proven="unknown", message="Too little.") for test in ("tcp-up", "tcp-down")]
    assert throughput_table(results).count("Too little.") == 1


def test_nothing_measured():
    assert throughput_table([]) == "Nothing was measured."
    with pytest.raises(AnsibleFilterError, match="nothing was measured"):
        throughput_chart([])


# ---- chart ------------------------------------------------------------------------------------------------------------


def bars(chart):
    """Widths of the bars in the order of the drawing; those of the background and the legend are left out."""
    rects = ET.fromstring(chart).findall(f"{SVG}rect")
    return [float(rect.get("width")) for rect in rects if rect.get("height") == "18"]


def texts(chart):
    return [text.text for text in ET.fromstring(chart).findall(f"{SVG}text")]


def test_bars_are_as_long_as_the_figures_say():
    results = [
        measured(mbit=100.0, busy=80.0, per_second=50.0),
        measured(mode="software", mbit=200.0, busy=40.0, per_second=100.0),
    ]
    mbit_none, mbit_software, cpu_none, cpu_software, none, software = bars(throughput_chart(results))
    assert mbit_software == pytest.approx(2 * mbit_none, abs=0.2)
    assert cpu_none == pytest.approx(2 * cpu_software, abs=0.2)
    assert software == pytest.approx(2 * none, abs=0.2)
    assert cpu_none == pytest.approx(0.8 * mbit_software, abs=0.2)  # the longest CPU bar would be 100 %


def test_everything_is_within_the_picture():
    results = [
        measured(router, test, mode, mbit=mbit)
        for router in ("gateway", "attic")
        for test in ("tcp-down", "tcp-up", "udp-down")
        for mode, mbit in (("none", 940.0), ("software", 12345.6), ("hardware", 0.0))
    ]
    root = ET.fromstring(throughput_chart(results))
    width, height = float(root.get("width")), float(root.get("height"))
    for shape in root.iter():
        if shape.get("x"):
            assert 0 <= float(shape.get("x")) + float(shape.get("width", 0)) <= width
            assert 0 <= float(shape.get("y")) + float(shape.get("height", 0)) <= height


def test_names_are_escaped_and_figures_that_lack_are_dashes():
    chart = throughput_chart([measured("<b>&", per_second=None), measured("attic")], title="a & b")
    assert {"a & b", "<b>&, tcp-down", "-"} <= set(texts(chart))


def test_the_filters_have_their_names():
    assert set(FilterModule().filters()) == {"throughput_measurement", "throughput_table", "throughput_chart"}
