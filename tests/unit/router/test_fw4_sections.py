# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What fw4's double makes of single sections: values, what it says of them, and what it refuses to guess."""

from __future__ import annotations

import pytest
from fw4_box import DEFAULTS, LAN, WAN, Host, chains, rendered, section, warned
from routerdoubles.fw4.errors import Crash, crash_trace
from routerdoubles.fw4.model import Section
from routerdoubles.unsupported import Unsupported

HELPERS = ("nf_conntrack_ftp", "nf_conntrack_tftp")
CONFIG = [DEFAULTS, LAN, WAN]


def wan_rules(**options):
    """Rules of a section for what arrives from the WAN."""
    text = rendered([*CONFIG, section("rule", name="r", src="wan", **options)])
    return [line for line in chains(text)["input_wan"] if '"!fw4: r"' in line]


@pytest.mark.parametrize(
    ("options", "statements"),
    [
        ({"proto": "tcp", "dest_port": "22"}, ["tcp dport 22"]),
        ({"proto": "tcp", "dest_port": ["80", "8000-8100"]}, ["tcp dport { 80, 8000-8100 }"]),
        ({"proto": "tcp udp", "dest_port": "53"}, ["tcp dport 53", "udp dport 53"]),
        ({"dest_port": "53"}, ["tcp dport 53", "udp dport 53"]),
        ({"proto": "udp", "src_port": "!67"}, ["udp sport != 67"]),
        ({"proto": "esp"}, ["meta l4proto esp"]),
        ({"proto": "all", "family": "ipv6"}, ["meta nfproto ipv6"]),
        ({"proto": "icmp"}, ['meta l4proto { "icmp", "ipv6-icmp" }']),
        ({"proto": "icmp", "family": "ipv4", "icmp_type": "ping"}, ["meta nfproto ipv4 icmp type 8"]),
        (
            {"proto": "icmp", "icmp_type": ["echo-request", "3/4"]},
            [
                "meta nfproto ipv4 icmp type 8",
                "meta nfproto ipv4 icmp type . icmp code { 3 . 4 }",
                "meta nfproto ipv6 icmpv6 type 128",
                "meta nfproto ipv6 icmpv6 type . icmpv6 code { 3 . 4 }",
            ],
        ),
        ({"proto": "icmp", "icmp_type": "packet-too-big"}, ["meta nfproto ipv6 icmpv6 type . icmpv6 code { 2 . 0 }"]),
        ({"proto": "tcp", "src_ip": "10.0.0.77/24"}, ["meta l4proto tcp ip saddr 10.0.0.0/24"]),
        ({"proto": "tcp", "src_ip": "10.0.0.1/255.255.0.0"}, ["meta l4proto tcp ip saddr 10.0.0.0/16"]),
        (
            {"proto": "tcp", "src_ip": ["10.0.0.1", "fe80::/10"]},
            ["meta l4proto tcp ip saddr 10.0.0.1", "meta l4proto tcp ip6 saddr fe80::/10"],
        ),
        ({"proto": "tcp", "src_ip": "!10.0.0.1-10.0.0.9"}, ["meta l4proto tcp ip saddr != 10.0.0.1-10.0.0.9"]),
        ({"proto": "tcp", "src_mac": "0:1:2:a:b:C"}, ["meta l4proto tcp ether saddr 00:01:02:0a:0b:0c"]),
        ({"proto": "tcp", "limit": "5/min", "limit_burst": "9"}, ["meta l4proto tcp limit rate 5/minute burst 9 packets"]),
    ],
)  # fmt: skip
def test_rule_matches(options, statements):
    expected = [f'{statement} counter accept comment "!fw4: r"' for statement in statements]
    assert wan_rules(target="ACCEPT", **options) == expected


@pytest.mark.parametrize(
    ("options", "chain", "verdict"),
    [
        ({"src": "wan"}, "input_wan", "accept"),
        ({"dest": "wan"}, "output_wan", "jump accept_to_wan"),
        ({"src": "wan", "dest": "lan"}, "forward_wan", "jump accept_to_lan"),
        ({"src": "wan", "dest": "*"}, "forward_wan", "accept"),
        ({"src": "*"}, "input", "accept"),
        ({"src": "*", "dest": "lan"}, "forward", "jump accept_to_lan"),
        ({}, "output", "accept"),
        ({"src": "wan", "target": "REJECT"}, "input_wan", "jump handle_reject"),
        ({"src": "wan", "target": None}, "input_wan", None),
        ({"src": "lan", "target": "NOTRACK"}, "notrack_lan", "notrack"),
    ],
)
def test_rule_place_and_verdict(options, chain, verdict):
    rule = section("rule", **{"name": "r", "proto": "tcp", "target": "ACCEPT", **options})
    statement = " ".join(filter(None, ["meta l4proto tcp counter", verdict, 'comment "!fw4: r"']))
    assert statement in chains(rendered([*CONFIG, rule]))[chain]


ZONE_X = {"name": "x", "network": "wan"}


