# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports on many routers, and their tables."""

from __future__ import annotations

import json
import random

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.fastpath.router.plugins.filter.fleet import (
    FilterModule,
    drift_report,
    report_table,
    verify_report,
)

DRIFT_COLUMNS = {"router": "router", "state": "state", "what": "what drifted"}
OK = {"changed": False, "plan": [], "findings": []}
UNREACHABLE = {
    "changed": False,
    "unreachable": True,
    "msg": 'Task failed: Data could not be sent to remote host "192.0.2.9". Make sure this host can be reached over ssh: '
    "Welcome to OpenWrt\nroot@192.0.2.9: Permission denied (publickey).\n",
}


def drifted(*differences):
    plan = [dict(zip(("kind", "subject", "before", "after"), entry, strict=True)) for entry in differences]
    return {"changed": True, "plan": plan, "findings": []}


def refused(message, advice="", **others):
    error = {"code": "some-code", "message": message, "advice": advice, "detail": ""}
    return {"changed": False, "failed": True, "msg": f"{message}. {advice}", "error": error, **others}


def read(configured, loaded, flows=None, findings=()):
    mode = {"configured": configured, "loaded": loaded}
    return {"changed": False, "observed": {"mode": mode, "flows": flows}, "findings": list(findings)}


def finding(severity, message, advice=""):
    return {"id": "x", "severity": severity, "message": message, "advice": advice, "source": ""}


def only_row(report):
    (row,) = report["routers"]
    return row


# ---- drift ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("result", "state"),
    [
        (OK, "ok"),
        (drifted(("option", "flow_offloading", None, "1")), "drifted"),
        (refused("The router's flash is full"), "failed"),
        ({"changed": False, "failed": True, "msg": "Task failed: something"}, "failed"),
        (UNREACHABLE, "unreachable"),
        ({}, "failed"),
        (None, "failed"),
    ],
)
def test_every_result_has_its_state(result, state):
    report = drift_report({"attic": result})
    assert only_row(report)["state"] == state
    counted = {"ok": 0, "drifted": 0, "failed": 0, "unreachable": 0} | {state: 1}
    assert report["summary"] == {"routers": 1, **counted}


@pytest.mark.parametrize(
    ("difference", "text"),
    [
        (("package", "kmod-nft-offload", None, "installed"), "package kmod-nft-offload: missing"),
        (
            ("package", "kmod-nft-offload", "broken", "installed"),
            "package kmod-nft-offload: broken instead of installed",
        ),
        (("option", "flow_offloading", None, "1"), "option flow_offloading: absent instead of 1"),
        (("option", "input", "ACCEPT", "REJECT"), "option input: ACCEPT instead of REJECT"),
        (("include", "a", None, "chain-pre forward x.a.0123456789abcdef.nft"), "include a: missing"),
        (("include", "a", "chain-pre forward x.a.0123456789abcdef.nft", None), "include a: surplus"),
        (
            ("include", "a", "table-pre x.a.0000.nft", "table-post x.a.0000.nft"),
            "include a: table-pre instead of table-post",
        ),
        (("include", "a", "table-pre x.a.0000.nft", "table-pre x.a.1111.nft"), "include a: another text"),
        (
            ("include", "a", "table-pre x.a.0000.nft (file missing)", "table-pre x.a.0000.nft"),
            "include a: file missing",
        ),
        (
            ("file", "/etc/nftables.d/fastpath/x.a.0000.nft", "unused", None),
            "file /etc/nftables.d/fastpath/x.a.0000.nft: surplus",
        ),
        (("load", "includes", "not loaded", "0123"), "load includes: not loaded instead of 0123"),
    ],
)
def test_a_difference_in_a_few_words(difference, text):
    row = only_row(drift_report({"attic": drifted(difference)}))
    assert row["what"] == [text]
    assert row["differences"] == drifted(difference)["plan"]


