# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What fw4 asks the router for besides UCI and ubus: devices, kernel modules, files and nft."""

import os

from .model import Section
from .process import run

_NET = "/sys/class/net/"
_AUTOMATIC_INCLUDES = "/usr/share/nftables.d"
_POSITIONS = ("ruleset-pre", "ruleset-post", "table-pre", "table-post", "chain-pre", "chain-post")
_LOOPBACK_FLAG = 0x8


class Host:
    def has_module(self, name):
        return os.path.isdir("/sys/module/" + name)

    def has_device(self, name):
        return os.path.exists(_NET + name)

    def is_loopback(self, device):
        try:
            with open(_NET + device + "/flags") as flags:
                return bool(int(flags.read(), 16) & _LOOPBACK_FLAG)
        except OSError:
            return False

    def lower_devices(self, device):
        """The ports of a bridge, the device below a VLAN, else the device itself; nothing for one that is missing."""
        try:
            entries = os.listdir(_NET + device)
        except OSError:
            return []
        if "bridge" not in entries and not self._is_vlan(device):
            return [device]
        lowers = [entry[len("lower_") :] for entry in entries if entry.startswith("lower_")]
        return [lowest for lower in lowers for lowest in self.lower_devices(lower)]

    def _is_vlan(self, device):
        with open(_NET + device + "/uevent") as uevent:
            return "DEVTYPE=vlan\n" in uevent.read()

    def flowtable_loaded(self):
        listing = run(["nft", "--terse", "--json", "list", "flowtables", "inet"])[1]
        if '"flowtable"' not in listing:
            return False
        import json  # costs 5 ms of start-up

        objects = json.loads(listing)["nftables"]
        tables = [o["flowtable"]["table"] for o in objects if o.get("flowtable", {}).get("name") == "ft"]
        return "fw4" in tables

    def accepts_hardware_offload(self, devices):
        table = "fw4-hw-offload-test"
        quoted = '", "'.join(devices)
        flowtable = f'hook ingress priority 0; devices = {{ "{quoted}" }}; flags offload;'
        ruleset = f"add table inet {table}; add flowtable inet {table} ft {{ {flowtable} }}"
        return run(["nft", "-c", ruleset], quiet=True)[0] == 0

    def automatic_includes(self):
        found = []
        for position in _POSITIONS:
            place = f"{_AUTOMATIC_INCLUDES}/{position}"
            if position.startswith("chain-"):
                for chain in _names(place):
                    found += _files(f"{place}/{chain}", {"position": position, "chain": chain})
            else:
                found += _files(place, {"position": position})
        return found


def _files(folder, options):
    paths = [f"{folder}/{name}" for name in _names(folder) if name.endswith(".nft") and name[0] != "."]
    return [Section("include", {"type": "nftables", "path": path, **options}) for path in paths if os.path.exists(path)]


def _names(folder):
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []
