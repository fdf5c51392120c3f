#!/usr/bin/python
# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Documentation only: the work is done on the controller by the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: report
short_description: Show a text as it is, and keep its data as JSON
version_added: 0.1.0
author: fastpath.router contributors (!UNKNOWN)
description:
  - Prints O(text) on the controller line by line, as it is. M(ansible.builtin.debug) would print it as quoted JSON.
  - Writes O(data) to a file on the controller, where O(dest) names one.
  - Talks to no host.
notes:
  - Use it with C(run_once). A play on C(localhost) would do as well, but C(--limit) leaves C(localhost) out, and no play
    follows one in which every host failed.
options:
  text:
    description: The text.
    type: str
    required: true
  data:
    description: What to write to O(dest).
    type: raw
  dest:
    description: A file on the controller. Empty, none is written.
    type: path
  unreachable:
    description:
      - Ends the host that shows the report as unreachable.
      - For a host that was kept in the play by C(ignore_unreachable) only to show the report.
    type: bool
    default: false
attributes:
  check_mode:
    description: Whether it predicts the change without making it.
    support: none
    details:
      - It does the same in check mode. What it writes is the report on the check run.
  diff_mode:
    description: Whether it shows what differs.
    support: N/A
  platform:
    description: Where it runs.
    support: full
    platforms: controller
"""

EXAMPLES = r"""
- name: Show how the fleet stands
  fastpath.router.report:
    text: "{{ drift | fastpath.router.report_table({'router': 'router', 'state': 'state', 'what': 'what drifted'}) }}"
    data: "{{ drift }}"
    dest: drift.json
  run_once: true
"""

RETURN = r""" # """
