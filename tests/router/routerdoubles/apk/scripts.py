# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Package scripts: kept in /lib/apk/db/scripts.tar.gz, run without a terminal, their lines marked with `* `."""

import io
import os
import select

from . import Unsupported
from .feed import identity_hex

TYPES = ("pre-install", "post-install", "pre-deinstall", "post-deinstall", "pre-upgrade", "post-upgrade")
_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}


class Scripts:
    """Scripts of all installed packages, by package identity and type."""

    def __init__(self):
        self._by_identity = {}

    @classmethod
    def read(cls, path):
        import tarfile

        scripts = cls()
        if os.path.exists(path):
            with tarfile.open(path, "r:gz") as archive:
                for member in archive:
                    rest, _, kind = member.name.rpartition(".")
                    scripts.of(rest.rpartition(".X1")[2])[kind] = archive.extractfile(member).read().decode()
        return scripts

    def of(self, identity):
        return self._by_identity.setdefault(identity, {})

    def get(self, package, kind):
        return self.of(identity_hex(package.identity)).get(kind)

    def put(self, package, scripts):
        self._by_identity[identity_hex(package.identity)] = dict(scripts)

    def pack(self, packages):
        import gzip
        import tarfile

        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
            for package in packages:
                identity = identity_hex(package.identity)
                scripts = self.of(identity)
                for kind in TYPES:
                    if kind in scripts:
                        data = scripts[kind].encode()
                        member = tarfile.TarInfo("%s.X1%s.%s" % (package, identity, kind))
                        member.size, member.mode = len(data), 0o755
                        archive.addfile(member, io.BytesIO(data))
        return gzip.compress(buffer.getvalue(), mtime=0)


def run(package, kind, text, arguments, root, output):
    """Run a script as `lib/apk/exec/<package>.<kind>`; false when it fails."""
    if root != "/":
        raise Unsupported("scripts of packages under --root")
    name = "lib/apk/exec/%s.%s" % (package, kind)
    output.message("%sExecuting %s.%s" % (output.indent, package, kind))
    descriptor = os.memfd_create(name, 0)
    os.write(descriptor, text.encode())
    environment = dict(_ENVIRONMENT, APK_SCRIPT=kind, APK_PACKAGE=package.name)
    status = _spawn(descriptor, [name, *arguments], environment, output)
    os.close(descriptor)
    if status == 0:
        return True
    how = "exited with error %d" % status if status > 0 else "killed by signal %d" % -status
    output.error("%s: %s" % (name, how))
    return False


def _spawn(script, arguments, environment, output):
    """Run the program behind a descriptor from / with an empty input; its exit status, negative for a signal."""
    ends = [os.pipe(), os.pipe()]
    pid = os.fork()
    if pid == 0:
        try:
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(ends[0][1], 1)
            os.dup2(ends[1][1], 2)
            os.set_inheritable(script, True)
            os.umask(0o022)
            os.chdir("/")
            os.execve("/proc/self/fd/%d" % script, arguments, environment)
        finally:
            os._exit(127)
    for _, write_end in ends:
        os.close(write_end)
    _relay({ends[0][0]: 1, ends[1][0]: 2}, output)
    return _status(os.waitpid(pid, 0)[1])


def _status(status):
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def _relay(sources, output):
    """Pass on what the script prints, line by line as it comes, until it closes both ends."""
    pending = dict.fromkeys(sources, b"")
    while pending:
        for source in select.select(list(pending), [], [])[0]:
            data = os.read(source, 4096)
            lines = (pending[source] + data).split(b"\n")
            pending[source] = lines.pop()
            if not data and pending[source]:
                lines.append(pending[source])
            for line in lines:
                text = line.decode("utf-8", "replace")
                output.script_line(sources[source], text[2:] if text.startswith("* ") else text)
            if not data:
                del pending[source]
                os.close(source)
