# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The double of uci against the recordings of the real one: every block."""

from __future__ import annotations

import pytest
from replay import Recording, blocks


def leave_traces_of_boot(router) -> None:
    """The recorded router had committed its network configuration since it was started."""
    router.run("mkdir -p /tmp/.uci && chmod 700 /tmp/.uci && uci set network.lan.mtu=1500 && uci revert network")


def without_end_of_usage(text: str) -> str:
    """The real tool ends its usage text with an empty line, too; the recording has no empty lines at the end of errors."""
    return text.replace("extended syntax on 'show'\n\n", "extended syntax on 'show'\n")


RECORDINGS = [
    Recording("uci.txt", prepare=leave_traces_of_boot, normalise=without_end_of_usage),
    Recording("uci-batch-0.txt"),
    Recording("uci-batch.txt"),
    Recording("uci-concurrency.txt"),
]


@pytest.mark.parametrize("block", blocks(RECORDINGS), ids=str)
def test_block(block, played):
    played(block)
