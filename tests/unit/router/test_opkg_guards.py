# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must stop an installation does, with opkg's own words: another kernel, a wrong signature, no space, the lock."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
from opkg_box import OpkgBox
from routerdoubles.opkg import feed

HERE_KERNEL = "6.6.73~2b5e0f2f-r1"
LATER_KERNEL = "6.6.86~af351158-r1"
EARLIER_KERNEL = "6.6.50~00112233-r1"


@pytest.fixture
def box(tmp_path):
    return OpkgBox(tmp_path / "root")


def with_kernel(box):
    box.status_file.write_text(
        f"Package: kernel\nVersion: {HERE_KERNEL}\nStatus: install user installed\nEssential: yes\nArchitecture: all\n\n"
    )
    (box.info / "kernel.list").touch()


def errors(*lines):
    return "Collected errors:\n" + "".join(f" * {line}\n" for line in lines)


# Another kernel


@pytest.mark.parametrize("options", [[], ["--noaction"]])
def test_a_module_for_another_kernel_is_unknown(box, options):
    with_kernel(box)
    box.add("kmod-x", Depends=f"kernel (= {LATER_KERNEL})")
    box.publish()
    answer = box(*options, "install", "kmod-x")
    assert (answer.rc, answer.out) == (255, "Unknown package 'kmod-x'.\n")
    assert answer.err == errors(
        f"pkg_hash_check_unresolved: cannot find dependency kernel (= {LATER_KERNEL}) for kmod-x",
        "pkg_hash_fetch_best_installation_candidate: Packages for kmod-x found, "
        "but incompatible with the architectures configured",
        "opkg_install_cmd: Cannot install package kmod-x.",
    )


@pytest.mark.parametrize("options", [[], ["--noaction"]])
def test_a_module_that_needs_such_a_module_is_announced_before_it_fails(box, options):
    with_kernel(box)
    box.add("kmod-x", Depends=f"kernel (= {LATER_KERNEL})")
    box.add("tool", Depends="kmod-x")
    box.publish()
    answer = box(*options, "install", "tool")
    assert answer.rc == 255
    assert answer.out.startswith("Installing tool (1) to root...\nDownloading ")
    assert answer.err.endswith(
        " * satisfy_dependencies_for: Cannot satisfy the following dependencies for tool:\n"
        f" * \tkernel (= {LATER_KERNEL})\n"
        " * opkg_install_cmd: Cannot install package tool.\n"
    )
    assert box.installed() == {"kernel": HERE_KERNEL}


def test_a_later_kernel_that_is_offered_is_installed_without_asking(box):
    with_kernel(box)
    box.add("kmod-x", Depends=f"kernel (= {LATER_KERNEL})")
    box.add("kernel", LATER_KERNEL)
    box.publish()
    upgrade = f"Upgrading kernel on root from {HERE_KERNEL} to {LATER_KERNEL}...\n"
    simulated = box("--noaction", "install", "kmod-x")
    assert (simulated.rc, simulated.err) == (0, "")
    assert upgrade in simulated.out
    assert box.installed() == {"kernel": HERE_KERNEL}
    assert upgrade in box("install", "kmod-x").out
    assert box.installed() == {"kernel": LATER_KERNEL, "kmod-x": "1"}


def test_an_earlier_kernel_that_is_offered_is_not_installed(box):
    with_kernel(box)
    box.add("kmod-x", Depends=f"kernel (= {EARLIER_KERNEL})")
    box.add("kernel", EARLIER_KERNEL)
    box.publish()
    answer = box("--noaction", "install", "kmod-x")
    assert answer.rc == 255
    assert f"Not downgrading package kernel on root from {HERE_KERNEL} to {EARLIER_KERNEL}.\n" in answer.out


def test_the_kernel_is_essential(box):
    with_kernel(box)
    before = box.snapshot()
    answer = box("remove", "kernel")
    assert (answer.rc, answer.err) == (255, "")
    assert answer.out.startswith("Refusing to remove essential package kernel.\n")
    assert box.snapshot() == before


# Signatures and checksums


def test_a_changed_list_fails_the_check_is_dropped_and_still_returns_0(box):
    box.add("a")
    box.publish()
    packed = box.feed / "Packages.gz"
    packed.write_bytes(packed.read_bytes() + b"\0")
    answer = box("update")
    assert (answer.rc, answer.err) == (0, "")
    assert answer.out.endswith("Signature check failed.\nRemove wrong Signature file.\n")
    assert list(box.lists.iterdir()) == []


def test_a_key_that_is_not_trusted_fails_the_check(box):
    box.add("a")
    feed.index(str(box.feed), key=hashlib.sha256(b"somebody").digest())
    assert "Signature check failed.\n" in box("update").out


def test_without_check_signature_nothing_is_checked(box):
    box.configure()
    box.add("a")
    box.publish()
    (box.feed / "Packages.sig").unlink()
    assert "Signature" not in box("update").out
    assert box("install", "a").rc == 0


