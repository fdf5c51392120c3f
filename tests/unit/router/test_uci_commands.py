# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Return codes and messages of single commands."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from routerdoubles.uci.usage import USAGE
from uci_box import Answer, UciBox

CONFIG = "config zone lan\n\toption name lan\n\tlist network 'a b'\n\tlist network c\nconfig zone\nconfig rule\n"
NAMES = st.from_regex(r"[a-z0-9_]{1,6}", fullmatch=True)

NOT_FOUND = Answer("", "uci: Entry not found\n", 1)
INVALID = Answer("", "uci: Invalid argument\n", 1)
PARSE = Answer("", "uci: Parse error\n", 1)
SILENT_FAILURE = Answer("", "", 1)
SILENT = Answer("", "", 0)
WRONG_USE = Answer("", USAGE, 255)


@pytest.fixture
def uci(tmp_path):
    box = UciBox(tmp_path / "box")
    box.write(CONFIG)
    return box


@settings(deadline=None)
@given(NAMES, NAMES, st.sampled_from("-@ .[/é"), st.text(st.sampled_from("ab="), max_size=3))
def test_names_that_do_not_exist_or_cannot(name, option, odd, value):
    with tempfile.TemporaryDirectory() as folder:
        uci = UciBox(Path(folder) / "box")
        uci.write("config zone z\n")
        missing, bad = f"firewall.no{name}", f"firewall.{name}{odd}x"
        assert uci("get", missing) == NOT_FOUND
        assert uci("get", f"{missing}.{option}") == NOT_FOUND
        assert uci("-q", "delete", missing) == SILENT_FAILURE
        assert uci("delete", f"{missing}.{option}") == NOT_FOUND
        assert uci("rename", f"{missing}={option}") == NOT_FOUND
        assert uci("reorder", f"{missing}=1") == NOT_FOUND
        for verb in ("set", "add_list", "del_list"):
            assert uci(verb, f"{missing}.{option}=1{value}") == INVALID
        if odd != ".":
            assert uci("get", f"firewall.z.{option}{odd}") == PARSE
            assert uci("set", f"{bad}=zone") == INVALID
            assert uci("show", bad) == INVALID
        assert uci("set", f"firewall.z.{option}.{name}=1") == PARSE
        assert uci("get", f"firewall.@{name}[0]") == NOT_FOUND
        assert uci("set", f"firewall.@no{name}[0].x=1") == INVALID
        assert uci("add", f"no{name}", "zone") == Answer("", "uci: Entry not found\n", 3)
        assert uci("show", f"no{name}") == NOT_FOUND
        assert uci.delta() == ""


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["get", "firewall"], SILENT),
        (["get", "firewall.lan=x"], SILENT_FAILURE),
        (["get", "firewall. "], INVALID),
        (["get", "firewall."], INVALID),
        (["get", "firewall.lan."], PARSE),
        (["get", ".lan"], PARSE),
        (["get"], WRONG_USE),
        (["get", "a", "b"], WRONG_USE),
        (["set", "firewall=zone"], INVALID),
        (["set", "firewall.lan"], INVALID),
        (["set", "firewall.new="], SILENT),
        (["set", "firewall.new=a b"], INVALID),
        (["set", "firewall.lan.name=a\x01"], PARSE),
        (["add", "firewall"], WRONG_USE),
        (["add", "", "zone"], Answer("", "uci: Invalid argument\n", 2)),
        (["delete", "firewall"], INVALID),
        (["delete", "firewall.lan.network=x"], SILENT_FAILURE),
        (["rename", "firewall.lan"], INVALID),
        (["reorder", "firewall.lan"], NOT_FOUND),
        (["add_list", "firewall.lan.name"], INVALID),
        (["del_list", "firewall.lan.name=lan"], SILENT),
        (["revert"], WRONG_USE),
        (["revert", "firewall.lan=x"], SILENT_FAILURE),
        (["revert", "nosuch"], NOT_FOUND),
        (["show", "firewall.@zone[2]"], NOT_FOUND),
        (["show", "firewall.@zone[x]"], INVALID),
        (["show", "firewall.@zone[0"], INVALID),
        (["show", "firewall.@zone[0]]"], INVALID),
        (["show", "-X", "firewall"], WRONG_USE),
        (["help"], Answer("", USAGE, 0)),
        (["-L", "show"], Answer("", USAGE, 0)),
        (["-z"], Answer("", "uci: unrecognized option: z\n" + USAGE, 0)),
        (["--help"], Answer("", "uci: unrecognized option: -\n" + USAGE, 0)),
        (["-d"], Answer("", "uci: option requires an argument: d\n" + USAGE, 0)),
        (["-q", "--", "frobnicate"], WRONG_USE),
        (["-"], WRONG_USE),
    ],
)
def test_answers(uci, words, answer):
    assert uci(*words) == answer
    assert uci.delta() == ""


