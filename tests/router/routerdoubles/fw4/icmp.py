# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ICMP types by the names UCI uses: type, lowest code, highest code."""

ANY_CODE = 255


def _whole(number, *names):
    return {name: (number, 0, ANY_CODE) for name in names}


def _codes(number, *names):
    """Each code by its name, in order; None where no name is known."""
    return {name: (number, code, code) for code, name in enumerate(names) if name}


ICMP_TYPES = {
    "any": (255, 0, ANY_CODE),
    **_whole(0, "echo-reply", "pong"),
    **_whole(3, "destination-unreachable"),
    **_codes(
        3,
        "network-unreachable",
        "host-unreachable",
        "protocol-unreachable",
        "port-unreachable",
        "fragmentation-needed",
        "source-route-failed",
        "network-unknown",
        "host-unknown",
        None,
        "network-prohibited",
        "host-prohibited",
        "TOS-network-unreachable",
        "TOS-host-unreachable",
        "communication-prohibited",
        "host-precedence-violation",
        "precedence-cutoff",
    ),
    **_whole(4, "source-quench"),
    **_whole(5, "redirect"),
    **_codes(5, "network-redirect", "host-redirect", "TOS-network-redirect", "TOS-host-redirect"),
    **_whole(8, "echo-request", "ping"),
    **_whole(9, "router-advertisement"),
    **_whole(10, "router-solicitation"),
    **_whole(11, "time-exceeded", "ttl-exceeded"),
    **_codes(11, "ttl-zero-during-transit", "ttl-zero-during-reassembly"),
    **_whole(12, "parameter-problem"),
    **_codes(12, "ip-header-bad", "required-option-missing"),
    **_whole(13, "timestamp-request"),
    **_whole(14, "timestamp-reply"),
    **_whole(17, "address-mask-request"),
    **_whole(18, "address-mask-reply"),
}

ICMPV6_TYPES = {
    **_whole(1, "destination-unreachable"),
    **_codes(1, "no-route", "communication-prohibited", None, "address-unreachable", "port-unreachable"),
    **_whole(2, "packet-too-big"),
    **_whole(3, "time-exceeded", "ttl-exceeded"),
    **_codes(3, "ttl-zero-during-transit", "ttl-zero-during-reassembly"),
    **_whole(4, "parameter-problem"),
    **_codes(4, "bad-header", "unknown-header-type", "unknown-option"),
    **_whole(128, "echo-request", "ping"),
    **_whole(129, "echo-reply", "pong"),
    **_whole(130, "multicast-listener-query"),
    **_whole(131, "multicast-listener-report"),
    **_whole(132, "multicast-listener-done"),
    **_whole(133, "router-solicitation"),
    **_whole(134, "router-advertisement"),
    **_whole(135, "neighbour-solicitation", "neighbor-solicitation"),
    **_whole(136, "neighbour-advertisement", "neighbor-advertisement"),
    **_whole(137, "redirect"),
    **_whole(138, "router-renumbering"),
    **_whole(139, "node-info-query"),
    **_whole(140, "node-info-response"),
    **_whole(
        141,
        "inverse-neighbour-discovery-solicitation-message",
        "inverse-neighbor-discovery-solicitation-message",
    ),
    **_whole(
        142,
        "inverse-neighbour-discovery-advertisement-message",
        "inverse-neighbor-discovery-advertisement-message",
    ),
    **_whole(143, "v2-multicast-listener-report"),
    **_whole(144, "home-agent-address-discovery-request-message"),
    **_whole(145, "home-agent-address-discovery-reply-message"),
    **_whole(146, "mobile-prefix-solicitation"),
    **_whole(147, "mobile-prefix-advertisement"),
    **_whole(148, "certification-path-solicitation-message"),
    **_whole(149, "certification-path-advertisement-message"),
    **_whole(150, "seamoby-protocol-message"),
    **_whole(151, "multicast-router-advertisement"),
    **_whole(152, "multicast-router-solicitation"),
    **_whole(153, "multicast-router-termination"),
    **_whole(154, "fmipv6-message"),
    **_whole(155, "rpl-control-message"),
    **_whole(156, "ilnpv6-locator-update-message"),
    **_whole(157, "duplicate-address-request"),
    **_whole(158, "duplicate-address-confirmation"),
    **_whole(159, "mpl-control-message"),
    **_whole(160, "extended-echo-request", "extended-ping"),
    **_whole(161, "extended-echo-reply", "extended-pong"),
}
