# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prefixes, ports and conditions in nft's words."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.fastpath.router.plugins.plugin_utils.errors import ArgumentError

try:
    import netaddr
except ImportError:
    netaddr = None

PORTS = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?\Z")
# The names that nft knows (`nft describe ip dscp`).
DSCP = (
    *(f"cs{n}" for n in range(8)),
    *(f"af{n}{m}" for n in range(1, 5) for m in range(1, 4)),
    "ef",
)


def merge_ports(where: str, ports: t.Iterable[t.Any]) -> list[str]:
    """PORTS sorted, overlapping and neighbouring ones merged: nft refuses a set whose intervals overlap."""
    merged: list[list[int]] = []
    for first, last in sorted(_port_range(where, str(text)) for text in ports):
        if merged and first <= merged[-1][1] + 1:
            merged[-1][1] = max(last, merged[-1][1])
        else:
            merged.append([first, last])
    return [str(first) if first == last else f"{first}-{last}" for first, last in merged]


def _port_range(where: str, text: str) -> tuple[int, int]:
    found = PORTS.match(text)
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    if not found or not 1 <= first <= 65535 or last > 65535:
        raise ArgumentError(f"{where}: ports: {text!r} is no port", "Give 1 to 65535, or a range such as 8000-8100.")
    if last < first:
        raise ArgumentError(f"{where}: ports: {text!r} is reversed", f"Write {last}-{first}.")
    return first, last


def merge_prefixes(where: str, prefixes: t.Iterable[str]) -> list[str]:
    """PREFIXES of both families, merged to as few as say the same, IPv4 first. Raises ArgumentError, for host bits, too."""
    if netaddr is None:
        raise ArgumentError(
            f"{where}: prefixes need the Python package netaddr on the controller", "pip install netaddr"
        )
    networks = [_prefix(where, str(text)) for text in prefixes]
    merged = sorted(netaddr.cidr_merge(networks), key=lambda network: (network.version, network))
    return [str(network.ip) if network.size == 1 else str(network) for network in merged]


def _prefix(where: str, text: str) -> t.Any:
    try:
        if not re.match(r"[0-9a-fA-F.:]+(/\d+)?\Z", text) or (":" not in text and text.count(".") != 3):
            raise ValueError
        network = netaddr.IPNetwork(text)
    except (ValueError, netaddr.AddrFormatError):
        raise ArgumentError(
            f"{where}: {text!r} is no prefix", "Give an address or prefix, such as 192.168.1.0/24 or fd00::/8."
        ) from None
    if network.ip != network.network:
        raise ArgumentError(
            f"{where}: {text!r} has host bits", f"Write {network.cidr}, or {network.ip} for that host alone."
        )
    return network


def is_of_packets(scope: t.Mapping[str, t.Any]) -> bool:
    """Whether SCOPE speaks of what packets bear, which those of the other direction need not bear."""
    return "dscp" in scope or "mark" in scope


def conditions(scope: t.Mapping[str, t.Any], one_way: bool = False) -> list[str]:
    """The conditions, in nft's words, of which a packet of a flow in SCOPE meets one; empty where none can be met.

    SCOPE speaks of flows: source opened the connection, destination and ports are those of the other end. Packets of both
    directions cross the forward hook, with the addresses of the two hosts themselves: destination NAT comes before it, source
    NAT after it. Code points and marks are those of packets that the opener sends; ONE_WAY: only such packets are meant anyway.
    """
    one_way = one_way or is_of_packets(scope)
    found = []
    for family in _families(scope):
        common = [f"meta nfproto {family}"] if family else []
        protocols = scope.get("protocols") or (["tcp", "udp"] if "ports" in scope else [])
        if protocols:
            common.append(f"meta l4proto {nft_set(protocols)}")
        if "dscp" in scope:
            common.append(f"{_ip(family)} dscp {nft_set(scope['dscp'])}")
        if "mark" in scope:
            value, _slash, mask = scope["mark"].partition("/")
            common.append(f"meta mark & {mask} == {value}" if mask else f"meta mark {value}")
        found += [" ".join([*common, *ends]) for ends in _directions(scope, family, one_way)]
    return found


def _families(scope: t.Mapping[str, t.Any]) -> list[str]:
    """The address families that the scope is about; "" for both without having to tell them apart."""
    families = [scope["family"]] if "family" in scope else ["ipv4", "ipv6"]
    for key in ("source", "destination"):
        if key in scope:
            families = [family for family in families if _of_family(scope[key], family)]
    if "family" in scope or {"source", "destination", "dscp"} & set(scope):
        return families
    return [""]


def _directions(scope: t.Mapping[str, t.Any], family: str, one_way: bool) -> list[list[str]]:
    ends = []
    for direction, near, far, port in (("original", "saddr", "daddr", "dport"), ("reply", "daddr", "saddr", "sport")):
        words = []
        for key, field in (("source", near), ("destination", far)):
            if key in scope:
                words.append(f"{_ip(family)} {field} {nft_set(_of_family(scope[key], family))}")
        if "ports" in scope:
            words.append(f"th {port} {nft_set(scope['ports'])}")
        ends.append([f"ct direction {direction}", *words] if words or one_way else [])
    return ends[:1] if one_way or not ends[0] else ends


def _of_family(prefixes: t.Iterable[str], family: str) -> list[str]:
    return [prefix for prefix in prefixes if (":" in prefix) == (family == "ipv6")]


def _ip(family: str) -> str:
    return "ip6" if family == "ipv6" else "ip"


def nft_set(values: t.Sequence[str]) -> str:
    return values[0] if len(values) == 1 else f"{{ {', '.join(values)} }}"
