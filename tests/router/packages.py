# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetch and unpack Debian packages with apt, without installing anything on this machine.

apt works on a private state whose list of installed packages is empty, so it fetches every library as well. Where the
machine's own package lists are usable they are only read.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

WANTED = ("busybox", "dropbear-bin", "nftables", "python3")
SYSTEM_LISTS = Path("/var/lib/apt/lists")


class PackagesError(Exception):
    """The packages cannot be had; the text says what to do."""


def apt_get(root: Path, lists: Path) -> list[str]:
    state, cache = root / "state", root / "cache"
    for folder in (state / "lists/partial", cache / "archives/partial"):
        folder.mkdir(parents=True, exist_ok=True)
    installed = state / "installed"
    installed.touch()
    options = {
        "Dir::State": state,
        "Dir::State::lists": lists,
        "Dir::State::status": installed,
        "Dir::Cache": cache,
        "Debug::NoLocking": "true",
        "APT::Sandbox::User": "",
        "APT::Update::Post-Invoke": "",
        "APT::Update::Post-Invoke-Success": "",
        "DPkg::Post-Invoke": "",
    }
    return ["apt-get", *(f"-o{key}={value}" for key, value in options.items())]


def output_of(command: list[str]) -> str:
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        raise PackagesError(result.stderr.strip().splitlines()[-1] if result.stderr.strip() else "apt-get failed")
    return result.stdout


def _install(root: Path, lists: Path, *flags: str) -> str:
    return output_of([*apt_get(root, lists), "-qq", "-y", "--no-install-recommends", *flags, "install", *WANTED])


def usable_lists(root: Path) -> Path:
    """The machine's own package lists when they know all we want, else private ones, fetched now."""
    private = root / "state/lists"
    for lists in (SYSTEM_LISTS, private):
        try:
            _install(root, lists, "--print-uris")
            return lists
        except PackagesError:
            continue
    output_of([*apt_get(root, private), "-qq", "update"])
    return private


def fetch(root: Path) -> list[Path]:
    """The .deb files of the wanted packages and of all they need; downloaded into root unless they are there."""
    archives = root / "cache/archives"
    complete = root / "complete"
    if not complete.exists():
        _download(root)
        complete.touch()
    return sorted(archives.glob("*.deb"))


def _download(root: Path) -> None:
    if not shutil.which("apt-get"):
        raise PackagesError("the test router is built from Debian packages: this needs apt-get (Debian or Ubuntu)")
    shutil.rmtree(root / "cache", ignore_errors=True)
    try:
        _install(root, usable_lists(root), "--download-only")
    except PackagesError as error:
        raise PackagesError(
            f"cannot fetch {', '.join(WANTED)}: {error}. Is there a network, and does the apt configuration of this "
            "machine name a Debian or Ubuntu mirror (on Ubuntu with 'universe')? Try: sudo apt-get update"
        ) from error


def unpack(debs: list[Path], target: Path) -> None:
    target.mkdir(parents=True)
    for deb in debs:
        subprocess.run(["dpkg-deb", "--extract", deb, target], check=True)
