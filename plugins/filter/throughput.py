# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a router forwards and what that costs it: from iperf3's report to measurements, a table and a chart.

Documented in the .yml files beside.
"""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass
from html import escape

from ansible.errors import AnsibleFilterError

Measurement = t.Mapping[str, t.Any]


# ---- measurement ------------------------------------------------------------------------------------------------------


def throughput_measurement(text: str, look: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """One measurement: TEXT is iperf3's JSON, LOOK what flow_offload_info returned with observe_seconds."""
    end = _end(text)
    received, lost = _received(end)
    proof = look.get("proof") or {}
    cpu = proof.get("cpu") or {}
    busy_cpus = cpu.get("busy", 0) / 100 * cpu.get("cores", 0)
    return {
        "mbit": round(received, 1),
        "lost_percent": lost,
        "retransmits": (end.get("sum_sent") or {}).get("retransmits"),
        "cpu": cpu or None,
        "mbit_per_cpu_second": round(received / busy_cpus, 1) if busy_cpus else None,
        "proven": proof.get("proven"),
        "message": proof.get("message"),
        "flows": proof.get("flows"),
    }


def _end(text: str) -> t.Mapping[str, t.Any]:
    """The results in what iperf3 said; a terminal or a login may have put something before it."""
    try:
        report = json.loads(text[text.index("{") : text.rindex("}") + 1])
        end = report["end"]
    except (ValueError, KeyError, TypeError) as error:
        raise AnsibleFilterError(f"throughput_measurement: this is no report of iperf3: {text[:200]!r}") from error
    if report.get("error"):
        raise AnsibleFilterError(f"throughput_measurement: iperf3 failed: {report['error']}")
    return end


def _received(end: t.Mapping[str, t.Any]) -> tuple[float, float | None]:
    """Mbit/s that arrived, and the share of datagrams that did not. Older releases tell for UDP only what was sent."""
    lost = (end.get("sum") or {}).get("lost_percent")
    arrived = end.get("sum_received") or {}
    if arrived.get("bits_per_second"):
        return arrived["bits_per_second"] / 1e6, _rounded(arrived.get("lost_percent", lost))
    if "bits_per_second" not in (end.get("sum") or {}):
        raise AnsibleFilterError("throughput_measurement: iperf3 reports no result: the flow was cut off")
    return end["sum"]["bits_per_second"] / 1e6 * (1 - (lost or 0) / 100), _rounded(lost)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


# ---- table ------------------------------------------------------------------------------------------------------------

HEADINGS = (
    "ROUTER",
    "TEST",
    "MODE",
    "PROVEN",
    "MBIT/S",
    "GAIN",
    "CPU %",
    "SOFTIRQ %",
    "MBIT PER CPU S",
    "GAIN",
    "LOST %",
    "RETR",
)
NUMBERS_FROM = 4
GAP = "  "


def throughput_table(results: t.Sequence[Measurement]) -> str:
    """RESULTS as aligned text. Gains are over the first mode of the same router and test."""
    if not results:
        return "Nothing was measured."
    rows = [
        HEADINGS,
        *(_cells(each, first) for group in _groups(results).values() for each, first in _with_first(group)),
    ]
    sizes = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [_line(row, sizes) for row in rows]
    return "\n".join([*lines, "", *_notes(results)]).rstrip()


def _groups(results: t.Sequence[Measurement]) -> dict[tuple[str, str], list[Measurement]]:
    groups: dict[tuple[str, str], list[Measurement]] = {}
    for each in results:
        groups.setdefault((each["router"], each["test"]), []).append(each)
    return groups


def _with_first(group: list[Measurement]) -> t.Iterator[tuple[Measurement, Measurement | None]]:
    return ((each, None if each is group[0] else group[0]) for each in group)


def _cells(each: Measurement, first: Measurement | None) -> tuple[str, ...]:
    cpu = each.get("cpu") or {}
    return (
        each["router"],
        each["test"],
        each["mode"],
        each.get("proven") or "-",
        _number(each["mbit"]),
        _gain(each, first, "mbit"),
        _number(cpu.get("busy")),
        _number(cpu.get("softirq")),
        _number(each.get("mbit_per_cpu_second")),
        _gain(each, first, "mbit_per_cpu_second"),
        _number(each.get("lost_percent")),
        "-" if each.get("retransmits") is None else str(each["retransmits"]),
    )


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}" if value < 1000 else f"{value:.0f}"


def _gain(each: Measurement, first: Measurement | None, key: str) -> str:
    if first is None or not first.get(key) or each.get(key) is None:
        return ""
    return f"x{each[key] / first[key]:.2f}"


