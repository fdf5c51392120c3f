# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reasons not to change a router that a container cannot show: what its root file system is mounted from."""

from __future__ import annotations

import pytest

from ansible_collections.fastpath.router.plugins.plugin_utils.refusals import refusals
from ansible_collections.fastpath.router.plugins.plugin_utils.state import parse_probe

HEALTHY = {
    "euid": "0\n",
    "release": "DISTRIB_ID='OpenWrt'\n",
    "flags": "fw4\nopkg\nstate\nconfig\nenabled\n",
    "forward": "\t\ttype filter hook forward priority filter; policy drop;\n",
    "uci": "firewall.cfg01e63d=defaults\n",
}
MOUNTS = {
    "overlay on flash": (
        "overlayfs:/overlay overlay rw,noatime,lowerdir=/,upperdir=/overlay/upper,workdir=/overlay/work",
        None,
    ),
    "ext4 image, which has no overlay": ("/dev/root ext4 rw,noatime", None),
    "container": ("overlay overlay rw,relatime,lowerdir=/a,upperdir=/tmp/x/upper,workdir=/b", None),
    "first boot, overlay still in RAM": (
        "overlayfs:/tmp/root overlay rw,lowerdir=/,upperdir=/tmp/root/upper",
        "no-overlay",
    ),
    "initramfs": ("rootfs rootfs rw", "no-overlay"),
    "root in RAM": ("tmpfs tmpfs rw,relatime", "no-overlay"),
    "failsafe": ("/dev/root squashfs ro,relatime,errors=continue", "read-only"),
    "damaged flash": ("/dev/root ext4 ro,noatime", "read-only"),
}


@pytest.mark.parametrize("case", MOUNTS)
def test_where_the_root_file_system_is(case):
    mount, code = MOUNTS[case]
    observed = parse_probe({**HEALTHY, "mounts": f"rootfs rootfs rw\n{mount}\n"})
    assert [refusal.code for refusal in refusals(observed)] == ([code] if code else [])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"flags": "fw4\nstate\nconfig\n"}, "firewall-disabled"),
        ({"flags": "fw4\nconfig\nenabled\n"}, "firewall-not-running"),
        ({"forward": "Error: No such file or directory\n"}, "firewall-not-running"),
        ({"uci": "firewall.a=defaults\nfirewall.b=defaults\n"}, "several-defaults"),
        ({"uci": "uci: Parse error\n", "uci-rc": "1\n"}, "uci-broken"),
        ({"stray": "firewall.apk-new\n"}, "stray-config"),
        ({"pending-change": "42 somebody@desk\n"}, "unconfirmed"),
    ],
)
def test_each_reason_alone(change, code):
    observed = parse_probe({**HEALTHY, "mounts": "/dev/root ext4 rw\n", **change})
    assert [refusal.code for refusal in refusals(observed)] == [code]
