# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role's variables are the module's options: the same names, types, choices and defaults."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from ansible_collections.fastpath.router.plugins.action.flow_offload import ActionModule

ROLE = Path(__file__).resolve().parents[3] / "roles/flow_offload"
PREFIX = "flow_offload_"
OPTIONS = ActionModule.ARGUMENTS


def load(path):
    return yaml.safe_load((ROLE / path).read_text(encoding="utf-8"))


SPECS = load("meta/argument_specs.yml")["argument_specs"]["main"]["options"]
DEFAULTS = load("defaults/main.yml")
TASK = load("tasks/main.yml")[0]["fastpath.router.flow_offload"]


def without_descriptions(spec):
    spec = {key: value for key, value in spec.items() if key != "description"}
    if "options" in spec:
        spec["options"] = {name: without_descriptions(option) for name, option in spec["options"].items()}
    return spec


def test_no_option_is_left_out():
    assert set(TASK) == set(OPTIONS)
    assert set(SPECS) == {PREFIX + name for name in OPTIONS}


@pytest.mark.parametrize("name", OPTIONS)
def test_an_option_has_the_same_specification(name):
    assert without_descriptions(SPECS[PREFIX + name]) == without_descriptions(OPTIONS[name])


@pytest.mark.parametrize("name", OPTIONS)
def test_a_variable_reaches_its_option_and_has_its_default(name):
    variable = PREFIX + name
    if "default" in OPTIONS[name]:
        assert DEFAULTS[variable] == OPTIONS[name]["default"]
    else:
        assert variable not in DEFAULTS
    optional = "default" not in OPTIONS[name] and not OPTIONS[name].get("required")
    filters = r" \| default\(omit\)" if optional else ""
    assert re.fullmatch(r"{{ " + variable + filters + " }}", TASK[name])
