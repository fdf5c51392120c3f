# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Statements of the ruleset: one function for each kind of rule fw4 writes."""

from .nft import address_keyword, either, family_match, family_name, limit_words, quoted, set_of

_LOG_VERDICTS = 1
_LOG_MSS = 2


def _logs(zone, what):
    return bool((zone.options["log"] or 0) & what)


def _zone_limit(zone):
    return f'limit name "{zone.name}.log_limit" '


def _limit(limit, burst=None):
    return limit_words(limit, burst) + " "


def _zone_match(match, egress):
    address = address_keyword(match.family) + (" daddr" if egress else " saddr")
    devices = either("oifname" if egress else "iifname", match.devices, match.not_devices)
    return devices + either(address, match.subnets, match.not_subnets)


def zone_jump(zone, match, purpose):
    what = "assignment" if purpose == "helper" else "traffic"
    comment = f'"!fw4: Handle {zone.name} {family_name(match.family)} {purpose} {what}"'
    where = family_match(match.family) + _zone_match(match, egress=purpose in ("output", "srcnat"))
    return f"{where}jump {purpose}_{zone.name} comment {comment}"


def _logged(condition, zone, prefix, log, verdict):
    """The verdict, with its log; a limited log is a rule of its own before it."""
    counter = "counter " if zone.options["counter"] else ""
    if not log:
        return [condition + counter + verdict]
    log_statement = f'log prefix "{prefix}"'
    if zone.options["log_limit"]:
        return [condition + _zone_limit(zone) + log_statement, condition + counter + verdict]
    return [f"{condition}{counter}{log_statement} {verdict}"]


def zone_verdict(zone, match, egress, verdict):
    prefix = f"{verdict} {zone.name} {'out' if egress else 'in'}: "
    action = "jump handle_reject" if verdict == "reject" else verdict
    text = f'{action} comment "!fw4: {verdict} {zone.name} {family_name(match.family)} traffic"'
    log = verdict != "accept" and _logs(zone, _LOG_VERDICTS)
    return _logged(family_match(match.family) + _zone_match(match, egress), zone, prefix, log, text)


def zone_drop_invalid(zone, match):
    """Untracked packets would leave with their private address."""
    masq, masq6 = bool(zone.options["masq"]), bool(zone.options["masq6"])
    family = family_match(4 if masq else 6) if masq != masq6 else ""
    condition = family + _zone_match(match, egress=True) + "ct state invalid "
    prefix = f"drop {zone.name} invalid ct state: "
    return _logged(condition, zone, prefix, _logs(zone, _LOG_VERDICTS), 'drop comment "!fw4: Prevent NAT leakage"')


def zone_forward_log(zone, policy):
    limit = _zone_limit(zone) if zone.options["log_limit"] else ""
    return [f'{limit}log prefix "{policy} {zone.name} forward: "'] if _logs(zone, _LOG_VERDICTS) else []


def zone_mss_fix(zone, match, egress):
    log = f'log prefix "MSSFIX {zone.name} out: " ' if _logs(zone, _LOG_MSS) else ""
    direction = "egress" if egress else "ingress"
    comment = f'"!fw4: Zone {zone.name} {family_name(match.family)} {direction} MTU fixing"'
    clamp = "tcp flags syn / syn,fin,rst tcp option maxseg size set rt mtu "
    return family_match(match.family) + _zone_match(match, egress) + clamp + log + "comment " + comment


def zone_masquerade(zone, family, sources, destinations):
    keyword = address_keyword(family)
    where = family_match(family) + either(keyword + " saddr", *sources) + either(keyword + " daddr", *destinations)
    return f'{where}masquerade comment "!fw4: Masquerade {family_name(family)} {zone.name} traffic"'


def _protocol_match(rule):
    if rule.protocol is None or rule.has_ports or rule.icmp_types or rule.icmp_codes:
        return ""
    protocol = rule.protocol
    if protocol == "icmp" and rule.family != 4:
        protocol = "ipv6-icmp" if rule.family == 6 else set_of(["icmp", "ipv6-icmp"])
    return f"meta l4proto {protocol} "


def _icmp_match(rule):
    keyword = "icmp" if rule.family == 4 else "icmpv6"
    if rule.icmp_types:
        return f"{keyword} type {set_of(rule.icmp_types)} "
    if rule.icmp_codes:
        return f"{keyword} type . {keyword} code {set_of(rule.icmp_codes, braces=True)} "
    return ""


def _rule_match(rule):
    address, port = address_keyword(rule.family), rule.protocol
    text = "" if rule.has_addresses else family_match(rule.family)
    text += _protocol_match(rule)
    text += either("iifname", rule.input_devices, ()) + either("oifname", rule.output_devices, ())
    text += either(address + " saddr", rule.sources, rule.not_sources)
    text += either(address + " daddr", rule.destinations, rule.not_destinations)
    if port is not None:
        text += either(port + " sport", rule.sports, rule.not_sports)
        text += either(port + " dport", rule.dports, rule.not_dports)
    text += either("ether saddr", rule.macs, rule.not_macs) + _icmp_match(rule)
    if rule.helper:
        text += "ct helper " + ("!= " if rule.helper.invert else "") + quoted(rule.helper.value.name) + " "
    return text + (_limit(rule.limit, rule.limit_burst) if rule.limit else "")


def _rule_verdict(rule):
    if rule.target == "notrack":
        return "notrack "
    if rule.target == "helper":
        return f"ct helper set {quoted(rule.set_helper.name)} "
    if rule.jump:
        return f"jump {rule.jump} "
    return rule.target + " " if rule.target else ""


def rule_statements(rule, zone):
    """A limited log is a rule of its own before the verdict; zone: whose limit applies where the rule has none."""
    match = _rule_match(rule)
    comment = "comment " + quoted("!fw4: " + rule.name)
    counter = "counter " if rule.counter else ""
    if not rule.log:
        return [match + counter + _rule_verdict(rule) + comment]
    log = "log prefix " + quoted(rule.log)
    limit = ""
    if rule.log_limit:
        limit = _limit(rule.log_limit)
    elif zone is not None and zone.options["log_limit"]:
        limit = _zone_limit(zone)
    if limit:
        return [match + limit + log, match + counter + _rule_verdict(rule) + comment]
    return [match + counter + log + " " + _rule_verdict(rule) + comment]
