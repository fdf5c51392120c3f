# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""fw4 [-q] [-v] start|stop|flush|reload|restart|check|print|network|device|zone"""

import fcntl
import os
import sys

from ..uci import UciError, load_package
from ..unsupported import Unsupported, report
from . import STATE_FILE
from .errors import Crash, crash_trace
from .process import feed, run

_LOCK = "/var/run/fw4.lock"
_CRASHED = 254


def main(argv):
    arguments, verbose = _options(argv)
    command, operands = (arguments[0], arguments[1:]) if arguments else ("", [])
    if os.isatty(2):
        os.environ["TTY"] = "1"
    try:
        if command in ("start", "reload"):
            return _start(command, verbose)
        if command == "stop":
            return _stop()
        if command == "flush":
            return _flush()
        if command == "restart":
            return _restart(verbose)
        if command == "check":
            return _check(verbose)
        if command == "print":
            return _print()
        if command in ("network", "device", "zone"):
            return _look_up(command, operands)
        raise Unsupported(f"command '{command}'")
    except Unsupported as error:
        return report("fw4", error)


def _options(argv):
    """Options come first; -q reaches script includes through the environment, as the real one does."""
    arguments, verbose = list(argv), []
    while arguments and arguments[0] in ("-q", "-v"):
        if arguments.pop(0) == "-q":
            os.environ["QUIET"] = "1"
        else:
            os.environ["VERBOSE"] = "-e"
            verbose = ["-e"]
    return arguments, verbose


def _render(action):
    """(exit code, text); a crash leaves its trace on standard error, also with -q, and no text."""
    from .firewall import Firewall
    from .host import Host
    from .networks import read_networks
    from .ruleset import render

    try:
        firewall = Firewall(_sections(), read_networks(), Host())
    except Crash as crash:
        sys.stderr.write(crash_trace(str(crash), action))
        sys.stderr.flush()
        return _CRASHED, ""
    if action == "start":
        from . import state

        state.write(firewall)
    return 0, render(firewall)


def _sections():
    """A configuration that is missing or cannot be parsed counts as empty."""
    from .model import Section

    try:
        package = load_package("firewall")
    except UciError:
        return []
    return [Section(s.type, s.options, s.name, s.anonymous) for s in package.sections]


def _locked():
    """The open lock file; closing it gives the lock up."""
    lock = open(_LOCK, "w")  # noqa: SIM115 - the caller closes it
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def _die(message):
    if not os.environ.get("QUIET"):
        sys.stderr.write(message + "\n")
    return 1


def _start(command, verbose):
    """nft's refusal does not count: the exit code is that of the includes, which need no more than the state file."""
    with _locked():
        loaded = os.path.exists(STATE_FILE)
        if command == "start" and loaded:
            return _die("The fw4 firewall appears to be already loaded.")
        if command == "reload" and not loaded:
            return _die("The fw4 firewall does not appear to be loaded.")
        if command == "reload":
            os.unlink(STATE_FILE)
        feed(["nft", *verbose, "-f", "/dev/stdin"], _render("start")[1])
        from .scripts import run_script_includes

        return run_script_includes()


def _remove_state():
    if os.path.exists(STATE_FILE):
        os.unlink(STATE_FILE)


def _stop():
    with _locked():
        run(["nft", "delete", "table", "inet", "fw4"])
        _remove_state()
    return 0


def _flush():
    with _locked():
        for line in run(["nft", "list", "tables"])[1].splitlines():
            _, family, table = line.split(None, 2)
            run(["nft", "delete", "table", family, table])
        _remove_state()
    return 0


def _passes(verbose):
    """nft's exit code, else the renderer's: a crash renders nothing, which nft accepts."""
    code, text = _render("print")
    return feed(["nft", *verbose, "-c", "-f", "/dev/stdin"], text) or code


def _restart(verbose):
    quiet = os.environ.get("QUIET")
    os.environ["QUIET"] = "1"
    code = _passes(verbose)
    if quiet is None:
        del os.environ["QUIET"]
    else:
        os.environ["QUIET"] = quiet
    if code:
        return _die("The rendered ruleset contains errors, not doing firewall restart.")
    _stop()
    return _start("", verbose)


def _check(verbose):
    if os.environ.get("QUIET"):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
    code = _passes(verbose)
    if code == 0:
        sys.stdout.write("Ruleset passes nftables check.\n")
    return code


def _print():
    code, text = _render("print")
    try:
        os.write(1, os.fsencode(text))
    except BrokenPipeError:  # "fw4 print | head"
        return 128 + 13
    return code


def _look_up(command, operands):
    from . import state

    with _locked():
        known = state.read()
    if known is None:
        return 1
    name, device = ([*operands, "", ""])[:2]
    found = state.LOOK_UPS[command](known, name, device)
    if found is None:
        return 1
    sys.stdout.write("".join(line + "\n" for line in found))
    return 0
