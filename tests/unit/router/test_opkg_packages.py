# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Installing and removing for real: scripts, configuration files, files of others, what is left half done."""

from __future__ import annotations

import pytest
from opkg_box import OpkgBox


@pytest.fixture
def box(tmp_path):
    return OpkgBox(tmp_path / "root")


def script(text):
    return f"#!/bin/sh\n{text}\n"


def test_scripts_run_with_their_arguments_and_the_root(box):
    line = 'echo "$1 $2 $PKG_UPGRADE" >>"$PKG_ROOT/log"'
    box.add("a", scripts={name: script(f"echo {name} >>$PKG_ROOT/log; {line}") for name in ("preinst", "postinst")})
    box.publish()
    assert box("install", "a").rc == 0
    assert (box.root / "log").read_text() == "preinst\ninstall  0\npostinst\nconfigure  0\n"
    box.add("a", "2", scripts={"preinst": script(line), "prerm": script(line), "postrm": script(line)})
    box.publish()
    (box.root / "log").unlink()
    assert box("install", "a").rc == 0
    assert (box.root / "log").read_text() == "upgrade 1 1\n"
    assert box("remove", "a").rc == 0
    assert (box.root / "log").read_text().splitlines()[1:] == ["remove  0", "remove  0"]


def test_nothing_runs_and_nothing_is_written_in_a_simulation(box):
    box.add("a", scripts={"preinst": script("exit 1"), "postinst": script("exit 1")})
    box.publish()
    before = box.snapshot()
    assert box("install", "--noaction", "a").rc == 0
    assert box.snapshot() == before


def test_a_failed_postinst_leaves_the_package_unpacked_until_it_works(box):
    box.add("a", scripts={"postinst": script("[ -e $PKG_ROOT/ready ] || exit 7")})
    box.add("b")
    box.publish()
    answer = box("install", "a")
    assert answer.rc == 255
    assert answer.err == (
        'Collected errors:\n * pkg_run_script: package "a" postinst script returned status 7.\n'
        " * opkg_configure: a.postinst returned 7.\n"
    )
    assert box.states() == {"a": "install user unpacked"}
    assert box.installed() == {"a": "1"}
    # Every later installation tries again, whatever it is for.
    assert box("install", "b").rc == 255
    assert box.states() == {"a": "install user unpacked", "b": "install user installed"}
    (box.root / "ready").touch()
    answer = box("install", "b")
    assert (answer.rc, answer.out) == (0, "Package b (1) installed in root is up to date.\nConfiguring a.\n")
    assert box.states()["a"] == "install user installed"


def test_a_failed_preinst_stops_the_installation(box):
    box.add("a", scripts={"preinst": script("exit 3")})
    box.publish()
    answer = box("install", "a")
    assert answer.rc == 255
    assert " * preinst_configure: Aborting installation of a.\n" in answer.err
    assert not box.path("a").exists()
    assert box.installed() == {}


def test_a_failed_prerm_stops_the_removal(box):
    box.add("a", scripts={"prerm": script("exit 1")})
    box.publish()
    box("install", "a")
    answer = box("remove", "a")
    assert answer.rc == 255
    assert ' * opkg_remove_pkg: not removing package "a", prerm script failed\n' in answer.err
    assert box.path("a").exists()
    assert box.installed() == {"a": "1"}


def test_changed_configuration_survives_an_upgrade_and_a_removal(box):
    conf = f"{box.root}/etc/a.conf"[len(str(box.root)) :]
    box.add("a", "1", {"etc/a.conf": "one"}, None, [conf])
    box.publish()
    box("install", "a")
    path = box.root / "etc/a.conf"
    path.write_text("mine")
    box.add("a", "2", {"etc/a.conf": "two"}, None, [conf])
    box.publish()
    answer = box("install", "a")
    assert answer.rc == 0
    assert f"Existing conffile {path} is different from the conffile in the new package." in answer.err
    assert (path.read_text(), path.with_name("a.conf-opkg").read_text()) == ("mine", "two")
    assert f"Not deleting modified conffile {path}.\n" in box("remove", "a").out
    assert path.read_text() == "mine"


