# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One router, reached through whatever connection the play uses: a script goes in on standard input, a frame comes back."""

from __future__ import annotations

import re
import time
import typing as t
from pathlib import Path

from ansible_collections.fastpath.router.plugins.plugin_utils.errors import RouterError
from ansible_collections.fastpath.router.plugins.plugin_utils.frame import new_nonce, parse_frame

SHELL = Path(__file__).parent / "shell"
COMMENT_LINE = re.compile(r"^[ \t]*#.*\n", re.MULTILINE)
ENVIRONMENT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")

# What a connection does with a script: (return code, standard output, standard error).
Execute = t.Callable[[bytes], "tuple[int, str, str]"]


def shell_file(name: str) -> str:
    """The text of shell/NAME.sh without its comments: they need not travel."""
    return COMMENT_LINE.sub("", (SHELL / f"{name}.sh").read_text(encoding="utf-8"))


def quote(value: str) -> str:
    """VALUE as one word of shell that stands for exactly these bytes."""
    return "'" + value.replace("'", "'\\''") + "'"


class Router:
    """Runs scripts on one router and counts what that costs."""

    def __init__(
        self, execute: Execute, environment: t.Mapping[str, str] | None = None, execute_afresh: Execute | None = None
    ):
        self._execute = execute
        self._execute_afresh = execute_afresh
        self._environment = dict(environment or {})
        self._started = time.monotonic()
        self.round_trips = 0

    @property
    def can_confirm(self) -> bool:
        return self._execute_afresh is not None

    @property
    def seconds(self) -> float:
        return round(time.monotonic() - self._started, 2)

    def run(
        self, body: t.Sequence[str], variables: t.Mapping[str, str], job: str, afresh: bool = False
    ) -> dict[str, str]:
        """Send the shell texts BODY with VARIABLES set, call the function JOB, return the sections of its reply.

        AFRESH: over a connection of its own, which only comes about where the router still lets this controller in.

        Raises RouterError where no whole frame comes back. An unreachable host is the connection's own exception.
        """
        nonce = new_nonce()
        script = self._script(body, {"NONCE": nonce, **variables}, job)
        self.round_trips += 1
        execute = self._execute_afresh if afresh and self._execute_afresh else self._execute
        code, output, errors = execute(script.encode("utf-8", "surrogateescape"))
        if f"@{nonce} " not in output:
            raise RouterError(
                "no-shell",
                f"The host did not run the probe (exit code {code})",
                "It has to be an OpenWrt router that gives this user a POSIX shell over SSH.",
                detail=(errors or output)[-400:],
            )
        return parse_frame(output, nonce)

    def _script(self, body: t.Sequence[str], variables: t.Mapping[str, str], job: str) -> str:
        lines = []
        for name, value in self._environment.items():
            if not ENVIRONMENT_NAME.match(name):
                raise RouterError("bad-argument", f"environment: {name!r} is no name of a variable")
            lines.append(f"export {name}={quote(str(value))}")
        lines += [f"{name}={quote(value)}" for name, value in variables.items()]
        return "\n".join([*lines, *body, job, ""])
