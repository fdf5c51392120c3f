# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands that only look: info, list, policy, query, version."""

from fnmatch import fnmatchcase

from . import Unsupported, versions
from .dependencies import parse
from .model import display_order


def info(context, arguments):
    if context.options.exists:
        return _exists(context, arguments)
    if arguments:
        raise Unsupported("info about single packages")
    for package in sorted(context.database.installed, key=_package_order):
        context.output.plain(str(package) if context.output.verbosity > 1 else package.name)
    return 0


def _exists(context, arguments):
    """Print what is installed of the named; the result is how many are not."""
    missing = 0
    for text in arguments:
        dependency = parse(text)
        if len(text.split()) > 1 or (text and dependency is None):
            continue  # apk passes over what is no dependency at all, without counting it
        missing += dependency is None or not _present(context, dependency)
    return missing


def _present(context, dependency):
    for package, version in context.database.universe.providers(dependency.name):
        if package.installed is not None:
            if not dependency.met_by(package, version):
                return False
            context.output.message(package.name)
            return True
    return dependency.conflict


def _package_order(package):
    return display_order(package.name)


def _matching(context, patterns):
    """Packages whose own name matches one of the patterns, all of them without patterns; installed ones if asked."""
    packages = context.database.universe.packages.values()
    if context.options.installed:
        packages = [package for package in packages if package.installed is not None]
    if patterns:
        packages = [
            package
            for package in packages
            if any(fnmatchcase(package.name.lower(), pattern.lower()) for pattern in patterns)
        ]
    return _sorted(packages)


def _sorted(packages):
    """By name, then from the oldest version to the newest."""
    from functools import cmp_to_key

    def order(left, right):
        if left.name != right.name:
            return -1 if display_order(left.name) < display_order(right.name) else 1
        return {versions.LESS: -1, versions.GREATER: 1}.get(versions.compare(left.version, right.version), 0)

    return sorted(packages, key=cmp_to_key(order))


def list_packages(context, arguments):
    for package in _matching(context, arguments):
        if context.options.upgradable and not _upgrades(context, package):
            continue
        if context.options.manifest:
            context.output.plain("%s %s" % (package.name, package.version))
        elif context.output.verbosity < 1:
            context.output.plain(package.name)
        else:
            context.output.plain(_describe(context, package))
    return 0


def _upgrades(context, package):
    """The installed package that `package` is newer than, if any."""
    installed = context.database.universe.installed(package.name)
    if installed is None or not package.repositories:
        return None
    return installed if versions.compare(installed.version, package.version) == versions.LESS else None


def _describe(context, package):
    fields = package.fields
    text = "%s %s {%s} (%s)" % (package, fields["A"], fields.get("o", package.name), fields["L"])
    if package.installed is not None:
        return text + " [installed]"
    older = _upgrades(context, package)
    return text + " [upgradable from: %s]" % older if older else text


def policy(context, arguments):
    name = None
    for package in _matching(context, arguments) if arguments else ():
        if package.name != name:
            name = package.name
            context.output.plain("%s policy:" % name)
        context.output.plain("  %s:" % package.version)
        for source in _sources(package):
            context.output.plain("    " + source)
    return 0


def _sources(package):
    sources = ["lib/apk/db/installed"] if package.installed is not None else []
    return sources + [repository.url for repository in package.repositories]


_SCALARS = {
    "name": "P",
    "version": "V",
    "description": "T",
    "arch": "A",
    "license": "L",
    "origin": "o",
    "installed-size": "I",
    "file-size": "S",
}
_FIELDS = (*_SCALARS, "depends", "provides", "repositories")
_DEFAULT = ("name", "version", "description", "arch", "license", "origin", "file-size")
_NUMBERS = ("installed-size", "file-size")


def query(context, arguments):
    wanted = context.options.fields.split(",") if context.options.fields else _DEFAULT
    for field in wanted:
        if field not in _FIELDS:
            raise Unsupported("query field '%s'" % field)
    if not arguments:
        raise Unsupported("query without names")
    rows = [_row(package, [field for field in _FIELDS if field in wanted]) for package in _matching(context, arguments)]
    render = {"json": _json, None: _paragraphs}.get(context.options.format)
    if render is None:
        raise Unsupported("query format '%s'" % context.options.format)
    if rows or context.options.format:
        context.output.plain(render(rows))
    return 0


def _row(package, wanted):
    """(field, value) pairs; what is empty is left out."""
    pairs = []
    for field in wanted:
        if field in _SCALARS:
            value = package.fields.get(_SCALARS[field], "")
        elif field == "depends":
            value = [str(dependency) for dependency in package.depends]
        elif field == "provides":
            value = [name if version is None else "%s=%s" % (name, version) for name, version in package.provides]
        else:
            value = _sources(package)
        if value and not (field in _NUMBERS and value == "0"):
            pairs.append((field, value))
    return pairs


def _json(rows):
    def literal(text):
        return '"%s"' % text.replace("\\", "\\\\").replace('"', '\\"')

    def value(field, data):
        if isinstance(data, list):
            return "[\n      %s\n    ]" % ",\n      ".join(map(literal, data))
        return data if field in _NUMBERS else literal(data)

    objects = [
        "{\n    %s\n  }" % ",\n    ".join("%s: %s" % (literal(field), value(field, data)) for field, data in row)
        for row in rows
    ]
    return "[\n  %s\n]" % ", ".join(objects) if objects else "[\n]"


def _paragraphs(rows):
    def line(field, data):
        title = "-".join(word.capitalize() for word in field.split("-"))
        if field == "repositories":
            return "%s:\n%s" % (title, "\n".join("  " + item for item in data))
        return "%s: %s" % (title, _wrapped(title, data) if isinstance(data, list) else data)

    return "\n\n".join("\n".join(line(field, data) for field, data in row) for row in rows)


def _wrapped(title, words):
    """A list continues on the next line, by two spaces, once a line has 80 columns."""
    text, column = words[0], len(title) + 2 + len(words[0])
    for word in words[1:]:
        if column < 80:
            text += " " + word
            column += 1 + len(word)
        else:
            text += "\n  " + word
            column = 2 + len(word)
    return text


def version(context, arguments):
    if not context.options.test or len(arguments) != 2:
        raise Unsupported("version without -t and two versions")
    order = versions.compare(*arguments)
    context.output.plain({versions.LESS: "<", versions.EQUAL: "=", versions.GREATER: ">"}[order])
    return 0
