# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every ruleset, whatever the names, the order and the values: fw4's double computes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess

import pytest
from fw4_box import Host, chains, network, rendered, section
from hypothesis import given, settings
from hypothesis import strategies as st

POLICIES = ("accept", "reject", "drop")
SPELLED = st.sampled_from(["ACCEPT", "accept", "Accept", "REJECT", "reject", "DROP", "drop"])
NAMES = st.from_regex(r"[a-zA-Z][a-zA-Z0-9_]{0,9}", fullmatch=True)
TITLES = st.text(
    st.characters(codec="ascii", categories=["L", "N", "Zs", "P"], exclude_characters='\\"'), min_size=1, max_size=12
)
# position as written, what it means
POSITIONS = {
    "chain-pre": "chain-prepend",
    "chain-post": "chain-append",
    "chain-append": "chain-append",
    "table-pre": "table-prepend",
    "table-post": "table-append",
    "ruleset-pre": "ruleset-prepend",
    "ruleset-post": "ruleset-append",
}
FILES = ("a.nft", "b.nft", "c.nft")
BASE_CHAINS = ("input", "forward", "output", "dstnat", "srcnat", "mangle_forward", "mangle_input", "raw_output")


@st.composite
def firewalls(draw):
    """Zones on networks n0, n1, ... with rules and forwardings between them, and includes of FILES."""
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    offloading, hardware = draw(st.sampled_from([None, "0", "1", "on"])), draw(st.sampled_from([None, "0", "1"]))
    defaults = section(
        "defaults",
        input=draw(SPELLED),
        output=draw(SPELLED),
        forward=draw(SPELLED),
        drop_invalid=draw(st.sampled_from([None, "0", "1"])),
        syn_flood=draw(st.sampled_from([None, "0", "yes"])),
        flow_offloading=offloading,
        flow_offloading_hw=hardware,
    )
    zones = [
        section(
            "zone",
            name=name,
            network=[f"n{index}"],
            input=draw(SPELLED),
            output=draw(SPELLED),
            forward=draw(SPELLED),
            masq=draw(st.sampled_from([None, "0", "1"])),
            mtu_fix=draw(st.sampled_from([None, "1"])),
        )
        for index, name in enumerate(names)
    ]
    others = draw(st.lists(st.one_of(rules(names), forwardings(names)), max_size=6))
    others += draw(st.lists(includes(names), max_size=6))
    return names, [defaults, *zones, *draw(st.permutations(others))]


@st.composite
def rules(draw, names):
    return section(
        "rule",
        name=draw(TITLES),
        src=draw(st.sampled_from([None, "*", *names])),
        dest=draw(st.sampled_from([None, "*", *names])),
        proto=draw(st.sampled_from([None, "tcp", "udp", "icmp", "esp", "all"])),
        dest_port=draw(st.one_of(st.none(), st.integers(1, 65535).map(str))),
        family=draw(st.sampled_from([None, "ipv4", "ipv6", "any"])),
        limit=draw(st.sampled_from([None, "10/second", "5/minute"])),
        enabled=draw(st.sampled_from([None, "0", "1"])),
        target=draw(st.sampled_from(["ACCEPT", "REJECT", "DROP"])),
    )


@st.composite
def forwardings(draw, names):
    return section("forwarding", src=draw(st.sampled_from(names)), dest=draw(st.sampled_from(names)))


@st.composite
def includes(draw, names):
    chain = draw(
        st.sampled_from([*BASE_CHAINS, "nosuchchain", *(f"{hook}_{names[0]}" for hook in ("input", "forward"))])
    )
    position = draw(st.sampled_from(sorted(POSITIONS)))
    return section(
        "include",
        draw(NAMES),
        type="nftables",
        path=draw(st.sampled_from(FILES)),
        position=position,
        chain=chain if position.startswith("chain") else None,
        enabled=draw(st.sampled_from([None, "1", "0"])),
    )


