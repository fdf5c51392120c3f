# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The feeds and the package database of the 24.10 router are what opkg_data.py makes of the recorded state."""

from __future__ import annotations

import gzip
import hashlib
import re
from pathlib import Path

import opkg_data
import pytest
from routerdoubles.opkg import archive, feed, signature
from routerdoubles.opkg.errors import Messages

FEEDS = opkg_data.ROOT / opkg_data.FEEDS
VARIES = re.compile(r"^(Size|SHA256sum): .*\n", re.MULTILINE)


def content(path: Path):
    """What does not depend on the compressor."""
    if path.suffix == ".gz":
        return VARIES.sub("", gzip.decompress(path.read_bytes()).decode())
    if path.suffix == ".ipk":
        parts = [archive.read(str(path), part, Messages()) for part in ("control.tar.gz", "data.tar.gz")]
        return [(member.name, member.kind, member.mode, member.data) for part in parts for member in part]
    return path.suffix if path.suffix == ".sig" else path.read_bytes()


def tree(root: Path):
    return {str(path.relative_to(root)): content(path) for path in sorted(root.rglob("*")) if path.is_file()}


def test_what_is_committed_is_what_is_made(tmp_path):
    opkg_data.write(tmp_path)
    made = tree(tmp_path)
    assert made
    ours = (opkg_data.FEEDS, "usr/lib/opkg", "etc/opkg/keys")
    committed = {name: text for name, text in tree(opkg_data.ROOT).items() if name.startswith(ours)}
    assert committed == made


@pytest.mark.parametrize("name", sorted(path.name for path in FEEDS.iterdir()))
def test_lists_are_signed_but_for_one(name):
    packed = (FEEDS / name / "Packages.gz").read_bytes()
    signed = (FEEDS / name / "Packages.sig").read_bytes() == signature.sign(feed.KEY, packed)
    assert signed == (name != "badsig")


@pytest.mark.parametrize("name", sorted(path.name for path in FEEDS.iterdir() if path.name != "badsig"))
def test_lists_describe_the_packages_that_are_there(name):
    text = gzip.decompress((FEEDS / name / "Packages.gz").read_bytes()).decode()
    listed = re.findall(r"^Filename: (.*)\nSize: (\d+)\nSHA256sum: (.*)$", text, re.MULTILINE)
    there = [(path.name, path.read_bytes()) for path in sorted((FEEDS / name).glob("*.ipk"))]
    assert listed == [(file, str(len(data)), hashlib.sha256(data).hexdigest()) for file, data in there]
