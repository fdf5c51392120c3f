# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing files the way C's stdio does: what does not fit on a full disk fails late, and mostly nobody looks."""

import errno
import os

# The size of a stream's buffer in musl: so much is written only when the file is closed.
BUFFER = 1024


def write(path, data):
    """Raises OSError when the file cannot be opened. Returns the problem with the data, if any; what fitted is written."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    try:
        while data:
            data = data[os.write(descriptor, data) :]
    except OSError as problem:
        return problem
    finally:
        os.close(descriptor)
    return None


def write_text(path, text):
    return write(path, text.encode("utf-8", "surrogateescape"))


def copy(source, target, say):
    """True when it worked. Keeps times, mode and owner; an error leaves the old target as it is if nothing was opened."""
    problem = _copy(source, target)
    if problem:
        say.os_error(*problem)
        say.error("file_copy", f"Failed to copy file {source} to {target}.\n")
    return not problem


def _copy(source, target):
    try:
        status = os.stat(source)
        with open(source, "rb") as stream:
            data = stream.read()
    except OSError as problem:
        return "copy_file", source, problem
    try:
        problem = write(target, data)
    except OSError as refused:
        return "copy_file", f"unable to open `{target}'", refused
    if problem and len(data) > BUFFER:
        return "copy_file_chunk", "write", problem
    if problem:
        return "copy_file", f"unable to close `{target}'", problem
    os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))
    os.chown(target, status.st_uid, status.st_gid)
    os.chmod(target, status.st_mode & 0o7777)
    return None


def move(source, target, say):
    try:
        os.rename(source, target)
        return True
    except OSError as problem:
        if problem.errno != errno.EXDEV:
            say.os_error("file_move", f"Failed to rename {source} to {target}", problem)
            return False
    if not copy(source, target, say):
        return False
    os.unlink(source)
    return True


def unlink(path):
    """Gone afterwards, or not: nobody asks."""
    try:
        os.unlink(path)
    except OSError:
        return


def is_file(path):
    """Something that is there and no directory."""
    return os.path.exists(path) and not os.path.isdir(path)


def digest(path, algorithm, say):
    """The file's checksum, None when it cannot be read."""
    import hashlib

    try:
        with open(path, "rb") as stream:
            return hashlib.new(algorithm, stream.read()).hexdigest()
    except OSError as problem:
        if algorithm == "sha256":
            say.os_error("file_sha256sum_alloc", f"Failed to open file {path}", problem)
        else:
            say.error("file_md5sum_alloc", f"Could't compute md5sum for {path}.\n")
        return None


def available_kilobytes(path, say):
    try:
        status = os.statvfs(path)
    except OSError as problem:
        say.os_error("get_available_kbytes", f"Failed to statvfs for {path}", problem)
        return 0
    return status.f_bavail * status.f_frsize // 1024