@st.composite
def hosts(draw, zones):
    """Some of the zones' devices exist; the first is a bridge over two ports."""
    devices = tuple(f"dev{index}" for index in range(zones) if draw(st.booleans()))
    return Host(
        devices=devices,
        lower={"dev0": ["port1", "port0"]},
        hardware=draw(st.booleans()),
        flowtable=draw(st.booleans()),
        modules=draw(st.sampled_from([(), ("nf_conntrack_ftp",)])),
    )


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """Files to include that fit everywhere."""
    folder = tmp_path_factory.mktemp("includes")
    for name in FILES:
        (folder / name).write_text("# nothing\n")
    return folder


def computed(folder, names, firewall, host):
    networks = {f"n{index}": network(f"dev{index}", (f"10.{index}.0.1", 24)) for index in range(len(names))}
    for _, _, options in firewall:
        if "path" in options:
            options["path"] = str(folder / os.path.basename(options["path"]))
    return rendered(firewall, host, networks)


def of_kind(firewall, kind):
    return [options for each, _, options in firewall if each == kind]


def included(lines):
    """Paths of include statements, but for the one that every ruleset has."""
    paths = [line.split('"')[1] for line in lines if line.strip().startswith("include ")]
    return [path for path in paths if path != "/etc/nftables.d/*.nft"]


def switched_on(value):
    return value in ("1", "on", "yes", "true")


def expected_devices(names, options, host):
    """Devices and flags of the flowtable; None: there is none."""
    if not switched_on(options["flow_offloading"]):
        return None, False
    lower = sorted({lowest for index in range(len(names)) for lowest in host.lower_devices(f"dev{index}")})
    if switched_on(options["flow_offloading_hw"]) and host.accepts_hardware_offload(lower):
        return lower, True
    return sorted(host.devices) or None, False


@given(data=st.data())
@settings(deadline=None, max_examples=80)
def test_flowtable_and_its_rule(data, folder):
    names, firewall = data.draw(firewalls())
    host = data.draw(hosts(len(names)))
    text = computed(folder, names, firewall, host)
    devices, hardware = expected_devices(names, of_kind(firewall, "defaults")[0], host)
    first = chains(text)["forward"][1]
    assert (first == "meta l4proto { tcp, udp } flow offload @ft;") == (devices is not None)
    assert text.count("flow offload") == text.count("flowtable ft {") == (devices is not None)
    if devices:
        quoted = ", ".join(f'"{device}"' for device in devices)
        assert f"\t\tdevices = {{ {quoted} }};\n" in text
    assert ("flags offload;" in text) == hardware
    assert ("\ndelete flowtable inet fw4 ft\n" in text) == host.flowtable


def wanted_includes(firewall):
    """Paths of the enabled includes by position and chain."""
    wanted = {}
    for options in of_kind(firewall, "include"):
        if options["enabled"] != "0":
            place = POSITIONS[options["position"]], options["chain"]
            wanted.setdefault(place, []).append(options["path"])
    return wanted


@given(data=st.data())
@settings(deadline=None, max_examples=80)
def test_every_include_is_once_at_its_place_in_order(data, folder):
    names, firewall = data.draw(firewalls())
    text = computed(folder, names, firewall, data.draw(hosts(len(names))))
    wanted = wanted_includes(firewall)
    table = text.index("\ntable inet fw4 {")
    for position, part in {
        "ruleset-prepend": text[:table],
        "table-prepend": text[table : text.index("\tchain ")],
        "table-append": text[text.rindex("\t}\n") : text.rindex("\n}\n")],
        "ruleset-append": text[text.rindex("\n}\n") :],
    }.items():
        assert included(part.splitlines()) == wanted.get((position, None), []), position
    found = chains(text)
    for chain, statements in found.items():
        before, rules, after = around_rules(statements)
        if rules:
            assert before == wanted.get(("chain-prepend", chain), [])
            assert after == wanted.get(("chain-append", chain), [])
        else:
            assert before == wanted.get(("chain-prepend", chain), []) + wanted.get(("chain-append", chain), [])
    known = [paths for (_, chain), paths in wanted.items() if chain is None or chain in found]
    assert text.count(f'include "{folder}') == sum(map(len, known))


