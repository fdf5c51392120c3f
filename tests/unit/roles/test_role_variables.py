# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of the roles verify and throughput: documented, named after their role, with one default each."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

ROLES = Path(__file__).resolve().parents[3] / "roles"


def load(role, path):
    return yaml.safe_load((ROLES / role / path).read_text(encoding="utf-8"))


@pytest.mark.parametrize("role", ["verify", "throughput"])
def test_defaults_are_as_documented(role):
    options = load(role, "meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    documented = {name: option["default"] for name, option in options.items() if "default" in option}
    assert load(role, "defaults/main.yml") == documented
    assert all(name.startswith(f"{role}_") for name in options)
    assert not [name for name, option in options.items() if option.get("required") and "default" in option]
