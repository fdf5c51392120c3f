# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the test router has from Debian packages: busybox, dropbear, nft, and an interpreter for the doubles.

Everything the doubles need is kept under /opt/double, outside PATH: a stock router has no Python.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import packages

# Parts of the standard library no double needs.
STDLIB_SKIP = {
    "test", "idlelib", "lib2to3", "ensurepip", "distutils", "tkinter", "turtledemo", "pydoc_data", "unittest", "venv",
    "sqlite3", "curses", "dbm", "wsgiref", "xmlrpc", "asyncio", "multiprocessing", "ctypes", "email", "html", "http",
    "lib-dynload", "__pycache__", "xml", "concurrent", "site-packages",
}  # fmt: skip
# dropbear's search path for root, as Debian and as OpenWrt compile it.
DEBIAN_PATH = b"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\0"
OPENWRT_PATH = b"/usr/sbin:/usr/bin:/sbin:/bin\0"
EXTENSIONS = ("_json.", "mmap.", "resource.", "termios.")


def _find(tree: Path, *candidates: str) -> Path:
    for pattern in candidates:
        found = sorted(tree.glob(pattern))
        if found:
            return found[0]
    raise packages.PackagesError(f"none of {', '.join(candidates)} in the unpacked packages")


class Loader:
    """The unpacked system's own dynamic loader: it runs and examines that system's programs without a chroot."""

    def __init__(self, tree: Path) -> None:
        self.path = _find(tree, "lib64/ld-linux-*", "usr/lib64/ld-linux-*", "lib/ld-linux-*", "usr/lib/ld-linux-*")
        libc = _find(tree, "lib/*/libc.so.6", "usr/lib/*/libc.so.6")
        self.triplet = libc.parent.name
        self.folders = [tree / "lib" / self.triplet, tree / "usr/lib" / self.triplet]
        library_path = ":".join(map(str, self.folders))
        self.command = [str(self.real(self.path)), "--inhibit-cache", "--library-path", library_path]

    def real(self, link: Path) -> Path:
        """The file behind a library's link, which may be absolute, as seen from inside that system."""
        return self.find_library(link.readlink().name if link.is_symlink() else link.name)

    def find_library(self, name: str) -> Path:
        return next(folder / name for folder in (*self.folders, self.path.parent) if (folder / name).exists())

    def libraries(self, program: Path) -> set[str]:
        listing = subprocess.run([*self.command, "--list", program], capture_output=True, text=True, check=True).stdout
        return {line.split()[0] for line in listing.splitlines() if "=>" in line and "/ld-linux" not in line.split()[0]}

    def run(self, program: Path, *arguments: str | Path) -> None:
        subprocess.run([*self.command, program, *arguments], check=True)


def _copy_interpreter(tree: Path, loader: Loader, target: Path) -> list[Path]:
    """The interpreter and a small standard library, compiled; the program files, whose libraries are needed."""
    binary = _find(tree, "usr/bin/python3.[0-9]", "usr/bin/python3.[0-9][0-9]")
    stdlib = tree / "usr/lib" / binary.name
    home = target / "opt/double"
    library = home / "lib" / binary.name
    shutil.copytree(stdlib, library, symlinks=True, ignore=lambda _folder, names: STDLIB_SKIP.intersection(names))
    dynload = library / "lib-dynload"
    dynload.mkdir()
    extensions = [path for path in (stdlib / "lib-dynload").glob("*.so") if path.name.startswith(EXTENSIONS)]
    for extension in extensions:
        shutil.copy(extension, dynload)
    (home / "bin").mkdir()
    shutil.copy(binary, home / "bin/python3")
    for link in library.rglob("*"):
        if link.is_symlink():
            link.unlink()
    return [binary, *extensions]


def _set_search_path(dropbear: Path) -> None:
    """No setting of dropbear's changes it, so the text in the program is replaced by the shorter one."""
    program = dropbear.read_bytes()
    program = program.replace(DEBIAN_PATH, OPENWRT_PATH.ljust(len(DEBIAN_PATH), b"\0"))
    if b"\0" + OPENWRT_PATH not in program:
        raise packages.PackagesError("this dropbear has another search path than expected")
    dropbear.write_bytes(program)


def compile_tree(system: Path, root: Path, folder: Path) -> None:
    """Compile once, here: a router must not spend its time, nor its flash, on caches of compiled code."""
    Loader(system).run(
        system / "opt/double/bin/python3", "-IS", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash",
        "-s", root, folder,
    )  # fmt: skip


def build(archives: Path, target: Path) -> None:
    """Make the base tree at target from packages that are kept at archives."""
    tree = target.with_name(target.name + "-unpacked")
    packages.unpack(packages.fetch(archives), tree)
    loader = Loader(tree)
    programs = _copy_interpreter(tree, loader, target)
    for source, place in (
        (_find(tree, "bin/busybox", "usr/bin/busybox"), "opt/double/bin/busybox"),
        (_find(tree, "usr/sbin/dropbear"), "usr/sbin/dropbear"),
        (_find(tree, "usr/bin/dropbearkey"), "usr/bin/dropbearkey"),
        (_find(tree, "usr/sbin/nft"), "opt/double/bin/nft"),
    ):
        (target / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target / place)
        programs.append(source)
    _set_search_path(target / "usr/sbin/dropbear")
    folder = target / "lib" / loader.triplet
    folder.mkdir(parents=True)
    for name in sorted(set().union(*map(loader.libraries, programs))):
        shutil.copy(loader.find_library(name), folder / name)
    interpreter_folder = "lib64" if loader.path.parent.name == "lib64" else "lib"
    (target / interpreter_folder).mkdir(exist_ok=True)
    shutil.copy(loader.real(loader.path), target / interpreter_folder / loader.path.name)
    compile_tree(target, target, target / "opt/double/lib")
    shutil.rmtree(tree)