def around_rules(statements):
    """Includes before the rules, the rules, includes after them. fw4's fixed start and final jump are no rules."""
    fixed = ("type ", "iif ", "oif ", "meta l4proto { tcp, udp } flow ")
    lines = [line for line in statements if not line.startswith(fixed)]
    if lines and re.fullmatch(r"jump \w+", lines[-1]):
        lines.pop()
    rules = [index for index, line in enumerate(lines) if not line.startswith("include ")]
    first, last = (rules[0], rules[-1]) if rules else (len(lines), len(lines))
    return included(lines[:first]), lines[first : last + 1], included(lines[last + 1 :])


@given(data=st.data())
@settings(deadline=None, max_examples=80)
def test_policies(data, folder):
    names, firewall = data.draw(firewalls())
    found = chains(computed(folder, names, firewall, data.draw(hosts(len(names)))))
    defaults = of_kind(firewall, "defaults")[0]
    for hook in ("input", "forward", "output"):
        policy = defaults[hook].lower()
        base = "drop" if policy == "reject" else policy
        assert found[hook][0] == f"type filter hook {hook} priority filter; policy {base};"
        assert ("jump handle_reject" in found[hook]) == (policy == "reject")
    for zone in of_kind(firewall, "zone"):
        for hook, target in (("input", "from"), ("output", "to"), ("forward", "to")):
            last = [line for line in found[f"{hook}_{zone['name']}"] if not line.startswith("include ")][-1]
            assert last == f"jump {zone[hook].lower()}_{target}_{zone['name']}"
            assert f"{zone[hook].lower()}_{target}_{zone['name']}" in found


@given(data=st.data())
@settings(deadline=None, max_examples=80)
def test_every_jump_leads_to_a_chain(data, folder):
    names, firewall = data.draw(firewalls())
    found = chains(computed(folder, names, firewall, data.draw(hosts(len(names)))))
    words = [line.split() for lines in found.values() for line in lines if " jump " in f" {line}"]
    targets = {line[line.index("jump") + 1] for line in words}
    assert targets <= set(found)


@given(data=st.data())
@settings(deadline=None, max_examples=80)
def test_enabled_rules_keep_their_order(data, folder):
    names, firewall = data.draw(firewalls())
    found = chains(computed(folder, names, firewall, data.draw(hosts(len(names)))))
    rules = [rule for rule in of_kind(firewall, "rule") if rule["enabled"] != "0"]
    for lines in found.values():
        comments = [line.partition(' comment "!fw4: ')[2].rstrip('"') for line in lines]
        titles = [rule["name"] for rule in rules if rule["name"] in comments]
        assert [title for title in dict.fromkeys(comments) if title in titles] == list(
            dict.fromkeys(title for title in titles)
        )


def nft_in_private_namespace(text):
    command = ["unshare", "--net", "--map-root-user", "nft", "-c", "-f", "-"]
    return subprocess.run(command, input=text.encode(), capture_output=True, check=False)


@given(data=st.data())
@settings(deadline=None, max_examples=40)
def test_nft_takes_what_has_no_flowtable(data, folder):
    if not shutil.which("nft") or nft_in_private_namespace("table inet t").returncode:
        pytest.skip("no nft, or no network namespace of one's own")
    names, firewall = data.draw(firewalls())
    of_kind(firewall, "defaults")[0]["flow_offloading"] = "0"
    host = data.draw(hosts(len(names)))
    host.flowtable, host.modules = False, ()
    text = computed(folder, names, firewall, host)
    result = nft_in_private_namespace(text)
    assert result.returncode == 0, result.stderr.decode() + text
