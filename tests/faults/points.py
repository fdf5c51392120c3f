# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same fault at every point of a change: the change is made again and again, each time met at another step."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import checks
from bench import CHANGE, Bench
from powercut import SAVED, spread
from steps import Step, Watch

SAMPLE, SLOW_SAMPLE = 16, 8  # points, where not all of them are wanted
HELD = 1.0  # seconds that a step waits for what is done meanwhile: it may itself wait for a lock of ours


class Point:
    """One step of the change, held while something is done to the router."""

    def __init__(self, bench: Bench, step: Step) -> None:
        self.bench = bench
        self.step = step
        self._threads: list[threading.Thread] = []

    def aside(self, command: str) -> None:
        """Run COMMAND on the router at this moment, without waiting for long."""
        thread = threading.Thread(target=self.bench.router.exec, args=(command,), kwargs={"timeout": 90})
        thread.start()
        self._threads.append(thread)
        thread.join(HELD)

    def fill_ram(self) -> None:
        self.bench.sh("cat /dev/zero >/tmp/filler 2>/dev/null; true")

    def session(self) -> int:
        """The shell of the SSH session that this step belongs to."""
        pid = self.step.pid
        while True:
            status = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
            parent = int(status["PPid"])
            if Path(f"/proc/{parent}/comm").read_text() == "dropbear\n":
                return pid
            pid = parent

    def end(self) -> None:
        for thread in self._threads:
            thread.join()
        self.bench.sh("rm -f /tmp/filler")

    def sees(self, line: str) -> bool:
        """Whether the configuration on flash holds LINE."""
        return line in _shown(self.bench)

    def staged(self) -> str:
        return self.bench.sh("uci changes firewall")


def at_every_point(
    bench: Bench,
    act: Callable[[Point], None],
    verdict: Callable[[Point], str],
    theirs: str = "",
    leaves_staged: bool = False,
    slow: bool = False,
    part: tuple[str, str] | None = None,
    **arguments: object,
) -> None:
    """Make the change once for each point, with ACT done there; VERDICT says what is wrong, "" is nothing.

    THEIRS: a line of `uci show` that ACT may add to the configuration. PART: only the points from the first that touches
    the one file to the first that touches the other.
    """
    bench.remember()
    bench.arguments = {**CHANGE, **arguments}
    bench.sh(f"mkdir {SAVED} && cp -a /etc/config /etc/nftables.d {SAVED}/")
    shown, rules = {False: _shown(bench)}, {False: bench.before.rules}
    steps: list[Step] = []
    with Watch(bench.router, lambda step: steps.append(step) or True):
        bench.run_engine(**bench.arguments)
    bench.expect(bench.result["status"] == "ok", f"the change itself fails: {bench.saw()}")
    shown[True], rules[True] = _shown(bench), checks.state(bench.router).rules
    chosen = _part(steps, part, bench.seed)
    if not bench.full:
        chosen = chosen[: SLOW_SAMPLE if slow else SAMPLE]
    outcomes: Counter[str] = Counter()
    for number in chosen:
        point = _meet_at(bench, number, act)
        if point is None:
            continue
        outcomes[bench.saw().split(":")[0]] += 1
        wrong = [*_look(bench, point, shown, rules, theirs, leaves_staged), verdict(point)]
        bench.wrong += [f"at step {number} ({point.step}), {bench.saw()[:60]}: {text}" for text in wrong if text]
    _restore(bench)
    bench.expect(outcomes, "no point of it was reached")
    told = ", ".join(f"{count} x {what}" for what, count in outcomes.most_common())
    bench.result = {"status": f"{sum(outcomes.values())} of {len(steps)} points", "msg": told}


def _part(steps: list[Step], part: tuple[str, str] | None, seed: int) -> list[int]:
    first, last = 0, len(steps)
    if part:
        first, last = (next(n for n, step in enumerate(steps) if step.path.endswith(end)) for end in part)
    return [first + number for number in spread(last - first, seed)]


def _shown(bench: Bench) -> list[str]:
    """The configuration on flash, without what is staged: nothing is staged for another name."""
    command = "mkdir -p /tmp/flash && cp /etc/config/firewall /tmp/flash/flash && uci -c /tmp/flash show flash"
    return [line.replace("flash.", "firewall.", 1) for line in bench.sh(command).splitlines()]


def _restore(bench: Bench) -> None:
    bench.sh(
        "rm -rf /etc/config /etc/nftables.d /tmp/.uci /var/run/fastpath /tmp/filler && "
        f"cp -a {SAVED}/* /etc/ && fw4 -q restart"
    )


def _meet_at(bench: Bench, number: int, act: Callable[[Point], None]) -> Point | None:
    """One change from the start, met at step NUMBER."""
    _restore(bench)
    points: list[Point] = []
    count = 0

    def before(step: Step) -> bool:
        nonlocal count
        if count == number:
            points.append(Point(bench, step))
            act(points[0])
        count += 1
        return True

    with Watch(bench.router, before):
        bench.run_engine(**bench.arguments)
        if points:
            points[0].end()
            bench.settle()  # a watchdog is one of the watched, too
    return points[0] if points else None


def _look(
    bench: Bench, point: Point, shown: dict[bool, list[str]], rules: dict[bool, str], theirs: str, leaves_staged: bool
) -> list[str]:
    """What is wrong after one point: flash and live are both the former state, or both the new one, and whole."""
    done = bench.result["status"] == "ok"
    wrong = [text for text in checks.ruined(bench.router) if text not in bench.ruined_before]
    left = checks.leftovers(bench.router, bench.arguments["confirm_timeout"])
    wrong += [text for text in left if not (leaves_staged and text == "staged changes")]
    flash = [line for line in _shown(bench) if line != theirs]
    if sorted(flash) != sorted(shown[done]):
        other = "the other" if sorted(flash) == sorted(shown[not done]) else "neither"
        wrong.append(f"flash holds {other} state")
    live = bench.sh("nft -s list ruleset")
    if live != rules[done]:
        wrong.append(f"{'the other' if live == rules[not done] else 'neither'} state is live")
    return wrong
