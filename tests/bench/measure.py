# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one run of ansible-playbook costs: the controller's CPU time, SSH executions, bytes, processes on the routers."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "tests/router"))

from lab import Lab, Router  # noqa: E402

ANSIBLE_PLAYBOOK = Path(sys.executable).with_name("ansible-playbook")
FORKS = 20
# A control master would outlive the run that pays for it, and be there for the next one.
SSH_ARGS = "-C -o ControlMaster=no -o ControlPath=none"
TRANSFERRED = re.compile(r"^Transferred: sent (\d+), received (\d+) bytes", re.MULTILINE)
# Somebody switches the offloading off and does not tell.
DRIFT = "uci set firewall.@defaults[0].flow_offloading=0 && uci commit firewall && fw4 -q reload"
# The least that Ansible can do on a router.
NOTHING = {"name": "Do nothing", "ansible.builtin.raw": "true", "changed_when": False}
# A POSIX shell's way to count the SSH executions and bytes of a run: ssh keeps a log of its own for each.
COUNTING_SSH = '#!/bin/sh\nexec ssh -v -E "{folder}/$$" "$@"\n'


def flow_offload(**arguments: object) -> dict:
    return {"name": "Converge", "fastpath.router.flow_offload": {"mode": "software", **arguments}}


class RunFailed(Exception):
    """ansible-playbook ended non-zero; the text is what it said."""


@dataclass
class Time:
    """Of the whole run. CPU is user and system time of ansible-playbook and all its children."""

    cpu: float
    wall: float


@dataclass
class Traffic:
    """Of the whole run, over all routers."""

    executions: int
    sent: int
    received: int


class Play:
    """One task on all routers of a lab, to be run many times."""

    def __init__(self, lab: Lab, folder: Path, name: str, task: dict) -> None:
        self.inventory = folder / "routers.json"
        self.inventory.write_text(json.dumps(lab.inventory()))
        self.config = folder / "ansible.cfg"
        self.config.touch()  # in place of the user's
        self.playbook = folder / f"{name}.yml"
        self.playbook.write_text(json.dumps([{"hosts": "routers", "gather_facts": False, "tasks": [task]}]))

    def run(self, **environment: str) -> Time:
        command = [ANSIBLE_PLAYBOOK, "-i", self.inventory, self.playbook]
        with tempfile.TemporaryFile() as output:
            started = time.monotonic()
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=_environment() | {"ANSIBLE_CONFIG": str(self.config)} | environment,
            )
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.monotonic() - started
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode:
                output.seek(0)
                raise RunFailed(output.read().decode(errors="replace"))
        return Time(usage.ru_utime + usage.ru_stime, wall)

    def count_traffic(self) -> Traffic:
        """One more run, with an ssh that keeps logs."""
        with tempfile.TemporaryDirectory() as folder:
            ssh = Path(folder, "ssh")
            logs = Path(folder, "logs")
            logs.mkdir()
            ssh.write_text(COUNTING_SSH.format(folder=shlex.quote(str(logs)).strip("'")))
            ssh.chmod(0o755)
            self.run(ANSIBLE_SSH_EXECUTABLE=str(ssh))
            found = [TRANSFERRED.search(log.read_text(errors="replace")) for log in logs.iterdir()]
        counts = [tuple(map(int, match.groups())) for match in found if match]
        if len(counts) != len(found):
            raise RunFailed("an ssh ended without telling its bytes")
        return Traffic(len(counts), sum(sent for sent, _ in counts), sum(received for _, received in counts))


def _environment() -> dict[str, str]:
    """Ansible's defaults, but for what is named here."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    return kept | {
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache/collections"),
        "ANSIBLE_FORKS": str(FORKS),
        "ANSIBLE_SSH_ARGS": SSH_ARGS,
        "ANSIBLE_NOCOLOR": "true",
        "LC_ALL": "C.UTF-8",
    }


class ProcessCount:
    """How many processes were started on a router since: the kernel numbers them one by one in each PID namespace."""

    def __init__(self, router: Router) -> None:
        self.router = router
        first = self._last_pid()
        self._start = self._last_pid()
        self._own = self._start - first  # what reading it takes

    def _last_pid(self) -> int:
        return int(self.router.run("read -r load load load running last </proc/loadavg; echo $last"))

    def started(self) -> int:
        return self._last_pid() - self._start - self._own


def on_all(routers: Iterable[Router], command: str) -> None:
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda router: router.run(command), routers))
