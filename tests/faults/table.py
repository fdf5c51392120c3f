# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fault table: all faults, met one after the other, as one table."""

from __future__ import annotations

import importlib
import textwrap
import time
from dataclasses import asdict

from bench import FAULTS, Fault, Row, meet

for module in ("state_faults", "tool_faults", "writer_faults", "connection_faults"):
    importlib.import_module(module)  # it enters its faults into the table

__all__ = ["FAULTS", "as_data", "run"]
WIDTHS = (68, 72, 8, 8)
HEADINGS = ("fault", "what the user saw", "runs", "survived")


def run(lab: object, faults: list[Fault], budget: float | None, full: bool) -> list[Row]:
    """Meet FAULTS, or as many as fit into BUDGET seconds, and print the table."""
    started = time.monotonic()
    rows: list[Row] = []
    print(_line(HEADINGS), flush=True)
    for fault in sorted(faults, key=lambda fault: fault.slow) if budget else faults:
        if budget is not None and time.monotonic() - started > budget:
            break
        rows.append(meet(lab, fault, full))
        print(_entry(rows[-1]), flush=True)
    print(summary(rows, len(faults)), flush=True)
    return rows


def _entry(row: Row) -> str:
    seen = textwrap.shorten(row.saw, 2 * WIDTHS[1], placeholder=" ...")
    first, *more = textwrap.wrap(seen, WIDTHS[1]) or [""]
    lines = [_line((row.fault, first, row.runs, "yes" if row.survived else "NO"))]
    lines += [_line(("", text, "", "")) for text in more]
    return "\n".join(line.rstrip() for line in [*lines, *(f"    ! {text}" for text in row.wrong)])


def _line(cells: tuple[str, ...]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, WIDTHS, strict=True))


def summary(rows: list[Row], planned: int) -> str:
    survived = sum(row.survived for row in rows)
    skipped = f" ({planned - len(rows)} more were left out for lack of time)" if planned > len(rows) else ""
    counts = f"{sum(r.lockout for r in rows)} lockouts, {sum(r.open for r in rows)} open firewalls"
    return f"\n{survived} of {len(rows)} survived{skipped}; {counts}, {sum(r.truncated for r in rows)} truncated files"


def as_data(rows: list[Row]) -> list[dict]:
    return [{**asdict(row), "survived": row.survived} for row in rows]
