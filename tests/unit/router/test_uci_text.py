# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading and writing the text of configuration files: round trips, quoting, and where an error is said to be."""

from __future__ import annotations

import shlex
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from routerdoubles.uci import UciError, load_package
from uci_box import Answer, UciBox

NAMES = st.from_regex(r"[A-Za-z0-9_]{1,8}", fullmatch=True)
TYPES = st.from_regex(r"[A-Za-z][A-Za-z0-9_.+-]{0,8}", fullmatch=True)
# any byte but zero, and UTF-8 text
VALUES = st.one_of(
    st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=20),
    st.binary(max_size=20).map(lambda data: data.replace(b"\0", b"'").decode(errors="surrogateescape")),
).filter(bool)
OPTIONS = st.dictionaries(NAMES, st.one_of(VALUES, st.lists(VALUES, min_size=1, max_size=4)), max_size=4)
SECTIONS = st.lists(st.tuples(TYPES, OPTIONS), max_size=5)


def single_quoted(text):
    return "'" + text.replace("'", "'\"'\"'") + "'"


def double_quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def config_text(sections, quote, anonymous=True):
    lines = []
    for place, (kind, options) in enumerate(sections):
        lines.append(f"config {kind}" if anonymous else f"config {kind} s{place}")
        for name, value in options.items():
            for entry in value if isinstance(value, list) else [value]:
                lines.append(f"  {'list' if isinstance(value, list) else 'option'}\t{name}  {quote(entry)} # said once")
    return "\n".join(lines).encode(errors="surrogateescape")


@pytest.fixture
def uci(tmp_path):
    return UciBox(tmp_path / "box")


def in_a_box(test):
    with tempfile.TemporaryDirectory() as folder:
        return test(UciBox(Path(folder) / "box"))


@settings(deadline=None)
@given(SECTIONS, st.sampled_from([single_quoted, double_quoted]), st.booleans())
def test_text_survives_import_export_and_import(sections, quote, anonymous):
    def check(uci):
        text = config_text(sections, quote, anonymous)
        assert uci("import", "firewall", input=text).rc == 0
        exported = uci("export", "firewall").out
        package = load_package("firewall", str(uci.config), (str(uci.staged),), None)
        assert [(section.type, section.options) for section in package.sections] == sections
        assert [section.anonymous for section in package.sections] == [anonymous] * len(sections)
        assert uci("import", input=exported.encode(errors="surrogateescape")).rc == 0
        assert uci("export", "firewall").out == exported
        assert uci.read() == exported.partition("\n")[2]

    in_a_box(check)


@settings(deadline=None)
@given(SECTIONS)
def test_a_shell_reads_back_what_show_prints(sections):
    def check(uci):
        uci("import", "firewall", input=config_text(sections, single_quoted, anonymous=False))
        words = []
        for place, (kind, options) in enumerate(sections):
            words.append(f"firewall.s{place}={kind}")
            for name, value in options.items():
                first, *rest = value if isinstance(value, list) else [value]
                words += [f"firewall.s{place}.{name}={first}", *rest]
        assert shlex.split(uci("show", "firewall").out) == words

    in_a_box(check)


@settings(deadline=None)
@given(st.lists(TYPES, min_size=1, max_size=8), NAMES, VALUES)
def test_names_of_anonymous_sections_do_not_depend_on_their_options(kinds, option, value):
    def check(uci):
        uci("import", "firewall", input="\n".join(f"config {kind}" for kind in kinds))
        before = [line.split(".")[1].split("=")[0] for line in uci("-X", "show", "firewall").out.splitlines()]
        uci.write(config_text([(kind, {option: value}) for kind in kinds], single_quoted))
        package = load_package("firewall", str(uci.config), (), None)
        assert [section.name for section in package.sections] == before
        assert len(set(before)) == len(kinds)

    in_a_box(check)


@settings(deadline=None)
@given(st.integers(0, 5), TYPES, NAMES, VALUES)
def test_an_error_is_where_the_file_is_broken(good_lines, kind, name, value):
    good = "".join(f"config {kind}\n" for _ in range(good_lines + 1))
    length = len(f"\toption {name} ") + len(single_quoted(value).encode(errors="surrogateescape"))
    lines = value.count("\n")
    cases = {
        "\toption\n": ("invalid command", 1, 1),
        f"\toption {name} {single_quoted(value)} more\n": ("too many arguments", 1 + lines, length + len(" more") + 1),
        f"config {kind} 'a-b'\n": ("invalid character in name field", 1, len(f"config {kind} 'a-b'") + 1),
        "\toption a-b x\n": ("invalid character in name field", 1, len("\toption a-b") + 1),
        f"\tlist {name} 'x": ("EOF with unterminated '", 0, len(f"\tlist {name} 'x")),
        f'\tlist {name} "x\n\n': ('EOF with unterminated "', 2, len(f"\tlist {name} 'x") + 2),
        "\tlist": ("option without name", 0, 1),
        "config": ("config without name", 0, 0),
        "config \n": ("insufficient arguments", 1, len("config \n")),
        f"frob {name}": ("invalid command", 0, 0),
    }

    def check(uci):
        for text, (reason, lines_after, byte) in cases.items():
            uci.write((good + text).encode(errors="surrogateescape"))
            message = f"Parse error ({reason}) at line {good_lines + 1 + lines_after}, byte {byte}"
            for command in ("show", "changes", "commit", "export", "get"):
                answer = uci(command, "firewall")
                assert (answer.out, answer.err, answer.rc) == ("", f"uci: {message}\n", 1), text
            with pytest.raises(UciError, match="Parse error") as caught:
                load_package("firewall", str(uci.config), (), None)
            assert (caught.value.code, str(caught.value)) == ("parse", message)

    in_a_box(check)


