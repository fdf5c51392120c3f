# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What bringing test routers to their declared state costs, next to the least that Ansible can do on them."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
from pathlib import Path

from ansible.release import __version__ as ansible_version
from measure import DRIFT, FORKS, NOTHING, ROOT, Lab, Play, ProcessCount, RunFailed, Time, flow_offload, on_all

# (title, task, whether the routers have drifted before)
VARIANTS = {
    "floor": ("raw: true (the floor)", NOTHING, False),
    "clean": ("flow_offload, no drift", flow_offload(), False),
    "drift": ("flow_offload, drift", flow_offload(), True),
    "unconfirmed": ("  the same, unconfirmed", flow_offload(confirm_timeout=0), True),
}


def prepare(variant: str, lab: Lab) -> None:
    if VARIANTS[variant][2]:
        on_all(lab.routers.values(), DRIFT)


def measure(lab: Lab, folder: Path, repetitions: int) -> dict[str, dict]:
    plays = {name: Play(lab, folder, name, task) for name, (_, task, _) in VARIANTS.items()}
    plays["clean"].run()  # converges, and makes every router's host key
    times: dict[str, list[Time]] = {name: [] for name in VARIANTS}
    for number in range(repetitions):
        print(f"run {number + 1} of {repetitions} ...", file=sys.stderr)
        for name, play in plays.items():
            prepare(name, lab)
            times[name].append(play.run())
    return {name: figures(name, plays[name], times[name], lab) for name in VARIANTS}


def figures(name: str, play: Play, times: list[Time], lab: Lab) -> dict:
    """Per router. Traffic and processes are exact, so one more run tells them."""
    hosts = len(lab.routers)
    prepare(name, lab)
    counts = [ProcessCount(router) for router in lab.routers.values()]
    traffic = play.count_traffic()
    return {
        "controller_cpu_ms": round(1000 * statistics.median(time.cpu for time in times) / hosts, 1),
        "wall_s": round(statistics.median(time.wall for time in times), 2),
        "ssh_executions": traffic.executions / hosts,
        "bytes_to_router": round(traffic.sent / hosts),
        "bytes_from_router": round(traffic.received / hosts),
        "router_processes": statistics.median(count.started() for count in counts),
    }


def report(options: argparse.Namespace) -> dict:
    with tempfile.TemporaryDirectory(prefix="bench-", dir=ROOT / ".cache") as folder:
        lab = Lab(Path(folder, "lab"))
        try:
            print(f"starting {options.hosts} routers ...", file=sys.stderr)
            lab.start_many([f"r{number}" for number in range(1, options.hosts + 1)], options.flavour)
            results = measure(lab, Path(folder), options.repetitions)
        finally:
            lab.stop()
    floor = results["floor"]
    for result in results.values():
        result["times_floor"] = round(result["controller_cpu_ms"] / floor["controller_cpu_ms"], 2)
        result["script_processes"] = result["router_processes"] - floor["router_processes"]
    return {
        "hosts": options.hosts,
        "repetitions": options.repetitions,
        "flavour": options.flavour,
        "forks": FORKS,
        "ansible_core": ansible_version,
        "python": platform.python_version(),
        "cpus": len(os.sched_getaffinity(0)),
        "variants": results,
    }


def table(result: dict) -> str:
    lines = [
        f"{result['hosts']} routers ({result['flavour']}), {result['repetitions']} interleaved runs each; per router, medians",
        f"ansible-core {result['ansible_core']}, Python {result['python']}, {result['forks']} forks, {result['cpus']} CPUs "
        "shared with the routers",
        "",
        f"{'':24}{'controller':>14}{'times':>8}{'wall':>8}{'SSH':>8}{'bytes':>14}{'processes':>12}",
        f"{'':24}{'CPU':>14}{'floor':>8}{'':>8}{'execs':>8}{'to/from':>14}{'of script':>12}",
    ]
    for name, (title, *_) in VARIANTS.items():
        row = result["variants"][name]
        traffic = f"{row['bytes_to_router'] / 1000:.1f}k/{row['bytes_from_router'] / 1000:.1f}k"
        lines.append(
            f"{title:24}{row['controller_cpu_ms']:>11.1f} ms{row['times_floor']:>8.2f}{row['wall_s']:>6.1f} s"
            f"{row['ssh_executions']:>8.4g}{traffic:>14}{row['script_processes']:>12.4g}"
        )
    return "\n".join(lines)


NOTES = """
Unconfirmed: confirm_timeout: 0, which saves the connection that confirms the change.
CPU: user and system time of ansible-playbook and all its children, ssh included. Wall: the whole run, all routers.
Bytes: as ssh counts them, key exchange included. Processes: started on the router, less those of the floor, which are the
SSH server's and the login shell. Children of the test router's own uci, fw4 and nft are in it: a real router has fewer."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("--hosts", type=int, default=20, help="routers to start (default: %(default)s)")
    parser.add_argument("--repetitions", type=int, default=5, help="runs of each kind (default: %(default)s)")
    parser.add_argument("--flavour", choices=["24.10", "25.12"], default="24.10")
    parser.add_argument("--json", type=Path, default=ROOT / ".cache/bench.json", help="where the figures go")
    options = parser.parse_args()
    try:
        result = report(options)
    except RunFailed as error:
        print(error, file=sys.stderr)
        return 1
    options.json.write_text(json.dumps(result, indent=2) + "\n")
    print(table(result))
    print(NOTES)
    print(f"\nAs JSON: {os.path.relpath(options.json)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