def test_drift_stays_drift_where_the_task_was_made_to_fail_on_it():
    result = {**drifted(("option", "input", "ACCEPT", "REJECT")), "failed": True, "failed_when_result": True}
    assert only_row(drift_report({"attic": result}))["state"] == "drifted"


def test_a_change_that_would_be_refused_failed_and_did_not_drift():
    result = refused("nft refuses the include", plan=drifted(("include", "a", None, "x"))["plan"])
    row = only_row(drift_report({"attic": result}))
    assert (row["state"], row["differences"]) == ("failed", [])


def test_a_failure_says_what_is_wrong_and_what_to_do():
    row = only_row(drift_report({"attic": refused("The firewall has 2 'defaults' sections", "Merge them into one.")}))
    assert row["what"] == ["The firewall has 2 'defaults' sections. Merge them into one."]


def test_a_failure_of_ansible_itself_shows_its_first_line_without_prefixes():
    message = (
        "Task failed: Finalization of task args for 'fastpath.router.flow_offload' failed: 'x' is undefined\n\nmore"
    )
    row = only_row(drift_report({"attic": {"changed": False, "failed": True, "msg": message}}))
    assert row["what"] == ["'x' is undefined"]


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (UNREACHABLE["msg"], "root@192.0.2.9: Permission denied (publickey)."),
        (
            'Task failed: Data could not be sent to remote host "h". Make sure this host can be reached over ssh: '
            "ssh: connect to host h port 22: Connection timed out",
            "ssh: connect to host h port 22: Connection timed out",
        ),
        ("Failed to connect to the host via ssh: no route", "no route"),
        ("", ""),
    ],
)
def test_an_unreachable_router_shows_the_last_word_of_ssh(message, text):
    row = only_row(drift_report({"attic": {"unreachable": True, "msg": message}}))
    assert row["what"] == [text]


def test_warnings_are_shown_and_remarks_are_not():
    findings = [finding("info", "comments"), finding("warning", "hardware is configured, software is loaded", "Look.")]
    row = only_row(drift_report({"attic": {**OK, "findings": findings}}))
    assert (row["state"], row["what"]) == ("ok", ["hardware is configured, software is loaded. Look."])


def test_the_order_depends_on_states_and_names_only():
    results = {f"r{number}": OK for number in (1, 2, 10, 21)}
    results |= {"r3": UNREACHABLE, "r30": drifted(("option", "input", None, "DROP")), "r4": refused("no"), "r10a": OK}
    names = list(results)
    for seed in range(5):
        random.Random(seed).shuffle(names)
        report = drift_report({name: results[name] for name in names})
        assert [row["router"] for row in report["routers"]] == ["r1", "r2", "r10", "r10a", "r21", "r30", "r4", "r3"]


def test_a_report_is_json():
    report = drift_report({"attic": drifted(("option", "input", None, "DROP")), "harbour": UNREACHABLE})
    assert json.loads(json.dumps(report)) == report


@pytest.mark.parametrize("results", [None, "text", [OK]])
def test_something_else_than_results_by_router_is_refused(results):
    with pytest.raises(AnsibleFilterError, match="dictionary"):
        drift_report(results)


# ---- verify -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("result", "requested", "state", "what"),
    [
        (read("software", "software"), "software", "ok", []),
        (read("none", "none"), "none", "ok", []),
        (read("hardware", "software"), "hardware", "mismatch", ["loaded is software"]),
        (read("software", "software"), "none", "mismatch", ["configured is software, loaded is software"]),
        (read("software", "hardware"), "hardware", "mismatch", ["configured is software"]),
        (read("none", "none"), None, "failed", ["no mode is requested: set flow_offload_mode"]),
        (
            read("software", "software", findings=[finding("error", "A LuCI apply waits", "Run again.")]),
            "software",
            "failed",
            ["A LuCI apply waits. Run again."],
        ),
        (
            refused("The host is no OpenWrt router", "Take it out."),
            "none",
            "failed",
            ["The host is no OpenWrt router. Take it out."],
        ),
        (UNREACHABLE, "software", "unreachable", ["root@192.0.2.9: Permission denied (publickey)."]),
        ({}, "software", "failed", ["no result: it was not asked"]),
        ({"changed": False}, "software", "failed", ["its mode was not read"]),
    ],
)
def test_verdict(result, requested, state, what):
    report = verify_report({"attic": result}, {"attic": requested})
    row = only_row(report)
    assert (row["state"], row["what"], row["requested"]) == (state, what, requested)
    assert report["summary"][state] == 1
    assert sum(report["summary"].values()) == 2


