# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must hold of a router whatever happened to it: whole files, a firewall that is up and closed, nobody locked out."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import network

KEEP = "/etc/nftables.d/fastpath"
CONFIG = "/etc/config/firewall"
WAY_BACK = f"{KEEP}/previous."  # the kept generation, for a later rollback
# Written, then renamed: nothing reads them under these names, and a cut may leave them behind.
BESIDE = ("/etc/config/.firewall.fastpath", f"{KEEP}/.new", f"{KEEP}/.previous")
OF_THE_TOOLS = ("/lib/apk/db/lock", "/etc/dropbear/dropbear_")  # made when they are first used


@dataclass(frozen=True)
class State:
    """A router as it stands: its files on flash, and the rules that its kernel has."""

    files: dict[str, str]
    rules: str
    config: bytes


def state(router: object, ignored: tuple[str, ...] = ()) -> State:
    files = {
        path: what
        for path, what in router.files_snapshot().items()
        if not path.startswith(OF_THE_TOOLS + ignored) and not what.startswith("4")  # a folder
    }
    config = router.read(CONFIG) if CONFIG in files else b""
    return State(files, router.run("nft -s list ruleset"), config)


def damage(now: State, old: State, new: State, switched: bool) -> list[str]:
    """What is wrong with a router in state NOW that was cut off on its way from OLD to NEW; SWITCHED: whether NEW is due."""
    due, other, name = (new, old, "new") if switched else (old, new, "old")
    wrong = []
    if now.config != due.config:
        wrong.append(f"{CONFIG} is not the {name} one, byte for byte ({len(now.config)} bytes)")
    if now.rules != due.rules:
        wrong.append(f"the kernel has other rules than those of the {name} state")
    for path in sorted({*due.files, *now.files} - {CONFIG, *BESIDE}):
        found = now.files.get(path)
        if found == due.files.get(path) or is_way_back(path, found, old, new):
            continue
        if path not in due.files and found == other.files.get(path):
            continue  # an include's file that nothing refers to, yet or any more; whole
        wrong.append(f"{path} is neither the old one nor the new one" if found else f"{path} is gone")
    return wrong


def is_way_back(path: str, found: str | None, old: State, new: State) -> bool:
    """The kept generation is no part of what the router boots with: the former one, the new one, or none."""
    return path.startswith(WAY_BACK) and found in (None, old.files.get(path), new.files.get(path))


def ruined(router: object) -> list[str]:
    """Lockouts, open firewalls and files that are not whole: what no fault may ever lead to. Empty: all is well."""
    wrong = []
    check = router.exec("fw4 check")
    if check.returncode:
        wrong.append(f"truncated: fw4 check fails ({check.stderr.decode().strip()[:100]})")
    if router.exec("uci -q show firewall.@zone[0]").returncode:
        wrong.append(f"truncated: uci finds no zone in {CONFIG}")
    chains = router.exec("nft list chains inet").stdout.decode()
    if "hook input priority filter; policy drop;" not in chains:
        wrong.append("open: fw4's input chain does not drop")
    with ThreadPoolExecutor(len(network.PATHS)) as pool:  # where nobody answers, that takes its time
        answered = dict(zip(network.PATHS, pool.map(lambda path: let_in(router, path), network.PATHS), strict=True))
    wrong += [f"locked out: no SSH from {path}" for path in answered if path.startswith("lan") and not answered[path]]
    wrong += [f"open: SSH from {path} is let in" for path in answered if path.startswith("wan") and answered[path]]
    return wrong


def let_in(router: object, path: str) -> bool:
    seconds = 30 if path.startswith("lan") else 1
    return network.reaches(router, path, seconds) and (path != "lan IPv4" or network.logs_in(router, path))


def leftovers(router: object, timeout: int) -> list[str]:
    """What a transaction must not leave behind: staged changes, files in RAM, processes. TIMEOUT: what a watchdog waits."""
    found = []
    if router.exec("[ -s /tmp/.uci/firewall ]").returncode == 0:
        found.append("staged changes")
    if os.path.exists(f"/proc/{router.pid}/root/tmp/run/fastpath"):
        found.append("/var/run/fastpath")
    waiting = [line for line in processes(router) if line.endswith(f"sleep {timeout} ")]
    return found + [f"process {line}" for line in [*scripts(router), *waiting]]


def scripts(router: object) -> list[str]:
    """The product's scripts that are at work on the router, and its watchdogs: copies of them."""
    return [line for line in processes(router) if line.startswith(("/bin/sh -s", "sh -s"))]


def processes(router: object) -> list[str]:
    return router.run("for p in /proc/[0-9]*; do tr '\\0' ' ' <$p/cmdline; echo; done 2>/dev/null").splitlines()
