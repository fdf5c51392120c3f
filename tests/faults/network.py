# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Neighbours of a test router: a host at its LAN port and one at its WAN port, each in a network namespace of its own.

What comes from them crosses the router's zones as on a real network, IPv4 and IPv6; what comes through podman or over
loopback is let in before any zone. Needs root.
"""

from __future__ import annotations

import contextlib
import os
import select
import shlex
import subprocess
from collections.abc import Iterator

# side: (the router's port, the device with its address, addresses of the router, addresses of the neighbour)
SIDES = {
    "lan": ("eth0", "br-lan", ("10.88.1.10", "fd00:88::10"), ("10.88.1.1/16", "fd00:88::1/64")),
    "wan": ("eth1", "eth1", ("10.89.1.10", "fd00:89::10"), ("10.89.1.1/16", "fd00:89::1/64")),
}
PATHS = {f"{side} IPv{4 + 2 * index}": (side, SIDES[side][2][index]) for side in SIDES for index in (0, 1)}


@contextlib.contextmanager
def neighbours(router: object) -> Iterator[None]:
    """Plug both ports of ROUTER to a neighbour, until the context ends. After a reboot: plug() again."""
    if os.geteuid():
        raise SystemExit("tests/faults: network namespaces need root")
    unplug(router)
    for side in SIDES:
        _ip("netns", "add", namespace(router, side))
    try:
        plug(router)
        yield
    finally:
        unplug(router)


def namespace(router: object, side: str) -> str:
    return f"fastpath-{router.lab.run_id}-{router.name}-{side}"


def unplug(router: object) -> None:
    for side in SIDES:
        subprocess.run(["ip", "netns", "del", namespace(router, side)], capture_output=True)


def plug(router: object) -> None:
    """The router's ports become ends of cables; their names, bridge and addresses stay."""
    inside = ["nsenter", "-t", str(router.pid), "-n"]
    _batch(inside, ["link del eth1", "link del eth0"], force=True)
    for side, (port, device, (_v4, v6), addresses) in SIDES.items():
        there = namespace(router, side)
        _ip("link", "add", port, "netns", str(router.pid), "type", "veth", "peer", port, "netns", there)
        mine = [f"link set {port} master br-lan"] if device != port else ["addr add 10.89.1.10/16 dev eth1"]
        mine += [f"link set {port} up", f"addr replace {v6}/64 dev {device} nodad"]
        theirs = [f"addr add {address} dev {port}{' nodad' if ':' in address else ''}" for address in addresses]
        _batch(inside, mine)
        _batch(["ip", "netns", "exec", there], [*theirs, f"link set {port} up"])


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


def _batch(prefix: list[str], lines: list[str], force: bool = False) -> None:
    command = [*prefix, "ip", *(["-force"] if force else []), "-batch", "-"]
    subprocess.run(command, input="\n".join(lines).encode(), check=not force, capture_output=True)


def ssh_options(router: object, path: str) -> list[str]:
    """Options of ssh for a connection by PATH, such as "lan IPv4". The process id is read anew for each connection."""
    side, address = PATHS[path]
    script = (
        f'read pid <"$0"; exec nsenter -t "${{pid:?}}" -m --net=/run/netns/{namespace(router, side)} '
        f"/usr/bin/nc {address} 22"
    )
    proxy = shlex.join(["/bin/sh", "-c", script, str(router.pid_file)])
    # ssh takes the first value that it is given for an option.
    return ["-o", f"ProxyCommand={proxy}", "-o", "ConnectTimeout=5", *router.ssh_options()]


def reaches(router: object, path: str, seconds: int) -> bool:
    """Whether the SSH server answers a neighbour by PATH."""
    side, address = PATHS[path]
    enter = ["nsenter", "-t", str(router.pid), "-m", f"--net=/run/netns/{namespace(router, side)}"]
    process = subprocess.Popen(
        [*enter, "/usr/bin/nc", address, "22"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        ready, _, _ = select.select([process.stdout], [], [], seconds)
        return bool(ready) and os.read(process.stdout.fileno(), 3) == b"SSH"
    finally:
        process.kill()
        process.communicate()


def logs_in(router: object, path: str) -> bool:
    """Whether a neighbour gets a shell by PATH."""
    patient = ["-o", "ConnectTimeout=30"]  # the first value counts
    command = ["ssh", "-F", "/dev/null", *patient, *ssh_options(router, path), f"root@{router.name}", "echo in"]
    with contextlib.suppress(subprocess.TimeoutExpired):
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60).stdout == b"in\n"
    return False
