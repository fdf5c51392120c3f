# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The transaction: carries a plan out on the router, in one round trip, or leaves the router as it was."""

from __future__ import annotations

import getpass
import hashlib
import json
import re
import socket
import time
import typing as t
from dataclasses import dataclass, field, replace

from ansible_collections.fastpath.router.plugins.plugin_utils import failures, uci
from ansible_collections.fastpath.router.plugins.plugin_utils.changes import Plan
from ansible_collections.fastpath.router.plugins.plugin_utils.desired import Desired
from ansible_collections.fastpath.router.plugins.plugin_utils.errors import RouterError, Unreachable
from ansible_collections.fastpath.router.plugins.plugin_utils.frame import new_nonce
from ansible_collections.fastpath.router.plugins.plugin_utils.probe import SCRIPT as PROBE
from ansible_collections.fastpath.router.plugins.plugin_utils.probe import probe_variables
from ansible_collections.fastpath.router.plugins.plugin_utils.router import Router, quote, shell_file
from ansible_collections.fastpath.router.plugins.plugin_utils.state import Observed, WayBack, parse_probe

FILES = ("packages", "staging", "loading", "flash", "confirmation", "apply")
SCRIPT = (*PROBE, *(shell_file(name) for name in FILES))
RETRY = 2  # seconds between two attempts to reach the router
ROLLBACK_SECONDS = 45  # for the router to reload its former configuration
Done = t.Callable[[Observed], bool]
UNPRINTABLE = re.compile(r"[^ -~]+")


@dataclass
class Outcome:
    """What a transaction did."""

    observed: Observed
    installed: list[str] = field(default_factory=list)
    error: RouterError | None = None
    rolled_back: bool = False
    unchecked: bool = False  # a check run could not have nft check the ruleset
    discarded: str | None = None  # where somebody else's staged changes were saved
    comments_dropped: bool = False
    left: list[str] = field(default_factory=list)  # live objects that nft would not delete


def carry_out(
    router: Router, plan: Plan, desired: Desired, observed: Observed, check_only: bool, is_done: Done
) -> Outcome:
    """Carry PLAN out and have it confirmed; where CHECK_ONLY, stage and check it in the router's RAM and take it back.

    IS_DONE says of an observed router whether the plan has been carried out there.
    """
    variables = _variables(plan, desired, observed, check_only)
    sections = router.run((*SCRIPT, _stage_files(plan)), variables, "apply")
    outcome = _outcome(sections, plan, desired)
    if "pending" not in sections:
        return outcome
    confirmed = _confirm(router, plan, desired, variables, is_done)
    return replace(
        confirmed,
        installed=outcome.installed,
        discarded=None if confirmed.error else outcome.discarded,
        comments_dropped=outcome.comments_dropped,
    )


def _outcome(sections: t.Mapping[str, str], plan: Plan, desired: Desired) -> Outcome:
    code = sections.get("error", "").strip()
    detail = sections.get("error-detail", "")
    return Outcome(
        observed=parse_probe(sections),
        installed=sections.get("installed", "").split(),
        error=failures.explain(code, detail, plan, desired, "rollback-refused" in sections) if code else None,
        rolled_back="rolled-back" in sections,
        unchecked="unchecked" in sections,
        discarded=sections.get("discarded", "").strip() or None,
        comments_dropped="comments" in sections,
        left=[name[5:].strip() for name in sections if name.startswith("left ")],
    )


def _confirm(router: Router, plan: Plan, desired: Desired, variables: t.Mapping[str, str], is_done: Done) -> Outcome:
    """Confirm the loaded change over fresh connections, until one comes through or the router has rolled back by itself."""
    deadline = time.monotonic() + desired.confirm_timeout
    reason = ""
    while time.monotonic() < deadline:
        try:
            sections = router.run(SCRIPT, variables, "confirm", afresh=True)
        except Unreachable as error:
            reason = error.detail
            time.sleep(RETRY)
            continue
        if sections.get("error", "").strip() == "confirmed-too-late":
            break
        return _outcome(sections, plan, desired)
    return _after_rollback(router, desired, reason, is_done)


