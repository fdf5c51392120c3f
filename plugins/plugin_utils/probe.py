# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The probe: one round trip that reads everything the plan needs."""

from __future__ import annotations

import typing as t

from ansible_collections.fastpath.router.plugins.plugin_utils.flowtables import Flowtable
from ansible_collections.fastpath.router.plugins.plugin_utils.router import Router, shell_file
from ansible_collections.fastpath.router.plugins.plugin_utils.state import Observed, parse_probe

SCRIPT = (shell_file("common"), shell_file("devices"), shell_file("probe"))


def probe_variables(
    owner: str,
    packages: t.Iterable[str],
    known_files: t.Iterable[str],
    flowtables: t.Iterable[Flowtable] | None = None,
    detail: bool = False,
) -> dict[str, str]:
    """What the probe has to be told. The text of KNOWN_FILES is on the controller already and not sent back.

    FLOWTABLES: also read what these stand on. DETAIL: also read what only a full report needs.
    """
    named = list(flowtables or ())
    return {
        "FLOWTABLES": "" if flowtables is None else "1",
        "ZONES": " ".join(dict.fromkeys(zone for flowtable in named for zone in flowtable.zones)),
        "DEVICES": " ".join(dict.fromkeys(device for flowtable in named for device in flowtable.devices)),
        "OWNER": owner,
        "PACKAGES": " ".join(packages),
        "KNOWN": f" {' '.join(known_files)} ",
        "DETAIL": "1" if detail else "",
    }


def probe(
    router: Router,
    owner: str,
    packages: t.Iterable[str],
    known_files: t.Iterable[str],
    flowtables: t.Iterable[Flowtable] | None = None,
    detail: bool = False,
) -> Observed:
    """One look at ROUTER; the arguments are those of probe_variables()."""
    return parse_probe(router.run(SCRIPT, probe_variables(owner, packages, known_files, flowtables, detail), "probe"))
