#!/usr/bin/python
# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Documentation only: the work is done on the controller by the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: flow_offload_rollback
short_description: Bring a router back to the state before its last change
version_added: 0.1.0
author: fastpath.router contributors (!UNKNOWN)
description:
  - Undoes the last change that M(fastpath.router.flow_offload) wrote to the router's flash, in one transaction of the same kind.
  - One change is kept, with the include files that the state before it needs. There is no way back from a rollback.
  - Refuses when somebody has changed the firewall's configuration since. Packages that were installed stay.
  - A router with nothing to roll back to is left as it is and reported as unchanged.
requirements:
  - OpenWrt 22.03 or newer on the router (fw4)
extends_documentation_fragment:
  - fastpath.router.router
  - fastpath.router.attributes
options:
  confirm_timeout:
    description: Seconds until the rollback undoes itself where nobody confirms it, as in M(fastpath.router.flow_offload).
    type: int
    default: 60
"""

EXAMPLES = r"""
- name: Undo the last change
  fastpath.router.flow_offload_rollback:
"""

RETURN = r"""
plan:
  description: The UCI changes that lead back, as in M(fastpath.router.flow_offload), with C(kind=rollback).
  returned: when the router could be read
  type: list
  elements: dict
observed:
  description: The router as it is after the task, as in M(fastpath.router.flow_offload).
  returned: when the router could be read
  type: dict
findings:
  description: What is worth knowing and no error.
  returned: always
  type: list
  elements: dict
transaction:
  description: What it took, as in M(fastpath.router.flow_offload).
  returned: always
  type: dict
error:
  description: The stable code of the failure, with its parts.
  returned: on failure
  type: dict
"""
