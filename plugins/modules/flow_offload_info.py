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
  - With O(observe_seconds) it tells what really bypasses the firewall, in the same round trip.
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
  observe_seconds:
    description:
      - Takes two looks at the traffic, this many seconds apart (at most 60), and returns what they prove as RV(proof).
      - V(0) takes one look, at the tags of flows alone, which proves nothing.
      - Drivers report what their hardware forwarded every few seconds only, so give hardware offloading at least 10.
    type: int
    default: 0
"""

EXAMPLES = r"""
- name: Read the router
  fastpath.router.flow_offload_info:
  register: router

- name: Show how many flows skip the firewall
  ansible.builtin.debug:
    var: router.observed.flows

- name: Look twice, with 10 seconds between
  fastpath.router.flow_offload_info:
    observe_seconds: 10
  register: router

- name: Show whether flows really bypass the firewall
  ansible.builtin.debug:
    msg: "{{ router.proof.proven }}: {{ router.proof.message }}"
"""

RETURN = r"""
observed:
  description:
    - The same as in M(fastpath.router.flow_offload), and also C(kernel), C(board), C(model), C(defaults) (the options of
      C(config defaults)), C(policies) (the live base policies), C(staged) (uncommitted UCI changes of the firewall),
      C(owned_sections) (the UCI sections of this owner), and C(declared_flowtables) (what its custom flowtables were made from).
  returned: success
  type: dict
ansible_facts:
  description: The same, as the fact C(fastpath_router).
  returned: success
  type: dict
proof:
  description: What two looks at the traffic prove.
  returned: success, with O(observe_seconds)
  type: dict
  contains:
    proven:
      description:
        - V(hardware) and V(software) where most packets of offloaded flows cannot have taken the slow path. V(none) where
          no flowtable is loaded, where traffic was forwarded and none of it offloaded, and where flows that are tagged as
          offloaded take the slow path all the same, as IP fragments do. V(unknown) where there is too little to tell.
      type: str
      sample: software
    message:
      description: Why, in figures, and what to do where it is not proven.
      type: str
    seconds:
      description: The time between the looks.
      type: float
    flows:
      description: Flows that were offloaded in both looks, by their tag in conntrack.
      type: dict
      sample: {software: 12, hardware: 0}
    packets:
      description:
        - Packets between the looks. C(offloaded_flows) of flows that were tagged in both looks, C(hardware_flows) of those
          tagged C([HW_OFFLOAD]), C(other_flows) of all others (null where these are too many to remember), C(forwarded) by
          IP itself, C(slow_path) the most that can have taken the slow path (what IP received and did not deliver to the router).
      type: dict
      sample: {offloaded_flows: 8123, hardware_flows: 0, other_flows: 40, slow_path: 31, forwarded: 31}
    cpu:
      description:
        - The CPUs between the looks. How busy they were and in softirq, both in per cent of all CPUs; the busiest of them; and CPU
          time in all. Null where it could not be read.
      type: dict
      sample: {cores: 2, busy: 41.5, softirq: 38.0, busiest_core: 80.1, busy_seconds: 8.31}
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
