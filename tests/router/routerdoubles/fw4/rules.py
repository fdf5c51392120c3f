# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules and forwardings: one section of UCI becomes one nft rule for each protocol and family it needs."""

from ..unsupported import Unsupported
from . import values as v
from .matching import family_of, infer_family, split, subnets_of
from .model import Rule
from .nft import family_name
from .options import DEPRECATED, LIST, NO_INVERT, NOT_IN_DOUBLE, REQUIRED, UNSUPPORTED, parse_options

_OPTIONS = {
    "enabled": (v.parse_bool, "1", 0),
    "name": (v.parse_string, None, 0),
    "_name": (v.parse_string, None, DEPRECATED),
    "family": (v.parse_family, None, 0),
    "src": (v.parse_zone_ref, None, 0),
    "dest": (v.parse_zone_ref, None, 0),
    "device": (v.parse_device, None, NO_INVERT),
    "direction": (v.parse_direction, None, 0),
    "ipset": (None, None, NOT_IN_DOUBLE),
    "helper": (v.parse_helper_ref, None, 0),
    "set_helper": (v.parse_helper_ref, None, NO_INVERT),
    "proto": (v.parse_protocol, "tcpudp", LIST),
    "src_ip": (v.parse_network, None, LIST),
    "src_mac": (v.parse_mac, None, LIST),
    "src_port": (v.parse_port, None, LIST),
    "dest_ip": (v.parse_network, None, LIST),
    "dest_port": (v.parse_port, None, LIST),
    "icmp_type": (v.parse_icmp_type, None, LIST),
    "extra": (v.parse_string, None, UNSUPPORTED),
    "limit": (v.parse_limit, None, 0),
    "limit_burst": (v.parse_int, None, 0),
    "utc_time": (v.parse_bool, None, 0),
    "start_date": (None, None, NOT_IN_DOUBLE),
    "stop_date": (None, None, NOT_IN_DOUBLE),
    "start_time": (None, None, NOT_IN_DOUBLE),
    "stop_time": (None, None, NOT_IN_DOUBLE),
    "weekdays": (None, None, NOT_IN_DOUBLE),
    "monthdays": (None, None, NOT_IN_DOUBLE),
    "mark": (None, None, NOT_IN_DOUBLE),
    "set_mark": (None, None, NOT_IN_DOUBLE),
    "set_xmark": (None, None, NOT_IN_DOUBLE),
    "dscp": (None, None, NOT_IN_DOUBLE),
    "set_dscp": (None, None, NOT_IN_DOUBLE),
    "counter": (v.parse_bool, "1", 0),
    "log": (v.parse_string, None, 0),
    "log_limit": (v.parse_limit, None, 0),
    "target": (v.parse_target, None, 0),
}

_FORWARDING_OPTIONS = {
    "enabled": (v.parse_bool, "1", 0),
    "name": (v.parse_string, None, 0),
    "family": (v.parse_family, None, 0),
    "src": (v.parse_zone_ref, None, REQUIRED),
    "dest": (v.parse_zone_ref, None, REQUIRED),
}


def _enabled_options(firewall, section, table):
    options = parse_options(firewall, section, table)
    if options is None:
        firewall.warn_section(section, "skipped due to invalid options")
    elif not options["enabled"]:
        firewall.warn_section(section, "is disabled, ignoring section")
        options = None
    return options


def _zone(reference):
    return None if reference == "*" else reference


def _zone_families(options):
    source, destination = _zone(options["src"]), _zone(options["dest"])
    return [(source and source.family, "source zone"), (destination and destination.family, "destination zone")]


def add_forwarding(firewall, section):
    options = _enabled_options(firewall, section, _FORWARDING_OPTIONS)
    if options is None:
        return
    family, clash = infer_family(options["family"], _zone_families(options))
    if clash:
        firewall.warn_section(section, clash + ", skipping")
        return
    source, destination = _zone(options["src"]), _zone(options["dest"])
    start, end = (zone.name if zone else "any" for zone in (source, destination))
    title = f"Accept {start} to {end} {family_name(family) + ' ' if family else ''}forwarding"
    rule = Rule("forward_" + source.name if source else "forward", family, None, options["name"] or title)
    rule.source_zone, rule.destination_zone = source, destination
    if destination:
        rule.jump = "accept_to_" + destination.name
        destination.to_chains.add("accept")
    else:
        rule.target = "accept"
    firewall.rules.append(rule)


def add_rule(firewall, section):
    options = _enabled_options(firewall, section, _OPTIONS)
    if options is None:
        return
    if options["target"] in ("dnat", "snat", "masquerade"):
        raise Unsupported(f"target {options['target']} of a rule")
    options["name"] = options["name"] or firewall.section_id(section)
    refusal = _refusal(options)
    if refusal:
        firewall.warn_section(section, refusal)
        return
    if options["log"] is not None:
        switch = v.parse_bool(options["log"], firewall)
        options["log"] = {True: options["name"] + ": ", False: None, None: options["log"]}[switch]
    for protocol in options["proto"]:
        clash = _add_protocol_rules(firewall, options, protocol.value)
        if clash:
            firewall.warn_section(section, clash + ", skipping")


