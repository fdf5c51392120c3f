# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole ruleset as the text fw4 hands to nft."""

from .matching import subnets_of
from .nft import limit_words, quoted, set_of
from .statements import (
    rule_statements,
    zone_drop_invalid,
    zone_forward_log,
    zone_jump,
    zone_masquerade,
    zone_mss_fix,
    zone_verdict,
)

VERDICTS = ("accept", "reject", "drop")
_DIRECTION = {"input": "inbound", "forward": "forwarded", "output": "outbound"}


def render(firewall):
    flowtable_devices, hardware = firewall.flowtable()
    parts = ["table inet fw4\nflush table inet fw4\n"]
    if firewall.host.flowtable_loaded():
        parts.append("delete flowtable inet fw4 ft\n")
    parts += [_include_block(firewall, "ruleset-prepend", ""), "\ntable inet fw4 {\n"]
    if flowtable_devices:
        parts.append(_flowtable(flowtable_devices, hardware))
    parts += [_helper_objects(firewall), _defines(firewall), _limits(firewall)]
    parts += [_heading("User includes"), '\tinclude "/etc/nftables.d/*.nft"\n']
    parts += [_include_block(firewall, "table-prepend", "\t"), "\n\n"]
    parts += [_heading("Filter rules"), *_filter_chains(firewall, bool(flowtable_devices)), "\n"]
    parts += [_heading("NAT rules"), *_nat_chains(firewall), "\n"]
    parts += [_heading("Raw rules (notrack)"), *_raw_chains(firewall), "\n"]
    parts += [_heading("Mangle rules"), "\n".join(_mangle_chains(firewall))]
    parts += [_include_block(firewall, "table-append", "\t"), "}\n", _include_block(firewall, "ruleset-append", "")]
    return "".join(parts)


def _heading(text):
    return f"\t#\n\t# {text}\n\t#\n\n"


def _include_block(firewall, position, indent):
    paths = firewall.includes_at(position)
    return "\n" + "".join(f'{indent}include "{path}"\n' for path in paths) if paths else ""


def _flowtable(devices, hardware):
    lines = ["hook ingress priority 0;", f"devices = {set_of(devices, braces=True)};", "counter;"]
    lines += ["flags offload;"] if hardware else []
    return _heading("Flowtable") + _object("flowtable ft", lines) + "\n\n"


def _object(title, lines):
    return f"\t{title} {{\n" + "".join(f"\t\t{line}\n" for line in lines) + "\t}\n"


def _helper_objects(firewall):
    objects = [
        _object("ct helper " + helper.name, [f"type {quoted(helper.name)} protocol {helper.protocol};"]) + "\n"
        for helper in firewall.helpers
        if helper.available
    ]
    return _heading("CT helper definitions") + "".join(objects) + "\n" if objects else ""


def _defines(firewall):
    text = _heading("Defines")
    for zone in firewall.zones:
        text += f"\tdefine {zone.name}_devices = {set_of(zone.devices, braces=True)}\n"
        text += f"\tdefine {zone.name}_subnets = {set_of(zone.subnets, braces=True)}\n\n"
    return text + "\n"


def _limits(firewall):
    objects = [
        _object(
            f"limit {zone.name}.log_limit",
            [f'comment "{zone.name} log limit"', f"rate {limit.rate}/{limit.unit}"],
        )
        + "\n"
        for zone in firewall.zones
        for limit in [zone.options["log_limit"]]
        if limit
    ]
    return _heading("Limits") + "".join(objects) + "\n" if objects else ""


def _chain(name, lines):
    """Empty lines are kept."""
    return f"\tchain {name} {{\n" + "".join(f"\t\t{line}\n" if line else "\n" for line in lines) + "\t}\n"


def _base(kind, hook, priority, policy="accept"):
    return f"type {kind} hook {hook} priority {priority}; policy {policy};"


def _included(firewall, position, chain):
    return [f'include "{path}"' for path in firewall.includes_at(position, chain)]


def _around(firewall, chain, lines):
    """A chain's statements between the includes before and after them."""
    return _included(firewall, "chain-prepend", chain) + lines + _included(firewall, "chain-append", chain)


