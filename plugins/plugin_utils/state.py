# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The observed state: the probe's sections, understood."""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass, field

from ansible_collections.fastpath.router.plugins.plugin_utils import nft, uci
from ansible_collections.fastpath.router.plugins.plugin_utils.desired import KEEP
from ansible_collections.fastpath.router.plugins.plugin_utils.flowtables import (
    FLOWTABLES,
    Flowtable,
    Link,
    declared_flowtables,
    table_name,
)

POLICY = re.compile(
    r"^\tchain (input|forward|output) \{\n\t\ttype filter hook \1 priority filter; policy (\w+);", re.MULTILINE
)
GENERATION = re.compile(r'comment "fastpath \w+ generation ([0-9a-f]+)"')


@dataclass(frozen=True)
class WayBack:
    """How to undo the last confirmed change, as it was written to flash with it."""

    config_hash: str  # of /etc/config/firewall as that change left it
    changes: tuple[uci.Change, ...]
    files: tuple[str, ...]  # include files that the state before needs
    objects: tuple[str, ...]  # live nft objects to delete once it is back
    generation: str | None
    flowtables: str | None  # the generation of the custom flowtables


@dataclass
class Observed:
    """One router as the probe found it."""

    euid: str = ""
    release: dict[str, str] = field(default_factory=dict)
    kernel: str = ""
    board: str = ""
    model: str = ""
    mounts: list[list[str]] = field(default_factory=list)
    flags: frozenset[str] = frozenset()
    pending_change: str = ""  # seconds until it is rolled back, and whose it is
    stray: list[str] = field(default_factory=list)
    hashes: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    uci_error: str = ""
    sections: list[uci.Section] = field(default_factory=list)
    staged: list[str] = field(default_factory=list)
    packages: dict[str, tuple[str, str]] = field(default_factory=dict)
    flowtables: list[nft.Flowtable] = field(default_factory=list)
    chains: str = ""
    forward: str = ""
    marked: bool = False  # whether the chain that bears our generation is live
    generation: str | None = None
    flows: dict[str, int] | None = None
    way_back: WayBack | None = None
    links: dict[str, Link] = field(
        default_factory=dict
    )  # network devices; this and what follows only where it was asked for
    zones: dict[str, list[str]] = field(default_factory=dict)  # the devices of zones
    network: str = ""  # the configuration of networks and radios, where a device is missing
    table_generation: str | None = None  # of our custom flowtables, as it is live

    @property
    def package_manager(self) -> str | None:
        return next((name for name in ("apk", "opkg") if name in self.flags), None)

    @property
    def defaults(self) -> list[uci.Section]:
        return [section for section in self.sections if section.type == "defaults"]

    def default(self, option: str) -> str | None:
        return self.defaults[0].get(option) if self.defaults else None

    @property
    def configured_mode(self) -> str:
        if not uci.is_true(self.default("flow_offloading")):
            return "none"
        return "hardware" if uci.is_true(self.default("flow_offloading_hw")) else "software"

    @property
    def loaded_mode(self) -> str:
        """What nft lists: fw4's flowtable and a rule that feeds it. With kernels that ignore refused hardware, no proof of it."""
        table = next((f for f in self.flowtables if (f.family, f.table, f.name) == ("inet", "fw4", "ft")), None)
        if table is None or not nft.offloads_to(self.forward, "ft"):
            return "none"
        return "hardware" if table.hardware else "software"

    @property
    def policies(self) -> dict[str, str]:
        return dict(POLICY.findall(self.chains))

    @property
    def fw4_is_live(self) -> bool:
        return "state" in self.flags and "type filter hook forward" in self.forward

    def owned_sections(self, owner: str) -> list[uci.Section]:
        return owned_sections(self.sections, owner)

    def live_flowtables(self, owner: str) -> dict[str, nft.Flowtable]:
        """The custom flowtables of OWNER that are loaded."""
        place = ("inet", table_name(owner))
        return {f.name: f for f in self.flowtables if (f.family, f.table) == place}

    def declared_flowtables(self, owner: str) -> list[Flowtable]:
        """What the script that OWNER's section refers to was made from; the script's text must not be among the files left out."""
        section = next((s for s in self.sections if s.name == f"fastpath_{owner}_{FLOWTABLES}"), None)
        name = (section.get("path") or "").removeprefix(f"{KEEP}/") if section else ""
        return declared_flowtables(self.files.get(name, "")) if self.intact(name) else []

    def file_hash(self, name: str) -> str | None:
        return self.hashes.get(f"{KEEP}/{name}")

    def intact(self, name: str) -> bool:
        """Whether a file of ours is there and holds the text whose hash is part of its name."""
        found, parts = self.file_hash(name), name.split(".")
        return found is not None and len(parts) > 2 and found.startswith(parts[-2])

    @property
    def config_hash(self) -> str | None:
        return self.hashes.get("/etc/config/firewall")

    def kept_files(self) -> list[str]:
        return [path[len(KEEP) + 1 :] for path in self.hashes if path.startswith(f"{KEEP}/")]


