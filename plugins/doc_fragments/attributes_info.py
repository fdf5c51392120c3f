# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules that only read support."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
attributes:
  check_mode:
    description: Whether it predicts the change without making it.
    support: full
    details:
      - It changes nothing in any mode.
  diff_mode:
    description: Whether it shows what differs.
    support: N/A
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
