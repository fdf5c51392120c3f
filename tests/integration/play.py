# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs one task of the collection on test routers, as a user's playbook would, and returns its results."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
COLLECTIONS = HERE.parents[1] / ".cache/collections"


def environment(**extra: str) -> dict[str, str]:
    """Ansible's settings for a run that reads no configuration of the user's."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")},
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "callback_plugins"),
        "ANSIBLE_STDOUT_CALLBACK": "capture",
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_HOME": str(HERE.parents[1] / ".cache/ansible"),
        "LC_ALL": "C.UTF-8",
        **extra,
    }


@contextlib.contextmanager
def running(inventory: dict, tasks: list[dict], *options: str, **env: str) -> Iterator[tuple[subprocess.Popen, Path]]:
    """A run of TASKS on all hosts of INVENTORY, and the file that its results go to. It is dead when the context ends."""
    with tempfile.TemporaryDirectory() as folder:
        book, hosts, results = (Path(folder) / name for name in ("play.yml", "hosts.json", "results"))
        book.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": tasks}]))
        hosts.write_text(json.dumps(inventory))
        results.touch()
        command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(hosts), str(book), *options]
        process = subprocess.Popen(
            command,
            env=environment(CAPTURE_FILE=str(results), **env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            yield process, results
        finally:
            if process.poll() is None:
                _kill(results)
            process.communicate()


def _kill(results: Path) -> None:
    """Kill the run that writes RESULTS: Ansible's workers too, which are sessions of their own, and their connections."""
    while processes := _processes(f"CAPTURE_FILE={results}".encode()):
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)


def _processes(setting: bytes) -> list[int]:
    """The processes that were started with SETTING in their environment."""
    found = []
    for environ in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if setting in environ.read_bytes().split(b"\0"):
                found.append(int(environ.parent.name))
    return found


def play(inventory: dict, tasks: list[dict], *options: str, **env: str) -> list[dict]:
    """Run TASKS on all hosts of INVENTORY; each result as a dictionary with host, task and status."""
    with running(inventory, tasks, *options, **env) as (process, results):
        output, _ = process.communicate(timeout=300)
        records = [json.loads(line) for line in results.read_text().splitlines()]
    assert records, f"no result: {output}"
    return records


def task(module: str = "flow_offload", **arguments: object) -> dict:
    return {f"fastpath.router.{module}": arguments}


def offload(router: object, *options: str, **arguments: object) -> dict:
    """One run of flow_offload on one router; packages are left alone and nothing waits unless given."""
    (result,) = play(inventory_of(router), [offload_task(**arguments)], *options)
    return result


def offload_task(**arguments: object) -> dict:
    return task(**{"mode": "none", "packages": [], "confirm_timeout": 0, **arguments})


def inventory_of(*routers: object, **variables: object) -> dict:
    """An inventory of these routers only; VARIABLES go to each."""
    hosts = routers[0].lab.inventory()["all"]["children"]["routers"]["hosts"]
    return {"all": {"hosts": {router.name: {**hosts[router.name], **variables} for router in routers}}}
