# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The apk double against the recordings of apk-tools 3.0.5 as on OpenWrt 25.12.

The recordings leave out what was set up between their files: which feeds are configured, what is in them, what is
installed. Each Situation says so, with what the recording itself shows for it.
"""

import re
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest
from replay import Answer, LeftOut, Recording, blocks, difference

FEEDS = "http://10.88.0.1:8079"
CLOSED = "http://10.88.0.1:8078"  # nothing listens there
LIST = "/etc/apk/repositories.d/distfeeds.list"
SERVER = Path(__file__).with_name("feedserver.py").read_text(encoding="utf-8")
DEFAULT = ("targets", "base", "kmods", "packages")
PYTHON = "/opt/double/bin/python3"
MAKE_FEEDS = (
    "import sys; sys.path.insert(0, '/opt/double/lib'); from routerdoubles.apk.labfeeds import main; main(sys.argv[1:])"
)

QUERY = "a query for people, which the collection never runs and which changes nothing"
HELP = "help text"
INTERACTIVE = "a question for people at a terminal, which the collection never has"
FILE = "package files from outside a feed, which the collection never installs"
BUSYBOX = "no apk in it: the shell or another tool of the image"
KILLED = "depends on how far a killed process got: test_killed says what must hold"
RACE = "two processes race for the lock; #2 has the refusal"
STARVED = "which of the downloads sees the full file system, and which only its closed pipe, is chance"
XARGS = "the image's xargs takes options of its command for its own"
READ_ONLY = "remounts /, which the small overlays here are not: test_read_only_root compares it"


class Situation:
    """What a recording starts from."""

    def __init__(self, feeds=DEFAULT, url=FEEDS, make=(), before="", updated=False):
        self.urls = [feed if "://" in feed else f"{url}/{feed}/packages.adb" for feed in feeds]
        self.make = make  # variants of feeds to write (routerdoubles/apk/labfeeds.py)
        self.before = before
        self.updated = updated  # indexes are in the cache already

    def __call__(self, router):
        router.run(
            "ip addr add 10.88.0.1/32 dev lo; chmod 600 /lib/apk/db/lock 2>/dev/null || (umask 077; : >/lib/apk/db/lock)"
        )
        if self.make:
            router.run(f'{PYTHON} -IS -c "{MAKE_FEEDS}" / {" ".join(self.make)}')
        router.run(f"{PYTHON} -IS - 10.88.0.1 8079", SERVER.encode())
        router.run(f"sed -i '/^[^#]/d' {LIST}; cat >>{LIST}", "".join(url + "\n" for url in self.urls).encode())
        if self.updated:
            router.run("apk update")
        if self.before:
            router.run(self.before)


# What stand-in formats and another build of busybox cannot have in common with the recordings.
VARYING = [
    (
        "size of an index, of the script archive, of the log",
        r" +\d+ (\S+ +\S+ +\S+ (/var/log/apk.log|APKINDEX\.|scripts\.tar\.gz))",
        r" N \1",
    ),
    ("size of a package file", r"^((\d+-)?S:|File-Size: )\d+", r"\1N"),
    ("busybox ls sums up directories, OpenWrt's does not", r"^total \d+\n", ""),
    ("inode", r"^\d{4,}(?= 20\d\d-)", "INODE"),
    ("blocks in use", r"^(lab-overlay +3072) +\d{2,3} +\d{4} +\d+%", r"\1 SOME MORE SOME"),
]


def varying(text):
    for _, pattern, replacement in VARYING:
        text = re.sub(pattern, replacement, text, flags=re.MULTILINE)
    return text


def recording(name, situation, left_out=None, normalise=varying, **more):
    return Recording(
        f"{name}.txt", flavour="25.12", prepare=situation, left_out=left_out or {}, normalise=normalise, **more
    )


UNPINNED = "sed -i 's/^kernel=.*/kernel/' /etc/apk/world"
NEW = ("targets-new", "base", "kmods-new", "packages")
OTHER_HASH = ("targets-hash", "base", "kmods-hash", "packages")
# A stock image: all that firewall4 wants is there and in world.
STOCK = "apk add kmod-nf-flow kmod-nft-nat kmod-nft-offload; apk upgrade; rm -rf /var/cache/apk"
SWITCH = f"sed -i -e 's#/targets/#/targets-new/#' -e 's#/kmods/#/kmods-new/#' {LIST}"
# 3 MB of flash, as in the recording.
SMALL_FLASH = """mount -t tmpfs -o size=3072k lab-overlay /overlay
for folder in etc lib root usr; do
    mkdir -p /overlay/upper/$folder /overlay/work/$folder
    mount -t overlay -o lowerdir=/$folder,upperdir=/overlay/upper/$folder,workdir=/overlay/work/$folder overlay /$folder
