# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Double of firewall4: renders the nftables ruleset from UCI and the network state."""

STATE_FILE = "/var/run/fw4.state"
