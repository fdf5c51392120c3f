# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How recordings are read and compared."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "contract"))

import replay

TEXT = """
## first
a command that was swallowed into the heading
$ one; two
  out| a
  out|
  err| oops
  rc=3
$ cat <<'E'
> ## no heading
> E
  out(no newline)| x
  rc=0
## second
-- a remark
$ locked   # while somebody holds the lock
rc=255
Collected errors:
$ killed
  rc=-9
"""


def test_blocks():
    first, second, third, fourth = replay.parse(TEXT, "f.txt")
    assert (first.heading, first.command, first.out, first.err, first.rc) == ("first", "one; two", "a\n\n", "oops\n", 3)
    assert (second.command, second.out, second.rc) == ("cat <<'E'\n## no heading\nE", "x", 0)
    assert (third.heading, third.out, third.mixed, third.rc) == ("a remark", "rc=255\nCollected errors:\n", True, None)
    assert (str(fourth), fourth.rc) == ("f.txt:4", -9)


@pytest.mark.parametrize("path", sorted(replay.FOLDER.glob("*.txt")), ids=lambda path: path.name)
def test_no_command_of_a_recording_is_lost(path):
    lines = path.read_text(errors="surrogateescape").splitlines()
    assert len(replay.Recording(path.name).blocks) == sum(line.startswith("$ ") for line in lines)


@pytest.mark.parametrize(
    ("recorded", "seen"),
    [
        ("-rw-r--r--    1 root     root    12 Nov 20 15:30 f", "-rw-r--r--    1 root     root    12 Jan  1  2026 f"),
        ("drwxr-xr-x    2 root     root    40 Nov 20 15:21 .", "drwxr-xr-x    9 root     root  4096 Dec  1 00:00 ."),
        ("Installed-Time: 1795187839", "Installed-Time: 1800000000"),
        ("truncating <0x556b606ebb87> to", "truncating <0x7ffe00000001> to"),
    ],
)
def test_what_varies_is_made_equal(recorded, seen):
    assert replay.normalise(recorded) == replay.normalise(seen)


@pytest.mark.parametrize(
    ("recorded", "seen"),
    [
        ("-rw-r--r--    1 root     root    12 Nov 20 15:30 f", "-rw-r--r--    1 root     root    13 Nov 20 15:30 f"),
        ("-rw-------    1 root     root    12 Nov 20 15:30 f", "-rw-r--r--    1 root     root    12 Nov 20 15:30 f"),
        ("rc=1", "rc=0"),
        ("6.6.73-r1", "6.6.74-r1"),
    ],
)
def test_what_matters_is_not(recorded, seen):
    assert replay.normalise(recorded) != replay.normalise(seen)


def test_a_difference_is_shown():
    recording = replay.Recording("uci-batch-0.txt")
    block = recording.blocks[0]
    assert replay.difference(recording, block, replay.Answer(block.out, block.err, block.rc)) == ""
    shown = replay.difference(recording, block, replay.Answer(block.out, "", 1))
    assert "-uci: Invalid argument" in shown
    assert "rc: recorded 0, double 1" in shown


def test_left_out_blocks_exist():
    with pytest.raises(ValueError, match="has no blocks"):
        replay.Recording("uci-batch-0.txt", left_out={7: "why"})
