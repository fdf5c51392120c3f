#!/usr/bin/env python3
# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Power cuts: stops a test router dead at every step of a change that touches a file, boots it, and looks at it.

A step is held by the kernel before it happens (steps.py); the container is then killed as a whole, so that RAM and rules
are gone and flash is as it was at that instant. A write to flash is cut a second time half way through its bytes.
What this cannot show: the order in which a file system brings writes to the flash chip. The order of writes and syncs
that the product asks for is checked on its own.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import threading
import time
from dataclasses import dataclass, field

import checks
import engine
import network
from checks import CONFIG, KEEP, State
from steps import Step, Watch

FIRST = {"name": "first", "position": "chain-pre", "chain": "forward", "content": "ct state invalid counter drop"}
OWN_CHAIN = {
    "name": "own-chain",
    "position": "table-post",
    "content": "chain ours {\n\ttype filter hook forward priority filter - 1; policy accept;\n\tcounter\n}",
}
INCLUDES = {"mode": "software", "includes": [FIRST, OWN_CHAIN]}
CHANGED = {**INCLUDES, "includes": [{**FIRST, "content": "ct state invalid drop"}, OWN_CHAIN]}
FLOWTABLES = {"mode": "none", "flowtables": [{"name": "pft", "zones": ["lan", "wan"], "chain": "lans"}]}
# kind of change: (the runs that bring the router to its former state, the run that is cut). What comes of the latter can
# be declared in all kinds but the last, where DECLARED says it.
DECLARED = {"rolled back": INCLUDES}
KINDS = {
    "mode": ([], {"mode": "software"}),
    "includes added": ([{"mode": "software"}], INCLUDES),
    "includes changed": ([INCLUDES], CHANGED),
    "includes removed": ([INCLUDES], {"mode": "software", "includes": []}),
    "defaults": ([], {"mode": "none", "firewall_defaults": {"drop_invalid": True, "forward": "DROP"}}),
    "flowtables": ([], FLOWTABLES),
    "flowtables removed": ([FLOWTABLES], {"mode": "none", "flowtables": []}),
    "rolled back": ([INCLUDES, CHANGED], engine.ROLL_BACK),
}
SAVED = "/opt/double/saved"
LEAST = 4  # cuts of each kind, however little time there is: two on flash, one in RAM, one between commands


@dataclass
class Result:
    """The cuts of one kind of change."""

    kind: str
    steps: list[Step] = field(default_factory=list)
    torn: int = 0
    tried: int = 0
    not_reached: int = 0
    damage: list[str] = field(default_factory=list)  # one entry per cut that went wrong
    order: list[str] = field(default_factory=list)  # what is wrong with the order of writes and syncs

    @property
    def planned(self) -> int:
        return len(self.steps) + self.torn

    @property
    def survived(self) -> int:
        return self.tried - len(self.damage)

    @property
    def passed(self) -> bool:
        return self.tried > 0 and not self.damage and not self.order

    def __str__(self) -> str:
        flash = sum(step.on_flash for step in self.steps)
        commands = sum(step.starts_a_command for step in self.steps)
        sampled = "" if self.tried == self.planned else f", sampled from {self.planned}"
        unreached = f", {self.not_reached} not reached" if self.not_reached else ""
        return (
            f"{self.kind:18} {self.survived:>5} of {self.tried} survived{sampled}{unreached}   ({flash} steps on flash, "
            f"{self.torn} of them also torn, {len(self.steps) - flash - commands} in RAM, {commands} between commands)"
        )


