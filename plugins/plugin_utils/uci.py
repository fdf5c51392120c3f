# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""UCI: what `uci show` prints, and the commands of `uci batch`."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

from ansible_collections.fastpath.router.plugins.plugin_utils.errors import RouterError

TRUE = frozenset({"1", "on", "yes", "true"})
FALSE = frozenset({"0", "off", "no", "false"})

WORD = r"'(?:[^']|'\\'')*'"
SHOW_LINE = re.compile(
    rf"^(?P<package>[A-Za-z0-9_-]+)\.(?P<section>[A-Za-z0-9_]+)"
    rf"(?:\.(?P<option>[A-Za-z0-9_]+)=(?P<values>{WORD}(?: {WORD})*)|=(?P<type>[^\n]*))$",
    re.MULTILINE,
)
# What may stand in a value that we write: no quote, no backslash, no newline, so that one way of quoting does.
PATH = re.compile(r"[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)?\Z")
PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,=-]*\Z")


@dataclass
class Section:
    """One UCI section: its name (the generated one where it has none), its type, its options as lists of values."""

    name: str
    type: str
    options: dict[str, list[str]] = field(default_factory=dict)

    def get(self, option: str) -> str | None:
        values = self.options.get(option)
        return None if values is None else " ".join(values)


def parse_show(text: str) -> list[Section]:
    """Parse what `uci -X show PACKAGE` printed, in the file's order.

    Raises RouterError on a line that is none of UCI's: nothing is skipped in silence.
    """
    sections: dict[str, Section] = {}
    position = 0
    for line in SHOW_LINE.finditer(text):
        name = line["section"]
        if text[position : line.start()].strip() or (line["option"] and name not in sections):
            break
        position = line.end()
        if line["option"] is None:
            sections[name] = Section(name, line["type"])
        else:
            sections[name].options[line["option"]] = [unquote(word) for word in re.findall(WORD, line["values"])]
    if text[position:].strip():
        raise RouterError(
            "bad-reply",
            "The router printed a UCI configuration that is not understood",
            "Look at it with `uci show firewall`.",
            detail=text[position:][:300],
        )
    return list(sections.values())


def unquote(word: str) -> str:
    return word[1:-1].replace("'\\''", "'")


def is_true(value: str | None) -> bool:
    """The meaning of a boolean as fw4 reads it; absent is false."""
    return value is not None and value.lower() in TRUE


def same_value(option_kind: str, wanted: str, found: str | None) -> bool:
    """Whether FOUND means WANTED: booleans by their meaning, policies whatever their case, everything else as text."""
    if found is None:
        return False
    if option_kind == "bool":
        return found in TRUE | FALSE and (wanted in TRUE) == (found in TRUE)
    if option_kind in ("policy", "reject_code"):
        return wanted.lower() == found.lower()
    return wanted == found


@dataclass(frozen=True)
class Change:
    """One staged change: sets PATH to VALUE, or deletes it where VALUE is None. PATH is section or section.option."""

    path: str
    value: str | None

    @property
    def section(self) -> str:
        return self.path.partition(".")[0]

    @property
    def option(self) -> str:
        """Empty where the change is about the whole section."""
        return self.path.partition(".")[2]

    def command(self) -> str:
        """The line for `uci batch`."""
        if not PATH.match(self.path):
            raise ValueError(f"not a path of UCI: {self.path!r}")
        if self.value is None:
            return f"delete firewall.{self.path}"
        if not PLAIN.match(self.value):
            raise ValueError(f"not a plain UCI value: {self.value!r}")
        return f"set firewall.{self.path}='{self.value}'"

    def staged(self) -> str:
        """The line that `uci changes` prints for it."""
        return f"-firewall.{self.path}" if self.value is None else f"firewall.{self.path}='{self.value}'"


def batch(changes: t.Iterable[Change]) -> str:
    return "".join(change.command() + "\n" for change in changes)


def staged(changes: t.Iterable[Change]) -> str:
    return "\n".join(change.staged() for change in changes)


def apply_changes(sections: t.Iterable[Section], changes: t.Iterable[Change]) -> list[Section]:
    """SECTIONS as they are once CHANGES are committed."""
    after = {section.name: Section(section.name, section.type, dict(section.options)) for section in sections}
    for change in changes:
        name, option = change.section, change.option
        if option and change.value is None:
            after[name].options.pop(option, None)
        elif option:
            after[name].options[option] = [change.value or ""]
        elif change.value is None:
            after.pop(name, None)
        else:
            after.setdefault(name, Section(name, change.value))
    return list(after.values())


def undo_changes(sections: t.Sequence[Section], changes: t.Sequence[Change]) -> list[Change]:
    """The changes that lead back to SECTIONS once CHANGES are committed, for sections that only these changes touch."""
    before = {section.name: section for section in sections}
    after = {section.name: section for section in apply_changes(sections, changes)}
    back: list[Change] = []
    for name in dict.fromkeys(change.section for change in changes):
        whole = any(change.path == name for change in changes)
        if whole and name in after:
            back.append(Change(name, None))
    for name in dict.fromkeys(change.section for change in changes):
        found = before.get(name)
        if any(change.path == name for change in changes):
            if found:
                back.append(Change(name, found.type))
                back += [Change(f"{name}.{option}", " ".join(values)) for option, values in found.options.items()]
            continue
        for option in dict.fromkeys(c.option for c in changes if c.section == name):
            back.append(Change(f"{name}.{option}", found.get(option) if found else None))
    return back
