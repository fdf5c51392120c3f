# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shows a text as it is and keeps data as JSON, on the controller. Documented in plugins/modules/report.py."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.fastpath.router.plugins.modules.report import DOCUMENTATION
from ansible_collections.fastpath.router.plugins.plugin_utils.action import failure
from ansible_collections.fastpath.router.plugins.plugin_utils.arguments import argument_spec, validate
from ansible_collections.fastpath.router.plugins.plugin_utils.errors import ArgumentError

ARGUMENTS = argument_spec(DOCUMENTATION)


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result = super().run(tmp, task_vars)
        try:
            arguments = validate(ARGUMENTS, self._task.args)
        except ArgumentError as error:
            return {**result, **failure(error)}
        Display().display(arguments["text"])
        error = write_json(arguments["dest"], arguments["data"]) if arguments["dest"] else None
        if arguments["unreachable"]:
            return {**result, "unreachable": True, "msg": str(error or "It could not be reached, as reported.")}
        return {**result, "changed": False, **(failure(error) if error else {})}


def write_json(dest: str, data: t.Any) -> ArgumentError | None:
    try:
        Path(dest).write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        return ArgumentError(f"dest: {dest} cannot be written: {error.strerror}")
    return None
