# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The double of opkg against the recordings.

Between its blocks each router of the recordings got other feeds; the transcripts leave those commands out, so they are here.
"""

import re
from pathlib import Path

import pytest
from replay import Recording, blocks

SERVER = Path(__file__).with_name("feedserver.py")
FEEDS = "file:///usr/share/lab-feed"
LOCKED = "# while another opkg holds the lock"
PYTHON = "/opt/double/bin/python3 -IS"

INDEX = f"""{PYTHON} -c '
import sys
sys.path.insert(0, "/opt/double/lib")
from routerdoubles.opkg import feed
for name in "kmods", "packages":
    feed.index("/usr/share/lab-feed/" + name, manifest=True)
'"""
# Another process with the lock that opkg takes; it lets go when something is written to /tmp/release.
HOLDER = f"""mkfifo /tmp/held /tmp/release
{PYTHON} -c '
import fcntl, os
lock = os.open("/var/lock/opkg.lock", os.O_WRONLY | os.O_CREAT)
fcntl.lockf(lock, fcntl.LOCK_EX)
open("/tmp/held", "w").close()
open("/tmp/release").read()
' </dev/null >/dev/null 2>&1 &
cat /tmp/held"""


def feeds(kmods, packages):
    text = f"src/gz openwrt_kmods {kmods}\nsrc/gz openwrt_packages {packages}\n"
    return lambda router: router.write("/etc/opkg/distfeeds.conf", text.encode())


def first_index(router):
    """When opkg.txt was taken the index still had the lines Source, SourceName and SourceDateEpoch (`opkg info` shows them)."""
    router.run(INDEX)


def http_feeds(router):
    router.run("ip addr add 10.88.0.1/32 dev lo")
    router.run(f"{PYTHON} - 10.88.0.1 8077", SERVER.read_bytes())
    feeds("http://10.88.0.1:8077/kmods", "http://10.88.0.1:8077/packages")(router)


def unreachable_feeds(router):
    """It had the lists, and the modules for offloading; then the feeds went away."""
    router.run("ip addr add 10.88.0.1/32 dev lo; opkg update; opkg install kmod-nft-offload")
    feeds("http://10.88.0.1:8078/kmods", "http://10.88.0.1:8078/packages")(router)


def locked_where_said(router):
    """Run the blocks that say so while the lock is held."""
    plain = router.exec

    def exec_(command, *arguments, **options):
        if not command.endswith(LOCKED):
            return plain(command, *arguments, **options)
        plain(HOLDER)
        try:
            return plain(command, *arguments, **options)
        finally:
            plain("echo >/tmp/release; rm /tmp/held /tmp/release")

    router.exec = exec_


def varying(text):
    """Our packages are not the recording's, so their sizes differ, and those of the compressed lists."""
    text = re.sub(r"\d+(?= \w{3} .. .{5} openwrt_(kmods|packages)$)", "SIZE", text, flags=re.MULTILINE)
    text = re.sub(r"^Size: \d+", "Size: SIZE", text, flags=re.MULTILINE)
    # df names whatever it finds first with the file system's number.
    text = re.sub(r"^(lab-openwrt|tmpfs) +", "DEVICE ", text, flags=re.MULTILINE)
    # The ls of Debian's busybox counts blocks first.
    text = re.sub(r"^total \d+\n", "", text, flags=re.MULTILINE)
    # The recorder cut empty lines at the end of standard error.
    is_error = text.startswith("ERROR: ") or "Collected errors:\n" in text
    return text.rstrip("\n") + "\n" if is_error else text


RECORDINGS = [
    Recording("opkg.txt", prepare=first_index, normalise=varying),
    Recording("opkg-failpost.txt", normalise=varying),
    Recording("opkg-space-lock.txt", prepare=locked_where_said, normalise=varying, privileged=True),
    Recording("opkg-update-badsig.txt", prepare=feeds(f"{FEEDS}/kmods", f"{FEEDS}/badsig"), normalise=varying),
    Recording("opkg-update-broken.txt", prepare=feeds(f"{FEEDS}/kmods", f"{FEEDS}/nonexistent"), normalise=varying),
    Recording("opkg-update-http.txt", prepare=http_feeds, normalise=varying),
    Recording("opkg-update-unreachable.txt", prepare=unreachable_feeds, normalise=varying),
]


@pytest.mark.parametrize("block", blocks(RECORDINGS), ids=str)
def test_block(block, played):
    played(block)
