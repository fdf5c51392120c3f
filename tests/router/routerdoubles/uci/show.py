# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How `uci` prints values, sections and staged changes."""

from .model import LIST_ADD, LIST_DEL, REMOVE
from .parser import quoted

_OPERATORS = {LIST_ADD: "+=", LIST_DEL: "-="}


def value_line(value, delimiter, always_quoted):
    """A value as `get` and `show` print it. `get` quotes nothing but list entries with white space in them."""
    if isinstance(value, list):
        entries = (quoted(entry) if always_quoted or _has_space(entry) else entry for entry in value)
        return delimiter.join(entries) + "\n"
    return (quoted(value) if always_quoted else value) + "\n"


def option_line(package, section_name, option, delimiter):
    return f"{package.name}.{section_name}.{option.name}=" + value_line(option.value, delimiter, True)


def section_lines(package, section, name, delimiter):
    yield f"{package.name}.{name}={section.type}\n"
    for option in section.entries:
        yield option_line(package, name, option, delimiter)


def package_lines(package, extended, delimiter):
    """All sections; `extended` writes an anonymous one as @type[index], where the index counts the named ones too."""
    seen = {}
    for section in package.sections:
        index = seen.get(section.type, 0)
        seen[section.type] = index + 1
        name = f"@{section.type}[{index}]" if extended and section.anonymous else section.name
        yield from section_lines(package, section, name, delimiter)


def change_lines(package):
    for change in package.staged:
        option = f".{change.option}" if change.option else ""
        if change.command == REMOVE:
            yield f"-{package.name}.{change.section}{option}\n"
        else:
            operator = _OPERATORS.get(change.command, "=")
            yield f"{package.name}.{change.section}{option}{operator}{quoted(change.value)}\n"


def _has_space(text):
    return not {" ", "\t", "\r", "\n"}.isdisjoint(text)
