# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Custom flowtables: what may be declared, the rules and the script made of it, and which devices are meant."""

from __future__ import annotations

import itertools
import shutil
import subprocess

import netaddr
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.fastpath.router.plugins.plugin_utils.errors import ArgumentError
from ansible_collections.fastpath.router.plugins.plugin_utils.flowtables import (
    Flowtable,
    Link,
    chain_rules,
    declared_flowtables,
    expected_devices,
    flowtable_script,
    flowtables_of,
)
from ansible_collections.fastpath.router.plugins.plugin_utils.nft_words import conditions, merge_ports, merge_prefixes

PFT = {"name": "pft", "devices": ["lan1", "lan2"]}


def one(mode="none", **changes):
    (flowtable,) = flowtables_of([{**PFT, **changes}], mode)
    return flowtable


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "1st"}, "name"),
        ({"name": 'x"; drop'}, "name"),
        ({"name": "x\ny"}, "name"),
        ({"devices": []}, "exactly one"),
        ({"zones": ["lan"]}, "exactly one"),
        ({"devices": ["lo"]}, "'lo'"),
        ({"devices": ["a/b"]}, "devices"),
        ({"devices": ['eth0"']}, "devices"),
        ({"devices": ["x" * 16]}, "devices"),
        ({"chain": "forward"}, "fw4"),
        ({"chain": "forward_lan"}, "fw4"),
        ({"chain": "generation"}, "fw4"),
        ({"chain": "a b"}, "chain"),
        ({"after_bytes": -1}, "after_bytes"),
        ({"match": [{"ports": ["443-80"]}]}, "80-443"),
        ({"match": [{"ports": ["0"]}]}, "'0'"),
        ({"match": [{"ports": ["70000"]}]}, "70000"),
        ({"match": [{"ports": ["http"]}]}, "http"),
        ({"match": [{"source": ["192.168.1.50/24"]}]}, "192.168.1.0/24"),
        ({"match": [{"source": ["fd00::1/64"]}]}, "fd00::/64"),
        ({"match": [{"source": ["192.168.1"]}]}, "no prefix"),
        ({"match": [{"source": ["example.org"]}]}, "no prefix"),
        ({"match": [{"source": ["10.0.0.0/40"]}]}, "no prefix"),
        ({"match": [{"family": "ipv6", "source": ["10.0.0.0/8"]}]}, "no address family in common"),
        ({"match": [{"destination": ["fd00::/8"], "source": ["10.0.0.0/8"]}]}, "no address family in common"),
        ({"match": [{"dscp": ["64"]}]}, "dscp"),
        ({"match": [{"mark": "x"}]}, "mark"),
        ({"match": [{}]}, "says nothing"),
        ({"exclude": [{}]}, "says nothing"),
    ],
)
def test_bad_input_says_what_to_do(changes, words):
    with pytest.raises(ArgumentError) as error:
        one(**changes)
    assert words in str(error.value)
    assert "pft" in str(error.value) or "name" in changes


@pytest.mark.parametrize(
    "change", [{"match": [{"ports": ["80"]}]}, {"exclude": [{"ports": ["80"]}]}, {"after_bytes": 1}]
)
@pytest.mark.parametrize("mode", ["software", "hardware"])
def test_beside_a_mode_only_a_plain_one(change, mode):
    assert one(mode).plain
    with pytest.raises(ArgumentError, match="takes all TCP and UDP"):
        one(mode, **change)


@pytest.mark.parametrize(
    ("second", "words"),
    [
        (PFT, "two are called 'pft'"),
        ({"name": "b", "devices": ["lan2"]}, "device 'lan2' is in 'pft' and in 'b'"),
        ({"name": "b", "devices": ["lan3"], "chain": "offload_pft"}, "chain"),
    ],
)
def test_what_two_cannot_share(second, words):
    with pytest.raises(ArgumentError, match=words):
        flowtables_of([PFT, second], "none")


