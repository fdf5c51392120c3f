# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Custom flowtables on a test router: loaded, held, changed, taken away. That packets take them is tested in the virtual machine."""

from __future__ import annotations

import pytest
from play import inventory_of, offload, play, task

# The example that guides show.
PFT = {
    "name": "pft",
    "devices": ["eth0", "eth1"],
    "hardware": True,
    "chain": "lans",
    "match": [{"family": "ipv4", "protocols": ["tcp"], "ports": ["80", "443"]}],
}
ZONES = {"name": "zoned", "zones": ["lan", "wan"], "counter": False}


def table(router, owner="fastpath"):
    return router.run(f"nft list table inet fastpath_{owner} 2>/dev/null || true")


def state(router):
    """All that must be as before once everything of ours is gone."""
    left = router.run("find /tmp/.uci /var/run/fastpath -type f -size +0 2>/dev/null || true")
    return router.files_snapshot(), router.run("nft -s list ruleset"), left


def findings(result):
    return {finding["id"] for finding in result["findings"]}


def test_pft_and_lans(any_router):
    router = any_router
    router.run("logread -f >/dev/null & true")
    result = offload(router, flowtables=[PFT])
    assert result["changed"], result
    assert result["transaction"]["round_trips"] == 2
    assert "loaded-less" in findings(result)  # no driver of a container takes flows
    lines = [line.strip() for line in table(router).splitlines()]
    assert "devices = { eth0, eth1 }" in lines
    assert "flags offload" not in lines
    assert "type filter hook forward priority filter + 1; policy accept;" in lines
    assert [line for line in lines if "flow add" in line] == [
        "meta nfproto ipv4 ct direction original tcp dport { 80, 443 } ct state established flow add @pft",
        "meta nfproto ipv4 ct direction reply tcp sport { 80, 443 } ct state established flow add @pft",
    ]
    assert "hardware offload is refused" in router.run("logread")
    again = offload(router, flowtables=[PFT])
    assert (again["changed"], again["transaction"]["round_trips"]) == (False, 1), again


def test_hardware_where_the_driver_takes_it(router):
    router.write("/etc/double/hw-offload", b"yes", 0o644)
    result = offload(router, flowtables=[PFT], on_fallback="fail")
    assert result["changed"], result
    assert "flags offload" in table(router)
    assert "loaded-less" not in findings(result)
    assert not offload(router, flowtables=[PFT])["changed"]
    assert offload(router, flowtables=[{**PFT, "hardware": False}])["changed"]
    assert "flags offload" not in table(router)
    assert offload(router, flowtables=[PFT])["changed"]
    assert "flags offload" in table(router)


def test_a_fallback_that_is_not_accepted_changes_nothing(router):
    before = state(router)
    result = offload(router, flowtables=[PFT], on_fallback="fail")
    assert result["error"]["code"] == "fallback", result
    assert state(router) == before
    offload(router, flowtables=[PFT])
    assert offload(router, flowtables=[PFT], on_fallback="fail")["error"]["code"] == "fallback"


