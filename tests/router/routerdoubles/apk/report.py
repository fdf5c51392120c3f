# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What apk says when it cannot or would not: broken constraints, and packages that stay although deleted."""

from .model import display_order
from .output import Paragraph


class _Entry:
    """One complaint: a label line, then groups of words. The label is printed with its first group."""

    def __init__(self, paragraph, label):
        self._paragraph = paragraph
        self._label = label
        self.printed = False

    def group(self, head, words):
        if not words:
            return
        if not self.printed:
            self._paragraph.line("  %s:" % self._label)
            self.printed = True
        self._paragraph.group("    " + head)
        for word in words:
            self._paragraph.word(word)
        self._paragraph.end()


class ConflictReport:
    """`unable to select packages:` and why, for the packages that the solver settled on."""

    def __init__(self, universe, world, selected, output):
        self._universe = universe
        self._world = world
        self._selected = selected
        self._marked = {package.identity for package in selected}
        self._output = output
        self._paragraph = Paragraph(output, 2)
        self._reported = set()
        self._present = set()  # names that are there because somebody wants their package as such

    def print(self):
        self._output.error("unable to select packages:")
        self._discover(self._world, set())
        self._missing_names(self._world)
        for package in self._selected:
            self._package(package)
            self._missing_names(package.depends)
        self._paragraph.flush()

    def _marked_providers(self, name):
        return [
            (package, version)
            for package, version in self._universe.providers(name)
            if package.identity in self._marked
        ]

    def _missing_names(self, dependencies):
        for dependency in dependencies:
            name = dependency.name
            if dependency.conflict or name in self._reported or name in self._present:
                continue
            self._reported.add(name)
            self._missing_name(name)

    def _discover(self, dependencies, seen):
        for dependency in dependencies:
            for package, version in () if dependency.conflict else self._marked_providers(dependency.name):
                wanted = version is not None or package.priority > 0
                if (package.identity, wanted) not in seen:
                    seen.add((package.identity, wanted))
                    self._present.update(package.names() if wanted else ())
                    self._discover(package.depends, seen)

    def _missing_name(self, name):
        providers = self._universe.providers(name)
        if providers:
            entry = _Entry(self._paragraph, "%s (virtual)" % name)
            entry.group("note:", ["please", "select", "one", "of", "the", "'provided", "by'", "packages", "explicitly"])
            entry.group("provided by:", self._offering(package for package, _ in providers))
        else:
            entry = _Entry(self._paragraph, "%s (no such package)" % name)
        words = [
            "world[%s]" % dependency
            for dependency in self._world
            if dependency.name == name and not dependency.conflict
        ]
        for dependent in self._universe.dependents_in_table_order(name):
            words += self._requirements(dependent, name)
        entry.group("required by:", list(dict.fromkeys(words)))

    def _offering(self, packages):
        """Names of packages; with the version where not all versions would do."""
        packages = list(packages)
        words = []
        for package in packages:
            versions = [other for other in packages if other.name == package.name]
            every = len(versions) == len(self._universe.providers(package.name))
            words.append(package.name if every else str(package))
        return list(dict.fromkeys(words))

    def _requirements(self, dependent, name):
        for package, _ in self._marked_providers(dependent):
            for dependency in package.depends:
                if dependency.name == name and not dependency.conflict:
                    return ["%s[%s]" % (package, dependency)]
        return []

    def _package(self, package):
        entry = _Entry(self._paragraph, str(package))
        if package.installed is None and not any(repository.reachable for repository in package.repositories):
            entry.group("masked in:", ["--no-network"])
        entry.group("conflicts:", self._rivals(package))
        entry.group("breaks:", self._verdicts(package, False))
        if entry.printed:
            entry.group("satisfies:", self._verdicts(package, True))

    def _rivals(self, package):
        """Selected packages that want the same names."""
        words = [str(other) for other, _ in self._marked_providers(package.name) if other is not package]
        for name, version in package.provides:
            for other, other_version in self._marked_providers(name):
                if other is not package and not (version is None and other_version is None):
                    words.append("%s[%s]" % (other, name if version is None else "%s=%s" % (name, version)))
        return words

    def _verdicts(self, package, satisfied):
        """Who needs the package (satisfied) or cannot live with it (not), world first."""
        words = ["world[%s]" % dependency for dependency in self._world if dependency.judge(package) is satisfied]
        found = {}
        for dependent, dependency in self._universe.dependent_packages(package):
            if dependent.identity in self._marked and dependency.judge(package, dependent) is satisfied:
                found[dependent.identity, str(dependency)] = (dependent, dependency)
        rows = sorted(found.values(), key=lambda row: (display_order(row[0].name), row[1].mask))
        return words + ["%s[%s]" % row for row in rows]


class KeptReport:
    """`World updated, but ...`: deleted names that something in world still needs."""

    def __init__(self, universe, world, selected, output):
        self._universe = universe
        self._world_names = {dependency.name for dependency in world if not dependency.conflict}
        self._marked = {package.identity for package in selected}
        self._output = output

    def print(self, names):
        paragraph = Paragraph(self._output, 1)
        for name in sorted(names, key=display_order):
            words = []
            seen = set()
            kept = False
            for package, _ in self._universe.providers(name):
                if package.identity in self._marked:
                    kept = True
                    self._collect(package, words, seen)
            if kept:
                paragraph.group("  %s:" % name)
                for word in words:
                    paragraph.word(word)
                paragraph.end()
        if paragraph.empty():
            return
        self._output.message("World updated, but the following packages are not removed due to:")
        paragraph.flush()
        self._output.plain("")

    def _collect(self, package, words, seen):
        """World's names on the way from a package up through all that depend on it."""
        words += [name for name in package.names() if name in self._world_names]
        for dependent, dependency in self._universe.dependent_packages(package):
            if dependent.identity not in self._marked or dependent.identity in seen:
                continue
            if dependency.judge(package, dependent):
                seen.add(dependent.identity)
                self._collect(dependent, words, seen)
