# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sub-commands that only look: list, find, info, status, files, list-upgradable, compare-versions."""

import sys

from .conffiles import is_modified
from .files import Files
from .package import NEED_DETAIL, info
from .pattern import matches
from .resolve import candidate_by_name
from .version import Version, compare, satisfies


def _line(package):
    description = package.get_text("description")
    return f"{package.name} - {package.version}" + (f" - {description}" if description else "") + "\n"


def list_all(database, pattern, with_descriptions):
    """What the feeds offer, then what is installed and in no feed."""

    def wanted(package):
        texts = [package.name] + [package.get_text("description")] * with_descriptions
        return pattern is None or any(text and matches(pattern, text) for text in texts)

    found, installed = [], []
    database.load_feeds(NEED_DETAIL, found.append)
    database.load_status(installed.append)
    names = {package.name for package in found if wanted(package)}
    for package in installed:
        if package.name not in names:
            found.append(package)
    for package in sorted(filter(wanted, found), key=lambda package: package.name):
        sys.stdout.write(_line(package))
    return 0


def list_installed(database, pattern):
    for package in sorted(database.installed(), key=lambda package: package.name):
        if pattern is None or matches(pattern, package.name):
            sys.stdout.write(_line(package))
    return 0


def list_upgradable(database):
    Files(database.conf).learn(database.installed())
    for package in database.installed():
        newer = candidate_by_name(database, package.name)
        if newer and compare(package.version, newer.version) < 0:
            sys.stdout.write(f"{package.name} - {package.version} - {newer.version}\n")
    return 0


def describe(database, packages, pattern):
    """Looks at the configuration files as well; all that shows of it is a complaint about one that is not there."""
    for package in packages:
        if pattern is None or matches(pattern, package.name):
            sys.stdout.write(info(package))
            for name, recorded in (package.conffiles or {}).items():
                is_modified(name, recorded, database.conf.say)
    return 0


def files(database, name):
    package = database.installed_by_name(name)
    if package is None:
        database.conf.say.error("opkg_files_cmd", f"Package {name} not installed.\n")
        return 0
    names = Files(database.conf).of(package)
    place = f"Package {package.name} ({package.version}) is installed on {package.dest.name}"
    sys.stdout.write(f"{place} and has the following files:\n" + "".join(f"{name}\n" for name in names))
    return 0


def compare_versions(conf, arguments):
    if len(arguments) != 3:
        usage = "opkg compare_versions <v1> <op> <v2>\n<op> is one of <= >= << >> =\n"
        conf.say.error("opkg_compare_versions_cmd", usage)
        return -1
    left, operator, right = arguments
    answer = satisfies(Version(left), operator, Version(right))
    if answer is None:
        conf.say.error("pkg_version_satisfied", f"Unknown operator: {operator}.\n")
    return 0 if answer else 1


def print_architecture(conf):
    for name, priority in conf.architectures:
        sys.stdout.write(f"arch {name} {priority}\n")
    return 0
