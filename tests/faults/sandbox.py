# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""python sandbox.py SOCKET COMMAND...: run COMMAND so that the kernel asks whoever holds SOCKET's other end before each step.

A step is a system call that changes a file or starts a program. It is held until it is answered (seccomp's user
notification); everything that COMMAND starts is held alike. Only the standard library; started by steps.py.
"""

from __future__ import annotations

import array
import ctypes
import os
import platform
import socket
import struct
import sys

# name: (number on x86_64, number on aarch64); None where the machine has no such call.
CALLS = {
    "execve": (59, 221), "open": (2, None), "openat": (257, 56), "creat": (85, None),
    "write": (1, 64), "pwrite64": (18, 68), "writev": (20, 66), "sendfile": (40, 71), "copy_file_range": (326, 285),
    "truncate": (76, 45), "ftruncate": (77, 46),
    "rename": (82, None), "renameat": (264, 38), "renameat2": (316, 276),
    "unlink": (87, None), "unlinkat": (263, 35), "rmdir": (84, None),
    "mkdir": (83, None), "mkdirat": (258, 34), "link": (86, None), "linkat": (265, 37),
    "symlink": (88, None), "symlinkat": (266, 36),
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "chown": (92, None), "fchown": (93, 55),
    "lchown": (94, None), "fchownat": (260, 54), "utimensat": (280, 88),
    "sync": (162, 81), "syncfs": (306, 267), "fsync": (74, 82), "fdatasync": (75, 83),
}  # fmt: skip
MACHINES = {"x86_64": (0, 0xC000003E, 317), "aarch64": (1, 0xC00000B7, 277)}  # column, AUDIT_ARCH, seccomp's own number
COLUMN, ARCH, SECCOMP = MACHINES[platform.machine()]
NAMES = {numbers[COLUMN]: name for name, numbers in CALLS.items() if numbers[COLUMN] is not None}
FLAGS_ARGUMENT = {"open": 1, "openat": 2}  # opening for reading is no step
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC

ALLOW, NOTIFY = 0x7FFF0000, 0x7FC00000
SET_MODE_FILTER, NEW_LISTENER, WAIT_KILLABLE = 1, 1 << 3, 1 << 5
PR_SET_NO_NEW_PRIVS = 38
# Instructions of the packet filter, and where seccomp_data has its fields.
LOAD, EQUAL, ANY_BIT, RETURN = 0x20, 0x15, 0x45, 0x06
NUMBER_AT, ARCH_AT, ARGUMENTS_AT = 0, 4, 16


def program() -> bytes:
    code = [(LOAD, 0, 0, ARCH_AT), (EQUAL, 1, 0, ARCH), (RETURN, 0, 0, ALLOW), (LOAD, 0, 0, NUMBER_AT)]
    for number, name in NAMES.items():
        if name in FLAGS_ARGUMENT:
            at = ARGUMENTS_AT + 8 * FLAGS_ARGUMENT[name]
            code += [(EQUAL, 0, 4, number), (LOAD, 0, 0, at), (ANY_BIT, 0, 1, WRITING), (RETURN, 0, 0, NOTIFY)]
            code += [(RETURN, 0, 0, ALLOW)]
        else:
            code += [(EQUAL, 0, 1, number), (RETURN, 0, 0, NOTIFY)]
    return b"".join(struct.pack("HBBI", *instruction) for instruction in [*code, (RETURN, 0, 0, ALLOW)])


def listen() -> int:
    """Put this process and its children under the filter; the descriptor on which the kernel asks."""
    libc = ctypes.CDLL(None, use_errno=True)
    text = program()
    buffer = ctypes.create_string_buffer(text, len(text))
    header = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(text) // 8, ctypes.addressof(buffer)))
    if os.geteuid():
        libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    for flags in (NEW_LISTENER | WAIT_KILLABLE, NEW_LISTENER):  # kernels before 5.19 do not know the latter
        listener = libc.syscall(SECCOMP, SET_MODE_FILTER, flags, header)
        if listener >= 0:
            return listener
    raise OSError(ctypes.get_errno(), "seccomp: this kernel has no user notification")


def main() -> None:
    channel = socket.socket(fileno=int(sys.argv[1]))
    descriptors = array.array("i", [listen()])
    channel.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptors)])
    channel.close()
    os.execvp(sys.argv[2], sys.argv[2:])


if __name__ == "__main__":
    main()
