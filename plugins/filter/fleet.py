# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the results of many routers to one report, and from a report to a table. Documented in the .yml files beside."""

from __future__ import annotations

import re
import textwrap
import typing as t
from collections import Counter

from ansible.errors import AnsibleFilterError

Result = t.Mapping[str, t.Any]
Row = dict[str, t.Any]
Report = dict[str, t.Any]

# What needs a look comes last in a report: next to its summary, and to the prompt.
DRIFT_STATES = ("ok", "drifted", "failed", "unreachable")
VERIFY_STATES = ("ok", "mismatch", "failed", "unreachable")
MODES = ("none", "software", "hardware")  # each is more than the one before

# What Ansible puts in front of a message.
PREFIXES = re.compile(
    r"^(?:Task failed: |Action failed: |Finalization of task args for \S+ failed: |Failed to connect to the host via ssh: "
    r"|Data could not be sent to remote host .*? Make sure this host can be reached over ssh: )+"
)
GAP = "  "
NARROWEST = 30


def drift_report(results: t.Mapping[str, Result | None]) -> Report:
    """The report on {router: result of flow_offload in check mode}."""
    rows = {router: _drift_row(result) for router, result in _items(results)}
    return _report(rows, DRIFT_STATES)


def verify_report(results: t.Mapping[str, Result | None], requested: t.Mapping[str, str | None]) -> Report:
    """The report on {router: result of flow_offload_info}, held against {router: mode} as REQUESTED."""
    rows = {router: _verify_row(result, requested.get(router)) for router, result in _items(results)}
    return _report(rows, VERIFY_STATES)


def report_table(report: t.Mapping[str, t.Any], columns: t.Mapping[str, str], width: int = 120) -> str:
    """REPORT as text: headings, one router after the other, the summary. COLUMNS maps keys of its rows to headings."""
    try:
        body = [[_lines(row[key]) for key in columns] for row in report["routers"]]
        summary = _sentence(report["summary"])
    except (KeyError, TypeError) as error:
        raise AnsibleFilterError(f"report_table: not a report, or without the column {error}") from error
    rows = [[[heading.upper()] for heading in columns.values()], *body]
    sizes = [max(len(line) for cell in column for line in cell) for column in zip(*rows, strict=True)]
    room = max(width - sum(size + len(GAP) for size in sizes[:-1]), NARROWEST)
    lines = [line for row in rows for line in _row_lines([*row[:-1], _wrap(row[-1], room)], sizes)]
    return "\n".join([*lines, "", summary])


# ---- reports ----------------------------------------------------------------------------------------------------------


def _items(results: t.Mapping[str, Result | None]) -> t.Iterator[tuple[str, Result]]:
    if not isinstance(results, t.Mapping):
        raise AnsibleFilterError("a report needs the results in a dictionary, by router")
    return ((router, result or {}) for router, result in results.items())


def _report(rows: t.Mapping[str, Row], states: tuple[str, ...]) -> Report:
    order = sorted(rows, key=lambda router: (states.index(rows[router]["state"]), _natural(router)))
    count = Counter(row["state"] for row in rows.values())
    return {
        "summary": {"routers": len(rows), **{state: count[state] for state in states}},
        "routers": [{"router": router, **rows[router]} for router in order],
    }


def _drift_row(result: Result) -> Row:
    if result.get("changed"):
        differences = list(result.get("plan") or ())
        what = [*map(_difference, differences), *_findings(result, "warning")]
        return {"state": "drifted", "what": what, "differences": differences}
    state, what = _trouble(result) or ("ok", _findings(result, "warning"))
    return {"state": state, "what": what, "differences": []}


def _verify_row(result: Result, requested: str | None) -> Row:
    observed = result.get("observed") or {}
    mode = observed.get("mode") or {}
    state, what = _verdict(result, requested, mode)
    return {
        "requested": requested,
        "configured": mode.get("configured"),
        "loaded": mode.get("loaded"),
        "proven": (result.get("proof") or {}).get("proven"),
        "flows": observed.get("flows"),
        "state": state,
        "what": what,
    }


