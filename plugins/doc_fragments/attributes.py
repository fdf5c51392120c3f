# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules support."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
attributes:
  check_mode:
    description: Whether it predicts the change without making it.
    support: full
    details:
      - Where there is drift, the change is staged in the router's RAM, checked by C(fw4 check), and taken back.
  diff_mode:
    description: Whether it shows what differs.
    support: full
  idempotent:
    description: Whether a second run right after the first changes nothing.
    support: full
  async:
    description: Whether it can run with the async keyword.
    support: none
  platform:
    description: Where it runs.
    support: full
    platforms: openwrt
"""