@pytest.mark.parametrize(
    "change",
    [
        {"devices": ["eth1"]},
        {"match": [{"protocols": ["udp"], "ports": ["53"]}]},
        {"chain": "others"},
        {"name": "other"},
        {"counter": False},
        {"after_bytes": 100000},
        {"exclude": [{"source": ["192.168.1.50/32", "fd00::50"]}, {"dscp": ["cs1"], "mark": "0x10/0xf0"}]},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_change_replaces_the_table_as_a_whole(router, change):
    offload(router, flowtables=[PFT])
    result = offload(router, flowtables=[{**PFT, **change}])
    assert [d["kind"] for d in result["plan"]] == ["flowtable"] * len(result["plan"])
    assert result["changed"], result
    changed = table(router)
    assert not offload(router, flowtables=[{**PFT, **change}])["changed"]
    router.reset()
    offload(router, flowtables=[{**PFT, **change}])
    assert table(router) == changed


def test_nothing_is_left_behind(any_router):
    router = any_router
    offload(router, flowtables=[])  # fw4 has been loaded once more, as after every change
    router.run("fw4 -q reload")
    before = state(router)
    offload(router, flowtables=[PFT, ZONES | {"zones": ["wan"]}])
    assert "pft" in table(router)
    result = offload(router, flowtables=[])
    assert result["changed"]
    assert table(router) == ""
    assert not offload(router, flowtables=[])["changed"]
    offload(router, includes=[], flowtables=[])  # which keeps no way back either
    after = state(router)
    assert after[1:] == before[1:]
    assert set(after[0]) == set(before[0])


def test_zones_find_their_devices(router):
    router.write("/etc/double/hw-offload", b"yes", 0o644)
    offload(router, flowtables=[ZONES])
    assert "devices = { br-lan, eth1 }" in table(router)
    assert "counter" not in table(router)
    result = offload(router, flowtables=[{**ZONES, "hardware": True}])
    assert result["changed"]
    assert "devices = { eth0, eth1 }" in table(router)  # a bridge has no driver, its ports have
    assert not offload(router, flowtables=[{**ZONES, "hardware": True}])["changed"]


def test_it_survives_a_reboot_and_a_reload(router):
    offload(router, flowtables=[ZONES])
    loaded = table(router)
    router.run("fw4 -q reload")
    assert table(router) == loaded
    router.reboot()
    assert table(router) == loaded
    assert not offload(router, flowtables=[ZONES])["changed"]


def configure_tun7(router):
    """A device that is configured and does not exist yet."""
    network = router.read("/etc/config/network")
    router.write("/etc/config/network", network + b"\nconfig interface 'vpn'\n\toption device 'tun7'\n", 0o600)


def test_a_device_comes_and_goes(router):
    configure_tun7(router)
    late = {"name": "late", "devices": ["eth1", "tun7"]}
    result = offload(router, flowtables=[late])
    assert result["changed"], result
    assert "device-absent" in findings(result)
    assert not offload(router, flowtables=[late])["changed"]
    router.run("ip link add tun7 type veth peer name tun8")
    result = offload(router, flowtables=[late])
    assert [(d["kind"], d["before"], d["after"]) for d in result["plan"]] == [("load", "eth1", "eth1 tun7")], result
    assert "tun7" in table(router)
    assert not offload(router, flowtables=[late])["changed"]
    router.run("ip link del tun7")
    offload(router, flowtables=[late])
    assert "tun7" not in router.run("nft list flowtables")


def test_no_device_at_all(router):
    configure_tun7(router)
    ghost = {"name": "ghost", "devices": ["tun7"]}
    before = router.run("nft -s list table inet fw4")
    result = offload(router, flowtables=[ghost])
    assert result["changed"], result
    assert "flowtable" not in table(router)
    assert router.run("nft -s list table inet fw4") == before
    assert not offload(router, flowtables=[ghost])["changed"]
    router.reboot()
    assert "chain input" in router.run("nft list table inet fw4")


def test_drift_is_seen_and_mended(router):
    offload(router, flowtables=[PFT])
    loaded, path = table(router), router.run("uci get firewall.fastpath_fastpath_flowtables.path").strip()
    for damage in (
        "nft delete table inet fastpath_fastpath",
        f"echo '# by hand' >>{path}",
        f"rm {path}",
        "uci delete firewall.fastpath_fastpath_flowtables && uci commit firewall",
        "uci set firewall.fastpath_fastpath_flowtables.fw4_compatible=0 && uci commit firewall",
    ):
        router.run(damage)
        assert offload(router, "--check", flowtables=[PFT])["changed"], damage
        assert offload(router, flowtables=[PFT])["changed"], damage
        assert table(router) == loaded
        assert not offload(router, flowtables=[PFT])["changed"], damage


def test_check_mode_predicts_and_changes_nothing(router):
    before = state(router)
    predicted = offload(router, "--check", "--diff", flowtables=[PFT])
    assert state(router) == before
    assert "pft" in predicted["diff"]["after"]
    assert predicted["plan"] == offload(router, flowtables=[PFT])["plan"]


def test_two_owners_and_purge(router):
    offload(router, flowtables=[PFT])
    offload(router, owner="guest", flowtables=[ZONES | {"zones": ["wan"]}])
    assert "pft" in table(router)
    assert "zoned" in table(router, "guest")
    kept = offload(router, flowtables=[{"name": "more", "zones": ["lan"]}], purge=False)
    assert kept["changed"], kept["msg"]
    assert "flowtable pft" in table(router)
    assert "flowtable more" in table(router)
    assert not offload(router, flowtables=[{"name": "more", "zones": ["lan"]}], purge=False)["changed"]
    assert not offload(router, flowtables=[{"name": "more", "zones": ["lan"]}, PFT], purge=True)["changed"]
    assert offload(router, flowtables=[{"name": "more", "zones": ["lan"]}])["changed"]
    assert "flowtable pft" not in table(router)
    assert "zoned" in table(router, "guest")


def test_not_given_is_not_managed(router):
    offload(router, flowtables=[PFT])
    loaded = table(router)
    assert offload(router, mode="software")["changed"]
    assert not offload(router, mode="software")["changed"]
    assert table(router) == loaded
    result = offload(router, mode="software", flowtables=[{"name": "plain", "zones": ["lan", "wan"]}])
    assert "flowtable-beside-mode" in findings(result)


def test_a_device_of_two_zones_goes_to_the_first(router):
    result = offload(router, flowtables=[{"name": "one", "zones": ["wan"]}, {"name": "two", "zones": ["lan", "wan"]}])
    assert "device-shared" in findings(result)
    assert "eth1 is in another flowtable already" in router.run("logread")
    assert not offload(
        router, flowtables=[{"name": "one", "zones": ["wan"]}, {"name": "two", "zones": ["lan", "wan"]}]
    )["changed"]


def test_confirmed_and_rolled_back(router):
    offload(router, flowtables=[PFT])
    former = table(router)
    assert offload(router, flowtables=[ZONES], confirm_timeout=20)["transaction"]["outcome"] == "confirmed"
    (back,) = play(inventory_of(router), [task("flow_offload_rollback")])
    assert back["changed"], back
    assert table(router) == former
    assert not offload(router, flowtables=[PFT])["changed"]
    assert offload(router, flowtables=[], confirm_timeout=20)["changed"]
    (back,) = play(inventory_of(router), [task("flow_offload_rollback")])
    assert table(router) == former, back


def test_the_first_one_is_rolled_back(router):
    offload(router, flowtables=[PFT])
    (back,) = play(inventory_of(router), [task("flow_offload_rollback")])
    assert back["changed"], back
    assert table(router) == ""


def test_an_unconfirmed_one_goes(router):
    before = state(router)
    lockout = {
        "name": "lockout",
        "position": "table-post",
        "content": "chain lockout {\n\ttype filter hook input priority filter - 5; policy drop;\n\tct state established accept\n}",
    }
    result = offload(router, flowtables=[PFT], includes=[lockout], confirm_timeout=10)
    assert result["error"]["code"] == "unconfirmed", result
    assert state(router) == before


@pytest.mark.parametrize(
    ("flowtable", "code", "words"),
    [
        ({"zones": ["nowhere"]}, "unknown-zone", "It has lan, wan"),
        ({"devices": ["eth77"]}, "unknown-device", "br-lan"),
        ({"zones": ["lan"], "chain": "counter"}, "flowtables-refused", "syntax error"),
    ],
)
def test_what_the_router_cannot_have_is_refused(router, flowtable, code, words):
    before = state(router)
    result = offload(router, flowtables=[{"name": "x", **flowtable}])
    assert result["error"]["code"] == code, result
    assert words in result["msg"] + result["error"]["detail"]
    assert state(router) == before


def test_a_kernel_without_flowtables(router):
    router.write("/etc/double/flowtables", b"no", 0o644)
    before = state(router)
    result = offload(router, flowtables=[PFT])
    assert result["error"]["code"] == "no-flowtables"
    assert "kmod-nft-offload" in result["msg"]
    assert "CONFIG_NF_FLOW_TABLE" in result["msg"]
    assert state(router) == before