def test_a_list_whose_signature_is_gone_is_not_installed_from(box):
    box.add("a")
    box.publish()
    (box.lists / "main.sig").unlink()
    answer = box("install", "a")
    assert answer.rc == 255
    assert "Signature file is missing for a. Perhaps you need to run 'opkg update'?" in answer.err


@pytest.mark.parametrize("change", [lambda data: data + b"x", lambda data: data[:40] + b"?" + data[41:]])
def test_a_damaged_package_is_refused(box, change):
    box.add("a")
    box.publish()
    package = box.feed / "a_1_all.ipk"
    package.write_bytes(change(package.read_bytes()))
    answer = box("install", "a")
    assert answer.rc == 255
    assert "Checksum or size mismatch for package a. Either the opkg or the package index are corrupt." in answer.err
    assert box.states() == {}


# Feeds that cannot be reached


def test_update_returns_the_number_of_feeds_that_failed_and_keeps_their_old_lists(box):
    box.add("a")
    box.publish()
    box.offer(f"src/gz main file://{box.feed}/gone", f"src/gz other file://{box.feed}/gone-too")
    answer = box("update")
    assert answer.rc == 2
    assert answer.out.count("*** Failed to download the package list from ") == 2
    assert "a - 1 - a\n" in box("list").out


def test_a_refused_connection_is_error_4_of_wget(box):
    box.offer("src/gz main http://127.0.0.1:1/feed")
    answer = box("update")
    assert (answer.rc, answer.err) == (
        1,
        errors(
            "opkg_download: Failed to download http://127.0.0.1:1/feed/Packages.gz, wget returned 4.",
            "opkg_download: Check your network settings and connectivity.\n",
        ),
    )


# Space


@pytest.mark.parametrize(("size", "fits"), [(1, True), (1024, True), (1025, False), (5000, False)])
@pytest.mark.parametrize("options", [[], ["--noaction"]])
def test_a_package_that_needs_all_the_space_there_is_is_refused(box, monkeypatch, options, size, fits):
    overlay = box.root / "overlay"
    overlay.mkdir()
    box.configure(f"option overlay_root {overlay}")
    box.add("a", files={"usr/share/a/file": "x" * size})
    box.publish()
    space = {str(overlay): 2048 // 512}
    monkeypatch.setattr(os, "statvfs", lambda path: SimpleNamespace(f_bavail=space[path], f_frsize=512))
    answer = box(*options, "install", "a")
    assert (answer.rc == 0) == fits
    text = f"Only have 2kb available on filesystem {overlay}, pkg a needs {(size + 1023) // 1024}"
    refusal = errors(f"verify_pkg_installable: {text}", "opkg_install_cmd: Cannot install package a.")
    assert answer.err == ("" if fits else refusal)


def test_on_a_full_disk_the_return_code_is_0_and_what_was_written_is_lost(box, monkeypatch):
    box.add("a")
    box.publish()
    write = os.write

    def full(descriptor, data):
        if "/usr/" in os.readlink(f"/proc/self/fd/{descriptor}"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(descriptor, data)

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        answer = box("install", "a")
    assert (answer.rc, answer.out.splitlines()[-1]) == (0, "Configuring a.")
    where = f"{box.root}//usr/lib/opkg/status"
    assert answer.err == errors(f"opkg_conf_write_status_files: Couldn't close {where}: No space left on device.")
    empty = (box.path("a"), box.status_file, box.info / "a.list", box.info / "a.control")
    assert [path.read_bytes() for path in empty] == [b""] * 4
    assert box.installed() == {}


def test_a_list_of_files_that_cannot_be_opened_leaves_a_package_that_is_not_installed(box):
    box.add("a")
    box.publish()
    (box.info / "a.list").mkdir()
    answer = box("install", "a")
    assert answer.rc == 255
    assert f"pkg_write_filelist: Failed to open {box.root}//usr/lib/opkg/info/a.list: Is a directory.\n" in answer.err
    assert "Failed to extract data files for a. Package debris may remain!\n" in answer.err
    assert box.states() == {"a": "install user not-installed"}
    assert box.installed() == {}


# The lock


@pytest.mark.parametrize("arguments", [["list-installed"], ["update"], ["install", "a"], ["print-architecture"]])
def test_nothing_works_while_another_process_has_the_lock(box, arguments):
    code = "import fcntl, sys; f = open(sys.argv[1], 'w'); fcntl.lockf(f, fcntl.LOCK_EX); print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code, box.lock], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        holder.stdout.readline()
        answer = box(*arguments)
        holder.communicate(b"\n")
    assert (answer.rc, answer.out) == (255, "")
    assert answer.err == errors(f"opkg_conf_load: Could not lock {box.lock}: Resource temporarily unavailable.")


def test_flock_is_another_lock(box):
    with open(box.lock, "w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        assert box("list-installed").rc == 0
    assert not box.lock.exists()


def test_without_a_directory_for_the_lock_nothing_works(box):
    box.lock = box.root / "gone/opkg.lock"
    answer = box("list-installed")
    assert answer.rc == 255
    assert answer.err == errors(f"opkg_conf_load: Could not create lock file {box.lock}: No such file or directory.")
