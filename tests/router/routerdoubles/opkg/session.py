# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run of opkg: its lock and its directory for temporary files."""

import fcntl
import os

LOCK_FILE = "/var/lock/opkg.lock"


def make_temporary_directory(prefix):
    while True:
        path = f"{prefix}{os.urandom(3).hex()}"
        try:
            os.mkdir(path, 0o700)
            return path
        except FileExistsError:
            continue


def remove_tree(path):
    for entry in os.scandir(path):
        if entry.is_dir(follow_symlinks=False):
            remove_tree(entry.path)
        else:
            os.unlink(entry.path)
    os.rmdir(path)


class Session:
    def __init__(self, conf):
        self.conf = conf
        self.lock = None

    def open(self):
        """False when there is no lock or no room; the error is noted. flock() is no obstacle to this lock, nor it to flock()."""
        say = self.conf.say
        try:
            self.lock = os.open(LOCK_FILE, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640)
        except OSError as problem:
            say.os_error("opkg_conf_load", f"Could not create lock file {LOCK_FILE}", problem)
            return False
        try:
            fcntl.lockf(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as problem:
            say.os_error("opkg_conf_load", f"Could not lock {LOCK_FILE}", problem)
            os.close(self.lock)
            return False
        prefix = f"{self.conf.tmp_dir or os.environ.get('TMPDIR') or '/tmp'}/opkg-"
        try:
            self.conf.tmp_dir = make_temporary_directory(prefix)
        except OSError as problem:
            say.os_error("opkg_conf_load", f"Creating temp dir {prefix}XXXXXX failed", problem)
            self._unlock()
            return False
        return True

    def close(self):
        remove_tree(self.conf.tmp_dir)
        self._unlock()

    def _unlock(self):
        os.close(self.lock)
        os.unlink(LOCK_FILE)
