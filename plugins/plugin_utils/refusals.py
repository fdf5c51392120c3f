# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a router must not be changed as it stands. Each is found by the probe, before anything is touched."""

from __future__ import annotations

import typing as t

from ansible_collections.fastpath.router.plugins.plugin_utils.errors import RouterError
from ansible_collections.fastpath.router.plugins.plugin_utils.state import Observed

# File systems of / that lose what is written to them.
VOLATILE = frozenset({"tmpfs", "ramfs", "rootfs"})


def refuse_stranger(observed: Observed) -> None:
    """Raise RouterError where the host is nothing that the collection can read: no root, no OpenWrt, no fw4."""
    if not observed.release.get("DISTRIB_ID"):
        raise RouterError(
            "not-openwrt",
            "The host is no OpenWrt router: it has no /etc/openwrt_release",
            "Take it out of the play's hosts.",
        )
    if observed.euid != "0":
        raise RouterError(
            "not-root",
            f"The firewall can only be changed by root, and this user has id {observed.euid}",
            "Connect as root (ansible_user: root).",
        )
    if "fw4" not in observed.flags:
        release = observed.release.get("DISTRIB_RELEASE", "?")
        raise RouterError(
            "no-fw4",
            f"OpenWrt {release} has no fw4 (it uses iptables, or no firewall at all)",
            "Upgrade to OpenWrt 22.03 or newer, or install firewall4.",
        )


def refusals(observed: Observed) -> t.Iterator[RouterError]:
    """All the reasons not to change this router, the most fundamental one first."""
    yield from _storage(observed)
    yield from _configuration(observed)
    yield from _other_writers(observed)
    yield from _firewall(observed)


def _storage(observed: Observed) -> t.Iterator[RouterError]:
    device, kind, options = observed.mounts[-1] if observed.mounts else ("", "", "")
    if kind in VOLATILE or device == "overlayfs:/tmp/root" or "upperdir=/tmp/root/" in options:
        yield RouterError(
            "no-overlay",
            f"The root file system ({kind}) loses what is written to it: failsafe mode, an initramfs image, "
            "or an overlay that is not mounted yet",
            "Boot the router normally and run the task again.",
        )
    elif options.split(",")[0] == "ro":
        yield RouterError(
            "read-only",
            f"The root file system ({kind}) is read-only: failsafe mode, or damaged flash",
            "Look at `mount` and `logread` on the router, and run the task again once it is writable.",
        )


def _configuration(observed: Observed) -> t.Iterator[RouterError]:
    if observed.stray:
        names = ", ".join(observed.stray)
        yield RouterError(
            "stray-config",
            f"/etc/config holds files whose names UCI cannot take: {names}",
            "A package upgrade leaves such files, and uci of older releases stumbles over them: merge them into the files they "
            "belong to, or remove them.",
        )
    if "config" not in observed.flags:
        yield RouterError(
            "no-config", "/etc/config/firewall is missing", "Restore it, for example from /rom/etc/config/firewall."
        )
    elif observed.uci_error:
        yield RouterError(
            "uci-broken",
            "/etc/config/firewall cannot be read by uci",
            "Correct it on the router; `uci show firewall` tells when it is right.",
            detail=observed.uci_error,
        )
    if len(observed.defaults) > 1:
        yield RouterError(
            "several-defaults",
            f"The firewall has {len(observed.defaults)} 'defaults' sections; fw4 takes the first and "
            "ignores the others",
            "Merge them into one.",
        )


def _other_writers(observed: Observed) -> t.Iterator[RouterError]:
    if observed.pending_change:
        seconds, who = observed.pending_change.split(" ", 1)
        yield RouterError(
            "unconfirmed",
            f"A change by {who} waits for its confirmation; it is rolled back in {seconds} seconds",
            "Run the task again after that.",
        )
    if "override" in observed.flags:
        yield RouterError(
            "override",
            "/var/run/uci/firewall overrides the firewall's configuration until the next reboot",
            "Remove it, or wait until whoever made it has done so.",
        )
    if "luci-apply" in observed.flags:
        yield RouterError(
            "luci-apply",
            "A LuCI apply waits for its own confirmation (/var/run/rpcd/snapshot-files); it would overwrite "
            "a change made meanwhile",
            "Run the task again in two minutes.",
        )


def _firewall(observed: Observed) -> t.Iterator[RouterError]:
    if "enabled" not in observed.flags:
        yield RouterError(
            "firewall-disabled",
            "The firewall does not start at boot",
            "Enable it with `service firewall enable`, or take the router out of the play's hosts.",
        )
    elif not observed.fw4_is_live:
        yield RouterError(
            "firewall-not-running",
            "The firewall is enabled but not loaded",
            "Look at `fw4 check`, then start it with `service firewall restart`.",
        )
