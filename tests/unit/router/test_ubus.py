# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What netifd would say, the form ubus prints it in, and jsonfilter on top."""

from __future__ import annotations

import io
import json

import pytest
import routerdoubles.netifd as netifd
from hypothesis import given
from hypothesis import strategies as st
from routerdoubles import jsonfilter
from routerdoubles.ubus import cli, network
from routerdoubles.ubus.blobmsg import compact, pretty
from routerdoubles.uci import load_package
from routerdoubles.unsupported import Unsupported

CONFIG = """
config interface 'wan'
	option device 'eth1'
	option proto 'static'
	option ipaddr '10.89.1.10'
	option netmask '255.255.0.0'
	option gateway '10.89.0.1'

config globals 'globals'
	option ula_prefix 'fdbb:e7ab:a74a::/48'

config interface 'lan'
	option device 'br-lan'
	option proto 'static'
	list ipaddr '10.88.1.10/16'
	list ipaddr '192.168.1.1/24'
	option ip6addr '2001:DB8::1/64'
	option ip6assign '60'

config interface 'wan6'
	option device 'eth1'
	option proto 'dhcpv6'

config interface 'off'
	option device 'eth1'
	option disabled '1'

config interface 'gone'
	option device 'pppoe-wan'
	option proto 'static'
	option ipaddr '10.1.1.1'
	option auto '0'
"""


@pytest.fixture
def router(monkeypatch, tmp_path):
    """A configuration and two devices; answers the configuration's file."""
    devices = tmp_path / "net"
    for name in ("br-lan", "eth1"):
        (devices / name).mkdir(parents=True)
    config = tmp_path / "config"
    config.mkdir()
    (config / "network").write_text(CONFIG)
    monkeypatch.setattr(netifd, "_NET", f"{devices}/")
    monkeypatch.setattr(
        netifd,
        "load_package",
        lambda name, save_dirs: load_package(name, str(config), save_dirs, str(tmp_path / "none")),
    )
    return config / "network"


def interface(name):
    return {each.name: each for each in netifd.interfaces()}[name]


def test_interfaces_by_name_without_the_disabled(router):
    assert network.names() == ["gone", "lan", "wan", "wan6"]


def test_static_addresses_with_either_kind_of_mask(router):
    assert interface("lan").of_family(4) == [("10.88.1.10", 16), ("192.168.1.1", 24)]
    assert interface("lan").of_family(6) == [("2001:db8::1", 64)]
    assert interface("wan").addresses == [(4, "10.89.1.10", 16)]


def test_prefix_from_the_ula(router):
    assert interface("lan").assignment == ("fdbb:e7ab:a74a::", 60, "fdbb:e7ab:a74a::1")


def test_how_several_interfaces_share_a_prefix_is_not_guessed(router):
    router.write_text(CONFIG + "\nconfig interface 'guest'\n\toption ip6assign '64'\n")
    with pytest.raises(Unsupported):
        netifd.interfaces()


@pytest.mark.parametrize(
    ("name", "state"),
    [("lan", (True, False, True)), ("wan6", (False, True, True)), ("gone", (False, False, False))],
)
def test_up_needs_the_device_and_no_protocol_handler(router, name, state):
    found = interface(name)
    assert (found.up, found.pending, found.available) == state
    answer = network.status(name)
    assert ("l3_device" in answer) == found.up
    assert answer["device"] == found.device


def test_no_configuration_no_interfaces(router):
    router.unlink()
    assert netifd.interfaces() == []


def ubus(capsys, *arguments):
    code = cli.main(list(arguments))
    said = capsys.readouterr()
    return code, said.out, said.err


def test_default_route_in_the_answer(router, capsys):
    code, out, _ = ubus(capsys, "-S", "call", "network.interface.wan", "status")
    assert code == 0
    assert json.loads(out)["route"][0]["nexthop"] == "10.89.0.1"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("call", "nosuch", "x"), 4, "Command failed: Not found\n"),
        (("-S", "call", "nosuch", "x"), 4, ""),
        (("call", "network.interface.nosuch", "status"), 4, "Command failed: Not found\n"),
        (("call", "system", "nosuch"), 253, "Command failed: ubus call system nosuch (Method not found)\n"),
        (("call", "network.interface.lan", "dump"), 253, "Command failed: ubus call network.interface.lan dump (Method not found)\n"),
        (("call", "system", "reboot"), 99, "double: ubus: unsupported: method reboot of system\n"),
        (("call", "service", "list", '{"name":"network"}'), 99, "double: ubus: unsupported: service list of network\n"),
        (("call", "network.device", "status"), 99, "double: ubus: unsupported: method status of network.device\n"),
        (("listen",), 99, "double: ubus: unsupported: listen\n"),
    ],
)  # fmt: skip
def test_what_ubus_says(router, capsys, arguments, code, message):
    assert ubus(capsys, *arguments) == (code, "", message)


