# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A change that nobody confirms undoes itself."""

from __future__ import annotations

import time

from play import inventory_of, offload, offload_task, running

# A chain of its own before fw4's: fw4 lets loopback in first, and that is how test routers are reached.
LOCKOUT = {
    "name": "lockout",
    "position": "table-post",
    "content": "chain lockout {\n\ttype filter hook input priority filter - 5; policy drop;\n\tct state established accept\n}",
}

PATIENCE = 60  # seconds
LONG = 600  # a timeout that nothing here waits for


def processes(router):
    """The command lines of all processes of the router but the one that asks."""
    script = "for p in /proc/[0-9]*; do tr '\\0' ' ' <$p/cmdline; echo; done 2>/dev/null"
    return {
        line for line in router.run(script).splitlines() if line and "/proc/[0-9]" not in line and "cmdline" not in line
    }


def assert_nothing_is_left(router, before):
    """No process: those that end by themselves have little time to, and a watchdog that was not disarmed lives longer."""
    wait_until(lambda: processes(router) == before, lambda: f"left: {processes(router) - before}")
    assert router.run("uci changes") == ""
    assert router.run("ls -d /var/run/fastpath 2>/dev/null || true") == ""
    assert router.exec("flock -n -x /var/run/fastpath.lock true").returncode == 0


def test_confirmed_over_a_fresh_connection(router):
    before = processes(router)
    result = offload(router, mode="software", confirm_timeout=LONG)
    assert result["transaction"]["outcome"] == "confirmed", result
    assert result["transaction"]["round_trips"] == 3
    assert result["observed"]["mode"]["loaded"] == "software"
    assert_nothing_is_left(router, before)
    assert b"flow_offloading '1'" in router.read("/etc/config/firewall")
    assert not offload(router, mode="software", confirm_timeout=LONG)["changed"]


def test_a_lockout_rolls_back_by_itself(router):
    before, files, rules = processes(router), router.files_snapshot(), router.run("nft -s list ruleset")
    result = offload(router, includes=[LOCKOUT], confirm_timeout=10)
    assert result["status"] == "failed"
    assert result["error"]["code"] == "unconfirmed"
    assert "rolled back" in result["msg"]
    assert result["transaction"]["outcome"] == "rolled_back"
    assert not result["changed"]
    assert router.files_snapshot() == files
    assert router.run("nft -s list ruleset") == rules
    assert_nothing_is_left(router, before)


def test_a_second_run_meets_an_unconfirmed_change(router):
    router.run(
        "mkdir -p /var/run/fastpath; read -r up _ </proc/uptime; "
        "printf 'token\\n%s\\nsomebody@desk\\n' $((${up%.*} + 50)) >/var/run/fastpath/pending"
    )
    result = offload(router, mode="software")
    assert result["error"]["code"] == "unconfirmed"
    assert "somebody@desk" in result["msg"]
    assert " seconds" in result["msg"]


def test_too_short_a_timeout_is_refused(router):
    assert "10 to" in offload(router, confirm_timeout=5)["msg"]


def test_a_reboot_while_waiting_brings_the_former_state(router):
    files, rules = router.files_snapshot(), router.run("nft -s list ruleset")
    with running(inventory_of(router), [offload_task(includes=[LOCKOUT], confirm_timeout=LONG)]):
        wait_until(lambda: "chain lockout" in router.run("nft list ruleset"))
    assert router.files_snapshot() == files
    router.reboot()
    assert router.files_snapshot() == files
    assert router.run("nft -s list ruleset") == rules
    assert offload(router, mode="software")["changed"]


def test_the_controller_dies_and_the_router_comes_back(router):
    before, rules = processes(router), router.run("nft -s list ruleset")
    with running(inventory_of(router), [offload_task(includes=[LOCKOUT], confirm_timeout=10)]):
        wait_until(lambda: "chain lockout" in router.run("nft list ruleset"))
    wait_until(lambda: router.run("nft -s list ruleset") == rules)
    assert_nothing_is_left(router, before)
    assert "rolled back (unconfirmed)" in router.run("logread")


def wait_until(condition, seen=lambda: "it did not come about"):
    """Wait for what comes sooner or later: the deadline only guards against hanging, and is less than LONG."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, seen()
        time.sleep(0.2)
