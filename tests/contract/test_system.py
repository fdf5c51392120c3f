# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shell one gets over SSH, what identifies the router, ubus and the services."""

import re

import pytest
from replay import FOLDER, LeftOut, Recording, blocks

VARIES = [
    (r"^SSH_CLIENT=.*|^SSH_CONNECTION=.*", "SSH"),
    (r'"(kernel|hostname|system)": ".*"', r'"\1": TEXT'),
    (r'"(uptime|total|free|used|avail|shared|buffered|available|cached)": \d+', r'"\1": N'),
    (r"^\t\t\d+(,?)$", r"\t\tN\1"),
    (r" groups=0\(root\)", ""),  # set by Debian's dropbear
    (r"^(overlay|tmpfs) +\d+ +\d+ +\d+ +\d+%", r"\1 SIZES"),
]


def varies(text: str) -> str:
    """The machine's load, memory and disk, the session's addresses, the router's name."""
    for pattern, replacement in VARIES:
        text = re.sub(pattern, replacement, text, flags=re.MULTILINE)
    return text


DAEMONS = "procd's other services are not on the test router; nothing asks for them"
TRIGGERS = "procd's triggers (reload_config, service events) are not on the test router; nothing uses them"
LEFT_OUT = {
    8: "Debian's busybox counts blocks in the first line of ls -l, which here pushes a recorded line out",
    11: "the version and the usage text of busybox are those of Debian",
    27: DAEMONS,
    28: DAEMONS,
    30: DAEMONS,
    40: LeftOut(TRIGGERS, run=True),
    41: LeftOut(TRIGGERS, run=True),
    42: LeftOut(TRIGGERS, run=True),
    45: DAEMONS,
    46: "the log of a real boot has 200 lines",
}
RECORDINGS = [Recording("system.txt", over_ssh=True, normalise=varies, left_out=LEFT_OUT)]


@pytest.mark.parametrize("block", blocks(RECORDINGS), ids=str)
def test_block(block, played):
    played(block)


# Programs of the recorded router that the test router does not bring, and why.
ABSENT = {
    "ucode": "firewall4's interpreter; the double of fw4 does not need it",
    "wget": "uclient-fetch; the doubles of opkg and apk fetch by themselves",
    "scp": "dropbear's scp; Ansible is told to use no file transfer",
}


def test_applets(lab):
    """Every program the recording looked for is where it was, or missing as it was."""
    recorded = dict(word.split("=", 1) for word in (FOLDER / "applets.txt").read_text().split())
    router = lab.start("applets")
    look = "for p in {}; do echo $p=$(command -v $p || echo MISSING); done".format(" ".join(recorded))
    found = dict(line.split("=", 1) for line in router.run(look).splitlines())
    lab.remove("applets")
    expected = {name: "MISSING" if name in ABSENT else path for name, path in recorded.items()}
    assert found == expected
