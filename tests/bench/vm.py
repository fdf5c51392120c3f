# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What software offloading gains on a real kernel, and whether ours gains as much as a ruleset that is written by hand.

In one VM whose processor counts time in instructions, so that the figures repeat on a busy machine: packets of 1500 bytes, none of
them merged, through no offloading, the hand-written ruleset, ours, and the hand-written one once more, round by round.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "tests" / name) for name in ("vm", "router", "integration")]

from machine import Host, Machine  # noqa: E402
from play import play, task  # noqa: E402

TOLERANCE = 0.04  # what two equal runs may differ by
SERVER = "10.89.0.1"
TITLES = {
    "none": "no offloading",
    "hand": "hand-written",
    "ours": "flow_offload, mode: software",
    "again": "hand-written, once more",
}
# What fw4 makes of the router's configuration with software offloading, written by hand.
RULESET = """
table inet hand {
	flowtable ft {
		hook ingress priority 0
		devices = { br-lan, eth1 }
		counter
	}
	chain input {
		type filter hook input priority filter; policy accept;
	}
	chain forward {
		type filter hook forward priority filter; policy drop;
		meta l4proto { tcp, udp } flow add @ft
		ct state vmap { established : accept, related : accept }
		iifname "br-lan" accept
		reject
	}
	chain srcnat {
		type nat hook postrouting priority srcnat; policy accept;
		oifname "eth1" meta nfproto ipv4 masquerade
	}
}
"""


class BenchFailed(Exception):
    """A measurement did not come about; the text says why."""


def split_packets(machine: Machine) -> None:
    """Let every packet be one of 1500 bytes: merged ones would hide what a packet costs."""
    for host, devices in ((machine.router, "eth0 eth1"), (machine.client, "eth0"), (machine.server, "eth0")):
        ethtool = "/opt/vm/sbin/ethtool" if host is machine.router else "ethtool"
        host.run(f"for device in {devices}; do {ethtool} -K $device gso off tso off gro off; done")


def by_hand(router: Host) -> None:
    router.run("nft -f -", f"flush ruleset\n{RULESET}".encode())


def by_the_collection(machine: Machine, mode: str) -> None:
    machine.router.run("nft delete table inet hand 2>/dev/null; fw4 -q restart")
    inventory = {"all": {"hosts": machine.inventory()["all"]["children"]["routers"]["hosts"]}}
    (result,) = play(inventory, [task(mode=mode, packages=[], confirm_timeout=0)])
    if result["status"] != "ok" or result["observed"]["mode"]["loaded"] != mode:
        raise BenchFailed(f"mode {mode} could not be set: {result.get('msg', result.get('observed'))}")


def mbit(machine: Machine, seconds: int) -> float:
    """TCP from the client to the server, one flow."""
    machine.router.run("/opt/vm/sbin/conntrack -F 2>&1")
    server = machine.server.start("iperf3 -s -1 --forceflush")
    server.stdout.readline()  # it listens
    text = machine.client.run(f"iperf3 -c {SERVER} -J -i 0 -O 1 -t {seconds}", timeout=600)
    server.communicate(timeout=60)
    return json.loads(text)["end"]["sum_received"]["bits_per_second"] / 1e6


def measure(machine: Machine, rounds: int, seconds: int, say: Callable[[str], None]) -> dict[str, list[float]]:
    prepare = {
        "none": lambda: by_the_collection(machine, "none"),
        "hand": lambda: by_hand(machine.router),
        "ours": lambda: by_the_collection(machine, "software"),
        "again": lambda: by_hand(machine.router),
    }
    split_packets(machine)
    figures: dict[str, list[float]] = {name: [] for name in prepare}
    for number in range(rounds):
        for name, ready in prepare.items():
            ready()
            figures[name].append(round(mbit(machine, seconds), 1))
            say(f"round {number + 1} of {rounds}, {TITLES[name]}: {figures[name][-1]} Mbit/s")
    return figures


def conclude(figures: dict[str, list[float]]) -> dict:
    middle = {name: statistics.median(values) for name, values in figures.items()}
    hand = statistics.median(figures["hand"] + figures["again"])
    ratio, spread = middle["ours"] / hand, abs(middle["again"] / middle["hand"] - 1)
    return {
        "mbit": figures,
        "gain_ours": round(middle["ours"] / middle["none"], 3),
        "gain_hand_written": round(hand / middle["none"], 3),
        "ratio": round(ratio, 3),
        "spread": round(spread, 3),
        "ok": abs(ratio - 1) <= TOLERANCE and spread <= TOLERANCE,
    }


def table(result: dict) -> str:
    lines = [f"{'Mbit/s through the router':30}{'median':>8}   each run"]
    for name, values in result["mbit"].items():
        lines.append(f"{TITLES[name]:30}{statistics.median(values):8.1f}   {'  '.join(map(str, values))}")
    return "\n".join(
        [
            *lines,
            "",
            f"gain over no offloading: ours {result['gain_ours']:.2f}, hand-written {result['gain_hand_written']:.2f}",
            f"ours / hand-written: {result['ratio']:.2f}; two equal runs of the hand-written one differ by {result['spread']:.1%}",
        ]
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev bench vm", description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=3, help="of the VM's time, for each run")
    parser.add_argument("--output", type=Path, default=ROOT / ".cache/bench-vm.json")
    options = parser.parse_args()
    say = lambda text: print(text, file=sys.stderr, flush=True)  # noqa: E731
    with tempfile.TemporaryDirectory() as folder:
        machine = Machine(Path(folder) / "vm", icount=True, say=say)
        try:
            machine.up()
            result = conclude(measure(machine, options.rounds, options.seconds, say))
        finally:
            machine.down()
    options.output.write_text(json.dumps(result, indent=2) + "\n")
    print(table(result))
    print("as it must be" if result["ok"] else f"more than {TOLERANCE:.0%} apart: look for a reason")
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BenchFailed as error:
        sys.exit(f"bench: {error}")
