# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fault table's bench: a fresh router between two neighbours, one run that meets a fault, and the verdict.

A fault is a function that is given a Bench. It spoils something, runs the product once as a user would, and returns; what
the user must see and what the router must run afterwards stand in its decorator. What may never happen is checked alike
for all of them.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import shlex
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import checks
import engine
import network
from checks import State
from engine import RouterError

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))

from play import inventory_of, offload_task, play, running

SETTLED_SECONDS = 90
INCLUDE = {"name": "ours", "position": "chain-pre", "chain": "forward", "content": "ct state invalid counter drop"}
# What a run declares unless a fault says otherwise. It is confirmed, as users' runs are.
CHANGE = {"mode": "software", "includes": [INCLUDE], "confirm_timeout": 60}
FORMER, NEW = "former", "new"
NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Fault:
    """One row of the table."""

    name: str
    inject: Callable[[Bench], None]
    sees: tuple[str, ...]  # each is in what the user sees
    runs: tuple[str, ...]  # what the router may run afterwards
    flavour: str = "24.10"
    slow: bool = False  # it takes a minute or so
    only_full: bool = False  # it takes much longer

    @property
    def kind(self) -> str:
        """Of what is broken, as the files are named; the slow ones are of their own kind."""
        return "slow" if self.slow else self.inject.__module__.removesuffix("_faults")


FAULTS: list[Fault] = []


def fault(name: str, sees: tuple[str, ...] = (), runs: str = FORMER, **more: object) -> Callable:
    """Enter a function into the table. SEES: texts the user must see. RUNS: former, new, or "former or new"."""

    def enter(function: Callable[[Bench], None]) -> Callable[[Bench], None]:
        FAULTS.append(Fault(name, function, sees, tuple(runs.split(" or ")), **more))
        return function

    return enter


@dataclass
class Row:
    """What came of one fault."""

    fault: str
    saw: str = ""
    runs: str = ""
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0

    @property
    def survived(self) -> bool:
        return not self.wrong

    @property
    def lockout(self) -> bool:
        return any(text.startswith("locked out") for text in self.wrong)

    @property
    def open(self) -> bool:
        return any(text.startswith("open") for text in self.wrong)

    @property
    def truncated(self) -> bool:
        return any(text.startswith("truncated") for text in self.wrong)


