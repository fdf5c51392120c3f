# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Back to the state before the last confirmed change."""

from __future__ import annotations

from play import inventory_of, offload, play, task

FIRST = {"name": "first", "position": "chain-pre", "chain": "forward", "content": "ct state invalid counter drop"}
SECOND = {"name": "second", "position": "table-post", "content": "chain second {\n\tcounter\n}\n"}


def roll_back(router, **arguments):
    (result,) = play(inventory_of(router), [task("flow_offload_rollback", **{"confirm_timeout": 0, **arguments})])
    return result


def live(router):
    return router.run("nft -s list ruleset")


def test_one_change_back_with_its_include_files(router):
    offload(router, mode="none", includes=[FIRST])
    config, rules = router.run("uci show firewall"), live(router)
    offload(
        router,
        mode="software",
        includes=[SECOND, {**FIRST, "content": "counter"}],
        firewall_defaults={"drop_invalid": True},
    )
    result = roll_back(router, confirm_timeout=600)
    assert result["changed"], result
    assert result["transaction"]["outcome"] == "confirmed"
    assert router.run("uci show firewall") == config
    assert live(router) == rules
    assert not offload(router, mode="none", includes=[FIRST])["changed"]


def test_nothing_to_go_back_to(router):
    assert not roll_back(router)["changed"]
    offload(router, mode="software")
    assert roll_back(router)["changed"]
    assert not roll_back(router)["changed"]
    assert router.run("ls /etc/nftables.d") == "10-custom-filter-chains.nft\nREADME\n"


def test_refuses_when_somebody_changed_the_configuration_since(router):
    offload(router, mode="software")
    router.run("uci set firewall.@rule[0].enabled=0; uci commit firewall")
    files = router.files_snapshot()
    result = roll_back(router)
    assert result["error"]["code"] == "changed-since"
    assert router.files_snapshot() == files


def test_a_way_back_that_was_tampered_with_is_none(router):
    offload(router, mode="software")
    path = "/etc/nftables.d/fastpath/previous.fastpath"
    first, _, record = router.read(path).decode().partition("\n")
    router.write(path, f"{first}\n{record.replace('flow_offloading', 'x; reboot')}".encode())
    assert not roll_back(router)["changed"]
