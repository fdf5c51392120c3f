# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""logger and logread: the router's log is a file in RAM here, a ring buffer of logd on a real router."""

import sys
import time

from . import unsupported

LOG = "/tmp/log/messages"
FACILITIES = ("kern", "user", "mail", "daemon", "auth", "syslog", "cron", "authpriv", "local0", "local7")
LEVELS = ("emerg", "alert", "crit", "err", "warn", "notice", "info", "debug")


def _priority(text):
    facility, _, level = text.rpartition(".")
    facility = facility or "user"
    return f"{facility}.{level}" if facility in FACILITIES and level in LEVELS else None


def logger(argv):
    """busybox's logger: [-s] [-t TAG] [-p PRIO] [MESSAGE...]; without a message each line of standard input is one."""
    tag, priority, to_stderr, words = "root", "user.notice", False, list(argv)
    while words and words[0].startswith("-") and words[0] != "--":
        option = words.pop(0)
        if option == "-s":
            to_stderr = True
            continue
        letter, value = option[:2], option[2:] or (words.pop(0) if words else None)
        if letter == "-t" and value is not None:
            tag = value
        elif letter == "-p" and value is not None:
            priority = _priority(value)
            if priority is None:
                sys.stderr.write(f"logger: unknown priority name: {value}\n")
                return 1
        else:
            sys.stderr.write(f"logger: invalid option -- '{letter[1:]}'\n")
            sys.stderr.write("Usage: logger [-s] [-t TAG] [-p PRIO] [MESSAGE]\n")
            return 1
    if words[:1] == ["--"]:
        words.pop(0)
    lines = [" ".join(words)] if words else [line.rstrip("\n") for line in sys.stdin]
    with open(LOG, "a", encoding="utf-8", errors="surrogateescape") as log:
        for line in lines:
            log.write(f"{time.strftime('%a %b %e %H:%M:%S %Y')} {priority} {tag}: {line}\n")
            if to_stderr:
                sys.stderr.write(f"{tag}: {line}\n")
    return 0


def logread(argv):
    """logread [-l COUNT] [-e PATTERN]: the log from the oldest entry on."""
    import re

    count, pattern, words = None, None, list(argv)
    while words:
        option = words.pop(0)
        if option in ("-l", "-e") and words:
            value = words.pop(0)
            count, pattern = (int(value), pattern) if option == "-l" else (count, re.compile(value))
        else:
            return unsupported.report("logread", option)
    try:
        with open(LOG, encoding="utf-8", errors="surrogateescape") as log:
            lines = [line for line in log if pattern is None or pattern.search(line)]
    except FileNotFoundError:
        lines = []
    sys.stdout.write("".join(lines[-count:] if count else lines))
    return 0