def _rules(firewall, chain, log_zone=None):
    return [line for rule in firewall.rules_of(chain) for line in rule_statements(rule, log_zone)]


def _jumps(firewall, purpose, feature=None):
    return [
        zone_jump(zone, match, purpose)
        for zone in firewall.zones
        if feature is None or feature in zone.to_chains
        for match in zone.match_rules
    ]


def _filter_chains(firewall, flowtable):
    chains = [_filter_base(firewall, hook, flowtable) for hook in ("input", "forward", "output")]
    prerouting = [_base("filter", "prerouting", "filter"), *_tracked_jumps(firewall, "helper", loopback=False)]
    chains += [_chain("prerouting", prerouting), _reject_chain(firewall.defaults)]
    if _syn_flood_protection(firewall):
        chains.append(_syn_flood_chain(firewall.defaults))
    for zone in firewall.zones:
        chains += _zone_chains(firewall, zone)
    return [chain + "\n" for chain in chains]


def _filter_base(firewall, hook, flowtable):
    lines = [_base("filter", hook, "filter", firewall.policy(hook)), ""]
    if hook == "forward":
        lines += ["meta l4proto { tcp, udp } flow offload @ft;"] if flowtable else []
    else:
        match, direction = {"input": ('iif "lo"', "from"), "output": ('oif "lo"', "towards")}[hook]
        lines += [f'{match} accept comment "!fw4: Accept traffic {direction} loopback"', ""]
    body = [_state_rule(firewall.defaults, hook)]
    if hook == "input" and _syn_flood_protection(firewall):
        limit = "tcp flags & (fin | syn | rst | ack) == syn jump syn_flood"
        body.append(limit + ' comment "!fw4: Rate limit TCP syn packets"')
    body += _base_rules(firewall, hook) + _zone_jumps(firewall, hook)
    reject = ["jump handle_reject"] if firewall.defaults[hook] == "reject" else []
    if hook == "input":
        lines += _around(firewall, hook, body + reject)
    else:
        lines += _around(firewall, hook, body) + reject
    return _chain(hook, lines)


def _base_rules(firewall, hook):
    lines = []
    for rule in firewall.rules_of(hook):
        zone = None
        if hook == "forward":
            source = rule.source_zone
            zone = source if source and source.options["log_limit"] else rule.destination_zone
        lines += rule_statements(rule, zone)
    return lines


def _state_rule(defaults, hook):
    invalid = ", invalid : drop" if defaults["drop_invalid"] else ""
    verdicts = f"{{ established : accept, related : accept{invalid} }}"
    return f'ct state vmap {verdicts} comment "!fw4: Handle {_DIRECTION[hook]} flows"'


def _zone_jumps(firewall, hook):
    if hook != "output":
        return _jumps(firewall, hook)
    lines = []
    for zone in firewall.zones:
        for match in zone.match_rules:
            lines += _tracked_jump(firewall, zone, match, "helper", loopback=True)
            lines.append(zone_jump(zone, match, hook))
    return lines


def _tracked_jumps(firewall, purpose, loopback):
    return [
        line
        for zone in firewall.zones
        for match in zone.match_rules
        for line in _tracked_jump(firewall, zone, match, purpose, loopback)
    ]


def _tracked_jump(firewall, zone, match, purpose, loopback):
    """Connection tracking is set up in prerouting, for traffic of the router to itself in output."""
    if purpose not in zone.to_chains:
        return []
    devices = [d for d in match.devices if firewall.host.is_loopback(d) == loopback]
    subnets = [s for s in match.subnets if (s.startswith("127.") or s in ("::1", "::1/128")) == loopback]
    if not devices and not subnets and (loopback or not (match.not_devices or match.not_subnets)):
        return []
    return [zone_jump(zone, match.narrowed(devices, subnets), purpose)]


def _reject_chain(defaults):
    with_tcp, with_any = (
        "tcp reset" if code == "tcp-reset" else "icmpx type " + code
        for code in (defaults["tcp_reject_code"], defaults["any_reject_code"])
    )
    tcp = f'meta l4proto tcp reject with {with_tcp} comment "!fw4: Reject TCP traffic"'
    return _chain("handle_reject", [tcp, f'reject with {with_any} comment "!fw4: Reject any other traffic"'])


