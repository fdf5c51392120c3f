#!/usr/bin/env python3
# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes opkg's part of the 24.10 test router: the package database and the feeds, made from the recorded state.

By hand:  python tests/router/opkg_data.py     after a change here or of the recordings
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from routerdoubles.opkg import feed, signature  # noqa: E402

RECORDINGS = HERE / "recordings"
ROOT = HERE / "rootfs/24.10"
FEEDS = "usr/share/lab-feed"
KERNEL = "6.6.73~2b5e0f2ff4bca0c8b1c0b1b6f6b0a6ee-r1"
OTHER_KERNEL = "6.6.86~af351158cfb5febf5155a3aa53785982-r1"
EPOCH = "1738624177"

# Kernel modules that each package loads.
MODULES = {
    "kmod-crypto-crc32c": "crc32c_generic", "kmod-lib-crc32c": "libcrc32c", "kmod-lib-crc-ccitt": "crc_ccitt",
    "kmod-nf-reject": "nf_reject_ipv4", "kmod-nf-reject6": "nf_reject_ipv6", "kmod-nf-ipt": "x_tables",
    "kmod-nf-log": "nf_log_syslog", "kmod-nf-log6": "", "kmod-nf-conntrack": "nf_conntrack nf_defrag_ipv4",
    "kmod-nf-conntrack6": "nf_defrag_ipv6", "kmod-nf-nat": "nf_nat", "kmod-nf-flow": "nf_flow_table",
    "kmod-nft-core": "nfnetlink nf_tables nft_ct nft_limit nft_log nft_reject",
    "kmod-nft-fib": "nft_fib nft_fib_inet", "kmod-nft-nat": "nft_chain_nat nft_masq nft_redir nft_nat",
    "kmod-nft-offload": "nf_flow_table_inet nft_flow_offload", "kmod-slhc": "slhc", "kmod-ppp": "ppp_generic",
    "kmod-pppox": "pppox", "kmod-pppoe": "pppoe", "kmod-sched-core": "sch_hfsc", "kmod-sched-cake": "sch_cake",
    "kmod-ifb": "ifb",
}  # fmt: skip
SERVICE = """#!/bin/sh /etc/rc.common
START=99
USE_PROCD=1

start_service() {
	procd_open_instance
	procd_set_param command /bin/sleep 2147483647
	procd_close_instance
}
"""
SERVICES = {"vnstat": "vnstat", "nlbwmon": "nlbwmon", "sqm-scripts": "sqm"}


def stanzas(path: Path) -> list[dict[str, str]]:
    blocks = filter(str.strip, path.read_text().split("\n\n"))
    return [dict(line.split(": ", 1) for line in block.split("\n") if ": " in line) for block in blocks]


def _control(recorded: dict[str, str]) -> dict[str, str]:
    """The fields that are in the package itself; the builder of OpenWrt adds where its source is."""
    made_anew = ("Installed-Size", "Filename", "Size", "SHA256sum")
    control = {name: value for name, value in recorded.items() if name not in made_anew}
    if control["Package"] in MODULES:
        control.update(Source="package/kernel/linux", SourceName=control["Package"], SourceDateEpoch=EPOCH)
    elif control["Package"] != "failpost":
        control.update(Source="feeds/base", SourceDateEpoch=EPOCH)
    return control


def _content(name: str, release: str) -> tuple[dict, dict]:
    """Files and scripts of a package."""
    if name in MODULES:
        modules = MODULES[name].split()
        files = {f"etc/modules.d/{name.removeprefix('kmod-')}": "".join(f"{module}\n" for module in modules) or "\n"}
        files.update({f"lib/modules/{release}/{module}.ko": "" for module in modules})
        return files, {}
    if name in SERVICES:
        script = f"/etc/init.d/{SERVICES[name]}"
        scripts = {
            "postinst": f"#!/bin/sh\n{script} enable\n{script} start\n",
            "prerm": f"#!/bin/sh\n{script} stop\n{script} disable\n",
        }
        return {script[1:]: (SERVICE, 0o755)}, scripts
    scripts = {"postinst": "#!/bin/sh\necho 'postinst boom' >&2\nexit 1\n"} if name == "failpost" else {}
    return {f"usr/share/{name}/README": "\n"}, scripts


def write_feed(folder: Path, packages: list[dict[str, str]]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    for recorded in packages:
        control = _control(recorded)
        files, scripts = _content(control["Package"], control["Version"].partition("-")[0])
        feed.add_package(str(folder), control, files, scripts)
    feed.index(str(folder))


def _for_other_kernel(recorded: dict[str, str]) -> dict[str, str]:
    depends = recorded["Depends"].replace(KERNEL, OTHER_KERNEL)
    return {**recorded, "Version": OTHER_KERNEL.partition("~")[0] + "-r1", "Depends": depends}


def write_feeds(root: Path) -> None:
    state = RECORDINGS / "state-24.10"
    kmods, packages = (stanzas(state / f"feed-{name}-Packages.txt") for name in ("kmods", "packages"))
    write_feed(root / "kmods", kmods)
    write_feed(root / "packages", packages)
    # The same list, signed by nobody we trust.
    (root / "badsig").mkdir(exist_ok=True)
    shutil.copy(root / "packages/Packages.gz", root / "badsig")
    signed = signature.sign(feed.KEY, (root / "kmods/Packages.gz").read_bytes())
    (root / "badsig/Packages.sig").write_bytes(signed)
    # Feeds that moved on to another kernel, without that kernel and with it.
    offload = ("kmod-nf-flow", "kmod-nft-nat", "kmod-nft-offload")
    newer = [_for_other_kernel(recorded) for recorded in kmods if recorded["Package"] in offload]
    kernel = {"Package": "kernel", "Version": OTHER_KERNEL, "Depends": "libc", "Architecture": "x86_64"}
    write_feed(root / "kmods-other-kernel", newer)
    write_feed(root / "kmods-new-kernel", [*newer, kernel])


def write_database(root: Path) -> None:
    """The status file as recorded; the list of files is known of firewall4 only."""
    status = RECORDINGS / "state-24.10/opkg-status.txt"
    info = root / "info"
    shutil.rmtree(root, ignore_errors=True)
    info.mkdir(parents=True)
    shutil.copyfile(status, root / "status")
    for package in stanzas(status):
        fields = ("Package", "Version", "Depends", "Provides", "Essential", "Architecture")
        text = "".join(f"{field}: {package[field]}\n" for field in fields if field in package)
        (info / f"{package['Package']}.control").write_text(text)
        (info / f"{package['Package']}.list").touch()
    transcript = (RECORDINGS / "opkg.txt").read_text()
    files = transcript.partition("$ opkg files firewall4\n")[2].partition("  rc=")[0].splitlines()[1:]
    (info / "firewall4.list").write_text("".join(line.removeprefix("  out| ") + "\n" for line in files))


def write(root: Path) -> None:
    write_feeds(root / FEEDS)
    write_database(root / "usr/lib/opkg")
    keys = root / "etc/opkg/keys"
    keys.mkdir(parents=True, exist_ok=True)
    (keys / signature.fingerprint(feed.KEY).hex()).write_bytes(signature.key_file(feed.KEY))


if __name__ == "__main__":
    write(ROOT)
