# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zones: which devices and subnets they cover, which chains they need."""

from ..unsupported import Unsupported
from . import values as v
from .matching import family_of, infer_family, split, subnets_of
from .model import MatchRule, Rule, Zone
from .options import LIST, REQUIRED, UNSUPPORTED, parse_options


def _options(firewall):
    return {
        "enabled": (v.parse_bool, "1", 0),
        "name": (v.parse_identifier, None, REQUIRED),
        "family": (v.parse_family, None, 0),
        "network": (v.parse_device, None, LIST),
        "device": (v.parse_device, None, LIST),
        "subnet": (v.parse_network, None, LIST),
        "input": (v.parse_policy, firewall.defaults["input"], 0),
        "output": (v.parse_policy, firewall.defaults["output"], 0),
        "forward": (v.parse_policy, firewall.defaults["forward"], 0),
        "masq": (v.parse_bool, None, 0),
        "masq_allow_invalid": (v.parse_bool, None, 0),
        "masq_src": (v.parse_network, None, LIST),
        "masq_dest": (v.parse_network, None, LIST),
        "masq6": (v.parse_bool, None, 0),
        "extra": (v.parse_string, None, UNSUPPORTED),
        "extra_src": (v.parse_string, None, UNSUPPORTED),
        "extra_dest": (v.parse_string, None, UNSUPPORTED),
        "mtu_fix": (v.parse_bool, None, 0),
        "custom_chains": (v.parse_bool, None, UNSUPPORTED),
        "log": (v.parse_int, None, 0),
        "log_limit": (v.parse_limit, None, 0),
        "auto_helper": (v.parse_bool, "1", 0),
        "helper": (v.parse_helper_ref, None, LIST),
        "counter": (v.parse_bool, "1", 0),
    }


def add_zone(firewall, section):
    options = parse_options(firewall, section, _options(firewall))
    if options is None:
        firewall.warn_section(section, "skipped due to invalid options")
        return
    if not options["enabled"]:
        firewall.warn_section(section, "is disabled, ignoring section")
        return
    for helper in options["helper"] or ():
        if not helper.value.available:
            firewall.warn_section(section, "uses unavailable ct helper 'null'")  # fw4 does not find its name
    family, clash = infer_family(options["family"], [(family_of(options["subnet"]), "subnet list")])
    if clash:
        firewall.warn_section(section, clash + ", skipping")
        return
    zone = Zone(options, family)
    _cover_networks(firewall, zone)
    _add_match_rules(zone)
    if options["masq"] or options["masq6"]:
        zone.to_chains.add("snat")
    _add_helper_rules(firewall, zone)
    firewall.zones.append(zone)


def _cover_networks(firewall, zone):
    for member in zone.networks:
        network = firewall.networks.get(member.value)
        if network is None:
            continue
        if network.device:
            zone.match_devices.append(v.Match(network.device, member.invert))
        if network.physical_device and not member.invert:
            zone.physical_devices.append(network.physical_device)
        zone.subnets += [subnet.cidr() for subnet in network.subnets]
    for device in zone.options["device"] or ():
        if device.value == "*":
            raise Unsupported("zone of any device")
        zone.match_devices.append(device)
    for family in (4, 6):
        zone.subnets += subnets_of(zone.options["subnet"], family)[0]


def _add_match_rules(zone):
    matches = zone.options["subnet"]
    if not zone.match_devices and family_of(matches) is None:
        return
    devices, not_devices = split(zone.match_devices)
    if not zone.family and family_of(matches) is None:
        zone.match_rules.append(MatchRule(0, devices, not_devices))
        return
    for family in (4, 6):
        if not zone.family or zone.family == family:
            zone.match_rules.append(MatchRule(family, devices, not_devices, *subnets_of(matches, family)))


def _add_helper_rules(firewall, zone):
    """Zones that do not masquerade get every available helper, unless they name their own."""
    options = zone.options
    automatic = options["auto_helper"] and firewall.defaults["auto_helper"] is not False
    chosen = [match.value for match in options["helper"] or ()]
    if not chosen and (not automatic or options["masq"] or options["masq6"]):
        return
    zone.to_chains.add("helper")
    for helper in chosen or firewall.helpers:
        if helper.available:
            rule = Rule("helper_" + zone.name, helper.family, helper.protocol, helper.description)
            rule.dports = [str(helper.port)]
            rule.target = "helper"
            rule.set_helper = helper
            firewall.rules.append(rule)
