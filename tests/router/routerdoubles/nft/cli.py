# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""nft, as a user of the router calls it."""

import os
import re
import sys

from routerdoubles.nft import listing, messages
from routerdoubles.nft.model import PREFIX, Transaction
from routerdoubles.nft.ruleset import FAMILIES, Parser
from routerdoubles.nft.source import File, read, tokens
from routerdoubles.unsupported import Unsupported, report

REAL = "/opt/double/bin/nft"
SWITCHES = "/etc/double"
WORK = "/tmp/.double-nft"
FLOW = re.compile(r"\bflowtable\b|\bflow\s+(add|offload)\b")
WITH_VALUE = {
    "-f": "file", "--file": "file", "-I": "include", "--includepath": "include", "-D": "define", "--define": "define",
}  # fmt: skip
FLAGS = {"echo": ("-e", "--echo"), "json": ("-j", "--json"), "interactive": ("-i", "--interactive")}


class Options:
    """nft's own options: which ones there are, and the command that follows them."""

    def __init__(self, argv):
        self.flags = []
        self.values = []
        self.command = []
        position = 0
        while position < len(argv):
            word = argv[position]
            position += 1
            if word in WITH_VALUE:
                self.values.append((WITH_VALUE[word], argv[position] if position < len(argv) else ""))
                position += 1
            elif word.startswith("--") and "=" in word:
                name, value = word.split("=", 1)
                self.values.append((WITH_VALUE.get(name, name), value))
            elif word.startswith("--"):
                self.flags.append(word)
            elif word.startswith("-") and len(word) > 1:
                position = self._short(word[1:], argv, position)
            else:
                self.command.append(word)

    def _short(self, letters, argv, position):
        for index, letter in enumerate(letters):
            if "-" + letter in WITH_VALUE:
                rest = letters[index + 1 :]
                self.values.append((WITH_VALUE["-" + letter], rest or (argv[position] if position < len(argv) else "")))
                return position if rest else position + 1
            self.flags.append("-" + letter)
        return position

    def has(self, name):
        return any(flag in FLAGS[name] for flag in self.flags)

    @property
    def file(self):
        return next((value for name, value in self.values if name == "file"), None)

    def real(self, *extra):
        """The options for another call of the real nft, without file and command."""
        includes = [word for name, value in self.values if name == "include" for word in ("-I", value)]
        defines = [word for name, value in self.values if name == "define" for word in ("-D", value)]
        return [REAL, *[flag for flag in self.flags if flag not in extra], *includes, *defines, *extra]


