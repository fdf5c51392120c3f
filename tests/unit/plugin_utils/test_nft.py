# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading what nft lists, of every nft that was recorded."""

from __future__ import annotations

from ansible_collections.fastpath.router.plugins.plugin_utils import nft

OLD = """table inet fw4 {
	flowtable ft {
		hook ingress priority filter
		devices = { eth1, br-lan }
		counter
	}
}
table inet lab {
	flowtable pft {
		hook ingress priority 5
		devices = { "v0", "v2" }
		flags offload
	}
	flowtable empty {
		hook ingress priority filter
	}
}
"""


def test_text_of_old_and_new_nft():
    assert nft.parse_flowtables(OLD) == [
        nft.Flowtable("inet", "fw4", "ft", ("br-lan", "eth1"), False, True),
        nft.Flowtable("inet", "lab", "pft", ("v0", "v2"), True, False),
        nft.Flowtable("inet", "lab", "empty", (), False, False),
    ]


def test_tables_without_flowtables():
    assert nft.parse_flowtables("table inet fw4 {\n}\n") == []
    assert nft.parse_flowtables("") == []


def test_the_rule_that_feeds_a_flowtable():
    assert nft.offloads_to("\t\tmeta l4proto { tcp, udp } flow add @ft\n", "ft")
    assert nft.offloads_to("meta l4proto { tcp, udp } flow offload @ft;", "ft")
    assert not nft.offloads_to("\t\tflow add @ft2\n", "ft")