def test_before_netifd_starts(router, capsys, tmp_path):
    for name in ("br-lan", "eth1"):
        (tmp_path / "net" / name).rmdir()
    (tmp_path / "net/lo").mkdir()
    assert netifd.interfaces() == []
    assert ubus(capsys, "call", "network.interface", "dump") == (4, "", "Command failed: Not found\n")
    assert "network" not in ubus(capsys, "list")[1]


def test_list_with_a_pattern(router, capsys):
    assert ubus(capsys, "list", "network.interface.w*")[1].split() == [
        "network.interface.wan",
        "network.interface.wan6",
    ]
    assert ubus(capsys, "list", "nosuch")[0] == 4


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=6)
KEYS = st.from_regex(r"[a-z0-9_-]{1,6}", fullmatch=True)
VALUES = st.recursive(
    st.one_of(st.integers(-9, 9), st.booleans(), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)


@given(value=VALUES)
def test_both_forms_are_the_same_json(value):
    assert json.loads(pretty(value)) == json.loads(compact(value)) == value
    assert "\n" not in compact(value)


def test_empty_tables_keep_a_line():
    assert pretty({"a": {}, "b": [1]}) == '{\n\t"a": {\n\t\t\n\t},\n\t"b": [\n\t\t1\n\t]\n}'


DOCUMENT = '{"a": {"b": [1, 2, {"c": "x/y"}], "d": null, "e": true, "f": "it' + "'" + 's"}, "g h": []} trailing'


def filtered(capsys, monkeypatch, *arguments):
    monkeypatch.setattr("sys.stdin", io.StringIO(DOCUMENT))
    code = jsonfilter.main(list(arguments))
    return code, capsys.readouterr().out


@pytest.mark.parametrize(
    ("expressions", "code", "out"),
    [
        (["@.a.b[2].c"], 0, "x/y\n"),
        (["$.a.b[-1]"], 0, '{ "c": "x\\/y" }\n'),
        (["@.a.b[0]", "@.a.e"], 0, "1\ntrue\n"),
        (["@.a.b[*].c"], 0, "x/y\n"),
        (['@["g h"]'], 0, "[ ]\n"),
        (["@['a'].*"], 0, '[ 1, 2, { "c": "x\\/y" } ]\ntrue\nit' + "'s\n"),
        (["@.nosuch"], 1, ""),
        (["@.a.b[7]"], 1, ""),
        (["@.a.d"], 1, ""),
        (["V=@.a.f"], 0, "export V='it'\"'\"'s'; "),
        (["V=@.a.b[*]"], 0, "export V=1\\ 2\\ 'c'; "),
        (["V=@.nosuch"], 1, ""),
        (["@.a[@.b=1]"], 99, ""),
        (["@..a"], 99, ""),
    ],
)
def test_jsonfilter(capsys, monkeypatch, expressions, code, out):
    arguments = [word for expression in expressions for word in ("-e", expression)]
    assert filtered(capsys, monkeypatch, *arguments) == (code, out)


def test_jsonfilter_reads_what_it_is_given(capsys, monkeypatch, tmp_path):
    (tmp_path / "j").write_text('["file"]')
    assert filtered(capsys, monkeypatch, "-i", str(tmp_path / "j"), "-e", "@[0]") == (0, "file\n")
    assert filtered(capsys, monkeypatch, "-s", '["text"]', "-e", "@[0]") == (0, "text\n")
    assert filtered(capsys, monkeypatch, "-i", str(tmp_path / "nosuch"), "-e", "@")[0] == 125
    assert filtered(capsys, monkeypatch, "-s", "", "-e", "@")[0] == 126
