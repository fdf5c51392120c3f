# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The product's engine on one test router over SSH, without an Ansible process per run: a cut takes seconds, not minutes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

COLLECTIONS = Path(__file__).resolve().parents[2] / ".cache/collections"
sys.path.insert(0, str(COLLECTIONS))

from ansible_collections.fastpath.router.plugins.action.flow_offload import ActionModule  # noqa: E402
from ansible_collections.fastpath.router.plugins.plugin_utils.arguments import validate  # noqa: E402
from ansible_collections.fastpath.router.plugins.plugin_utils.converge import converge, roll_back  # noqa: E402
from ansible_collections.fastpath.router.plugins.plugin_utils.desired import Desired, desired_state  # noqa: E402
from ansible_collections.fastpath.router.plugins.plugin_utils.errors import RouterError, Unreachable  # noqa: E402
from ansible_collections.fastpath.router.plugins.plugin_utils.router import Router  # noqa: E402

__all__ = ["ROLL_BACK", "Dead", "RouterError", "run"]

ROLL_BACK: dict = {}  # instead of the arguments of a run: the last change is rolled back


def run(router: object, arguments: dict, alive: Callable[[], bool] = lambda: True) -> dict:
    """One run of flow_offload with ARGUMENTS, or of flow_offload_rollback, as the action plugin makes it.

    Failed runs raise RouterError. Raises Dead as soon as the router is no longer ALIVE, instead of trying to confirm until
    the time is up.
    """

    def execute(script: bytes) -> tuple[int, str, str]:
        result = subprocess.run(router.ssh_command("exec /bin/sh -s"), input=script, capture_output=True, timeout=7200)
        output, errors = (data.decode("utf-8", "surrogateescape") for data in (result.stdout, result.stderr))
        if not alive():
            raise Dead(errors)
        if result.returncode == 255:
            raise Unreachable(errors)
        return result.returncode, output, errors

    way, desired = (roll_back, Desired("none", confirm_timeout=60)) if arguments is ROLL_BACK else _declared(arguments)
    result, error = way(Router(execute, None, execute), desired, check=False, diff=False)
    if error:
        raise error
    return result


def _declared(arguments: dict) -> tuple[Callable, Desired]:
    checked = validate(ActionModule.ARGUMENTS, {"packages": [], "confirm_timeout": 60, **arguments})
    return converge, desired_state(checked, lambda source: Path(source).read_text())


class Dead(Exception):
    """The router is off."""
