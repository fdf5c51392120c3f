# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trust in feeds and packages, and what stays as it was when something is wrong with them."""

from __future__ import annotations

import pytest
from apk_box import ApkBox, recipe


@pytest.fixture
def box(tmp_path):
    box = ApkBox(tmp_path)
    box.offer(recipe("base"), recipe("tool", depends="base", files={"etc/config/tool": "config tool\n"}))
    return box


def flip(path):
    data = bytearray(path.read_bytes())
    data[-2] ^= 1
    path.write_bytes(data)


def test_foreign_key(box):
    box.offer(recipe("base"), key=b"another key")
    answer = box("add", "base")
    assert answer.err.startswith(f"WARNING: opening file://{box.feed}/packages.adb: UNTRUSTED signature\n")
    assert answer.err.endswith("  base (no such package):\n    required by: world[base]\n")
    assert (answer.rc, box.world, box.installed) == (1, [], {})
    assert box("--allow-untrusted", "add", "base").rc == 0


def test_changed_index(box):
    flip(box.feed / "packages.adb")
    assert ": file format is invalid or inconsistent\n" in box("update").err
    assert "no such package" in box("add", "base").err


@pytest.mark.parametrize(
    ("damage", "text"),
    [
        (flip, "ADB integrity error"),
        (lambda path: path.unlink(), "package mentioned in index not found (try 'apk update')"),
        (lambda path: path.write_bytes(b"<html>"), "file format is invalid or inconsistent"),
        # A whole and well signed package, but not the one that the index speaks of.
        (lambda path: path.write_bytes((path.parent / "base-1.0.apk").read_bytes()), "ADB integrity error"),
    ],
)
def test_damaged_package_stays_in_world(box, damage, text):
    damage(box.feed / "tool-1.0.apk")
    answer = box("add", "tool")
    assert answer.err == f"ERROR: tool-1.0: {text}\n"
    assert answer.rc == 1
    assert answer.lines[-1].startswith("1 error; ")
    assert box.world == ["tool"]
    assert box.installed == {"base": "1.0"}
    assert box("info", "-e", "tool").rc == 1
    assert box("add", "base").steps == ["Installing tool (1.0)"]  # every later transaction tries it again
    assert box("del", "tool").rc == 0
    assert box.world == ["base"]


def test_edited_configuration_survives(box):
    box("add", "tool")
    config = box.root / "etc/config/tool"
    config.write_text("mine\n")
    box("del", "tool")
    assert config.read_text() == "mine\n"
    assert "  Installing file to etc/config/tool.apk-new" in box("add", "tool").lines
    assert (config.read_text(), config.with_name("tool.apk-new").read_text()) == ("mine\n", "config tool\n")


@pytest.mark.parametrize(
    "damage",
    [
        lambda box: box.world_file.unlink(),
        lambda box: box.database.write_text("no database\n\n"),
        lambda box: box.database.write_text("P:name\nV:1\n\n"),
    ],
)
def test_unreadable_database(box, damage):
    damage(box)
    answer = box("info", "-e", "base")
    assert answer.rc == 99
    assert answer.err.startswith("ERROR: Unable to read database: ")
    assert "\nERROR: Failed to open apk database: " in answer.err


def test_unsatisfiable_dependency(box):
    box.offer(recipe("tool", depends="base>2"), recipe("base", "1.5"))
    state = box.state()
    answer = box("add", "tool")
    assert "  base-1.5:\n    breaks: tool-1.0[base>2]\n" in answer.err
    assert answer.rc == 2
    assert box.state() == state