def test_values_as_get_and_show_print_them(uci):
    assert uci("get", "firewall.lan.network").out == "'a b' c\n"
    assert uci("-d", "|", "get", "firewall.lan.network").out == "'a b'|c\n"
    assert uci("-d,", "show", "firewall.lan.network").out == "firewall.lan.network='a b','c'\n"
    assert uci("GET", "firewall.lan").out == "zone\n"


def test_ways_to_say_a_section(uci):
    for said in ("@zone[1]", "@zone[-1]", "@zone[ 1]", "@zone[+1]", "@[1]", "@[-2]", "cfg02dc81"):
        assert uci("show", f"firewall.{said}").out == "firewall.cfg02dc81=zone\n", said
    assert uci("get", "firewall.@zone[].name").out == "lan\n"
    # the index counts named sections too
    assert uci("show", "firewall").out.splitlines()[-2:] == ["firewall.@zone[1]=zone", "firewall.@rule[0]=rule"]


def test_the_empty_value_deletes(uci):
    assert uci("set", "firewall.lan.name=") == SILENT
    assert uci("set", "firewall.@rule[0]=") == SILENT
    assert uci("set", "firewall.lan.nosuch=") == SILENT
    assert uci("changes").out == f"-firewall.lan.name\n-firewall.cfg03{short_hash('rule')}\n"


def test_lists(uci):
    uci("add_list", "firewall.lan.name=second")
    uci("delete", "firewall.lan.network=0")
    uci("del_list", "firewall.lan.network=c")
    assert uci("show", "firewall.lan").out == (
        "firewall.lan=zone\nfirewall.lan.name='lan' 'second'\nfirewall.lan.network=\n"
    )
    assert uci("changes").out == ("firewall.lan.name+='second'\n-firewall.lan.network\nfirewall.lan.network-='c'\n")
    assert uci.delta() == "|firewall.lan.name='second'\n-firewall.lan.network='0'\n~firewall.lan.network='c'\n"
    uci("commit", "firewall")
    assert "network" not in uci.read()
    uci("set", "firewall.lan.name=one")
    assert uci("show", "firewall.lan.name").out == "firewall.lan.name='one'\n"


def test_another_type_gives_an_anonymous_section_a_name_unless_it_is_as_long(uci):
    uci("set", "firewall.@zone[1]=host")
    assert uci("show", "firewall.@host[0]").out == "firewall.cfg02dc81=host\n"
    assert "config host\n" in uci("export", "firewall").out
    uci("set", "firewall.cfg02dc81=redirect")
    assert "config redirect 'cfg02dc81'\n" in uci("export", "firewall").out


def test_what_uci_takes_and_then_forgets(uci):
    """Accepted and staged, but no line of the delta file that uci would read back."""
    assert uci("set", "firewall.@new[0]=zone") == SILENT
    assert uci("rename", "firewall.lan=bad-name") == SILENT
    assert uci("add_list", "firewall.lan=x") == SILENT
    assert uci.delta() == "firewall.@new[0]='zone'\n@firewall.lan='bad-name'\n|firewall.lan='x'\n"
    assert uci("changes") == SILENT
    assert uci("get", "firewall.lan").out == "zone\n"


def test_reorder(uci):
    def order():
        return [
            line.split("=")[0].split(".")[1]
            for line in uci("-X", "show", "firewall").out.splitlines()
            if line.count(".") == 1
        ]

    lan, zone, rule = order()
    for position, wanted in (
        ("9", [zone, rule, lan]),
        ("0", [lan, zone, rule]),
        ("x", None),
        ("-1", None),
        ("1", [zone, lan, rule]),
    ):
        uci("reorder", f"firewall.lan={position}")
        assert order() == (wanted or [lan, zone, rule]), position
    assert uci.delta() == "".join(f"^firewall.lan='{position}'\n" for position in ("9", "0", "1"))


def short_hash(kind):
    value = 5381
    for char in kind:
        value = value * 33 + ord(char)
    return f"{value % 65536:04x}"
