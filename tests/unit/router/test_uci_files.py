# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where uci puts things: modes, links, locks, overrides, stray files, delta files that somebody else has edited."""

from __future__ import annotations

import errno
import fcntl
import os
import threading
from pathlib import Path

import pytest
from routerdoubles.uci import UciError, context, files, load_package
from routerdoubles.uci.cli import main
from uci_box import Answer, UciBox

CONFIG = "config defaults\n\toption input DROP\n"


@pytest.fixture
def uci(tmp_path):
    box = UciBox(tmp_path / "box")
    box.write(CONFIG)
    return box


def mode(path):
    return path.stat().st_mode & 0o7777


@pytest.mark.parametrize("wanted", [0o600, 0o640, 0o444])
def test_the_mode_is_kept_and_the_delta_file_has_it_too(uci, wanted):
    uci.write(CONFIG, mode=wanted)
    uci("set", "firewall.@defaults[0].x=1")
    assert mode(uci.staged / "firewall") == wanted
    assert uci("commit", "firewall").rc == 0
    assert mode(uci.config / "firewall") == wanted
    assert uci.read() == "\nconfig defaults\n\toption input 'DROP'\n\toption x '1'\n\n"
    assert uci.delta() == ""
    assert (uci.staged / "firewall").exists()


def test_the_save_directory_is_made_with_the_mode_of_the_config_directory(uci):
    uci.staged.rmdir()
    uci.config.chmod(0o750)
    uci("set", "firewall.a=b")
    assert mode(uci.staged) == 0o750


def test_a_save_directory_that_is_none_or_cannot_be_made_is_an_io_error(uci):
    uci.staged.rmdir()
    uci.staged.write_text("")
    assert uci("set", "firewall.a=b") == Answer("", "uci: I/O error\n", 1)
    assert uci("-t", str(uci.staged / "deep/er"), "set", "firewall.a=b").err == "uci: I/O error\n"


def test_commit_without_changes_does_not_touch_the_file(uci):
    before = (uci.config / "firewall").stat()
    assert uci("commit", "firewall").rc == 0
    after = (uci.config / "firewall").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_commit_writes_through_a_link(uci, tmp_path):
    target = tmp_path / "target"
    (uci.config / "firewall").rename(target)
    (uci.config / "firewall").symlink_to(target)
    uci("set", "firewall.@defaults[0].x=1")
    uci("commit", "firewall")
    assert (uci.config / "firewall").is_symlink()
    assert "option x '1'" in target.read_text()


def test_commit_through_a_link_to_another_file_system_fails_and_loses_the_changes(uci, monkeypatch):
    def across(source, target):
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    uci("set", "firewall.@defaults[0].x=1")
    monkeypatch.setattr(files.os, "rename", across)
    assert uci("commit", "firewall") == Answer("", "uci: I/O error\n", 1)
    assert uci.read() == CONFIG
    assert uci.delta() == ""
    assert os.listdir(uci.config) == ["firewall"]


def test_a_full_file_system_passes_unnoticed(uci, monkeypatch):
    uci("set", "firewall.@defaults[0].x=1")

    def full(descriptor, data):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files.os, "write", full)
    assert uci("commit", "firewall") == Answer("", "", 0)
    assert uci.read() == ""


