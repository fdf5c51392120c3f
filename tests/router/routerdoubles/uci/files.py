# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files as libuci handles them: locked while open, replaced by renaming."""

import fcntl
import os
import stat

from .errors import UciError


def os_path(text):
    return text.encode("latin-1")


def open_locked(path, flags, lock, mode=0o600):
    try:
        descriptor = os.open(os_path(path), flags, mode)
    except OSError:
        raise UciError("io") from None
    fcntl.flock(descriptor, lock)
    return descriptor


def make_temporary(prefix):
    while True:
        path = os_path(prefix + os.urandom(3).hex())
        try:
            return path, os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            continue
        except OSError:
            raise UciError("io") from None


def replace(path, written):
    """Rename over the file a path leads to, with that file's mode."""
    try:
        target = os.path.realpath(path)
        os.chmod(written, stat.S_IMODE(os.stat(target).st_mode))
        os.rename(written, target)
    except OSError:
        os.unlink(written)
        raise UciError("io") from None


def truncate(descriptor):
    try:
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.ftruncate(descriptor, 0)
    except OSError:
        raise UciError("io") from None


def write_text(descriptor, text):
    """Write what fits: libuci never looks whether its output got through, so a full file system passes unnoticed."""
    data = text.encode("latin-1")
    try:
        while data:
            data = data[os.write(descriptor, data) :]
    except OSError:
        pass