def _syn_flood_protection(firewall):
    return firewall.defaults["synflood_protect"]


def _syn_flood_chain(defaults):
    limit = limit_words(defaults["synflood_rate"], defaults["synflood_burst"])
    accept = limit + ' return comment "!fw4: Accept SYN packets below rate-limit"'
    return _chain("syn_flood", [accept, 'drop comment "!fw4: Drop excess packets"'])


def _zone_chains(firewall, zone):
    chains = []
    for hook, target in (("input", "from"), ("output", "to"), ("forward", "to")):
        name = f"{hook}_{zone.name}"
        lines = _around(firewall, name, _rules(firewall, name, zone))
        lines.append(f"jump {zone.options[hook]}_{target}_{zone.name}")
        if hook == "forward" and firewall.defaults["forward"] != "accept":
            lines += zone_forward_log(zone, firewall.defaults["forward"])
        chains.append(_chain(name, lines))
    if "helper" in zone.to_chains:
        name = "helper_" + zone.name
        chains.append(_chain(name, _rules(firewall, name, zone)))
    for verdict in VERDICTS:
        chains += _verdict_chains(firewall, zone, verdict)
    return chains


def _verdict_chains(firewall, zone, verdict):
    chains = []
    if verdict in zone.from_chains:
        lines = [line for match in zone.match_rules for line in zone_verdict(zone, match, False, verdict)]
        chains.append(_chain(f"{verdict}_from_{zone.name}", lines))
    if verdict in zone.to_chains:
        options = zone.options
        masquerades = (options["masq"] or options["masq6"]) and not options["masq_allow_invalid"]
        guard = verdict == "accept" and masquerades and not firewall.defaults["drop_invalid"]
        lines = []
        for match in zone.match_rules:
            lines += zone_drop_invalid(zone, match) if guard else []
            lines += zone_verdict(zone, match, True, verdict)
        chains.append(_chain(f"{verdict}_to_{zone.name}", lines))
    return chains


def _nat_chains(firewall):
    dstnat = [_base("nat", "prerouting", "dstnat"), *_around(firewall, "dstnat", [])]
    srcnat = [_base("nat", "postrouting", "srcnat")]
    srcnat += _around(firewall, "srcnat", _jumps(firewall, "srcnat", "snat"))
    chains = [_chain("dstnat", dstnat), _chain("srcnat", srcnat)]
    for zone in firewall.zones:
        if "snat" in zone.to_chains:
            name = "srcnat_" + zone.name
            chains.append(_chain(name, _around(firewall, name, _masquerade(zone))))
    return [chain + "\n" for chain in chains]


def _masquerade(zone):
    options = zone.options
    return [
        zone_masquerade(zone, family, subnets_of(options["masq_src"], family), subnets_of(options["masq_dest"], family))
        for family, wanted in ((4, options["masq"]), (6, options["masq6"]))
        if wanted
    ]


def _raw_chains(firewall):
    # fw4 takes no include before the rules of raw_prerouting
    prerouting = [_base("filter", "prerouting", "raw"), *_tracked_jumps(firewall, "notrack", loopback=False)]
    prerouting += _included(firewall, "chain-append", "raw_prerouting")
    output = [_base("filter", "output", "raw")]
    output += _around(firewall, "raw_output", _tracked_jumps(firewall, "notrack", loopback=True))
    chains = [_chain("raw_prerouting", prerouting), _chain("raw_output", output)]
    for zone in firewall.zones:
        if "notrack" in zone.to_chains:
            name = "notrack_" + zone.name
            chains.append(_chain(name, _rules(firewall, name, zone)))
    return [chain + "\n" for chain in chains]


def _mangle_chains(firewall):
    chains = []
    for hook in ("prerouting", "postrouting", "input", "output", "forward"):
        name = "mangle_" + hook
        egress = hook == "postrouting"
        clamps = [
            zone_mss_fix(zone, match, egress)
            for zone in firewall.zones
            if zone.options["mtu_fix"] and hook in ("postrouting", "forward")
            for match in zone.match_rules
        ]
        base = _base("route" if hook == "output" else "filter", hook, "mangle")
        chains.append(_chain(name, [base, *_around(firewall, name, clamps)]))
    return chains
