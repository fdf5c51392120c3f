# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the test router's image: the base from Debian packages, then our files and the doubles on top.

Both are cached by a hash of what they are made of, so that a change of a double costs about a second.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import io
import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import base

HERE = Path(__file__).resolve().parent
FLAVOURS = ("24.10", "25.12")
REPOSITORY = "localhost/fastpath-router"
KEPT_IMAGES = 4

# Program of the router: (module:function of its double, flavours that have it).
DOUBLES = {
    "sbin/uci": ("uci.cli:main", FLAVOURS),
    "bin/opkg": ("opkg.cli:main", ("24.10",)),
    "usr/bin/apk": ("apk.cli:main", ("25.12",)),
    "sbin/fw4": ("fw4.cli:main", FLAVOURS),
    "bin/ubus": ("ubus.cli:main", FLAVOURS),
    "usr/bin/jsonfilter": ("jsonfilter:main", FLAVOURS),
    "usr/sbin/nft": ("nft.cli:main", FLAVOURS),
    "usr/bin/logger": ("log:logger", FLAVOURS),
    "sbin/logread": ("log:logread", FLAVOURS),
    "usr/bin/flock": ("applets:flock", FLAVOURS),
    "usr/bin/pgrep": ("applets:pgrep", FLAVOURS),
    "bin/fsync": ("applets:fsync", FLAVOURS),
}
LAUNCHER = """#!/opt/double/bin/python3 -IS
import sys
sys.path.insert(0, "/opt/double/lib")
from routerdoubles.{module} import {function}
sys.exit({function}(sys.argv[1:]))
"""
# Relative, as on OpenWrt; a link that starts with a slash would lead out of the router when seen from outside.
LINKS = {
    "var": "tmp",
    "etc/mtab": "../proc/mounts",
    "etc/resolv.conf": "../tmp/resolv.conf",
    "etc/TZ": "../tmp/TZ",
    "etc/os-release": "../usr/lib/os-release",
}
BUILD_DATE = 1738624177  # of every file, as on the recorded router
FOLDERS = ("dev", "proc", "sys", "tmp", "root", "mnt", "overlay", "rom", "etc/config", "etc/dropbear", "usr/share")


def _digest(paths: list[Path], *texts: str) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        mode = path.stat().st_mode & 0o111
        digest.update(f"{path.relative_to(HERE)} {mode}\0".encode() + path.read_bytes() + b"\0")
    for text in texts:
        digest.update(text.encode())
    return digest.hexdigest()[:16]


def _sources(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]


def base_tree(cache: Path) -> Path:
    archives = cache / f"packages-{_digest([HERE / 'packages.py'])}"
    tree = cache / f"base-{_digest([HERE / 'base.py', HERE / 'packages.py'])}"
    if not tree.exists():
        with tempfile.TemporaryDirectory(dir=cache) as work:
            partial = Path(work, "base")
            base.build(archives, partial)
            partial.rename(tree)
        for old in {*cache.glob("base-*"), *cache.glob("packages-*")} - {tree, archives}:
            shutil.rmtree(old)
    return tree


