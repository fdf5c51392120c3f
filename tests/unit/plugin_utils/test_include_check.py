# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an include may hold: everything that also loads at boot, and nothing that reaches beyond its place."""

from __future__ import annotations

import pytest

from ansible_collections.fastpath.router.plugins.plugin_utils.errors import ArgumentError
from ansible_collections.fastpath.router.plugins.plugin_utils.include_check import check_include, declared_objects

GOOD = [
    "ct state invalid counter drop",
    'iifname "eth0.10" accept',
    "iifname { eth0.10, br-lan.guest } accept",
    'iif "lo" accept',
    "iif != lo drop",
    "fib saddr . iif oif missing drop",
    "ip saddr { 10.0.0.0/8, 192.168.1.1-192.168.1.9 } drop",
    "ip6 saddr fe80::/10 accept",
    "ether saddr aa:bb:cc:dd:ee:ff drop",
    "chain x {\n type filter hook forward priority filter; policy accept;\n counter\n}",
    "define a = 1.2.3.4\nip saddr $a drop",
    "update @seen { ip saddr timeout 5m }",
    "dnat ip to 1.2.3.4:80",
    "ip saddr @blocked drop",
    'tcp dport { 80, 443 } accept comment "see www.example.com include iif { flowtable"',
    '# include "x" flush ruleset {\ncounter',
    "table inet x\ndelete table inet x\ntable inet x { chain y { counter } }",
    'log prefix "a {b" drop',
    "ip saddr map { 10.0.0.1 : accept }",
    "",
]
BAD = {
    'include "/x"': "another file",
    "flush ruleset": "flush ruleset",
    "delete table inet fw4": "fw4's own rules",
    "flow add @ft": "flowtable",
    "flowtable f { devices = { a } }": "flowtable",
    "iif eth0 drop": "iifname",
    "oif { eth0, lo } accept": "oifname",
    'meta oif "wan" drop': "oifname",
    "fib daddr . iif type local iif eth0 drop": "iifname",
    "chain c { type filter hook ingress device eth0 priority 0; }": "device",
    "set s { type iface_index; }": "ifname",
    "iifname $wan_devices drop": "wan_devices",
    "ip saddr example.com drop": "host name",
    "ip saddr localhost drop": "host name",
    "ip saddr != { localhost, 1.2.3.4 } drop": "host name",
    "ip daddr { 1.2.3.4, router.lan } drop": "host name",
    "dnat to server": "host name",
    "} chain x {": "closes a block",
    "chain x {": "leaves a block open",
}


@pytest.mark.parametrize("text", GOOD)
def test_what_loads_at_boot_passes(text):
    check_include("x", text)


@pytest.mark.parametrize("text", BAD)
def test_what_would_not_is_refused_with_the_reason(text):
    with pytest.raises(ArgumentError) as error:
        check_include("mine", text)
    assert BAD[text] in str(error.value)
    assert "'mine'" in str(error.value)


def test_objects_that_an_include_declares():
    assert declared_objects("set a {\n type ipv4_addr\n}\nchain b {\n counter\n}\n") == ["set a", "chain b"]
    assert declared_objects("table inet x\ndelete table inet x\ntable inet x {\n chain y {\n }\n}") == ["table inet x"]
    assert declared_objects("table x {\n}") == ["table ip x"]
    assert declared_objects("ct state invalid drop\nip saddr { 10.0.0.0/8 } drop") == []
