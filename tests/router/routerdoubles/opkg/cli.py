# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""opkg's command line."""

import sys

from ..unsupported import Unsupported, report
from . import query
from .config import Config
from .database import Database
from .package import NEED_DETAIL
from .session import Session
from .usage import UsageError, parse, text

# What has to be read before a sub-command starts.
NOTHING = ("install", "print-architecture", "print-installation-architecture", "compare-versions")
STATUS = ("remove", "files", "list", "list-installed", "status", "update")
STATUS_AND_FEEDS = ("list-upgradable", "info", "find")
OTHERS = (
    "upgrade", "list-changed-conffiles", "flag", "configure", "search", "download", "depends", "whatdepends",
    "whatdependsrec", "whatrecommends", "whatsuggests", "whatprovides", "whatreplaces", "whatconflicts",
)  # fmt: skip
ALL = NOTHING + STATUS + STATUS_AND_FEEDS + OTHERS
UNDERSCORED = {name.replace("-", "_"): name for name in ALL}
NEED_ARGUMENTS = ("install", "remove", "files", "find", "compare-versions")
# Fields that are left out when reading, unless noted here: that is why `opkg status` has no description.
MASKED = {"info": (), "compare-versions": ()}
MASKED.update(dict.fromkeys(("list", "list-installed", "list-upgradable", "find"), ("Source",)))


def main(argv):
    try:
        return _run(argv) & 0xFF
    except UsageError as problem:
        sys.stderr.write(f"{problem}\n")
        sys.stdout.write(text())
        return 1
    except Unsupported as error:
        return report("opkg", error)


def _run(argv):
    conf = Config()
    words = parse(argv, conf)
    if not words:
        raise UsageError("opkg must have one sub-command argument")
    command, conf.arguments = UNDERSCORED.get(words[0], words[0]), words[1:]
    if command not in ALL:
        raise UsageError(f"opkg: unknown sub-command {words[0]}")
    if command in OTHERS:
        raise Unsupported(f"sub-command {words[0]}")
    result = -1
    session = Session(conf)
    if conf.load() and session.open():
        result = _in_session(session, command)
    sys.stdout.flush()
    conf.say.print_errors()
    return result


def _in_session(session, command):
    """A wrong usage leaves lock file and temporary directory behind, as the real one does."""
    try:
        session.conf.resolve()
        result = _execute(command, session.conf)
    except Unsupported:
        session.close()
        raise
    session.close()
    return result


def _execute(command, conf):
    database = Database(conf, MASKED.get(command, ("Description", "Source")))
    if command in STATUS_AND_FEEDS:
        database.load_feeds(NEED_DETAIL)
    if command not in NOTHING:
        database.load_status()
    arguments = conf.arguments
    if command in NEED_ARGUMENTS and not arguments:
        raise UsageError(f"opkg: the ``{command}'' command requires at least one argument")
    pattern = arguments[0] if arguments else None
    if command in ("list", "find"):
        return query.list_all(database, pattern, with_descriptions=command == "find")
    if command == "list-installed":
        return query.list_installed(database, pattern)
    if command == "list-upgradable":
        return query.list_upgradable(database)
    if command == "info":
        return query.describe(database, database.available(), pattern)
    if command == "status":
        return query.describe(database, database.installed(), pattern)
    if command == "files":
        return query.files(database, pattern)
    if command == "compare-versions":
        return query.compare_versions(conf, arguments)
    if command.startswith("print-"):
        return query.print_architecture(conf)
    return _change(command, database, arguments)


def _change(command, database, arguments):
    """What writes. It is read in only here: the others have to start fast."""
    if command == "update":
        from .download import update

        return update(database.conf)
    from .files import Files
    from .status import write_if_changed

    files = Files(database.conf)
    if command == "install":
        from .install import install_all

        well = install_all(database, files, arguments)
    else:
        from .remove import remove_matching

        well = remove_matching(database, files, arguments)
    write_if_changed(database, files)
    return 0 if well else -1