@pytest.mark.parametrize(
    ("scope", "rules"),
    [
        ({}, [""]),
        ({"family": "ipv6", "protocols": ["udp"]}, ["meta nfproto ipv6 meta l4proto udp"]),
        (
            {"ports": ["53", "80-90"]},
            [
                "meta l4proto { tcp, udp } ct direction original th dport { 53, 80-90 }",
                "meta l4proto { tcp, udp } ct direction reply th sport { 53, 80-90 }",
            ],
        ),
        (
            {"source": ["10.0.0.0/8", "fd00::/8"], "destination": ["192.0.2.1"]},
            [
                "meta nfproto ipv4 ct direction original ip saddr 10.0.0.0/8 ip daddr 192.0.2.1",
                "meta nfproto ipv4 ct direction reply ip daddr 10.0.0.0/8 ip saddr 192.0.2.1",
            ],
        ),
        (
            {"dscp": ["cs1", "46"]},
            [
                "meta nfproto ipv4 ip dscp { cs1, 46 } ct direction original",
                "meta nfproto ipv6 ip6 dscp { cs1, 46 } ct direction original",
            ],
        ),
        ({"mark": "0x10/0xf0"}, ["meta mark & 0xf0 == 0x10 ct direction original"]),
        ({"mark": "7", "ports": ["80"]}, ["meta l4proto { tcp, udp } meta mark 7 ct direction original th dport 80"]),
    ],
)
def test_conditions(scope, rules):
    assert conditions(scope) == rules


def test_the_example_of_the_guides():
    flowtable = one(
        hardware=True, chain="lans", match=[{"family": "ipv4", "protocols": ["tcp"], "ports": ["80", "443"]}]
    )
    assert chain_rules(flowtable).splitlines() == [
        "meta nfproto ipv4 meta l4proto tcp ct direction original th dport { 80, 443 } ct state established flow add @pft",
        "meta nfproto ipv4 meta l4proto tcp ct direction reply th sport { 80, 443 } ct state established flow add @pft",
    ]


def test_exclusions_come_first_and_bytes_count():
    flowtable = one(exclude=[{"mark": "1"}], after_bytes=1000)
    assert chain_rules(flowtable).splitlines() == [
        "meta mark 1 ct direction original return",
        "meta l4proto { tcp, udp } ct direction original ct state established ct bytes > 1000 flow add @pft",
    ]


ports = st.integers(1, 65535)


@given(st.lists(st.tuples(ports, ports).map(sorted), min_size=1, max_size=8))
def test_merged_ports_are_the_same_ports(ranges):
    merged = [
        (int(text.split("-")[0]), int(text.split("-")[-1]))
        for text in merge_ports("x", [f"{a}-{b}" for a, b in ranges])
    ]
    assert {p for a, b in merged for p in range(a, b + 1)} == {p for a, b in ranges for p in range(a, b + 1)}
    assert all(first[1] + 1 < second[0] for first, second in itertools.pairwise(merged))


prefixes = st.tuples(st.integers(0, 2**8 - 1), st.integers(24, 32)).map(
    lambda pair: str(netaddr.IPNetwork(f"10.0.0.{pair[0]}/{pair[1]}").cidr)
)


@given(st.lists(prefixes, min_size=1, max_size=6))
def test_merged_prefixes_are_the_same_addresses(texts):
    merged = merge_prefixes("x", texts)
    assert netaddr.IPSet(merged) == netaddr.IPSet(texts)
    assert len(merged) <= len(set(texts))


def test_the_script_tells_what_it_was_made_from():
    flowtables = flowtables_of([{**PFT, "match": [{"source": ["fd00::/8"]}]}, {"name": "b", "zones": ["lan"]}], "none")
    script = flowtable_script(flowtables, "fastpath")
    assert declared_flowtables(script.text) == list(flowtables)
    assert script.generation in script.text
    assert declared_flowtables("#!/bin/sh\n# not ours\n") == []


