# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One package of one version, from a feed or from the status file."""

import sys

NOT_INSTALLED, UNPACKED, INSTALLED = "not-installed", "unpacked", "installed"
WANTS = ("unknown", "install", "deinstall", "purge")
STATES = (
    NOT_INSTALLED, UNPACKED, "half-configured", INSTALLED, "half-installed", "config-files", "post-inst-failed",
    "removal-failed",
)  # fmt: skip
HOLD, REPLACE, NOPRUNE, PREFER, OBSOLETE, USER = 2, 4, 8, 16, 32, 256
MARKED, FILELIST_CHANGED, NEED_DETAIL = 64, 128, 512
FLAG_NAMES = (
    (0, "ok"), (1, "reinstreq"), (HOLD, "hold"), (REPLACE, "replace"), (NOPRUNE, "noprune"), (PREFER, "prefer"),
    (OBSOLETE, "obsolete"), (USER, "user"),
)  # fmt: skip
STORED_FLAGS = HOLD | NOPRUNE | PREFER | OBSOLETE | USER
# The texts a package keeps, with the number that the real opkg gives each in its complaint about a second one.
TEXTS = {"maintainer": 0, "source": 2, "tags": 3, "section": 4, "filename": 6, "description": 10, "abiversion": 23}
SPACE = " \t\n\v\f\r"


class Package:
    __slots__ = (
        "abstract", "architecture", "auto_installed", "conffiles", "conflicts", "depends", "dest", "essential", "flags",
        "installed_size", "installed_time", "is_upgrade", "local_file", "md5", "name", "priority", "provides", "sha256",
        "size", "source", "status", "text", "unpack_dir", "version", "want",
    )  # fmt: skip

    def __init__(self, source=None, dest=None, flags=0):
        self.name = self.version = self.abstract = self.architecture = None
        self.source, self.dest, self.flags = source, dest, flags
        self.want, self.status = "unknown", NOT_INSTALLED
        self.priority = self.size = self.installed_size = self.installed_time = 0
        self.essential = self.auto_installed = self.is_upgrade = False
        self.text = {}
        self.md5 = self.sha256 = self.local_file = self.unpack_dir = self.conffiles = None
        self.depends, self.conflicts, self.provides = [], [], []

    def is_installed(self):
        return self.status in (INSTALLED, UNPACKED)

    def set_text(self, field, value):
        """A field that comes twice keeps the room the first had: "Source:" also catches SourceName and SourceDateEpoch."""
        value = value.strip(SPACE)
        if not value:
            return
        room = self.text.get(field, (0, 0))[1]
        if room and len(value) + 1 > room:
            sys.stderr.write(f"ERROR: truncating field {TEXTS[field]} <{id(value):#x}> to {room} byte")
        self.text[field] = (value[:room] if room else value, room or len(value) + 1)

    def get_text(self, field):
        return self.text.get(field, ("", 0))[0]

    def set_status(self, words, say):
        want, flags, status = words
        self.want = _known(want, WANTS, "pkg_state_want_from_str", "state_want", say)
        self.status = _known(status, STATES, "pkg_state_status_from_str", "state_status", say)
        self.flags |= parse_flags(flags)

    def same_as(self, other):
        return (
            self.name == other.name
            and self.version.key == other.version.key
            and self.architecture == other.architecture
        )

    def merge(self, other):
        """Take from the feed's entry what the status file does not say."""
        self.auto_installed = self.auto_installed or other.auto_installed
        self.essential = self.essential or other.essential
        for field in ("source", "dest", "depends", "conflicts", "md5", "sha256", "size", "installed_size", "conffiles"):
            if not getattr(self, field):
                setattr(self, field, getattr(other, field))
        if len(self.provides) < 2:
            self.provides = other.provides
        for field in ("section", "maintainer", "description", "filename", "source", "abiversion"):
            if field not in self.text and field in other.text:
                self.text[field] = other.text[field]


def _known(word, words, function, what, say):
    if word in words:
        return word
    say.error(function, f"Internal error: {what}={word}\n")
    return words[0]


def parse_flags(text):
    flags = 0
    for value, name in FLAG_NAMES:
        if text.startswith(name):
            flags |= value
            text = text[len(name) :]
            if not text.startswith(","):
                break
            text = text[1:]
    return flags


def _flags(package):
    names = [name for value, name in FLAG_NAMES if package.flags & STORED_FLAGS & value]
    return ",".join(names) or "ok"


def _list(name, items):
    return f"{name}: {', '.join(map(str, items))}\n" if items else ""


def _conffiles(package):
    if not package.conffiles:
        return ""
    return "Conffiles:\n" + "".join(f" {name} {digest}\n" for name, digest in package.conffiles.items() if digest)


def _relations(package):
    return (
        _list("Depends", package.depends)
        + _list("Provides", [abstract.name for abstract in package.provides[1:]])
        + _list("Conflicts", [conflict.alternatives[0] for conflict in package.conflicts])
        + f"Status: {package.want} {_flags(package)} {package.status}\n"
    )


def _line(name, value):
    return f"{name}: {value}\n" if value else ""


def info(package):
    """As `opkg info` and `opkg status` print it."""
    return (
        f"Package: {package.name}\nVersion: {package.version}\n"
        + _relations(package)
        + _line("Section", package.get_text("section"))
        + _line("Essential", "yes" if package.essential else "")
        + _line("Architecture", package.architecture)
        + _line("Maintainer", package.get_text("maintainer"))
        + _line("MD5Sum", package.md5)
        + _line("Size", package.size)
        + _line("Filename", package.get_text("filename"))
        + _conffiles(package)
        + _line("Source", package.get_text("source"))
        + _line("Description", package.get_text("description"))
        + _line("Installed-Time", package.installed_time)
        + _line("Tags", package.get_text("tags"))
        + "\n"
    )


def status_entry(package):
    """As the status file has it."""
    return (
        f"Package: {package.name}\n"
        + _line("ABIVersion", package.get_text("abiversion"))
        + f"Version: {package.version}\n"
        + _relations(package)
        + _line("Essential", "yes" if package.essential else "")
        + _line("Architecture", package.architecture)
        + _conffiles(package)
        + _line("Installed-Time", package.installed_time)
        + _line("Auto-Installed", "yes" if package.auto_installed else "")
        + "\n"
    )
