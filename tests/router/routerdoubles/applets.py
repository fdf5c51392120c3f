# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Applets that OpenWrt's busybox has and Debian's lacks: flock, pgrep and fsync."""

import os
import sys

from . import unsupported


def _letters(words, known):
    """Takes the leading options off the words; (their letters, the first unknown one)."""
    letters = set()
    while words and words[0].startswith("-") and len(words[0]) > 1:
        for letter in words.pop(0)[1:]:
            if letter not in known:
                return letters, letter
            letters.add(letter)
    return letters, None


def flock(argv):
    import fcntl

    words = list(argv)
    letters, unknown = _letters(words, "sxun")
    if unknown or not words:
        problem = f"flock: invalid option -- '{unknown}'\n" if unknown else ""
        sys.stderr.write(problem + "Usage: flock [-sxun] FD | { FILE [-c] PROG ARGS }\n")
        return 1
    target = words.pop(0)
    try:
        fd = os.open(target, os.O_RDONLY | os.O_CREAT | os.O_NOCTTY, 0o666) if words else int(target)
        how = fcntl.LOCK_UN if "u" in letters else fcntl.LOCK_SH if "s" in letters else fcntl.LOCK_EX
        fcntl.flock(fd, how | (fcntl.LOCK_NB if "n" in letters else 0))
    except ValueError:
        sys.stderr.write(f"flock: invalid number '{target}'\n")
        return 1
    except BlockingIOError:
        return 1
    except OSError as error:
        name = f"can't open '{target}': " if words else ""
        sys.stderr.write(f"flock: {name}{os.strerror(error.errno)}\n")
        return 1
    return _locked_command(fd, words) if words else 0


def _locked_command(fd, words):
    """The command inherits the lock, as it does with busybox."""
    if words[0] == "-c" and len(words) == 2:
        words = [os.environ.get("SHELL", "/bin/sh"), "-c", words[1]]
    os.set_inheritable(fd, True)
    child = os.fork()
    if child == 0:
        try:
            os.execvp(words[0], words)
        except OSError as error:
            sys.stderr.write(f"flock: {words[0]}: {os.strerror(error.errno)}\n")
            os._exit(255)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return status if status >= 0 else 128 - status


def pgrep(argv):
    """pgrep [-f] [-l] [-x] [-o|-n] PATTERN"""
    import re

    words = list(argv)
    letters, unknown = _letters(words, "flxon")
    if unknown or len(words) != 1:
        return unsupported.report("pgrep", " ".join(argv))
    pattern = re.compile(words[0])
    match = pattern.fullmatch if "x" in letters else pattern.search
    found = []
    for pid in sorted((int(name) for name in os.listdir("/proc") if name.isdigit()), reverse="n" in letters):
        name = _process_name(pid, "f" in letters)
        if pid != os.getpid() and name and match(name):
            found.append(f"{pid} {name}" if "l" in letters else str(pid))
    if letters & {"o", "n"}:
        found = found[:1]
    sys.stdout.write("".join(line + "\n" for line in found))
    return 0 if found else 1


def _process_name(pid, with_arguments):
    try:
        with open(f"/proc/{pid}/{'cmdline' if with_arguments else 'comm'}", errors="replace") as file:
            return file.read().replace("\0", " ").strip()
    except OSError:
        return None


def fsync(argv):
    for path in argv:
        try:
            fd = os.open(path, os.O_RDONLY | os.O_NOCTTY)
        except OSError as error:
            sys.stderr.write(f"fsync: can't open '{path}': {os.strerror(error.errno)}\n")
            return 1
        os.fsync(fd)
        os.close(fd)
    return 0
