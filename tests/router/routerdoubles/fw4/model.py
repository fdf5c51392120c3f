# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What sections become: zones with the ways to recognise their traffic, and rules close to nft's statements."""


class Section:
    """A section of the configuration; one that does not come from UCI has no name."""

    __slots__ = ("anonymous", "name", "options", "type")

    def __init__(self, kind, options, name=None, anonymous=True):
        self.type = kind
        self.options = options
        self.name = name
        self.anonymous = anonymous


class Network:
    """A logical network as netifd reports it."""

    __slots__ = ("device", "physical_device", "subnets")

    def __init__(self, device, physical_device, subnets):
        self.device = device
        self.physical_device = physical_device
        self.subnets = subnets


class MatchRule:
    """One way to recognise a zone's traffic: devices and, where the zone is restricted, subnets of one family."""

    __slots__ = ("devices", "family", "not_devices", "not_subnets", "subnets")

    def __init__(self, family, devices, not_devices, subnets=(), not_subnets=()):
        self.family = family
        self.devices = devices
        self.not_devices = not_devices
        self.subnets = subnets
        self.not_subnets = not_subnets

    def narrowed(self, devices, subnets):
        return MatchRule(self.family, devices, self.not_devices, subnets, self.not_subnets)


class Zone:
    def __init__(self, options, family):
        self.options = options
        self.name = options["name"]
        self.family = family
        self.networks = options["network"] or []
        self.match_devices = []
        self.match_rules = []
        self.physical_devices = []
        self.subnets = []
        # verdicts and features that something refers to: each makes a chain
        self.from_chains = {options["input"]}
        self.to_chains = {options["output"], options["forward"]}

    @property
    def devices(self):
        """Names of the devices it covers, those of its networks first."""
        return [device.value for device in self.match_devices if not device.invert]


class Rule:
    """One nft rule. Fields named not_* hold what is excluded."""

    def __init__(self, chain, family, protocol, name):
        self.chain = chain
        self.family = family
        self.protocol = protocol  # None: any
        self.name = name
        self.has_addresses = False
        self.has_ports = False
        self.input_devices = self.output_devices = ()
        self.sources = self.not_sources = ()
        self.destinations = self.not_destinations = ()
        self.sports = self.not_sports = ()
        self.dports = self.not_dports = ()
        self.macs = self.not_macs = ()
        self.icmp_types = self.icmp_codes = ()
        self.helper = self.set_helper = None
        self.limit = self.limit_burst = None
        self.counter = False
        self.log = self.log_limit = None
        self.target = self.jump = None
        self.source_zone = self.destination_zone = None


class Include:
    __slots__ = ("chain", "kind", "path", "position")

    def __init__(self, kind, path, position, chain):
        self.kind = kind  # nftables or script
        self.path = path
        self.position = position
        self.chain = chain
