#!/usr/bin/python
# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Documentation only: the work is done on the controller by the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: flow_offload_info
short_description: Read the flow offloading of an OpenWrt router
version_added: 0.1.0
author: fastpath.router contributors (!UNKNOWN)
description:
  - Reads in one SSH round trip what M(fastpath.router.flow_offload) bases its plan on, and changes nothing.
  - A router that M(fastpath.router.flow_offload) would refuse to change is read all the same; the reason is a finding.
requirements:
  - OpenWrt 22.03 or newer on the router (fw4)
extends_documentation_fragment:
  - fastpath.router.router
  - fastpath.router.attributes_info
options:
  packages:
    description: Packages whose versions to report.
    type: list
    elements: str
    default: [kmod-nft-offload]
"""

EXAMPLES = r"""
- name: Read the router
  fastpath.router.flow_offload_info:
  register: router

- name: Show how many flows skip the firewall
  ansible.builtin.debug:
    var: router.observed.flows
"""

RETURN = r"""
observed:
  description:
    - The same as in M(fastpath.router.flow_offload), and also C(kernel), C(board), C(model), C(defaults) (the options of
      C(config defaults)), C(policies) (the live base policies), C(staged) (uncommitted UCI changes of the firewall), and
      C(owned_sections) (the UCI sections of this owner).
  returned: success
  type: dict
ansible_facts:
  description: The same, as the fact C(fastpath_router).
  returned: success
  type: dict
findings:
  description: What would stop a change, and what is worth knowing, as in M(fastpath.router.flow_offload).
  returned: success
  type: list
  elements: dict
transaction:
  description: What it took, as in M(fastpath.router.flow_offload).
  returned: success
  type: dict
error:
  description: The stable code of the failure, with its parts.
  returned: on failure
  type: dict
"""
