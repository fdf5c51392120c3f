# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever the packages are called and however they depend on each other: what is installed is what was needed."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from opkg_box import OpkgBox

NAMES = st.from_regex(r"[a-z][a-z0-9]{0,3}(-[a-z0-9]{1,4}){0,2}", fullmatch=True)
VERSIONS = st.from_regex(r"[1-9]\.[0-9]{1,2}(~[a-f0-9]{4})?-r[1-9]", fullmatch=True)


@dataclass
class Packages:
    versions: dict[str, str]
    needs: dict[str, list[str]]  # in the order of the field Depends

    def closure(self, name: str) -> set[str]:
        found, waiting = set(), [name]
        while waiting:
            current = waiting.pop()
            if current not in found:
                found.add(current)
                waiting += self.needs[current]
        return found

    def dependents(self, name: str) -> set[str]:
        return {other for other, needs in self.needs.items() if name in needs}


@st.composite
def packages(draw, cycles=False):
    names = draw(st.lists(NAMES, min_size=1, max_size=6, unique=True))
    versions = {name: draw(VERSIONS) for name in names}
    needs = {}
    for index, name in enumerate(names):
        others = [other for other in names if other != name] if cycles else names[:index]
        needs[name] = draw(st.lists(st.sampled_from(others), unique=True, max_size=4)) if others else []
    return Packages(versions, needs)


def with_box(offered: Packages, check, **depends) -> None:
    """depends: what a package needs beyond the others."""
    with tempfile.TemporaryDirectory() as folder:
        box = OpkgBox(Path(folder))
        for name, version in offered.versions.items():
            needs = [f"{other} (= {offered.versions[other]})" for other in offered.needs[name]]
            needs += depends.get(name, [])
            box.add(name, version, **({"Depends": ", ".join(needs)} if needs else {}))
        box.publish()
        check(box)


@settings(max_examples=60, deadline=None)
@given(packages(cycles=True), st.data())
def test_what_is_needed_is_installed_and_nothing_else(offered, data):
    target = data.draw(st.sampled_from(sorted(offered.versions)))

    def check(box):
        simulated = box("--noaction", "install", target)
        assert (simulated.rc, box.states()) == (0, {})
        answer = box("install", target)
        assert (answer.rc, answer.err) == (0, "")
        # In a circle a simulation tells of some more than once: nothing it does makes them look installed.
        assert set(simulated.out.splitlines()) == set(re.sub(r"Configuring .*\n", "", answer.out).splitlines())
        wanted = offered.closure(target)
        assert box.installed() == {name: offered.versions[name] for name in wanted}
        assert box.states() == {name: f"install {'user' if name == target else 'ok'} installed" for name in wanted}
        for name in offered.versions:
            there = name in wanted
            assert box.path(name).exists() == there
            assert (box.info / f"{name}.control").exists() == there
            if there:
                assert (box.info / f"{name}.list").read_text() == f"{box.path(name)}\n"

    with_box(offered, check)


@settings(max_examples=30, deadline=None)
@given(packages(), st.data())
def test_what_is_needed_is_configured_first(offered, data):
    target = data.draw(st.sampled_from(sorted(offered.versions)))

    def check(box):
        lines = box("install", target).out.splitlines()
        order = [line.removeprefix("Configuring ")[:-1] for line in lines if line.startswith("Configuring ")]
        assert set(order) == offered.closure(target)
        for position, name in enumerate(order):
            assert set(offered.needs[name]) <= set(order[:position])

    with_box(offered, check)


@settings(max_examples=30, deadline=None)
@given(packages(), st.data())
def test_removing_refuses_while_something_needs_the_package(offered, data):
    target = data.draw(st.sampled_from(sorted(offered.versions)))

    def check(box):
        box("install", target)
        installed = offered.closure(target)
        for name in data.draw(st.permutations(sorted(installed))):
            needed_by = offered.dependents(name) & installed
            before = box.snapshot()
            answer = box("remove", name)
            if needed_by:
                named = {line.split("\t")[1] for line in answer.err.splitlines() if "\t" in line}
                assert (answer.rc, answer.out, named) == (255, "No packages removed.\n", needed_by)
                assert box.snapshot() == before
            else:
                assert (answer.rc, answer.err) == (0, "")
                installed.remove(name)
                assert not box.path(name).exists()
                assert not list(box.info.glob(f"{name}.*"))
            assert set(box.states()) == installed

    with_box(offered, check)


@settings(max_examples=30, deadline=None)
@given(packages(), st.data())
def test_nothing_is_installed_when_something_needed_is_nowhere(offered, data):
    target = data.draw(st.sampled_from(sorted(offered.versions)))
    broken = data.draw(st.sampled_from(sorted(offered.closure(target))))

    def check(box):
        answer = box("install", target)
        assert answer.rc == 255
        assert "nowhere (>= 2)" in answer.err
        assert f"opkg_install_cmd: Cannot install package {target}.\n" in answer.err
        assert target not in box.installed()
        assert broken not in box.installed()
        assert not box.path(target).exists()

    with_box(offered, check, **{broken: ["nowhere (>= 2)"]})
