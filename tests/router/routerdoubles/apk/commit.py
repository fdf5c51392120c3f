# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carrying out a plan, change by change, and writing down what came of it."""

import os

from . import Unsupported
from .database import SCRIPTS
from .feed import FormatError
from .install import Installer, InstallError
from .layout import Layout
from .output import human_size
from .scripts import Scripts
from .transfer import TransferError

HOOKS = ("etc/apk/commit_hooks.d", "lib/apk/commit_hooks.d")


class Transaction:
    def __init__(self, database, options, output):
        self._database = database
        self._options = options
        self._output = output
        self._installer = None

    def commit(self, changes, world):
        """Apply the changes and write world; the number of errors."""
        self._check_hooks()
        errors = self._apply(changes)
        self._database.world = world
        errors += self._write()
        self._summary(errors, changes)
        return errors

    def _check_hooks(self):
        for directory in HOOKS:
            path = self._database.path(directory)
            if os.path.isdir(path) and os.listdir(path):
                raise Unsupported("commit hooks in " + directory)

    def _prepare(self, changes):
        if self._options.simulate:
            return
        self._database.scripts = Scripts.read(self._database.path(SCRIPTS))
        if any(change.visible for change in changes):
            leaving = {change.old.identity for change in changes if change.old and change.old is not change.new}
            self._installer = Installer(self._database, self._options, self._output, leaving)

    def _apply(self, changes):
        self._prepare(changes)
        self._output.indent = "  "
        total = sum(change.visible for change in changes)
        done = errors = 0
        for change in changes:
            failed = change.old is not None and change.old.installed.broken
            if change.visible:
                done += 1
                self._output.message("(%*d/%d) %s" % (len(str(total)), done, total, change.describe()))
                if not self._options.simulate and (change.old is not change.new or change.new.repositories):
                    failed = not self._carry_out(change)
            errors += failed
        self._output.indent = ""
        return errors

    def _carry_out(self, change):
        if change.new is None:
            self._installer.purge(change.old)
            return True
        try:
            return self._installer.install(change.old, change.new)
        except (InstallError, FormatError, TransferError) as error:
            self._output.error("%s: %s" % (change.new, error))
            if change.old is change.new:
                self._installer.forget(change.new)  # a failed reinstallation leaves the files, but nobody who owns them
            change.new.installed = None
            return False

    def _write(self):
        if self._options.simulate:
            return 0
        try:
            self._database.write()
        except OSError as error:
            self._output.error(
                "System state may be inconsistent: failed to write database: " + os.strerror(error.errno)
            )
            return 1
        return 0

    def _summary(self, errors, changes):
        packages = list(self._database.installed)
        count = len(packages)
        size = sum(package.number("I") for package in packages)
        if self._options.simulate:
            for change in changes:
                count += (change.new is not None) - (change.old is not None)
                size += change.new.number("I") if change.new else 0
                size -= change.old.number("I") if change.old else 0
        verdict = "OK:" if not errors else "%d error%s;" % (errors, "s" if errors > 1 else "")
        if self._output.verbosity > 1:
            directories, files = Layout(packages).totals()
            text = "%s %d packages, %d dirs, %d files, %s"
            self._output.message(text % (verdict, count, directories, files, human_size(size)))
        else:
            self._output.message("%s %s in %d packages" % (verdict, human_size(size), count))