class Change:
    """One kind of change on one router, that can be made again and again from the same start."""

    def __init__(self, router: object, kind: str) -> None:
        self.router = router
        self.before, self.after = KINDS[kind]
        self.declared = {**DECLARED.get(kind, self.after), "confirm_timeout": 0}
        self.result = Result(kind)
        self.old, self.new = self._make_once()
        self._converged_from: set[tuple] = set()  # states on flash that the next run has been tried on
        self._restored = False

    def _make_once(self) -> tuple[State, State]:
        """The change without a cut: its steps, and what the router runs before and after once it is booted."""
        router = self.router
        router.reset()
        router.ssh("true")  # the SSH server makes its host key on the first connection
        for arguments in self.before:
            engine.run(router, {**arguments, "confirm_timeout": 0})
        router.reboot()
        old = checks.state(router)
        router.run(f"mkdir {SAVED} && cp -a /etc/config /etc/nftables.d {SAVED}/")
        with Watch(router, lambda step: self.result.steps.append(step) or True):
            engine.run(router, self.after)
        self.result.torn = sum(step.can_be_torn for step in self.result.steps)
        self.result.order = wrong_order(self.result.steps)
        router.reboot()
        return old, checks.state(router)

    def restore(self) -> None:
        """The former state on flash, in RAM and in the kernel."""
        if self._restored:
            return
        self.router.run(
            f"rm -rf /etc/config /etc/nftables.d /tmp/.uci /var/run/fastpath && cp -a {SAVED}/* /etc/ && fw4 -q restart"
        )

    def cuts(self, seed: int) -> list[tuple[int, bool]]:
        """All cuts as (number of the step, whether it is torn), wherever one stops evenly spread, most of them on flash."""
        steps = self.result.steps
        flash, ram, commands = [], [], []
        for number, step in enumerate(steps):
            cuts = flash if step.on_flash else commands if step.starts_a_command else ram
            cuts.append((number, False))
            if step.can_be_torn:
                cuts.append((number, True))
        flash, ram, commands = ([cuts[index] for index in spread(len(cuts), seed)] for cuts in (flash, ram, commands))
        rounds = itertools.zip_longest(flash[::2], flash[1::2], ram, commands)
        return [cut for each in rounds for cut in each if cut]

    def cut(self, number: int, torn: bool) -> None:
        """Make the change and cut the power before step NUMBER."""
        try:
            wrong = self._cut(number, torn)
        except Exception as error:  # of the harness: told with the cut, and on with the next one
            self.router.reboot()
            network.plug(self.router)
            self._restored = False
            wrong = [f"harness: {type(error).__name__}: {error}"]
        if wrong is None:
            self.result.not_reached += 1
            return
        self.result.tried += 1
        if wrong:
            step = self.result.steps[number]
            self.result.damage.append(f"{'in' if torn else 'before'} step {number} ({step}): " + "; ".join(wrong))

    def _cut(self, number: int, torn: bool) -> list[str] | None:
        """What is wrong after one cut; None where the run ended before it."""
        self.restore()
        done = self._change_until(number, torn)
        if done is None:
            return None
        self.router.reboot()
        return self._look(any(step.switches_over for step in done))

    def _change_until(self, number: int, torn: bool) -> list[Step] | None:
        """The steps that were made before the cut; None where the run ended earlier."""
        done: list[Step] = []
        off = threading.Event()
        pid = self.router.pid

        def before(step: Step) -> bool:
            if off.is_set():
                return False
            if len(done) < number:
                done.append(step)
                return True
            off.set()
            if torn and step.can_be_torn:
                step.tear()
            os.kill(pid, signal.SIGKILL)  # process 1: the kernel kills all others of the container with it
            return False

        with Watch(self.router, before), contextlib.suppress(engine.Dead):
            engine.run(self.router, self.after, alive=lambda: not off.is_set())
        return done if off.is_set() else None

    def _look(self, switched: bool) -> list[str]:
        """What is wrong after the boot, and after the next two runs."""
        now = checks.state(self.router)
        network.plug(self.router)
        wrong = checks.damage(now, self.old, self.new, switched) + checks.ruined(self.router)
        self._restored = now == self.old
        found = (tuple(sorted(now.files.items())), now.rules)
        if found in self._converged_from:  # to the byte: the next run would see the same
            return wrong
        self._converged_from.add(found)
        self._restored = False
        return wrong + self._converge(switched)

    def _converge(self, switched: bool) -> list[str]:
        """What is wrong with the next two runs."""
        try:
            first, second = (engine.run(self.router, self.declared)["changed"] for _ in range(2))
        except Exception as error:  # whatever it is: told with the cut that led to it
            return [f"the next run fails: {error}"]
        wrong = [f"after the next run, not as declared: {path}" for path in self._differences()]
        if not switched and not first:
            wrong.append("the next run changes nothing")
        if second:
            wrong.append("the run after the next one changes something again")
        return wrong

    def _differences(self) -> list[str]:
        """Files that are not those of the new state. What the configuration does not refer to may be there or not."""
        now = checks.state(self.router)
        different = (path for path in {*now.files, *self.new.files} if now.files.get(path) != self.new.files.get(path))
        return sorted(path for path in different if not (path in checks.BESIDE or self._only_way_back(path, now)))

    def _only_way_back(self, path: str, now: State) -> bool:
        """Whether PATH is kept for a later rollback and nothing else, and whole."""
        if not path.startswith(KEEP) or path.encode() in self.new.config:
            return False
        whole = (None, self.old.files.get(path), self.new.files.get(path))
        return path.startswith(checks.WAY_BACK) or now.files.get(path) in whole


