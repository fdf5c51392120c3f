# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold the doubles against transcripts of the real tools, block by block.

A recording's blocks run one after the other on one fresh test router. Each block is a test: its standard output,
standard error and return code must be those of the recording once what has to vary (NORMALISATIONS) is made equal on
both sides.

In a test module:

    RECORDINGS = [Recording("uci.txt"), Recording("apk.txt", flavour="25.12", left_out={7: "why"}, prepare=function)]

    @pytest.mark.parametrize("block", blocks(RECORDINGS), ids=str)
    def test_block(block, played):
        played(block)
"""

from __future__ import annotations

import difflib
import re
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[1] / "router/recordings"
BLOCK_SECONDS = 120

# (what varies, pattern, what both sides are replaced by): nothing else is forgiven.
NORMALISATIONS = [
    ("date of a file (this year's)", r"\b[A-Z][a-z]{2} [ \d]\d \d\d:\d\d\b(?!:)", "DATE"),
    ("date of a file (another year's)", r"\b[A-Z][a-z]{2} [ \d]\d  (19|20)\d\d\b", "DATE"),
    ("date of a file (ls --full-time)", r"\b20\d\d-\d\d-\d\d \d\d:\d\d:\d\d( \+0000)?\b", "DATE"),
    ("date in ISO form", r"\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\+00:00|Z)?", "DATE"),
    ("date of a log line", r"\b[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d 20\d\d\b", "DATE"),
    ("seconds since 1970", r"\b1[6-9]\d{8}\b", "EPOCH"),
    ("links and size of a directory", r"^(d[rwxstST-]{9}) +\d+ (.*?) +\d+ DATE", r"\1 N \2 N DATE"),
    ("duration", r"^(real|user|sys)\t? *\d+m ?\d+\.\d+s", r"\1 TIME"),
    ("process id in JSON", r'"pid": \d+', '"pid": N'),
    ("process and size in ps", r"^ *\d+ root +\d+ ([A-Z]) ", r"PID root SIZE \1 "),
    ("process id in a log line", r"\b(dropbear|logger|firewall)\[\d+\]", r"\1[N]"),
    ("random name of mktemp", r"/tmp/(tmp|x)\.[A-Za-z0-9]{6}", r"/tmp/\1.RANDOM"),
    ("pointer in a message", r"<?0x[0-9a-f]{8,16}>?", "POINTER"),
    ("packets that happened to arrive", r"counter packets \d+ bytes \d+", "counter packets N bytes N"),
    ("the recording's addresses", r"\b10\.8[89]\.\d+\.\d+\b", "ADDRESS"),
    ("the recording's IPv6 prefix", r"\bfd[0-9a-f]{2}:[0-9a-f]{4}:[0-9a-f]{4}::", "PREFIX::"),
    ("ls -l of Debian's busybox counts blocks first", r"^total \d+\n", ""),
]
_COMPILED = [(re.compile(pattern, re.MULTILINE), replacement) for _, pattern, replacement in NORMALISATIONS]


def normalise(text: str) -> str:
    for pattern, replacement in _COMPILED:
        text = pattern.sub(replacement, text)
    return text


@dataclass
class Block:
    """One command of a recording, and what the real tool answered."""

    file: str
    index: int
    heading: str
    command: str
    out: str = ""
    err: str = ""
    rc: int | None = None
    mixed: bool = False  # recorded without telling the two streams apart, and without a return code

    def __str__(self) -> str:
        return f"{self.file}:{self.index}"

    @property
    def title(self) -> str:
        line = self.command.splitlines()[0]
        return line if len(line) <= 70 else line[:67] + "..."


_STREAM = re.compile(r"  (out|err)(\(no newline\))?\| ?(.*)", re.DOTALL)


class _Parser:
    def __init__(self, file: str) -> None:
        self.file = file
        self.heading = ""
        self.blocks: list[Block] = []
        self.open: Block | None = None
        self.answered = False

    def line(self, line: str) -> None:
        stream = _STREAM.fullmatch(line)
        if line.startswith("## ") or line.startswith("-- "):
            self.heading, self.open = line[3:], None
        elif line.startswith("$ "):
            self.open = Block(self.file, len(self.blocks) + 1, self.heading, line[2:])
            self.blocks.append(self.open)
            self.answered = False
        elif self.open is None:
            # Text below a heading that is no block: a listing, or a command that was never run as one.
            return
        elif line.startswith("> ") and not self.answered:
            self.open.command += "\n" + line[2:]
        elif stream:
            self.answered = True
            name, unterminated, text = stream.groups()
            setattr(self.open, name, getattr(self.open, name) + text + ("" if unterminated else "\n"))
        elif line.startswith("  rc="):
            self.open.rc, self.open = int(line[5:]), None
        elif line:
            self.answered = self.open.mixed = True
            self.open.out += line + "\n"


def parse(text: str, file: str) -> list[Block]:
    parser = _Parser(file)
    for line in text.split("\n"):
        parser.line(line)
    return parser.blocks


@dataclass
class LeftOut:
    """Why a block is not compared; run says whether it runs all the same, because later blocks need its effect."""

    reason: str
    run: bool = False


@dataclass
class Recording:
    file: str
    flavour: str = "24.10"
    left_out: dict[int, str | LeftOut] = field(default_factory=dict)
    prepare: Callable | None = None  # called with the router before the first block
    normalise: Callable[[str], str] = str  # what varies in this recording only
    privileged: bool = False
    over_ssh: bool = False  # a login as in the recording, not only its environment; slower

    def __post_init__(self) -> None:
        text = (FOLDER / self.file).read_text(encoding="utf-8", errors="surrogateescape")
        self.blocks = parse(text, self.file)
        unknown = set(self.left_out) - {block.index for block in self.blocks}
        if unknown:
            raise ValueError(f"{self.file} has no blocks {sorted(unknown)}")

    def reason(self, block: Block) -> LeftOut | None:
        entry = self.left_out.get(block.index)
        return LeftOut(entry) if isinstance(entry, str) else entry


def blocks(recordings: Iterable[Recording]) -> list:
    """The blocks that are compared, for pytest's parametrize. Those of a recording stay in one process, which plays it once."""
    found = [block for recording in recordings for block in recording.blocks if not recording.reason(block)]
    return [pytest.param(block, marks=pytest.mark.xdist_group(block.file)) for block in found]


