# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Custom flowtables: what may be declared, and the script that fw4 runs to load them into a table of their own.

A flowtable in an nftables include can leave the router open at boot, when its devices do not exist yet. A script include runs
after fw4's own ruleset is in place, keeps the devices that exist, and cannot take the firewall down.
"""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass

from ansible_collections.fastpath.router.plugins.plugin_utils.digest import digest
from ansible_collections.fastpath.router.plugins.plugin_utils.errors import ArgumentError
from ansible_collections.fastpath.router.plugins.plugin_utils.nft_words import (
    DSCP,
    conditions,
    is_of_packets,
    merge_ports,
    merge_prefixes,
)
from ansible_collections.fastpath.router.plugins.plugin_utils.router import quote, shell_file

FLOWTABLES = "flowtables"  # what the UCI section and the file are called
FAMILIES = ("ipv4", "ipv6")
HEADER = "# Flowtables of {owner}, made by fastpath.router. fw4 runs this after each start and reload.\n# {declared}\n"
DECLARED = re.compile(r"\A#[^\n]*\n# (\[.*\])\n")

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,30}\Z")
DEVICE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@-]{0,14}\Z")
ZONE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,30}\Z")
MARK = re.compile(r"(0x[0-9a-fA-F]{1,8}|\d{1,10})(/(0x[0-9a-fA-F]{1,8}|\d{1,10}))?\Z")
# fw4's chains, by the templates of its ruleset (ruleset.uc), and the two that our table has anyway.
TAKEN_CHAIN = re.compile(
    r"(generation|prerouting|input|forward|output|postrouting|dstnat|srcnat|handle_reject|syn_flood"
    r"|(raw|mangle)_(prerouting|input|forward|output|postrouting)"
    r"|(input|output|forward|helper|dstnat|srcnat|notrack|(accept|reject|drop)_(from|to))_\w+)\Z"
)

Scope = dict[str, t.Any]  # one entry of match or exclude, normalised: only keys that say something


@dataclass(frozen=True)
class Flowtable:
    """One declared flowtable. Either DEVICES or ZONES."""

    name: str
    devices: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    hardware: bool = False
    counter: bool = True
    chain: str = ""
    exclude: tuple[Scope, ...] = ()
    match: tuple[Scope, ...] = ()
    after_bytes: int = 0

    @property
    def plain(self) -> bool:
        """Whether it offloads all TCP and UDP of its devices, as fw4's own does."""
        return not (self.match or self.exclude or self.after_bytes)

    def declared(self) -> dict[str, t.Any]:
        """What it says, without what is as usual: one line of it stays in the script, for people and for the next run."""
        usual = Flowtable("")
        fields = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: value for name, value in fields.items() if value != getattr(usual, name)}

    def describe(self) -> str:
        """In one line."""
        words = [f"devices={','.join(self.devices)}" if self.devices else f"zones={','.join(self.zones)}"]
        words += [word for word in ("hardware", "counter") if getattr(self, word)]
        words.append(f"chain={self.chain}")
        for key in ("exclude", "match"):
            if getattr(self, key):
                words.append(f"{key}={json.dumps(getattr(self, key), separators=(',', ':'))}")
        if self.after_bytes:
            words.append(f"after_bytes={self.after_bytes}")
        return " ".join(words)


def table_name(owner: str) -> str:
    return f"fastpath_{owner}"


def declared_flowtables(text: str) -> list[Flowtable]:
    """The flowtables that a script of ours was made from; none where it says nothing that is understood."""
    found = DECLARED.match(text)
    try:
        entries = json.loads(found[1]) if found else []
        return [Flowtable(**{k: tuple(v) if isinstance(v, list) else v for k, v in entry.items()}) for entry in entries]
    except (ValueError, TypeError):
        return []


# ---- arguments --------------------------------------------------------------------------------------------------------


