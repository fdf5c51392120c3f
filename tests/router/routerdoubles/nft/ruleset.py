# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a ruleset says about flowtables: the few commands that matter, in order, each with its place in the text."""

import re

from routerdoubles.unsupported import Unsupported

FAMILIES = ("ip", "ip6", "inet", "arp", "bridge", "netdev")
PRIORITY = re.compile(r"(filter)?([+-]?\d+)?")


class Op:
    """One command. kind: table, delete-table, flush-table, flush-ruleset, add, delete, chain, rule."""

    def __init__(self, kind, family, table, first, last, **details):
        self.kind = kind
        self.family = family
        self.table = table
        self.first = first  # tokens: where the construct starts and ends
        self.last = last
        self.__dict__.update(details)


class Parser:
    def __init__(self, tokens):
        self.tokens = tokens
        self.position = 0
        self.defines = {}
        self.ops = []

    # Reading

    def peek(self, ahead=0):
        index = self.position + ahead
        return self.tokens[index].text if index < len(self.tokens) else None

    def take(self):
        token = self.tokens[self.position]
        self.position += 1
        return token

    def more(self):
        return self.position < len(self.tokens)

    def skip_separators(self):
        while self.peek() in ("\n", ";"):
            self.position += 1

    def family(self):
        return self.take().text if self.peek() in FAMILIES else "ip"

    def statement(self):
        """The tokens up to the end of the statement, blocks included."""
        start, depth = self.position, 0
        while self.more():
            text = self.peek()
            if text == "{":
                depth += 1
            elif text == "}":
                if depth == 0:
                    break
                depth -= 1
            elif depth == 0 and text in ("\n", ";"):
                break
            self.position += 1
        return self.tokens[start : self.position]

    # Commands

    def parse(self):
        while self.more():
            self.skip_separators()
            if self.more():
                self.command()
                if self.peek() == "}":
                    self.position += 1
        return self.ops

    def command(self):
        first = self.take()
        verb = first.text
        if verb == "table":
            self.table(first)
        elif verb == "define" or verb == "redefine":
            self.define()
        elif verb in ("add", "create", "insert", "replace", "delete", "destroy", "flush"):
            self.object(first, verb)
        else:
            self.statement()

    def define(self):
        name = self.take().text
        self.defines["$" + name] = [token for token in self.statement() if token.text != "="]

    def object(self, first, verb):
        kind = self.take().text if self.more() else None
        if kind == "table" and verb in ("add", "create"):
            self.table(first)
        elif kind == "flowtable" and verb in ("add", "create", "delete", "destroy"):
            self.flowtable_command(first, verb)
        elif kind == "chain" and verb in ("add", "create"):
            family, table, name = self.family(), self.take().text, self.take().text
            self.chain_properties(family, table, name, self.statement())
        elif kind == "rule" and verb in ("add", "insert", "replace"):
            family, table, chain = self.family(), self.take().text, self.take().text
            self.rule(family, table, chain, self.statement())
        elif kind == "table" and verb in ("delete", "destroy", "flush"):
            self.table_command(first, verb)
        elif kind == "ruleset" and verb == "flush":
            family = self.take().text if self.peek() in FAMILIES else None
            self.ops.append(Op("flush-ruleset", family, None, first, first))
        else:
            self.statement()

    def table_command(self, first, verb):
        family, name = self.family(), self.take()
        if name.text == "handle":
            raise Unsupported(f"{verb} table by handle")
        kind = "flush-table" if verb == "flush" else "delete-table"
        self.ops.append(Op(kind, family, name.value, first, name))
        self.statement()

    def flowtable_command(self, first, verb):
        family, table, name = self.family(), self.take().text, self.take()
        if table == "handle" or name.text == "handle":
            raise Unsupported(f"{verb} flowtable by handle")
        if verb in ("delete", "destroy"):
            if self.peek() == "{":
                raise Unsupported("delete flowtable with devices")
            self.ops.append(Op("delete", family, table, first, name, name=name, missing_ok=verb == "destroy"))
            return
        body = self.statement()
        last = body[-1] if body else name
        self.ops.append(self.flowtable(family, table, name, body, first, last, command=True, create=verb == "create"))

    # Tables

    def table(self, first):
        family, name = self.family(), self.take()
        self.ops.append(Op("table", family, name.value, first, name))
        if self.peek() != "{":
            return
        self.take()
        while self.more():
            self.skip_separators()
            if not self.more():
                return
            text = self.take().text
            if text == "}":
                return
            if text == "flowtable":
                start, flowtable = self.tokens[self.position - 1], self.take()
                body = self.statement()
                self.ops.append(self.flowtable(family, name.value, flowtable, body, start, body[-1]))
            elif text == "chain" and self.peek(1) == "{":
                self.chain(family, name.value, self.take().text)
            elif text == "define":
                self.define()
            else:
                self.statement()

    def chain(self, family, table, name):
        self.take()
        while self.more():
            self.skip_separators()
            if self.peek() == "}" or not self.more():
                self.position += 1
                return
            statement = self.statement()
            if statement and statement[0].text == "type":
                self.chain_properties(family, table, name, statement)
            else:
                self.rule(family, table, name, statement)

    def chain_properties(self, family, table, name, statement):
        words = [token.text for token in statement]
        if "hook" in words:
            hook = words[words.index("hook") + 1]
            self.ops.append(Op("chain", family, table, statement[0], statement[-1], name=name, hook=hook))

    def rule(self, family, table, chain, statement):
        words = [token.text for token in statement]
        targets = [words[index + 1] for index, word in enumerate(words[:-1]) if word in ("jump", "goto")]
        flows = [
            index
            for index, word in enumerate(words[:-2])
            if word == "flow" and words[index + 1] in ("add", "offload") and words[index + 2].startswith("@")
        ]
        if flows or targets:
            first = statement[flows[0]] if flows else statement[0]
            last = statement[flows[0] + 2] if flows else statement[-1]
            flowtable = last.text[1:] if flows else None
            self.ops.append(Op("rule", family, table, first, last, chain=chain, targets=targets, flowtable=flowtable))

    # Flowtables

    def flowtable(self, family, table, name, body, first, last, command=False, create=False):
        op = Op("add", family, table, first, last, name=name, command=command, create=create)
        op.priority, op.offload, op.counter, op.devices = None, False, False, []
        inner = Parser(body[1:-1])
        while inner.more():
            inner.skip_separators()
            if inner.more():
                self.property(op, inner.statement())
        return op

    def property(self, op, statement):
        words = [token.value for token in statement]
        if words[0] == "hook":
            op.priority = self.priority(words[words.index("priority") + 1 :])
        elif words[0] == "devices":
            op.devices = self.devices(statement[1:])
        elif words == ["counter"]:
            op.counter = True
        elif words == ["flags", "offload"]:
            op.offload = True
        else:
            raise Unsupported("in a flowtable: " + " ".join(words))

    def priority(self, words):
        if words and words[0] in self.defines:
            words = [token.value for token in self.defines[words[0]]] + words[1:]
        match = PRIORITY.fullmatch("".join(words))
        if not match or not words:
            raise Unsupported("priority " + " ".join(words))
        return int(match.group(2) or 0)

    def devices(self, tokens):
        names = []
        for token in tokens:
            if token.text in self.defines:
                names += self.devices(self.defines[token.text])
            elif token.text not in ("{", "}", ",", "=", "\n"):
                names.append(token.value)
        return names
