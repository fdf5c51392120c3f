# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fault table: all faults, met one after the other, as one table."""

from __future__ import annotations

import importlib
import itertools
import random
import textwrap
import time
from collections import Counter
from dataclasses import asdict

from bench import FAULTS, Fault, Row, meet

for module in ("state_faults", "package_faults", "tool_faults", "writer_faults", "connection_faults"):
    importlib.import_module(module)  # it enters its faults into the table

__all__ = ["FAULTS", "as_data", "run"]
WIDTHS = (68, 72, 8, 8)
HEADINGS = ("fault", "what the user saw", "runs", "survived")


def run(lab: object, faults: list[Fault], budget: float | None, full: bool, seed: int) -> list[Row]:
    """Meet FAULTS, or as many as fit into BUDGET seconds, and print the table."""
    started = time.monotonic()
    rows: list[Row] = []
    met: Counter[str] = Counter()
    print(_line(HEADINGS), flush=True)
    for fault in faults if budget is None else in_turn(faults, seed):
        if budget is not None and time.monotonic() - started > budget:
            break
        rows.append(meet(lab, fault, full, seed))
        met[fault.kind] += 1
        print(_entry(rows[-1]), flush=True)
    print(summary(rows, len(faults)), flush=True)
    if len(rows) < len(faults):
        there_are = Counter(fault.kind for fault in faults)
        print(
            f"of each kind (--seed {seed:x}):",
            ", ".join(f"{kind} {met[kind]} of {there_are[kind]}" for kind in there_are),
            flush=True,
        )
    return rows


def in_turn(faults: list[Fault], seed: int) -> list[Fault]:
    """FAULTS in an order by SEED: of each kind one, then of each another one. One of the slow ones, and the others last."""
    kinds: dict[str, list[Fault]] = {}
    for fault in random.Random(seed).sample(faults, len(faults)):
        kinds.setdefault(fault.kind, []).append(fault)
    slow = kinds.pop("slow", [])
    rounds = itertools.zip_longest(*(kinds[kind] for kind in sorted(kinds)))
    return [*slow[:1], *(fault for each in rounds for fault in each if fault), *slow[1:]]


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
