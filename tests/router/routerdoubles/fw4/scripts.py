# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Includes of type script: sourced by a shell after each load, while the lock is held."""

import os
import signal
import sys

from . import state

_SECONDS = 30
_GUARD = 'config() { echo "You cannot use UCI in firewall includes!" >&2; exit 1; }; '


def run_script_includes():
    loaded = state.read()
    if loaded is None:
        return 1
    os.environ["ACTION"] = "includes"
    for include in loaded["includes"]:
        if include["type"] == "script":
            code = _source(include["path"])
            if code != 0:
                sys.stderr.write(f"Include '{include['path']}' failed with exit code {code}\n")
                sys.stderr.flush()
    return 0


def _source(path):
    """Exit code, negative for a signal. Only the shell is killed when its time is up, not what it started."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
    quoted = path.replace("'", "'\\''")
    command = f"{_GUARD}. '{quoted}'"
    pid = os.posix_spawnp("sh", ["sh", "-c", command], os.environ, setsigmask=[])
    if signal.sigtimedwait([signal.SIGCHLD], _SECONDS) is None:
        os.kill(pid, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
    return code
