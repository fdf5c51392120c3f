# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task returns: the plan, the router, the findings and the cost, in the words of the module's documentation."""

from __future__ import annotations

import typing as t
from dataclasses import asdict

from ansible_collections.fastpath.router.plugins.plugin_utils.changes import Plan
from ansible_collections.fastpath.router.plugins.plugin_utils.desired import KEEP, Desired
from ansible_collections.fastpath.router.plugins.plugin_utils.flowtables import Flowtable, candidates, expected_devices
from ansible_collections.fastpath.router.plugins.plugin_utils.router import Router
from ansible_collections.fastpath.router.plugins.plugin_utils.state import Observed
from ansible_collections.fastpath.router.plugins.plugin_utils.transaction import Outcome

MODES = ("none", "software", "hardware")


def observed_report(
    observed: Observed, owner: str, packages: t.Iterable[str], requested: str | None
) -> dict[str, t.Any]:
    """The small picture of the router."""
    mode = {"configured": observed.configured_mode, "loaded": observed.loaded_mode}
    return {
        "release": observed.release.get("DISTRIB_RELEASE"),
        "target": observed.release.get("DISTRIB_TARGET"),
        "package_manager": observed.package_manager,
        "packages": {name: _version(observed, name) for name in packages},
        "mode": {"requested": requested, **mode} if requested else mode,
        "flows": observed.flows,
        "flowtables": [{**asdict(flowtable), "devices": list(flowtable.devices)} for flowtable in observed.flowtables],
        "includes": [
            {
                "name": section.name[len(f"fastpath_{owner}_") :],
                "position": section.get("position"),
                "chain": section.get("chain"),
                "path": section.get("path"),
            }
            for section in observed.owned_sections(owner)
            if section.name != f"fastpath_{owner}" and section.get("type") != "script"
        ],
    }


def full_report(observed: Observed, owner: str, packages: t.Iterable[str]) -> dict[str, t.Any]:
    """Everything that the probe understood."""
    defaults = observed.defaults[0].options if observed.defaults else {}
    return {
        **observed_report(observed, owner, packages, None),
        "kernel": observed.kernel,
        "board": observed.board,
        "model": observed.model,
        "defaults": {name: " ".join(values) for name, values in defaults.items()},
        "policies": observed.policies,
        "declared_flowtables": [flowtable.declared() for flowtable in observed.declared_flowtables(owner)],
        "staged": observed.staged,
        "owned_sections": [section.name for section in observed.owned_sections(owner)],
    }


def _version(observed: Observed, name: str) -> str | None:
    version, status = observed.packages.get(name, ("", "absent"))
    return version if status == "installed" else None


def plan_report(plan: Plan) -> list[dict[str, t.Any]]:
    return [asdict(difference) for difference in plan.differences]


def diff_report(plan: Plan, desired: Desired, observed: Observed) -> dict[str, str]:
    """Before and after of what is ours and differs, as text for --diff."""
    before, after = [], []
    for difference in plan.differences:
        if difference.kind == "include":
            continue
        _line(before, difference.kind, difference.subject, difference.before)
        _line(after, difference.kind, difference.subject, difference.after)
    changed = {difference.subject: difference for difference in plan.differences if difference.kind == "include"}
    texts = {include.name: include.text for include in desired.includes or ()}
    for name, difference in changed.items():
        if difference.before is not None:
            before.append(
                f"include {name}: {_place(difference.before)}\n{_indent(_text_before(name, desired, observed))}"
            )
        if difference.after is not None:
            after.append(f"include {name}: {_place(difference.after)}\n{_indent(texts.get(name, ''))}")
    return {
        "before_header": "as found",
        "after_header": "as declared",
        "before": "".join(before),
        "after": "".join(after),
    }


def _line(lines: list[str], kind: str, subject: str, value: str | None) -> None:
    if value is not None:
        lines.append(f"{kind} {subject} {value!r}\n" if kind == "option" else f"{kind} {subject}: {value}\n")


def _place(description: str) -> str:
    """Where an include stands, without the name of its file: the text itself follows."""
    return " ".join(word for word in description.split(" ") if not word.endswith(".nft"))


def _text_before(name: str, desired: Desired, observed: Observed) -> str:
    """The text that an include had on the router, from the file its section refers to."""
    section_name = f"fastpath_{desired.owner}_{name.replace('-', '_')}"
    section = next((s for s in observed.sections if s.name == section_name), None)
    file = (section.get("path") or "").removeprefix(f"{KEEP}/") if section else ""
    if file in observed.files:
        return observed.files[file]
    return next((i.text for i in desired.includes or () if i.file == file and observed.intact(file)), "")


def _indent(text: str) -> str:
    return "".join(f"  {line}\n" for line in text.splitlines())


def finding(id: str, severity: str, message: str, advice: str = "", source: str = "") -> dict[str, str]:
    return {"id": id, "severity": severity, "message": message, "advice": advice, "source": source}


