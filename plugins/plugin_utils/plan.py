# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan: a pure function of what is declared and what was observed."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.fastpath.router.plugins.plugin_utils import uci
from ansible_collections.fastpath.router.plugins.plugin_utils.desired import (
    DEFAULTS,
    KEEP,
    STAGE,
    Desired,
    Include,
    digest,
)
from ansible_collections.fastpath.router.plugins.plugin_utils.errors import RouterError
from ansible_collections.fastpath.router.plugins.plugin_utils.include_check import declared_objects
from ansible_collections.fastpath.router.plugins.plugin_utils.state import Observed, WayBack, owned_sections

# fw4 reads both names of one option and takes the newer where both are there.
ALIASES = {"syn_flood": ("synflood_protect", "syn_flood"), "synflood_protect": ("synflood_protect", "syn_flood")}

Options = t.Mapping[str, t.Sequence[str]]


@dataclass(frozen=True)
class Difference:
    """One thing that is not as declared. None: it is not there."""

    kind: str  # package | option | include | order | file | load | rollback
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
    reload: bool = False
    way_back: WayBack | None = None  # to be kept with the change
    forget: bool = False  # keep no way back: nothing of ours shall stay

    @property
    def empty(self) -> bool:
        return not self.differences


def make_plan(desired: Desired, observed: Observed) -> Plan:
    """Compare DESIRED with OBSERVED. Raises RouterError where the two cannot be brought together."""
    plan = Plan()
    _plan_packages(plan, desired, observed)
    _plan_defaults(plan, desired, observed)
    if desired.includes is not None:
        _plan_includes(plan, desired, desired.includes, observed)
    else:
        plan.generation = observed.generation
    _plan_way_back(plan, desired, observed)
    if plan.packages and desired.mode != "none" and not plan.reload:
        # The kernel could not load the flowtable without the module; UCI needs no change.
        plan.reload = True
    return plan


def plan_way_back(way: WayBack, observed: Observed, owner: str) -> Plan:
    """The plan that undoes the last confirmed change. There is no way back from it."""
    after = uci.apply_changes(observed.sections, way.changes)
    needed = _referred_files(owned_sections(after, owner))
    found = {section.name: section for section in observed.sections}
    plan = Plan(staged=list(way.changes), final=list(way.changes), objects=list(way.objects), generation=way.generation)
    for change in way.changes:
        section = found.get(change.section)
        before = section.get(change.option) if section and change.option else None
        plan.differences.append(Difference("rollback", change.path, before, change.value))
    plan.paths = [f"{KEEP}/{name}" for name in needed]
    plan.obsolete = [name for name in observed.kept_files() if name not in needed]
    plan.forget = plan.reload = True
    return plan


def _plan_packages(plan: Plan, desired: Desired, observed: Observed) -> None:
    if not desired.packages:
        return
    if desired.package_manager not in ("auto", observed.package_manager):
        raise RouterError(
            "package-manager",
            f"The router has {observed.package_manager or 'no package manager'}, not {desired.package_manager}",
            "Set package_manager: auto.",
        )
    for name in desired.packages:
        _version, status = observed.packages.get(name, ("", "absent"))
        if status != "installed":
            plan.packages.append(name)
            plan.differences.append(Difference("package", name, None if status == "absent" else status, "installed"))
    if plan.packages and observed.package_manager is None:
        raise RouterError(
            "package-manager",
            f"{', '.join(plan.packages)} is missing, and the router has neither opkg nor apk",
            "Build it into the image, or set packages: [].",
        )


def _plan_defaults(plan: Plan, desired: Desired, observed: Observed) -> None:
    wanted = [*_mode_options(desired.mode, observed), *(desired.defaults or {}).items()]
    section = observed.defaults[0].name if observed.defaults else None
    changes = []
    for name, value in wanted:
        option = _effective_option(name, observed)
        found = observed.default(option)
        if uci.same_value(DEFAULTS.get(name, "bool"), value, found):
            continue
        plan.differences.append(Difference("option", option, found, value))
        changes.append(uci.Change(f"{section or 'defaults'}.{option}", value))
    if not changes:
        return
    if section is None:
        if any(other.name == "defaults" for other in observed.sections):
            raise RouterError(
                "no-defaults",
                "The firewall has no 'defaults' section, and the name is taken by another type",
                "Add a section of type defaults to /etc/config/firewall.",
            )
        changes.insert(0, uci.Change("defaults", "defaults"))
    plan.staged += changes
    plan.final += changes
    plan.reload = True


def _mode_options(mode: str, observed: Observed) -> list[tuple[str, str]]:
    """The two options as the mode wants them; one that is absent is off already."""
    wanted = {"flow_offloading": mode != "none", "flow_offloading_hw": mode == "hardware"}
    return [(name, "1" if on else "0") for name, on in wanted.items() if on or observed.default(name) is not None]


def _effective_option(name: str, observed: Observed) -> str:
    return next((alias for alias in ALIASES.get(name, ()) if observed.default(alias) is not None), name)


# ---- includes ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    """One UCI section of ours as it shall be: OPTIONS on flash, STAGED while it is only checked."""

    section: str
    options: Options
    staged: Options


def _plan_includes(plan: Plan, desired: Desired, includes: t.Sequence[Include], observed: Observed) -> None:
    owned = observed.owned_sections(desired.owner)
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
    unused = [name for name in _referred_files(owned) if name not in referred]
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


def _outliving_objects(plan: Plan, desired: Desired, observed: Observed, unused: t.Iterable[str]) -> list[str]:
    """What the UNUSED files declared and no other one declares: nft keeps it until it is deleted by name."""
    staying = {item for include in desired.includes or () for item in declared_objects(include.text)}
    gone = [item for name in unused if observed.intact(name) for item in declared_objects(observed.files.get(name, ""))]
    objects = [item for item in dict.fromkeys(gone) if item not in staying and not item.startswith("chain fastpath_")]
    if plan.generation is None and observed.marked:
        objects.append(f"chain fastpath_{desired.owner}")
    return objects


def _referred_files(sections: t.Iterable[uci.Section]) -> list[str]:
    """The names of our files that these include sections load."""
    paths = (section.get("path") or "" for section in sections)
    return [path.removeprefix(f"{KEEP}/") for path in paths if path.startswith(f"{KEEP}/")]


def _plan_way_back(plan: Plan, desired: Desired, observed: Observed) -> None:
    """What undoes this change, and which files are of no use to either state."""
    owned = observed.owned_sections(desired.owner)
    after = uci.apply_changes(observed.sections, plan.final)
    now = _referred_files(owned_sections(after, desired.owner))
    plan.forget = desired.mode == "none" and desired.includes == () and desired.purge
    before = list(observed.way_back.files) if observed.way_back else []
    if plan.final and not plan.forget:
        before = _referred_files(owned)
        inverse = uci.undo_changes(observed.sections, plan.final)
        former = {o for name, text in observed.files.items() if observed.intact(name) for o in declared_objects(text)}
        if observed.marked:
            former.add(f"chain fastpath_{desired.owner}")
        created = [item for item in plan.new_objects if item not in former]
        plan.way_back = WayBack("", tuple(inverse), tuple(before), tuple(created), observed.generation)
    needed = {*now, *([] if plan.forget else before)}
    plan.obsolete = [name for name in observed.kept_files() if name not in needed]
    if plan.empty and plan.obsolete:
        plan.differences += [Difference("file", f"{KEEP}/{name}", "unused", None) for name in plan.obsolete]


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
