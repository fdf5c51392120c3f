# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packages on the router: fetched, checked, unpacked, put in place, and taken away again."""

import contextlib
import errno
import os

from .database import Installed
from .feed import PACKAGE, digest160, read_package, trusted_keys, unseal
from .layout import File, Files, Layout, file_digest, present_file, protected
from .scripts import run
from .transfer import TransferError, fetch

NOT_IN_FEED = "package mentioned in index not found (try 'apk update')"
NO_SOURCE = "could not find a repo which provides this package (check repositories file and run 'apk update')"
NEW_SUFFIX = ".apk-new"


class InstallError(Exception):
    """A package could not be installed; the text is apk's."""


class Installer:
    """`leaving` are the identities of packages that go in the same transaction: their files may be overwritten."""

    def __init__(self, database, options, output, leaving):
        self._database = database
        self._options = options
        self._output = output
        self._leaving = leaving
        self._keys = trusted_keys(database.root)
        self._layout = Layout(database.installed)

    # Removing ----------------------------------------------------------------------------------------------------

    def purge(self, package):
        self._script(package, "pre-deinstall", [package.version])
        self._delete_files(package, keep=())
        self._script(package, "post-deinstall", [package.version])
        self.forget(package)

    def forget(self, package):
        self._layout.drop(package)
        self._database.installed.remove(package)
        package.installed = None

    def _delete_files(self, package, keep):
        files = self._layout.of(package)
        for file in files.files:
            if self._layout.owner(file.path) is not package or file.path in keep:
                continue
            path = self._database.path(file.path)
            if not protected(file.path) or file_digest(path) == file.digest:
                _remove(path)
            if protected(file.path):
                _remove(path + NEW_SUFFIX)
        self._remove_directories(files.directories, package)

    def _remove_directories(self, directories, package):
        """Those of a package that no other has; one that still holds something stays."""
        for directory in sorted(directories, reverse=True):
            if not self._layout.directory_in_use(directory, package):
                with contextlib.suppress(OSError):
                    os.rmdir(self._database.path(directory))

    # Installing --------------------------------------------------------------------------------------------------

    def install(self, old, new):
        content = self._content(new)
        kind, arguments = ("install", [new.version]) if old is None else ("upgrade", [new.version, old.version])
        record = new.installed = Installed()
        record.tags = content.get("tags", "")
        self._database.scripts.put(new, content.get("scripts", {}))
        self._script(new, "pre-" + kind, arguments)
        files = self._unpack(new, content["files"])
        self._move_into_place(new, old, files)
        record.files = files.render()
        if old is None:
            self._database.installed.append(new)
        else:
            self._replace(old, new, files)
        self._layout.claim(new, files)
        self._script(new, "post-" + kind, arguments)
        return not record.broken

    def _content(self, package):
        source = min(
            (repository for repository in package.repositories if repository.reachable),
            key=lambda repository: (repository.remote, repository.rank),
            default=None,
        )
        if source is None:
            raise InstallError(NO_SOURCE)
        try:
            data = fetch(source.package_url(package), self._options.timeout, self._output)
        except TransferError as error:
            if not source.remote:
                raise InstallError(NOT_IN_FEED) from error
            raise
        body = unseal(PACKAGE, data, self._keys, self._options.allow_untrusted)
        return read_package(body, package.identity)

    def _unpack(self, package, entries):
        """Write the package's files under temporary names next to their places; what clashes is left out."""
        files = Files()
        written = []
        for entry in entries:
            path = entry["path"]
            for directory in _parents(path):
                files.directories.setdefault(directory, 0o755)
            if self._clashes(package, path):
                continue
            if entry.get("kept"):
                if os.path.lexists(self._database.path(path)):
                    files.files.append(present_file(self._database.root, path))
                continue
            data = entry.get("text", "").encode() + b"\0" * entry.get("zeros", 0)
            mode = int(entry.get("mode", "644"), 8)
            try:
                self._make_directories(files, path)
                written.append(self._temporary(package, path))
                _write(written[-1], data, mode)
            except OSError as error:
                self._output.error("%s: failed to extract %s: %s" % (package, path, os.strerror(error.errno)))
                package.installed.broken_files = True
                if error.errno == errno.ENOSPC:
                    for name in written:
                        _remove(name)
                    self._remove_directories(files.directories, package)
                    raise InstallError(os.strerror(error.errno)) from error
                continue
            files.files.append(File(path, digest160(data), mode))
        return files

    def _clashes(self, package, path):
        owner = self._layout.owner(path)
        if owner is None or owner.name == package.name or owner.identity in self._leaving:
            return False
        if owner.fields.get("o") and owner.fields.get("o") == package.fields.get("o"):
            return False
        self._output.error("%s: trying to overwrite %s owned by %s." % (package, path, owner))
        package.installed.broken_files = True
        return True

    def _make_directories(self, files, path):
        for directory in _parents(path):
            full = self._database.path(directory)
            if not os.path.isdir(full):
                os.mkdir(full, files.directories[directory])

    def _temporary(self, package, path):
        from hashlib import sha256

        digest = sha256(package.name.encode() + b"\0" + path.encode()).hexdigest()[:48]
        return self._database.path(os.path.join(os.path.dirname(path), ".apk." + digest))

    def _move_into_place(self, new, old, files):
        before = {file.path: file for file in self._layout.of(old).files} if old is not None else {}
        for file in files.files:
            if not os.path.lexists(self._temporary(new, file.path)):
                continue  # kept as it is
            path = self._database.path(file.path)
            target = path
            if protected(file.path) and self._changed_locally(path, before.get(file.path)):
                if file_digest(path) == file.digest:
                    _remove(self._temporary(new, file.path))
                    continue
                target += NEW_SUFFIX
                self._output.message("  Installing file to %s%s" % (file.path, NEW_SUFFIX))
            os.rename(self._temporary(new, file.path), target)

    @staticmethod
    def _changed_locally(path, known):
        digest = file_digest(path)
        return digest is not None and (known is None or digest != known.digest)

    def _replace(self, old, new, files):
        if old is not new:
            self._delete_files(old, keep={file.path for file in files.files})
            self.forget(old)
            self._database.installed.append(new)
        else:
            self._layout.drop(old)

    def _script(self, package, kind, arguments):
        text = self._database.scripts.get(package, kind)
        if text is not None and not run(package, kind, text, arguments, self._database.root, self._output):
            package.installed.broken_script = True


def _parents(path):
    """Directories from the outermost to the one that holds `path`."""
    names = path.split("/")[:-1]
    return ["/".join(names[:count]) for count in range(1, len(names) + 1)]


def _write(path, data, mode):
    _remove(path)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
    finally:
        os.close(descriptor)


def _remove(path):
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
