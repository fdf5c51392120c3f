# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random sequences of commands against a simple model of what uci does, written without looking at the double.

The model keeps the committed sections and the list of staged changes, and answers every question by applying the changes
again. Names, values, lists and the order of commands vary: an answer cannot be looked up.
"""

from __future__ import annotations

import copy
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from uci_box import UciBox

NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,5}", fullmatch=True)
TYPES = st.sampled_from(["defaults", "zone", "rule", "include", "bad-type", "x.y"])
VALUES = st.text(
    st.characters(
        blacklist_categories=["Cs"], blacklist_characters=[chr(i) for i in range(32) if i not in (9, 10, 13)]
    ),
    min_size=1,
    max_size=12,
)
PICKS = st.integers(0, 30)


def hash_name(position: int, kind: str) -> str:
    total = 5381 * 33 ** len(kind) + sum(ord(char) * 33 ** (len(kind) - 1 - place) for place, char in enumerate(kind))
    return f"cfg{position:02x}{total % 65536:04x}"


def quote(text: str) -> str:
    return "'" + "'\\''".join(text.split("'")) + "'"


@dataclass
class ModelSection:
    kind: str
    name: str
    anonymous: bool
    options: dict = field(default_factory=dict)


def saved(place: int, section: ModelSection) -> ModelSection:
    name = hash_name(place, section.kind) if section.anonymous else section.name
    options = {name: value for name, value in section.options.items() if value != []}
    return ModelSection(section.kind, name, section.anonymous, options)


class Model:
    def __init__(self) -> None:
        self.saved: list[ModelSection] = []
        self.changes: list[tuple] = []

    def view(self) -> list[ModelSection]:
        sections = copy.deepcopy(self.saved)
        for change in self.changes:
            self.apply(sections, *change)
        return sections

    def apply(self, sections, verb, name, option, value) -> bool:
        """Apply a change where it can be; one whose section or option was taken back does nothing."""
        section = next((one for one in sections if one.name == name), None)
        if verb == "new":
            sections.append(ModelSection(value, name, anonymous=option == "anonymous"))
        elif section is None or (verb == "drop" and option is not None and option not in section.options):
            return False
        elif verb == "set":
            section.options[option] = value
        elif verb == "drop" and option is None:
            sections.remove(section)
        elif verb == "drop":
            del section.options[option]
        elif verb == "rename":
            section.name, section.anonymous = value, False
        elif verb == "move":
            sections.remove(section)
            sections.insert(min(int(value), len(sections)), section)
        elif verb == "add":
            old = section.options.get(option, [])
            section.options[option] = [*(old if isinstance(old, list) else [old]), value]
        elif verb == "del" and isinstance(section.options.get(option), list):
            section.options[option] = [entry for entry in section.options[option] if entry != value]
        return True

    def stage(self, *change):
        self.changes.append(change)

    def commit(self):
        """Nothing is written where no change could be applied. On the next read every section is counted again, so
        anonymous ones get names after their new place."""
        sections = copy.deepcopy(self.saved)
        if any([self.apply(sections, *change) for change in self.changes]):
            self.saved = [saved(place, section) for place, section in enumerate(sections, 1)]
            self.changes = []

    def revert(self, name=None, option=None):
        def kept(change):
            its_option = change[2] if change[0] != "new" else None
            return name is not None and (change[1] != name or (option is not None and its_option != option))

        self.changes = [change for change in self.changes if kept(change)]

    def next_number(self):
        return len(self.saved) + sum(change[0] == "new" for change in self.changes) + 1

    def listing(self) -> str:
        lines = []
        for verb, name, option, value in self.changes:
            place = f"firewall.{name}"
            if verb == "new":
                lines.append(f"{place}={quote(value)}")
            elif verb == "drop":
                lines.append(f"-{place}" + (f".{option}" if option else ""))
            else:
                sign = {"add": "+=", "del": "-="}.get(verb, "=")
                lines.append(place + (f".{option}" if option else "") + sign + quote(value))
        return "".join(line + "\n" for line in lines)

    def show(self, extended: bool) -> str:
        text = ""
        counts: dict[str, int] = {}
        for section in self.view():
            index = counts.get(section.kind, 0)
            counts[section.kind] = index + 1
            name = f"@{section.kind}[{index}]" if extended and section.anonymous else section.name
            text += f"firewall.{name}={section.kind}\n"
            for option, value in section.options.items():
                entries = value if isinstance(value, list) else [value]
                text += f"firewall.{name}.{option}=" + " ".join(map(quote, entries)) + "\n"
        return text

    def export(self) -> str:
        text = "package firewall\n"
        for section in self.view():
            text += f"\nconfig {section.kind}" + ("" if section.anonymous else f" '{section.name}'") + "\n"
            for option, value in section.options.items():
                word = "list" if isinstance(value, list) else "option"
                for entry in value if isinstance(value, list) else [value]:
                    text += f"\t{word} {option} {quote(entry)}\n"
        return text + "\n"


class Play:
    """Does everything twice, to the double and to the model."""

    def __init__(self, uci: UciBox) -> None:
        self.uci = uci
        self.model = Model()
        self.fresh = 0

    def do(self, *words, out=""):
        answer = self.uci(*words)
        assert (answer.out, answer.err, answer.rc) == (out, "", 0), words

    def pick(self, number):
        """A section of the view and one of the ways to say its name."""
        sections = self.model.view()
        if not sections:
            return None, None
        section = sections[number % len(sections)]
        alike = [one for one in sections if one.kind == section.kind]
        place = next(index for index, one in enumerate(alike) if one is section)
        index = place if number % 2 else place - len(alike)
        said = f"@{section.kind}[{index}]" if number % 3 and "." not in section.kind else section.name
        return section, f"firewall.{said}"

    def fresh_name(self, stem):
        self.fresh += 1
        return f"{stem}_{self.fresh}"

    def add(self, number, stem, kind, value):
        name = hash_name(self.model.next_number(), kind)
        self.do("add", "firewall", kind, out=name + "\n")
        self.model.stage("new", name, "anonymous", kind)

    def named(self, number, stem, kind, value):
        name = self.fresh_name(stem)
        self.do("set", f"firewall.{name}={kind}")
        self.model.stage("new", name, None, kind)

    def set(self, number, stem, kind, value):
        section, said = self.pick(number)
        if section:
            self.do("set", f"{said}.{stem}={value}")
            if section.options.get(stem) != value:
                self.model.stage("set", section.name, stem, value)

    def add_list(self, number, stem, kind, value):
        section, said = self.pick(number)
        if section:
            self.do("add_list", f"{said}.{stem}={value}")
            self.model.stage("add", section.name, stem, value)

    def del_list(self, number, stem, kind, value):
        section, said = self.pick(number)
        lists = [name for name, old in section.options.items() if isinstance(old, list)] if section else []
        if lists:
            option = lists[number % len(lists)]
            value = (section.options[option] or [value])[0]
            self.do("del_list", f"{said}.{option}={value}")
            self.model.stage("del", section.name, option, value)

    def delete(self, number, stem, kind, value):
        section, said = self.pick(number)
        if not section:
            return
        if section.options and number % 2:
            option = list(section.options)[number % len(section.options)]
            self.do("delete", f"{said}.{option}")
            self.model.stage("drop", section.name, option, None)
        else:
            self.do("delete", said)
            self.model.stage("drop", section.name, None, None)

    def rename(self, number, stem, kind, value):
        section, said = self.pick(number)
        if section:
            name = self.fresh_name(stem)
            self.do("rename", f"{said}={name}")
            self.model.stage("rename", section.name, None, name)

    def reorder(self, number, stem, kind, value):
        section, said = self.pick(number)
        if section:
            self.do("reorder", f"{said}={number}")
            names = [one.name for one in self.model.view()]
            if names.index(section.name) != min(number, len(names) - 1):
                self.model.stage("move", section.name, None, str(number))

    def revert(self, number, stem, kind, value):
        section, said = self.pick(number)
        if section is None or number % 3 == 0:
            self.do("revert", "firewall")
            self.model.revert()
        elif number % 3 == 1 and section.options:
            option = list(section.options)[number % len(section.options)]
            self.do("revert", f"{said}.{option}")
            self.model.revert(section.name, option)
        else:
            self.do("revert", said)
            self.model.revert(section.name)

    def commit(self, number, stem, kind, value):
        self.do("commit", "firewall")
        self.model.commit()

    def compare(self):
        model = self.model
        assert self.uci("changes", "firewall").out == model.listing()
        assert self.uci("show", "firewall").out == model.show(extended=True)
        assert self.uci("-X", "show", "firewall").out == model.show(extended=False)
        assert self.uci("export", "firewall").out == model.export()


VERBS = [
    "add",
    "named",
    "set",
    "set",
    "add_list",
    "add_list",
    "del_list",
    "delete",
    "rename",
    "reorder",
    "revert",
    "commit",
]
STEPS = st.lists(st.tuples(st.sampled_from(VERBS), PICKS, NAMES, TYPES, VALUES), min_size=1, max_size=14)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_any_sequence_of_commands_does_what_the_model_says(steps):
    with tempfile.TemporaryDirectory() as folder:
        uci = UciBox(Path(folder) / "box")
        uci.write("")
        play = Play(uci)
        for verb, *details in steps:
            getattr(play, verb)(*details)
            play.compare()
        assert [path.name for path in uci.config.iterdir()] == ["firewall"]
