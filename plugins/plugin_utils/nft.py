# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""nftables: what nft lists."""

from __future__ import annotations

import re
from dataclasses import dataclass

FLOWTABLE = re.compile(
    r"^table (?P<family>\S+) (?P<table>\S+) \{|^\tflowtable (?P<name>\S+) \{(?P<body>[^}]*(?:\{[^}]*\}[^}]*)*)\n\t\}",
    re.MULTILINE,
)
DEVICES = re.compile(r"devices = (?:\{([^}]*)\}|(\S+))")


@dataclass(frozen=True)
class Flowtable:
    """One flowtable as nft lists it."""

    family: str
    table: str
    name: str
    devices: tuple[str, ...]
    hardware: bool
    counter: bool


def parse_flowtables(text: str) -> list[Flowtable]:
    """Parse the text of `nft list flowtables`, of any nft from 1.0.2 on.

    The JSON form is of no use: it never shows counter, and nft 1.0.6 drops the flags from it.
    """
    found = []
    family = table = ""
    for match in FLOWTABLE.finditer(text):
        if match["name"] is None:
            family, table = match["family"], match["table"]
            continue
        devices = DEVICES.search(match["body"])
        names = re.split(r"[,\s]+", (devices[1] or devices[2] or "") if devices else "")
        found.append(
            Flowtable(
                family,
                table,
                match["name"],
                tuple(sorted(name.strip('";') for name in names if name.strip('";'))),
                bool(re.search(r"^\s*flags[^\n]*\boffload\b", match["body"], re.MULTILINE)),
                bool(re.search(r"^\s*counter\b", match["body"], re.MULTILINE)),
            )
        )
    return found


def offloads_to(chain: str, flowtable: str) -> bool:
    """Whether a chain's listing holds a rule that adds flows to FLOWTABLE."""
    return bool(re.search(rf"\bflow (?:add|offload) @{re.escape(flowtable)}\b", chain))