def spread(count: int, seed: int) -> list[int]:
    """0 to COUNT - 1, each new number far from those before it: wherever one stops, they are evenly spread. SEED: the first."""
    width = max(1, (count - 1).bit_length())
    reversed_bits = (int(f"{number:0{width}b}"[::-1], 2) for number in range(1 << width))
    return [(number + seed) % count for number in reversed_bits if number < count]


def wrong_order(steps: list[Step]) -> list[str]:
    """Whether the change asks the file system for an order that is safe on flash that reorders writes between syncs."""
    switches = [number for number, step in enumerate(steps) if step.switches_over]
    if len(switches) != 1:
        return [f"{CONFIG} is renamed {len(switches)} times"]
    (switch,) = switches
    # Of the way back it does not matter: its hash says which configuration it belongs to.
    needed = [n for n, s in enumerate(steps[:switch]) if s.on_flash and s.path and not s.path.endswith(".previous")]
    removed = [n for n, s in enumerate(steps) if n > switch and s.call.startswith("unlink") and s.path.startswith(KEEP)]
    wrong = []
    if not any(step.call == "sync" for step in steps[needed[-1] : switch]):
        wrong.append("no sync between the last write and the rename that switches over")
    if removed and not any(step.call == "sync" for step in steps[switch : removed[0]]):
        wrong.append("no sync between the rename that switches over and the removal of what the former state needs")
    return wrong


def run(router: object, kinds: list[str], budget: float | None, seed: int) -> list[Result]:
    """Cut the power at the steps of KINDS: at all of them, or at as many as BUDGET seconds allow, by SEED."""
    results = []
    deadline = None if budget is None else time.monotonic() + budget
    print("\npower cuts, by kind of change", flush=True)
    with network.neighbours(router):
        for left, kind in zip(range(len(kinds), 0, -1), kinds, strict=True):
            share = None if deadline is None else time.monotonic() + (deadline - time.monotonic()) / left
            results.append(_cut_all(Change(router, kind), share, seed))
            print(results[-1], flush=True)
            for line in [*results[-1].order, *results[-1].damage]:
                print(f"    ! {line}", flush=True)
    survived, tried = sum(result.survived for result in results), sum(result.tried for result in results)
    print(
        f"\n{survived} of {tried} survived, of {sum(result.planned for result in results)} that there are", flush=True
    )
    return results


def _cut_all(change: Change, deadline: float | None, seed: int) -> Result:
    for count, (number, torn) in enumerate(change.cuts(seed)):
        if deadline is not None and time.monotonic() > deadline and count >= LEAST:
            break
        change.cut(number, torn)
    return change.result


def as_data(results: list[Result]) -> list[dict]:
    return [
        {"kind": r.kind, "steps": r.planned, "tried": r.tried, "survived": r.survived, "damage": r.damage + r.order}
        for r in results
    ]
