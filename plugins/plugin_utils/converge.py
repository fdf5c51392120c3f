# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The main job: probe, plan, and, where something differs, one transaction."""

from __future__ import annotations

import typing as t

from ansible_collections.fastpath.router.plugins.plugin_utils import failures, report
from ansible_collections.fastpath.router.plugins.plugin_utils.changes import Plan
from ansible_collections.fastpath.router.plugins.plugin_utils.desired import Desired
from ansible_collections.fastpath.router.plugins.plugin_utils.errors import ArgumentError, RouterError
from ansible_collections.fastpath.router.plugins.plugin_utils.flowtables import flowtable_script
from ansible_collections.fastpath.router.plugins.plugin_utils.plan import make_plan, plan_way_back
from ansible_collections.fastpath.router.plugins.plugin_utils.probe import probe
from ansible_collections.fastpath.router.plugins.plugin_utils.refusals import refusals, refuse_stranger
from ansible_collections.fastpath.router.plugins.plugin_utils.router import Router
from ansible_collections.fastpath.router.plugins.plugin_utils.state import Observed
from ansible_collections.fastpath.router.plugins.plugin_utils.transaction import Outcome, carry_out


def converge(router: Router, desired: Desired, check: bool, diff: bool) -> tuple[dict[str, t.Any], RouterError | None]:
    """Bring ROUTER to DESIRED. Returns the task's result, and the error where it failed with something to report.

    Raises RouterError where the router could not even be read.
    """
    observed = probe(router, desired.owner, desired.packages, _known_files(desired), desired.flowtables)
    refuse_stranger(observed)
    for refusal in refusals(observed):
        raise refusal
    plan = make_plan(desired, observed)
    outcome, error = None, None
    if not plan.empty or (desired.update_cache == "always" and not check):
        _refuse_pending(plan, desired, observed)
        _refuse_unconfirmable(router, desired)
        outcome = carry_out(router, plan, desired, observed, check, lambda now: make_plan(desired, now).empty)
        error = outcome.error or _not_converged(desired, outcome, check)
    elif desired.on_fallback == "fail":
        error = _fallback(desired, observed)
    return _result(router, plan, desired, observed, outcome, error, check, diff), error


def _known_files(desired: Desired) -> list[str]:
    """The files that the router has by these names already, where nothing is to be changed."""
    files = [include.file for include in desired.includes or ()]
    if desired.flowtables and desired.purge:
        files.append(flowtable_script(desired.flowtables, desired.owner).file)
    return files


def roll_back(router: Router, desired: Desired, check: bool, diff: bool) -> tuple[dict[str, t.Any], RouterError | None]:
    """Bring ROUTER back to the state before its last confirmed change. DESIRED carries the owner and the settings.

    Returns and raises as converge() does.
    """
    observed = probe(router, desired.owner, (), ())
    refuse_stranger(observed)
    for refusal in refusals(observed):
        raise refusal
    plan, outcome, error = Plan(), None, None
    if observed.way_back:
        if observed.way_back.config_hash != observed.config_hash:
            raise RouterError(
                "changed-since",
                "Somebody has changed the firewall's configuration since the change that would be rolled back",
                "Declare the state that you want and run the role; nothing was changed.",
            )
        plan = plan_way_back(observed.way_back, observed, desired.owner)
        _refuse_pending(plan, desired, observed)
        _refuse_unconfirmable(router, desired)
        outcome = carry_out(router, plan, desired, observed, check, lambda now: now.way_back is None)
        error = outcome.error
    return _result(router, plan, desired, observed, outcome, error, check, diff), error


def _refuse_pending(plan: Plan, desired: Desired, observed: Observed) -> None:
    if "busy" in observed.flags and not plan.empty:
        raise RouterError("fastpath-busy", *failures.FAILURES["fastpath-busy"])
    if observed.staged and not plan.empty and desired.pending_changes == "fail":
        raise RouterError(
            "pending-changes",
            "Somebody has staged firewall changes on the router and not committed them; they would be loaded with ours",
            "Commit or revert them there, or set pending_changes: discard.",
            detail="\n".join(observed.staged[:20]),
        )


def _refuse_unconfirmable(router: Router, desired: Desired) -> None:
    if desired.confirm_timeout and not router.can_confirm:
        raise ArgumentError(
            "a change can only be confirmed over SSH, and this connection is none",
            "Set confirm_timeout: 0, or use ansible_connection: ssh.",
        )


def _not_converged(desired: Desired, outcome: Outcome, check: bool) -> RouterError | None:
    """The last look: a writer that got in right behind the transaction must not pass for success."""
    plan = Plan() if check else make_plan(desired, outcome.observed)
    if plan.empty:
        return None
    return RouterError(
        "not-converged",
        "The change was made, but the router is not as declared right after it",
        "Somebody else writes its configuration: find out who, and run the task again.",
        detail="\n".join(f"{d.kind} {d.subject}: {d.before} -> {d.after}" for d in plan.differences),
    )


def _fallback(desired: Desired, observed: Observed) -> RouterError | None:
    refused = report.refused_hardware(desired.flowtables or (), desired.owner, observed)
    if refused:
        return RouterError(
            "fallback",
            f"Flowtable {', '.join(refused)}: hardware is declared, software is loaded, and on_fallback is fail",
            "The hardware or a device refuses the offload: use hardware: false, or on_fallback: warn.",
        )
    if report.MODES.index(observed.loaded_mode) >= report.MODES.index(desired.mode):
        return None
    return RouterError(
        "fallback",
        f"{desired.mode} offloading is configured, {observed.loaded_mode} is loaded, and on_fallback is fail",
        "The hardware or a device refuses the offload: use another mode, or on_fallback: warn.",
    )


def _result(
    router: Router,
    plan: Plan,
    desired: Desired,
    observed: Observed,
    outcome: Outcome | None,
    error: RouterError | None,
    check: bool,
    diff: bool,
) -> dict[str, t.Any]:
    changed = not plan.empty and error is None
    now = outcome.observed if outcome else observed
    result = {
        "changed": changed,
        "plan": report.plan_report(plan),
        "observed": report.observed_report(now, desired.owner, desired.packages, desired.mode),
        "findings": report.findings(plan, desired, now, outcome),
        "transaction": report.transaction_report(router, outcome, changed and not check),
    }
    if diff:
        result["diff"] = report.diff_report(plan, desired, observed)
    return result
