# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The declared state: what a task asks for, checked as far as it can be checked without a router."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from ansible_collections.fastpath.router.plugins.plugin_utils import uci
from ansible_collections.fastpath.router.plugins.plugin_utils.digest import digest
from ansible_collections.fastpath.router.plugins.plugin_utils.errors import ArgumentError
from ansible_collections.fastpath.router.plugins.plugin_utils.flowtables import FLOWTABLES, Flowtable, flowtables_of
from ansible_collections.fastpath.router.plugins.plugin_utils.include_check import check_include

KEEP = "/etc/nftables.d/fastpath"
STAGE = "/var/run/fastpath/stage"
MAX_INCLUDES = 128 * 1024  # bytes; the smallest routers have 8 MB of flash, most of it taken

MIN_CONFIRM, MAX_CONFIRM = 10, 3600  # seconds

OWNER = re.compile(r"[a-z0-9]{1,16}\Z")
INCLUDE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,40}\Z")
CHAIN = re.compile(r"[A-Za-z0-9_]{1,100}\Z")
PACKAGE = re.compile(r"[a-z0-9][a-z0-9+._-]*\Z", re.IGNORECASE)

# The options of `config defaults` and their kinds, as firewall4's fw4.uc (parse_defaults) reads them.
DEFAULTS = {
    "input": "policy",
    "output": "policy",
    "forward": "policy",
    "drop_invalid": "bool",
    "syn_flood": "bool",
    "synflood_protect": "bool",
    "synflood_rate": "limit",
    "synflood_burst": "int",
    "tcp_syncookies": "bool",
    "tcp_ecn": "int",
    "tcp_window_scaling": "bool",
    "tcp_reject_code": "reject_code",
    "any_reject_code": "reject_code",
    "accept_redirects": "bool",
    "accept_source_route": "bool",
    "auto_helper": "bool",
    "auto_includes": "bool",
}
KINDS = {
    "policy": (re.compile(r"(ACCEPT|REJECT|DROP)\Z", re.IGNORECASE), "ACCEPT, REJECT or DROP"),
    "bool": (re.compile(r"(1|on|yes|true|0|off|no|false)\Z"), "true or false; fw4 crashes on anything else"),
    "int": (re.compile(r"\d{1,9}\Z"), "a number"),
    "limit": (re.compile(r"\d{1,9}(/(second|minute|hour|day))?\Z"), "a rate such as 25/second"),
    "reject_code": (
        re.compile(r"(tcp-reset|port-unreachable|admin-prohibited|host-unreachable|no-route)\Z", re.IGNORECASE),
        "tcp-reset, port-unreachable, admin-prohibited, host-unreachable or no-route",
    ),
}


@dataclass(frozen=True)
class Include:
    """One nftables include of ours."""

    owner: str
    name: str
    position: str
    chain: str | None
    text: str

    @property
    def section(self) -> str:
        return f"fastpath_{self.owner}_{self.name.replace('-', '_')}"

    @property
    def file(self) -> str:
        """Content-addressed: a file of this name holds this text or is damaged."""
        return f"{self.owner}.{self.name}.{digest(self.text)}.nft"

    def options(self, folder: str = KEEP) -> dict[str, list[str]]:
        options = {"type": ["nftables"], "path": [f"{folder}/{self.file}"], "position": [self.position]}
        if self.chain is not None:
            options["chain"] = [self.chain]
        return options


@dataclass(frozen=True)
class Desired:
    """What a task declares. A field that is None is not managed."""

    mode: str
    packages: tuple[str, ...] = ()
    package_manager: str = "auto"
    update_cache: str = "auto"
    defaults: t.Mapping[str, str] | None = None
    includes: tuple[Include, ...] | None = None
    flowtables: tuple[Flowtable, ...] | None = None
    purge: bool = True
    owner: str = "fastpath"
    on_fallback: str = "warn"
    pending_changes: str = "fail"
    confirm_timeout: int = 0  # seconds; 0: no confirmation


def desired_state(arguments: t.Mapping[str, t.Any], read_source: t.Callable[[str], str]) -> Desired:
    """Build the declared state from validated module arguments.

    READ_SOURCE returns the text of an include's `src`. Raises ArgumentError.
    """
    if arguments["mode"] == "auto":
        raise ArgumentError(
            "mode: auto needs a preflight that knows the router's hardware, which this release does not have",
            "Say none, software or hardware.",
        )
    owner = check_owner(arguments["owner"])
    return Desired(
        mode=arguments["mode"],
        packages=check_packages(arguments["packages"]),
        package_manager=arguments["package_manager"],
        update_cache=arguments["update_cache"],
        defaults=_defaults(arguments["firewall_defaults"]),
        includes=_includes(arguments["includes"], owner, read_source),
        flowtables=flowtables_of(arguments["flowtables"], arguments["mode"]),
        purge=arguments["purge"],
        owner=owner,
        on_fallback=arguments["on_fallback"],
        pending_changes=arguments["pending_changes"],
        confirm_timeout=check_confirm_timeout(arguments["confirm_timeout"]),
    )