def _refusal(options):
    target = options["target"]
    if target in ("helper", "notrack") and not _zone(options["src"]):
        return f"must specify a source zone for target '{target}'"
    if target == "dscp":
        return "must specify option 'set_dscp' for target 'dscp'"
    if target == "mark":
        return "must specify option 'set_mark' or 'set_xmark' for target 'mark'"
    if target == "helper" and not options["set_helper"]:
        return "must specify option 'set_helper' for target 'helper'"
    if options["device"] and options["device"].value == "*":
        return "must not specify '*' as device"
    return None


def _add_protocol_rules(firewall, options, protocol):
    """The reason when the section's parts exclude each other."""
    icmp = options["icmp_type"] or [] if protocol in ("icmp", "ipv6-icmp") else []
    icmp4 = [t for t in icmp if protocol == "icmp" and t.family in (0, 4)]
    icmp6 = [t for t in icmp if t.family in (0, 6)]
    addresses = [options["src_ip"], options["dest_ip"]]
    helper, set_helper = (match and match.value.family for match in (options["helper"], options["set_helper"]))
    family, clash = infer_family(
        6 if protocol == "ipv6-icmp" else options["family"],
        [
            (family_of(options["src_ip"]), "source IP"),
            (family_of(options["dest_ip"]), "destination IP"),
            *_zone_families(options),
            (helper, "helper match"),
            (set_helper, "helper to set"),
        ],
    )
    if clash:
        return clash
    specific4 = icmp4 or any(any(subnets_of(a, 4)) for a in addresses)
    specific6 = icmp6 or any(any(subnets_of(a, 6)) for a in addresses)
    if family is None and bool(specific4) != bool(specific6):
        family = 4 if specific4 else 6
    if not family and not specific4 and not specific6:
        firewall.rules.append(_rule(options, protocol, 0))
        return None
    for each, icmp in ((4, icmp4), (6, icmp6)):
        if not family or family == each:
            firewall.rules += _family_rules(options, protocol, each, icmp)
    return None


def _family_rules(options, protocol, family, icmp):
    """Whole ICMP types and single codes cannot share one nft rule."""
    types = [t.of(family)[0] for t in icmp if t.whole]
    codes = [f"{number} . {code}" for number, code, _ in (t.of(family) for t in icmp if not t.whole)]
    rules = []
    if types or not codes:
        rules.append(_rule(options, protocol, family))
        rules[-1].icmp_types = types
    if codes:
        rules.append(_rule(options, protocol, family))
        rules[-1].icmp_codes = codes
    return rules


def _rule(options, protocol, family):
    rule = Rule(None, family, protocol, options["name"])
    rule.sources, rule.not_sources = subnets_of(options["src_ip"], family)
    rule.destinations, rule.not_destinations = subnets_of(options["dest_ip"], family)
    rule.has_addresses = bool(rule.sources or rule.not_sources or rule.destinations or rule.not_destinations)
    if protocol in ("tcp", "udp"):
        rule.sports, rule.not_sports = split(options["src_port"])
        rule.dports, rule.not_dports = split(options["dest_port"])
        rule.has_ports = bool(options["src_port"] or options["dest_port"])
    rule.macs, rule.not_macs = split(options["src_mac"])
    for field in ("helper", "limit", "limit_burst", "counter", "log", "log_limit", "target"):
        setattr(rule, field, options[field])
    rule.set_helper = options["set_helper"] and options["set_helper"].value
    rule.source_zone, rule.destination_zone = _zone(options["src"]), _zone(options["dest"])
    if options["device"]:
        devices = [options["device"].value]
        rule.output_devices, rule.input_devices = (devices, ()) if options["direction"] else ((), devices)
    _place(rule, options["src"], options["dest"])
    return rule


def _place(rule, source, destination):
    """Chain and verdict; a verdict towards a zone, or one that is logged, has a chain of its own."""
    source_zone, destination_zone = rule.source_zone, rule.destination_zone
    if rule.target in ("notrack", "helper"):
        rule.chain = f"{rule.target}_{source_zone.name}"
        source_zone.to_chains.add(rule.target)
        return
    if source:
        hook, zone = ("forward" if destination else "input"), source_zone
    else:
        hook, zone = "output", destination_zone
    rule.chain = f"{hook}_{zone.name}" if zone else hook
    if rule.target and destination_zone:
        rule.jump = f"{rule.target}_to_{destination_zone.name}"
        destination_zone.to_chains.add(rule.target)
    elif rule.target not in (None, "accept") and source_zone and source_zone.options["log"]:
        rule.jump = f"{rule.target}_from_{source_zone.name}"
        source_zone.from_chains.add(rule.target)
    elif rule.target == "reject":
        rule.jump = "handle_reject"
