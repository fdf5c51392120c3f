# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Brings the flow offloading of a router to a declared state. Documented in plugins/modules/flow_offload.py."""

from __future__ import annotations

import typing as t
from pathlib import Path

from ansible.errors import AnsibleError
from ansible.template import trust_as_template

from ansible_collections.fastpath.router.plugins.doc_fragments.router import ModuleDocFragment
from ansible_collections.fastpath.router.plugins.modules.flow_offload import DOCUMENTATION
from ansible_collections.fastpath.router.plugins.plugin_utils.action import RouterAction, failure
from ansible_collections.fastpath.router.plugins.plugin_utils.arguments import argument_spec
from ansible_collections.fastpath.router.plugins.plugin_utils.converge import converge
from ansible_collections.fastpath.router.plugins.plugin_utils.desired import desired_state
from ansible_collections.fastpath.router.plugins.plugin_utils.errors import ArgumentError
from ansible_collections.fastpath.router.plugins.plugin_utils.router import Router


class ActionModule(RouterAction):
    ARGUMENTS = argument_spec(ModuleDocFragment.DOCUMENTATION, DOCUMENTATION)

    def work(self, arguments: dict[str, t.Any], router: Router) -> dict[str, t.Any]:
        desired = desired_state(arguments, self._read_source)
        result, error = converge(router, desired, self._task.check_mode, self._task.diff)
        return {**result, **failure(error)} if error else result

    def _read_source(self, source: str) -> str:
        """The text of a file on the controller, rendered where it is a template."""
        is_template = source.endswith(".j2")
        try:
            path = self._find_needle("templates" if is_template else "files", source)
            text = Path(path).read_bytes().decode("utf-8", "surrogateescape")
        except (AnsibleError, OSError) as error:
            raise ArgumentError(f"src: {source!r} cannot be read: {error}") from error
        return self._templar.template(trust_as_template(text)) if is_template else text
