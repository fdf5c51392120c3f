# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The arguments of a task, validated by the module's own documentation."""

from __future__ import annotations

import typing as t

import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.fastpath.router.plugins.plugin_utils.errors import ArgumentError

# Keys of a documented option that are part of an argument specification.
SPEC_KEYS = ("type", "elements", "required", "default", "choices", "aliases")
Loader: t.Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def argument_spec(*documentation: str) -> dict[str, t.Any]:
    """The argument specification that DOCUMENTATION texts (a module's, and its fragments') describe."""
    spec: dict[str, t.Any] = {}
    for text in documentation:
        spec.update(_options((yaml.load(text, Loader=Loader) or {}).get("options") or {}))  # noqa: S506
    return spec


def _options(options: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    spec = {}
    for name, option in options.items():
        spec[name] = {key: option[key] for key in SPEC_KEYS if key in option}
        if "suboptions" in option:
            spec[name]["options"] = _options(option["suboptions"])
    return spec


def validate(spec: dict[str, t.Any], arguments: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """ARGUMENTS with types converted and defaults filled in. Raises ArgumentError."""
    result = ArgumentSpecValidator(spec).validate(dict(arguments))
    if result.error_messages:
        raise ArgumentError("; ".join(result.error_messages))
    return result.validated_parameters
