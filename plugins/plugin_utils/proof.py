# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Proof of offloading: two looks at the traffic, and what they show.

A tag in conntrack is no proof: IP fragments carry it and cross the firewall all the same. So the packets that tagged flows carried
are held against those that took the slow path in the same time. Whatever of the former exceeds all of the latter was offloaded.

The slow path is bounded from above by what IP received and did not deliver to the router itself; an offloaded packet never
reaches IP. ForwDatagrams would be too low: in older kernels (6.1 is one) it leaves out what the forward chain dropped.
"""

from __future__ import annotations

import math
import typing as t
from dataclasses import dataclass, field

from ansible_collections.fastpath.router.plugins.plugin_utils.errors import ArgumentError
from ansible_collections.fastpath.router.plugins.plugin_utils.nft import Flowtable

MAX_SECONDS = 60
ENOUGH = 20  # packets; fewer prove nothing
TICKS = 100  # per second, what /proc/stat counts in (USER_HZ)

IDLE = "Make traffic through the router that lasts, such as a download, and look again; verify_traffic does it for you."
ACCOUNTING = "net.netfilter.nf_conntrack_acct=1"


@dataclass(frozen=True)
class Looks:
    """What changed between two looks."""

    seconds: float = 0.0
    readable: bool = False  # whether there is a /proc/net/nf_conntrack with at least one flow
    accounting: bool | None = None  # the sysctl; None where the kernel has none
    received: int = 0  # packets that reached IP: all but those that were offloaded
    delivered: int = 0  # of these, to the router itself
    forwarded: int = 0  # of these, sent on
    tagged: int = 0  # flows with a tag, over both looks
    software_flows: int = 0  # tagged in both looks, and accounted
    hardware_flows: int = 0
    uncounted_flows: int = 0  # tagged, and not accounted
    software_packets: int = 0  # of the flows that were tagged in both looks
    hardware_packets: int = 0
    other_packets: int = 0  # of all other flows
    other_unknown: bool = False  # whether other_packets leaves some out
    busiest_other: int = 0  # packets of the busiest TCP or UDP flow that has an answer and no tag
    cpu: t.Mapping[str, t.Mapping[str, int]] = field(default_factory=dict)  # {cpu: {all, idle, softirq}}, in ticks

    @property
    def offloaded_packets(self) -> int:
        return self.software_packets + self.hardware_packets

    @property
    def slow(self) -> int:
        """The most packets that can have taken the slow path."""
        return max(self.received - self.delivered, self.forwarded, 0)

    @property
    def slow_for_sure(self) -> int:
        """The least packets of offloaded flows that must have taken the slow path."""
        return 0 if self.other_unknown else min(max(self.forwarded - self.other_packets, 0), self.offloaded_packets)


@dataclass(frozen=True)
class Verdict:
    proven: str  # none | software | hardware | unknown
    message: str


def check_seconds(seconds: int) -> int:
    if not 0 <= seconds <= MAX_SECONDS:
        raise ArgumentError(
            f"observe_seconds: {seconds} is not possible", f"Use 1 to {MAX_SECONDS} seconds, or 0 for a single look."
        )
    return seconds


def parse_looks(text: str) -> Looks:
    """Understand the lines "name value" of the section "looks". What is missing stays at its default."""
    values: dict[str, str] = {}
    cpu: dict[str, dict[str, int]] = {}
    for line in text.splitlines():
        name, _space, value = line.partition(" ")
        core, dot, kind = name.partition(".")
        if dot:
            cpu.setdefault(core, {})[kind] = _count(value)
        else:
            values[name] = value
    numbers = {name: _count(values.get(name, "")) for name in COUNTS}
    accounting = values.get("acct", "")
    return Looks(
        seconds=round(_number(values.get("seconds", "")), 2),
        readable=_count(values.get("readable", "")) > 0,
        accounting=accounting.strip() == "1" if accounting else None,
        other_unknown=_count(values.get("other_unknown", "")) > 0,
        cpu=cpu,
        **numbers,
    )


COUNTS = (
    "received",
    "delivered",
    "forwarded",
    "tagged",
    "software_flows",
    "hardware_flows",
    "uncounted_flows",
    "software_packets",
    "hardware_packets",
    "other_packets",
    "busiest_other",
)


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        return 0.0
    return number if math.isfinite(number) else 0.0


def _count(text: str) -> int:
    return int(_number(text))


# ---- judgement --------------------------------------------------------------------------------------------------------


def judge(looks: Looks, flowtables: t.Sequence[Flowtable]) -> Verdict:
    """What LOOKS prove, with these FLOWTABLES loaded."""
    listed = any(flowtable.hardware for flowtable in flowtables)
    if _exceeds(looks.hardware_packets, looks.slow):
        return Verdict("hardware", _bypassed(looks.hardware_packets, looks, "flows that the hardware took"))
    if _exceeds(looks.offloaded_packets, looks.slow):
        text = _bypassed(looks.offloaded_packets, looks, "offloaded flows")
        return Verdict("software", f"{text}. {_not_hardware(looks)}" if listed else text)
    return _not_proven(looks, flowtables)


def _exceeds(offloaded: int, slow: int) -> bool:
    """Whether most of OFFLOADED packets cannot be among the SLOW ones."""
    return offloaded - slow >= max(ENOUGH, offloaded / 2)


def _bypassed(offloaded: int, looks: Looks, whose: str) -> str:
    return (
        f"{offloaded} packets of {whose} in {looks.seconds:g} seconds, and at most {looks.slow} packets of any flow on the slow "
        f"path: at least {offloaded - looks.slow} bypassed the firewall"
    )


def _not_hardware(looks: Looks) -> str:
    if not looks.hardware_flows:
        return "Hardware offloading is loaded, but the driver took none of the flows: they are offloaded in software"
    if looks.hardware_packets < ENOUGH:
        return (
            f"{looks.hardware_flows} flows are tagged [HW_OFFLOAD], and the driver counted {looks.hardware_packets} packets for "
            "them: they are idle, or the driver counts late or never"
        )
    return "Some flows are in hardware, but other traffic hides how much"


def _not_proven(looks: Looks, flowtables: t.Sequence[Flowtable]) -> Verdict:
    if not flowtables:
        return Verdict("none", "No flowtable is loaded, so no flow can be offloaded. Set a mode other than none.")
    if not looks.readable and not looks.tagged:
        return Verdict(
            "unknown",
            "/proc/net/nf_conntrack has no flows, or the kernel does not have it (CONFIG_NF_CONNTRACK_PROCFS): nothing to look at",
        )
    if not looks.tagged:
        return _nothing_tagged(looks)
    if looks.offloaded_packets < ENOUGH:
        return _too_little(looks, flowtables)
    if 4 * looks.slow_for_sure >= 3 * looks.offloaded_packets:
        return Verdict(
            "none",
            f"Of {looks.offloaded_packets} packets of flows that are tagged as offloaded, at least {looks.slow_for_sure} took the "
            "slow path all the same. IP fragments do so; look for large UDP datagrams, and for devices that the flowtable lacks.",
        )
    if min(looks.offloaded_packets - looks.slow, looks.slow_for_sure) >= ENOUGH:
        return Verdict(
            "unknown",
            f"Of {looks.offloaded_packets} packets of offloaded flows, at least {looks.offloaded_packets - looks.slow} bypassed the "
            f"firewall and at least {looks.slow_for_sure} did not. It is like this where the flowtable lacks the device of one "
            "direction.",
        )
    return Verdict(
        "unknown",
        f"{looks.offloaded_packets} packets of offloaded flows in {looks.seconds:g} seconds, and up to {looks.slow} packets on the "
        "slow path, of these or of other flows: that proves nothing. Look again with less other traffic, or with verify_traffic.",
    )


def _nothing_tagged(looks: Looks) -> Verdict:
    if min(looks.forwarded, looks.busiest_other) >= ENOUGH:
        return Verdict(
            "none",
            f"{looks.forwarded} packets were forwarded in {looks.seconds:g} seconds, and no flow is offloaded: no rule sends this "
            "traffic to the flowtable, an earlier rule accepts it, or its devices are not in the flowtable.",
        )
    if not looks.accounting:
        return Verdict("unknown", f"No flow is offloaded at the moment, and {_accounting_is_off()}")
    return Verdict("unknown", f"No flow is offloaded at the moment, and too little was forwarded. {IDLE}")


def _too_little(looks: Looks, flowtables: t.Sequence[Flowtable]) -> Verdict:
    mute = [f"{flowtable.table} {flowtable.name}" for flowtable in flowtables if not flowtable.counter]
    if not looks.accounting:
        return Verdict("unknown", f"Flows are tagged as offloaded, but {_accounting_is_off()}")
    if looks.uncounted_flows and not looks.software_flows + looks.hardware_flows:
        return Verdict(
            "unknown",
            f"Flows are tagged as offloaded, but they are older than the setting {ACCOUNTING}, and so not counted. Look again "
            "with new flows.",
        )
    if mute:
        return Verdict(
            "unknown",
            f"Flows are tagged as offloaded, but nothing counts their packets: the flowtable {', '.join(mute)} has no 'counter'. "
            "fw4 gives its own one from OpenWrt 24.10 on; for one of yours, set counter: true.",
        )
    if looks.hardware_flows:
        return Verdict(
            "unknown",
            f"{looks.hardware_flows} flows are tagged [HW_OFFLOAD], but hardly any packets were counted for them: they are idle, or "
            f"the driver counts late or never. Look for longer, with traffic that lasts (at most {MAX_SECONDS} seconds).",
        )
    return Verdict(
        "unknown", f"Flows are tagged as offloaded, but they carried too little in {looks.seconds:g} seconds. {IDLE}"
    )


def _accounting_is_off() -> str:
    return (
        f"conntrack counts no packets, so nothing can be proven. OpenWrt sets {ACCOUNTING}; `sysctl -w {ACCOUNTING}` does it until "
        "the next boot, for flows made after it."
    )


# ---- report -----------------------------------------------------------------------------------------------------------


def proof_report(looks: Looks, flowtables: t.Sequence[Flowtable]) -> dict[str, t.Any]:
    verdict = judge(looks, flowtables)
    return {
        "proven": verdict.proven,
        "message": verdict.message,
        "seconds": looks.seconds,
        "flows": {"software": looks.software_flows, "hardware": looks.hardware_flows},
        "packets": {
            "offloaded_flows": looks.offloaded_packets,
            "hardware_flows": looks.hardware_packets,
            "other_flows": None if looks.other_unknown else looks.other_packets,
            "slow_path": looks.slow,
            "forwarded": looks.forwarded,
        },
        "cpu": cpu_report(looks.cpu),
    }


def cpu_report(cpu: t.Mapping[str, t.Mapping[str, int]]) -> dict[str, t.Any] | None:
    """Per cent of all CPUs and of the busiest one, and seconds of CPU time in all; None where they were not read."""
    cores = {name: ticks for name, ticks in cpu.items() if name != "cpu"}
    whole = cpu.get("cpu")
    if not whole or not cores or whole.get("all", 0) <= 0:
        return None
    return {
        "cores": len(cores),
        "busy": _percent(whole["all"] - whole["idle"], whole["all"]),
        "softirq": _percent(whole["softirq"], whole["all"]),
        "busiest_core": max(_percent(ticks["all"] - ticks["idle"], ticks["all"]) for ticks in cores.values()),
        "busy_seconds": round((whole["all"] - whole["idle"]) / TICKS, 2),
    }


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 1) if whole > 0 else 0.0
