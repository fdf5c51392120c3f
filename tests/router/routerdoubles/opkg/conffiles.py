# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configuration files of packages: what somebody changed is kept."""

import os

from . import storage

BACKUP, NEW = "-opkg.backup", "-opkg"


def read_names(package):
    """Note what the package calls its configuration files, unless it is known already."""
    path = f"{package.unpack_dir}/conffiles"
    if package.conffiles or not os.path.exists(path):
        return
    package.conffiles = {}
    with open(path, encoding="utf-8", errors="surrogateescape") as stream:
        for line in stream.read().split("\n"):
            if line:
                package.conffiles[package.dest.root + line.rstrip(" \t").removeprefix("/")] = None


def is_modified(name, recorded, say):
    if recorded is None:
        say.notice(f"Conffile {name} has no md5sum.\n")
        return True
    found = storage.digest(name, _algorithm(recorded), say)
    return found is None or found != recorded


def _algorithm(recorded):
    return "sha256" if len(recorded) > 33 else "md5"


def back_up(package, old, say):
    """Put aside what the installation would overwrite. False when that failed."""
    for name, recorded in ((old and old.conffiles) or {}).items():
        if os.path.exists(name) and is_modified(name, recorded, say) and not _make_backup(name, say):
            return False
    for name in package.conffiles or {}:
        was_known = name in ((old and old.conffiles) or {})
        needed = not was_known and os.path.exists(name) and not os.path.exists(name + BACKUP)
        if needed and not _make_backup(name, say):
            return False
    return True


def _make_backup(name, say):
    if storage.copy(name, name + BACKUP, say):
        return True
    say.error("backup_make_backup", f"Failed to copy {name} to {name + BACKUP}\n")
    return False


def drop_backups(package, old):
    for owner in (old, package):
        for name in (owner and owner.conffiles) or {}:
            storage.unlink(name + BACKUP)


def resolve(package, conf):
    """After unpacking: note the checksums, and put back what was changed; the package's own file goes beside it."""
    say = conf.say
    for name, recorded in (package.conffiles or {}).items():
        if recorded is None:
            recorded = package.conffiles[name] = storage.digest(name, "sha256", say)
        backup = name + BACKUP
        if not os.path.exists(name) or not os.path.exists(backup):
            continue
        saved = recorded and storage.digest(backup, _algorithm(recorded), say)
        if saved and saved != recorded and "force_maintainer" in conf:
            say.notice(f"Conffile {backup} using maintainer's setting.\n")
        elif saved and saved != recorded:
            say.error(
                "resolve_conffiles",
                f"Existing conffile {name} is different from the conffile in the new package."
                f" The new conffile will be placed at {name + NEW}.\n",
            )
            os.rename(name, name + NEW)
            os.rename(backup, name)
        storage.unlink(backup)