def switch(name):
    try:
        with open(f"{SWITCHES}/{name}", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""


def call(command, text=None):
    """(rc, standard output, standard error) of the real nft."""
    import subprocess

    stdin = {"input": text.encode(errors="surrogateescape")} if text is not None else {"stdin": subprocess.DEVNULL}
    result = subprocess.run(command, capture_output=True, check=False, **stdin)
    return result.returncode, *(part.decode(errors="surrogateescape") for part in (result.stdout, result.stderr))


def step_aside(argv, text=None):
    """Become the real nft; text is what was read from standard input already."""
    if text is not None:
        memory = os.memfd_create("stdin", 0)
        os.write(memory, text.encode(errors="surrogateescape"))
        os.lseek(memory, 0, os.SEEK_SET)
        os.dup2(memory, 0)
    os.execv(REAL, [REAL, *argv])


# Listings


def list_flowtables(options, command):
    rc, heads, err = call([*options.real(), "list", "flowtables", *command[2:]])
    if rc:
        sys.stderr.write(err)
        return rc
    counters = call([*options.real(), "list", "counters", *command[2:]])[1]
    if options.has("json"):
        return print_json(counters, only_flowtables=True)
    sys.stdout.write(listing.flowtables(heads, counters))
    return 0


def list_flowtable(options, command):
    words = command[2:]
    only = tuple(words if words[0] in FAMILIES else ["ip", *words])
    counters = call([REAL, *(flag for flag in options.flags if flag == "-a"), "list", "counters", only[0]])[1]
    text = listing.flowtable(counters, *only)
    if not text:
        step_aside([*options.real()[1:], *command])
    if options.has("json"):
        return print_json(call([REAL, "-j", "list", "counters"])[1], only_flowtables=True, only=only)
    sys.stdout.write(text)
    return 0


def _identity(flowtable):
    return flowtable["family"], flowtable["table"], flowtable["name"]


def print_json(out, only_flowtables=False, only=None):
    import json

    document = json.loads(out)
    entries = listing.restore_json(document["nftables"], only_flowtables)
    if only:
        entries = [entry for entry in entries if "flowtable" not in entry or _identity(entry["flowtable"]) == only]
    document["nftables"] = entries
    sys.stdout.write(json.dumps(document) + "\n")
    return 0


def show(argv, options, text=None):
    """Run the real nft and put flowtables back into what it prints."""
    rc, out, err = call([REAL, *argv], text)
    sys.stderr.write(err)
    if PREFIX in out and options.has("json"):
        print_json(out)
    else:
        sys.stdout.write(listing.restore(out))
    return rc


# Rulesets


def live_ops():
    rc, out, err = call([REAL, "list", "ruleset"])
    if rc:
        raise Unsupported(f"the live ruleset cannot be read: {err}")
    return Parser(tokens(File("live", listing.restore(out)), [])).parse()


class Ruleset:
    """One ruleset with flowtables in it: where it comes from, what is said about it, what goes to the kernel."""

    def __init__(self, options, text):
        self.options = options
        self.from_file = options.file is not None
        name = "/dev/stdin" if options.file == "-" else options.file
        self.main = File(name or "", text)
        self.stored = {}
        folders = [value for kind, value in options.values if kind == "include"] or ["/etc"]
        self.tokens = tokens(self.main, folders)

    def mentions_flowtables(self):
        files, waiting = [], [self.main]
        while waiting:
            file = waiting.pop()
            files.append(file)
            waiting += [inner for _, _, inners in file.includes for inner in inners]
        return any(FLOW.search(re.sub(r"#[^\n]*", "", file.text)) for file in files)

    def _nft(self, text, *extra):
        command = [*self.options.real(*extra), *(["-f", "-"] if self.from_file else ["--", text])]
        return call(command, text if self.from_file else None)

    def _store(self, file):
        os.makedirs(WORK, exist_ok=True)
        path = f"{WORK}/{os.getpid()}-{len(self.stored)}.nft"
        self.stored[path] = file.name
        with open(path, "w", encoding="utf-8", errors="surrogateescape") as target:
            target.write(file.translated(self._store))
        return path

    def _own_names(self, text):
        for path, name in self.stored.items():
            text = text.replace(path, name)
        return text.replace("/dev/stdin", self.main.name) if self.from_file else text

    def load(self):
        rc, out, err = self._nft(self.main.text, "-c")
        complaints = messages.parse(self._own_names(err))
        if any(complaint.reason is None for complaint in complaints):
            # Not even a ruleset: the kernel was not asked.
            sys.stdout.write(out)
            sys.stderr.write(self._own_names(err))
            return rc
        transaction = Transaction()
        transaction.apply(live_ops())
        transaction.begin(switch("flowtables") != "no", switch("hw-offload") in ("yes", "patched"))
        transaction.apply(Parser(self.tokens).parse())
        if transaction.refusals:
            self._report(complaints, transaction)
            return 1
        return self._translated(complaints, transaction)

    def _translated(self, complaints, transaction):
        try:
            rc, out, err = self._nft(self.main.translated(self._store))
        finally:
            for path in self.stored:
                os.unlink(path)
        sys.stdout.write(listing.restore(out))
        if rc:
            self._report(complaints, transaction, messages.parse(self._own_names(err)))
        return rc

    def _covers(self, op, complaint):
        """Whether nft's complaint is about this construct."""
        file = op.first.file
        if self.from_file and complaint.file != file.name:
            return False
        first, last = file.line(op.first.start), file.line(op.last.end)
        if not first <= complaint.line <= last or complaint.column is None:
            return False
        return (complaint.line > first or complaint.column >= file.column(op.first.start)) and (
            complaint.line < last or complaint.column <= file.column(op.last.end)
        )

    def _report(self, complaints, transaction, translated=()):
        """nft's complaints about the original text, without those that only say that this kernel has no flowtables."""
        refusals = list(transaction.refusals)
        reported = []
        for complaint in complaints:
            refused = next((entry for entry in refusals if self._covers(entry.op, complaint)), None)
            if refused:
                refusals.remove(refused)
                reported.append(complaint.text(refused.reason if refused.reason != complaint.reason else None))
            elif any(self._covers(op, complaint) for op in transaction.accepted):
                same = [m for m in translated if (m.file, m.line) == (complaint.file, complaint.line) and m.reason]
                reported += [complaint.text(same[0].reason)] if same else []
            else:
                reported.append(complaint.text())
        reported += [messages.compose(entry.op, entry.reason) for entry in refusals]
        seen = {(complaint.file, complaint.line) for complaint in complaints}
        reported += [message.text() for message in translated if (message.file, message.line) not in seen]
        sys.stderr.write("".join(reported))


def main(argv):
    if switch("flowtables") == "kernel":
        step_aside(argv)
    options = Options(argv)
    command = " ".join(options.command).split()
    try:
        return dispatch(argv, options, command)
    except Unsupported as reason:
        return report("nft", reason)


def dispatch(argv, options, command):
    if options.has("interactive") or command[:1] == ["monitor"]:
        raise Unsupported("watching and interactive use")
    if command[:2] == ["list", "flowtables"] and not options.file and len(command) < 4:
        return list_flowtables(options, command)
    if command[:2] == ["list", "flowtable"] and not options.file and len(command) in (4, 5):
        return list_flowtable(options, command)
    if command[:1] == ["list"] or command[:1] == ["reset"]:
        return show(argv, options)
    if not options.file and not command:
        step_aside(argv)
    return load(argv, options)


def load(argv, options):
    stdin = options.file in ("-", "/dev/stdin")
    try:
        text = sys.stdin.read() if stdin else read(options.file) if options.file else " ".join(options.command)
    except OSError:
        step_aside(argv)
    ruleset = Ruleset(options, text)
    if not ruleset.mentions_flowtables():
        if PREFIX in text:
            raise Unsupported(f"names that start with {PREFIX}")
        step_aside(argv, text if stdin else None)
    if options.has("json") or options.has("echo"):
        raise Unsupported("a ruleset with flowtables as JSON, or with --echo")
    return ruleset.load()
