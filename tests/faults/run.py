#!/usr/bin/env python3
# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Breaks test routers in every way there is, and prints what came of it.

python tests/faults/run.py                       every fault once, power cuts at a sample of the steps
python tests/faults/run.py --full                everything: hours
python tests/faults/run.py --budget 600          as much as fits into 600 seconds, some of each kind; --seed says which
python tests/faults/run.py --only 'flash'        faults and kinds of power cut with this in their name
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "router")]

import powercut  # noqa: E402
import table  # noqa: E402
from lab import Lab  # noqa: E402

POWER_CUT_SHARE = 0.4  # of a budget
SAMPLE_SECONDS = 600  # of power cuts where neither --full nor --budget is given


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--full", action="store_true", help="all power cuts, and the faults that take long")
    parser.add_argument("--budget", type=float, metavar="SECONDS", help="stop in time; says what was left out")
    parser.add_argument(
        "--seed", type=lambda text: int(text, 16), default=1, metavar="HEX", help="what is sampled, such as a commit"
    )
    parser.add_argument("--only", metavar="NAME", help="faults and kinds of power cut whose name holds this")
    parser.add_argument("--json", metavar="FILE", type=Path, help="the table, also as JSON")
    parser.add_argument("--list", action="store_true", help="the names, and nothing else")
    return parser.parse_args()


def main() -> int:
    chosen = options()
    wanted = (chosen.only or "").lower()
    faults = [f for f in table.FAULTS if wanted in f.name.lower() and (chosen.full or wanted or not f.only_full)]
    kinds = [kind for kind in powercut.KINDS if wanted in f"power cut: {kind}"]
    if chosen.list:
        print("\n".join([*(fault.name for fault in faults), *(f"power cut: {kind}" for kind in kinds)]))
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by a signal"))  # so that no router stays behind
    started = time.monotonic()
    folder = tempfile.mkdtemp(prefix="fastpath-faults-")
    lab = Lab(folder)
    try:
        share = chosen.budget and chosen.budget * (1 - POWER_CUT_SHARE if kinds else 1)
        rows = table.run(lab, faults, share, chosen.full, chosen.seed) if faults else []
        left = chosen.budget and chosen.budget - (time.monotonic() - started)
        seconds = left or (None if chosen.full else SAMPLE_SECONDS)
        cuts = powercut.run(lab.start("cut"), kinds, seconds, chosen.seed) if kinds else []
    finally:
        lab.stop()
        shutil.rmtree(folder)
    if chosen.json:
        chosen.json.write_text(
            json.dumps({"faults": table.as_data(rows), "power_cuts": powercut.as_data(cuts)}, indent=2)
        )
    return 0 if all(row.survived for row in rows) and all(result.passed for result in cuts) else 1


if __name__ == "__main__":
    sys.exit(main())