def flowtables_of(entries: t.Sequence[t.Mapping[str, t.Any]] | None, mode: str) -> tuple[Flowtable, ...] | None:
    """The flowtables that a task declares. Raises ArgumentError."""
    if entries is None:
        return None
    flowtables = tuple(_flowtable(entry) for entry in entries)
    _refuse_twice("name", [(f.name, f.name) for f in flowtables])
    _refuse_twice("chain", [(f.chain, f.name) for f in flowtables])
    _refuse_twice("device", [(device, f.name) for f in flowtables for device in f.devices])
    for flowtable in flowtables:
        if mode != "none" and not flowtable.plain:
            raise ArgumentError(
                f"flowtable {flowtable.name!r}: match, exclude and after_bytes have no effect with mode: {mode}, "
                "because fw4's own rule comes first and takes all TCP and UDP",
                "Set mode: none, or leave them out.",
            )
    return flowtables


def _refuse_twice(what: str, uses: t.Iterable[tuple[str, str]]) -> None:
    first: dict[str, str] = {}
    for value, user in uses:
        if value in first:
            raise ArgumentError(
                f"flowtables: {what} {value!r} is in {first[value]!r} and in {user!r}"
                if what != "name"
                else f"flowtables: two are called {value!r}",
                "A device can be in one flowtable of a table only." if what == "device" else "Choose another.",
            )
        first[value] = user


def _flowtable(entry: t.Mapping[str, t.Any]) -> Flowtable:
    name = entry["name"]
    if not NAME.match(name):
        raise ArgumentError(
            f"flowtables: {name!r} is not possible as a name", "Use a letter, then letters, digits and underscore."
        )
    where = f"flowtable {name!r}"
    chain = entry.get("chain") or f"offload_{name}"
    if not NAME.match(chain):
        raise ArgumentError(
            f"{where}: {chain!r} is no name of a chain", "Use a letter, then letters, digits and underscore."
        )
    if TAKEN_CHAIN.match(chain):
        raise ArgumentError(f"{where}: {chain!r} is the name of a chain of fw4", "Choose another, such as lans.")
    devices, zones = _names(where, entry, "devices", DEVICE), _names(where, entry, "zones", ZONE)
    if bool(devices) == bool(zones):
        raise ArgumentError(f"{where} needs devices or zones, exactly one of them")
    if not 0 <= entry.get("after_bytes", 0) < 2**63:
        raise ArgumentError(f"{where}: after_bytes: {entry['after_bytes']} is not possible", "Use 0 or more bytes.")
    return Flowtable(
        name,
        devices,
        zones,
        entry.get("hardware", False),
        entry.get("counter", True),
        chain,
        tuple(_scope(f"{where}, exclude", scope) for scope in entry.get("exclude") or ()),
        tuple(_scope(f"{where}, match", scope) for scope in entry.get("match") or ()),
        entry.get("after_bytes", 0),
    )


def _names(where: str, entry: t.Mapping[str, t.Any], key: str, pattern: re.Pattern[str]) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(entry.get(key) or ()))
    for name in names:
        if not pattern.match(name) or name == "lo":
            raise ArgumentError(f"{where}: {key}: {name!r} is not possible", f"Give the names of {key} of the router.")
    return names


def _scope(where: str, entry: t.Mapping[str, t.Any]) -> Scope:
    scope: Scope = {}
    for key in ("family", "mark"):
        if entry.get(key):
            scope[key] = entry[key]
    if entry.get("protocols"):
        scope["protocols"] = sorted(set(entry["protocols"]))
    if entry.get("ports"):
        scope["ports"] = merge_ports(where, entry["ports"])
    for key in ("source", "destination"):
        if entry.get(key):
            scope[key] = merge_prefixes(f"{where}: {key}", entry[key])
    if entry.get("dscp"):
        scope["dscp"] = list(dict.fromkeys(_dscp(where, value) for value in entry["dscp"]))
    if "mark" in scope and not MARK.match(scope["mark"]):
        raise ArgumentError(
            f"{where}: mark: {scope['mark']!r} is not possible", "Give value or value/mask, such as 0x10/0xff."
        )
    if not scope:
        raise ArgumentError(f"{where}: an entry says nothing", "Leave it out, or name what it is about.")
    if not conditions(scope):
        raise ArgumentError(
            f"{where}: family, source and destination have no address family in common", "Correct one of them."
        )
    return scope


def _dscp(where: str, value: str) -> str:
    word = str(value).lower()
    if word in DSCP or (word.isdigit() and int(word) < 64):
        return word
    raise ArgumentError(f"{where}: dscp: {value!r} is not possible", f"Use 0 to 63, or one of {', '.join(DSCP)}.")


