# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults of package managers, their feeds and their packages: opkg and apk."""

from __future__ import annotations

from bench import Bench, fault
from connection_faults import cut_at

OFFLOAD = {"mode": "software", "packages": ["kmod-nft-offload"]}
NO_OPKG_PACKAGE = "opkg remove kmod-nft-offload >/dev/null"
NO_APK_PACKAGE = "apk del kmod-nft-offload >/dev/null; : >>/lib/apk/db/lock"
OPKG_FEEDS, APK_FEEDS = "/etc/opkg/distfeeds.conf", "/etc/apk/repositories.d/distfeeds.list"
LAB_FEEDS = "/usr/share/lab-feed"  # on the router: feeds that its package manager reads without a network
CUT = 'head -c 300 "$f" >/tmp/cut && cat /tmp/cut >"$f"'


@fault("opkg locked", ("locked",))
def opkg_locked(bench: Bench) -> None:
    lock = 'f = open("/var/lock/opkg.lock", "w"); fcntl.lockf(f, fcntl.LOCK_EX); open("/tmp/locked", "w")'
    bench.sh(f"{NO_OPKG_PACKAGE}; mkdir -p /var/lock")
    bench.background(f"/opt/double/bin/python3 -c 'import fcntl, time; {lock}; time.sleep(300)'")
    # Not by asking opkg: it removes the lock's file as it ends.
    bench.wait_for(lambda: bench.router.exec("[ -e /tmp/locked ]").returncode == 0)
    bench.run(**OFFLOAD)


@fault("apk locked", ("locked",), flavour="25.12")
def apk_locked(bench: Bench) -> None:
    bench.sh(NO_APK_PACKAGE)
    bench.background("flock -x /lib/apk/db/lock sleep 300")
    bench.wait_for(lambda: bench.router.exec("flock -n -x /lib/apk/db/lock true").returncode != 0)
    bench.run(**OFFLOAD)


@fault("package feed unreachable (opkg)", ("feeds cannot be reached",))
def feed_unreachable(bench: Bench) -> None:
    bench.sh(f"{NO_OPKG_PACKAGE}; echo 'src/gz x http://127.0.0.1:9/x' >{OPKG_FEEDS}")
    bench.run(**OFFLOAD)


@fault("package feed unreachable (apk)", ("feeds cannot be reached",), flavour="25.12")
def apk_feed_unreachable(bench: Bench) -> None:
    bench.sh(f"echo http://127.0.0.1:9/x/packages.adb >{APK_FEEDS}")
    bench.run(mode="software", packages=["nlbwmon"])


@fault("package feed with a bad signature (opkg)", ("bad signature",))
def feed_signature(bench: Bench) -> None:
    bench.sh(f"{NO_OPKG_PACKAGE}; echo 'src/gz x file://{LAB_FEEDS}/badsig' >{OPKG_FEEDS}")
    bench.run(**OFFLOAD)


@fault("package feed with a bad signature (apk)", ("bad signature",), flavour="25.12")
def apk_feed_signature(bench: Bench) -> None:
    make_feeds(bench, "badsig")
    bench.sh(f"{NO_APK_PACKAGE}; echo file://{LAB_FEEDS}/badsig/packages.adb >{APK_FEEDS}")
    bench.run(**OFFLOAD)


@fault("installing would change the kernel package (opkg)", ("would change the kernel",))
def kernel_change(bench: Bench) -> None:
    feed = f"src/gz x file://{LAB_FEEDS}/kmods-new-kernel"
    bench.sh(f"{NO_OPKG_PACKAGE}; opkg remove kmod-nf-flow >/dev/null; echo '{feed}' >{OPKG_FEEDS}")
    bench.run(**OFFLOAD)


@fault("installing would change the kernel package (apk)", ("would change the kernel",), flavour="25.12")
def apk_kernel_change(bench: Bench) -> None:
    make_feeds(bench, "new-kernel")
    bench.sh(f"{NO_APK_PACKAGE}; sed -i 's#/targets/#/targets-new/#; s#/kmods/#/kmods-new/#' {APK_FEEDS}")
    bench.run(**OFFLOAD)


@fault("a package that no feed has (opkg)", ("nosuchpkg",))
def unknown_package(bench: Bench) -> None:
    bench.run(mode="software", packages=["nosuchpkg"])


@fault("a package that no feed has (apk)", ("nosuchpkg",), flavour="25.12")
def apk_unknown_package(bench: Bench) -> None:
    bench.run(mode="software", packages=["nosuchpkg"])
    bench.expect("nosuchpkg" not in bench.sh("cat /etc/apk/world"), "apk would try it again with every later package")


@fault("a package that arrives damaged (opkg)", ("kmod-nft-offload",))
def damaged_package(bench: Bench) -> None:
    bench.sh(f"{NO_OPKG_PACKAGE}; cd {LAB_FEEDS}/kmods && for f in kmod-nft-offload_*; do {CUT}; done")
    bench.run(**OFFLOAD)


@fault("a package that arrives damaged (apk)", ("kmod-nft-offload",), flavour="25.12")
def apk_damaged_package(bench: Bench) -> None:
    bench.sh(f"{NO_APK_PACKAGE}; cd {LAB_FEEDS}/kmods && for f in kmod-nft-offload-*; do {CUT}; done")
    bench.run(**OFFLOAD)
    bench.expect(
        "kmod-nft-offload" not in bench.sh("cat /etc/apk/world"), "apk would try it again with every later package"
    )


@fault("a package whose own script fails (opkg)", ("script failed",))
def failing_script(bench: Bench) -> None:
    bench.ignored = ("/usr/lib/opkg/", "/usr/share/failpost/")  # it is unpacked, and opkg leaves it so
    bench.run(mode="software", packages=["failpost"])


@fault("a package whose own script fails (apk)", ("script failed",), flavour="25.12")
def apk_failing_script(bench: Bench) -> None:
    bench.ignored = ("/etc/apk/world", "/lib/apk/", "/usr/share/failpost/")  # it is installed
    bench.run(mode="software", packages=["failpost"])


@fault("SSH cut while a package is installed", ("unreachable",))
def cut_while_installing(bench: Bench) -> None:
    bench.ignored = ("/usr/lib/opkg/", "/etc/modules.d/", "/lib/modules/")  # what is installed stays
    bench.sh(NO_OPKG_PACKAGE)
    cut_at(lambda step: step.path.startswith("/usr/lib/opkg/"), confirm_timeout=10, **OFFLOAD)(bench)


def make_feeds(bench: Bench, variant: str) -> None:
    """A variant of apk's feeds, on the router."""
    main = "from routerdoubles.apk.labfeeds import main"
    script = f"import sys; sys.path.insert(0, '/opt/double/lib'); {main}; main(['/', '{variant}'])"
    bench.sh(f'/opt/double/bin/python3 -IS -c "{script}"')