def test_locks(uci, monkeypatch):
    taken = []
    real = fcntl.flock

    def flock(descriptor, operation):
        path = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
        name = f"{path.parent.name}/{path.name.split('.uci-')[0]}"
        taken.append((name, {fcntl.LOCK_SH: "shared", fcntl.LOCK_EX: "exclusive"}[operation]))
        real(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", flock)
    uci("show", "firewall")
    assert taken == [("config/firewall", "shared")]
    taken.clear()
    uci("set", "firewall.a=b")
    assert taken == [("config/firewall", "shared"), ("staged/firewall", "exclusive")]
    taken.clear()
    uci("commit", "firewall")
    assert taken == [
        ("config/firewall", "shared"),
        ("staged/firewall", "shared"),
        ("config/firewall", "exclusive"),
        ("staged/firewall", "shared"),
        ("staged/firewall", "exclusive"),
        ("config/.firewall", "exclusive"),
    ]
    taken.clear()
    uci("revert", "firewall")
    assert taken == [
        ("config/firewall", "shared"),
        ("staged/firewall", "shared"),
        ("staged/firewall", "exclusive"),
        ("config/firewall", "shared"),
        ("staged/firewall", "shared"),
    ]


def test_a_shared_lock_lets_changes_be_staged_and_holds_commits_back(uci, monkeypatch):
    waiting = threading.Event()
    real = fcntl.flock

    def flock(descriptor, operation):
        if operation == fcntl.LOCK_EX and os.readlink(f"/proc/self/fd/{descriptor}") == str(uci.config / "firewall"):
            waiting.set()
        real(descriptor, operation)

    with (uci.config / "firewall").open() as held:
        real(held, fcntl.LOCK_SH)
        assert uci("set", "firewall.@defaults[0].x=1").rc == 0
        assert uci("changes").out == "firewall.cfg01e63d.x='1'\n"
        monkeypatch.setattr(fcntl, "flock", flock)
        commit = threading.Thread(target=uci, args=("commit", "firewall"))
        commit.start()
        assert waiting.wait(10)
        assert uci.delta() != ""
        uci("revert", "firewall")
    commit.join(10)
    assert not commit.is_alive()
    # what was taken back while the commit waited is not written
    assert uci.read() == CONFIG


def test_the_override_directory_wins_and_is_committed_to(uci):
    (uci.override / "firewall").write_text("config zone a\n")
    uci("set", "firewall.a.x=1")
    assert uci("show", "firewall").out == "firewall.a=zone\nfirewall.a.x='1'\n"
    assert load_package("firewall", str(uci.config), (), str(uci.override)).sections[0].name == "a"
    uci("commit", "firewall")
    assert (uci.override / "firewall").read_text() == "\nconfig zone 'a'\n\toption x '1'\n\n"
    assert uci.read() == CONFIG
    assert uci("-C", "", "get", "firewall.@defaults[0]").out == "defaults\n"


@pytest.mark.parametrize("name", ["firewall.apk-new", "firewall.bak", "fire wall", "firewäll", ".firewall"])
def test_a_stray_file_is_left_out_of_all_listings(uci, name):
    everything = uci("show")
    uci.write("broken\n", name)
    assert uci("show") == everything
    for command in ("changes", "commit", "export"):
        assert (uci(command).err, uci(command).rc) == ("", 0)


def test_a_stray_file_can_hardly_be_named(uci):
    uci.write("config x\n", "firewall.apk-new")
    uci.write("config x\n", "firewall.bak")
    assert uci("show", "firewall.apk-new") == Answer("", "uci: Invalid argument\n", 1)
    assert uci("show", "firewall.bak") == Answer("", "uci: Entry not found\n", 1)
    assert uci("add", "firewall.bak", "x").out == f"cfg02{(5381 * 33 + ord('x')) % 65536:04x}\n"


def test_a_stray_file_with_a_name_that_fits_is_a_configuration(uci):
    uci.write(CONFIG, "firewall-opkg")
    uci.write("broken\n", "firewall-old")
    answer = uci("show")
    assert answer.out.splitlines() == [
        "firewall.@defaults[0]=defaults",
        "firewall.@defaults[0].input='DROP'",
        "firewall-opkg.@defaults[0]=defaults",
        "firewall-opkg.@defaults[0].input='DROP'",
    ]
    assert (answer.err, answer.rc) == ("uci: Parse error (invalid command) at line 1, byte 0\n", 0)


def test_what_is_no_file(uci):
    (uci.config / "folder").mkdir()
    (uci.config / "dangling").symlink_to("nowhere")
    assert uci("show").err == "uci: Entry not found\n"
    assert uci("show", "folder") == Answer("", "uci: Entry not found\n", 1)
    with pytest.raises(UciError) as caught:
        load_package("nosuch", str(uci.config))
    assert caught.value.code == "not_found"


def test_an_empty_config_directory(uci):
    (uci.config / "firewall").unlink()
    assert uci("show") == Answer("", "uci: Entry not found\n", 1)


def test_lines_of_a_delta_file_that_make_no_sense_are_passed_over(uci):
    (uci.staged / "firewall").write_text(
        "firewall.a='zone'\nfrob\nfirewall.@a[0].x='1'\nother.a.x='1'\nfirewall.nosuch.x='1'\n-firewall.a.x\nfirewall.a.y='2'"
    )
    assert uci("show", "firewall.a").out == "firewall.a=zone\nfirewall.a.y='2'\n"
    # what could be read is listed, whether it could be applied or not
    assert uci("changes").out == "firewall.a='zone'\nfirewall.nosuch.x='1'\n-firewall.a.x\nfirewall.a.y='2'\n"


def test_one_line_that_makes_no_sense_keeps_a_revert_from_happening(uci):
    text = "firewall.a='zone'\nfrob\n"
    (uci.staged / "firewall").write_text(text)
    assert uci("revert", "firewall") == Answer("", "", 0)
    assert uci.delta() == text


def test_only_lines_that_make_no_sense_are_no_commit(uci):
    (uci.staged / "firewall").write_text("frob\nfirewall.nosuch.x='1'\n")
    assert uci("commit", "firewall").rc == 0
    assert (uci.read(), uci.delta()) == (CONFIG, "frob\nfirewall.nosuch.x='1'\n")


def test_a_private_save_directory(uci, tmp_path):
    private = str(tmp_path / "private")
    uci("set", "firewall.a=zone")
    assert uci("-P", private, "set", "firewall.@defaults[0].x=1").rc == 0
    assert uci("changes").out == "firewall.a='zone'\n"
    assert uci("-P", private, "changes").out == "firewall.a='zone'\nfirewall.cfg01e63d.x='1'\n"
    assert uci("-P", private, "commit", "firewall") == Answer("", "", 0)
    assert uci.read() == CONFIG


def test_a_further_directory_is_read_first_and_not_emptied(uci, tmp_path):
    private = str(tmp_path / "private")
    uci("set", "firewall.@defaults[0].x=staged")
    uci("-P", private, "set", "firewall.@defaults[0].x=private")
    assert uci("-p", private, "get", "firewall.@defaults[0].x").out == "staged\n"
    assert uci("-t", private, "get", "firewall.@defaults[0].x").out == "private\n"
    uci("-t", private, "commit", "firewall")
    assert uci.read().endswith("\toption x 'private'\n\n")
    # all was written, but only the save directory is emptied
    assert (uci.delta(), Path(private, "firewall").read_text()) == ("firewall.cfg01e63d.x='staged'\n", "")


def test_a_file_outside_the_config_directory_has_no_delta(uci, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outside = Path("/proc/self/cwd/folder/outside")  # a dot in the path would be the end of the package's name for uci
    outside.parent.mkdir()
    outside.write_text("config zone a\n")
    assert uci("set", f"{outside}.a.x=1").rc == 0
    assert outside.read_text() == "\nconfig zone 'a'\n\toption x '1'\n\n"
    assert uci("show", str(outside)).out == "outside.a=zone\noutside.a.x='1'\n"
    assert os.listdir(uci.staged) == []


def test_a_directory_as_input_is_refused(capfd, tmp_path):
    assert main(["-f", str(tmp_path), "batch"]) == 99
    assert capfd.readouterr().err.startswith("double: uci: unsupported: ")


def test_readers_get_text_as_utf_8(uci):
    uci.write("config x\n\toption a 'Zürich'\n\tlist l 'ä'\n".encode() + b"\toption raw '\xff'\n")
    options = load_package("firewall", str(uci.config), (), None).sections[0].options
    assert options == {"a": "Zürich", "l": ["ä"], "raw": "\udcff"}
    assert context.SAVE_DIR == "/tmp/.uci"
