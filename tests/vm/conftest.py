# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One VM for all cases of the kernel test matrix, and the matrix at the end of the run."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from cases import WAN_RETURNS, finished
from machine import Machine

# Everything but the firewall's own table goes, and with it what a case has left.
STOCK = """
cp -p /rom/etc/config/firewall /rom/etc/config/network /etc/config/
rm -rf /etc/nftables.d/fastpath /tmp/.uci /etc/double
nft list tables | while read -r _ family name; do
	[ "$name" = fw4 ] || nft delete table "$family" "$name"
done
/opt/vm/sbin/conntrack -F
fw4 -q restart
"""


@pytest.fixture(scope="session")
def machine(tmp_path_factory):
    machine = Machine(tmp_path_factory.mktemp("vm"))
    machine.up()
    yield machine
    machine.down()


@pytest.fixture
def vm(machine):
    """The VM, with the router's firewall as it is on a new router, and no driver for hardware offload."""
    machine.driver("none")
    machine.router.run(STOCK)
    return machine


@pytest.fixture
def wan_port(vm):
    """vm; the next cases have their WAN port again."""
    yield vm
    vm.router.run("rm -rf /etc/double")
    if vm.router.exec("[ -e /sys/class/net/eth1 ]").returncode:
        vm.router.run(WAN_RETURNS)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(call):
    """Reports travel from the process that runs a case to the one that prints the matrix."""
    report = yield
    if call.when == "call" and finished:
        report.user_properties.append(("case", finished.pop()))
    return report


def pytest_terminal_summary(terminalreporter):
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.getreports(kind)]
    rows = [
        (report.location[:2], *row, report.passed)
        for report in reports
        for name, row in report.user_properties
        if name == "case" and report.when == "call"
    ]
    if rows:
        terminalreporter.section("kernel test matrix")
        width = max(len(title) for _, title, _, _ in rows)
        for _, title, happened, passed in sorted(rows, key=lambda row: row[0]):
            terminalreporter.write_line(f"{'ok  ' if passed else 'FAIL'} {title:{width}}  {happened}", red=not passed)
        terminalreporter.write_line(f"{sum(row[-1] for row in rows)} of {len(rows)} cases")
