# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the stanzas of package lists, of the status file and of a package's control file."""

import sys

from ..unsupported import Unsupported
from .dependency import parse_list
from .package import NEED_DETAIL, SPACE, TEXTS, Package
from .version import Version

# In this order; a line belongs to the first name it starts with, whatever follows, as in the real opkg.
FIELDS = (
    "ABIVersion", "Alternatives", "Architecture", "Auto-Installed", "Conffiles", "Conflicts", "Description", "Depends",
    "Essential", "Filename", "Installed-Size", "Installed-Time", "MD5sum:", "MD5Sum:", "Maintainer", "Package",
    "Priority", "Provides", "Pre-Depends", "Recommends", "Replaces", "Section", "SHA256sum", "Size", "Source",
    "Status", "Suggests", "Tags", "Version",
)  # fmt: skip
UNSUPPORTED = ("Alternatives", "Pre-Depends", "Recommends", "Replaces", "Suggests")
BY_LETTER = {letter: [name for name in FIELDS if name[0] == letter] for letter in {name[0] for name in FIELDS}}


def _number(text):
    text = text.strip(SPACE)
    digits = text[: len(text) - len(text.lstrip("0123456789"))]
    return int(digits or 0)


def _digest(text, length):
    text = text.strip(SPACE)
    try:
        return text.lower() if len(bytes.fromhex(text)) == length else None
    except ValueError:
        return None


class Parser:
    """masked: fields that the sub-command does not want, such as Description."""

    def __init__(self, database, masked=()):
        self.database = database
        self.say = database.conf.say
        self.masked = masked
        self.reading = self.description = None

    def packages(self, text, **origin):
        """Yield each stanza's package; origin is where it comes from (source, dest, flags)."""
        *lines, last = text.split("\n")
        if last:
            lines.append(last)
        package = Package(**origin)
        for number, line in enumerate([*lines, ""], 1):
            if last and number == len(lines):
                self.say.error("parse_from_stream_nomalloc", "Missing new line character at end of file!\n")
            self._line(package, line)
            if not line.strip(SPACE):
                if package.name is not None:
                    yield package
                package = Package(**origin)

    def _line(self, package, line):
        if line.startswith(" ") and self.reading == "Description":
            self.description += ("\n" if sys.stdout.isatty() else "") + line
            return
        if line.startswith(" ") and self.reading == "Conffiles":
            self._conffile(package, line)
            return
        if self.reading == "Description":
            package.set_text("description", self.description)
        self.reading = None
        for name in BY_LETTER.get(line[:1], ()):
            if line.startswith(name):
                if name not in self.masked:
                    self._field(package, name.rstrip(":"), line[len(name.rstrip(":")) + 1 :])
                return

    def _conffile(self, package, line):
        words = line.split()
        if len(words) < 2:
            self.say.error("parse_conffiles", f"Failed to parse Conffiles line for {package.name}\n")
        else:
            package.conffiles[words[0]] = words[1]

    def _field(self, package, name, value):
        if name in UNSUPPORTED:
            raise Unsupported(f"field {name} of package {package.name}")
        if name.lower() in TEXTS and name != "Description":
            package.set_text(name.lower(), value)
            return
        handler = getattr(self, "_set_" + name.lower().replace("-", "_"), None)
        if handler:
            handler(package, value)

    def _set_description(self, _package, value):
        self.reading, self.description = "Description", value.strip(SPACE)

    def _set_conffiles(self, package, _value):
        self.reading, package.conffiles = "Conffiles", {}

    def _set_architecture(self, package, value):
        package.architecture, package.priority = self.database.conf.architecture(value.strip(SPACE))

    def _set_auto_installed(self, package, value):
        package.auto_installed = package.auto_installed or value.strip(SPACE) == "yes"

    def _set_essential(self, package, value):
        package.essential = package.essential or value.strip(SPACE) == "yes"

    def _set_conflicts(self, package, value):
        package.conflicts += parse_list(value, self.database)

    def _set_depends(self, package, value):
        package.depends += parse_list(value, self.database)

    def _set_provides(self, package, value):
        self.database.provide(package, value.replace(",", " ").split())

    def _set_installed_size(self, package, value):
        package.installed_size = _number(value)

    def _set_installed_time(self, package, value):
        package.installed_time = _number(value)

    def _set_size(self, package, value):
        package.size = _number(value)

    def _set_md5sum(self, package, value):
        package.md5 = _digest(value, 16) or package.md5

    def _set_sha256sum(self, package, value):
        package.sha256 = _digest(value, 32) or package.sha256

    def _set_package(self, package, value):
        package.name = value.strip(SPACE)
        abstract = self.database.find(package.name)
        if abstract and abstract.flags & NEED_DETAIL:
            package.flags |= NEED_DETAIL

    def _set_status(self, package, value):
        words = value.split()
        if len(words) < 3:
            self.say.error("parse_status", f"Failed to parse Status line for {package.name}\n")
        else:
            package.set_status(words[:3], self.say)

    def _set_version(self, package, value):
        package.version = Version(value)
