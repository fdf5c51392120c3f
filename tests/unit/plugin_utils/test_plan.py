# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan: a pure function, tested without any router."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.fastpath.router.plugins.plugin_utils.changes import section_changes
from ansible_collections.fastpath.router.plugins.plugin_utils.desired import KEEP, STAGE, Desired, Include
from ansible_collections.fastpath.router.plugins.plugin_utils.errors import RouterError
from ansible_collections.fastpath.router.plugins.plugin_utils.plan import make_plan
from ansible_collections.fastpath.router.plugins.plugin_utils.state import Observed
from ansible_collections.fastpath.router.plugins.plugin_utils.uci import Change, Section, apply_changes


def observed(sections=(), **defaults):
    found = Observed(flags=frozenset({"fw4", "opkg", "state", "enabled"}))
    found.sections = [Section("cfg01e63d", "defaults", {k: [v] for k, v in defaults.items()}), *sections]
    return found


def desired(**changes):
    return Desired(**{"mode": "none", "includes": None, **changes})


def include(name="a", text="counter\n", **changes):
    return Include(
        **{"owner": "fastpath", "name": name, "position": "chain-pre", "chain": "forward", "text": text, **changes}
    )


def apply(plan, found):
    """What the router looks like once PLAN is carried out: the model that convergence is tested against."""
    after = Observed(flags=found.flags, packages=found.packages, generation=plan.generation)
    after.sections = apply_changes(found.sections, plan.final)
    after.hashes = {path: h for path, h in found.hashes.items() if path.removeprefix(f"{KEEP}/") not in plan.obsolete}
    after.hashes.update({f"{KEEP}/{n}": hashlib.sha256(t.encode()).hexdigest() for n, t in plan.files.items()})
    after.way_back = None if plan.forget else plan.way_back or found.way_back
    return after


OFF = (None, "0", "off", "no", "false")
ON = ("1", "on", "yes", "true")


@pytest.mark.parametrize("value", OFF)
def test_absent_and_false_are_none(value):
    found = observed(**({"flow_offloading": value} if value else {}))
    assert make_plan(desired(mode="none"), found).empty


@pytest.mark.parametrize("value", ON)
def test_true_in_any_spelling_is_software(value):
    assert make_plan(desired(mode="software"), observed(flow_offloading=value)).empty


def test_software_switches_hardware_off_only_where_it_is_present():
    assert [c.command() for c in make_plan(desired(mode="software"), observed()).final] == [
        "set firewall.cfg01e63d.flow_offloading='1'"
    ]
    changes = make_plan(desired(mode="software"), observed(flow_offloading_hw="1")).final
    assert [c.path for c in changes] == ["cfg01e63d.flow_offloading", "cfg01e63d.flow_offloading_hw"]
    assert changes[1].value == "0"


def test_hardware_sets_both():
    assert [c.value for c in make_plan(desired(mode="hardware"), observed()).final] == ["1", "1"]


def test_a_value_that_crashes_fw4_is_corrected():
    assert [c.value for c in make_plan(desired(mode="none"), observed(flow_offloading="enabled")).final] == ["0"]


def test_options_that_are_not_named_stay():
    plan = make_plan(desired(defaults={"input": "DROP"}), observed(input="REJECT", forward="ACCEPT", output="ACCEPT"))
    assert [(d.subject, d.before, d.after) for d in plan.differences] == [("input", "REJECT", "DROP")]


def test_the_two_names_of_syn_flood_are_one_option():
    assert make_plan(desired(defaults={"synflood_protect": "1"}), observed(syn_flood="yes")).empty
    changes = make_plan(desired(defaults={"syn_flood": "0"}), observed(synflood_protect="1", syn_flood="0")).final
    assert [c.path for c in changes] == ["cfg01e63d.synflood_protect"]


def test_a_missing_defaults_section_is_made_and_a_taken_name_is_not():
    found = Observed(flags=frozenset({"opkg"}))
    assert make_plan(desired(mode="software"), found).final[0] == Change("defaults", "defaults")
    found.sections = [Section("defaults", "zone")]
    with pytest.raises(RouterError, match="taken"):
        make_plan(desired(mode="software"), found)


def test_new_files_are_staged_in_ram_and_go_to_flash():
    plan = make_plan(desired(includes=(include(),)), observed())
    assert all(path.startswith(STAGE) for path in plan.paths)
    paths = [c.value for c in plan.final if c.path.endswith(".path")]
    assert paths
    assert all(path.startswith(KEEP) for path in paths)
    assert {path.rpartition("/")[2] for path in paths} == set(plan.files)


def test_the_generation_follows_text_and_order():
    def generation(*includes):
        return make_plan(desired(includes=includes), observed()).generation

    a, b = include("a"), include("b", "accept\n")
    assert len({generation(a, b), generation(b, a), generation(a), generation(include("a", "drop\n"), b)}) == 4
    assert generation(a, b) == generation(a, b)