def owned_sections(sections: t.Iterable[uci.Section], owner: str) -> list[uci.Section]:
    """The sections that bear OWNER's mark, in the file's order."""
    mark = f"fastpath_{owner}"
    return [section for section in sections if section.name == mark or section.name.startswith(f"{mark}_")]


def referred_files(sections: t.Iterable[uci.Section]) -> list[str]:
    """The names of our files that these include sections load."""
    paths = (section.get("path") or "" for section in sections)
    return [path.removeprefix(f"{KEEP}/") for path in paths if path.startswith(f"{KEEP}/")]


def parse_probe(sections: t.Mapping[str, str]) -> Observed:
    """Understand the sections of a probe's reply. Raises RouterError where they make no sense."""
    system = _assignments(sections.get("system", ""))
    show_failed = sections.get("uci-rc", "0").strip() != "0"
    flows = sections.get("flows", "").split()
    generation = GENERATION.search(sections.get("generation", ""))
    table_generation = GENERATION.search(sections.get("table", ""))
    return Observed(
        euid=sections.get("euid", "").strip(),
        release=_assignments(sections.get("release", "")),
        kernel=system.get("kernel", ""),
        board=system.get("board", ""),
        model=system.get("model", ""),
        mounts=[line.split(" ", 2) for line in sections.get("mounts", "").splitlines() if line.count(" ") >= 2],
        flags=frozenset(sections.get("flags", "").split()),
        pending_change=sections.get("pending-change", "").strip(),
        stray=sections.get("stray", "").split("\n")[:-1],
        hashes=_hashes(sections.get("hashes", "")),
        files={name[5:]: text for name, text in sections.items() if name.startswith("file ")},
        uci_error=sections.get("uci", "").strip() if show_failed else "",
        sections=[] if show_failed else uci.parse_show(sections.get("uci", "")),
        staged=sections.get("staged", "").splitlines(),
        packages=_packages(sections.get("packages", "")),
        flowtables=nft.parse_flowtables(sections.get("flowtables", "")),
        chains=sections.get("chains", ""),
        forward=sections.get("forward", ""),
        marked="chain fastpath_" in sections.get("generation", ""),
        generation=generation[1] if generation else None,
        way_back=_way_back(sections.get("previous", "")),
        links=_links(sections.get("links", "")),
        zones={name[5:]: text.split() for name, text in sections.items() if name.startswith("zone ")},
        network=sections.get("network", ""),
        table_generation=table_generation[1] if table_generation else None,
        flows={"software": int(flows[0]), "hardware": int(flows[1])} if len(flows) == 2 else None,
    )


def _way_back(text: str) -> WayBack | None:
    """None where there is none, or where it is not as it was written: then there is nothing to go back to."""
    lines = text.split("\n", 1)
    config_hash, record = lines[0], lines[-1]
    try:
        data = json.loads(record)
        changes = tuple(uci.Change(path, value) for path, value in data["changes"])
        files, objects = tuple(map(str, data["files"])), tuple(map(str, data["objects"]))
        uci.batch(changes)
    except (ValueError, TypeError, KeyError):
        return None
    return WayBack(config_hash, changes, files, objects, data.get("generation"), data.get("flowtables"))


def _links(text: str) -> dict[str, Link]:
    rows = (line.split() for line in text.splitlines())
    return {row[0]: Link(row[1].strip("-"), tuple(row[2:])) for row in rows if len(row) > 1}


def _assignments(text: str) -> dict[str, str]:
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line)
    return {name: value.strip("'\"") for name, value in pairs}


def _hashes(text: str) -> dict[str, str]:
    rows = (line.split("  ", 1) for line in text.splitlines())
    return {row[1]: row[0] for row in rows if len(row) == 2}


def _packages(text: str) -> dict[str, tuple[str, str]]:
    rows = (line.split(" ") for line in text.splitlines())
    return {row[0]: (row[1], row[2]) for row in rows if len(row) == 3}