def findings(plan: Plan, desired: Desired, observed: Observed, outcome: Outcome | None) -> list[dict[str, str]]:
    """What is worth knowing and no error. OBSERVED is the router as it is now."""
    found = []
    if outcome is None and observed.staged:
        found.append(
            finding(
                "pending-changes",
                "warning",
                "Somebody has staged firewall changes and not committed them: " + "; ".join(observed.staged[:5]),
                "Commit or revert them.",
            )
        )
    if plan.empty or (outcome is not None and outcome.error is None):
        found += _loaded_finding(desired.mode, observed)
        found += _flowtable_findings(desired, observed)
    if outcome is not None:
        found += _outcome_findings(plan, outcome)
    return found


def refused_hardware(flowtables: t.Iterable[Flowtable], owner: str, observed: Observed) -> list[str]:
    """The names of those that are loaded without the hardware that they ask for."""
    live = observed.live_flowtables(owner)
    return [f.name for f in flowtables if f.hardware and f.name in live and not live[f.name].hardware]


def _flowtable_findings(desired: Desired, observed: Observed) -> t.Iterator[dict[str, str]]:
    flowtables = desired.flowtables or ()
    if flowtables and desired.mode != "none":
        yield finding(
            "flowtable-beside-mode",
            "warning",
            f"mode: {desired.mode} takes all TCP and UDP into fw4's own flowtable first; "
            f"nothing is left for {', '.join(f.name for f in flowtables)}",
            "Set mode: none, or drop the flowtables.",
            "fw4's rule is the first one of its forward chain",
        )
    for name in refused_hardware(flowtables, desired.owner, observed):
        yield finding(
            "loaded-less",
            "warning",
            f"Flowtable {name}: hardware is declared, software is loaded",
            "A driver of its devices refuses hardware flows: set hardware: false.",
            "nft list flowtables",
        )
    expected = expected_devices(flowtables, observed.links, observed.zones)
    for flowtable in flowtables:
        meant = candidates(flowtable, observed.links, observed.zones)
        shared = [name for name in meant if name in observed.links and name not in expected[flowtable.name]]
        absent = [name for name in meant if name not in observed.links]
        if absent or not meant:
            yield finding(
                "device-absent",
                "info",
                f"Flowtable {flowtable.name}: {', '.join(absent) or 'no device of its zones'} does not exist now",
                "It is taken in by the reload that its interface triggers when it comes up.",
            )
        if shared:
            yield finding(
                "device-shared",
                "warning",
                f"Flowtable {flowtable.name}: {', '.join(shared)} is in an earlier flowtable, and can be in one only",
                "Name each device or zone once.",
            )
    if flowtables and "accounting" not in observed.flags:
        late = [f.name for f in flowtables if f.after_bytes]
        if late or any(f.counter for f in flowtables):
            yield finding(
                "accounting-off",
                "warning" if late else "info",
                f"Without accounting, {', '.join(late)} never offloads a flow: its bytes are not counted"
                if late
                else "The counter of flowtables feeds conntrack's accounting, which is off",
                "Set net.netfilter.nf_conntrack_acct=1 in /etc/sysctl.conf.",
                "nf_conntrack_acct",
            )


def _loaded_finding(mode: str, observed: Observed) -> list[dict[str, str]]:
    configured, loaded = observed.configured_mode, observed.loaded_mode
    if configured != mode or MODES.index(loaded) >= MODES.index(configured):
        return []
    return [
        finding("loaded-less", "warning", f"{configured} offloading is configured, {loaded} is loaded",
                "The driver refuses hardware flows: use mode software." if loaded == "software" else
                "No device of a zone exists, or the kernel has no flowtables: look at `fw4 check` and `nft list flowtables`.",
                "nft list flowtables")
    ]  # fmt: skip


def _outcome_findings(plan: Plan, outcome: Outcome) -> t.Iterator[dict[str, str]]:
    if outcome.comments_dropped:
        yield finding(
            "comments-dropped", "info", "Rewriting /etc/config/firewall drops the comments in it, as LuCI does"
        )
    if outcome.unchecked:
        yield finding(
            "unchecked", "info", "nft could not check the ruleset: it needs a package that a check run does not install"
        )
    if outcome.discarded:
        yield finding(
            "discarded",
            "warning",
            f"Firewall changes that somebody had staged were dropped; they are saved in {outcome.discarded}",
            "The file is in RAM: copy it before the next reboot.",
        )
    for name in outcome.left:
        yield finding(
            "object-left",
            "warning",
            f"nft would not delete {name}, which an include of ours had made",
            "Something else uses it: look at `nft list ruleset`.",
        )


def transaction_report(router: Router, outcome: Outcome | None, changed: bool) -> dict[str, t.Any]:
    name = "rolled_back" if outcome and outcome.rolled_back else "confirmed" if changed else "none"
    return {
        "outcome": name,
        "round_trips": router.round_trips,
        "seconds": router.seconds,
        "packages_installed": outcome.installed if outcome else [],
    }
