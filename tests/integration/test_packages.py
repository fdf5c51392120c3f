# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Installing what is missing: every way in which opkg and apk fail has its own message, and leaves the router as it was."""

from __future__ import annotations

import pytest
from play import offload

KMOD = "kmod-nft-offload"
APK_FEEDS = "/etc/apk/repositories.d/distfeeds.list"
OPKG_FEEDS = "/etc/opkg/distfeeds.conf"
HOLD = '/opt/double/bin/python3 -c \'import fcntl, time; f = open("{}", "w"); fcntl.{}(f, 2); time.sleep(60)\' >/dev/null 2>&1 &'


@pytest.fixture
def without_kmod(router):
    router.run(f"opkg remove {KMOD} >/dev/null")
    return router


@pytest.fixture
def apk_without_kmod(apk_router):
    apk_router.run(f"apk del {KMOD} >/dev/null; : >>/lib/apk/db/lock")
    return apk_router


def make_feeds(router, variant):
    router.run(
        "/opt/double/bin/python3 -IS -c \"import sys; sys.path.insert(0, '/opt/double/lib'); "
        f"from routerdoubles.apk.labfeeds import main; main(['/', '{variant}'])\""
    )


def refuse(router, code, *needles, package=KMOD):
    before, world = router.files_snapshot(), router.run("nft -s list ruleset")
    result = offload(router, mode="software", packages=[package])
    assert result["error"]["code"] == code, result["msg"]
    for needle in needles:
        assert needle in result["msg"], result["msg"]
    assert result["transaction"]["packages_installed"] == []
    assert router.files_snapshot() == before
    assert router.run("nft -s list ruleset") == world


def test_opkg_another_kernel(without_kmod):
    without_kmod.run(f"echo 'src/gz k file:///usr/share/lab-feed/kmods-new-kernel' >{OPKG_FEEDS}")
    refuse(without_kmod, "kernel-change", "kernel", "image")


def test_opkg_unknown_and_unsatisfied(without_kmod):
    refuse(without_kmod, "package-unknown", "nosuchpkg", package="nosuchpkg")
    refuse(without_kmod, "package-unknown", "kmod-does-not-exist", package="brokendep")


def test_opkg_failing_script(without_kmod):
    result = offload(without_kmod, mode="none", packages=["failpost"])
    assert result["error"]["code"] == "package-script"
    assert "postinst boom" in result["msg"]


def test_opkg_full_flash(without_kmod):
    without_kmod.run(
        "cp -a /etc /tmp/etc && mount -t tmpfs -o size=1m tmpfs /etc && cp -a /tmp/etc/. /etc/ && "
        "cat /dev/zero >/etc/filler 2>/dev/null; true"
    )
    refuse(without_kmod, "flash-full")


def test_apk_locked(apk_without_kmod):
    apk_without_kmod.run(HOLD.format("/lib/apk/db/lock", "flock") + " sleep 1")
    refuse(apk_without_kmod, "package-manager-busy", "locked")


def test_apk_feeds_unreachable(apk_without_kmod):
    apk_without_kmod.run(f"echo http://127.0.0.1:9/x/packages.adb >{APK_FEEDS}")
    refuse(apk_without_kmod, "feed-unreachable", "127.0.0.1:9")


def test_apk_bad_signature(apk_without_kmod):
    make_feeds(apk_without_kmod, "badsig")
    apk_without_kmod.run(f"echo file:///usr/share/lab-feed/badsig/packages.adb >{APK_FEEDS}")
    refuse(apk_without_kmod, "feed-signature", "signature")


def test_apk_another_kernel(apk_without_kmod):
    make_feeds(apk_without_kmod, "new-kernel")
    apk_without_kmod.run(
        f"sed -i 's#/targets/#/targets-new/#; s#/kmods/#/kmods-new/#' {APK_FEEDS}; cat {APK_FEEDS} >&2"
    )
    refuse(apk_without_kmod, "kernel-change", "kernel")


def test_apk_unknown_package_stays_out_of_world(apk_without_kmod):
    refuse(apk_without_kmod, "package-unknown", "nosuchpkg", package="nosuchpkg")
    assert "nosuchpkg" not in apk_without_kmod.run("cat /etc/apk/world")


def test_lists_are_updated_when_asked_to(router):
    router.run("rm -f /var/opkg-lists/*")
    assert not offload(router, mode="none")["changed"]
    result = offload(router, mode="none", update_cache="always")
    assert not result["changed"]
    assert result["transaction"]["round_trips"] == 2
    assert "openwrt_kmods" in router.run("ls /var/opkg-lists")
