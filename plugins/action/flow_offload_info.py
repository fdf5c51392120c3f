# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the flow offloading of a router. Documented in plugins/modules/flow_offload_info.py."""

from __future__ import annotations

import typing as t

from ansible_collections.fastpath.router.plugins.doc_fragments.router import ModuleDocFragment
from ansible_collections.fastpath.router.plugins.modules.flow_offload_info import DOCUMENTATION
from ansible_collections.fastpath.router.plugins.plugin_utils import report
from ansible_collections.fastpath.router.plugins.plugin_utils.action import RouterAction
from ansible_collections.fastpath.router.plugins.plugin_utils.arguments import argument_spec
from ansible_collections.fastpath.router.plugins.plugin_utils.desired import check_owner, check_packages
from ansible_collections.fastpath.router.plugins.plugin_utils.probe import SCRIPT, probe_variables
from ansible_collections.fastpath.router.plugins.plugin_utils.proof import check_seconds, parse_looks, proof_report
from ansible_collections.fastpath.router.plugins.plugin_utils.refusals import refusals, refuse_stranger
from ansible_collections.fastpath.router.plugins.plugin_utils.router import Router, shell_file
from ansible_collections.fastpath.router.plugins.plugin_utils.state import parse_probe


class ActionModule(RouterAction):
    ARGUMENTS = argument_spec(ModuleDocFragment.DOCUMENTATION, DOCUMENTATION)

    def work(self, arguments: dict[str, t.Any], router: Router) -> dict[str, t.Any]:
        owner, packages = check_owner(arguments["owner"]), check_packages(arguments["packages"])
        seconds = check_seconds(arguments["observe_seconds"])
        reply = self._read(router, probe_variables(owner, packages, (), detail=True), seconds)
        observed = parse_probe(reply)
        refuse_stranger(observed)
        picture = report.full_report(observed, owner, packages)
        return {
            "changed": False,
            "observed": picture,
            "ansible_facts": {"fastpath_router": picture},
            "findings": [report.finding(r.code, "error", r.message, r.advice) for r in refusals(observed)],
            "transaction": report.transaction_report(router, None, False),
            **({"proof": proof_report(parse_looks(reply.get("looks", "")), observed.flowtables)} if seconds else {}),
        }

    def _read(self, router: Router, variables: dict[str, str], seconds: int) -> dict[str, str]:
        if not seconds:
            return router.run(SCRIPT, variables, "probe")
        return router.run((*SCRIPT, shell_file("looks")), {**variables, "OBSERVE": str(seconds)}, "observe")
