# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel itself makes of flowtables and flow rules; the collection's rendering rests on it."""

from __future__ import annotations

import pytest
from cases import Flow, case, flowtables


def ft(device: str, table: str = "t", name: str = "f", flags: str = "") -> str:
    """A table with one flowtable. Without its counter, conntrack does not count what is offloaded."""
    flags = flags and f"flags {flags};"
    return f"table inet {table} {{ flowtable {name} {{ hook ingress priority 0; devices = {{ {device} }}; {flags} counter; }}; }}\n"


def flow_rule(hook: str) -> str:
    return f"table inet t {{ chain c {{ type filter hook {hook} priority 1; meta l4proto tcp flow add @f; }}; }}\n"


NO_SUCH = "No such file or directory"
BUSY = "Device or resource busy"
EXISTS = "File exists"
NOT_SUPPORTED = "Operation not supported"
# What a row tries, what is loaded before it, what it loads, what nft answers ("" when it takes it).
OBJECTS = {
    "a device that does not exist": ("", ft("gone0"), NO_SUCH),
    "flags offload without a driver": ("", ft("eth1", flags="offload"), NOT_SUPPORTED),
    "flags offload added to a flowtable in place": (ft("eth1"), ft("eth1", flags="offload"), NOT_SUPPORTED),
    "two flowtables of one table on one device": (ft("eth1"), ft("eth1", name="g"), EXISTS),
    "two flowtables of two tables on one device": (ft("eth1"), ft("eth1", table="u"), ""),
    "no device": ("", "table inet t { flowtable f { hook ingress priority 0; }; }", ""),
    "flow add outside of the forward hook": (ft("eth1"), flow_rule("input"), NOT_SUPPORTED),
    "deleting a flowtable that a rule uses": (ft("eth1") + flow_rule("forward"), "delete flowtable inet t f", BUSY),
    "deleting a flowtable that is not there": (ft("eth1"), "delete flowtable inet t g", NO_SUCH),
    "replacing its table in one transaction": (
        ft("br-lan") + flow_rule("forward"),
        "table inet t; delete table inet t;" + ft("eth1") + flow_rule("forward"),
        "",
    ),
}
RULES = {
    "meta l4proto { tcp, udp } flow add @f": True,
    "ct state established flow add @f": True,
    "ct state new flow add @f": False,
    "ct state established accept; meta l4proto { tcp, udp } flow add @f": False,
    "ct bytes > 200000 flow add @f": True,
    "ct bytes > 2000000000 flow add @f": False,
}


def load(vm, text: str) -> str:
    """nft's complaint; nothing when it loads."""
    result = vm.router.exec("nft -f -", text.encode())
    assert (result.returncode == 0) == (not result.stderr)
    return result.stderr.decode()


@pytest.fixture
def plain(vm):
    yield vm
    vm.router.exec("nft delete table inet t; nft delete table inet u")


@pytest.mark.parametrize("what", OBJECTS)
@case("nft: {what}")
def test_object(plain, what):
    before, text, expected = OBJECTS[what]
    assert not before or not load(plain, before)
    answer = load(plain, text)
    assert expected in answer if expected else not answer
    return f"refused: {expected}" if expected else "loads"


@case("nft: the same flowtable again with another device")
def test_devices_accumulate(plain):
    assert not load(plain, ft("br-lan"))
    assert not load(plain, ft("eth1"))
    assert "devices = { br-lan, eth1 }" in flowtables(plain)
    assert not load(plain, "flush table inet t")
    assert "devices = { br-lan, eth1 }" in flowtables(plain)
    return "has both; flush table keeps it"


@pytest.mark.parametrize("rule", RULES)
@case("nft: {rule}")
def test_rule(plain, rule):
    lines = rule.replace("; ", "\n")
    chain = f"table inet t {{\nchain c {{\ntype filter hook forward priority 1\n{lines}\n}}\n}}\n"
    assert not load(plain, ft("br-lan, eth1") + chain)
    with Flow(plain) as flow:
        passage = flow.settled(after=800)  # 500 kB and more
    assert passage.offloaded == RULES[rule]
    return str(passage)
