# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Words of nft's language as fw4 writes them."""

_BARE = frozenset("0123456789ABCDEFabcdef:./-")


def quoted(text):
    text = text.replace('"', "'")
    return f'"{text}"'


def word(value):
    """Numbers and addresses stay bare, also concatenated ones; names are quoted."""
    text = str(value)
    return text if text and all(part and _BARE.issuperset(part) for part in text.split(" . ")) else quoted(text)


def set_of(values, braces=False):
    """One value stands alone, several become an anonymous set; each only once."""
    unique = list(dict.fromkeys(values))
    if not braces and len(unique) == 1:
        return word(unique[0])
    return "{ " + ", ".join(map(word, unique)) + " }"


def family_match(family):
    return f"meta nfproto ipv{family} " if family else ""


def family_name(family):
    return f"IPv{family}" if family else "IPv4/IPv6"


def address_keyword(family):
    return "ip6" if family == 6 else "ip"


def either(keyword, positive, negative):
    """'keyword X' and 'keyword != X', whichever are given."""
    text = f"{keyword} {set_of(positive)} " if positive else ""
    return text + (f"{keyword} != {set_of(negative)} " if negative else "")


def limit_words(limit, burst=None):
    return f"limit rate {limit.rate}/{limit.unit}" + (f" burst {burst} packets" if burst else "")