def check_confirm_timeout(seconds: int) -> int:
    if seconds != 0 and not MIN_CONFIRM <= seconds <= MAX_CONFIRM:
        raise ArgumentError(
            f"confirm_timeout: {seconds} is not possible",
            f"Use {MIN_CONFIRM} to {MAX_CONFIRM} seconds, or 0 for no confirmation.",
        )
    return seconds


def check_owner(owner: str) -> str:
    if not OWNER.match(owner):
        raise ArgumentError(f"owner: {owner!r} is not possible", "Use up to 16 lower-case letters and digits.")
    return owner


def check_packages(packages: t.Iterable[str]) -> tuple[str, ...]:
    for name in packages:
        if not PACKAGE.match(name):
            raise ArgumentError(
                f"packages: {name!r} is no name of a package", "Give names only, without version or options."
            )
    return tuple(dict.fromkeys(packages))


def _defaults(options: t.Mapping[str, t.Any] | None) -> dict[str, str] | None:
    if options is None:
        return None
    if "syn_flood" in options and "synflood_protect" in options:
        raise ArgumentError(
            "firewall_defaults: syn_flood and synflood_protect are the same option", "Name one of them."
        )
    return {str(name): _default(str(name), value) for name, value in options.items()}


def _default(name: str, value: t.Any) -> str:
    if name in ("flow_offloading", "flow_offloading_hw"):
        raise ArgumentError(f"firewall_defaults: {name} belongs to 'mode'", "Remove it here and set mode.")
    if name not in DEFAULTS:
        raise ArgumentError(
            f"firewall_defaults: fw4 has no option {name!r}", f"It knows {', '.join(sorted(DEFAULTS))}."
        )
    text = ("1" if value else "0") if isinstance(value, bool) else str(value)
    pattern, meaning = KINDS[DEFAULTS[name]]
    if value is None or not pattern.match(text):
        raise ArgumentError(f"firewall_defaults: {name}: {text!r} is not possible", f"It takes {meaning}.")
    if DEFAULTS[name] == "bool":
        return "1" if text in uci.TRUE else "0"
    return text.upper() if DEFAULTS[name] == "policy" else text


def _includes(
    entries: t.Sequence[t.Mapping[str, t.Any]] | None, owner: str, read_source: t.Callable[[str], str]
) -> tuple[Include, ...] | None:
    if entries is None:
        return None
    includes = [_include(entry, owner, read_source) for entry in entries]
    sections = {f"fastpath_{owner}_{FLOWTABLES}": "the section of flowtables"}
    for include in includes:
        other = sections.setdefault(include.section, include.name)
        if other is not include.name:
            raise ArgumentError(
                f"includes: {other!r} and {include.name!r} would be the same UCI section {include.section}",
                "Hyphen and underscore are the same there: choose another name.",
            )
    size = sum(len(include.text.encode("utf-8", "surrogateescape")) for include in includes)
    if size > MAX_INCLUDES:
        raise ArgumentError(
            f"includes: {size} bytes in all, more than {MAX_INCLUDES}", "Routers keep them on small flash."
        )
    return tuple(includes)


def _include(entry: t.Mapping[str, t.Any], owner: str, read_source: t.Callable[[str], str]) -> Include:
    name, position, chain = entry["name"], entry["position"], entry.get("chain")
    if not INCLUDE_NAME.match(name):
        raise ArgumentError(
            f"includes: {name!r} is not possible as a name", "Use letters, digits, underscore and hyphen."
        )
    if position.startswith("chain-") and chain is None:
        raise ArgumentError(
            f"include {name!r}: position {position} needs a chain", "Name one of fw4's chains, such as forward."
        )
    if not position.startswith("chain-") and chain is not None:
        raise ArgumentError(
            f"include {name!r}: position {position} takes no chain", "Remove it, or use chain-pre or chain-post."
        )
    if chain is not None and not CHAIN.match(chain):
        raise ArgumentError(
            f"include {name!r}: {chain!r} is no name of a chain", "Name one of fw4's chains, such as forward_lan."
        )
    if (entry.get("content") is None) == (entry.get("src") is None):
        raise ArgumentError(f"include {name!r} needs content or src, exactly one of them")
    text = entry["content"] if entry.get("content") is not None else read_source(entry["src"])
    if "\0" in text:
        raise ArgumentError(f"include {name!r} holds a NUL byte")
    if text and not text.endswith("\n"):
        text += "\n"
    check_include(name, text)
    return Include(owner, name, position, chain, text)
