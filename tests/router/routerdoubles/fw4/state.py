# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""/var/run/fw4.state: what was computed at the last start or reload, for look-ups and script includes.

The file is there while the firewall counts as loaded, whether nft took the ruleset or not.
"""

import json
import sys

from . import STATE_FILE


def write(firewall):
    state = {
        "zones": [_zone(firewall, zone) for zone in firewall.zones],
        "networks": {
            name: {
                "device": network.device,
                "physdev": network.physical_device,
                "ipaddrs": [subnet.cidr() for subnet in network.subnets],
            }
            for name, network in firewall.networks.items()
        },
        "includes": [{"type": include.kind, "path": include.path} for include in firewall.includes],
    }
    with open(STATE_FILE, "w") as stream:
        json.dump(state, stream)


def _zone(firewall, zone):
    return {
        "name": zone.name,
        "network": [{"invert": member.invert, "device": member.value} for member in zone.networks],
        "related_physdevs": _hooked(firewall, zone),
        "match_rules": [{"devices_pos": match.devices} for match in zone.match_rules],
        "input": zone.options["input"],
        "output": zone.options["output"],
        "forward": zone.options["forward"],
    }


def _hooked(firewall, zone):
    """The devices that fw4 hooks its flowtable to: those below the networks, which no network of the zone excludes."""
    members = [firewall.networks.get(member.value) for member in zone.networks if not member.invert]
    return [network.physical_device for network in members if network and network.physical_device]


def read():
    """None, and a word on standard error, when the firewall does not count as loaded."""
    try:
        with open(STATE_FILE) as stream:
            return json.load(stream)
    except FileNotFoundError:
        sys.stderr.write("Unable to read firewall state - do you need to start the firewall?\n")
        return None


def zone_of_network(state, name, _device):
    for zone in state["zones"]:
        if any(member["device"] == name for member in zone["network"]):
            return [zone["name"]]
    return None


def zone_of_device(state, name, _device):
    for zone in state["zones"]:
        if any(name in match["devices_pos"] for match in zone["match_rules"]):
            return [zone["name"]]
    return None


def devices_of_zone(state, name, device):
    """All devices, each as often as networks name it, or the one asked for."""
    for zone in state["zones"]:
        if zone["name"] == name:
            devices = [each for match in zone["match_rules"] for each in match["devices_pos"]]
            if not device:
                return devices
            return [device] if device in devices else None
    return None


LOOK_UPS = {"network": zone_of_network, "device": zone_of_device, "zone": devices_of_zone}
