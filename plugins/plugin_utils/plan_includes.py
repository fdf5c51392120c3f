# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The part of the plan that is about nftables includes."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.fastpath.router.plugins.plugin_utils import uci
from ansible_collections.fastpath.router.plugins.plugin_utils.changes import (
    Difference,
    Options,
    Plan,
    is_kept,
    section_changes,
)
from ansible_collections.fastpath.router.plugins.plugin_utils.desired import KEEP, STAGE, Desired, Include
from ansible_collections.fastpath.router.plugins.plugin_utils.digest import digest
from ansible_collections.fastpath.router.plugins.plugin_utils.include_check import declared_objects
from ansible_collections.fastpath.router.plugins.plugin_utils.plan_flowtables import flowtables_section
from ansible_collections.fastpath.router.plugins.plugin_utils.state import Observed, referred_files


@dataclass(frozen=True)
class Entry:
    """One UCI section of ours as it shall be: OPTIONS on flash, STAGED while it is only checked."""

    section: str
    options: Options
    staged: Options


def plan_includes(plan: Plan, desired: Desired, includes: t.Sequence[Include], observed: Observed) -> None:
    owned = [s for s in observed.owned_sections(desired.owner) if s.name != flowtables_section(desired.owner)]
    mark = f"fastpath_{desired.owner}"
    entries = _entries(desired, observed, [section for section in owned if section.name != mark])
    if entries:
        plan.generation = digest("\n".join(f"{e.section} {sorted(e.options.items())}" for e in entries))
        entries.append(_marker(desired.owner, plan.generation, observed))
    texts = {include.file: include.text for include in includes}
    if plan.generation:
        texts[_marker_file(desired.owner, plan.generation)] = marker_text(desired.owner, plan.generation)

    plan.files = {name: text for name, text in texts.items() if not is_kept(name, observed)}
    referred = {path.rpartition("/")[2] for entry in entries for path in entry.options.get("path", ())}
    unused = [name for name in referred_files(owned) if name not in referred]
    plan.paths = [path for entry in entries for path in entry.staged.get("path", ())]
    plan.staged += section_changes(owned, [(entry.section, entry.staged) for entry in entries])
    final = section_changes(owned, [(entry.section, entry.options) for entry in entries])
    plan.final += final
    plan.objects = _outliving_objects(plan, desired, observed, unused)
    plan.new_objects = [item for text in plan.files.values() for item in declared_objects(text)]

    before = len(plan.differences)
    _tell_includes(plan, desired, observed, owned, entries)
    if final and len(plan.differences) == before:
        plan.differences.append(Difference("order", "includes", _names(owned), ", ".join(e.section for e in entries)))
    if final or plan.files or plan.objects:
        plan.reload = True
    elif plan.generation != observed.generation:
        plan.reload = True
        plan.differences.append(Difference("load", "includes", observed.generation or "not loaded", plan.generation))


def _entries(desired: Desired, observed: Observed, owned: t.Sequence[uci.Section]) -> list[Entry]:
    wanted = {include.section: _entry(include, observed) for include in desired.includes or ()}
    kept = {} if desired.purge else {s.name: Entry(s.name, s.options, s.options) for s in owned if s.name not in wanted}
    if [s.name for s in owned if s.name in wanted] == list(wanted):  # in order already: leave the others between them
        return [wanted.get(s.name) or kept[s.name] for s in owned if s.name in wanted or s.name in kept]
    return [*wanted.values(), *kept.values()]


def _entry(include: Include, observed: Observed) -> Entry:
    folder = KEEP if is_kept(include.file, observed) else STAGE
    return Entry(include.section, include.options(), include.options(folder))


def _marker(owner: str, generation: str, observed: Observed) -> Entry:
    """A chain nothing jumps to, whose rule carries the generation: fw4's flush renews rules, but not a chain's own comment."""
    name = _marker_file(owner, generation)

    def options(folder: str) -> dict[str, list[str]]:
        return {"type": ["nftables"], "path": [f"{folder}/{name}"], "position": ["table-post"]}

    return Entry(f"fastpath_{owner}", options(KEEP), options(KEEP if is_kept(name, observed) else STAGE))


def _marker_file(owner: str, generation: str) -> str:
    return f"{owner}.{digest(marker_text(owner, generation))}.nft"


def marker_text(owner: str, generation: str) -> str:
    return f'chain fastpath_{owner} {{\n\treturn comment "fastpath {owner} generation {generation}"\n}}\n'


def _outliving_objects(plan: Plan, desired: Desired, observed: Observed, unused: t.Iterable[str]) -> list[str]:
    """What the UNUSED files declared and no other one declares: nft keeps it until it is deleted by name."""
    staying = {item for include in desired.includes or () for item in declared_objects(include.text)}
    gone = [item for name in unused if observed.intact(name) for item in declared_objects(observed.files.get(name, ""))]
    objects = [item for item in dict.fromkeys(gone) if item not in staying and not item.startswith("chain fastpath_")]
    if plan.generation is None and observed.marked:
        objects.append(f"chain fastpath_{desired.owner}")
    return objects


def _names(sections: t.Sequence[uci.Section]) -> str:
    return ", ".join(section.name for section in sections)


def _tell_includes(
    plan: Plan, desired: Desired, observed: Observed, owned: t.Sequence[uci.Section], entries: t.Sequence[Entry]
) -> None:
    mark = f"fastpath_{desired.owner}"
    found = {section.name: section for section in owned if section.name != mark}
    wanted = {entry.section: entry for entry in entries if entry.section != mark}
    titles = {include.section: include.name for include in desired.includes or ()}
    for name in dict.fromkeys([*wanted, *found]):
        section, entry = found.get(name), wanted.get(name)
        before = _describe(section.options, observed) if section else None
        after = _describe(entry.options, None) if entry else None
        if before != after or (section and section.type != "include"):
            plan.differences.append(Difference("include", titles.get(name, name[len(mark) + 1 :]), before, after))


def _describe(options: Options, observed: Observed | None) -> str:
    """An include in one line; with OBSERVED, also whether its file is what it should be."""
    place = [" ".join(options.get("position", ())), " ".join(options.get("chain", ()))]
    others = [f"{k}={' '.join(v)}" for k, v in options.items() if k not in ("type", "position", "chain", "path")]
    path = " ".join(options.get("path", ()))
    name = path.rpartition("/")[2]
    damage = ""
    if observed is not None and path.startswith(f"{KEEP}/") and not is_kept(name, observed):
        damage = "(file missing)" if observed.file_hash(name) is None else "(file changed by hand)"
    return " ".join(
        word for word in [*place, path if not path.startswith(f"{KEEP}/") else name, *others, damage] if word
    )
