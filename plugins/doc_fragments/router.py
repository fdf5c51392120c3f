# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that every module of the collection has."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  owner:
    description:
      - Whose entries these are. Plays with different owners leave each other's includes alone.
      - Part of every mark on the router. Lower-case letters and digits.
    type: str
    default: fastpath
notes:
  - The connection must be able to pass a script on standard input, as P(ansible.builtin.ssh#connection) does.
  - Gathering facts needs Python on the target, so plays against routers set C(gather_facts=false).
"""
