# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Brings a router back to the state before its last change. Documented in plugins/modules/flow_offload_rollback.py."""

from __future__ import annotations

import typing as t

from ansible_collections.fastpath.router.plugins.doc_fragments.router import ModuleDocFragment
from ansible_collections.fastpath.router.plugins.modules.flow_offload_rollback import DOCUMENTATION
from ansible_collections.fastpath.router.plugins.plugin_utils.action import RouterAction, failure
from ansible_collections.fastpath.router.plugins.plugin_utils.arguments import argument_spec
from ansible_collections.fastpath.router.plugins.plugin_utils.converge import roll_back
from ansible_collections.fastpath.router.plugins.plugin_utils.desired import Desired, check_confirm_timeout, check_owner
from ansible_collections.fastpath.router.plugins.plugin_utils.router import Router


class ActionModule(RouterAction):
    ARGUMENTS = argument_spec(ModuleDocFragment.DOCUMENTATION, DOCUMENTATION)

    def work(self, arguments: dict[str, t.Any], router: Router) -> dict[str, t.Any]:
        desired = Desired(
            mode="none",
            owner=check_owner(arguments["owner"]),
            confirm_timeout=check_confirm_timeout(arguments["confirm_timeout"]),
        )
        result, error = roll_back(router, desired, self._task.check_mode, self._task.diff)
        return {**result, **failure(error)} if error else result
