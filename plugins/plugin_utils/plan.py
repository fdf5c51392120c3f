# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan: a pure function of what is declared and what was observed."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

from ansible_collections.fastpath.router.plugins.plugin_utils import uci
from ansible_collections.fastpath.router.plugins.plugin_utils.desired import (
    DEFAULTS,
    KEEP,
    STAGE,
    Desired,
    Include,
)
from ansible_collections.fastpath.router.plugins.plugin_utils.digest import digest
from ansible_collections.fastpath.router.plugins.plugin_utils.errors import RouterError
from ansible_collections.fastpath.router.plugins.plugin_utils.flowtables import (
    FLOWTABLES,
    Flowtable,
    expected_devices,
    flowtable_script,
    table_name,
)
from ansible_collections.fastpath.router.plugins.plugin_utils.include_check import declared_objects
from ansible_collections.fastpath.router.plugins.plugin_utils.state import Observed, WayBack, owned_sections

# fw4 reads both names of one option and takes the newer where both are there.
ALIASES = {"syn_flood": ("synflood_protect", "syn_flood"), "synflood_protect": ("synflood_protect", "syn_flood")}

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


def make_plan(desired: Desired, observed: Observed) -> Plan:
    """Compare DESIRED with OBSERVED. Raises RouterError where the two cannot be brought together."""
    plan = Plan()
    _plan_packages(plan, desired, observed)
    _plan_defaults(plan, desired, observed)
    if desired.includes is not None:
        _plan_includes(plan, desired, desired.includes, observed)
    else:
        plan.generation = observed.generation
    if desired.flowtables is not None:
        _plan_flowtables(plan, desired, desired.flowtables, observed)
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
    plan = Plan(staged=list(way.changes), final=list(way.changes), objects=list(way.objects))
    plan.generation, plan.table_generation = way.generation, way.flowtables
    for change in way.changes:
        section = found.get(change.section)
        before = section.get(change.option) if section and change.option else None
        plan.differences.append(Difference("rollback", change.path, before, change.value))
    plan.paths = [f"{KEEP}/{name}" for name in needed if name.endswith(".nft")]
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


# ---- custom flowtables ------------------------------------------------------------------------------------------------


def flowtables_section(owner: str) -> str:
    return f"fastpath_{owner}_{FLOWTABLES}"


def _table(owner: str) -> str:
    return f"table inet {table_name(owner)}"


def _plan_flowtables(plan: Plan, desired: Desired, named: t.Sequence[Flowtable], observed: Observed) -> None:
    section, told = flowtables_section(desired.owner), len(plan.differences)
    found = [s for s in observed.owned_sections(desired.owner) if s.name == section]
    flowtables = wanted_flowtables(desired, observed)
    final, staged = [], []
    if flowtables:
        _refuse_unknown(named, observed)
        script = flowtable_script(flowtables, desired.owner)
        plan.table_generation = script.generation
        kept = is_kept(script.file, observed)
        folder = KEEP if kept else STAGE
        final, staged = ([(section, _script_options(path, script.file))] for path in (KEEP, folder))
        if not kept:
            plan.files[script.file] = script.text
        if not kept or section_changes(found, final):
            plan.script = f"{folder}/{script.file}"
            plan.new_objects.append(_table(desired.owner))
    plan.staged += section_changes(found, staged)
    plan.final += section_changes(found, final)
    if plan.script or (found and not flowtables):
        _tell_flowtables(plan, flowtables, desired, observed)
    elif flowtables:
        _tell_not_loaded(plan, flowtables, desired, observed)
    elif observed.table_generation:
        plan.differences.append(Difference("load", _table(desired.owner), observed.table_generation, None))
    if not flowtables and (found or observed.table_generation):
        plan.objects.append(_table(desired.owner))
    if len(plan.differences) != told:
        plan.reload = True


def wanted_flowtables(desired: Desired, observed: Observed) -> list[Flowtable]:
    """Those that are declared, and without purge those that the router has besides."""
    named = list(desired.flowtables or ())
    if desired.purge:
        return named
    names = {flowtable.name for flowtable in named}
    return [*named, *(f for f in observed.declared_flowtables(desired.owner) if f.name not in names)]


def _script_options(folder: str, file: str) -> dict[str, list[str]]:
    return {"type": ["script"], "path": [f"{folder}/{file}"], "fw4_compatible": ["1"]}