def _after_rollback(router: Router, desired: Desired, reason: str, is_done: Done) -> Outcome:
    """Nobody confirmed in time. Look at what became of it: a confirmation may have come through whose answer got lost."""
    patience = time.monotonic() + ROLLBACK_SECONDS
    while True:
        try:
            observed = parse_probe(
                router.run(
                    PROBE,
                    probe_variables(desired.owner, desired.packages, (), desired.flowtables),
                    "probe",
                    afresh=True,
                )
            )
        except Unreachable:
            observed = None
        if (observed and not observed.pending_change) or time.monotonic() > patience:
            break
        time.sleep(RETRY)
    if observed and not observed.pending_change and is_done(observed):
        return Outcome(observed=observed)
    text = (
        "The router could not be reached over a fresh connection with the new firewall"
        if reason
        else "The change was not confirmed"
    )
    state = "It is rolled back: the router runs its former configuration."
    if observed is None:
        state = "It rolls back by itself, but it has not been reached since: look at it, or power it off and on."
    error = RouterError("unconfirmed", f"{text} within {desired.confirm_timeout} seconds. {state.rstrip('.')}",
                        "Look at what the change does to SSH from this controller.", detail=reason)  # fmt: skip
    return Outcome(observed=observed or Observed(), error=error, rolled_back=True)


def _stage_files(plan: Plan) -> str:
    """A shell function that puts the new files into RAM, each with the hash it must have there."""
    calls = [f"put {quote(name)} {quote(text)} {_sha256(text)}" for name, text in plan.files.items()]
    return "\n".join(["stage_files() {", *(calls or [":"]), "}"])


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _variables(plan: Plan, desired: Desired, observed: Observed, check_only: bool) -> dict[str, str]:
    paths = [*plan.paths, *([plan.script] if plan.script and desired.purge else [])]
    known = (path.rpartition("/")[2] for path in paths)
    return {
        **probe_variables(desired.owner, desired.packages, known, desired.flowtables),
        "CHECK_ONLY": _flag(check_only),
        "DISCARD": _flag(desired.pending_changes == "discard"),
        "STAGING": _flag(bool(plan.staged or plan.files)),
        "RELOAD": _flag(plan.reload),
        "MODE": desired.mode if desired.on_fallback == "fail" else "",
        "EXPECTED_HASHES": "\n".join(f"{digest}  {path}" for path, digest in observed.hashes.items()),
        "STAGED_BATCH": uci.batch(plan.staged),
        "STAGED_LINES": uci.staged(plan.staged),
        "FINAL_BATCH": uci.batch(plan.final),
        "FINAL_LINES": uci.staged(plan.final),
        "PATHS": " ".join(plan.paths),
        "OBSOLETE": " ".join(plan.obsolete),
        "OBJECTS": "\n".join(plan.objects),
        "NEW_OBJECTS": "\n".join(plan.new_objects),
        "GENERATION": plan.generation or "",
        "TABLE_GENERATION": plan.table_generation or "",
        "SCRIPT": plan.script or "",
        "PREVIOUS": _way_back(plan.way_back) if plan.way_back else "",
        "FORGET": _flag(plan.forget),
        "SUMMARY": _summary(plan),
        "CONFIRM": str(desired.confirm_timeout) if desired.confirm_timeout and (plan.staged or plan.files) else "",
        "TOKEN": new_nonce(),
        "WHO": _who(),
        "MISSING": " ".join(plan.packages),
        "MANAGER": observed.package_manager or "",
        "UPDATE_CACHE": desired.update_cache,
    }


def _way_back(way: WayBack) -> str:
    """One line that state.py reads again; the router adds the hash of the configuration that it is right for."""
    changes = [[change.path, change.value] for change in way.changes]
    record = {
        "changes": changes,
        "files": way.files,
        "objects": way.objects,
        "generation": way.generation,
        "flowtables": way.flowtables,
    }
    return json.dumps(record, separators=(",", ":"))


def _who() -> str:
    """Who changes the router, for whoever meets the unconfirmed change."""
    return UNPRINTABLE.sub("?", f"{getpass.getuser()}@{socket.gethostname()}")


def _flag(value: bool) -> str:
    return "1" if value else ""


def _summary(plan: Plan) -> str:
    """The change in one line of the router's log."""
    words = (f"{d.kind} {d.subject}: {d.before or '-'} -> {d.after or '-'}" for d in plan.differences)
    return UNPRINTABLE.sub(" ", "; ".join(words))[:300]
