# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures: one fresh test router per test."""

from __future__ import annotations

import itertools
import subprocess

import pytest
from lab import Lab

NUMBERS = itertools.count(1)  # no name twice: connections that ssh keeps open for a while are found by it


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    lab = Lab(tmp_path_factory.mktemp("lab"))
    yield lab
    lab.stop()


@pytest.fixture(params=["24.10", "25.12"])
def any_router(request, lab):
    """A router of each flavour: opkg and apk."""
    yield from _fresh(lab, request.param)


@pytest.fixture
def router(lab):
    """A router with opkg."""
    yield from _fresh(lab, "24.10")


@pytest.fixture
def apk_router(lab):
    yield from _fresh(lab, "25.12")


def _fresh(lab, flavour):
    router = lab.start(f"t{next(NUMBERS)}", flavour)
    subprocess.run(router.ssh_command("true"), check=True)  # dropbear makes its host key on the first connection
    yield router
    lab.remove(router.name)
