# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which package stands for every name, given world.

Constraints are followed as far as they force something: a package that one of them rules out takes along those that
cannot do without it, and what the last candidate of a name needs is needed by all. Then the next open name takes the
candidate that apk prefers, and so on. Nothing is ever taken back: where no candidate is left, a ruled out one is chosen
and counted as an error, which is what apk's messages and return codes are made of.
"""

from .model import display_order
from .versions import GREATER, LESS, compare

REINSTALL, UPGRADE, REMOVE = 1, 2, 4


class _Candidate:
    """The solver's view of a package."""

    __slots__ = ("conflicts", "error", "flags", "imposed", "recent", "viable")

    def __init__(self, package, flags):
        self.flags = flags
        self.conflicts = 0
        self.error = False
        self.imposed = False  # its dependencies count as needed
        self.recent = False  # among the last that were left for a name
        obtainable = any(repository.reachable for repository in package.repositories)
        self.viable = obtainable or package.installed is not None or package.number("I") == 0


class _Name:
    __slots__ = ("chosen", "decided", "order", "recheck", "users")

    def __init__(self):
        self.users = 0  # dependencies and world entries that need this name
        self.decided = False
        self.chosen = None  # (Package, version under this name) once decided, None for nobody
        self.recheck = False  # candidates may have become impossible
        self.order = ()


