# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What netifd would say of the interfaces: computed from /etc/config/network and the devices that exist.

No protocol handler runs, so an interface is up when its device exists and its addresses are static or none.
"""

import os
from _socket import AF_INET, AF_INET6, inet_ntop, inet_pton  # the public module costs 10 ms of start-up

from .uci import UciError, load_package
from .unsupported import Unsupported

_NET = "/sys/class/net/"
_DEVICELESS_PROTOCOLS = ("none", "static")


class Interface:
    """addresses: (family, address, mask). assignment: (prefix, mask, own address) delegated from the ULA prefix."""

    def __init__(self, section):
        options = section.options
        self.name = section.name
        self.protocol = options.get("proto", "none")
        self.device = options.get("device") or options.get("ifname")
        self.autostart = options.get("auto", "1") not in ("0", "off", "no", "false")
        self.available = self.device is not None and os.path.exists(_NET + self.device)
        self.up = self.autostart and self.available and self.protocol in _DEVICELESS_PROTOCOLS
        self.pending = self.autostart and self.available and not self.up
        self.addresses = []
        self.gateway = None
        self.assignment = None
        if self.up and self.protocol == "static":
            self.addresses = list(_static_addresses(options))
            self.gateway = options.get("gateway")

    def of_family(self, family):
        return [(address, mask) for each, address, mask in self.addresses if each == family]


def _words(value):
    return value if isinstance(value, list) else (value or "").split()


def _static_addresses(options):
    for text in _words(options.get("ipaddr")):
        address, _, mask = text.partition("/")
        yield 4, address, int(mask) if mask else _prefix_length(options.get("netmask", "255.255.255.255"))
    for text in _words(options.get("ip6addr")):
        address, _, mask = text.partition("/")
        yield 6, inet_ntop(AF_INET6, inet_pton(AF_INET6, address)), int(mask or 128)


def _prefix_length(netmask):
    return bin(int.from_bytes(inet_pton(AF_INET, netmask), "big")).count("1")


def is_running():
    """The firewall starts before it. Here no device but lo exists until then."""
    return not {"lo"}.issuperset(os.listdir(_NET))


def interfaces():
    """In netifd's order, by name; it reads what is committed, at its own reload."""
    if not is_running():
        return []
    try:
        sections = load_package("network", save_dirs=()).sections
    except UciError:
        return []
    found = {s.name: Interface(s) for s in sections if s.type == "interface" and s.options.get("disabled") != "1"}
    _assign_prefixes(sections, found)
    return [found[name] for name in sorted(found)]


def _assign_prefixes(sections, found):
    """One interface gets the first part of the ULA prefix; how several share it is netifd's own matter."""
    prefix = next((s.options.get("ula_prefix") for s in sections if s.type == "globals"), None)
    wanting = [s for s in sections if s.type == "interface" and s.name in found and s.options.get("ip6assign")]
    if prefix is None or not wanting:
        return
    if len(wanting) > 1:
        raise Unsupported("ip6assign on several interfaces")
    interface = found[wanting[0].name]
    if interface.up:
        network = inet_pton(AF_INET6, prefix.partition("/")[0])
        own = (int.from_bytes(network, "big") + 1).to_bytes(16, "big")
        mask = int(wanting[0].options["ip6assign"])
        interface.assignment = (inet_ntop(AF_INET6, network), mask, inet_ntop(AF_INET6, own))
