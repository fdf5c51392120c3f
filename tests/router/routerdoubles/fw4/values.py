# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Option values: one parser per data type. A parser returns None for a value that fw4 rejects."""

from _socket import AF_INET, AF_INET6, inet_ntop, inet_pton  # the public module costs 10 ms of start-up

from ..unsupported import Unsupported
from .icmp import ANY_CODE, ICMP_TYPES, ICMPV6_TYPES

DIGITS = frozenset("0123456789")
HEX_DIGITS = frozenset("0123456789abcdefABCDEF")
LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
BLANKS = " \t"


class Match:
    """A value to match; inverted when it was written with a leading exclamation mark."""

    __slots__ = ("invert", "value")

    def __init__(self, value, invert=False):
        self.value = value
        self.invert = invert


class Subnet:
    __slots__ = ("address", "bits", "family", "last")

    def __init__(self, packed, bits=None, last=None):
        self.family = 4 if len(packed) == 4 else 6
        self.address = packed
        self.bits = len(packed) * 8 if bits is None else bits
        self.last = last

    def cidr(self):
        if self.last is not None:
            return f"{_address_text(self.address)}-{_address_text(self.last)}"
        if self.bits == len(self.address) * 8:
            return _address_text(self.address)
        return f"{_address_text(masked(self.address, self.bits))}/{self.bits}"


class IcmpType:
    """Type and codes in either family; family 0 when the name exists in both.

    fw4 looks at the IPv4 codes to tell whether a type is meant with all its codes. So a name that only IPv6 has
    stands for its lowest code alone.
    """

    __slots__ = ("family", "v4", "v6", "whole")

    def __init__(self, v4, v6):
        self.v4 = v4
        self.v6 = v6
        self.family = 0 if v4 and v6 else 4 if v4 else 6
        self.whole = v4 is not None and v4[1:] == (0, ANY_CODE)

    def of(self, family):
        return self.v4 if family == 4 else self.v6


class Limit:
    __slots__ = ("rate", "unit")

    def __init__(self, rate, unit):
        self.rate = rate
        self.unit = unit


def _address_text(packed):
    return inet_ntop(AF_INET if len(packed) == 4 else AF_INET6, packed)


def packed_address(text):
    try:
        return inet_pton(AF_INET6 if ":" in text else AF_INET, text)
    except (OSError, ValueError):
        return None


def masked(packed, bits):
    shift = max(len(packed) * 8 - bits, 0)
    return (int.from_bytes(packed, "big") >> shift << shift).to_bytes(len(packed), "big")


def prefix_length(packed_mask):
    bits = bin(int.from_bytes(packed_mask, "big"))[2:].rjust(len(packed_mask) * 8, "0")
    if "01" in bits:
        raise Unsupported("subnet mask with gaps")
    return bits.count("1")


def number(text):
    """ucode's conversion of a string to an integer: decimal, also with leading zeros, or 0x."""
    body = text.strip()
    sign = -1 if body.startswith("-") else 1
    body = body[1:] if body[:1] in ("-", "+") else body
    if body and DIGITS.issuperset(body):
        return sign * int(body)
    if body[:2].lower() == "0x" and len(body) > 2 and HEX_DIGITS.issuperset(body[2:]):
        return sign * int(body, 16)
    if body[:1] in DIGITS:
        raise Unsupported("number " + text)
    return None


def inverted(text):
    """Splits off a leading '!'. None for an empty value."""
    body = text.lstrip(BLANKS)
    invert = body.startswith("!")
    body = (body[1:] if invert else body).strip()
    return Match(body, invert) if body else None


def choice(value, choices):
    """Any prefix of a choice stands for it, in either case."""
    wanted = value.lower()
    for candidate in choices:
        if candidate.lower().startswith(wanted):
            return candidate
    return None


def parse_string(value, _firewall):
    return value


def parse_bool(value, _firewall):
    if value in ("1", "on", "true", "yes"):
        return True
    if value in ("0", "off", "false", "no"):
        return False
    return None


def parse_int(value, _firewall):
    return number(value)


def parse_policy(value, _firewall):
    return choice(value, ("accept", "reject", "drop"))


def parse_reject_code(value, _firewall):
    return choice(value, ("tcp-reset", "port-unreachable", "admin-prohibited", "host-unreachable", "no-route"))


def parse_target(value, _firewall):
    names = ("accept", "reject", "drop", "notrack", "helper", "mark", "dscp", "dnat", "snat", "masquerade")
    return choice(value, names)


def parse_include_type(value, _firewall):
    return choice(value, ("script", "nftables"))


def parse_include_position(value, _firewall):
    places = ("ruleset", "table", "chain")
    chosen = choice(value, [place + suffix for place in places for suffix in ("-prepend", "-postpend", "-append")])
    return chosen and chosen.replace("postpend", "append")


