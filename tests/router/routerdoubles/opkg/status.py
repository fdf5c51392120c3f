# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the status files, and the lists of files that changed."""

import errno

from . import storage
from .package import FILELIST_CHANGED, HOLD, NOT_INSTALLED, status_entry


def _belongs(package):
    """Also a package that was wanted and could not be installed is written down."""
    held = package.flags == HOLD
    unwanted = package.want in ("unknown", "purge") or (package.want == "deinstall" and not held)
    return package.dest is not None and not (package.status == NOT_INSTALLED and unwanted)


def write_if_changed(database, files):
    if not database.changed or "noaction" in database.conf:
        return
    say = database.conf.say
    packages = [package for package in database.available() if _belongs(package)]
    for dest in database.conf.dests:
        text = "".join(status_entry(package) for package in packages if package.dest is dest)
        try:
            problem = storage.write_text(dest.status_file, text)
        except OSError as refused:
            if refused.errno != errno.EROFS:
                say.os_error("opkg_conf_write_status_files", f"Can't open status file {dest.status_file}", refused)
            continue
        if problem:
            # Nobody looks at this: the return code stays 0, and what did not fit is lost.
            say.os_error("opkg_conf_write_status_files", f"Couldn't close {dest.status_file}", problem)
    for package in database.installed():
        if package.flags & FILELIST_CHANGED:
            files.write_list(package)