def test_lines_may_be_joined_abbreviated_and_ended_as_on_windows(uci):
    uci.write(b"c zone lan\r\n\to a\t'x'\\\n'y'\r\n\tl b p\\ q\r\n# c\r\nl b r#s\r\n")
    assert uci("show", "firewall").out == ("firewall.lan=zone\nfirewall.lan.a='xy'\nfirewall.lan.b='p q' 'r'\n")


def test_a_semicolon_right_after_a_bare_word_swallows_the_rest_of_the_line(uci):
    uci.write("config zone a;config zone b\nconfig zone 'c';config zone d\nconfig zone e ;config zone f\n")
    assert uci("show", "firewall").out == "".join(f"firewall.{name}=zone\n" for name in "acdef")


def test_a_line_of_zero_bytes_as_a_power_cut_leaves_it_is_empty(uci):
    uci.write(b"\0" * 500)
    assert uci("show", "firewall") == Answer("", "", 0)


def test_without_strict_mode_broken_lines_are_named_and_skipped(uci):
    uci.write("config zone a\n\toption b-c 1\n\toption d 1 2\n\toption e 1\nfrob\n")
    answer = uci("-S", "show", "firewall")
    assert answer.out == "firewall.a=zone\nfirewall.a.d='1'\nfirewall.a.e='1'\n"
    assert answer.err.splitlines() == [
        "Parse error (invalid character in name field) at line 2, byte 12",
        "Parse error (invalid command) at line 5, byte 0",
    ]
    assert answer.rc == 0


def test_sections_of_one_name_are_one_section_unless_the_type_differs(uci):
    uci.write("config zone a\n\toption x 1\nconfig zone a\n\toption x 2\n\toption y 3\n")
    assert uci("show", "firewall").out == "firewall.a=zone\nfirewall.a.x='2'\nfirewall.a.y='3'\n"
    uci.write("config zone a\nconfig rule a\n")
    reason = "section of different type overwrites prior section with same name"
    assert uci("show", "firewall").err == f"uci: Parse error ({reason}) at line 2, byte 14\n"
    assert uci("-S", "-X", "show", "firewall").out == "firewall.a=rule\n"


def test_import_of_several_packages(uci):
    text = "package a\nconfig x\npackage b\nconfig y n\n\toption o 1\n"
    assert uci("import", input=text).rc == 0
    assert (uci.read("a"), uci.read("b")) == ("\nconfig x\n\n", "\nconfig y 'n'\n\toption o '1'\n\n")
    assert uci("import", input="config x\n").err == (
        "uci: Parse error (attempting to import a file without a package name) at line 1, byte 0\n"
    )
    assert uci("import", input="package a\npackage a\n").err == "uci: Duplicate entry\n"


def test_import_overwrites_and_leaves_staged_changes_alone(uci):
    uci.write("config zone a\n")
    uci("set", "firewall.a.x=1")
    assert uci("import", "firewall", input="config zone b\n").rc == 0
    assert uci.read() == "\nconfig zone 'b'\n\n"
    assert uci.delta() == "firewall.a.x='1'\n"


def test_merging_stages_what_differs(uci):
    uci.write("config zone a\n\toption x 1\n\tlist l 1\n")
    text = "config zone a\n\toption x 1\n\toption y 2\n\tlist l 2\nconfig rule\n\toption z it\\'s\n"
    assert uci("-m", "import", "firewall", input=text).rc == 0
    added = uci("-X", "show", "firewall.@rule[0]").out.split("=")[0].removeprefix("firewall.")
    assert uci.delta() == (
        f"firewall.a.y='2'\n|firewall.a.l='2'\n+firewall.{added}='rule'\nfirewall.{added}.z='it'\\''s'\n"
    )
    assert uci("-m", "import").rc == 255


def test_names_for_anonymous_sections_on_export(uci):
    uci.write("config zone\nconfig zone a\n")
    assert uci("-n", "export", "firewall").out == "package firewall\n\nconfig zone 'cfg01dc81'\n\nconfig zone 'a'\n\n"
    assert uci("-n", "-N", "export", "firewall").out == "package firewall\n\nconfig zone\n\nconfig zone 'a'\n\n"
