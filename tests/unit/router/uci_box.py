# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A configuration directory of its own, and the double of uci run on it inside this process."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from routerdoubles.uci.cli import Cli
from routerdoubles.uci.parser import Stream


@dataclass
class Answer:
    out: str
    err: str
    rc: int


class UciBox:
    def __init__(self, folder: Path) -> None:
        self.config = folder / "config"
        self.staged = folder / "staged"
        self.override = folder / "override"
        for path in (self.config, self.staged, self.override):
            path.mkdir(parents=True)

    def __call__(self, *arguments: str, input: str | bytes | None = None) -> Answer:
        messages: list[str] = []
        cli = Cli(messages.append)
        places = ["-c", str(self.config), "-C", str(self.override), "-t", str(self.staged)]
        with tempfile.TemporaryFile() as stdin:
            if input is not None:
                stdin.write(input.encode() if isinstance(input, str) else input)
                stdin.seek(0)
                cli.input = Stream(stdin.fileno())
            rc = cli.main([_bytes_as_text(word) for word in (*places, *arguments)])
        return Answer(_text("".join(cli.output)), _text("".join(messages)), rc)

    def write(self, text: str | bytes, name: str = "firewall", mode: int = 0o600) -> None:
        path = self.config / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        path.chmod(mode)

    def read(self, name: str = "firewall") -> str:
        return (self.config / name).read_bytes().decode(errors="surrogateescape")

    def delta(self, name: str = "firewall") -> str:
        path = self.staged / name
        return path.read_bytes().decode(errors="surrogateescape") if path.exists() else ""


def _bytes_as_text(word: str) -> str:
    return os.fsencode(word).decode("latin-1")


def _text(latin: str) -> str:
    return latin.encode("latin-1").decode(errors="surrogateescape")