def test_unchanged_configuration_is_replaced_and_removed(box):
    path = box.root / "etc/a.conf"
    for version in "12":
        box.add("a", version, {"etc/a.conf": version}, None, ["/etc/a.conf"])
        box.publish()
        assert box("install", "a").rc == 0
        assert path.read_text() == version
    assert box("remove", "a").rc == 0
    assert not path.exists()


def test_files_of_another_package_are_not_overwritten(box):
    for name in "ab":
        box.add(name, files={"usr/share/shared": name})
    box.publish()
    assert box("install", "a").rc == 0
    answer = box("install", "b")
    assert answer.rc == 255
    path = box.root / "usr/share/shared"
    assert answer.err == (
        f"Collected errors:\n * check_data_file_clashes: Package b wants to install file {path}\n"
        "\tBut that file is already provided by package  * a\n * opkg_install_cmd: Cannot install package b.\n"
    )
    assert path.read_text() == "a"
    assert box("install", "--force-overwrite", "b").rc == 0
    assert path.read_text() == "b"
    assert [(box.info / f"{name}.list").read_text() for name in "ab"] == ["", f"{path}\n"]


def test_files_of_nobody_are_overwritten(box):
    box.add("a")
    box.publish()
    box.path("a").parent.mkdir(parents=True)
    box.path("a").write_text("mine")
    assert box("install", "a").rc == 0
    assert box.path("a").read_text() == "1"


def test_an_upgrade_removes_what_the_new_version_no_longer_has(box):
    box.add("a", "1", {"usr/share/a/old": "", "usr/share/a/both": "1"})
    box.publish()
    box("install", "a")
    box.add("a", "2", {"usr/share/a/both": "2"})
    box.publish()
    assert box("list-upgradable").out == "a - 1 - 2\n"
    assert f"Removing obsolete file {box.path('a', 'old')}.\n" in box("install", "a").out
    assert [path.name for path in box.path("a").parent.iterdir()] == ["both"]
    assert box.installed() == {"a": "2"}


def test_conflicting_packages_are_not_installed_together(box):
    box.add("a", "2")
    box.add("b", Conflicts="a (>= 2)")
    box.publish()
    assert box("install", "a").rc == 0
    answer = box("install", "b")
    assert answer.rc == 255
    assert "check_conflicts_for: The following packages conflict with b:\n" in answer.err
    assert box.installed() == {"a": "2"}


def test_what_is_provided_counts_as_there(box):
    box.add("real", Provides="virtual, other")
    box.add("user", Depends="nothing | virtual")
    box.publish()
    assert box("install", "user").rc == 0
    assert box.installed() == {"real": "1", "user": "1"}
    assert "Provides: virtual, other\n" in box("status", "real").out
    assert box("remove", "real").rc == 255


def test_a_package_of_another_architecture_is_ignored_aloud(box):
    box.add("a", Architecture="mips_24kc")
    box.publish()
    answer = box("list")
    assert answer.out == "Package a version 1 has no valid architecture, ignoring.\n"


@pytest.mark.parametrize(
    "arguments",
    [["upgrade"], ["search", "x"], ["--autoremove", "remove", "a"], ["-o", "/x", "list"], ["install", "./a.ipk"]],
)
def test_what_is_not_done_here_says_so(box, arguments):
    answer = box(*arguments)
    assert answer.rc == 99
    assert answer.err.startswith("double: opkg: unsupported: ")
    assert not box.lock.exists()


@pytest.mark.parametrize("field", ["Replaces", "Recommends", "Alternatives"])
def test_a_field_that_is_not_understood_says_so(box, field):
    box.add("a", **{field: "b"})
    box.publish()
    assert box("install", "a").rc == 99


def test_wrong_usage(box):
    assert box().rc == 1
    answer = box("frobnicate")
    assert (answer.rc, answer.err) == (1, "opkg: unknown sub-command frobnicate\n")
    assert answer.out.startswith("usage: opkg [options...] sub-command [arguments...]\n")
    assert box("install").err == "opkg: the ``install'' command requires at least one argument\n"


def test_no_configuration(box):
    (box.root / "opkg.conf").unlink()
    answer = box("status")
    assert (answer.rc, answer.out) == (255, "")
    assert "opkg_conf_load: Couldn't stat" in answer.err
