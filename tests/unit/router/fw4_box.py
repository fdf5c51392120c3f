# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""fw4's double without a router: sections, networks and answers of the host as the test gives them."""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass, field

from routerdoubles.fw4.firewall import Firewall
from routerdoubles.fw4.model import Network, Section
from routerdoubles.fw4.ruleset import render
from routerdoubles.fw4.values import Subnet, packed_address


@dataclass
class Host:
    modules: tuple = ()
    devices: tuple = ("br-lan", "eth1")
    lower: dict = field(default_factory=lambda: {"br-lan": ["eth0"]})
    hardware: bool = False
    flowtable: bool = False
    found: tuple = ()

    def has_module(self, name):
        return name in self.modules

    def has_device(self, name):
        return name in self.devices

    def is_loopback(self, device):
        return device == "lo"

    def lower_devices(self, device):
        return self.lower.get(device, [device]) if device in self.devices else []

    def flowtable_loaded(self):
        return self.flowtable

    def accepts_hardware_offload(self, devices):
        return self.hardware and bool(devices)

    def automatic_includes(self):
        return list(self.found)


def network(device: str, *subnets: tuple[str, int]) -> Network:
    return Network(device, device, [Subnet(packed_address(address), bits) for address, bits in subnets])


NETWORKS = {
    "lan": network("br-lan", ("10.88.1.10", 16), ("fd00::1", 60)),
    "loopback": network("lo", ("127.0.0.1", 8)),
    "wan": network("eth1", ("10.89.1.10", 16)),
    "wan6": network("eth1"),
}


def section(kind: str, named: str | None = None, /, **options) -> tuple:
    return kind, named, options


def sections(given: list[tuple]) -> list[Section]:
    return [
        Section(
            kind, {key: value for key, value in options.items() if value is not None}, name or f"cfg{i:02x}", not name
        )
        for i, (kind, name, options) in enumerate(given)
    ]


LAN = section("zone", name="lan", network=["lan"], input="ACCEPT", output="ACCEPT", forward="ACCEPT")
WAN = section("zone", name="wan", network=["wan", "wan6"], input="REJECT", output="ACCEPT", forward="DROP", masq="1")
DEFAULTS = section("defaults", input="REJECT", output="ACCEPT", forward="REJECT")


def warned(given: list[tuple], host: Host | None = None, networks: dict | None = None) -> tuple[str, list[str]]:
    """The ruleset, and what fw4 said on the way."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        text = render(Firewall(sections(given), networks or NETWORKS, host or Host()))
    return text, said.getvalue().splitlines()


def rendered(given: list[tuple], host: Host | None = None, networks: dict | None = None) -> str:
    return warned(given, host, networks)[0]


def chains(text: str) -> dict[str, list[str]]:
    """Statements by chain, without the blank lines."""
    found: dict[str, list[str]] = {}
    lines = None
    for line in text.splitlines():
        if line.startswith("\tchain "):
            lines = found.setdefault(line.split()[1], [])
        elif line == "\t}":
            lines = None
        elif lines is not None and line:
            lines.append(line.strip())
    return found