def _line(row: t.Sequence[str], sizes: t.Sequence[int]) -> str:
    cells = (
        text.rjust(size) if number >= NUMBERS_FROM else text.ljust(size)
        for number, (text, size) in enumerate(zip(row, sizes, strict=True))
    )
    return GAP.join(cells).rstrip()


def _notes(results: t.Sequence[Measurement]) -> t.Iterator[str]:
    """Why a measurement is not proven to be what its mode says, each reason once."""
    said = {each["message"]: each for each in results if each.get("proven") == "unknown" and each.get("message")}
    for message, each in said.items():
        yield f"{each['router']}, {each['test']}, {each['mode']}: {message}"


# ---- chart ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Panel:
    title: str
    value: t.Callable[[Measurement], float | None]
    most: float | None = None  # what the longest bar stands for; None: the largest value


PANELS = (
    Panel("Mbit/s", lambda each: each["mbit"]),
    Panel("CPU busy, %", lambda each: (each.get("cpu") or {}).get("busy"), 100),
    Panel("Mbit per CPU second", lambda each: each.get("mbit_per_cpu_second")),
)
COLOURS = ("#9aa5b1", "#1f77b4", "#2a9d5c", "#c77d0a")
WIDTH = 960
MARGIN = 20
LABELS = 170
BAR = 18
BAR_GAP = 3
GROUP_GAP = 16
TOP = 74
VALUE_ROOM = 62


def throughput_chart(results: t.Sequence[Measurement], title: str = "Throughput") -> str:
    """RESULTS as an SVG: three panels of bars, one group for each router and test, one bar for each mode."""
    if not results:
        raise AnsibleFilterError("throughput_chart: nothing was measured")
    groups = _groups(results)
    modes = list(dict.fromkeys(each["mode"] for each in results))
    routers = {router for router, _test in groups}
    tops = _tops(groups)
    height = tops[-1] + MARGIN
    panel = (WIDTH - LABELS - MARGIN) / len(PANELS)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
        'font-family="sans-serif" font-size="12" role="img">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        _text(MARGIN, 26, title, 'font-size="16" font-weight="bold"'),
        *_legend(modes),
    ]
    for (router, test), top, bottom in zip(groups, tops, tops[1:], strict=False):
        label = f"{router}, {test}" if len(routers) > 1 else test
        parts.append(_text(LABELS - 10, (top + bottom - GROUP_GAP) / 2 + 4, label, 'text-anchor="end"'))
    for number, each in enumerate(PANELS):
        parts += _panel(each, LABELS + number * panel, panel - VALUE_ROOM, groups, tops, modes)
    return "\n".join([*parts, "</svg>", ""])


def _tops(groups: t.Mapping[tuple[str, str], list[Measurement]]) -> list[int]:
    """Where each group of bars begins, and where the last one ends."""
    tops = [TOP]
    for group in groups.values():
        tops.append(tops[-1] + len(group) * (BAR + BAR_GAP) + GROUP_GAP)
    return tops


def _legend(modes: t.Sequence[str]) -> t.Iterator[str]:
    left = WIDTH - MARGIN - 100 * len(modes)
    for number, mode in enumerate(modes):
        yield f'<rect x="{left + 100 * number}" y="15" width="12" height="12" fill="{_colour(number)}"/>'
        yield _text(left + 100 * number + 18, 25, mode)


def _panel(
    panel: Panel,
    left: float,
    width: float,
    groups: t.Mapping[tuple[str, str], list[Measurement]],
    tops: t.Sequence[int],
    modes: t.Sequence[str],
) -> t.Iterator[str]:
    yield _text(left, TOP - 14, panel.title, 'font-weight="bold"')
    yield f'<line x1="{left:.1f}" y1="{TOP - 6}" x2="{left:.1f}" y2="{tops[-1] - GROUP_GAP + 3}" stroke="#52606d"/>'
    most = panel.most or max(panel.value(each) or 0 for group in groups.values() for each in group)
    for group, top in zip(groups.values(), tops, strict=False):
        for number, each in enumerate(group):
            value, y = panel.value(each), top + number * (BAR + BAR_GAP)
            length = width * value / most if value and most else 0
            colour = _colour(modes.index(each["mode"]))
            yield f'<rect x="{left:.1f}" y="{y}" width="{length:.1f}" height="{BAR}" fill="{colour}"/>'
            yield _text(left + length + 5, y + BAR - 5, _number(value))


def _colour(number: int) -> str:
    return COLOURS[number % len(COLOURS)]


def _text(x: float, y: float, text: str, attributes: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="#1f2933" {attributes}>{escape(text)}</text>'


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {
            "throughput_measurement": throughput_measurement,
            "throughput_table": throughput_table,
            "throughput_chart": throughput_chart,
        }
