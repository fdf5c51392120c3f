# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The transaction: carries a plan out on the router, in one round trip, or leaves the router as it was."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field

from ansible_collections.fastpath.router.plugins.plugin_utils import failures, uci
from ansible_collections.fastpath.router.plugins.plugin_utils.desired import Desired
from ansible_collections.fastpath.router.plugins.plugin_utils.errors import RouterError
from ansible_collections.fastpath.router.plugins.plugin_utils.plan import Plan
from ansible_collections.fastpath.router.plugins.plugin_utils.probe import SCRIPT as PROBE
from ansible_collections.fastpath.router.plugins.plugin_utils.probe import probe_variables
from ansible_collections.fastpath.router.plugins.plugin_utils.router import Router, quote, shell_file
from ansible_collections.fastpath.router.plugins.plugin_utils.state import Observed, parse_probe

SCRIPT = (*PROBE, shell_file("packages"), shell_file("apply"))
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


def carry_out(router: Router, plan: Plan, desired: Desired, observed: Observed, check_only: bool) -> Outcome:
    """Carry PLAN out; where CHECK_ONLY, stage and check it in the router's RAM and take it back."""
    sections = router.run((*SCRIPT, _stage_files(plan)), _variables(plan, desired, observed, check_only), "apply")
    code = sections.get("error", "").strip()
    after = parse_probe(sections)
    return Outcome(
        observed=after,
        installed=sections.get("installed", "").split(),
        error=failures.explain(code, sections.get("error-detail", ""), plan, desired, "rollback-refused" in sections)
        if code
        else None,
        rolled_back="rolled-back" in sections,
        unchecked="unchecked" in sections,
        discarded=sections.get("discarded", "").strip() or None,
        comments_dropped="comments" in sections,
        left=[name[5:].strip() for name in sections if name.startswith("left ")],
    )


def _stage_files(plan: Plan) -> str:
    """A shell function that puts the new files into RAM, each with the hash it must have there."""
    calls = [f"put {quote(name)} {quote(text)} {_sha256(text)}" for name, text in plan.files.items()]
    return "\n".join(["stage_files() {", *(calls or [":"]), "}"])


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _variables(plan: Plan, desired: Desired, observed: Observed, check_only: bool) -> dict[str, str]:
    known = (path.rpartition("/")[2] for path in plan.paths)
    return {
        **probe_variables(desired.owner, desired.packages, known),
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
        "GENERATION": plan.generation or "",
        "SUMMARY": _summary(plan),
        "MISSING": " ".join(plan.packages),
        "MANAGER": observed.package_manager or "",
        "UPDATE_CACHE": desired.update_cache,
    }


def _flag(value: bool) -> str:
    return "1" if value else ""


def _summary(plan: Plan) -> str:
    """The change in one line of the router's log."""
    words = (f"{d.kind} {d.subject}: {d.before or '-'} -> {d.after or '-'}" for d in plan.differences)
    return UNPRINTABLE.sub(" ", "; ".join(words))[:300]
