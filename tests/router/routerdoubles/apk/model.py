# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packages, and the universe of all that are installed or offered."""

from .dependencies import parse_list


class Package:
    """One package, from the header lines that the installed database and the indexes have in common."""

    __slots__ = ("_depends", "_provides", "fields", "identity", "installed", "name", "repositories", "version")

    def __init__(self, fields):
        self.fields = fields
        self.name = fields["P"]
        self.version = fields["V"]
        self.identity = fields["C"]
        self.installed = None  # an Installed record
        self.repositories = []  # indexes of the repositories that offer it, best first
        self._depends = None
        self._provides = None

    def __str__(self):
        return self.name + "-" + self.version

    def number(self, key):
        return int(self.fields.get(key, "0"))

    @property
    def depends(self):
        if self._depends is None:
            self._depends = parse_list(self.fields.get("D", ""))
        return self._depends

    @property
    def provides(self):
        """(name, version or None) of everything it stands for besides its own name."""
        if self._provides is None:
            self._provides = [
                (item, None) if "=" not in item else tuple(item.split("=", 1))
                for item in self.fields.get("p", "").split()
            ]
        return self._provides

    @property
    def priority(self):
        return self.number("k")

    def names(self):
        return [self.name] + [name for name, _ in self.provides]


def display_order(name):
    return name.lower(), name


class Universe:
    """Every known package by name. Names keep the order in which they were first mentioned."""

    def __init__(self):
        self.packages = {}  # identity -> Package
        self._providers = {}  # name -> [(Package, version)]
        self._dependents = None

    def mention(self, name):
        """A name that world or a dependency speaks of exists, even if no package has it."""
        return self._providers.setdefault(name, [])

    def knows(self, name):
        return name in self._providers

    def providers(self, name):
        return self._providers.get(name, ())

    def names(self):
        return self._providers

    def add(self, package):
        known = self.packages.get(package.identity)
        if known is not None:
            known.repositories += package.repositories
            return known
        self.packages[package.identity] = package
        self.mention(package.name).append((package, package.version))
        for dependency in package.depends:
            self.mention(dependency.name)
        for name, version in package.provides:
            self.mention(name).append((package, version))
        self._dependents = None
        return package

    def installed(self, name):
        """The installed package of exactly this name."""
        for package, _ in self.providers(name):
            if package.installed is not None and package.name == name:
                return package
        return None

    def dependents(self, name):
        """Names of the packages that mention `name` in their dependencies."""
        if self._dependents is None:
            self._dependents = {}
            for package in self.packages.values():
                for dependency in package.depends:
                    self._dependents.setdefault(dependency.name, {}).update(dict.fromkeys(package.names()))
        return self._dependents.get(name, {})

    def dependents_in_table_order(self, name):
        """The same as apk meets them: it walks a hash table of 20000 chains, in each the youngest name first."""
        found = self.dependents(name)
        youngest_first = [mentioned for mentioned in reversed(self._providers) if mentioned in found]
        return sorted(youngest_first, key=lambda name: murmur3(name.encode(), 5381) % 20000)

    def dependent_packages(self, package):
        """(dependent, its dependency) for all that `package` offers, as apk meets them."""
        for name in package.names():
            for dependent_name in self.dependents_in_table_order(name):
                for dependent, _ in self.providers(dependent_name):
                    for dependency in dependent.depends:
                        if dependency.judge(package, dependent) is not None:
                            yield dependent, dependency


def murmur3(data, seed):
    """MurmurHash3, x86, 32 bits (Austin Appleby, public domain algorithm)."""
    mask = 0xFFFFFFFF
    value = seed
    tail = len(data) & ~3
    for at in range(0, len(data), 4):
        k = int.from_bytes(data[at : at + 4], "little") * 0xCC9E2D51 & mask
        k = (k << 15 | k >> 17) * 0x1B873593 & mask
        value ^= k
        if at < tail:
            value = (value << 13 | value >> 19) * 5 + 0xE6546B64 & mask
    value ^= len(data)
    value = (value ^ value >> 16) * 0x85EBCA6B & mask
    value = (value ^ value >> 13) * 0xC2B2AE35 & mask
    return value ^ value >> 16
