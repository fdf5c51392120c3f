# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan: a pure function of what is declared and what was observed."""

from __future__ import annotations

from ansible_collections.fastpath.router.plugins.plugin_utils import uci
from ansible_collections.fastpath.router.plugins.plugin_utils.changes import Difference, Plan
from ansible_collections.fastpath.router.plugins.plugin_utils.desired import DEFAULTS, KEEP, Desired
from ansible_collections.fastpath.router.plugins.plugin_utils.errors import RouterError
from ansible_collections.fastpath.router.plugins.plugin_utils.include_check import declared_objects
from ansible_collections.fastpath.router.plugins.plugin_utils.plan_flowtables import (
    flowtables_section,
    plan_flowtables,
    table_of,
)
from ansible_collections.fastpath.router.plugins.plugin_utils.plan_includes import plan_includes
from ansible_collections.fastpath.router.plugins.plugin_utils.state import (
    Observed,
    WayBack,
    owned_sections,
    referred_files,
)

# fw4 reads both names of one option and takes the newer where both are there.
ALIASES = {"syn_flood": ("synflood_protect", "syn_flood"), "synflood_protect": ("synflood_protect", "syn_flood")}


def make_plan(desired: Desired, observed: Observed) -> Plan:
    """Compare DESIRED with OBSERVED. Raises RouterError where the two cannot be brought together."""
    plan = Plan()
    _plan_packages(plan, desired, observed)
    _plan_defaults(plan, desired, observed)
    if desired.includes is not None:
        plan_includes(plan, desired, desired.includes, observed)
    else:
        plan.generation = observed.generation
    if desired.flowtables is not None:
        plan_flowtables(plan, desired, desired.flowtables, observed)
    _plan_way_back(plan, desired, observed)
    if plan.packages and desired.mode != "none" and not plan.reload:
        # The kernel could not load the flowtable without the module; UCI needs no change.
        plan.reload = True
    return plan


def plan_way_back(way: WayBack, observed: Observed, owner: str) -> Plan:
    """The plan that undoes the last confirmed change. There is no way back from it."""
    after = uci.apply_changes(observed.sections, way.changes)
    needed = referred_files(owned_sections(after, owner))
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


def _plan_way_back(plan: Plan, desired: Desired, observed: Observed) -> None:
    """What undoes this change, and which files are of no use to either state."""
    owned = observed.owned_sections(desired.owner)
    after = uci.apply_changes(observed.sections, plan.final)
    now = referred_files(owned_sections(after, desired.owner))
    plan.forget = (
        desired.mode == "none" and desired.includes == () and not now and desired.purge
    )  # everything of ours goes: nothing is kept
    before = list(observed.way_back.files) if observed.way_back else []
    if plan.final and not plan.forget:
        before = referred_files(owned)
        inverse = uci.undo_changes(observed.sections, plan.final)
        texts = (text for name, text in observed.files.items() if name.endswith(".nft") and observed.intact(name))
        former = {item for text in texts for item in declared_objects(text)}
        if observed.marked:
            former.add(f"chain fastpath_{desired.owner}")
        if any(section.name == flowtables_section(desired.owner) for section in owned):
            former.add(table_of(desired.owner))
        created = [item for item in plan.new_objects if item not in former]
        plan.way_back = WayBack(
            "", tuple(inverse), tuple(before), tuple(created), observed.generation, observed.table_generation
        )
    needed = {*now, *([] if plan.forget else before)}
    plan.obsolete = [name for name in observed.kept_files() if name not in needed]
    if plan.empty and plan.obsolete:
        plan.differences += [Difference("file", f"{KEEP}/{name}", "unused", None) for name in plan.obsolete]
