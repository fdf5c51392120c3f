# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A router's root directory with a feed, and the double of opkg run on it inside this process."""

from __future__ import annotations

import contextlib
import io
import os
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from routerdoubles.opkg import feed, session, signature
from routerdoubles.opkg.cli import main


@dataclass
class Answer:
    out: str
    err: str
    rc: int


class OpkgBox:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.info = root / "usr/lib/opkg/info"
        self.status_file = root / "usr/lib/opkg/status"
        self.lists = root / "lists"
        self.feed = root / "feed"
        self.lock = root / "opkg.lock"
        self.keys = root / "keys"
        for folder in (self.info, self.feed, self.keys, root / "conf"):
            folder.mkdir(parents=True)
        (self.keys / signature.fingerprint(feed.KEY).hex()).write_bytes(signature.key_file(feed.KEY))
        self.configure("option check_signature")
        self.offer(f"src/gz main file://{self.feed}")

    def configure(self, *lines: str) -> None:
        fixed = (f"dest root {self.root}", f"lists_dir ext {self.lists}")
        (self.root / "opkg.conf").write_text("".join(f"{line}\n" for line in (*fixed, *lines)))

    def offer(self, *lines: str) -> None:
        (self.root / "conf/distfeeds.conf").write_text("".join(f"{line}\n" for line in lines))

    def __call__(self, *arguments: str) -> Answer:
        out, err = io.StringIO(), io.StringIO()
        with (
            mock.patch.object(session, "LOCK_FILE", str(self.lock)),
            mock.patch.object(signature, "KEY_DIR", str(self.keys)),
            mock.patch.dict(os.environ, OPKG_CONF_DIR=str(self.root / "conf"), TMPDIR=str(self.root)),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            rc = main(["-f", str(self.root / "opkg.conf"), *arguments])
        return Answer(out.getvalue(), err.getvalue(), rc)

    def add(self, name: str, version: str = "1", files=None, scripts=None, conffiles=(), **fields: str) -> None:
        """Put a package in the feed; publish() makes it known."""
        control = {"Package": name, "Version": version, "Architecture": "all", **fields}
        feed.add_package(str(self.feed), control, files or {f"usr/share/{name}/file": version}, scripts, conffiles)

    def publish(self) -> None:
        feed.index(str(self.feed))
        assert self("update").rc == 0

    def path(self, name: str, file: str = "file") -> Path:
        return self.root / "usr/share" / name / file

    def states(self) -> dict[str, str]:
        """Package -> its line Status, as the status file has it."""
        text = self.status_file.read_text() if self.status_file.exists() else ""
        stanzas = [
            dict(line.split(": ", 1) for line in block.splitlines() if ": " in line) for block in text.split("\n\n")
        ]
        return {stanza["Package"]: stanza["Status"] for stanza in stanzas if stanza}

    def installed(self) -> dict[str, str]:
        """Package -> version, as `opkg list-installed` prints them."""
        return dict(line.split(" - ") for line in self("list-installed").out.splitlines())

    def snapshot(self) -> dict[str, bytes]:
        """All files but the feed and the lists."""
        files = (path for path in self.root.rglob("*") if path.is_file())
        skipped = (self.feed, self.lists)
        return {str(path): path.read_bytes() for path in files if not any(folder in path.parents for folder in skipped)}
