# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults between controller and router: lockouts, cut connections, dead controllers, strange and hostile logins."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import checks
import network
from bench import Bench, fault
from points import Point
from steps import Step, Watch

# SSH comes in only because the default says so; then the default becomes DROP.
NO_ZONES = "for kind in zone forwarding rule; do while uci -q delete firewall.@$kind[0]; do :; done; done"
OPEN_BY_DEFAULT = f"{NO_ZONES}; uci set firewall.@defaults[0].input=ACCEPT; uci commit firewall; fw4 -q reload"
LOCKOUT = {"mode": "none", "includes": None, "firewall_defaults": {"input": "DROP"}, "confirm_timeout": 10}


def lockout(path: str) -> Callable[[Bench], None]:
    def inject(bench: Bench) -> None:
        bench.path = path
        bench.sh(OPEN_BY_DEFAULT)
        bench.expect(network.logs_in(bench.router, path), "SSH was not let in before the change")
        bench.run(**LOCKOUT)
        bench.expect(network.logs_in(bench.router, path), "locked out: SSH is not let in after the change")

    return inject


for each in network.PATHS:
    fault(f"a change that locks SSH out ({each})", ("unconfirmed", "rolled back"))(lockout(each))


# ---- cuts -------------------------------------------------------------------------------------------------------------


def cut_at(when: Callable[[Step], bool], **arguments: object) -> Callable[[Bench], None]:
    """The SSH connection dies when a step comes for which WHEN is true; ARGUMENTS as of a run."""

    def inject(bench: Bench) -> None:
        cut: list[Step] = []

        def before(step: Step) -> bool:
            if when(step) and not cut:
                cut.append(step)
                os.kill(parent(Point(bench, step).session()), signal.SIGKILL)
            return True

        bench.remember()
        with Watch(bench.router, before):
            bench.run(**arguments)
            bench.settle()
        bench.expect(cut, "it was never cut")

    return inject


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def touches(*ends: str) -> Callable[[Step], bool]:
    return lambda step: step.path.endswith(ends)


CUTS = {
    "before the switch-over": (touches("/.uci/firewall"), "unreachable", "former"),
    "in the switch-over": (touches("/fw4.state"), "unreachable", "former"),
    "after the switch-over": (touches("/fastpath/handle"), "unreachable", "former"),
    "in the confirmation, before flash is written": (lambda step: step.on_flash, "changed", "new"),
    "in the confirmation, after flash is written": (touches("/log/messages"), "changed", "new"),
}
for place, (when, seen, outcome) in CUTS.items():
    # A change that is to be confirmed has time for it.
    fault(f"SSH cut {place}", (seen,), outcome)(cut_at(when, confirm_timeout=10 if outcome == "former" else 60))


@fault("the cable is pulled during the change, for 20 seconds", ("rolled back",))
def cable_pulled(bench: Bench) -> None:
    link = ["ip", "-n", network.namespace(bench.router, "lan"), "link", "set", "eth0"]
    plugged = threading.Timer(20, subprocess.run, [[*link, "up"]])

    def before(step: Step) -> bool:
        if step.path.endswith("/fw4.state") and not plugged.is_alive() and not plugged.finished.is_set():
            subprocess.run([*link, "down"], check=True)
            plugged.start()
        return True

    bench.remember()
    with Watch(bench.router, before):
        bench.run(confirm_timeout=10)
        bench.settle()
    plugged.join()
    # A link that goes down loses its IPv6 address.
    restore = f"ip -n {network.namespace(bench.router, 'lan')} addr replace fd00:88::1/64 dev eth0 nodad"
    subprocess.run(restore.split(), check=True)


@fault("the controller dies while the change waits")
def controller_dies(bench: Bench) -> None:
    bench.sh(OPEN_BY_DEFAULT)
    with bench.started(**LOCKOUT):  # until it leaves the context
        bench.wait_for(lambda: "hook input priority filter; policy drop;" in bench.sh("nft list ruleset"))


@fault("the router is rebooted while the change waits", ("rolled back",))
def rebooted(bench: Bench) -> None:
    bench.sh(OPEN_BY_DEFAULT)
    bench.router.reboot()
    network.plug(bench.router)
    bench.sh("fw4 -q reload")
    with bench.started(**{**LOCKOUT, "confirm_timeout": 60}) as (process, results):
        bench.wait_for(lambda: bench.router.exec("[ -s /var/run/fastpath/handle ]").returncode == 0)
        bench.wait_for(lambda: len(checks.scripts(bench.router)) == 1)  # the watchdog: what loaded the change has ended
        time.sleep(2)  # for its reply to come through
        bench.router.reboot()
        network.plug(bench.router)
        process.wait(300)
        bench.read_result(results)
    bench.sh("fw4 -q reload")  # the ports were plugged in


