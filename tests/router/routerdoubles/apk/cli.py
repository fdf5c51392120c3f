# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The apk double: from a command line to a return code."""

import os
import sys

from . import Unsupported
from .database import CACHE, LOG, Database, DatabaseError, make_directories
from .options import COMMANDS, UsageError, parse_command_line
from .output import Output

VERSION = "apk-tools 3.0.5, compiled for x86_64."
CONFIGURATION = "/etc/apk/config"
FAILED = 99  # what every negative result of the real tool ends as, and the most that it counts to

_WRITING = ("add", "del", "fix", "update", "upgrade")
_FUNCTIONS = {"del": "delete", "list": "list_packages"}  # where the command's name is a word of Python


class Context:
    """What a command works with."""

    def __init__(self, options, output):
        self.options = options
        self.output = output
        self.database = Database(options.root)
        self.repositories = None


def _function(name):
    from importlib import import_module

    module = "commands" if name in _WRITING else "queries"
    return getattr(import_module("." + module, __package__), _FUNCTIONS.get(name, name))


def _open_log(context, arguments):
    import time

    path = context.database.path(LOG)
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
    try:
        make_directories(os.path.dirname(path))
        context.output.log = os.open(path, flags, 0o644)
    except OSError as error:
        context.output.error("Unable to open log: " + os.strerror(error.errno))
        raise DatabaseError from error
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
    context.output.log_only("\nRunning `apk %s` at %s\n%s" % (" ".join(arguments), when, VERSION))


def _lock(context):
    try:
        context.database.lock(context.options.wait, context.output)
    except OSError as error:
        context.output.error("Unable to lock database: " + os.strerror(error.errno))
        raise DatabaseError(os.strerror(error.errno)) from error


def _make_cache_directory(database):
    try:
        make_directories(database.path(CACHE))
    except OSError:
        return  # a read-only system can still be looked at


def _read(database, output):
    try:
        database.read()
    except DatabaseError as error:
        output.error("Unable to read database: %s" % error)
        raise


def _open(context, name, writing):
    database, options = context.database, context.options
    if writing:
        _lock(context)
    if options.cache:
        _make_cache_directory(database)
    _read(database, context.output)
    if not (options.exists or options.installed):
        from .repositories import Repositories

        context.repositories = Repositories(database, options, context.output)
        context.repositories.load(refresh=writing and name != "del")


def _run(name, options, arguments, command_line):
    context = Context(options, Output(max(1 + options.verbose - options.quiet, 0)))
    if name == "version":
        return _function(name)(context, arguments)
    if name == "update":
        options.cache_max_age = 0
    options.installed = options.installed or options.manifest
    writing = name in _WRITING and not options.simulate
    try:
        if writing:
            _open_log(context, command_line)
        _open(context, name, writing)
        return min(_function(name)(context, arguments), FAILED)
    except DatabaseError as error:
        if str(error):
            context.output.error("Failed to open apk database: %s" % error)
        return FAILED
    finally:
        context.database.close()
        context.output.close()


def _main(argv):
    name, options, arguments = parse_command_line(argv)
    if options.version:
        print(VERSION)
        return 0
    if name is None and arguments:
        raise UsageError("'%s' is not an apk command. See 'apk --help'." % arguments[0])
    if name not in COMMANDS:
        raise Unsupported("command '%s'" % name if name else "usage text")
    if os.path.exists(CONFIGURATION):
        raise Unsupported(CONFIGURATION)
    if name in ("add", "del", "fix"):
        arguments = [argument for argument in arguments if argument]
    return _run(name, options, arguments, argv)


def main(argv):
    previous = os.umask(0)
    try:
        return _main(argv)
    except UsageError as error:
        print("ERROR: %s" % error, file=sys.stderr)
        return 1
    except Unsupported as error:
        print("double: apk: unsupported: %s" % error, file=sys.stderr)
        return FAILED
    except Exception:  # a low return code means something: how many packages are missing
        import traceback

        traceback.print_exc()
        return FAILED
    finally:
        os.umask(previous)
