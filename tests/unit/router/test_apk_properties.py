# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for any packages in any feed: the double of apk computes, whatever names, versions and order are."""

from __future__ import annotations

import re
import tempfile

from apk_box import ApkBox, recipe
from hypothesis import given, settings
from hypothesis import strategies as st

# Every package X also provides X-any.
NAMES = st.from_regex(r"[a-z][a-z0-9]{0,6}(-[a-z0-9]{1,4})?", fullmatch=True).filter(lambda name: name[-4:] != "-any")
VERSIONS = st.from_regex(r"[1-9][0-9]?\.[0-9]{1,2}(\.[1-9])?(-r[0-9])?", fullmatch=True)
FEW = settings(max_examples=40, deadline=None)


@st.composite
def feeds(draw):
    """name -> (version, names it depends on), without circles; listed in any order."""
    names = draw(st.lists(NAMES, min_size=2, max_size=12, unique=True))
    graph = {}
    for position, name in enumerate(names):
        needs = draw(st.sets(st.sampled_from(names[:position]), max_size=3)) if position else set()
        graph[name] = (draw(VERSIONS), sorted(needs))
    return dict(draw(st.permutations(list(graph.items()))))


def box_with(folder, graph):
    box = ApkBox(folder)
    box.offer(*(recipe(name, version, " ".join(needs)) for name, (version, needs) in graph.items()))
    return box


def closure(graph, names):
    """The named packages with all that they need."""
    found, todo = set(), list(names)
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += graph[name][1]
    return found


def names_of(steps):
    return [step.split(" ")[1] for step in steps]


@FEW
@given(feeds(), st.data())
def test_add_installs_what_is_needed_in_order(graph, data):
    with tempfile.TemporaryDirectory() as folder:
        box = box_with(folder, graph)
        wanted = data.draw(st.lists(st.sampled_from(sorted(graph)), min_size=1, max_size=3, unique=True))
        simulated = box("add", "--simulate", *wanted)
        assert box.installed == {}
        answer = box("add", *wanted)
        assert (answer.rc, answer.err) == (0, "")
        needed = closure(graph, wanted)
        assert box.installed == {name: graph[name][0] for name in needed}
        assert box.world == sorted(wanted)
        order = names_of(answer.steps)
        assert sorted(order) == sorted(needed)
        for position, name in enumerate(order):
            assert set(graph[name][1]) <= set(order[:position])
        assert simulated.out == answer.out
        assert answer.lines[0].startswith(f"({1:{len(str(len(needed)))}}/{len(needed)}) Installing ")
        for name in needed:
            assert f"usr/share/{name}/version" in box.state()
            assert f"lib/apk/packages/{name}.list" in box.state()


@FEW
@given(feeds(), st.data())
def test_world_decides_what_is_installed(graph, data):
    """After any row of add and del: exactly what world needs is installed, and a second time changes nothing."""
    with tempfile.TemporaryDirectory() as folder:
        box = box_with(folder, graph)
        world = set()
        for name, adding in data.draw(
            st.lists(st.tuples(st.sampled_from(sorted(graph)), st.booleans()), min_size=1, max_size=6)
        ):
            command = "add" if adding else "del"
            before = set(box.installed)
            answer = box(command, name)
            world = world | {name} if adding else world - {name}
            assert answer.rc == 0
            assert set(box.world) == world
            assert set(box.installed) == closure(graph, world)
            removed = names_of(step for step in answer.steps if step.startswith("Purging"))
            assert set(removed) == before - set(box.installed)
            for position, gone in enumerate(removed):
                assert not set(removed[position + 1 :]) & {other for other in graph if gone in graph[other][1]}
            kept = not adding and name in box.installed
            assert ("not removed due to:" in answer.out) == kept
            if kept:
                listed = set(re.search(rf"^  {name}: ((?:.|\n +)*)", answer.out, re.MULTILINE)[1].split())
                assert listed == {top for top in world if name in closure(graph, [top])}
            state = box.state()
            again = box(command, name)
            assert again.steps == []
            assert box.state() == state


@FEW
@given(st.lists(VERSIONS, min_size=1, max_size=4, unique=True), st.data())
def test_versions_are_chosen_by_constraint(versions, data):
    with tempfile.TemporaryDirectory() as folder:
        box = ApkBox(folder)
        box.offer(*(recipe("tool", version) for version in versions))
        pin = data.draw(st.sampled_from(versions))
        assert box("add", f"tool={pin}").rc == 0
        assert box.installed == {"tool": pin}
        assert box.world == [f"tool={pin}"]
        assert box("add", f"tool>={pin}").steps == []  # what is installed stays
        assert box.installed == {"tool": pin}
        state = box.state()
        refused = box("add", "tool=999.9")
        assert refused.rc == 1
        assert "breaks: world[tool=999.9]" in refused.err
        assert box.state() == state


HASHES = st.from_regex(r"[0-9a-f]{8}", fullmatch=True)


@FEW
@given(
    old=st.tuples(VERSIONS, HASHES),
    new=st.tuples(VERSIONS, HASHES),
    modules=st.lists(NAMES, min_size=2, max_size=12, unique=True),
    pinned=st.booleans(),
)
def test_a_kernel_module_never_brings_a_kernel_past_a_pin(old, new, modules, pinned):
    """The last module is offered only for the new kernel: refused with the pin, everything is replaced without it."""
    old, new = (f"{version.partition('-')[0]}~{digest}" for version, digest in (old, new))
    modules = [f"kmod-{name}" for name in modules]
    *present, wanted = modules

    def build(kernel, names):
        version = kernel.partition("~")[0]
        return [recipe("kernel", kernel), *(recipe(name, version, f"kernel={kernel}") for name in names)]

    with tempfile.TemporaryDirectory() as folder:
        box = ApkBox(folder)
        box.offer(*build(old, present))
        assert box("add", f"kernel={old}" if pinned else "kernel", *present).rc == 0
        box.offer(*build(new, modules))
        state = box.state()
        answer = box("add", wanted)
        if old == new:
            assert answer.steps == [f"Installing {wanted} ({new.partition('~')[0]})"]
        elif pinned:
            assert answer.rc == 1
            assert f"  kernel-{old}:\n    breaks: {wanted}-{new.partition('~')[0]}[kernel={new}]\n" in answer.err
            assert f"    satisfies: world[kernel={old}]\n" in answer.err
            assert box.state() == state
        else:
            assert answer.rc == 0
            assert sorted(names_of(answer.steps)) == sorted(["kernel", *modules])
            counter = f"({1:{len(str(len(modules) + 1))}}/{len(modules) + 1}) "
            assert re.match(re.escape(counter) + r"(Up|Down)grading kernel \(", answer.out)
            assert box.installed["kernel"] == new
