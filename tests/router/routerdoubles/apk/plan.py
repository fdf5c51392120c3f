# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a solution to the list of changes, in the order in which apk makes them."""

from .solver import REINSTALL
from .versions import EQUAL, GREATER, compare


class Change:
    """One package replaced by another; `old` is None for an installation, `new` for a removal."""

    __slots__ = ("new", "old", "reinstall")

    def __init__(self, old, new, reinstall=False):
        self.old = old
        self.new = new
        self.reinstall = reinstall

    @property
    def visible(self):
        return self.old is not self.new or self.reinstall

    def describe(self):
        """The words after the counter: `Upgrading kernel (1 -> 2)`."""
        if self.old is None:
            return "Installing %s (%s)" % (self.new.name, self.new.version)
        if self.new is None:
            return "Purging %s (%s)" % (self.old.name, self.old.version)
        if self.old is self.new:
            skipped = "" if self.new.repositories else "[APK unavailable, skipped] "
            return "%sReinstalling %s (%s)" % (skipped, self.new.name, self.new.version)
        order = compare(self.new.version, self.old.version)
        verb = "Upgrading" if order == GREATER else "Replacing" if order == EQUAL else "Downgrading"
        return "%s %s (%s -> %s)" % (verb, self.new.name, self.old.version, self.new.version)


class Planner:
    """Each package after what it needs, world's entries in the order of their names; who is not needed goes first."""

    def __init__(self, universe, installed, solution):
        self._universe = universe
        self._installed = installed
        self._solution = solution
        self._current = {package.name: package for package in installed}
        self._holders = dict(self._current)  # name -> installed package that holds it
        self._users = {}  # installed package's name -> installed dependencies on it
        self._planned = set()
        self._prepared = set()
        self.changes = []

    def plan(self, world):
        for package in self._installed:
            self._holders.update((name, package) for name, version in package.provides if version is not None)
        for package in self._installed:
            self._engage(package)
        for package in list(self._installed):
            if not self._users.get(package.name) and self._solution.chosen(package.name) is None:
                self._remove(package)
        for dependency in world:
            self._provide(None, dependency)
        for package in list(self._installed):
            self._change(package.name)
        return self.changes

    def _held(self, package):
        """(dependency's name, name of the installed package that holds it) for what a package depends on."""
        for dependency in package.depends:
            holder = self._holders.get(dependency.name)
            if holder is not None and not dependency.conflict:
                yield dependency.name, holder.name

    def _engage(self, package):
        for _, holder in self._held(package):
            self._users[holder] = self._users.get(holder, 0) + 1

    def _release(self, package):
        for name, holder in self._held(package):
            self._users[holder] -= 1
            if self._users[holder] <= 0 and name in self._current:
                self._remove(self._current[name])

    def _provide(self, owner, dependency):
        if owner is not None and not dependency.met_by(*self._solution.offer(dependency.name), owner):
            self._solution.mark_error(owner)
        self._change(dependency.name)
        package = self._solution.chosen(dependency.name)
        if owner is not None and package is not None and self._solution.candidate(package).error:
            self._solution.mark_error(owner)

    def _prepare(self, name):
        """What holds the name today and will not do so tomorrow is removed first."""
        if name in self._prepared:
            return
        self._prepared.add(name)
        current, chosen = self._current.get(name), self._solution.chosen(name)
        if current is not None and (chosen is None or chosen.name != name):
            self._remove(current)
        for package, _ in self._universe.providers(name):
            if self._current.get(package.name) is package and self._solution.chosen(package.name) is None:
                self._remove(package)

    def _change(self, name):
        if name in self._prepared:
            return
        self._prepare(name)
        package = self._solution.chosen(name)
        if package is None or package.identity in self._planned:
            return
        self._planned.add(package.identity)
        for provided in package.names():
            self._prepare(provided)
        for dependency in package.depends:
            self._provide(package, dependency)
        old = self._current.get(package.name)
        reinstall = bool(self._solution.candidate(package).flags & REINSTALL)
        self.changes.append(Change(old, package, reinstall))
        self._engage(package)
        if old is not None:
            self._release(old)

    def _remove(self, package):
        chosen = self._solution.chosen(package.name)
        if package.identity in self._planned or (chosen is not None and chosen.name == package.name):
            return
        self._planned.add(package.identity)
        for dependent, dependency in self._universe.dependent_packages(package):
            if dependent.installed is not None and dependency.judge(package, dependent):
                self._remove(dependent)
        self.changes.append(Change(package, None))
        self._release(package)
