# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands that change the system: update, add, del, fix, upgrade."""

from . import Unsupported
from .commit import Transaction
from .dependencies import parse
from .plan import Planner
from .report import ConflictReport, KeptReport
from .solver import REINSTALL, REMOVE, UPGRADE, Solver

REFUSED = 99  # what every negative result of the real tool ends as


def _solve(context, world, flags=0, flags_by_name=None):
    """(number of errors, changes) for a wanted world."""
    database = context.database
    solution = Solver(database.universe, flags, flags_by_name).solve(world)
    changes = Planner(database.universe, database.installed, solution).plan(world)
    return solution.errors, changes


def _selected(changes):
    return [change.new for change in changes if change.new is not None]


def _finish(context, world, errors, changes):
    if errors:
        ConflictReport(context.database.universe, world, _selected(changes), context.output).print()
        return errors
    return Transaction(context.database, context.options, context.output).commit(changes, world)


def update(context, arguments):
    repositories, output = context.repositories, context.output
    bad = repositories.unavailable + repositories.stale
    for repository in repositories.all:
        if repository.available:
            output.message(" [%s]" % repository.url)
    verdict = "OK:"
    if bad:
        verdict = "%d unavailable, %d stale;" % (repositories.unavailable, repositories.stale)
    output.message("%s %d distinct packages available" % (verdict, len(context.database.universe.packages)))
    return bad


def add(context, arguments):
    database = context.database
    world = list(database.world)
    flags = {}
    for text in arguments:
        if "." in text and _is_file(text):
            raise Unsupported("package files (%s)" % text)
        dependency = parse(text)
        if dependency is None or dependency.broken or len(text.split()) != 1:
            context.output.error("'%s' is not a valid world dependency, format is name(@tag)([<>~=]version)" % text)
            return REFUSED
        database.universe.mention(dependency.name)
        _put(world, dependency)
        flags[dependency.name] = REINSTALL if context.options.force_reinstall else 0
    return _finish(context, world, *_solve(context, world, flags_by_name=flags))


def _is_file(path):
    import os

    return os.path.exists(path)


def _put(world, dependency):
    """Set world's entry of a name, where it stands or at the end."""
    for at, present in enumerate(world):
        if present.name == dependency.name:
            world[at] = dependency
            return
    world.append(dependency)


def delete(context, arguments):
    database = context.database
    world = list(database.world)
    flags = {}
    unknown = [name for name in _names(arguments) if not database.universe.knows(name)]
    for name in unknown:
        context.output.error("No such package: " + name)
    if unknown:
        return min(len(unknown), REFUSED)
    for name in arguments:
        world = [dependency for dependency in world if dependency.name != name]
        if database.universe.installed(name) is not None:
            flags[name] = REMOVE
    errors, changes = _solve(context, world, flags_by_name=flags)
    if not errors and context.output.verbosity >= 1:
        KeptReport(database.universe, world, _selected(changes), context.output).print(arguments)
    return _finish(context, world, errors, changes)


def fix(context, arguments):
    database = context.database
    unknown = [name for name in _names(arguments) if not database.universe.knows(name)]
    for name in unknown:
        context.output.error("Package '%s' not found" % name)
    if unknown:
        return min(len(unknown), REFUSED)
    names = arguments or [package.name for package in database.installed if package.installed.broken]
    world = list(database.world)
    return _finish(context, world, *_solve(context, world, flags_by_name=dict.fromkeys(names, REINSTALL)))


def upgrade(context, arguments):
    if arguments:
        raise Unsupported("upgrade of named packages")
    if context.repositories.unavailable or context.repositories.stale:
        context.output.error(
            "Not continuing due to stale/unavailable repositories. Use --force-missing-repositories to continue."
        )
        return REFUSED
    installed = context.database.universe.installed("apk-mbedtls")
    if installed is not None and _newer_offered(context, installed):
        raise Unsupported("upgrade of apk itself")
    world = list(context.database.world)
    return _finish(context, world, *_solve(context, world, flags=UPGRADE))


def _newer_offered(context, installed):
    from .versions import GREATER, compare

    return any(
        package.repositories and compare(package.version, installed.version) == GREATER
        for package, _ in context.database.universe.providers(installed.name)
    )


def _names(arguments):
    for name in arguments:
        if "*" in name:
            raise Unsupported("wildcard '%s'" % name)
    return arguments
