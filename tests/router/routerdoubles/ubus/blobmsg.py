# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON as ubus prints it; it has no floating point numbers."""


def pretty(value, depth=0):
    """Indented by tabs; an empty table or array keeps an empty line of its own."""
    if isinstance(value, dict):
        return _enclosed("{}", [f'"{name}": {pretty(each, depth + 1)}' for name, each in value.items()], depth)
    if isinstance(value, list):
        return _enclosed("[]", [pretty(each, depth + 1) for each in value], depth)
    return _scalar(value)


def compact(value):
    if isinstance(value, dict):
        return "{" + ",".join(f'"{name}":{compact(each)}' for name, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(compact, value)) + "]"
    return _scalar(value)


def _enclosed(brackets, members, depth):
    indent = "\n" + "\t" * (depth + 1)
    return brackets[0] + indent + ("," + indent).join(members) + indent[:-1] + brackets[1]


def _scalar(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