@pytest.mark.parametrize(
    ("added", "said"),
    [
        (section("defaults"), "Section @defaults[1] : ignoring duplicate defaults section"),
        (section("zone", name="9"), "Section @zone[2] (9) option 'name' specifies invalid value '9'"),
        (section("zone"), "Section @zone[2] option 'name' is mandatory but not set"),
        (section("zone", "z", **ZONE_X, enabled="0"), "Section z (x) is disabled, ignoring section"),
        (section("zone", "z", **ZONE_X, masq="maybe"), "Section z (x) option 'masq' specifies invalid value 'maybe'"),
        (section("zone", "z", **ZONE_X, input=["DROP"]), "Section z (x) option 'input' must not be a list"),
        (section("zone", "z", **ZONE_X, extra="x"), "Section z (x) option 'extra' is not supported by fw4"),
        (section("zone", "z", **ZONE_X, color="x"), "Section z (x) specifies unknown option 'color'"),
        (
            section("zone", "z", name="x", subnet="10.0.0.0/8", family="ipv6"),
            "Section z (x) is restricted to IPv6 but referenced subnet list is IPv4 only, skipping",
        ),
        (section("rule", _name="x"), "Section @rule[0] option '_name' is deprecated by fw4"),
        (section("rule", src="nosuch"), "Section @rule[0] option 'src' specifies invalid value 'nosuch'"),
        (section("rule", target="NOTRACK"), "Section @rule[0] must specify a source zone for target 'notrack'"),
        (section("rule", device="*"), "Section @rule[0] must not specify '*' as device"),
        (section("rule", device="!eth0"), "Section @rule[0] option 'device' must not be negated"),
        (
            section("rule", src_ip="10.0.0.1", dest_ip="fe80::1"),
            "Section @rule[0] is restricted to IPv4 but referenced destination IP is IPv6 only, skipping",
        ),
        (section("forwarding", src="lan"), "Section @forwarding[0] option 'dest' is mandatory but not set"),
        (
            section("include", "i", path="/etc/firewall.user"),
            "Section i is not marked as compatible with fw4, ignoring section",
        ),
    ],
)
def test_what_is_said_of_a_section(added, said):
    text, lines = warned([*CONFIG, added])
    assert lines[0] == f"[!] {said}"
    assert text


@pytest.mark.parametrize("value", ["2", "enabled", "TRUE", "disabled"])
@pytest.mark.parametrize("option", ["flow_offloading", "flow_offloading_hw", "drop_invalid", "syn_flood"])
def test_a_boolean_that_is_none_crashes(option, value):
    with pytest.raises(Crash, match="defaults"):
        rendered([section("defaults", **{option: value}), LAN])


def test_include_with_an_unknown_position_crashes():
    with pytest.raises(Crash, match="include"):
        rendered([DEFAULTS, section("include", type="nftables", path="/dev/null", position="somewhere")])


def test_found_include_for_an_impossible_chain_crashes():
    found = Section("include", {"type": "nftables", "position": "chain-pre", "chain": "1st", "path": "/dev/null"})
    with pytest.raises(Crash, match="automatic include"):
        rendered([DEFAULTS], Host(found=(found,)))


def test_trace_points_at_the_property():
    for place in ("defaults", "include", "automatic include"):
        lines = crash_trace(place, "print").splitlines()
        source, marker = lines[-4:-2]
        assert source[: marker.index("^")].endswith(".")
        assert f"byte {marker.index('^') - 7}:" in lines[1]


@pytest.mark.parametrize(
    "added",
    [
        section("redirect", src="wan", dest_ip="10.0.0.1"),
        section("nat", src="wan"),
        section("ipset", name="s"),
        section("rule", ipset="s"),
        section("rule", start_time="08:00"),
        section("rule", set_mark="1", target="MARK"),
        section("rule", target="MASQUERADE"),
        section("zone", name="x", device="ppp+"),
        section("zone", name="x", subnet="::1/::ffff"),
    ],
)
def test_what_the_double_does_not_compute_is_refused(added):
    with pytest.raises(Unsupported):
        rendered([*CONFIG, added])


def test_helpers_follow_the_kernel_and_the_zone():
    text = rendered([*CONFIG, section("zone", name="guest", auto_helper="0", network="lan")], Host(modules=HELPERS))
    found = chains(text)
    assert [line.split('"')[1] for line in found["helper_lan"]] == ["ftp", "tftp"]
    assert "helper_wan" not in found  # it masquerades
    assert "helper_guest" not in found
    assert 'type "tftp" protocol udp;' in text
    assert "ct helper" not in rendered(CONFIG)


def test_loopback_zone_gets_its_helpers_on_the_way_out():
    text = rendered([DEFAULTS, section("zone", name="local", network="loopback")], Host(modules=HELPERS))
    jump = 'jump helper_local comment "!fw4: Handle local IPv4/IPv6 helper assignment"'
    assert f'iifname "lo" {jump}' in chains(text)["output"]
    assert len(chains(text)["prerouting"]) == 1


def test_policies_of_zones_default_to_those_of_the_firewall():
    text = rendered([section("defaults", input="ACCEPT", forward="REJECT"), section("zone", name="x", network="lan")])
    jumps = [chains(text)[f"{hook}_x"][-1] for hook in ("input", "output", "forward")]
    assert jumps == ["jump accept_from_x", "jump drop_to_x", "jump reject_to_x"]


def test_synflood_alias():
    for name in ("syn_flood", "synflood_protect"):
        assert "syn_flood" in chains(rendered([section("defaults", **{name: "1"})]))
    assert "syn_flood" not in chains(rendered([section("defaults", syn_flood="1", synflood_protect="0")]))


def test_nothing_configured_is_a_skeleton_that_drops():
    found = chains(rendered([]))
    assert all(found[hook][0].endswith("policy drop;") for hook in ("input", "forward", "output"))
    assert not any("_" in name and name.endswith(("_lan", "_wan")) for name in found)
