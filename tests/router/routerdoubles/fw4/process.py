# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Other programs. The subprocess module would cost 15 ms of start-up."""

import os

_NULL = "/dev/null"


def run(command, quiet=False):
    """(exit code, standard output); quiet drops standard error."""
    read_end, write_end = os.pipe()
    actions = [(os.POSIX_SPAWN_DUP2, write_end, 1)]
    if quiet:
        actions.append((os.POSIX_SPAWN_OPEN, 2, _NULL, os.O_WRONLY, 0))
    pid = os.posix_spawnp(command[0], command, os.environ, file_actions=actions)
    os.close(write_end)
    with open(read_end, "rb") as stream:
        output = os.fsdecode(stream.read())
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), output


def feed(command, text):
    """Exit code of a command that reads the text from standard input; its output goes where ours goes."""
    read_end, write_end = os.pipe()
    pid = os.posix_spawnp(command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, read_end, 0)])
    os.close(read_end)
    try:
        with open(write_end, "wb") as stream:
            stream.write(os.fsencode(text))
    except BrokenPipeError:
        pass  # it has its own reason not to read on
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