class _Layer:
    """Collects the members of the image; what came first stays. Everything belongs to root."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self.tar = tar
        self.seen: set[str] = set()

    def _add(self, name: str, kind: bytes, mode: int, data: bytes = b"", target: str = "") -> None:
        if name in self.seen:
            return
        for parent in reversed(Path(name).parents[:-1]):
            self.folder(str(parent))
        self.seen.add(name)
        info = tarfile.TarInfo(name)
        info.type, info.mode, info.size, info.linkname = kind, mode, len(data), target
        info.mtime = BUILD_DATE
        self.tar.addfile(info, io.BytesIO(data))

    def folder(self, name: str) -> None:
        self._add(name, tarfile.DIRTYPE, 0o1777 if name == "tmp" else 0o755)

    def link(self, name: str, target: str) -> None:
        self._add(name, tarfile.SYMTYPE, 0o777, target=target)

    def file(self, name: str, data: bytes, mode: int = 0o644) -> None:
        self._add(name, tarfile.REGTYPE, mode, data)

    def tree(self, root: Path) -> None:
        for path in sorted(root.rglob("*")):
            name = str(path.relative_to(root))
            if path.is_symlink():
                self.link(name, os.readlink(path))
            elif path.is_dir():
                self.folder(name)
            else:
                executable = path.stat().st_mode & 0o100
                # Git does not keep 0600, the router does.
                mode = 0o755 if executable else 0o600 if name.startswith("etc/config/") else 0o644
                self.file(name, path.read_bytes(), mode)


def _applet_links() -> dict[str, str]:
    """Where each applet is linked, and the way from there to busybox, or to its guard."""
    links = {}
    for line in (HERE / "applets.txt").read_text().splitlines():
        if line.startswith("/"):
            folder, names = line[1:].split(": ")
            for name in names.split():
                target = "opt/double/bin/guard" if name.endswith("*") else "opt/double/bin/busybox"
                links[f"{folder}/{name.rstrip('*')}"] = os.path.relpath(target, folder)
    return links


def _launchers(flavour: str) -> dict[str, str]:
    launchers = {}
    for program, (double, flavours) in DOUBLES.items():
        module, function = double.split(":")
        source = HERE / "routerdoubles" / module.replace(".", "/")
        if flavour in flavours and source.with_suffix(".py").exists():
            launchers[program] = LAUNCHER.format(module=module, function=function)
    return launchers


def write_tar(path: Path, tree: Path, flavour: str, public_key: str) -> None:
    with tempfile.TemporaryDirectory(dir=path.parent) as work, tarfile.open(path, "w") as tar:
        doubles = Path(work, "opt/double/lib/routerdoubles")
        shutil.copytree(HERE / "routerdoubles", doubles, ignore=shutil.ignore_patterns("__pycache__"))
        base.compile_tree(tree, Path(work), doubles)
        layer = _Layer(tar)
        for folder in FOLDERS:
            layer.folder(folder)
        for source in (HERE / "rootfs" / flavour, HERE / "rootfs/common", Path(work), tree):
            layer.tree(source)
        for program, text in _launchers(flavour).items():
            layer.file(program, text.encode(), 0o755)
        for link, target in {**LINKS, **_applet_links()}.items():
            layer.link(link, target)
        layer.file("etc/dropbear/authorized_keys", public_key.encode(), 0o600)


@contextlib.contextmanager
def locked(cache: Path) -> Iterator[None]:
    """One build at a time: test runs side by side share the cache."""
    with open(cache / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _import(cache: Path, image: str, flavour: str, public_key: str, podman: Callable) -> None:
    tree = base_tree(cache)
    with tempfile.TemporaryDirectory(dir=cache) as work:
        tar = Path(work, "image.tar")
        write_tar(tar, tree, flavour, public_key)
        podman("import", "--quiet", tar, image)


def _remove_old(flavour: str, podman: Callable) -> None:
    """Keep the newest few: another test run may be about to start one, or be running it (podman then refuses)."""
    listed = podman(
        "images", "--sort", "created", "--format", "{{.Repository}}:{{.Tag}}", "--filter", f"reference={REPOSITORY}"
    )
    images = [image for image in listed.stdout.split() if image.startswith(f"{REPOSITORY}:{flavour}-")]
    for image in images[KEPT_IMAGES:]:
        podman("rmi", image, check=False)


def build(cache: Path, flavour: str, public_key: str, podman: Callable) -> str:
    """The image's name; it is built when nothing of that name is there yet."""
    cache.mkdir(parents=True, exist_ok=True)
    folders = ("routerdoubles", "rootfs/common", f"rootfs/{flavour}")
    sources = [path for folder in folders for path in _sources(HERE / folder)]
    own = [HERE / name for name in ("base.py", "packages.py", "image.py", "applets.txt")]
    image = f"{REPOSITORY}:{flavour}-{_digest([*sources, *own], public_key)}"
    if podman("image", "exists", image, check=False).returncode:
        with locked(cache):
            if podman("image", "exists", image, check=False).returncode:
                _import(cache, image, flavour, public_key, podman)
            _remove_old(flavour, podman)
    return image
