# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of installed packages: who owns what, and which directories apk protects from being overwritten."""

import os
import stat

from .feed import digest160


class File:
    __slots__ = ("digest", "mode", "path")

    def __init__(self, path, digest, mode=0o644):
        self.path = path
        self.digest = digest
        self.mode = mode


class Files:
    """Directories (path -> mode) and files of one package, as the F:, M:, R:, a: and Z: lines have them."""

    def __init__(self):
        self.directories = {}
        self.files = []

    @classmethod
    def parse(cls, text):
        layout = cls()
        directory = ""
        for line in text.split("\n"):
            key, value = line[:1], line[2:]
            if key == "F":
                directory = value
                layout.directories[directory] = 0o755
            elif key == "M":
                layout.directories[directory] = int(value.split(":")[2], 8)
            elif key == "R":
                layout.files.append(File(os.path.join(directory, value), None))
            elif key == "a":
                layout.files[-1].mode = int(value.split(":")[2], 8)
            elif key == "Z":
                layout.files[-1].digest = value
        return layout

    def render(self):
        by_directory = {}
        for file in self.files:
            by_directory.setdefault(os.path.dirname(file.path), []).append(file)
        lines = []
        for directory in sorted(set(self.directories) | set(by_directory)):
            lines.append("F:" + directory)
            mode = self.directories.get(directory, 0o755)
            if mode != 0o755:
                lines.append("M:0:0:%o" % mode)
            for file in sorted(by_directory.get(directory, ()), key=lambda file: file.path):
                lines.append("R:" + os.path.basename(file.path))
                if file.mode != 0o644:
                    lines.append("a:0:0:%o" % file.mode)
                if file.digest:
                    lines.append("Z:" + file.digest)
        return "\n".join(lines) + "\n"


class Layout:
    """The files of all installed packages."""

    def __init__(self, packages):
        self._by_package = {}
        self._owners = {}
        for package in packages:
            self.claim(package, Files.parse(package.installed.files))

    def of(self, package):
        return self._by_package[package.identity]

    def claim(self, package, files):
        self._by_package[package.identity] = files
        for file in files.files:
            self._owners[file.path] = package

    def drop(self, package):
        for file in self._by_package.pop(package.identity).files:
            if self._owners.get(file.path) is package:
                del self._owners[file.path]

    def owner(self, path):
        return self._owners.get(path)

    def directory_in_use(self, path, besides):
        return any(
            path in files.directories for identity, files in self._by_package.items() if identity != besides.identity
        )

    def totals(self):
        """(directories, files), the way `-v` counts them: with all parents and the root."""
        directories = {""}
        for files in self._by_package.values():
            for path in files.directories:
                while path:
                    directories.add(path)
                    path = os.path.dirname(path)
        return len(directories), len(self._owners)


def protected(path):
    """Whether local changes of a file are kept: everything below /etc (a built-in list of apk)."""
    return path.startswith("etc/")


def file_digest(path):
    """Digest of what is at a path, of the target for a symbolic link; None for nothing."""
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return None
    if stat.S_ISLNK(status.st_mode):
        return digest160(os.readlink(path).encode())
    with open(path, "rb") as stream:
        return digest160(stream.read())


def present_file(root, path):
    """A File of what is on the router."""
    full = os.path.join(root, path)
    return File(path, file_digest(full), os.lstat(full).st_mode & 0o777)
