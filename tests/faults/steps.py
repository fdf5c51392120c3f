# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Watches, from outside, every step by which an SSH session changes a file of a test router, and may stop the router there.

The router's SSH server is replaced by one whose system calls are held until they are answered (sandbox.py). The
product's code has no part in it.
"""

from __future__ import annotations

import array
import contextlib
import fcntl
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import sandbox

RECEIVE, SEND = 0xC0502100, 0xC0182101  # SECCOMP_IOCTL_NOTIF_RECV, _SEND
CONTINUE = 1
AT_FDCWD = 0xFFFFFF9C  # the low 32 bits
END_SERVER = "kill -9 $(pidof dropbear); while pidof dropbear >/dev/null; do :; done"
NOT_FILES = ("/proc/", "/sys/", "/dev/", "/opt/double/", "pipe:", "socket:", "anon_inode:", "/memfd:")
# name of the call: (where its path is, directory descriptor's argument or None) or the descriptor's argument
PATHS = {"open": (0, None), "openat": (1, 0), "creat": (0, None), "truncate": (0, None), "rename": (1, None),
         "renameat": (3, 2), "renameat2": (3, 2), "unlink": (0, None), "unlinkat": (1, 0), "rmdir": (0, None),
         "mkdir": (0, None), "mkdirat": (1, 0), "link": (1, None), "linkat": (3, 2), "symlink": (1, None),
         "symlinkat": (2, 1), "chmod": (0, None), "fchmodat": (1, 0), "chown": (0, None), "lchown": (0, None),
         "fchownat": (1, 0), "utimensat": (1, 0), "execve": (0, None)}  # fmt: skip
DESCRIPTORS = {"write": 0, "pwrite64": 0, "writev": 0, "sendfile": 0, "copy_file_range": 2, "ftruncate": 0, "fchmod": 0,
               "fchown": 0, "fsync": 0, "fdatasync": 0}  # fmt: skip


@dataclass(frozen=True)
class Step:
    """One system call, about to happen."""

    pid: int
    call: str
    path: str
    program: str  # name of the process
    arguments: tuple[int, ...] = ()

    @property
    def on_flash(self) -> bool:
        return self.call != "execve" and not self.path.startswith("/tmp/")

    @property
    def starts_a_command(self) -> bool:
        return self.call == "execve"

    @property
    def switches_over(self) -> bool:
        return self.call.startswith("rename") and self.path == "/etc/config/firewall"

    @property
    def can_be_torn(self) -> bool:
        return self.on_flash and self.call in ("write", "sendfile")

    def tear(self) -> None:
        """Write the first half of what this step is about to write. Its process is held, and does not see it."""
        proc = Path(f"/proc/{self.pid}")
        if self.call == "write":
            with open(proc / "mem", "rb", 0) as memory:
                memory.seek(self.arguments[1])
                data = memory.read(self.arguments[2])
        else:
            data = (proc / f"fd/{self.arguments[1]}").read_bytes()[_position(self.pid, self.arguments[1]) :]
        target = self.arguments[0]
        with open(proc / f"fd/{target}", "r+b", 0) as stream:
            stream.seek(_position(self.pid, target))
            stream.write(data[: len(data) // 2])

    def __str__(self) -> str:
        return f"{self.program}: {self.call} {self.path}".rstrip()


def _position(pid: int, descriptor: int) -> int:
    return int(Path(f"/proc/{pid}/fdinfo/{descriptor}").read_text().split()[1])


class Watch:
    """The steps of all SSH sessions of one router, from when it is entered until it is left.

    BEFORE is called with each step, which is held meanwhile. When it returns False, the step is left hanging: whoever
    says so has stopped the router. Wait for what goes on in the background before leaving.
    """

    def __init__(self, router: object, before: Callable[[Step], bool]) -> None:
        self._router = router
        self._before = before
        self._server: subprocess.Popen | None = None
        self._thread: threading.Thread | None = None
        self._ready = threading.Event()
        self._ended = threading.Event()
        self._stopped = False
        self.error: BaseException | None = None

    def __enter__(self) -> Watch:
        router = self._router
        router.run(END_SERVER)
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-IS", sandbox.__file__, str(theirs.fileno()),
                   "nsenter", "-t", str(router.pid), "-m", "-u", "-i", "-n", "-p", f"--wd=/proc/{router.pid}/root/",
                   "dropbear", "-F", "-R", "-B", "-p", "22"]  # fmt: skip
        environment = {"PATH": os.environ["PATH"] + ":/usr/sbin"}
        quiet = subprocess.DEVNULL
        self._server = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=quiet, stdout=quiet, stderr=quiet,
                                        env=environment, start_new_session=True)  # fmt: skip
        theirs.close()
        self._listener = _receive_descriptor(ours)
        ours.close()
        self._thread = threading.Thread(target=self._answer_all, daemon=True)
        self._thread.start()
        try:
            self._wait_for_server()
            self._ready.set()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _wait_for_server(self) -> None:
        deadline = time.monotonic() + 20
        while self._router.exec("nc 127.0.0.1 22 </dev/null | head -c 3").stdout != b"SSH":
            if self.error or time.monotonic() > deadline:
                raise RuntimeError("the watched SSH server did not start")
            time.sleep(0.05)

    def __exit__(self, *_exception: object) -> None:
        self._ended.set()
        assert self._server and self._thread
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._server.pid, signal.SIGKILL)
        self._server.wait()
        self._thread.join(10)
        os.close(self._listener)
        if not self._stopped:
            self._router.run(f"{END_SERVER}; dropbear -R -B -p 22 2>>/tmp/log/dropbear")
            self._wait_for_server()
        if self.error:
            raise self.error

    def _answer_all(self) -> None:
        poll = select.poll()
        poll.register(self._listener, select.POLLIN)
        while not self._ended.is_set():
            for _descriptor, event in poll.poll(200):
                if not event & select.POLLIN:
                    return  # no process is left
                try:
                    self._answer()
                except Exception as error:  # told by the thread that waits for us
                    self.error = error
                    return

    def _answer(self) -> None:
        buffer = bytearray(80)
        try:
            fcntl.ioctl(self._listener, RECEIVE, buffer)
        except FileNotFoundError:  # it was killed meanwhile
            return
        key, pid, _flags, number, _arch, _ip, *arguments = struct.unpack("QIIiIQ6Q", buffer)
        step = _step(pid, sandbox.NAMES[number], arguments)
        if step and self._ready.is_set() and not self._before(step):
            self._stopped = True
            return
        # A sync would wait for all disks of this machine, and no cut made here loses what was written: answered, not made.
        go_on = 0 if step and step.call == "sync" else CONTINUE
        with contextlib.suppress(FileNotFoundError):
            fcntl.ioctl(self._listener, SEND, struct.pack("QqiI", key, 0, 0, go_on))


def _receive_descriptor(channel: socket.socket) -> int:
    channel.settimeout(20)
    _data, ancillary, _flags, _address = channel.recvmsg(1, socket.CMSG_LEN(4))
    if not ancillary:
        raise RuntimeError("this kernel or container does not let system calls be watched (seccomp user notification)")
    return array.array("i", ancillary[0][2])[0]


def _step(pid: int, call: str, arguments: list[int]) -> Step | None:
    """None where no file is changed, or by the SSH server itself."""
    try:
        program = Path(f"/proc/{pid}/comm").read_text().strip()
        path = _path(pid, call, arguments)
    except OSError:
        return None
    if program in ("dropbear", "nsenter") or path.startswith(NOT_FILES):
        return None
    if call.startswith("mkdir") and os.path.isdir(f"/proc/{pid}/root{path}"):
        return None  # mkdir -p, of a folder that exists
    return Step(pid, call, path, program, tuple(arguments))


def _path(pid: int, call: str, arguments: list[int]) -> str:
    if call in DESCRIPTORS:
        return os.readlink(f"/proc/{pid}/fd/{arguments[DESCRIPTORS[call]] & 0xFFFFFFFF}")
    if call not in PATHS:
        return ""  # sync
    argument, directory = PATHS[call]
    path = _string(pid, arguments[argument])
    if not path.startswith("/"):
        folder = None if directory is None else arguments[directory] & 0xFFFFFFFF
        base = "cwd" if folder in (None, AT_FDCWD) else f"fd/{folder}"
        path = os.path.join(os.readlink(f"/proc/{pid}/{base}"), path)
    path = os.path.normpath(path)
    return "/tmp" + path[4:] if path.startswith("/var/") else path  # /var is a link to tmp


def _string(pid: int, address: int) -> str:
    with open(f"/proc/{pid}/mem", "rb", 0) as memory:
        memory.seek(address)
        return memory.read(4096 - address % 4096).partition(b"\0")[0].decode(errors="replace")