def test_a_damaged_file_is_written_again():
    wanted = desired(includes=(include(),))
    found = apply(make_plan(wanted, observed()), observed())
    assert make_plan(wanted, found).empty
    path = f"{KEEP}/{include().file}"
    found.hashes[path] = "0" * 64
    plan = make_plan(wanted, found)
    assert list(plan.files) == [include().file]
    assert plan.final == []
    assert [c.value for c in plan.staged] == [f"{STAGE}/{include().file}"]
    assert "changed by hand" in plan.differences[0].before


def test_an_include_that_is_not_live_is_loaded():
    wanted = desired(includes=(include(),))
    found = apply(make_plan(wanted, observed()), observed())
    found.generation = None
    plan = make_plan(wanted, found)
    assert [d.kind for d in plan.differences] == ["load"]
    assert plan.reload
    assert plan.final == plan.staged == []


def test_unused_files_of_ours_are_removed_without_a_reload():
    found = observed()
    found.hashes[f"{KEEP}/fastpath.old.0123456789abcdef.nft"] = "0" * 64
    plan = make_plan(desired(includes=()), found)
    assert plan.obsolete == ["fastpath.old.0123456789abcdef.nft"]
    assert not plan.reload


def test_what_an_include_leaves_behind_is_deleted():
    watch = include("watch", "chain watch {\n}\nset seen {\n type ipv4_addr\n}\n", position="table-post", chain=None)
    own = include(
        "own", "table inet own\ndelete table inet own\ntable inet own {\n}\n", position="ruleset-post", chain=None
    )
    wanted = desired(includes=(watch, own))
    found = apply(make_plan(wanted, observed()), observed())
    found.files = {i.file: i.text for i in (watch, own)}
    found.marked = True
    gone = make_plan(desired(includes=()), found)
    assert gone.objects == ["chain watch", "set seen", "table inet own", "chain fastpath_fastpath"]
    assert make_plan(desired(includes=(own,)), found).objects == ["chain watch", "set seen"]


def test_a_file_changed_by_hand_does_not_decide_what_is_deleted():
    watch = include("watch", "chain watch {\n}\n", position="table-post", chain=None)
    found = apply(make_plan(desired(includes=(watch,)), observed()), observed())
    found.hashes[f"{KEEP}/{watch.file}"] = "0" * 64
    found.files = {watch.file: "table inet somebodys { }\n"}
    assert make_plan(desired(includes=()), found).objects == []


def test_missing_packages_are_planned_and_loaded():
    found = observed(flow_offloading="1")
    found.packages = {"kmod-b": ("1", "unpacked")}
    plan = make_plan(desired(mode="software", packages=("kmod-a", "kmod-b")), found)
    assert [(d.subject, d.before) for d in plan.differences] == [("kmod-a", None), ("kmod-b", "unpacked")]
    assert plan.reload
    found.packages = {"kmod-a": ("1", "installed"), "kmod-b": ("1", "installed")}
    assert make_plan(desired(mode="software", packages=("kmod-a", "kmod-b")), found).empty


NAMES = st.lists(st.sampled_from("abcdef"), unique=True)
TEXTS = st.sampled_from(["counter\n", "accept\n", "ct state invalid drop\n"])


@st.composite
def includes(draw):
    return tuple(include(name, draw(TEXTS), chain=draw(st.sampled_from(["forward", "input"]))) for name in draw(NAMES))


@given(includes(), includes(), st.booleans(), st.sampled_from(["none", "software", "hardware"]))
def test_any_plan_converges(first, second, purge, mode):
    """From any declared state to any other: one plan, and the next one is empty."""
    start = apply(make_plan(desired(includes=first), observed(flow_offloading="yes")), observed(flow_offloading="yes"))
    wanted = desired(includes=second, purge=purge, mode=mode)
    plan = make_plan(wanted, start)
    after = apply(plan, start)
    again = make_plan(wanted, after)
    assert again.empty, again.differences
    assert again.final == [] and again.files == {} and again.obsolete == []
    order = [s.name for s in after.sections if s.name in {i.section for i in second}]
    assert order == [i.section for i in second]
    if purge:
        assert len(after.owned_sections("fastpath")) == len(second) + bool(second)
    way_back = set(after.way_back.files) if after.way_back else set()
    referred = {s.get("path").removeprefix(f"{KEEP}/") for s in after.owned_sections("fastpath")}
    assert {path.removeprefix(f"{KEEP}/") for path in after.hashes} == referred | way_back
    if plan.way_back:
        former = apply_changes(after.sections, plan.way_back.changes)
        assert [(s.name, s.options) for s in former] == [(s.name, s.options) for s in start.sections]


@given(NAMES, NAMES)
def test_section_changes_reach_the_wanted_order(before, after):
    found = [Section(f"s_{name}", "include", {"path": ["x"]}) for name in before]
    wanted = [(f"s_{name}", {"path": ["y"]}) for name in after]
    changes = section_changes(found, wanted)
    result = apply_changes(found, changes)
    assert [(s.name, s.options) for s in result] == [(n, {k: v[0:] for k, v in o.items()}) for n, o in wanted]