class Bench:
    """One router, spoilt by one fault."""

    def __init__(self, router: object, full: bool, seed: int) -> None:
        self.router = router
        self.full = full
        self.seed = seed  # where not full: which points of a change are tried
        self.before: State | None = None
        self.ruined_before: set[str] = set()
        self.result: dict = {}
        self.arguments: dict = CHANGE
        self.wrong: list[str] = []
        self.path = "lan IPv4"
        self.ignored: tuple[str, ...] = ()  # files that this fault may change, by how their names begin

    def sh(self, command: str, input: bytes | None = None) -> str:
        """Run a command line on the router, past SSH and its firewall."""
        return self.router.run(command, input)

    def background(self, command: str) -> None:
        self.sh(f"({command}) </dev/null >/dev/null 2>&1 &")

    def remember(self) -> None:
        """From here on the router must not change but by the run: call it last before the run."""
        if self.before is None:
            self.ruined_before = set(checks.ruined(self.router))
            self.before = checks.state(self.router, self.ignored)

    def inventory(self, **variables: object) -> dict:
        options = shlex.join(["-F", "/dev/null", *network.ssh_options(self.router, self.path)])
        return inventory_of(self.router, ansible_ssh_common_args=options, **variables)

    def run(self, *options: str, task: dict | None = None, **arguments: object) -> dict:
        """One run of ansible-playbook over the network."""
        self.remember()
        self.arguments = {**CHANGE, **arguments}
        (self.result,) = play(self.inventory(), [{**offload_task(**self.arguments), **(task or {})}], *options)
        return self.result

    @contextlib.contextmanager
    def started(self, **arguments: object) -> Iterator[tuple]:
        """A run that goes on while the context is entered; what the user has seen by its end is the result."""
        self.remember()
        self.arguments = {**CHANGE, **arguments}
        with running(self.inventory(), [offload_task(**self.arguments)]) as (process, results):
            yield process, results

    def read_result(self, results: Path) -> None:
        lines = results.read_text().splitlines()
        self.result = json.loads(lines[-1]) if lines else {}

    def run_engine(self, **arguments: object) -> dict:
        """One run without an Ansible process, for faults that need many; failures become a result as well."""
        self.remember()
        self.arguments = {**CHANGE, **arguments}
        try:
            self.result = {"status": "ok", **engine.run(self.router, {"packages": [], **self.arguments})}
        except (RouterError, engine.Dead) as error:
            self.result = {"status": "failed", "msg": str(error), "error": {"code": getattr(error, "code", "dead")}}
        return self.result

    def wait_for(self, condition: Callable[[], bool], seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError(f"what the fault waits for did not come about within {seconds} seconds")
            time.sleep(0.2)

    def expect(self, condition: object, text: str) -> None:
        """A check of one fault's own."""
        if not condition:
            self.wrong.append(text)

    # The verdict

    def saw(self) -> str:
        """What the user saw, in one line."""
        status = self.result.get("status", "nothing: the controller was dead")
        if status == "ok":
            status = "changed" if self.result.get("changed") else "unchanged"
            findings = [finding["id"] for finding in self.result.get("findings", [])]
            return f"{status} ({', '.join(findings)})" if findings else status
        code = (self.result.get("error") or {}).get("code")
        message = " ".join(str(self.result.get("msg", "")).split())
        return f"{status}{f' [{code}]' if code else ''}: {message}" if message else status

    def settle(self) -> None:
        """Wait until no script is at work on the router and an unconfirmed change has undone itself."""
        deadline = time.monotonic() + SETTLED_SECONDS
        while time.monotonic() < deadline and (
            checks.scripts(self.router) or not self.router.exec("[ -e /var/run/fastpath/pending ]").returncode
        ):
            time.sleep(0.5)

    def runs_now(self) -> str:
        """Former or new state; anything else in words."""
        assert self.before
        now = checks.state(self.router, self.ignored)
        if now == self.before:
            return FORMER
        if now.files == self.before.files:
            return "the former state on flash, but other rules live"
        if now.config == self.before.config and now.rules == self.before.rules:
            changed = {p for p in {*now.files, *self.before.files} if now.files.get(p) != self.before.files.get(p)}
            return f"the former state, with changed files: {', '.join(sorted(changed))}"
        return self._new_state()

    def _new_state(self) -> str:
        """New where another run of the same task finds nothing to do."""
        try:
            again = engine.run(self.router, {"packages": [], **self.arguments, "confirm_timeout": 0})
        except RouterError as error:
            return f"neither the former nor the new state ({error.code})"
        return f"neither: the next run changes {again['plan']}" if again["changed"] else NEW


def judge(fault: Fault, bench: Bench, row: Row) -> None:
    """Fill ROW: what was seen, what runs, and what is wrong."""
    row.saw = bench.saw()
    seen = f"{bench.result.get('msg', '')} {row.saw}"
    row.wrong += [f"the user did not see {text!r}" for text in fault.sees if text not in seen]
    if "Traceback" in seen:
        row.wrong.append("the user saw a traceback")
    bench.settle()
    row.wrong += [text for text in checks.ruined(bench.router) if text not in bench.ruined_before]
    row.wrong += [f"left behind: {text}" for text in checks.leftovers(bench.router, bench.arguments["confirm_timeout"])]
    row.runs = bench.runs_now()
    if row.runs not in fault.runs:
        row.wrong.append(f"the router runs {row.runs}, not the {' or '.join(fault.runs)} state")
    row.wrong += bench.wrong


def meet(lab: object, fault: Fault, full: bool, seed: int) -> Row:
    """One fault on a fresh router."""
    started = time.monotonic()
    row = Row(fault.name)
    name = f"fault{next(NUMBERS)}"  # no name twice: connections that ssh keeps open for a while are found by it
    router = lab.start(name, fault.flavour)
    try:
        router.ssh("true")  # the SSH server makes its host key on the first connection
        with network.neighbours(router):
            router.run("fw4 -q reload")  # the ports were plugged in
            bench = Bench(router, full, seed)
            try:
                fault.inject(bench)
                judge(fault, bench, row)
            except Exception as error:  # of the harness: a row that says so, and the next fault
                row.wrong.append(f"harness: {type(error).__name__}: {error}")
    finally:
        lab.remove(name)
    row.seconds = round(time.monotonic() - started, 1)
    return row
