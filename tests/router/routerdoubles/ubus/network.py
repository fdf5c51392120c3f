# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Objects 'network.interface' and 'network.interface.NAME'."""

import os
import time

from ..netifd import interfaces


def names():
    return [interface.name for interface in interfaces()]


def dump(_arguments):
    return {"interface": [{"interface": interface.name, **_status(interface)} for interface in interfaces()]}


def status(name):
    return next(_status(interface) for interface in interfaces() if interface.name == name)


def _status(interface):
    answer = {
        "up": interface.up,
        "pending": interface.pending,
        "available": interface.available,
        "autostart": interface.autostart,
        "dynamic": False,
    }
    if interface.up:
        answer["uptime"] = _seconds_since_boot()
        answer["l3_device"] = interface.device
    answer["proto"] = interface.protocol
    if interface.device:
        answer["device"] = interface.device
    if interface.up:
        answer.update(_addressing(interface))
    answer["data"] = {}
    return answer


def _seconds_since_boot():
    """Of this router, not of the kernel it may share with others: the age of process 1, which brought the network up."""
    with open("/proc/1/stat") as stat:
        started = int(stat.read().rpartition(")")[2].split()[19])
    return int(time.clock_gettime(time.CLOCK_BOOTTIME) - started / os.sysconf("SC_CLK_TCK"))


def _addressing(interface):
    updated = ["addresses"] if interface.addresses else []
    return {
        "updated": updated + (["routes"] if interface.gateway else []),
        "metric": 0,
        "dns_metric": 0,
        "delegation": True,
        "ipv4-address": [{"address": address, "mask": mask} for address, mask in interface.of_family(4)],
        "ipv6-address": [{"address": address, "mask": mask} for address, mask in interface.of_family(6)],
        "ipv6-prefix": [],
        "ipv6-prefix-assignment": _assignment(interface),
        "route": _default_route(interface),
        "dns-server": [],
        "dns-search": [],
        "neighbors": [],
        "inactive": {
            kind: [] for kind in ("ipv4-address", "ipv6-address", "route", "dns-server", "dns-search", "neighbors")
        },
    }


def _assignment(interface):
    if interface.assignment is None:
        return []
    prefix, mask, own_address = interface.assignment
    return [{"address": prefix, "mask": mask, "local-address": {"address": own_address, "mask": mask}}]


def _default_route(interface):
    if interface.gateway is None:
        return []
    return [{"target": "0.0.0.0", "mask": 0, "nexthop": interface.gateway, "source": "0.0.0.0/0"}]
