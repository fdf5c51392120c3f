# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The firewall as configured: sections in fw4's order of reading, and what they add up to."""

import os
import sys

from ..unsupported import Unsupported
from .defaults import add_defaults
from .helpers import shipped_helpers
from .includes import add_include
from .model import Section
from .rules import add_forwarding, add_rule
from .zones import add_zone

_NOT_IN_DOUBLE = ("ipset", "redirect", "nat")


class Firewall:
    def __init__(self, sections, networks, host):
        self.sections = sections
        self.networks = networks
        self.host = host
        self.helpers = shipped_helpers(host)
        self.defaults = None
        self.zones = []
        self.rules = []
        self.includes = []
        self._read()

    def _read(self):
        for section in self.sections:
            if section.type in _NOT_IN_DOUBLE:
                raise Unsupported("section of type " + section.type)
        self._each("defaults", add_defaults)
        if self.defaults is None:
            add_defaults(self, Section("defaults", {}))
        self._each("zone", add_zone)
        self._each("rule", add_rule)
        self._each("forwarding", add_forwarding)
        self._each("include", add_include)
        if self.defaults["auto_includes"]:
            for found in self.host.automatic_includes():
                add_include(self, found)

    def _each(self, kind, add):
        for section in self.sections:
            if section.type == kind:
                add(self, section)

    def policy(self, hook):
        """Base chains have no policy 'reject': they drop, and jump to handle_reject at their end."""
        return "drop" if self.defaults[hook] == "reject" else self.defaults[hook]

    def rules_of(self, chain):
        return [rule for rule in self.rules if rule.chain == chain]

    def includes_at(self, position, chain=None):
        return [
            include.path
            for include in self.includes
            if include.kind == "nftables" and include.position == position and include.chain == chain
        ]

    def flowtable(self):
        """(devices, whether to ask for hardware offload); no devices, no flowtable."""
        if not self.defaults["flow_offloading"]:
            return [], False
        physical = [device for zone in self.zones for device in zone.physical_devices]
        if self.defaults["flow_offloading_hw"] and physical:
            lower = {lowest for device in physical for lowest in self.host.lower_devices(device)}
            if self.host.accepts_hardware_offload(sorted(lower)):
                return sorted(lower), True
            self.warn("Hardware flow offloading unavailable, falling back to software offloading")
        return sorted({device for device in physical if self.host.has_device(device)}), False

    def section_id(self, section):
        if not section.anonymous:
            return section.name
        same = [other.name for other in self.sections if other.type == section.type]
        return f"@{section.type}[{same.index(section.name)}]"

    def warn_section(self, section, message):
        subject = "ubus " + section.options["type"] if section.name is None else "Section " + self.section_id(section)
        title = section.options.get("name")
        self.warn(f"{subject} ({title}) {message}" if title else f"{subject} {message}")

    def warn(self, message):
        if os.environ.get("QUIET"):
            return
        shape = "\033[33m%s\033[m\n" if os.environ.get("TTY") else "[!] %s\n"
        sys.stderr.write(shape % message)
