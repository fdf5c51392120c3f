# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian's kernel, its headers and the guest's tools, downloaded with a private apt state. Nothing is installed."""

from __future__ import annotations

import lzma
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "router"))

import base  # noqa: E402
import packages  # noqa: E402

KERNEL = "cloud-amd64"  # linux-image-KERNEL and linux-headers-KERNEL, whichever version apt's lists offer
TOOLS = {"iperf3": "usr/bin/iperf3", "conntrack": "usr/sbin/conntrack", "iproute2": "bin/ip", "ethtool": "sbin/ethtool"}
MORE_PROGRAMS = ("sbin/tc",)
# What the guest loads at boot; what these need is found in the modules themselves.
MODULES = """
    virtio_pci virtio_net virtio_blk virtio_rng overlay crc32c_generic
    veth bridge 8021q dummy
    nf_tables nft_objref nft_ct nft_nat nft_chain_nat nft_masq nft_redir nft_flow_offload nf_flow_table_inet nft_limit nft_log
    nft_queue nft_quota nft_connlimit nft_reject nft_reject_inet nft_fib nft_fib_inet nft_numgen nft_hash
    nf_log_syslog nf_conntrack_netlink nfnetlink_queue nf_conntrack_ftp nf_nat_ftp sch_fq_codel sch_htb sch_ingress
""".split()  # noqa: SIM905
MODULE_OPTIONS = {"dummy": "numdummies=0"}  # no network device may exist before the router makes it


def _apt_command(tool: str, root: Path, lists: Path) -> list[str]:
    return [tool, *packages.apt_get(root, lists)[1:]]


def _depends(root: Path, lists: Path, package: str) -> list[str]:
    listing = packages.output_of([*_apt_command("apt-cache", root, lists), "depends", "--important", package])
    return re.findall(r"^ *Depends: (\S+)$", listing, re.MULTILINE)


def _download(root: Path, lists: Path, names: list[str]) -> list[Path]:
    """These packages alone, without what they depend on."""
    target = root / "debs"
    target.mkdir(parents=True, exist_ok=True)
    command = [*_apt_command("apt-get", root, lists), "-qq", "download", *names]
    result = subprocess.run(command, cwd=target, capture_output=True, text=True, check=False)
    if result.returncode:
        raise packages.PackagesError(f"cannot fetch {', '.join(names)}: {result.stderr.strip()}")
    return [next(target.glob(f"{name}_*.deb")) for name in names]


class Kernel:
    """One kernel version: its image, its modules and, when asked for, its headers."""

    def __init__(self, cache: Path) -> None:
        self.root = cache / "kernel"
        self.tree = self.root / "tree"
        self.headers = self.root / "headers"

    def fetch(self) -> None:
        if (self.root / "version").exists():
            return
        shutil.rmtree(self.root, ignore_errors=True)
        lists = packages.usable_lists(self.root)
        image = _depends(self.root, lists, f"linux-image-{KERNEL}")
        for deb in _download(self.root, lists, image):
            subprocess.run(["dpkg-deb", "--extract", deb, self.tree], check=True)
        (self.root / "version").write_text(image[0].removeprefix("linux-image-"))

    @property
    def version(self) -> str:
        return (self.root / "version").read_text()

    @property
    def image(self) -> Path:
        return self.tree / f"boot/vmlinuz-{self.version}"

    def modules(self) -> list[tuple[str, bytes]]:
        """(name, content) of all modules in an order in which they can be loaded."""
        files = {}
        for path in (self.tree / "lib/modules").rglob("*.ko*"):
            files[path.name.split(".ko")[0].replace("-", "_")] = path
        ordered: dict[str, bytes] = {}

        def add(name: str) -> None:
            if name in ordered or name not in files:  # built in
                return
            content = _module(files[name])
            found = re.search(rb"\0depends=([^\0]*)\0", b"\0" + content)
            for needed in filter(None, found[1].decode().split(",")) if found else ():
                add(needed.replace("-", "_"))
            ordered[name] = content

        for name in MODULES:
            add(name)
        return list(ordered.items())

    def fetch_headers(self) -> Path:
        """The folder to build modules against."""
        build = self.headers / f"usr/src/linux-headers-{self.version}"
        if not (self.headers / "complete").exists():
            shutil.rmtree(self.headers, ignore_errors=True)
            lists = packages.usable_lists(self.root)
            own = f"linux-headers-{self.version}"
            needed = [
                name for name in _depends(self.root, lists, own) if name.startswith(("linux-headers", "linux-kb"))
            ]
            # A library that programs among the headers need, and which a small machine lacks.
            needed += [
                each for name in needed for each in _depends(self.root, lists, name) if each.startswith("libelf")
            ]
            for deb in _download(self.root, lists, [own, *needed]):
                subprocess.run(["dpkg-deb", "--extract", deb, self.headers], check=True)
            for makefile in build.glob("Makefile"):  # it includes the common one by its place on an installed system
                makefile.write_text(makefile.read_text().replace(" /usr/src/", f" {self.headers}/usr/src/"))
            (self.headers / "complete").touch()
        return build

    def build_module(self, source: Path) -> bytes:
        """source: a folder with one module NAME.c, and a Makefile. Returns NAME.ko."""
        headers = self.fetch_headers()
        with tempfile.TemporaryDirectory(dir=self.root) as work:
            shutil.copytree(source, work, dirs_exist_ok=True)
            make = ["make", "-C", str(headers), f"M={work}", "CC=gcc", "modules"]
            libraries = ":".join(str(path.parent) for path in self.headers.rglob("libelf.so.1"))
            environment = {**os.environ, "LD_LIBRARY_PATH": libraries}
            result = subprocess.run(make, capture_output=True, text=True, check=False, env=environment)
            if result.returncode:
                raise packages.PackagesError(f"the kernel module was not built: {result.stdout}{result.stderr}")
            return next(Path(work).glob("*.ko")).read_bytes()


def _module(path: Path) -> bytes:
    content = path.read_bytes()
    return lzma.decompress(content) if path.suffix == ".xz" else content


def tools(cache: Path) -> Path:
    """A tree with the tools of the guest in sbin/ and their libraries in lib/."""
    target = cache / "tools"
    if target.exists():
        return target
    root = cache / "tools-packages"
    shutil.rmtree(root, ignore_errors=True)
    lists = packages.usable_lists(root)
    packages.output_of([
        *packages.apt_get(root, lists), "-qq", "-y", "--no-install-recommends", "--download-only", "install", *TOOLS,
    ])  # fmt: skip
    packages.unpack(sorted((root / "cache/archives").glob("*.deb")), root / "tree")
    loader = base.Loader(root / "tree")
    partial = cache / "tools-partial"
    shutil.rmtree(partial, ignore_errors=True)
    libraries = partial / "lib" / loader.triplet
    libraries.mkdir(parents=True)
    (partial / "sbin").mkdir()
    for place in (*TOOLS.values(), *MORE_PROGRAMS):
        program = root / "tree" / place
        shutil.copy(program, partial / "sbin" / program.name)
        for name in loader.libraries(program):
            shutil.copy(loader.find_library(name), libraries / name)
    shutil.rmtree(root)
    partial.rename(target)
    return target
