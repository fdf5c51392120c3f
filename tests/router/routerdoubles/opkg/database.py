# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All packages opkg has read: those of the feeds and those installed, by name."""

import os
import zlib

from .control import Parser
from .hashtable import HashTable
from .package import HOLD, MARKED, NEED_DETAIL, NOT_INSTALLED


class Abstract:
    """A name that packages have, provide or depend on."""

    __slots__ = ("checked", "dependers", "flags", "name", "packages", "prechecked", "providers", "status")

    def __init__(self, name):
        self.name = name
        self.packages = None
        self.dependers, self.providers = [], []
        self.flags, self.status = 0, NOT_INSTALLED
        self.checked = self.prechecked = False


def read_text(path):
    with open(path, encoding="utf-8", errors="surrogateescape") as stream:
        return stream.read()


def _read_feed(path, gzip):
    """What `gzip -d -c` makes of the list: of a damaged one, as much as comes out."""
    if not gzip:
        return read_text(path)
    with open(path, "rb") as stream:
        data = stream.read()
    text = b""
    while data:
        unpacker = zlib.decompressobj(31)
        try:
            text += unpacker.decompress(data)
        except zlib.error:
            break
        data = unpacker.unused_data
    return text.decode("utf-8", "surrogateescape")


class Database:
    def __init__(self, conf, masked=()):
        self.conf = conf
        self.masked = masked
        self.names = HashTable()
        self.changed = False

    def find(self, name):
        return self.names.get(name)

    def ensure(self, name):
        abstract = self.names.get(name)
        if abstract is None:
            abstract = self.names[name] = Abstract(name)
        return abstract

    # Reading

    def load_feeds(self, flags=0, callback=None):
        for source in self.conf.sources:
            path = f"{self.conf.lists_dir}/{source.name}"
            if os.path.exists(path):
                text = _read_feed(path, source.gzip)
                self._add(text, callback or (lambda package: self._insert(package, False)), source=source, flags=flags)

    def load_status(self, callback=None):
        for dest in self.conf.dests:
            if os.path.exists(dest.status_file):
                text = read_text(dest.status_file)
                self._add(text, callback or (lambda package: self._insert(package, True)), dest=dest, flags=NEED_DETAIL)

    def load_details(self):
        """Read the feeds again until all names that the wanted ones depend on are there with their details."""
        found = True
        while found:
            self.load_feeds()
            found = False
            for abstract in self.names.values():
                if abstract.flags & NEED_DETAIL and not abstract.flags & MARKED:
                    abstract.flags |= MARKED
                    found = True

    def _add(self, text, take, **origin):
        for package in Parser(self, self.masked).packages(text, **origin):
            if not package.flags & NEED_DETAIL:
                continue
            if package.priority:
                take(package)
            else:
                self.conf.say.notice(
                    f"Package {package.name} version {package.version} has no valid architecture, ignoring.\n"
                )

    def provide(self, package, names=()):
        """Every package provides its own name first."""
        own = self.ensure(package.name)
        if not package.provides:
            if own.packages is None:
                own.packages = []
            if own not in own.providers:
                own.providers.append(own)
            package.provides = [own]
        self._need_details_of_related(package)
        for name in names:
            provided = self.ensure(name)
            own.flags |= provided.flags & NEED_DETAIL
            if own not in provided.providers:
                provided.providers.append(own)
            package.provides.append(provided)

    @staticmethod
    def _need_details_of_related(package):
        for relation in package.depends + package.conflicts:
            for alternative in relation.alternatives:
                alternative.abstract.flags |= NEED_DETAIL

    def _insert(self, package, from_status):
        abstract = self.ensure(package.name)
        if abstract.packages is None:
            abstract.packages = []
        if package.is_installed():
            abstract.status = package.status
        self.provide(package)
        for dependency in package.depends:
            for alternative in dependency.alternatives:
                alternative.abstract.dependers.append(abstract)
        package.abstract = abstract
        for index, known in enumerate(abstract.packages):
            if (package.want, package.flags & HOLD) == ("deinstall", HOLD) or package.same_as(known):
                if from_status:
                    package.merge(known)
                abstract.packages[index] = package
                return
        abstract.packages.append(package)

    # Looking up

    def available(self):
        return [package for name in self.names.in_bucket_order() for package in self.names[name].packages or ()]

    def installed(self):
        return [package for package in self.available() if package.is_installed()]

    def installed_by_name(self, name):
        abstract = self.find(name)
        if abstract is None:
            return None
        packages = abstract.packages
        if packages is None:
            packages = abstract.providers[0].packages if abstract.providers else None
        return next((package for package in packages or () if package.is_installed()), None)
