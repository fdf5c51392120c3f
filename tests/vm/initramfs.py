# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guest's initramfs: the test router's root, the guest's own files, tools and kernel modules."""

from __future__ import annotations

import hashlib
import sys
import tarfile
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "router")]

import debian  # noqa: E402
import image  # noqa: E402

# These are the real thing here: the kernel has flowtables, so no stand-in is in front of nft.
REAL = {"usr/sbin/nft": "../../opt/double/bin/nft"}


class _Cpio:
    """The "newc" format that the kernel unpacks. Everything belongs to root."""

    def __init__(self, file) -> None:
        self.file = file
        self.seen: set[str] = set()

    def add(self, name: str, mode: int, data: bytes = b"", device: tuple[int, int] = (0, 0)) -> None:
        if name in self.seen:
            return
        for parent in reversed(Path(name).parents[:-1]):
            self.folder(str(parent))
        self.seen.add(name)
        self._member(name, mode, data, device)

    def _member(self, name: str, mode: int, data: bytes = b"", device: tuple[int, int] = (0, 0)) -> None:
        encoded = name.encode() + b"\0"
        fields = (len(self.seen), mode, 0, 0, 1, image.BUILD_DATE, len(data), 0, 0, *device, len(encoded), 0)
        head = b"070701" + b"".join(b"%08x" % field for field in fields) + encoded
        self.file.write(head + b"\0" * (-len(head) % 4) + data + b"\0" * (-len(data) % 4))

    def folder(self, name: str, mode: int = 0o755) -> None:
        self.add(name, 0o040000 | mode)

    def link(self, name: str, target: str) -> None:
        self.add(name, 0o120777, target.encode())

    def write(self, name: str, data: bytes, mode: int = 0o644) -> None:
        self.add(name, 0o100000 | mode, data)

    def tar(self, path: Path) -> None:
        with tarfile.open(path) as tar:
            for member in tar:
                if member.isdir():
                    self.folder(member.name, member.mode)
                elif member.issym():
                    self.link(member.name, member.linkname)
                else:
                    self.write(member.name, tar.extractfile(member).read(), member.mode)

    def tree(self, root: Path, place: str) -> None:
        for path in sorted(path for path in root.rglob("*") if path.is_file()):
            name = f"{place}/{path.relative_to(root)}".lstrip("/")
            self.write(name, path.read_bytes(), 0o755 if path.stat().st_mode & 0o100 else 0o644)

    def end(self) -> None:
        self._member("TRAILER!!!", 0)


def digest(*paths: Path, text: str = "") -> str:
    result = hashlib.sha256(text.encode())
    for folder in paths:
        for path in sorted(folder.rglob("*")) if folder.is_dir() else [folder]:
            if path.is_file() and "__pycache__" not in path.parts:
                result.update(f"{path.relative_to(HERE.parent)} {path.stat().st_mode}\0".encode() + path.read_bytes())
    return result.hexdigest()[:16]


def build(target: Path, flavour: str, public_key: str, tools: Path, modules: list[tuple[str, bytes]]) -> None:
    router_cache = HERE.parents[1] / ".cache/router"
    router_cache.mkdir(parents=True, exist_ok=True)
    with image.locked(router_cache):
        tree = image.base_tree(router_cache)
    with tempfile.TemporaryDirectory(dir=target.parent) as work:
        partial = Path(work, "initramfs")
        with open(partial, "wb") as file:
            cpio = _Cpio(file)
            cpio.add("dev/console", 0o020600, device=(5, 1))
            for place, link in REAL.items():
                cpio.link(place, link)
            cpio.tree(HERE / "guest", "")
            cpio.tree(tools / "sbin", "opt/vm/sbin")
            cpio.tree(tools / "lib", "lib")
            order = [f"{name}.ko {debian.MODULE_OPTIONS.get(name, '')}\n" for name, _ in modules]
            cpio.write("opt/vm/modules/order", "".join(order).encode())
            for name, content in modules:
                cpio.write(f"opt/vm/modules/{name}.ko", content)
            image.write_tar(Path(work, "router.tar"), tree, flavour, public_key)
            cpio.tar(Path(work, "router.tar"))
            cpio.end()
        partial.rename(target)
