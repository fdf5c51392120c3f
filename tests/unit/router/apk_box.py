# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A router's root directory with a feed, and the double of apk run on it inside this process."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from routerdoubles.apk.cli import main
from routerdoubles.apk.database import read_installed
from routerdoubles.apk.mkfeed import Recipe, write_feed

KEY = b"key of the test's feed\n"


@dataclass
class Answer:
    out: str
    err: str
    rc: int

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    @property
    def steps(self) -> list[str]:
        """What was done, without the counter: `Installing a (1.0)`."""
        return [line.partition(") ")[2] for line in self.lines if line.startswith("(")]


def recipe(name: str, version: str = "1.0", depends: str = "", provides: str = "", **more) -> Recipe:
    """A package with one file of its own and no scripts (those need a router)."""
    return Recipe(
        name,
        version,
        depends,
        provides,
        scripts={},
        files={f"usr/share/{name}/version": f"{version}\n", **more.pop("files", {})},
        origin=name,
        **more,
    )


class ApkBox:
    def __init__(self, folder: str | Path) -> None:
        self.root = Path(folder) / "root"
        self.feed = Path(folder) / "feed"
        self.world_file = self.root / "etc/apk/world"
        self.database = self.root / "lib/apk/db/installed"
        for path, text in {
            "etc/apk/keys/test.pem": KEY,
            "etc/apk/world": b"\n",
            "etc/apk/repositories.d/distfeeds.list": f"file://{self.feed}/packages.adb\n".encode(),
            "lib/apk/db/installed": b"",
        }.items():
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_bytes(text)

    def offer(self, *recipes: Recipe, key: bytes = KEY) -> None:
        write_feed(str(self.feed), key, recipes)

    def __call__(self, *arguments: str) -> Answer:
        """Run apk; it writes to the descriptors themselves, as it must go on when nobody reads any more."""
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            kept = [os.dup(1), os.dup(2)]
            try:
                os.dup2(out.fileno(), 1)
                os.dup2(err.fileno(), 2)
                rc = main(["--root", str(self.root), *arguments])
            finally:
                for target, descriptor in enumerate(kept, 1):
                    os.dup2(descriptor, target)
                    os.close(descriptor)
            return Answer(*(_text(stream) for stream in (out, err)), rc)

    @property
    def world(self) -> list[str]:
        return self.world_file.read_text().split()

    @property
    def installed(self) -> dict[str, str]:
        return {package.name: package.version for package in read_installed(str(self.root))}

    def state(self) -> dict[str, bytes]:
        """All files besides logs, caches and the lock."""
        paths = (path for path in sorted(self.root.rglob("*")) if path.is_file())
        names = {str(path.relative_to(self.root)): path for path in paths}
        return {
            name: path.read_bytes() for name, path in names.items() if not name.startswith(("var/", "lib/apk/db/lock"))
        }


def _text(stream) -> str:
    stream.seek(0)
    return stream.read().decode()
