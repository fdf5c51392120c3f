# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The flowtables there are, what a ruleset does to them, and what a kernel would refuse.

In the kernel a flowtable `ft` is the counter `flowtable/ft` (its comment holds priority and flags) and one counter
`flowtable/ft/INDEX` for each device. The index, not the name: a device that is deleted is gone for good, even if
another one of that name comes, and one that is renamed stays.
"""

import os

PREFIX = "flowtable/"
SYS_NET = "/sys/class/net"
FAMILIES = ("ip", "ip6", "inet")

NO_ENTRY = "No such file or directory"
EXISTS = "File exists"
NOT_SUPPORTED = "Operation not supported"


def device_index(name):
    try:
        with open(f"{SYS_NET}/{name}/ifindex", encoding="ascii") as file:
            return int(file.read())
    except (OSError, ValueError):
        return None


def device_names():
    return {device_index(name): name for name in os.listdir(SYS_NET)}


class Flowtable:
    def __init__(self, priority=0, offload=False, counter=False):
        self.priority = priority
        self.offload = offload
        self.counter = counter
        self.indices = []

    def comment(self):
        return f"{self.priority}{' offload' * self.offload}{' counter' * self.counter}"


class Refusal:
    """What a kernel would refuse: the construct, and errno's text."""

    def __init__(self, op, reason):
        self.op = op
        self.reason = reason


class Transaction:
    """Applies the commands of a ruleset to the flowtables there are; notes edits and refusals."""

    def __init__(self):
        self.tables = {}  # (family, table): {name: Flowtable}
        self.hooks = {}  # (family, table): {chain: hook}
        self.jumps = {}  # (family, table): {chain: {chain}}
        self.flows = []  # rules with a flow statement
        self.begin()

    def begin(self, flowtables=True, hardware=True):
        """What was applied so far is the live ruleset; from here on it is the user's."""
        self.flowtables = flowtables
        self.hardware = hardware
        self.refusals = []
        self.accepted = []  # constructs a kernel without flowtables complains about, wrongly here

    def apply(self, ops):
        for op in ops:
            getattr(self, "_" + op.kind.replace("-", "_"))(op)
        self._check_hooks(ops)

    def _forget(self, keys):
        for key in keys:
            self.tables.pop(key, None)
            self._forget_rules(key)

    def _forget_rules(self, key):
        self.jumps.pop(key, None)
        self.flows = [op for op in self.flows if (op.family, op.table) != key]

    def _table(self, op):
        self.tables.setdefault((op.family, op.table), {})

    def _delete_table(self, op):
        self._forget([(op.family, op.table)])
        self.hooks.pop((op.family, op.table), None)

    def _flush_table(self, op):
        self._forget_rules((op.family, op.table))

    def _flush_ruleset(self, op):
        self._forget([key for key in self.tables if op.family in (None, key[0])])
        self.hooks.clear()

    def _chain(self, op):
        self.hooks.setdefault((op.family, op.table), {})[op.name] = op.hook

    # Flowtables

    def _refuse(self, op, reason):
        self.refusals.append(Refusal(op, reason))

    def _add(self, op):
        flowtables = self.tables.setdefault((op.family, op.table), {})
        name = op.name.value
        indices = [device_index(device) for device in sorted(op.devices)]
        reason = self._refused(op, flowtables, name, indices)
        if reason:
            self._refuse(op, reason)
            return
        flowtable = flowtables.get(name)
        if flowtable is None:
            flowtable = flowtables[name] = Flowtable(op.priority or 0, op.offload, op.counter)
        indices = [index for index in indices if index not in flowtable.indices]
        flowtable.indices += indices
        self.accepted.append(op)
        self._edit_add(op, name, flowtable, indices)

    def _refused(self, op, flowtables, name, indices):
        existing = flowtables.get(name)
        if not self.flowtables or op.family not in FAMILIES or None in indices:
            return NO_ENTRY
        if existing and op.create:
            return EXISTS
        if op.priority is None and not existing:
            return "Invalid argument"
        if existing and (existing.offload != op.offload or op.priority not in (None, existing.priority)):
            return NOT_SUPPORTED
        taken = [index for other, flowtable in flowtables.items() if other != name for index in flowtable.indices]
        if len(set(indices)) != len(indices) or set(indices) & set(taken):
            return EXISTS
        if op.offload and not self.hardware:
            return NOT_SUPPORTED
        return None

    def _edit_add(self, op, name, flowtable, indices):
        place = f"add counter {op.family} {op.table} " if op.command else "counter "
        objects = [f'{place}{PREFIX}{name} {{ comment "{flowtable.comment()}"; }}']
        objects += [f"{place}{PREFIX}{name}/{index} {{ }}" for index in indices]
        op.first.file.replace(op.first.start, op.last.end, "; ".join(objects))

    def _delete(self, op):
        flowtable = self.tables.get((op.family, op.table), {}).pop(op.name.value, None)
        if flowtable is None and not op.missing_ok:
            self._refuse(op, NO_ENTRY)
            return
        self.accepted.append(op)
        names = [f"{PREFIX}{op.name.value}/{index}" for index in flowtable.indices] if flowtable else []
        names += [PREFIX + op.name.value] if flowtable else []
        commands = [f"delete counter {op.family} {op.table} {name}" for name in names]
        op.first.file.replace(op.first.start, op.last.end, "; ".join(commands))

    # Rules

    def _rule(self, op):
        key = (op.family, op.table)
        self.jumps.setdefault(key, {}).setdefault(op.chain, set()).update(op.targets)
        if op.flowtable is None:
            return
        if op.flowtable not in self.tables.get(key, {}):
            self._refuse(op, NO_ENTRY)
            return
        self.flows.append(op)
        self.accepted.append(op)
        op.first.file.replace(op.first.start, op.last.end, f'counter name "{PREFIX}{op.flowtable}"')

    def _check_hooks(self, ops):
        """A flow statement is for packets that are forwarded: no other base chain may reach it."""
        touched = {(op.family, op.table) for op in ops}
        for op in self.flows:
            key = (op.family, op.table)
            if key not in touched:
                continue
            wrong = [chain for chain, hook in self.hooks.get(key, {}).items() if hook != "forward"]
            if any(op.chain in self._reached(key, chain) for chain in wrong):
                guilty = op if op in ops else ops[-1]
                self._refuse(guilty, NOT_SUPPORTED)

    def _reached(self, key, chain):
        reached, waiting = set(), [chain]
        while waiting:
            current = waiting.pop()
            if current not in reached:
                reached.add(current)
                waiting += self.jumps.get(key, {}).get(current, ())
        return reached
