# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every action plugin of the collection does alike: the duties towards Ansible, and one router to talk to."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure
from ansible.plugins.action import ActionBase

from ansible_collections.fastpath.router.plugins.plugin_utils.arguments import validate
from ansible_collections.fastpath.router.plugins.plugin_utils.errors import ArgumentError, RouterError, Unreachable
from ansible_collections.fastpath.router.plugins.plugin_utils.router import Router


class RouterAction(ActionBase):
    """Validates the arguments, opens the router and turns a RouterError into one failed host."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False
    ARGUMENTS: t.ClassVar[dict[str, t.Any]]

    def work(self, arguments: dict[str, t.Any], router: Router) -> dict[str, t.Any]:
        """Do the module's work and return its result."""
        raise NotImplementedError

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result = super().run(tmp, task_vars)
        if self._task.async_val:
            raise AnsibleActionFail("async is not supported: a transaction needs its connection. Raise forks instead.")
        try:
            arguments = validate(self.ARGUMENTS, self._task.args)
            self._refuse_connection()
            afresh = self._execute_afresh if self._connection.ansible_name == "ansible.builtin.ssh" else None
            result.update(self.work(arguments, Router(self._execute, self._environment(), afresh)))
        except RouterError as error:
            result.update(failure(error))
        return result

    def _refuse_connection(self) -> None:
        if not getattr(self._connection, "has_pipelining", False):
            raise ArgumentError(
                f"the connection {self._connection.transport!r} cannot pass a script on standard input",
                "Use ansible_connection: ssh.",
            )

    def _environment(self) -> dict[str, str]:
        variables: dict[str, str] = {}
        self._compute_environment_string(variables)
        return variables

    def _execute(self, script: bytes) -> tuple[int, str, str]:
        # exec: the shell that the connection starts becomes the one that reads the script.
        reply = self._low_level_execute_command("exec /bin/sh -s", in_data=script, encoding_errors="surrogateescape")
        return reply["rc"], reply["stdout"], reply["stderr"]

    def _execute_afresh(self, script: bytes) -> tuple[int, str, str]:
        """The same user and address, but never the multiplexed connection: that one would survive a lockout."""
        usual = self._connection.get_option("ssh_args")
        # ssh takes the first value that it is given for an option.
        self._connection.set_option("ssh_args", f"-o ControlMaster=no -o ControlPath=none {usual or ''}")
        try:
            return self._execute(script)
        except AnsibleConnectionFailure as error:
            raise Unreachable(str(error)) from error
        finally:
            self._connection.set_option("ssh_args", usual)


def failure(error: RouterError) -> dict[str, t.Any]:
    return {
        "failed": True,
        "msg": str(error),
        "error": {"code": error.code, "message": error.message, "advice": error.advice, "detail": error.detail},
    }
