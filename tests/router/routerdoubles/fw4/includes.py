# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Includes, of UCI and those found in a folder."""

import os

from . import values as v
from .errors import Crash
from .model import Include
from .options import REQUIRED, UNSUPPORTED, parse_options


def _options(section):
    compatible = "0" if section.options.get("path") == "/etc/firewall.user" else "1"
    return {
        "enabled": (v.parse_bool, "1", 0),
        "path": (v.parse_string, None, REQUIRED),
        "type": (v.parse_include_type, "script", 0),
        "fw4_compatible": (v.parse_bool, compatible, 0),
        "family": (v.parse_family, None, UNSUPPORTED),
        "reload": (v.parse_bool, None, UNSUPPORTED),
        "position": (v.parse_include_position, None, 0),
        "chain": (v.parse_identifier, None, 0),
    }


def add_include(firewall, section):
    options = parse_options(firewall, section, _options(section))
    if options is None:
        raise Crash("include" if section.name else "automatic include")
    if not options["enabled"]:
        firewall.warn_section(section, "is disabled, ignoring section")
        return
    kind = options["type"]
    if kind == "script" and not options["fw4_compatible"]:
        firewall.warn_section(section, "is not marked as compatible with fw4, ignoring section")
        firewall.warn_section(section, "requires 'option fw4_compatible 1' to be considered compatible")
        return
    for name in ("chain", "position"):
        if kind != "nftables" and options[name]:
            refusal = f"must not specify '{name}' for non-nftables includes, ignoring section"
            firewall.warn_section(section, refusal)
            return
    position, chain = options["position"] or "table-append", options["chain"]
    if not position.startswith("chain-"):
        if chain:
            note = f"specifies 'chain' which has no effect for position {position}"
            firewall.warn_section(section, note)
        chain = None
    elif not chain:
        firewall.warn_section(section, f"must specify 'chain' for position {position}, ignoring section")
        return
    path = _link_target(options["path"])
    if not os.path.exists(path):
        firewall.warn_section(section, f"specifies unreachable path '{path}', ignoring section")
        return
    if section.name is None:
        firewall.warn(f"Automatically including '{path}'")
    firewall.includes.append(Include(kind, path, position, chain))


def _link_target(path):
    """One step, and not resolved against the link's folder."""
    try:
        return os.readlink(path)
    except OSError:
        return path