def parse_identifier(value, _firewall):
    first = value[:1] in LETTERS or value[:1] in ("_", ".")
    return value if first and all(c in LETTERS or c in DIGITS or c in "/_.-" for c in value) else None


def parse_family(value, _firewall):
    if value in ("any", "all", "*"):
        return 0
    if value == "inet" or "4" in value:
        return 4
    return 6 if "6" in value else None


def parse_device(value, _firewall):
    device = inverted(value)
    if device and device.value != "*" and "+" in device.value:
        raise Unsupported("wildcard device " + value)
    return device


def parse_direction(value, _firewall):
    """True for outgoing."""
    return {"in": False, "ingress": False, "out": True, "egress": True}.get(value)


def parse_zone_ref(value, firewall):
    """The zone, or '*' for any."""
    if value == "*":
        return "*"
    for zone in firewall.zones:
        if zone.name == value:
            return zone
    return None


def parse_helper_ref(value, firewall):
    match = inverted(value)
    for helper in firewall.helpers if match else ():
        if helper.name == match.value:
            return Match(helper, match.invert)
    return None


def parse_protocol(value, _firewall):
    """Protocol names; None stands for any, so every result is a list."""
    match = inverted(value)
    if not match:
        return None
    name = match.value.lower()
    if name == "tcpudp":
        names = ["tcp", "udp"]
    elif name in ("all", "any", "*"):
        names = [None]
    else:
        aliases = {"1": "icmp", "58": "ipv6-icmp", "icmpv6": "ipv6-icmp", "6": "tcp", "17": "udp"}
        names = [aliases.get(name, name)]
    return [Match(name, match.invert) for name in names]


def parse_mac(value, _firewall):
    match = inverted(value)
    octets = match.value.replace("-", ":").split(":") if match else []
    if len(octets) != 6 or not all(0 < len(octet) < 3 and HEX_DIGITS.issuperset(octet) for octet in octets):
        return None
    match.value = ":".join(f"{int(octet, 16):02x}" for octet in octets)
    return match


def parse_port(value, _firewall):
    """As text, 'n' or 'n-m'."""
    match = inverted(value)
    ends = match.value.replace(":", "-").split("-") if match else []
    if not 1 <= len(ends) <= 2 or not all(0 < len(end) < 6 and DIGITS.issuperset(end) for end in ends):
        return None
    ports = [int(end) for end in ends]
    if ports[0] > ports[-1] or ports[-1] > 65535:
        return None
    match.value = str(ports[0]) if ports[0] == ports[-1] else f"{ports[0]}-{ports[1]}"
    return match


def parse_network(value, firewall):
    """An address, a subnet, a range or the name of a network, which stands for all its addresses."""
    match = inverted(value)
    subnets = match and _subnets(match.value, firewall)
    return None if subnets is None else Match(subnets, match.invert)


def _subnets(text, firewall):
    if text.count("/") == 1:
        address, mask = text.split("/")
        packed, packed_mask = packed_address(address), packed_address(mask)
        if packed is None:
            return None
        if packed_mask is not None:
            return [Subnet(packed, prefix_length(packed_mask))] if len(packed) == len(packed_mask) else None
        bits = number(mask)
        if bits is not None and bits < 0:
            raise Unsupported("inverted prefix length " + text)
        return None if bits is None else [Subnet(packed, bits)]
    if text.count("-") == 1 and "/" not in text:
        first, last = (packed_address(end) for end in text.split("-"))
        return [Subnet(first, last=last)] if first and last and len(first) == len(last) else None
    packed = packed_address(text)
    if packed is not None:
        return [Subnet(packed)]
    network = firewall.networks.get(text) if "-" not in text and "/" not in text else None
    return None if network is None else list(network.subnets)


def parse_icmp_type(value, _firewall):
    named = IcmpType(ICMP_TYPES.get(value), ICMPV6_TYPES.get(value))
    if named.v4 or named.v6:
        return named
    parts = value.split("/")
    if len(parts) > 2 or not all(part and DIGITS.issuperset(part) for part in parts) or max(map(int, parts)) > 255:
        return None
    code = int(parts[1]) if len(parts) == 2 else None
    numeric = (int(parts[0]), 0 if code is None else code, 255 if code is None else code)
    return IcmpType(numeric, numeric)


def parse_limit(value, _firewall):
    match = inverted(value)
    rate, slash, unit = match.value.partition("/") if match else ("", "", "")
    if not rate or not DIGITS.issuperset(rate) or (slash and not (unit.isalpha() and unit.islower())):
        return None
    unit = choice(unit, ("second", "minute", "hour", "day")) if slash else "second"
    return unit and Limit(int(rate), unit)
