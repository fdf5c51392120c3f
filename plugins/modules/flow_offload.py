#!/usr/bin/python
# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Documentation only: the work is done on the controller by the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: flow_offload
short_description: Bring the flow offloading of an OpenWrt router to a declared state
version_added: 0.1.0
author: fastpath.router contributors (!UNKNOWN)
description:
  - Switches fw4's software or hardware flow offloading on or off, holds the options of the firewall's C(config defaults), and
    keeps nftables includes and flowtables of your own, in one transaction per router.
  - Nothing is written to flash that the router's own C(fw4 check) has not passed. The new state is first loaded from RAM and read
    back; where the router refuses it, everything is undone.
  - Needs no Python, no sftp and no extra package on the router. A router without drift costs one SSH round trip and nothing else.
requirements:
  - OpenWrt 22.03 or newer on the router (fw4)
extends_documentation_fragment:
  - fastpath.router.router
  - fastpath.router.attributes
options:
  mode:
    description:
      - The flow offloading that the router should have.
      - V(software) sets C(flow_offloading). V(hardware) sets C(flow_offloading_hw), too. V(none) switches both off where they are on.
      - An absent option and V(0) are the same.
    type: str
    required: true
    choices: [none, software, hardware, auto]
  packages:
    description:
      - Packages that must be installed. V([]) leaves packages alone.
      - A package is only installed when it is missing, and never when that would change the kernel package.
    type: list
    elements: str
    default: [kmod-nft-offload]
  package_manager:
    description: The router's package manager. V(auto) takes the one that is there.
    type: str
    choices: [auto, opkg, apk]
    default: auto
  update_cache:
    description: When to update the package lists. V(auto) does it only when something must be installed.
    type: str
    choices: [auto, always, never]
    default: auto
  firewall_defaults:
    description:
      - Other options of the firewall's C(config defaults), by their UCI names. Options that are not named stay as they are.
      - C(flow_offloading) and C(flow_offloading_hw) belong to O(mode) and are refused here.
    type: dict
  includes:
    description:
      - nftables includes that fw4 loads, in this order. A list that is not given is not managed.
      - Their text must also load at boot, before any network device exists. What could not, is refused.
    type: list
    elements: dict
    suboptions:
      name:
        description: A name for it, unique within the owner. Letters, digits, underscore and hyphen.
        type: str
        required: true
      position:
        description: Where fw4 puts it.
        type: str
        required: true
        choices: [ruleset-pre, ruleset-post, table-pre, table-post, chain-pre, chain-post]
      chain:
        description: The chain of fw4 that a C(chain-*) position means.
        type: str
      content:
        description: The text. Exactly one of O(includes[].content) and O(includes[].src).
        type: str
      src:
        description:
          - A file on the controller that holds the text, looked up as in M(ansible.builtin.copy).
          - Where its name ends in C(.j2) it is looked up and rendered as in M(ansible.builtin.template).
        type: str
  flowtables:
    description:
      - Flowtables of your own, where fw4's all or nothing is too much. A list that is not given is not managed.
      - They live in a table of their own, C(inet fastpath_OWNER), which a script include of fw4 makes anew after each start and
        reload, with the devices that exist then. Its chain sees what fw4 has accepted.
      - A router without any of their devices has no such flowtable, and keeps its firewall.
    type: list
    elements: dict
    suboptions:
      name:
        description: A name for it. A letter, then letters, digits and underscore.
        type: str
        required: true
      devices:
        description: Network devices by name. Exactly one of O(flowtables[].devices) and O(flowtables[].zones).
        type: list
        elements: str
      zones:
        description:
          - Firewall zones. Their devices are found on the router whenever the firewall is loaded, as fw4 does for its own flowtable.
          - With O(flowtables[].hardware) the ports below bridges and VLANs are taken.
        type: list
        elements: str
      hardware:
        description: Ask the devices' drivers to take the flows. Where they refuse, it is loaded without, and the router's log says so.
        type: bool
        default: false
      counter:
        description: Feed conntrack's accounting, so that offloaded packets are counted. Needs C(net.netfilter.nf_conntrack_acct=1).
        type: bool
        default: true
      chain:
        description: The name of the chain that offloads. Default is C(offload_NAME).
        type: str
      exclude:
        description: Flows that are never offloaded here. Comes before O(flowtables[].match).
        type: list
        elements: dict
        suboptions: &scope
          family:
            description: The address family.
            type: str
            choices: [ipv4, ipv6]
          protocols:
            description: Transport protocols.
            type: list
            elements: str
            choices: [tcp, udp]
          ports:
            description: Ports of the end that was connected to, such as V(443) or V(8000-8100).
            type: list
            elements: str
          source:
            description: Prefixes of the host that opened the connection, of both families. As they are inside, before source NAT.
            type: list
            elements: str
          destination:
            description: Prefixes of the other end, of both families. As they are after destination NAT.
            type: list
            elements: str
          dscp:
            description: Code points of the packets that the opener of the connection sends, by name or number.
            type: list
            elements: str
          mark:
            description: The mark of the packets that the opener of the connection sends, as value or value/mask.
            type: str
      match:
        description: The flows that are offloaded. Without it, all TCP and UDP.
        type: list
        elements: dict
        suboptions: *scope
      after_bytes:
        description:
          - Offload a flow only once it has carried that many bytes, so that short ones stay visible to shapers and accounting.
          - Needs C(net.netfilter.nf_conntrack_acct=1).
        type: int
        default: 0
  purge:
    description: Within a list that is given, drop the entries of this owner that are no longer named.
    type: bool
    default: true
  on_fallback:
    description:
      - What to do where less is loaded than is configured, for example software where the hardware was refused.
      - V(fail) undoes the change and fails the host.
    type: str
    choices: [warn, fail]
    default: warn
  pending_changes:
    description:
      - What to do with firewall changes that somebody else has staged and not committed.
      - V(discard) saves them in the router's RAM, names the place, and drops them.
    type: str
    choices: [fail, discard]
    default: fail
  confirm_timeout:
    description:
      - Seconds until a change undoes itself where nobody confirms it.
      - The change is loaded from RAM while flash keeps the former configuration. The task confirms it over a new SSH connection, and
        only then it is written to flash. A router that locks this controller out is back on its former configuration after that
        time, or after a power cycle.
      - At least 10; V(0) writes to flash as soon as the router has loaded the change.
    type: int
    default: 60
