# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of one section, read by a table of option -> (parser, default, flags)."""

from ..unsupported import Unsupported

LIST = 1  # words of an option or elements of a list
NO_INVERT = 2
UNSUPPORTED = 4  # known to fw4, which warns and ignores it
REQUIRED = 8
DEPRECATED = 16
NOT_IN_DOUBLE = 32  # computed by fw4, not by this double


def words(value):
    return value if isinstance(value, list) else value.split()


def parse_options(firewall, section, table):
    """Parsed options by name, None for those absent; None altogether when fw4 rejects the section."""
    parsed = dict.fromkeys(table)
    for name, (parser, default, flags) in table.items():
        value = section.options.get(name)
        if value is not None and flags & NOT_IN_DOUBLE:
            raise Unsupported(f"option {name} of a {section.type}")
        if value is None and flags & REQUIRED:
            return _reject(firewall, section, f"option '{name}' is mandatory but not set")
        value = default if value is None else value
        if value is None:
            continue
        if flags & LIST:
            result = _parse_list(firewall, section, name, parser, words(value))
        elif isinstance(value, list):
            return _reject(firewall, section, f"option '{name}' must not be a list")
        else:
            result = _parse_value(firewall, section, name, parser, value)
        if result is None:
            return None
        if flags & NO_INVERT and getattr(result, "invert", False):
            return _reject(firewall, section, f"option '{name}' must not be negated")
        if flags & DEPRECATED:
            firewall.warn_section(section, f"option '{name}' is deprecated by fw4")
        elif flags & UNSUPPORTED:
            firewall.warn_section(section, f"option '{name}' is not supported by fw4")
        else:
            parsed[name] = result
    for name in section.options:
        if name not in table and name != "type":
            firewall.warn_section(section, f"specifies unknown option '{name}'")
    return parsed


def _parse_value(firewall, section, name, parser, value):
    result = parser(value, firewall)
    if result is None:
        _reject(firewall, section, f"option '{name}' specifies invalid value '{value}'")
    return result


def _parse_list(firewall, section, name, parser, values):
    """A parser may answer with several values for one word."""
    results = []
    for value in values:
        result = _parse_value(firewall, section, name, parser, value)
        if result is None:
            return None
        results += result if isinstance(result, list) else [result]
    return results


def _reject(firewall, section, reason):
    firewall.warn_section(section, reason)
