# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs one task of the collection on test routers, as a user's playbook would, and returns its results."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
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


def play(
    inventory: dict, tasks: list[dict], *options: str, play_keywords: dict | None = None, **env: str
) -> list[dict]:
    """Run TASKS on all hosts of INVENTORY; each result as a dictionary with host, task and status."""
    with tempfile.TemporaryDirectory() as folder:
        book, hosts, results = (Path(folder) / name for name in ("play.yml", "hosts.json", "results"))
        book.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": tasks, **(play_keywords or {})}]))
        hosts.write_text(json.dumps(inventory))
        results.touch()
        command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(hosts), str(book), *options]
        run = subprocess.run(
            command,
            env=environment(CAPTURE_FILE=str(results), **env),
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
            stdin=subprocess.DEVNULL,
        )
        records = [json.loads(line) for line in results.read_text().splitlines()]
    if not records:
        raise AssertionError(f"no result: {run.stdout}\n{run.stderr}")
    return records


def task(module: str = "flow_offload", **arguments: object) -> dict:
    return {f"fastpath.router.{module}": arguments}


def offload(router: object, *options: str, **arguments: object) -> dict:
    """One run of flow_offload on one router; packages are left alone unless given."""
    arguments = {"mode": "none", "packages": [], **arguments}
    (result,) = play(inventory_of(router), [task(**arguments)], *options)
    return result


def inventory_of(*routers: object, **variables: object) -> dict:
    """An inventory of these routers only; VARIABLES go to each."""
    hosts = routers[0].lab.inventory()["all"]["children"]["routers"]["hosts"]
    return {"all": {"hosts": {router.name: {**hosts[router.name], **variables} for router in routers}}}
