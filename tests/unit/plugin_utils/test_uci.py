# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading `uci show` and writing `uci batch`."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.fastpath.router.plugins.plugin_utils import uci
from ansible_collections.fastpath.router.plugins.plugin_utils.errors import RouterError

RECORDINGS = Path(__file__).parents[2] / "router/recordings"


def show(sections):
    """What uci -X show prints."""
    lines = []
    for section in sections:
        lines.append(f"firewall.{section.name}={section.type}")
        for option, values in section.options.items():
            words = " ".join("'" + value.replace("'", "'\\''") + "'" for value in values)
            lines.append(f"firewall.{section.name}.{option}={words}")
    return "\n".join(lines) + "\n"


WORD = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
VALUE = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=12)


@given(st.dictionaries(WORD, st.dictionaries(WORD, st.lists(VALUE, min_size=1, max_size=3), max_size=4), max_size=4))
def test_any_value_survives(found):
    sections = [uci.Section(name, "rule", options) for name, options in found.items()]
    assert uci.parse_show(show(sections)) == sections


def test_the_recorded_default_configuration():
    text = (RECORDINGS / "uci.txt").read_text().split("$ uci show firewall.@defaults[0]\n")[1].split("  rc=")[0]
    (section,) = uci.parse_show("".join(line.removeprefix("  out| ") for line in text.splitlines(keepends=True)))
    assert section.type == "defaults"
    assert section.get("input") == "REJECT"
    assert section.get("flow_offloading") is None


@pytest.mark.parametrize("text", ["nonsense\n", "firewall.a=b\nuci: Parse error\n", "firewall.a.b='c'\n"])
def test_what_is_not_understood_is_refused(text):
    with pytest.raises(RouterError):
        uci.parse_show(text)


def test_values_that_would_need_quoting_are_never_written():
    with pytest.raises(ValueError, match="plain"):
        uci.Change("x.y", "it's").command()
    with pytest.raises(ValueError, match="plain"):
        uci.Change("x.y", "a\nset firewall.z=rule").command()


def test_commands_and_what_they_stage():
    changes = [uci.Change("x", "include"), uci.Change("x.path", "/a"), uci.Change("y", None), uci.Change("z.o", None)]
    assert uci.batch(changes) == (
        "set firewall.x='include'\nset firewall.x.path='/a'\ndelete firewall.y\ndelete firewall.z.o\n"
    )
    assert uci.staged(changes) == "firewall.x='include'\nfirewall.x.path='/a'\n-firewall.y\n-firewall.z.o"


@pytest.mark.parametrize(
    ("kind", "wanted", "found", "same"),
    [
        ("bool", "1", "yes", True),
        ("bool", "1", "enabled", False),
        ("bool", "0", "off", True),
        ("bool", "0", None, False),
        ("policy", "DROP", "drop", True),
        ("policy", "DROP", "REJECT", False),
        ("int", "50", "050", False),
    ],
)
def test_values_are_compared_by_meaning(kind, wanted, found, same):
    assert uci.same_value(kind, wanted, found) is same