def _verdict(result: Result, requested: str | None, mode: t.Mapping[str, str]) -> tuple[str, list[str]]:
    if not mode:
        return _trouble(result) or ("failed", ["its mode was not read"])
    refused = _findings(result, "error")
    if refused:
        return "failed", refused
    if requested is None:
        return "failed", ["no mode is requested: set flow_offload_mode"]
    differing = [f"{key} is {mode.get(key)}" for key in ("configured", "loaded") if mode.get(key) != requested]
    if differing:
        return "mismatch", [", ".join(differing)]
    return _proof_verdict(result.get("proof"), requested)


def _proof_verdict(proof: t.Mapping[str, str] | None, requested: str) -> tuple[str, list[str]]:
    """A proof of less than is requested decides; where nothing could be proven, the row says why."""
    if not proof or requested not in MODES or requested == "none":
        return "ok", []
    if proof["proven"] not in MODES:
        return "ok", [proof["message"]]
    less = MODES.index(proof["proven"]) < MODES.index(requested)
    return ("mismatch", [f"proven is {proof['proven']}: {proof['message']}"]) if less else ("ok", [])


def _trouble(result: Result) -> tuple[str, list[str]] | None:
    """Why there is nothing to compare; None where there is."""
    message = str(result.get("msg") or "").strip()
    if result.get("unreachable"):
        # ssh says why in its last line, after the server's banner.
        return "unreachable", [PREFIXES.sub("", message.rpartition("\n")[2])]
    if result.get("failed"):
        error = result.get("error") or {"message": PREFIXES.sub("", message.partition("\n")[0])}
        return "failed", [_sentences(error)]
    if "changed" not in result:
        return "failed", ["no result: it was not asked"]
    return None


def _findings(result: Result, severity: str) -> list[str]:
    return [_sentences(finding) for finding in result.get("findings") or () if finding.get("severity") == severity]


def _sentences(trouble: t.Mapping[str, str]) -> str:
    """What is wrong, and what to do about it."""
    advice = trouble.get("advice")
    return f"{trouble['message'].rstrip('.')}. {advice}" if advice else trouble["message"]


def _difference(difference: t.Mapping[str, str | None]) -> str:
    """One entry of a plan in a few words; the file names of includes, which hold a hash, tell nobody anything."""
    kind, subject = difference["kind"], difference["subject"]
    before, after = _without_files(difference.get("before")), _without_files(difference.get("after"))
    if kind == "option":
        text = f"{before or 'absent'} instead of {after}"
    elif before is None:
        text = "missing"
    elif after is None:
        text = "surplus"
    elif before == after:
        text = "another text"
    elif before.startswith(f"{after} ("):
        text = before[len(after) :].strip(" ()")  # what happened to it
    else:
        text = f"{before} instead of {after}"
    return f"{kind} {subject}: {text}"


def _without_files(text: str | None) -> str | None:
    return None if text is None else " ".join(word for word in text.split(" ") if not word.endswith(".nft"))


def _natural(name: str) -> list[tuple[int, str]]:
    """A key that sorts r2 before r10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]


# ---- table ------------------------------------------------------------------------------------------------------------


def _lines(value: t.Any) -> list[str]:
    if value is None:
        return ["-"]
    if isinstance(value, t.Mapping):
        return ["/".join(str(part) for part in value.values())]
    return [str(part) for part in value] or [""] if isinstance(value, list) else [str(value)]


def _wrap(lines: list[str], width: int) -> list[str]:
    wrapper = textwrap.TextWrapper(width, subsequent_indent=GAP, break_long_words=False, break_on_hyphens=False)
    return [part for line in lines for part in wrapper.wrap(line) or [""]]


def _row_lines(cells: list[list[str]], sizes: list[int]) -> t.Iterator[str]:
    for number in range(max(map(len, cells))):
        line = (cell[number] if number < len(cell) else "" for cell in cells)
        yield GAP.join(text.ljust(size) for text, size in zip(line, sizes, strict=True)).rstrip()


def _sentence(summary: t.Mapping[str, int]) -> str:
    total = summary["routers"]
    counts = [f"{count} {state}" for state, count in summary.items() if state != "routers" and count]
    return f"{total} router{'s' if total != 1 else ''}" + (f": {', '.join(counts)}" if counts else "")


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"drift_report": drift_report, "verify_report": verify_report, "report_table": report_table}
