# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which package satisfies a dependency, and which packages an installation needs."""

from ..unsupported import Unsupported
from .package import HOLD, PREFER


def check_unresolved(database, package):
    """Whether something that the package needs is nowhere to be had. Each name is looked at, and complained of, once."""
    lost = unsatisfied(database, package, [], prechecking=True)
    for dependency in lost:
        text = f"cannot find dependency {dependency} for {package.name}\n"
        database.conf.say.error("pkg_hash_check_unresolved", text)
    return bool(lost)


def unsatisfied(database, package, needed, prechecking=False):
    """Append to needed what must be installed for the package; return the dependencies nobody can satisfy."""
    abstract = package.abstract
    mark = "prechecked" if prechecking else "checked"
    if getattr(abstract, mark):
        return []
    setattr(abstract, mark, True)
    lost = []
    for dependency in package.depends:
        alternatives = dependency.alternatives
        if any(_satisfier(database, option, option.accepts_installed) for option in alternatives):
            continue
        found = None
        for option in alternatives:
            found = _satisfier(database, option, option.accepts)
            if found:
                break
        if not found:
            lost.append(str(dependency))
        elif found is not package and not any(found.same_as(other) for other in needed):
            lost_below = unsatisfied(database, found, needed, prechecking)
            needed.append(found)
            lost += lost_below
    return lost


def _satisfier(database, alternative, accepts):
    package = best_candidate(database, alternative.abstract, accepts, quiet=True)
    return package if package and accepts(package) else None


def candidate_by_name(database, name):
    abstract = database.find(name)
    return abstract and best_candidate(database, abstract, lambda package: package.name == name)


def best_candidate(database, abstract, accepts, quiet=False):
    """The package to take for a name: one that is accepted, else one that is held, else what is installed, else the only one."""
    matching = _installable(database, abstract)
    if not matching:
        return None
    matching.sort(key=lambda package: (package.name, package.version.key, package.priority))
    chosen = _best_accepted(database, abstract, matching, accepts)
    if chosen:
        return chosen
    held = [package for package in matching if package.flags & (HOLD | PREFER)]
    if len(held) > 1:
        raise Unsupported(f"several packages held for {abstract.name}")
    if held:
        return held[0]
    for package in reversed(matching):
        if package.abstract.status in ("installed", "unpacked"):
            return package
    if len(matching) > 1:
        return None if quiet else max(matching, key=lambda package: package.priority)
    return matching[0]


def _installable(database, abstract):
    """The packages of this name, or that provide it, of a supported architecture and with all they need."""
    matching, seen = [], False
    for provider in list(abstract.providers):
        for package in provider.packages or ():
            seen = True
            if package not in matching and not check_unresolved(database, package):
                matching.append(package)
    if seen and not matching:
        database.conf.say.error(
            "pkg_hash_fetch_best_installation_candidate",
            f"Packages for {abstract.name} found, but incompatible with the architectures configured\n",
        )
    return matching


def _best_accepted(database, abstract, matching, accepts):
    """Of those accepted the latest; of several names the one that was asked for."""
    best, best_score = None, 0
    for package in matching:
        if accepts(package):
            score = 1 + (package.name == abstract.name) + (package.name in database.conf.arguments)
            if score >= best_score:
                best, best_score = package, score
    return best
