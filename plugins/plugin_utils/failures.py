# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The failures that a script on the router reports by a code, in words: what is wrong, and what to do."""

from __future__ import annotations

import re

from ansible_collections.fastpath.router.plugins.plugin_utils.changes import Plan
from ansible_collections.fastpath.router.plugins.plugin_utils.desired import KEEP, STAGE, Desired
from ansible_collections.fastpath.router.plugins.plugin_utils.errors import RouterError

AGAIN = "Nothing was changed. Run the task again."
# code: (what is wrong, what to do)
FAILURES = {
    "fastpath-busy": ("Another run is at work on this router", "Run the task again when it has ended."),
    "unconfirmed": ("A change waits for its confirmation", "Nothing was changed. Run the task again in two minutes."),
    "reloaded-underneath": (
        "Somebody reloaded the firewall before the change was confirmed, and with it the former configuration",
        "The router is as it was. Run the task again.",
    ),
    "fw4-busy": ("fw4 has been busy for 30 seconds", f"Look for a hanging script include (`ps w` on the router). {AGAIN}"),
    "config-busy": ("/etc/config/firewall has been locked by another program for 30 seconds", AGAIN),
    "changed-underneath": ("Somebody else changed the firewall's configuration while this run was at work", AGAIN),
    "luci-apply": ("A LuCI apply waits for its own confirmation", "Nothing was changed. Run the task again in two minutes."),
    "override": ("/var/run/uci/firewall overrides the firewall's configuration", "Remove it, and run the task again."),
    "ram-full": ("The router's RAM disk (/tmp) is full", "Make room there (look at `df /tmp`), or reboot the router."),
    "flash-full": ("The router's flash is full", "Make room on the overlay (look at `df /overlay`). The router is as it was."),
    "read-only": ("The router's file system is read-only", "Look at `mount` and `logread` on the router."),
    "staging-failed": ("uci did not stage the change as it was asked to", "The router is as it was. Look at `uci changes firewall` there."),
    "fw4-failed": ("fw4 cannot render the configuration", "The router is as it was. Correct what fw4 complains about."),
    "nft-crashed": ("nft crashed on the ruleset", "The router is as it was. Update the router's nftables package."),
    "include-not-rendered": ("fw4 would leave the include out: it knows no chain", "Name a chain that fw4 has."),
    "include-refused": ("nft refuses the include", "The router is as it was. Correct the include."),
    "ruleset-refused": ("nft refuses the ruleset", "The router is as it was. Correct what nft complains about."),
    "no-flowtables": ("The router's kernel has no flowtables", "Its kernel needs CONFIG_NF_FLOW_TABLE and the package kmod-nft-offload, "
                      "built for this very kernel. The router is as it was."),
    "flowtables-refused": ("nft refuses the flowtables", "The router is as it was. Correct what nft complains about; an older nft may not "
                           "know a word of it."),
    "flowtables-not-loaded": ("fw4 did not load the flowtables", "The former ones have been loaded again. "
                              "Look at `logread` on the router."),
    "fallback": ("Less would be loaded than is configured, and on_fallback is fail", "The hardware or a device refuses the offload. "
                 "Use mode: software, or on_fallback: warn. The router is as it was."),
    "load-refused": ("The firewall did not load the new ruleset", "The former one has been loaded again."),
    "load-incomplete": ("The firewall loaded something else than it rendered", "The former ruleset has been loaded again."),
    "rollback-refused": ("The change failed, and fw4 did not reload the former configuration either",
                         "The configuration on flash is the former one: look at `fw4 check` and `fw4 restart` on the router."),
    "package-manager-busy": ("The package manager is locked by another run of it", "Run the task again when it has ended."),
    "feed-unreachable": ("The package feeds cannot be reached", "The router needs its name server and a route to the feeds; or build the "
                         "package into the image."),
    "feed-signature": ("A package feed has a bad signature", "Do not install from it. Look at the router's clock, its keys, and the feed."),
    "package-unknown": ("No feed offers the package for this router", "Check its name; on a self-built image, build it into the image."),
    "kernel-change": ("Installing the package would change the kernel package", "The feed is for another build than this image: build the "
                      "package into the image, or upgrade the router."),
    "package-script": ("The package's own script failed after it was unpacked", "Look at the message; remove the package and try again."),
    "package-failed": ("The package manager failed", "Look at its message."),
}  # fmt: skip
STAGED_FILE = re.compile(rf"(?:{STAGE}|{KEEP})/\w+\.([A-Za-z0-9_-]+)\.[0-9a-f]{{16}}\.nft")
FLOWTABLE_REFUSED = re.compile(r"No such file or directory\n\s*flowtable |flow (?:offload|add) @", re.MULTILINE)


def explain(code: str, detail: str, plan: Plan, desired: Desired, rollback_refused: bool) -> RouterError:
    """The error behind CODE, with the paths in DETAIL put in terms of the task."""
    detail = detail.strip()
    if code == "ruleset-refused":
        if STAGED_FILE.search(detail):
            code = "include-refused"
        elif FLOWTABLE_REFUSED.search(detail) and any(d.subject == "flow_offloading" for d in plan.differences):
            code = "no-flowtables"
    if rollback_refused:
        message = FAILURES.get(code, (code, ""))[0]
        return RouterError("rollback-refused", *FAILURES["rollback-refused"], detail=f"{message}\n{detail}")
    message, advice = FAILURES.get(code, (f"The router reports {code!r}", "Look at the detail."))
    name = STAGED_FILE.search(detail)
    if name and code.startswith("include-"):
        chain = next((i.chain for i in desired.includes or () if i.name == name[1]), None)
        message += f" {chain!r} (include {name[1]})" if code == "include-not-rendered" else f" ({name[1]})"
    return RouterError(code, message, advice, STAGED_FILE.sub(r"include \1", detail))
