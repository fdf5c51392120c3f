# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which package owns which file, and the lists of files in /usr/lib/opkg/info."""

from . import archive, storage
from .database import read_text
from .hashtable import HashTable
from .package import FILELIST_CHANGED, NOT_INSTALLED


class Files:
    def __init__(self, conf):
        self.conf = conf
        self.say = conf.say
        self.owners = HashTable()
        self.obsolete = {}

    def of(self, package):
        """Full names: of an installed package from its list, of another from the package file itself."""
        if package.status == NOT_INSTALLED or package.dest is None:
            if not package.local_file:
                return []
            names = [member.name for member in archive.read(package.local_file, "data.tar.gz", self.say) or ()]
            names = [name[1:] if name.startswith(".") else name for name in names]
            return [package.dest.root + (name[1:] if name.startswith("/") else name) for name in names]
        path = f"{package.dest.info_dir}/{package.name}.list"
        try:
            return read_text(path).splitlines()
        except OSError as problem:
            self.say.os_error("pkg_get_installed_files", f"Failed to open {path}", problem)
            return []

    def learn(self, installed):
        """Who owns what now."""
        for package in installed:
            for name in self.of(package):
                self.set_owner(name, package)

    def set_owner(self, name, package):
        if name.endswith("/"):
            return
        former = self.owners.get(name)
        self.owners[name] = package
        if former:
            former.flags |= FILELIST_CHANGED
            package.flags |= FILELIST_CHANGED

    def take_over(self, package, old):
        """The new package gets what nobody, or its older version, owned; what only the older one has is obsolete."""
        for name in self.of(package):
            owner = self.owners.get(name)
            if not owner or owner is old or name in self.obsolete:
                self.set_owner(name, package)
        for name in self.of(old) if old else ():
            if self.owners.get(name) in (None, old):
                self.obsolete[name] = old

    def write_list(self, package):
        """True when the list could be opened: that it could be written is not looked at."""
        path = f"{package.dest.info_dir}/{package.name}.list"
        names = [name for name in self.owners.in_bucket_order() if self.owners[name] is package]
        try:
            storage.write_text(path, "".join(f"{name}\n" for name in names))
        except OSError as problem:
            self.say.os_error("pkg_write_filelist", f"Failed to open {path}", problem)
            return False
        package.flags &= ~FILELIST_CHANGED
        return True

    def remove_list(self, package):
        if "noaction" not in self.conf:
            storage.unlink(f"{package.dest.info_dir}/{package.name}.list")