def test_modes_and_flows_as_they_were_read():
    row = only_row(verify_report({"attic": read("hardware", "software", {"software": 12, "hardware": 0})}, {}))
    assert (row["configured"], row["loaded"], row["flows"]) == ("hardware", "software", {"software": 12, "hardware": 0})
    row = only_row(verify_report({"attic": UNREACHABLE}, {"attic": "none"}))
    assert (row["configured"], row["loaded"], row["flows"]) == (None, None, None)


# ---- table ------------------------------------------------------------------------------------------------------------


def test_table():
    results = {
        "harbour": OK,
        "attic": drifted(("package", "kmod-nft-offload", None, "installed"), ("option", "flow_offloading", "0", "1")),
        "summer-house": UNREACHABLE,
    }
    assert report_table(drift_report(results), DRIFT_COLUMNS) == "\n".join(
        [
            "ROUTER        STATE        WHAT DRIFTED",
            "harbour       ok",
            "attic         drifted      package kmod-nft-offload: missing",
            "                           option flow_offloading: 0 instead of 1",
            "summer-house  unreachable  root@192.0.2.9: Permission denied (publickey).",
            "",
            "3 routers: 1 ok, 1 drifted, 1 unreachable",
        ]
    )


def test_cells_that_are_no_text():
    report = verify_report(
        {"attic": read("none", "none", {"software": 12, "hardware": 3}), "cafe": {}}, {"attic": "none"}
    )
    lines = report_table(report, {"router": "router", "flows": "flows sw/hw", "requested": "requested"}).splitlines()
    assert lines[1:3] == ["attic   12/3         none", "cafe    -            -"]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_is_wider_than_asked_for(width):
    words = " ".join(f"word{number}" for number in range(60))
    results = {f"router-{number}": refused(words) for number in range(50)}
    lines = report_table(drift_report(results), DRIFT_COLUMNS, width).splitlines()
    assert max(map(len, lines)) <= width
    assert all(line == line.rstrip() for line in lines)
    shown = [word for line in lines[1:-2] for word in line.split() if word.startswith("word")]
    assert shown == words.split() * 50


def test_a_word_longer_than_the_room_is_not_cut():
    path = "/etc/" + "x" * 200
    table = report_table(drift_report({"attic": drifted(("file", path, "unused", None))}), DRIFT_COLUMNS, 60)
    assert path in table


@pytest.mark.parametrize(
    ("count", "sentence"), [(0, "0 routers"), (1, "1 router: 1 ok"), (1000, "1000 routers: 1000 ok")]
)
def test_summary(count, sentence):
    lines = report_table(drift_report({f"r{n}": OK for n in range(count)}), DRIFT_COLUMNS).splitlines()
    assert len(lines) == count + 3
    assert lines[-1] == sentence


@pytest.mark.parametrize(
    ("report", "columns"),
    [
        ({}, DRIFT_COLUMNS),
        (None, DRIFT_COLUMNS),
        (drift_report({"attic": OK}), {"router": "router", "colour": "colour"}),
    ],
)
def test_no_report_or_no_such_column(report, columns):
    with pytest.raises(AnsibleFilterError, match="report_table"):
        report_table(report, columns)


def test_names_in_templates():
    assert set(FilterModule().filters()) == {"drift_report", "verify_report", "report_table"}
