# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The framed reply of a script on the router.

A reply is a sequence of sections, each opened by a line "@NONCE name" and closed by the next such line; the section
"end" closes the reply. The nonce is fresh for every script, so that no value stored on a router can pass for a marker,
and whatever a login prints before the first marker is not part of the reply.
"""

from __future__ import annotations

import secrets

from ansible_collections.fastpath.router.plugins.plugin_utils.errors import RouterError


def new_nonce() -> str:
    return secrets.token_hex(8)


def parse_frame(reply: str, nonce: str) -> dict[str, str]:
    """Return {section name: text}, text byte for byte as it was printed between the markers.

    Raises RouterError where the reply is not whole, or holds a section twice.
    """
    chunks = ("\n" + reply).split(f"\n@{nonce} ")
    sections: dict[str, str] = {}
    for chunk in chunks[1:]:
        name, newline, text = chunk.partition("\n")
        if not newline or name in sections:
            break
        sections[name] = text
        if name == "end":
            return sections
    raise RouterError(
        "bad-reply",
        "The router's answer is not whole",
        "Run the task again; if it stays so, look at the router by hand: its shell or its SSH server cuts the output.",
        detail=reply[-400:] if chunks[1:] else reply[:400],
    )