"""

EXAMPLES = r"""
- name: Software offloading on every router of the play
  fastpath.router.flow_offload:
    mode: software

- name: Hardware offloading, an include of our own, and nothing less
  fastpath.router.flow_offload:
    mode: hardware
    on_fallback: fail
    includes:
      - name: drop-invalid
        position: chain-pre
        chain: forward
        content: ct state invalid counter drop

- name: Web traffic only, by the drivers where they can, and not for the measuring host
  fastpath.router.flow_offload:
    mode: none
    flowtables:
      - name: pft
        zones: [lan, wan]
        hardware: true
        chain: lans
        exclude:
          - source: [192.168.1.50/32]
        match:
          - family: ipv4
            protocols: [tcp]
            ports: ["80", "443"]

- name: Take everything of ours off the router
  fastpath.router.flow_offload:
    mode: none
    includes: []
    flowtables: []
"""

RETURN = r"""
plan:
  description: What differed, in the order in which it is changed. Empty without drift.
  returned: when the router could be read
  type: list
  elements: dict
  contains:
    kind:
      description: One of package, option, include, order, flowtable, file, load.
      type: str
      sample: option
    subject:
      description: What it is about.
      type: str
      sample: flow_offloading
    before:
      description: As it was found. Null where there was nothing.
      type: str
    after:
      description: As it shall be. Null where nothing shall be.
      type: str
      sample: "1"
observed:
  description: The router as it is after the task, or as it was found in check mode.
  returned: when the router could be read
  type: dict
  contains:
    release:
      description: The OpenWrt release.
      type: str
      sample: 24.10.0
    target:
      description: The target and subtarget.
      type: str
      sample: ramips/mt7621
    package_manager:
      description: opkg or apk.
      type: str
    packages:
      description: The packages asked for, each with its version, or null where it is missing.
      type: dict
    mode:
      description:
        - C(requested) by the task, C(configured) in UCI, C(loaded) as nft lists it.
        - From OpenWrt 23.05 on, C(loaded=hardware) is no proof that the hardware takes the flows.
      type: dict
      sample: {requested: hardware, configured: hardware, loaded: hardware}
    flows:
      description: Connections that conntrack tagged as offloaded, counted on the router in one look. Null where it can't be read.
      type: dict
      sample: {software: 12, hardware: 0}
    flowtables:
      description: The flowtables that are loaded, whoever made them.
      type: list
      elements: dict
    includes:
      description: The includes of this owner, in their order.
      type: list
      elements: dict
findings:
  description: What is worth knowing and no error.
  returned: always
  type: list
  elements: dict
  contains:
    id:
      description: A stable name.
      type: str
    severity:
      description: info, warning or error.
      type: str
    message:
      description: What was found.
      type: str
    advice:
      description: What to do about it.
      type: str
    source:
      description: Where that is known from.
      type: str
transaction:
  description: What it took.
  returned: always
  type: dict
  contains:
    outcome:
      description: none (nothing was changed), confirmed (changed, read back and written to flash), rolled_back (undone).
      type: str
    round_trips:
      description: SSH executions.
      type: int
    seconds:
      description: Wall time.
      type: float
    packages_installed:
      description: Packages that were installed. They stay, also where the rest was undone.
      type: list
      elements: str
error:
  description: The stable code of the failure, with its parts.
  returned: on failure
  type: dict
  sample: {code: include-refused, message: "nft refuses an include", advice: "", detail: ""}
"""
