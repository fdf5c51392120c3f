# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the real fw4 ends when it is given options it does not take."""


class Crash(Exception):
    """A run of the real fw4 that ends in a ucode exception, which does not name a section but a place in its source."""


# fw4 reads a property of the result of parsing a section without looking whether it was rejected.
# section: the source line, its number, the functions on the stack
_PLACES = {
    "defaults": (
        "if (defs.synflood_protect === null)",
        1978,
        [
            "[arrow function] (/usr/share/ucode/fw4.uc:751:73)",
            "foreach ([C])",
            "[anonymous function] (/usr/share/ucode/fw4.uc:751:74)",
        ],
    ),
    "include": (
        "if (!inc.enabled) {",
        3220,
        [
            "[arrow function] (/usr/share/ucode/fw4.uc:810:71)",
            "foreach ([C])",
            "[anonymous function] (/usr/share/ucode/fw4.uc:810:72)",
        ],
    ),
    "automatic include": (
        "if (!inc.enabled) {",
        3220,
        ["[anonymous function] (/usr/share/ucode/fw4.uc:822:70)"],
    ),
}


def crash_trace(place, action):
    """The exception text; action: 'start' or 'print', the two ways into the renderer."""
    source, line, stack = _PLACES[place]
    before = source.index(".") + 1
    entry = {"start": "140:28", "print": "143:29"}[action]
    called_from = [*stack, "render_ruleset (/usr/share/firewall4/main.uc:56:24)"]
    lines = ["Reference error: left-hand side expression is not an array or object"]
    lines.append(f"In [anonymous function](), file /usr/share/ucode/fw4.uc, line {line}, byte {before + 3}:")
    lines += ["  called from function " + frame for frame in called_from]
    lines.append(f"  called from anonymous function (/usr/share/firewall4/main.uc:{entry})")
    lines += ["", " `        " + source + "`", "  Near here " + "-" * (before - 2) + "^", "", "", ""]
    return "\n".join(lines)
