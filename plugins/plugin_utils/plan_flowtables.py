# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The part of the plan that is about custom flowtables."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.fastpath.router.plugins.plugin_utils.changes import Difference, Plan, is_kept, section_changes
from ansible_collections.fastpath.router.plugins.plugin_utils.desired import KEEP, STAGE, Desired
from ansible_collections.fastpath.router.plugins.plugin_utils.errors import RouterError
from ansible_collections.fastpath.router.plugins.plugin_utils.flowtables import (
    FLOWTABLES,
    Flowtable,
    expected_devices,
    flowtable_script,
    table_name,
)
from ansible_collections.fastpath.router.plugins.plugin_utils.state import Observed

# Devices that netifd makes by names of its own: phy0-ap0, wlan0.
RADIO = re.compile(r"(phy\d+-|wlan\d)")


def flowtables_section(owner: str) -> str:
    return f"fastpath_{owner}_{FLOWTABLES}"


def table_of(owner: str) -> str:
    return f"table inet {table_name(owner)}"


def plan_flowtables(plan: Plan, desired: Desired, named: t.Sequence[Flowtable], observed: Observed) -> None:
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
            plan.new_objects.append(table_of(desired.owner))
    plan.staged += section_changes(found, staged)
    plan.final += section_changes(found, final)
    if plan.script or (found and not flowtables):
        _tell_flowtables(plan, flowtables, desired, observed)
    elif flowtables:
        _tell_not_loaded(plan, flowtables, desired, observed)
    elif observed.table_generation:
        plan.differences.append(Difference("load", table_of(desired.owner), observed.table_generation, None))
    if not flowtables and (found or observed.table_generation):
        plan.objects.append(table_of(desired.owner))
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
