# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults of others: who else writes the firewall's configuration or reloads it, before and at every point of a change."""

from __future__ import annotations

import os
import signal
import tempfile

from bench import Bench, fault
from play import offload_task, running
from points import Point, at_every_point

STAGE_THEIRS = "uci set firewall.@rule[0].enabled=0"
# A section that changes no rule, so that the rules tell whose configuration is live.
COMMIT_THEIRS = "uci set firewall.theirs=note && uci commit firewall"


@fault("somebody else's staged changes, pending_changes: fail", ("staged", "enabled='0'", "pending_changes"))
def staged_changes(bench: Bench) -> None:
    bench.sh(STAGE_THEIRS)
    staged = bench.sh("uci changes")
    bench.run()
    bench.expect(bench.sh("uci changes") == staged, "their staged changes are gone")
    bench.sh("uci revert firewall")


@fault("somebody else's staged changes, pending_changes: discard", ("discarded",), "new")
def discarded_changes(bench: Bench) -> None:
    bench.sh(STAGE_THEIRS)
    bench.run(pending_changes="discard")
    bench.expect(".enabled='0'" in bench.sh("cat /tmp/fastpath-discarded.*"), "their staged changes were not saved")


@fault("discarding them, and the change fails", ("nosuchchain",))
def discarded_in_vain(bench: Bench) -> None:
    bench.sh(STAGE_THEIRS)
    staged = bench.sh("uci changes")
    refused = {"name": "ours", "position": "chain-pre", "chain": "forward", "content": "jump nosuchchain"}
    bench.run(pending_changes="discard", includes=[refused])
    bench.expect(bench.sh("uci changes") == staged, "their staged changes were not given back")
    bench.sh("uci revert firewall")


@fault("somebody else's staged changes of another package", runs="new")
def staged_elsewhere(bench: Bench) -> None:
    bench.sh("uci set network.lan.mtu=1400")
    bench.run()
    bench.expect("network.lan.mtu='1400'" in bench.sh("uci changes network"), "their staged changes are gone")


@fault("a LuCI apply in progress", ("LuCI", "again"))
def luci_apply(bench: Bench) -> None:
    bench.sh(
        "mkdir -p /var/run/rpcd/snapshot-files && cd /var/run/rpcd && : >snapshot-files/firewall && echo somebody >waiting"
    )
    bench.run()


@fault("a LuCI apply that ended long ago and left its files", runs="new")
def luci_applied(bench: Bench) -> None:
    bench.sh("mkdir -p /var/run/rpcd/snapshot-files && : >/var/run/rpcd/snapshot-files/firewall")
    bench.run()


@fault("another run holds the lock", ("Another run",))
def busy(bench: Bench) -> None:
    bench.background("flock -x /var/run/fastpath.lock sleep 300")
    bench.wait_for(lambda: bench.router.exec("flock -n -x /var/run/fastpath.lock true").returncode != 0)
    bench.run()


@fault("an fw4 that hangs with its lock", ("fw4 has been busy",), slow=True)
def hanging_fw4(bench: Bench) -> None:
    bench.background("flock -x /var/run/fw4.lock sleep 300")
    bench.wait_for(lambda: bench.router.exec("flock -n -x /var/run/fw4.lock true").returncode != 0)
    bench.run()


@fault("an unconfirmed change of another run", ("somebody@desk", "seconds"))
def unconfirmed(bench: Bench) -> None:
    marker = "read -r up _ </proc/uptime; printf 'token\\n%s\\nsomebody@desk\\n' $((${up%.*} + 50))"
    bench.sh(f"mkdir -p /var/run/fastpath && {{ {marker}; }} >/var/run/fastpath/pending")
    bench.run()
    bench.sh("rm -r /var/run/fastpath")


@fault("two controllers at once", runs="new")
def two_controllers(bench: Bench) -> None:
    """The other one declares the same, over the other protocol; one of the two may lose, and says why."""
    bench.remember()
    bench.path = "lan IPv6"
    # ssh shares connections by the router's name, and two controllers share none.
    sockets = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
    other = bench.inventory(ansible_control_path_dir=sockets.name)
    with sockets, running(other, [offload_task(**bench.arguments)]) as (process, results):
        bench.path = "lan IPv4"
        bench.run()
        process.wait(300)
        seen = results.read_text()
    winners = [bench.result["status"] == "ok", '"status": "ok"' in seen]
    bench.expect(any(winners), "both lost")
    reasons = ("fastpath-busy", "unconfirmed", "changed-underneath", "pending-changes")  # what the other one has staged
    lost = bench.saw() if not winners[0] else seen
    bench.expect(all(winners) or any(reason in lost for reason in reasons), f"the loser is not told why: {lost[:200]}")


# ---- at every point of the change -------------------------------------------------------------------------------------


@fault("hotplug: fw4 reload, at every point of a change", runs="former or new", slow=True)
def hotplug_everywhere(bench: Bench) -> None:
    at_every_point(bench, lambda point: point.aside("fw4 -q reload"), lambda point: "")


@fault("a foreign uci commit, at every point of a change", runs="former or new", slow=True)
def commit_everywhere(bench: Bench) -> None:
    def verdict(point: Point) -> str:
        return "" if point.sees("firewall.theirs=note") else "their committed change is lost"

    at_every_point(bench, lambda point: point.aside(COMMIT_THEIRS), verdict, theirs="firewall.theirs=note")


@fault("a foreign uci set, at every point of a change", runs="former or new", slow=True)
def set_everywhere(bench: Bench) -> None:
    def verdict(point: Point) -> str:
        return "" if point.staged() == "firewall.theirs='note'\n" else f"what they staged became {point.staged()!r}"

    at_every_point(bench, lambda point: point.aside("uci set firewall.theirs=note"), verdict, leaves_staged=True)


@fault("the script is killed (out of memory) while the change is loaded", runs="former or new", slow=True)
def killed_everywhere(bench: Bench) -> None:
    """Whoever kills it without a watchdog armed leaves staged changes; docs/safety.md says so."""

    def kill(point: Point) -> None:
        os.kill(point.session(), signal.SIGKILL)

    part = ("/fastpath/reload", "/fastpath/handle")
    at_every_point(bench, kill, lambda point: "", confirm_timeout=10, slow=True, part=part)


@fault("/tmp fills up, at every point of a change", runs="former or new", slow=True)
def ram_fills_up_everywhere(bench: Bench) -> None:
    at_every_point(bench, lambda point: point.fill_ram(), lambda point: "", confirm_timeout=10, slow=True)