def _tell_flowtables(plan: Plan, wanted: t.Sequence[Flowtable], desired: Desired, observed: Observed) -> None:
    before = {f.name: f.describe() for f in observed.declared_flowtables(desired.owner)}
    after = {f.name: f.describe() for f in wanted}
    changed = [name for name in dict.fromkeys([*after, *before]) if before.get(name) != after.get(name)]
    plan.differences += [Difference("flowtable", name, before.get(name), after.get(name)) for name in changed]
    if not changed:  # the same ones, in another order or by a file or section that somebody changed
        plan.differences.append(
            Difference("flowtable", "the script that loads them", "changed", ", ".join(after) or None)
        )


def _tell_not_loaded(plan: Plan, wanted: t.Sequence[Flowtable], desired: Desired, observed: Observed) -> None:
    if observed.table_generation != plan.table_generation:
        before = observed.table_generation or "not loaded"
        plan.differences.append(Difference("load", "flowtables", before, plan.table_generation))
        return
    live = observed.live_flowtables(desired.owner)
    expected = expected_devices(wanted, observed.links, observed.zones)
    for flowtable in wanted:
        if not set(flowtable.zones) <= set(observed.zones):
            continue  # kept without being named: its zones were not asked for
        found = live.get(flowtable.name)
        devices = found.devices if found else ()
        if devices != expected[flowtable.name]:
            before, after = " ".join(devices) or "no device", " ".join(expected[flowtable.name]) or "no device"
            plan.differences.append(Difference("load", f"flowtable {flowtable.name}", before, after))
        elif found and found.hardware and not flowtable.hardware:
            plan.differences.append(Difference("load", f"flowtable {flowtable.name}", "hardware", "software"))


# Devices that netifd makes by names of its own: phy0-ap0, wlan0.
RADIO = re.compile(r"(phy\d+-|wlan\d)")


def _refuse_unknown(flowtables: t.Iterable[Flowtable], observed: Observed) -> None:
    """A zone or device that is not even configured is a mistake; one that is only absent now will come."""
    zones = [section.get("name") or "" for section in observed.sections if section.type == "zone"]
    for flowtable in flowtables:
        for name in flowtable.zones:
            if name not in zones:
                raise RouterError(
                    "unknown-zone",
                    f"flowtable {flowtable.name}: the firewall has no zone {name!r}",
                    f"It has {', '.join(zones) or 'none'}.",
                )
        for name in flowtable.devices:
            if name not in observed.links and not _is_configured(name, observed.network):
                raise RouterError(
                    "unknown-device",
                    f"flowtable {flowtable.name}: the router has no device {name!r}, and its configuration names none",
                    f"It has {', '.join(sorted(set(observed.links) - {'lo'}))}. Zones find their devices by themselves.",
                )


def _is_configured(device: str, network: str) -> bool:
    base = device.rpartition(".")[0] or device
    protocol, _dash, interface = device.partition("-")
    return (
        f"'{device}'" in network
        or f"'{base}'" in network
        or f".{device}=interface" in network
        or f".{interface}.proto='{protocol}'" in network
        or bool(RADIO.match(device) and "=wifi-iface" in network)
    )


# ---- includes ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    """One UCI section of ours as it shall be: OPTIONS on flash, STAGED while it is only checked."""

    section: str
    options: Options
    staged: Options


def _plan_includes(plan: Plan, desired: Desired, includes: t.Sequence[Include], observed: Observed) -> None:
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
    plan.forget = (
        desired.mode == "none" and desired.includes == () and not now and desired.purge
    )  # everything of ours goes: nothing is kept
    before = list(observed.way_back.files) if observed.way_back else []
    if plan.final and not plan.forget:
        before = _referred_files(owned)
        inverse = uci.undo_changes(observed.sections, plan.final)
        texts = (text for name, text in observed.files.items() if name.endswith(".nft") and observed.intact(name))
        former = {item for text in texts for item in declared_objects(text)}
        if observed.marked:
            former.add(f"chain fastpath_{desired.owner}")
        if any(section.name == flowtables_section(desired.owner) for section in owned):
            former.add(_table(desired.owner))
        created = [item for item in plan.new_objects if item not in former]
        plan.way_back = WayBack(
            "", tuple(inverse), tuple(before), tuple(created), observed.generation, observed.table_generation
        )
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
