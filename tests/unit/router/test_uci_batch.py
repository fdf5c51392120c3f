# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`uci batch`: it always succeeds, goes on after errors, and has a memory for messages."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from uci_box import Answer, UciBox

NAMES = st.from_regex(r"[a-z0-9_]{1,6}", fullmatch=True)
VALUES = st.text(st.characters(min_codepoint=32, blacklist_categories=["Cs"]), min_size=1, max_size=10)


@pytest.fixture
def uci(tmp_path):
    box = UciBox(tmp_path / "box")
    box.write("config defaults\n\toption input DROP\n")
    return box


def quoted(value):
    return "'" + value.replace("'", "'\\''") + "'"


@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), NAMES, VALUES), max_size=8))
def test_good_commands_work_and_bad_ones_are_named(commands):
    with tempfile.TemporaryDirectory() as folder:
        uci = UciBox(Path(folder) / "box")
        uci.write("config defaults a\n")
        wanted, lines, messages = {}, [], ""
        for good, name, value in commands:
            if good:
                wanted[name] = value
                lines.append(f"set firewall.a.{name}={quoted(value)}")
            else:
                lines.append(f"set firewall.no_{name}.x={quoted(value)}")
                # the real tool prints one more line end with every message
                messages += "uci: Invalid argument" + "\n" * (lines_before(messages) + 1)
        answer = uci("batch", input="\n".join(lines))
        assert answer == Answer("", messages, 0)
        for name, value in wanted.items():
            assert uci("get", f"firewall.a.{name}").out == value + "\n"


def lines_before(messages):
    return messages.count("uci:")


def test_the_place_of_a_parse_error_sticks_to_later_messages(uci):
    answer = uci("batch", input="get firewall.x\nset a.b.c.d=1\nget firewall.x\n")
    assert answer.err == (
        "uci: Entry not found\n"
        "uci: Parse error (unknown) at line 1, byte 0\n"  # counted from the last command that read a file
        "uci: Entry not found (unknown) at line 1, byte 0\n\n"
    )


def test_lines_are_counted_until_a_file_is_read(uci):
    lines = ["", "# comment", "frob", "set firewall.a.b-c=1", "get firewall", "", "set firewall.a.b-c=1"]
    assert uci("batch", input="\n".join(lines) + "\n").err == (
        "Unknown command\nuci: Parse error (unknown) at line 4, byte 0\nuci: Parse error (unknown) at line 2, byte 0\n"
    )


@pytest.mark.parametrize("quote", ["'", '"'])
def test_an_open_quote_swallows_the_following_lines(uci, quote):
    first = f"set firewall.@defaults[0].x={quote}a\n"
    rest = "set firewall.@defaults[0].y=1\n"
    answer = uci("batch", input=first + rest)
    message = f"EOF with unterminated {quote}) at line 2, byte {len(first + rest)}"
    assert answer == Answer("", f"uci: Parse error ({message}\n", 0)
    assert uci.delta() == ""


def test_a_value_may_span_lines(uci):
    uci("batch", input="set firewall.@defaults[0].x='a\nb\\'\nset firewall.@defaults[0].y=c\\\nd\n")
    assert uci("get", "firewall.@defaults[0].x").out == "a\nb\\\n"
    assert uci("get", "firewall.@defaults[0].y").out == "cd\n"
    assert uci("changes").out == "firewall.cfg01e63d.x='a\nb\\'\nfirewall.cfg01e63d.y='cd'\n"


def test_words_after_a_semicolon_are_lost(uci):
    assert uci("batch", input="get firewall.@defaults[0].input; get firewall.@defaults[0]\n").out == "DROP\n"


def test_four_words_are_too_many_and_three_may_be_wrong(uci):
    assert uci("batch", input="add firewall a b\nset a b c d e\nget firewall a\n") == Answer(
        "", "Too many arguments\nToo many arguments\nUnknown command\n", 0
    )


def test_exit_ends_the_batch_and_quiet_is_quiet(uci):
    assert uci("-q", "batch", input="frob\nget firewall.nosuch\nEXIT\nset firewall.a=b\n") == Answer("", "", 0)
    assert uci("changes").out == ""


def test_import_in_a_batch_takes_the_rest_of_the_input(uci):
    assert uci("batch", input="import other\nconfig zone a\nget firewall.nosuch\n").err == (
        "uci: Parse error (invalid command) at line 2, byte 0\n"
    )
    assert uci("batch", input="import other\nconfig zone a\n") == Answer("", "", 0)
    assert uci("show", "other").out == "other.a=zone\n"


def test_input_from_a_file(uci, tmp_path):
    script = tmp_path / "script"
    script.write_text("add firewall include\n")
    assert uci("-f", str(script), "batch").out == "cfg02af89\n"
    assert uci("-f", str(script), "-f", str(script), "batch") == Answer("", "Too many input files.\n", 1)
    assert uci("-f", "/nosuch", "batch") == Answer("", "uci: No such file or directory", 1)
