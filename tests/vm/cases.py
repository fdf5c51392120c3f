# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the cases of the kernel test matrix share: the table, flows from client to server, and what becomes of them."""

from __future__ import annotations

import functools
import itertools
import json
import re
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass

from play import offload_task, play

CLIENT, SERVER = "10.88.0.2", "10.89.0.1"
SERVER6 = "fd89::1"
SECONDS = 180  # before something that must come is given up
MANY = 300  # packets between two looks, enough to tell a flow that crosses a chain from one that does not
FEW = 12  # a flow that is offloaded shows its first packets, and may show a few when the ruleset is loaded again

finished: list[tuple[str, str]] = []  # (title, what happened), until the report of the test takes it
_client_ports = itertools.count(40001)


def case(title: str) -> Callable:
    """One row of the matrix. The test returns, in a phrase, what happened; braces in the title are its parameters."""

    def decorate(test: Callable) -> Callable:
        @functools.wraps(test)
        def run(**arguments: object) -> None:
            name = title.format(**arguments)
            try:
                finished.append((name, test(**arguments)))
            except BaseException as error:
                finished.append((name, (str(error) or type(error).__name__).splitlines()[0]))
                raise

        return run

    return decorate


def until(condition: Callable[[], object], what: str) -> object:
    """Its first true value. Nothing here depends on how fast the machine is."""
    deadline = time.monotonic() + SECONDS
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"{what}: not within {SECONDS} s"
        time.sleep(0.1)


ON = "uci set firewall.@defaults[0].flow_offloading=1; uci commit firewall; fw4 -q reload"
HARDWARE_ON = "uci set firewall.@defaults[0].flow_offloading_hw=1; " + ON
# What netifd does for an interface that comes up, but for telling the firewall.
WAN_RETURNS = """
/opt/vm/port eth1 server
ip addr add 10.89.1.10/16 dev eth1; ip addr add fd89::10/64 dev eth1; ip link set eth1 up
"""
LAN_RETURNS = "/opt/vm/port eth0 client; ip link set eth0 master br-lan; ip link set eth0 up"
IFUP_WAN = "/opt/double/bin/hotplug-iface wan eth1"


def converge(vm: object, *options: str, **arguments: object) -> dict:
    """One run of flow_offload on the router, as a playbook calls it."""
    inventory = {"all": vm.inventory()["all"]["children"]["routers"]}
    (result,) = play(inventory, [offload_task(**arguments)], *options)
    return result


def flowtables(vm: object) -> str:
    return " ".join(vm.router.run("nft list flowtables").split())


def devices(vm) -> str:
    found = re.search(r"devices = \{ (.*?) \}", flowtables(vm))
    return found[1] if found else "none"


def closed(vm) -> bool:
    """Whether fw4's ruleset is there, with its policies."""
    ruleset = vm.router.run("nft list table inet fw4")
    return (
        "hook input priority filter; policy drop" in ruleset and "hook forward priority filter; policy drop" in ruleset
    )


@dataclass
class Look:
    """A flow at one moment: conntrack's tag and packets, and how many of them the forward hook has seen."""

    tag: str  # OFFLOAD, HW_OFFLOAD or ""
    packets: int
    forward: int  # just before the packets were read
    forward_after: int


@dataclass
class Passage:
    """What happened to a flow between two looks."""

    tag: str
    packets: int
    forward: int

    @property
    def offloaded(self) -> bool:
        return self.tag != "" and self.forward <= FEW

    def __str__(self) -> str:
        return f"[{self.tag or 'no tag'}], {self.forward} of {self.packets} packets in forward"


class Flow:
    """A transfer from the client to the server at a low rate, until it is ended. Counted by its client's port."""

    def __init__(
        self, vm: object, options: str = "-b 8M -l 1400", server: str = SERVER, server_port: int = 5201
    ) -> None:
        self.vm = vm
        self.port = next(_client_ports)
        self.server_port = server_port
        self.watch = f"watch_{self.port}"
        self.pid_file = f"/tmp/flow-{self.port}"
        vm.router.run("nft -f -", self._watch().encode())
        vm.server.run(f"iperf3 -s -1 -D -p {server_port}")
        arguments = f"-J -t 0 --cport {self.port} -c {server} -p {server_port} {options}"
        self.process = vm.client.start(f"echo $$ >{self.pid_file}; exec iperf3 {arguments}")
        until(self._entry, f"a flow to {server}")

    def _watch(self) -> str:
        """Sees what the firewall, at its usual priority, has accepted."""
        return f"""table inet {self.watch} {{
            counter seen {{ }}
            chain forward {{
                type filter hook forward priority filter + 20; policy accept;
                th sport {self.port} counter name seen
                th dport {self.port} counter name seen
            }}
        }}"""

    def _entry(self) -> str:
        """conntrack's line about the data, not about iperf3's control connection."""
        assert self.process.poll() is None, f"the transfer ended: {self.process.communicate()}"
        return self.vm.router.run(f"grep 'sport={self.port} ' /proc/net/nf_conntrack || true").strip()

    def look(self) -> Look:
        counter = f"nft list counter inet {self.watch} seen"
        script = f"{counter}; grep 'sport={self.port} ' /proc/net/nf_conntrack; {counter}"
        text = self.vm.router.run(script)
        tag = re.search(r"\[((?:HW_)?OFFLOAD)\]", text)
        packets = sum(map(int, re.findall(r"packets=(\d+)", text)))
        before, after = map(int, re.findall(r"packets (\d+) bytes", text))
        return Look(tag[1] if tag else "", packets, before, after)

    def passage(self, packets: int = MANY) -> Passage:
        """Two looks with at least that many packets between them.

        The forward hook is watched for a little longer than the flow, so that a packet of the flow that crossed it is seen.
        """
        first = self.look()
        last = until(lambda: (look := self.look()).packets >= first.packets + packets and look, "packets of a flow")
        return Passage(last.tag, last.packets - first.packets, last.forward_after - first.forward)

    def settled(self, after: int = 40) -> Passage:
        """After its first packets, of which conntrack and the flowtable need a few."""
        until(lambda: self.look().packets > after, "the first packets of a flow")
        return self.passage()

    def alive(self) -> bool:
        return self.process.poll() is None

    def retransmits(self) -> int:
        """End it; the segments that were sent again."""
        self._end()
        out, err = self.process.communicate(timeout=SECONDS)
        report = json.loads(out)
        assert report["error"] == "interrupt - the client has terminated", err
        return report["end"].get("sum_sent", {}).get("retransmits", 0)

    def _end(self) -> None:
        self.vm.client.exec(f"kill -INT $(cat {self.pid_file})")

    def __enter__(self) -> Flow:
        return self

    def __exit__(self, *_exception: object) -> None:
        if self.process.poll() is None:
            self._end()
        try:
            self.process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
        # Its server has nobody else to wait for, but may not have noticed.
        self.vm.server.exec(f"pgrep -f 'iperf3 -s -1 -D -p {self.server_port}' | while read -r pid; do kill $pid; done")
        self.vm.router.exec(f"nft delete table inet {self.watch}")


def survives_reloads(vm: object) -> str:
    """A flow that is offloaded, before and after reloads of the firewall; what became of it, in a phrase."""
    with Flow(vm) as flow:
        assert flow.settled().offloaded
        before = flow.look()
        for _ in range(3):
            vm.router.run("fw4 -q reload")
        after = flow.settled()
        seen = flow.look().forward - before.forward
        again = flow.retransmits()
    assert after.offloaded
    return f"3 reloads: {seen} packets in forward, {again} segments sent again, {after}"
