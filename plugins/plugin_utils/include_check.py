# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an nftables include may hold, so that it stays in its place and still loads at boot."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.fastpath.router.plugins.plugin_utils.errors import ArgumentError

TOKEN = re.compile(r'#[^\n]*|"(?:[^"\\\n]|\\.)*"|[A-Za-z0-9_$@.:/*\\-]+|[^\sA-Za-z0-9_]')
BOOT = (
    "At boot, fw4 loads the firewall before any network device exists: "
    "nft would refuse the whole ruleset and leave the router open"
)
COMPARISONS = frozenset({"==", "=", "!", "!=", "eq", "ne"})
ADDRESS_KEYWORDS = frozenset({"saddr", "daddr"})
NAT_VERBS = frozenset({"dnat", "snat", "dup", "tproxy"})
# Words that may follow an address expression without being compared with it, as in "update @seen { ip saddr timeout 5m }".
AFTER_ADDRESS = frozenset(
    {
        "map",
        "vmap",
        "and",
        "or",
        "xor",
        "timeout",
        "expires",
        "limit",
        "ct",
        "counter",
        "quota",
        "comment",
        "last",
        "prefix",
    }
)
NAT_TARGETS = frozenset(
    {"ip", "ip6", "addr", "numgen", "jhash", "symhash", "map", "prefix", "interval", "meta", "ct", "th"}
)
HOST_NAME = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.[A-Za-z][A-Za-z0-9-]*\.?\Z")
FIB_WORDS = frozenset({"saddr", "daddr", "mark", "iif", "oif", "."})


def declared_objects(text: str) -> list[str]:
    """The objects that a text declares at its outermost level, as words of `nft delete`: "chain NAME", "table FAMILY NAME".

    fw4 flushes its own table but never deletes what stood in it: an object of an include outlives the include.
    """
    found, depth = [], 0
    tokens = _tokens(text)
    for index, token in enumerate(tokens):
        if token == "{":
            words = _statement_head(tokens, index)
            if depth == 0 and words[:1] in (["chain"], ["set"], ["map"]) and len(words) == 2:
                found.append(" ".join(words))
            elif depth == 0 and words[:1] == ["table"] and 2 <= len(words) <= 3:
                found.append(" ".join(words if len(words) == 3 else ["table", "ip", words[1]]))
            depth += 1
        elif token == "}":
            depth -= 1
    return found


def _statement_head(tokens: t.Sequence[str], index: int) -> list[str]:
    start = index
    while start and tokens[start - 1] not in ("{", "}", ";") and index - start < 4:
        start -= 1
    words = list(tokens[start:index])
    while words and words[0] not in ("chain", "set", "map", "table"):
        words.pop(0)
    return words


def _tokens(text: str) -> list[str]:
    return [token for token in TOKEN.findall(text) if not token.startswith("#")]


def check_include(name: str, text: str) -> None:
    """Refuse what nft would accept now and refuse at boot, and what would reach beyond the include's own place.

    Raises ArgumentError naming the include, the reason and the way out.
    """
    tokens = _tokens(text)
    defined = {tokens[i + 1] for i, token in enumerate(tokens[:-1]) if token == "define"}
    depth = 0
    for index, token in enumerate(tokens):
        rest = tokens[index + 1 : index + 12]
        depth += (token == "{") - (token == "}")
        if depth < 0:
            raise ArgumentError(f"include {name!r} closes a block that it did not open", "Balance its braces.")
        reason = _refusal(token, rest, tokens, index, defined)
        if reason:
            raise ArgumentError(f"include {name!r}: {reason[0]}", reason[1])
    if depth:
        raise ArgumentError(f"include {name!r} leaves a block open", "Balance its braces.")


def _refusal(
    token: str, rest: t.Sequence[str], tokens: t.Sequence[str], index: int, defined: t.Collection[str]
) -> tuple[str, str] | None:
    """(what is wrong, what to do) of one token where it stands, or None."""
    following = rest[0] if rest else ""
    if token == "include":
        return "it includes another file", "Put the text itself into the include: only what was checked may be loaded."
    if token == "flush" and following == "ruleset":
        return "'flush ruleset' would drop fw4's own rules", "Delete or flush your own table by its name."
    if token in ("delete", "destroy", "flush") and list(rest[:3]) == ["table", "inet", "fw4"]:
        return (
            f"'{token} table inet fw4' would drop fw4's own rules",
            "Leave fw4's table alone; use a table of your own.",
        )
    if token == "flowtable" or (token == "flow" and following in ("add", "offload")):
        return (
            f"a flowtable does not belong in an include. {BOOT}",
            "Use 'mode' for fw4's own flowtable; custom ones need a table of their own.",
        )
    if token in ("device", "devices") or (token == "hook" and following in ("ingress", "egress")):
        return (
            f"it hooks or names a network device. {BOOT}",
            "Match in the forward, input or output chain with iifname or oifname.",
        )
    if token in ("iif", "oif") and not _in_fib(tokens, index) and not _is_loopback(rest):
        return f"'{token}' looks the device up when it is loaded. {BOOT}", f"Use {token}name."
    if token == "iface_index":
        return f"a set of type iface_index looks devices up when it is loaded. {BOOT}", "Use type ifname."
    if token.startswith("$") and token[1:] not in defined:
        return (
            f"{token} is a definition that fw4 makes only where the zone's devices exist. {BOOT}",
            "Write the names or prefixes themselves, or define the variable in the include.",
        )
    if _is_host_name(token, tokens, index):
        return (
            f"{token!r} is a host name: nft asks a name server for it, and there is none when the router boots",
            "Write the address or prefix.",
        )
    return None


def _in_fib(tokens: t.Sequence[str], index: int) -> bool:
    while index and tokens[index - 1] in FIB_WORDS:
        index -= 1
    return index > 0 and tokens[index - 1] == "fib"


def _is_loopback(rest: t.Sequence[str]) -> bool:
    words = [word for word in rest[:4] if word not in COMPARISONS]
    return bool(words) and words[0].strip('"') == "lo"


def _is_host_name(token: str, tokens: t.Sequence[str], index: int) -> bool:
    if not re.match(r"[A-Za-z0-9_]", token) or ":" in token or "/" in token:
        return False
    selector = _selector(tokens, index)
    if selector in ("iifname", "oifname"):
        return False
    if HOST_NAME.match(token):
        return True
    if not token[0].isalpha():
        return False
    if selector in ADDRESS_KEYWORDS:
        return token not in AFTER_ADDRESS
    return selector == "to" and _is_nat(tokens, index) and token not in NAT_TARGETS


def _selector(tokens: t.Sequence[str], index: int) -> str:
    """The word that the value at INDEX is compared with: the one before it, or before the set that it is an element of."""
    before = index - 1
    if before >= 0 and tokens[before] in ("{", ","):
        while before >= 0 and tokens[before] not in ("{", "}", ";"):
            before -= 1
        before -= 1
    while before >= 0 and tokens[before] in COMPARISONS:
        before -= 1
    return tokens[before] if before >= 0 else ""


def _is_nat(tokens: t.Sequence[str], index: int) -> bool:
    return bool(NAT_VERBS & set(tokens[max(0, index - 3) : index]))
