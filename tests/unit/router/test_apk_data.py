# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The feeds, lists and scripts of the 25.12 router are what labfeeds.py and labimage.py make of the recorded database."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path

from routerdoubles.apk import labfeeds, labimage
from routerdoubles.apk.database import read_installed
from routerdoubles.apk.feed import INDEX, PACKAGE, read_index, read_package, trusted_keys, unseal
from routerdoubles.apk.layout import Files, file_digest

ROUTER = Path(__file__).parents[2] / "router"
ROOT = ROUTER / "rootfs/25.12"
GIVEN = ("lib/apk/db/installed", "etc/apk/keys", "etc/apk/repositories.d")
MADE = ("lib/apk/packages", "lib/apk/db/scripts.tar.gz", "usr/share/lab-feed")


def content(path: Path) -> bytes:
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data  # compressors differ


def tree(root: Path) -> dict[str, bytes]:
    paths = [path for made in MADE for path in ([root / made] if (root / made).is_file() else (root / made).rglob("*"))]
    return {str(path.relative_to(root)): content(path) for path in paths if path.is_file()}


def test_what_is_committed_is_what_is_made(tmp_path):
    for name in GIVEN:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        copy(ROOT / name, tmp_path / name)
    labimage.main([str(tmp_path)])
    labfeeds.main([str(tmp_path)])
    assert tree(tmp_path) == tree(ROOT)


def test_lists_have_the_recorded_digests():
    """They were made up from the names in the database, and are the very files that the real router had."""
    for package in read_installed(str(ROOT)):
        for file in Files.parse(package.installed.files).files:
            if file.path.startswith("lib/apk/packages/") and file.path.endswith(".list"):
                assert file_digest(str(ROOT / file.path)) == file.digest, file.path


def test_feeds_can_be_trusted_and_offer_what_they_list():
    keys = trusted_keys(str(ROOT))
    installed = {package.identity for package in read_installed(str(ROOT))}
    for index in sorted((ROOT / "usr/share/lab-feed").glob("*/packages.adb")):
        for package in read_index(unseal(INDEX, index.read_bytes(), keys)):
            if package.identity not in installed:
                data = (index.parent / f"{package}.apk").read_bytes()
                assert read_package(unseal(PACKAGE, data, keys), package.identity)["info"]["P"] == package.name