done"""

RECORDINGS = [
    recording(
        "apk",
        Situation(),
        {number: QUERY for number in (30, 31, 32, 33, 34, 42, 49, 50, 51, 52, 53)},
    ),
    recording("apk-add", Situation(updated=True), {70: HELP}),
    recording("apk-corruptpkg", Situation(("targets", "base", "kmods", "corruptpkg"), make=("corruptpkg",))),
    recording(
        "apk-db",
        Situation(updated=True),
        {
            1: "cut by head after a line count that differs (busybox ls prints totals)",
            11: "names in the script archive hold package digests, which stand-in packages have of their own",
            13: FILE,
            14: FILE,
            15: FILE,
            16: FILE,
            17: "counts the package of #16",
            19: FILE,
            25: HELP,
            26: HELP,
        },
    ),
    recording(
        "apk-disconnect",
        Situation(make=("most",)),
        {index: "the client ends in the middle: test_client_goes_away compares it" for index in (2, 3, 4, 5)},
    ),
    recording("apk-drop", Situation()),
    recording(
        "apk-filefeed",
        Situation(url="file:///usr/share/lab-feed", make=("more",), before="rm /usr/share/lab-feed/packages/bigpkg-*"),
    ),
    recording("apk-kernel", Situation(NEW, make=("new-kernel",))),
    recording("apk-kernel-notoffered", Situation(make=("new-kernel", "more"), before=UNPINNED)),
    recording("apk-kernel-otherhash", Situation(OTHER_HASH, make=("other-hash",), before=UNPINNED)),
    recording("apk-kernel-otherhash-pinned", Situation(OTHER_HASH, make=("other-hash",), updated=True)),
    recording(
        "apk-kernel-unpinned", Situation(NEW, make=("new-kernel",), before=UNPINNED, updated=True), {11: BUSYBOX}
    ),
    recording("apk-killed", Situation(updated=True), {1: KILLED, 2: KILLED, 5: KILLED, 6: LeftOut(XARGS, run=True)}),
    recording("apk-lock", Situation(), {6: RACE, 12: QUERY}),
    recording("apk-noindex", Situation()),
    recording("apk-noop-writes", Situation(updated=True, before="apk add firewall4")),  # not the image's own times
    recording("apk-robust", Situation(make=("more",)), {9: INTERACTIVE}),
    recording(
        "apk-space",
        Situation(before=SMALL_FLASH),
        {1: "the small overlay is over parts of / only", 18: STARVED, 21: READ_ONLY, 22: READ_ONLY},
    ),
    recording("apk-stock", Situation(before=STOCK)),
    recording("apk-stock-newkernel", Situation(make=("new-kernel",), before=f"{STOCK}; apk add sqm-scripts; {SWITCH}")),
    recording("apk-update-404", Situation(("targets", "base", "kmods", "nonexistent"))),
    recording("apk-update-badsig", Situation(("targets", "base", "kmods", "badsig"), make=("badsig",))),
    recording("apk-update-corrupt", Situation(("targets", "base", "kmods", "corrupt"), make=("corrupt",))),
    recording("apk-update-nokeys", Situation(before="rm /etc/apk/keys/*")),
    recording("apk-update-onedown", Situation((*DEFAULT[:3], f"{CLOSED}/packages/packages.adb"))),
    recording("apk-update-unreachable", Situation(url=CLOSED)),
    recording("apk-update-unreachable-stale", Situation(url=CLOSED)),
    recording("apk-variants", Situation(make=("more", "dnsmasq"))),
    recording(
        "apk-world-after-failure", Situation(updated=True, before="sed -i '/^odhcp6c$/i nlbwmon' /etc/apk/world")
    ),
]


@pytest.mark.parametrize("block", blocks(RECORDINGS), ids=str)
def test_block(block, played):
    played(block)


@pytest.fixture
def router(lab, request):
    router = lab.start("apk", flavour="25.12")
    yield router
    lab.remove("apk")


def recorded(name, index):
    recording = next(recording for recording in RECORDINGS if recording.file == name)
    return recording, recording.blocks[index - 1]


def compare(name, index, out, err, rc, drop="^$"):
    """Like test_block, for blocks that need a hand; lines that match `drop` are left out on both sides."""
    recording, block = recorded(name, index)
    pattern = re.compile(f"({drop}).*\n", re.MULTILINE)
    block = replace(block, out=pattern.sub("", block.out), err=pattern.sub("", block.err))
    found = difference(recording, block, Answer(pattern.sub("", out), pattern.sub("", err), rc))
    assert not found, found


def run_and_compare(router, name, index, drop="^$"):
    result = router.exec(recorded(name, index)[1].command)
    compare(name, index, result.stdout.decode(), result.stderr.decode(), result.returncode, drop)


def wait_until(router, condition):
    deadline = time.monotonic() + 20
    while router.exec(condition).returncode:
        assert time.monotonic() < deadline, condition
        time.sleep(0.1)


def test_client_goes_away(router):
    """The controller's SSH ends in the middle of a post-install script: apk goes on and finishes."""
    name, shells = "apk-disconnect.txt", r" *\d+ root .*(apk add|sleep 4)"
    Situation(make=("most",), updated=True)(router)
    with subprocess.Popen(router.ssh_command("apk add afterslow"), stdout=subprocess.PIPE, text=True) as ssh:
        seen = "".join(ssh.stdout.readline() for _ in range(3))
        ssh.kill()
    compare(name, 2, seen, "", None)
    run_and_compare(router, name, 3, shells)
    wait_until(router, "flock -n /lib/apk/db/lock true")
    run_and_compare(router, name, 4, shells)
    run_and_compare(router, name, 5)