def test_only_what_it_says_changes_the_generation():
    first, same, other = (flowtable_script([one(counter=value)], "fastpath") for value in (True, True, False))
    assert first == same
    assert (first.generation, first.file) != (other.generation, other.file)
    assert flowtable_script([one()], "other").generation != first.generation


# ---- the script itself, with a sysfs, a jsonfilter and an nft of the test's own ----------------------------------------

SHELLS = [words for words in (["busybox", "sh"], ["dash"]) if shutil.which(words[0])]
NAMES = ("lan1", "lan2", "lan3", "wan", "br-lan", "br-lan.7", "eth9")


def run_script(folder, flowtables, links, zones, shell):
    """The ruleset that the script would load on a router with LINKS and ZONES."""
    shutil.rmtree(folder / "net", ignore_errors=True)
    for name, link in links.items():
        place = folder / "net" / name
        place.mkdir(parents=True, exist_ok=True)
        (place / "uevent").write_text(
            f"DEVTYPE={link.kind}\nINTERFACE={name}\n" if link.kind else f"INTERFACE={name}\n"
        )
        for lower in link.lower:
            (place / f"lower_{lower}").touch()
    tools = folder / "bin"
    tools.mkdir(exist_ok=True)
    known = "\n".join(f'*\'@.name="{zone}"].related\'*) [ -n "{" ".join(names)}" ] && printf "%s\\n" {" ".join(names)} ;;'
                      for zone, names in zones.items() if names)  # fmt: skip
    (tools / "jsonfilter").write_text(f'#!/bin/sh\ncase "$5" in\n{known}\n*) exit 1 ;;\nesac\n')
    (tools / "nft").write_text(f'#!/bin/sh\n[ "$1" = -c ] && exit 0\ncat >"{folder}/loaded"\n')
    (tools / "logger").write_text("#!/bin/sh\n")
    for tool in tools.iterdir():
        tool.chmod(0o755)
    script = folder / "script"
    script.write_text(flowtable_script(flowtables, "o").text.replace("NET=/sys/class/net", f"NET={folder}/net"))
    subprocess.run([*shell, "-c", f". {script}"], check=True, env={"PATH": f"{tools}:/usr/bin:/bin"})
    return (folder / "loaded").read_text()


@pytest.mark.skipif(not SHELLS, reason="no POSIX shell other than bash here")
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_script_and_the_plan_mean_the_same_devices(tmp_path, data):
    present = data.draw(st.sets(st.sampled_from(NAMES)))
    ports = tuple(sorted(name for name in present if name.startswith("lan")))
    links = {name: Link("") for name in present}
    if "br-lan" in present:
        links["br-lan"] = Link("bridge", ports)
        if "br-lan.7" in present:
            links["br-lan.7"] = Link("vlan", ("br-lan",))
    names = st.lists(st.sampled_from(NAMES), max_size=3)
    zones = {"lan": data.draw(names), "wan": data.draw(names)}
    flowtables = [
        Flowtable("a", data.draw(names.filter(bool).map(lambda found: tuple(dict.fromkeys(found)))), chain="ca"),
        Flowtable("b", zones=("lan",), hardware=data.draw(st.booleans()), chain="cb"),
        Flowtable("c", zones=("lan", "wan"), hardware=data.draw(st.booleans()), chain="cc"),
    ]
    ruleset = run_script(tmp_path, flowtables, links, zones, data.draw(st.sampled_from(SHELLS)))
    loaded = {}
    for block in ruleset.split("\tflowtable ")[1:]:
        devices = block.partition("devices = { ")[2].partition(" }")[0]
        loaded[block.split()[0]] = tuple(sorted(name.strip('"') for name in devices.split(", ")))
    expected = expected_devices(flowtables, links, zones)
    assert loaded == {name: devices for name, devices in expected.items() if devices}