@fault("the router is powered off before the run", ("unreachable",))
def powered_off(bench: Bench) -> None:
    bench.remember()
    bench.router.power_off()
    bench.run()
    bench.router.reboot()
    network.plug(bench.router)
    bench.sh("fw4 -q reload")


@fault("the clock jumps from 1970 to 2038 and back", runs="new")
def clock_jumps(bench: Bench) -> None:
    """Only what `date` says can jump here: the clock itself is the host's. The watchdog counts by the uptime."""
    jump = (
        "#!/bin/ash\nn=$(cat /tmp/.n 2>/dev/null || echo 0)\necho $((n + 1)) >/tmp/.n\necho $(((n % 2) * 2147483600))\n"
    )
    bench.sh("rm /bin/date")
    bench.router.write("/bin/date", jump.encode(), 0o755)
    bench.sh("uci set firewall.@rule[0].enabled=0")
    bench.run(pending_changes="discard")


# ---- logins -----------------------------------------------------------------------------------------------------------


def login_shell(bench: Bench, script: str) -> None:
    """Root's login shell becomes SCRIPT; "$@" is what SSH asks for."""
    bench.router.write("/bin/odd", f"#!/bin/ash\n{script}\n".encode(), 0o755)
    bench.sh(
        "cp /etc/passwd /tmp/passwd && sed -i '/^root:/s#[^:]*$#/bin/odd#' /etc/passwd && echo /bin/odd >>/etc/shells"
    )


@fault("a banner, and a message of the day before the reply", runs="new")
def chatty(bench: Bench) -> None:
    login_shell(bench, 'printf "Welcome!\\n@1 end\\n\\n"; echo "Mind the step." >&2; exec /bin/ash "$@"')
    bench.sh(
        "echo 'Authorised people only.' >/etc/banner; kill $(pidof dropbear); sleep 1; dropbear -R -B -p 22 -b /etc/banner"
    )
    bench.run()


@fault("hostile: the reply is cut", ("not whole",))
def reply_cut(bench: Bench) -> None:
    login_shell(bench, '/bin/ash "$@" | head -c 1500')
    bench.run()


@fault("hostile: another reply is forged with the right marks", ("no OpenWrt router",))
def forged(bench: Bench) -> None:
    login_shell(
        bench,
        "script=$(cat); nonce=$(printf '%s\\n' \"$script\" | sed -n \"s/^NONCE='\\(.*\\)'$/\\1/p\")\n"
        'printf \'@%s release\\nx\\n@%s end\\n\' "$nonce" "$nonce"; printf \'%s\\n\' "$script" | /bin/ash "$@"',
    )
    bench.run()


@fault("hostile: no shell, but a program of its own", ("did not run the probe",))
def no_shell(bench: Bench) -> None:
    login_shell(bench, "cat >/dev/null; echo 'Command rejected.'; exit 1")
    bench.run()


@fault("hostile: a reply that never ends, task with timeout", ("Timed out",), slow=True)
def endless(bench: Bench) -> None:
    bench.ignored = ("/etc/passwd",)
    login_shell(bench, '/bin/ash "$@"; while :; do echo more; sleep 1; done')
    bench.run(task={"timeout": 15})
    bench.sh("cp /tmp/passwd /etc/passwd; kill $(pidof odd); true")


# ---- speed ------------------------------------------------------------------------------------------------------------


def slowed(seconds: float, confirm_timeout: int) -> Callable[[Bench], None]:
    def inject(bench: Bench) -> None:
        def before(step: Step) -> bool:
            if step.starts_a_command:
                time.sleep(seconds)
            return True

        bench.remember()
        with Watch(bench.router, before):
            bench.run_engine(confirm_timeout=confirm_timeout)
            bench.settle()

    return inject


fault("a slow router (0.3 s per command)", runs="new", slow=True)(slowed(0.3, 300))
fault("a router too slow for the timeout (0.5 s per command)", ("unconfirmed",), slow=True)(slowed(0.5, 10))
fault("a very slow router (10 s per command)", runs="new", only_full=True)(slowed(10, 3500))
