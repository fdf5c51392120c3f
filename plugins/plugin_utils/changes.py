# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plan in the making: what differs, and the commands and files that change it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.fastpath.router.plugins.plugin_utils import uci
from ansible_collections.fastpath.router.plugins.plugin_utils.state import Observed, WayBack

Options = t.Mapping[str, t.Sequence[str]]


@dataclass(frozen=True)
class Difference:
    """One thing that is not as declared. None: it is not there."""

    kind: str  # package | option | include | order | flowtable | file | load | rollback
    subject: str
    before: str | None
    after: str | None


@dataclass
class Plan:
    """What to do, and in which words it is told."""

    differences: list[Difference] = field(default_factory=list)
    packages: list[str] = field(default_factory=list)  # to install
    staged: list[uci.Change] = field(default_factory=list)  # with new files read from RAM
    final: list[uci.Change] = field(default_factory=list)  # as they go to flash
    files: dict[str, str] = field(default_factory=dict)  # to write: name -> text
    obsolete: list[str] = field(default_factory=list)  # files of ours that nothing refers to any more
    objects: list[str] = field(default_factory=list)  # live nft objects that outlive their include
    new_objects: list[str] = field(default_factory=list)  # those that the new files declare
    paths: list[str] = field(default_factory=list)  # what fw4 must include once the plan is staged
    generation: str | None = None  # the mark of our includes, as it must be live
    table_generation: str | None = None  # the mark of our custom flowtables
    script: str | None = None  # the new file that makes them, where it is to be checked
    reload: bool = False
    way_back: WayBack | None = None  # to be kept with the change
    forget: bool = False  # keep no way back: nothing of ours shall stay

    @property
    def empty(self) -> bool:
        return not self.differences


def is_kept(name: str, observed: Observed) -> bool:
    """Whether the file is on flash, with the text that its name promises."""
    return observed.intact(name)


def section_changes(found: t.Sequence[uci.Section], wanted: t.Sequence[tuple[str, Options]]) -> list[uci.Change]:
    """The UCI commands that turn the sections FOUND into those WANTED, in that order.

    UCI appends new sections, so from the first place that differs on, the sections are deleted and made again.
    """
    same = 0
    while same < min(len(found), len(wanted)) and (found[same].name, found[same].type) == (wanted[same][0], "include"):
        same += 1
    changes = [change for index in range(same) for change in _option_changes(found[index], wanted[index][1])]
    changes += [uci.Change(section.name, None) for section in found[same:]]
    for name, options in wanted[same:]:
        changes.append(uci.Change(name, "include"))
        changes += [uci.Change(f"{name}.{option}", " ".join(values)) for option, values in options.items()]
    return changes


def _option_changes(section: uci.Section, options: Options) -> list[uci.Change]:
    changes = [uci.Change(f"{section.name}.{option}", None) for option in section.options if option not in options]
    for option, values in options.items():
        if list(section.options.get(option, ())) != list(values):
            changes.append(uci.Change(f"{section.name}.{option}", " ".join(values)))
    return changes
