# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Listings of the real nft, with the flowtables put back in."""

import re

from routerdoubles.nft.model import PREFIX, device_names

HEADER = re.compile(r"table (\S+) (\S+) \{(.*)")
OBJECT = re.compile(r"\tcounter " + PREFIX + r"([^/ ]+)(?:/(\d+))? \{(.*)")
BLOCK = re.compile(r"\t\S.* \{( # handle \d+)?$")
COMMENT = re.compile(r'\t\tcomment "(-?\d+)( offload)?( counter)?"')
REFERENCE = re.compile(r'counter name "' + PREFIX + r'([^"]+)"')


class Flowtable:
    def __init__(self):
        self.priority = 0
        self.offload = False
        self.counter = False
        self.devices = []
        self.suffix = ""  # "# handle N" where asked for

    def set_properties(self, comment):
        priority, offload, counter = COMMENT.match("\t\tcomment " + comment).groups()
        self.priority, self.offload, self.counter = int(priority), bool(offload), bool(counter)

    def hook(self):
        """As nft spells it: by name close to a name, else as a number."""
        if self.priority == 0:
            return "filter"
        if abs(self.priority) <= 10:
            return f"filter {'+' if self.priority > 0 else '-'} {abs(self.priority)}"
        return str(self.priority)

    def lines(self, name):
        lines = [f"\tflowtable {name} {{{self.suffix}", f"\t\thook ingress priority {self.hook()}"]
        if self.devices:
            lines.append(f"\t\tdevices = {{ {', '.join(self.devices)} }}")
        if self.offload:
            lines.append("\t\tflags offload")
        if self.counter:
            lines.append("\t\tcounter")
        return [*lines, "\t}"]

    def json(self, family, table, name, handle):
        entry = {"family": family, "name": name, "table": table, "handle": handle, "hook": "ingress"}
        entry["prio"] = self.priority
        if self.devices:
            entry["dev"] = self.devices[0] if len(self.devices) == 1 else self.devices
        return entry


class Table:
    """One table of a listing, taken apart into its items."""

    def __init__(self, head):
        self.head = head
        self.items = []
        self.flowtables = {}

    def add(self, item, names):
        found = OBJECT.match(item[0])
        if not found:
            self.items.append([REFERENCE.sub(r"flow add @\1", line) for line in item])
            return
        name, index, suffix = found.groups()
        flowtable = self.flowtables.setdefault(name, Flowtable())
        if index is None:
            flowtable.suffix = suffix
            flowtable.set_properties(next(line for line in item if COMMENT.match(line)).split("comment ", 1)[1])
        elif int(index) in names:
            flowtable.devices.append(names[int(index)])

    def with_flowtables(self):
        """The items in nft's order: objects, sets, flowtables, chains."""
        chains = [index for index, item in enumerate(self.items) if item[0].startswith("\tchain ")]
        place = chains[0] if chains else len(self.items)
        flowtables = [flowtable.lines(name) for name, flowtable in self.flowtables.items()]
        return self.items[:place] + flowtables + self.items[place:]


def _items(lines):
    """The body of a table: its blocks, and the single lines between them."""
    block = []
    for line in lines:
        if block or BLOCK.match(line):
            block.append(line)
            if line == "\t}":
                yield block
                block = []
        elif line:
            yield [line]


def tables(text):
    """(text before the first table, [Table])"""
    names, before, found, body = device_names(), [], [], None
    for line in text.splitlines():
        if HEADER.match(line):
            found.append(Table(line))
            body = []
        elif body is None:
            before.append(line)
        elif line == "}":
            for item in _items(body):
                found[-1].add(item, names)
            body = None
        else:
            body.append(line)
    return before, found


def restore(text):
    """A listing of rulesets, tables or chains as a kernel with flowtables would give it."""
    if PREFIX not in text:
        return text
    before, found = tables(text)
    lines = list(before)
    for table in found:
        blocks = ["\n".join(item) for item in table.with_flowtables()]
        lines.append(table.head)
        if blocks:
            lines.append("\n\n".join(blocks))
        lines.append("}")
    return "\n".join(lines) + "\n"


def _table_lines(head, properties):
    return [head, *(line for name, flowtable in properties.items() for line in flowtable.lines(name)), "}"]


def flowtables(heads, counters):
    """`nft list flowtables`: every table there is (heads), and in it its flowtables, from `nft list counters`."""
    found = {HEADER.match(table.head).groups()[:2]: table.flowtables for table in tables(counters)[1]}
    lines = []
    for table in tables(heads)[1]:
        lines += _table_lines(table.head, found.get(HEADER.match(table.head).groups()[:2], {}))
    return "".join(line + "\n" for line in lines)


def flowtable(counters, family, table_name, name):
    """`nft list flowtable`; empty when there is none of that name."""
    for table in tables(counters)[1]:
        if HEADER.match(table.head).groups()[:2] == (family, table_name) and name in table.flowtables:
            lines = _table_lines(table.head, {name: table.flowtables[name]})
            return "".join(line + "\n" for line in lines)
    return ""


# JSON


def _restore_expression(expression):
    if isinstance(expression, list):
        return [_restore_expression(part) for part in expression]
    if isinstance(expression, dict):
        counter = expression.get("counter")
        if isinstance(counter, str) and counter.startswith(PREFIX):
            return {"flow": {"op": "add", "flowtable": "@" + counter[len(PREFIX) :]}}
        return {key: _restore_expression(part) for key, part in expression.items()}
    return expression


def restore_json(entries, only_flowtables=False):
    """The list under "nftables", with flowtables in the place of the counters that stand for them."""
    names, found, result = device_names(), {}, []
    for entry in entries:
        counter = entry.get("counter", {})
        if not counter.get("name", "").startswith(PREFIX):
            if not only_flowtables or "metainfo" in entry:
                result.append(_restore_expression(entry))
            continue
        name, _, index = counter["name"][len(PREFIX) :].partition("/")
        key = counter["family"], counter["table"], name
        if not index:
            found[key] = Flowtable(), counter["handle"], len(result)
            found[key][0].set_properties(f'"{counter["comment"]}"')
            result.append(None)
        elif int(index) in names:
            found[key][0].devices.append(names[int(index)])
    for key, (flowtable, handle, place) in found.items():
        result[place] = {"flowtable": flowtable.json(*key, handle)}
    return result