def test_killed(router):
    """kill -9 during the extraction of a large package leaves a temporary file, and nothing else is wrong."""
    Situation(updated=True)(router)
    leftover = "/usr/share/bigpkg/.apk.259d17e30e8c9372add28e8762a655ef1c2628f8616c4a06"  # the name apk-killed.txt has
    assert leftover in recorded("apk-killed.txt", 2)[1].out
    before = router.run("cat /lib/apk/db/installed /etc/apk/world")
    router.run(
        f"(apk add bigpkg & p=$!; while [ ! -e {leftover} ]; do :; done; kill -9 $p; wait $p) >/dev/null 2>&1 || true"
    )
    assert router.run("find / -xdev -name '.apk*'") == leftover + "\n"
    assert router.run("cat /lib/apk/db/installed /etc/apk/world") == before
    router.run("apk add bigpkg; apk del bigpkg")
    assert router.run("find / -xdev -name '.apk*'; cat /lib/apk/db/installed /etc/apk/world") == before


def test_read_only_root(router):
    Situation()(router)
    # In the recording nlbwmon had been tried before; kmod-nft-offload and nlbwmon were in.
    router.run("apk add kmod-nft-offload nlbwmon")
    for index in (21, 22):
        run_and_compare(router, "apk-space.txt", index)


WRITTEN = "ls -i /lib/apk/db/installed /lib/apk/db/scripts.tar.gz /etc/apk/world"


def test_who_writes_to_flash(router):
    """A commit without changes rewrites database and world; what only looks or fails does not (apk-noop-writes.txt)."""
    Situation(updated=True)(router)
    before = router.run(WRITTEN)
    for command in ("add --simulate kmod-nft-offload", "update", "del nosuchpkg", "add nosuchpkg", "info -e firewall4"):
        router.exec(f"apk {command}")
        assert router.run(WRITTEN) == before, command
    router.run("apk add firewall4")
    after = router.run(WRITTEN)
    assert not set(before.splitlines()) & set(after.splitlines())


UNSUPPORTED = [
    "apk search x", "apk add --virtual v firewall4", "apk add ./file.apk", "apk info firewall4", "apk -X http://x/y.adb update",
    "apk add kmod-nft-offload@edge", "apk del 'kmod-*'", "apk --interactive add firewall4", "apk add --help", "apk",
]  # fmt: skip


def test_unsupported_is_refused(router):
    router.run("touch /root/file.apk")
    before = router.run(WRITTEN)
    for command in UNSUPPORTED:
        result = router.exec(command)
        assert result.returncode == 99, command
        assert result.stderr.startswith(b"double: apk: unsupported: "), command
        assert router.run(WRITTEN) == before, command