# ---- the script -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Script:
    """The file that fw4 sources; GENERATION is the mark that its table bears once it is loaded."""

    file: str
    text: str
    generation: str


def flowtable_script(flowtables: t.Sequence[Flowtable], owner: str) -> Script:
    generation = digest(_render(flowtables, owner, ""))
    text = _render(flowtables, owner, generation)
    return Script(f"{owner}.{FLOWTABLES}.{digest(text)}.sh", text, generation)


def _render(flowtables: t.Sequence[Flowtable], owner: str, generation: str) -> str:
    """For any POSIX shell of a router."""
    declared = json.dumps([f.declared() for f in flowtables], separators=(",", ":"))
    lines = [HEADER.format(owner=owner, declared=declared) + shell_file("devices") + shell_file("flowtables")]
    lines.append(f"begin_flowtables {table_name(owner)} {quote(f'fastpath {owner} generation {generation}')}\n")
    lines += [_call(flowtable) for flowtable in flowtables]
    lines.append("load_flowtables\n")
    return "".join(lines)


def _call(flowtable: Flowtable) -> str:
    find = "lowest_devices" if flowtable.hardware else "echo"
    devices = f"$(zone_devices {find} {' '.join(flowtable.zones)})" if flowtable.zones else " ".join(flowtable.devices)
    words = [flowtable.name, flowtable.chain, _flag(flowtable.hardware), _flag(flowtable.counter), f'"{devices}"']
    return f"add_flowtable {' '.join(words)} {quote(chain_rules(flowtable))}\n"


def _flag(value: bool) -> str:
    return "1" if value else "''"


def chain_rules(flowtable: Flowtable) -> str:
    """The rules of its chain, a line each: what is excluded returns, what matches is offloaded."""
    # Of a flow that is excluded by what its opener's packets bear, a packet of the other end must not be the one that offloads it.
    one_way = any(is_of_packets(scope) for scope in flowtable.exclude)
    rules = [f"{condition} return" for scope in flowtable.exclude for condition in conditions(scope)]
    last = ["ct state established"]
    if flowtable.after_bytes:
        last.append(f"ct bytes > {flowtable.after_bytes}")
    last.append(f"flow add @{flowtable.name}")
    for scope in flowtable.match or ({},):
        found = conditions({"protocols": ["tcp", "udp"], **scope}, one_way)
        rules += [" ".join([condition, *last]) for condition in found]
    return "\n".join(rules)


# ---- what must be live ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Link:
    """One network device of the router, as its sysfs shows it."""

    kind: str  # bridge, vlan, wlan, ... or empty
    lower: tuple[str, ...] = ()


def lowest_devices(name: str, links: t.Mapping[str, Link]) -> list[str]:
    """The ports below a bridge or VLAN: hardware can only be told of these, as fw4 does for its own flowtable."""
    link = links.get(name)
    if link is None or link.kind not in ("bridge", "vlan") or not link.lower:
        return [name]
    return [port for lower in link.lower for port in lowest_devices(lower, links)]


def candidates(flowtable: Flowtable, links: t.Mapping[str, Link], zones: t.Mapping[str, t.Sequence[str]]) -> list[str]:
    """The devices that are meant, whether they exist or not."""
    if flowtable.devices:
        return list(flowtable.devices)
    names = [name for zone in flowtable.zones for name in zones.get(zone, ())]
    if flowtable.hardware:
        names = [port for name in names for port in lowest_devices(name, links)]
    return list(dict.fromkeys(names))


def expected_devices(
    flowtables: t.Iterable[Flowtable], links: t.Mapping[str, Link], zones: t.Mapping[str, t.Sequence[str]]
) -> dict[str, tuple[str, ...]]:
    """Which devices each flowtable must have now: those that exist, each in the first flowtable that names it."""
    taken: set[str] = set()
    expected = {}
    for flowtable in flowtables:
        names = [name for name in candidates(flowtable, links, zones) if name in links and name not in taken]
        taken.update(names)
        expected[flowtable.name] = tuple(sorted(names))
    return expected