@dataclass
class Answer:
    out: str
    err: str
    rc: int


def _text(raw: bytes | None) -> str:
    return (raw or b"").decode("utf-8", errors="surrogateescape")


def _run(router, block: Block, over_ssh: bool) -> Answer:
    session = router.ssh if over_ssh else router.exec
    try:
        result = session(block.command, timeout=BLOCK_SECONDS)
    except subprocess.TimeoutExpired as late:
        return Answer(_text(late.stdout), _text(late.stderr) + f"no end after {BLOCK_SECONDS} s\n", -1)
    return Answer(_text(result.stdout), _text(result.stderr), result.returncode)


def play(recording: Recording, router) -> dict[int, Answer]:
    """Run all blocks in order; the answers by the block's index."""
    if recording.prepare:
        recording.prepare(router)
    answers = {}
    for block in recording.blocks:
        left_out = recording.reason(block)
        if left_out is None or left_out.run:
            answers[block.index] = _run(router, block, recording.over_ssh)
    return answers


def _sides(block: Block, answer: Answer) -> list[tuple[str, str, str]]:
    if block.mixed:
        return [("output", block.out, answer.out + answer.err)]
    return [("standard output", block.out, answer.out), ("standard error", block.err, answer.err)]


def difference(recording: Recording, block: Block, answer: Answer) -> str:
    """Where the double differs from the recording; empty when it does not."""
    text = []
    for name, recorded, seen in _sides(block, answer):
        wanted, got = (normalise(recording.normalise(side)) for side in (recorded, seen))
        if wanted != got:
            lines = (wanted.splitlines(keepends=True), got.splitlines(keepends=True))
            text += difflib.unified_diff(*lines, f"{name}, recorded", f"{name}, double", n=2)
    if block.rc is not None and block.rc != answer.rc:
        text.append(f"rc: recorded {block.rc}, double {answer.rc}\n")
    return "".join(line if line.endswith("\n") else line + "\n" for line in text)