class Solver:
    def __init__(self, universe, flags=0, flags_by_name=None):
        self._universe = universe
        self._flags = flags
        self._names = {}
        self._candidates = {}
        self._pending = {}  # names to look at again, in order
        self._missing = 0
        self._discovered = 0
        for name, extra in (flags_by_name or {}).items():
            for package, _ in universe.providers(name):
                self.candidate(package).flags |= extra
        self._flagged = set(flags_by_name or ())

    # Results -----------------------------------------------------------------------------------------------------

    @property
    def errors(self):
        return self._missing + sum(candidate.error for candidate in self._candidates.values())

    def chosen(self, name):
        """The package that stands for a name, or None."""
        state = self._names.get(name)
        return state.chosen[0] if state and state.chosen else None

    def offer(self, name):
        """(package, version) that stands for a name; (None, None) when nobody does."""
        state = self._names.get(name)
        return state.chosen if state and state.chosen else (None, None)

    def candidate(self, package):
        state = self._candidates.get(package.identity)
        if state is None:
            state = self._candidates[package.identity] = _Candidate(package, self._flags)
        return state

    def mark_error(self, package):
        self.candidate(package).error = True

    # Solving -----------------------------------------------------------------------------------------------------

    def solve(self, world):
        world.sort(key=lambda dependency: display_order(dependency.name))
        for dependency in world:
            self._discover(dependency.name)
        for dependency in world:
            self._constrain(None, dependency)
        while True:
            self._propagate()
            name = self._next_open()
            if name is None:
                return self
            self._decide(name)

    def _discover(self, name):
        """Number the names, those that others depend on first. Open ones are decided from the highest number down."""
        if name in self._names:
            return
        state = self._names[name] = _Name()
        providers = self._universe.providers(name)
        for package, _ in providers:
            for dependency in package.depends:
                self._discover(dependency.name)
        for package, _ in providers:
            for provided in package.names():
                self._discover(provided)
        has_package = any(package.name == name for package, _ in providers)
        self._discovered += 1
        state.order = (name in self._flagged, has_package, self._discovered)

    def _constrain(self, owner, dependency):
        if dependency.broken:
            return
        state = self._names[dependency.name]
        if not dependency.conflict:
            state.users += 1
            if state.users == 1:
                self._look_at(dependency.name)
        for package, version in self._universe.providers(dependency.name):
            if not dependency.met_by(package, version, owner):
                candidate = self.candidate(package)
                candidate.conflicts += 1
                self._rule_out(package)

    def _rule_out(self, package):
        candidate = self.candidate(package)
        if candidate.viable:
            candidate.viable = False
            for name in package.names():
                self._recheck_dependents(name)
                self._look_at(name)

    def _recheck_dependents(self, name):
        for dependent in self._universe.dependents(name):
            if dependent in self._names:
                self._names[dependent].recheck = True
                self._look_at(dependent)

    def _look_at(self, name):
        state = self._names.get(name)
        if state and state.users and not state.decided:
            self._pending[name] = True

    def _propagate(self):
        while self._pending:
            name = next(iter(self._pending))
            del self._pending[name]
            if not self._names[name].decided:
                self._narrow(name)

    def _narrow(self, name):
        """Drop candidates that cannot be had any more; the needs of the last one left are everybody's."""
        state = self._names[name]
        options = []
        recheck, state.recheck = state.recheck, False
        for package, _ in self._universe.providers(name):
            if not self.candidate(package).viable:
                continue
            if recheck and not all(self._satisfiable(package, dependency) for dependency in package.depends):
                self._rule_out(package)
                continue
            options.append(package)
        for package, _ in self._universe.providers(name) if options else ():
            self.candidate(package).recent = package in options
        if len(options) == 1:
            self._impose(options[0])
            self._exclude_rivals(name, options[0])

    def _impose(self, package):
        candidate = self.candidate(package)
        if not candidate.imposed:
            candidate.imposed = True
            for dependency in package.depends:
                self._constrain(package, dependency)

    def _exclude_rivals(self, name, package):
        """Whoever claims another name of the only package for `name` cannot be installed beside it."""
        for other_name, version in [(package.name, package.version), *package.provides]:
            if other_name == name or version is None:
                continue
            for rival, _ in self._universe.providers(other_name):
                if rival is not package and name not in rival.names():
                    self._rule_out(rival)

    def _satisfiable(self, owner, dependency):
        state = self._names[dependency.name]
        if state.decided:
            return dependency.met_by(*self.offer(dependency.name), owner)
        if dependency.conflict and not state.users:
            return True
        return any(
            self.candidate(package).viable and dependency.met_by(package, version, owner)
            for package, version in self._universe.providers(dependency.name)
        )

    def _selectable(self, package, version):
        """A name offered without a version and without priority never pulls its package in."""
        return version is not None or package.priority > 0 or self._names[package.name].users > 0

    def _next_open(self):
        """The name to decide next: what nothing open depends on and has no choice, else who needs others before those."""
        best = None
        for name, state in self._names.items():
            if state.users and not state.decided:
                options = [offer for offer in self._universe.providers(name) if self.candidate(offer[0]).viable]
                proper = any(self._selectable(*offer) for offer in options)
                key = (proper and len(options) == 1 and self._settled_above(name), proper, state.order, name)
                best = key if best is None or key > best else best
        return best[-1] if best else None

    def _settled_above(self, name):
        dependents = (self._names.get(dependent) for dependent in self._universe.dependents(name))
        return all(state is None or state.decided for state in dependents)

    def _decide(self, name):
        best = None
        for package, version in self._universe.providers(name):
            if self._selectable(package, version) and (best is None or self._prefer((package, version), best) > 0):
                best = (package, version)
        if best is None:
            self._names[name].decided = True
            self._missing += 1
            self._recheck_dependents(name)
        else:
            self._choose(best[0])

    def _choose(self, package):
        if not self.candidate(package).viable:
            self.mark_error(package)
        self._assign(package.name, package, package.version)
        for name, version in package.provides:
            self._assign(name, package, version)
        self._impose(package)

    def _assign(self, name, package, version):
        state = self._names[name]
        if state.decided:
            other, other_version = self.offer(name)
            if version is not None or other_version is not None:
                self.mark_error(package)
                if other is not None:
                    self.mark_error(other)
            return
        state.decided = True
        state.chosen = (package, version)
        for other, other_version in self._universe.providers(name):
            if other is not package and not (version is None and other_version is None):
                self._rule_out(other)
        self._recheck_dependents(name)

    def _prefer(self, left, right):
        """Positive when apk prefers `left` to `right`, both (package, version under the name asked for)."""
        (one, one_version), (two, two_version) = left, right
        first, second = self.candidate(one), self.candidate(two)
        flags = first.flags | second.flags
        installed = (one.installed is not None) - (two.installed is not None)
        same_kind = one.name == two.name or one_version is not None or two_version is not None
        newer = _newer(one_version, two_version) or (one.name == two.name and _newer(one.version, two.version))
        keep = not flags & (REMOVE | UPGRADE) and same_kind
        return (
            first.viable - second.viable
            or first.recent - second.recent
            or second.conflicts - first.conflicts
            or (installed if keep else 0)
            or newer
            or one.priority - two.priority
            or (0 if flags & REMOVE else installed)
            or self._rank(two) - self._rank(one)
        )

    @staticmethod
    def _rank(package):
        return package.repositories[0].rank if package.repositories else -1


def _newer(left, right):
    return {GREATER: 1, LESS: -1}.get(compare(left, right), 0)
