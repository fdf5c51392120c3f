# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The installed database (/lib/apk/db), world and their locks."""

import os

from . import Unsupported
from .dependencies import parse
from .model import Package, Universe, display_order

WORLD = "etc/apk/world"
INSTALLED = "lib/apk/db/installed"
SCRIPTS = "lib/apk/db/scripts.tar.gz"
TRIGGERS = "lib/apk/db/triggers"
LOCK = "lib/apk/db/lock"
CACHE = "var/cache/apk"
LOG = "var/log/apk.log"

FORMAT_ERROR = "v2 database format error"
_HEADER = "CPVASITULomtckDpi"
_FLAGS = {"f": "broken_files", "s": "broken_script", "x": "broken_xattr", "S": "sha256"}


class DatabaseError(Exception):
    """The database cannot be opened; the text is what apk says."""


class Installed:
    """What the database knows about an installed package beyond its index entry."""

    __slots__ = ("broken_files", "broken_script", "broken_xattr", "files", "sha256", "tags")

    def __init__(self):
        self.tags = ""
        self.files = ""  # the F:, M:, R:, a: and Z: lines as text; layout.py takes them apart where needed
        self.broken_files = self.broken_script = self.broken_xattr = False
        self.sha256 = True

    def flags(self):
        return "".join(flag for flag, field in _FLAGS.items() if getattr(self, field))

    @property
    def broken(self):
        return self.broken_files or self.broken_script


def _parse_entry(text):
    """(header fields, Installed record) of one paragraph of the database."""
    fields = {}
    record = Installed()
    record.sha256 = False
    head, separator, files = ("\n" + text).partition("\nF:")
    for line in head.split("\n")[1:]:
        key = line[:1]
        if line[1:2] != ":":
            raise DatabaseError(FORMAT_ERROR)
        if key == "g":
            record.tags = line[2:]
        elif key == "f":
            for flag in line[2:]:
                setattr(record, _FLAGS[flag], True)
        elif key in _HEADER:
            fields[key] = line[2:]
        else:
            raise Unsupported("field '%s' in %s" % (key, INSTALLED))
    record.files = "F:" + files if separator else ""
    return fields, record


def read_installed(root):
    """Installed packages in file order. A last paragraph that was cut off is not there, as for apk."""
    try:
        with open(os.path.join(root, INSTALLED), encoding="utf-8") as stream:
            text = stream.read()
    except FileNotFoundError:
        return []
    packages = []
    for entry in text.split("\n\n")[:-1]:
        fields, record = _parse_entry(entry.lstrip("\n"))
        if not {"P", "V", "C"} <= set(fields):
            raise DatabaseError(FORMAT_ERROR)
        package = Package(fields)
        package.installed = record
        packages.append(package)
    return packages


def read_world(root):
    with open(os.path.join(root, WORLD), encoding="utf-8") as stream:
        return [parse(word) for word in stream.read().split()]


def render_header(package):
    lines = [key + ":" + package.fields[key] for key in _HEADER if key in package.fields]
    return "\n".join(lines) + "\n"


def _render_entry(package):
    record = package.installed
    text = render_header(package)
    if record.tags:
        text += "g:" + record.tags + "\n"
    if record.flags():
        text += "f:" + record.flags() + "\n"
    return text + record.files.rstrip("\n") + ("\n\n" if record.files else "\n")


def make_directories(path):
    """A directory and its parents, all with apk's mode."""
    if not os.path.isdir(path):
        make_directories(os.path.dirname(path))
        os.mkdir(path, 0o755)


def replace_file(path, data, mode=0o644):
    """Write beside, then rename: apk never leaves a half-written file under the real name."""
    temporary = "%s.tmp.%d" % (path, os.getpid())
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(descriptor, view) :]
        finally:
            os.close(descriptor)
        os.rename(temporary, path)
    except OSError:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise


class Database:
    """An open database: world, what is installed, and (added by repositories.py) what is offered."""

    def __init__(self, root):
        self.root = root
        self.universe = Universe()
        self.world = []
        self.installed = []  # in installation order
        self.scripts = None  # scripts.Scripts, read when first needed
        self._lock = None

    def path(self, relative):
        return os.path.join(self.root, relative)

    def lock(self, wait, output):
        import fcntl

        descriptor = os.open(self.path(LOCK), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        self._lock = descriptor
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not wait:
                raise
            output.notice("Waiting for repository lock")
            _flock_within(descriptor, wait)

    def read(self):
        try:
            self.world = read_world(self.root)
        except FileNotFoundError as error:
            raise DatabaseError(error.strerror) from error
        for dependency in self.world:
            self.universe.mention(dependency.name)
        for package in read_installed(self.root):
            self.installed.append(self.universe.add(package))

    def write(self):
        """World, packages, scripts and triggers, each as a new file: a commit without changes rewrites them too."""
        packages = sorted(self.installed, key=lambda package: display_order(package.name))
        files = (
            (WORLD, ("\n".join(map(str, self.world)) + "\n").encode()),
            (INSTALLED, "".join(map(_render_entry, packages)).encode()),
            (SCRIPTS, self.scripts.pack(packages)),
            (TRIGGERS, b""),
        )
        failure = None
        for relative, data in files:
            try:
                replace_file(self.path(relative), data)
            except OSError as error:
                failure = failure or error
        if failure:
            raise failure

    def close(self):
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _flock_within(descriptor, seconds):
    import fcntl
    import signal

    def expired(_signal, _frame):
        raise InterruptedError(4, "Interrupted system call")

    previous = signal.signal(signal.SIGALRM, expired)
    signal.alarm(seconds)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, previous)
