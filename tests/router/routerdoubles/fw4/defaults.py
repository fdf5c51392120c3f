# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The defaults section."""

from . import values as v
from .errors import Crash
from .options import UNSUPPORTED, parse_options

_OPTIONS = {
    "input": (v.parse_policy, "drop", 0),
    "output": (v.parse_policy, "drop", 0),
    "forward": (v.parse_policy, "drop", 0),
    "drop_invalid": (v.parse_bool, None, 0),
    "tcp_reject_code": (v.parse_reject_code, "tcp-reset", 0),
    "any_reject_code": (v.parse_reject_code, "port-unreachable", 0),
    "syn_flood": (v.parse_bool, None, 0),
    "synflood_protect": (v.parse_bool, None, 0),
    "synflood_rate": (v.parse_limit, "25/second", 0),
    "synflood_burst": (v.parse_int, "50", 0),
    "tcp_syncookies": (v.parse_bool, "1", 0),
    "tcp_ecn": (v.parse_int, None, 0),
    "tcp_window_scaling": (v.parse_bool, "1", 0),
    "accept_redirects": (v.parse_bool, None, 0),
    "accept_source_route": (v.parse_bool, None, 0),
    "auto_helper": (v.parse_bool, "1", 0),
    "custom_chains": (v.parse_bool, None, UNSUPPORTED),
    "disable_ipv6": (v.parse_bool, None, UNSUPPORTED),
    "flow_offloading": (v.parse_bool, "0", 0),
    "flow_offloading_hw": (v.parse_bool, "0", 0),
    "auto_includes": (v.parse_bool, "1", 0),
}


def add_defaults(firewall, section):
    """The first section counts."""
    if firewall.defaults is not None:
        firewall.warn_section(section, ": ignoring duplicate defaults section")
        return
    options = parse_options(firewall, section, _OPTIONS)
    if options is None:
        raise Crash("defaults")
    if options["synflood_protect"] is None:
        options["synflood_protect"] = options["syn_flood"]
    firewall.defaults = options
