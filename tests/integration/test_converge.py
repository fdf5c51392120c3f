# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The main job on test routers, over SSH: converge, converge again, drift, take away."""

from __future__ import annotations

from play import offload

DROP_INVALID = {
    "name": "drop-invalid",
    "position": "chain-pre",
    "chain": "forward",
    "content": "ct state invalid counter drop",
}
WATCH = {
    "name": "watch",
    "position": "table-post",
    "content": "chain watch {\n\ttype filter hook forward priority filter - 1; policy accept;\n\tcounter\n}\n",
}


def only_option(result, subject):
    return [(d["before"], d["after"]) for d in result["plan"] if d["subject"] == subject]


def test_software_is_loaded_and_on_flash(any_router):
    result = offload(any_router, mode="software")
    assert result["changed"], result
    assert result["observed"]["mode"] == {"requested": "software", "configured": "software", "loaded": "software"}
    assert result["transaction"]["outcome"] == "confirmed"
    assert result["transaction"]["round_trips"] == 2
    assert b"option flow_offloading '1'" in any_router.read("/etc/config/firewall")
    assert "flow add @ft" in any_router.run("nft list chain inet fw4 forward")


def test_second_run_changes_nothing(any_router):
    arguments = {"mode": "software", "includes": [DROP_INVALID, WATCH], "firewall_defaults": {"drop_invalid": True}}
    assert offload(any_router, **arguments)["changed"]
    before = any_router.files_snapshot()
    rules = any_router.run("nft -s -a list table inet fw4")
    again = offload(any_router, **arguments)
    assert not again["changed"]
    assert again["plan"] == []
    assert again["transaction"]["round_trips"] == 1
    assert any_router.files_snapshot() == before
    assert any_router.run("nft -s -a list table inet fw4") == rules, "it reloaded the firewall"


def test_survives_a_reboot(router):
    arguments = {"mode": "software", "includes": [DROP_INVALID, WATCH]}
    offload(router, **arguments)
    router.reboot()
    again = offload(router, **arguments)
    assert not again["changed"], again["plan"]
    assert "ct state invalid counter" in router.run("nft list chain inet fw4 forward")


def test_leaves_no_trace_in_ram_but_the_lock_file(router):
    offload(router, mode="software", includes=[DROP_INVALID])
    assert router.run("uci changes") == ""
    assert router.run("ls -d /var/run/fastpath /tmp/fastpath* 2>/dev/null || true") == ""


def test_a_check_run_predicts_and_changes_nothing(any_router):
    before = any_router.files_snapshot()
    rules = any_router.run("nft -s -a list table inet fw4")
    arguments = {"mode": "software", "includes": [DROP_INVALID]}
    predicted = offload(any_router, "--check", "--diff", **arguments)
    assert predicted["changed"]
    assert any_router.files_snapshot() == before
    assert any_router.run("nft -s -a list table inet fw4") == rules
    assert any_router.run("uci changes") == ""
    real = offload(any_router, "--diff", **arguments)
    assert real["plan"] == predicted["plan"]
    assert real["diff"] == predicted["diff"]


def test_none_takes_everything_of_ours_away(router):
    offload(router, mode="hardware", includes=[DROP_INVALID, WATCH])
    result = offload(router, mode="none", includes=[])
    assert result["changed"]
    config = router.read("/etc/config/firewall").decode()
    assert "fastpath" not in config
    assert "option flow_offloading '0'" in config
    assert router.run("ls /etc/nftables.d") == "10-custom-filter-chains.nft\nREADME\n"
    table = router.run("nft list table inet fw4")
    assert "chain watch" not in table
    assert "fastpath" not in table
    assert not offload(router, mode="none", includes=[])["changed"]


def test_a_chain_of_fw4_that_an_include_added_to_stays(router):
    chain = router.run("nft -s list chain inet fw4 forward")
    more = {
        "name": "more",
        "position": "table-post",
        "content": "chain forward {\n\tcounter\n}\nchain mine {\n\tcounter\n}\n",
    }
    assert offload(router, includes=[more])["changed"]
    assert router.run("nft -s list chain inet fw4 forward") != chain
    offload(router, includes=[])
    assert router.run("nft -s list chain inet fw4 forward") == chain
    assert "chain mine" not in router.run("nft list table inet fw4")


def test_corrects_what_somebody_changed_by_hand(router):
    arguments = {"mode": "software", "includes": [DROP_INVALID], "firewall_defaults": {"input": "reject"}}
    offload(router, **arguments)
    router.run(
        "uci set firewall.@defaults[0].input=ACCEPT; uci set firewall.@defaults[0].flow_offloading=off; "
        "uci set firewall.fastpath_fastpath_drop_invalid.position=chain-post; uci commit firewall; fw4 reload"
    )
    result = offload(router, **arguments)
    assert only_option(result, "input") == [("ACCEPT", "REJECT")]
    assert only_option(result, "flow_offloading") == [("off", "1")]
    assert [d["subject"] for d in result["plan"] if d["kind"] == "include"] == ["drop-invalid"]
    assert not offload(router, **arguments)["changed"]


def test_restores_a_damaged_include_file(router):
    arguments = {"includes": [DROP_INVALID]}
    path = offload(router, **arguments)["observed"]["includes"][0]["path"]
    text = router.read(path)
    router.write(path, b"counter\n")
    result = offload(router, **arguments)
    assert [(d["kind"], d["before"].rpartition(" (")[2]) for d in result["plan"]] == [
        ("include", "file changed by hand)")
    ]
    assert router.read(path) == text
    assert not offload(router, **arguments)["changed"]


def test_booleans_and_policies_are_compared_by_meaning(router):
    router.run(
        "uci set firewall.@defaults[0].flow_offloading=yes; uci set firewall.@defaults[0].flow_offloading_hw=off; "
        "uci set firewall.@defaults[0].input=reject; uci commit firewall; fw4 reload"
    )
    result = offload(router, mode="software", firewall_defaults={"input": "REJECT", "synflood_protect": True})
    assert not result["changed"], result["plan"]


def test_includes_keep_their_order(router):
    first, second = (
        {**DROP_INVALID, "name": name, "content": f'counter comment "{name}"'} for name in ("first", "second")
    )
    offload(router, includes=[first, second])
    result = offload(router, includes=[second, first])
    assert [d["kind"] for d in result["plan"]] == ["order"]
    chain = router.run("nft list chain inet fw4 forward")
    assert chain.index('comment "second"') < chain.index('comment "first"')
    assert not offload(router, includes=[second, first])["changed"]


def test_two_owners_leave_each_other_alone(router):
    offload(router, includes=[DROP_INVALID])
    other = {"owner": "other", "includes": [WATCH]}
    assert offload(router, **other)["changed"]
    assert not offload(router, includes=[DROP_INVALID])["changed"]
    offload(router, owner="other", includes=[])
    assert "drop_invalid" in router.run("uci show firewall")
    assert "watch" not in router.run("uci show firewall")


def test_purge_false_keeps_what_is_no_longer_named(router):
    offload(router, includes=[DROP_INVALID, WATCH])
    assert not offload(router, includes=[WATCH], purge=False)["changed"]
    assert offload(router, includes=[WATCH])["changed"]


def test_installs_a_missing_package(any_router):
    manager = any_router.run("opkg remove kmod-nft-offload 2>/dev/null || apk del kmod-nft-offload 2>/dev/null; true")
    result = offload(any_router, mode="software", packages=["kmod-nft-offload"])
    assert result["changed"], (manager, result)
    assert result["transaction"]["packages_installed"] == ["kmod-nft-offload"]
    assert result["observed"]["packages"]["kmod-nft-offload"]
    assert not offload(any_router, mode="software", packages=["kmod-nft-offload"])["changed"]


def test_content_arrives_byte_for_byte(router):
    text = "# ' \" ` $(reboot) \\ $HOME é \u2603 \u0081 EOF\n\t# '\\''; reboot\ncounter\n"
    result = offload(router, includes=[{**DROP_INVALID, "content": text}])
    path = result["observed"]["includes"][0]["path"]
    assert router.read(path).decode() == text


def test_a_router_without_a_defaults_section_gets_one(router):
    router.run("uci delete firewall.@defaults[0]; uci commit firewall; fw4 reload")
    assert offload(router, mode="software")["observed"]["mode"]["loaded"] == "software"
    assert router.run("uci get firewall.@defaults[0]") == "defaults\n"


def test_a_live_ruleset_that_lost_our_includes_is_loaded_again(router):
    offload(router, includes=[DROP_INVALID])
    router.run("nft flush chain inet fw4 forward; nft flush chain inet fw4 fastpath_fastpath")
    result = offload(router, includes=[DROP_INVALID])
    assert [d["kind"] for d in result["plan"]] == ["load"]
    assert "ct state invalid counter" in router.run("nft list chain inet fw4 forward")


def test_hardware_falls_back_and_says_so(router):
    result = offload(router, mode="hardware")
    assert result["observed"]["mode"] == {"requested": "hardware", "configured": "hardware", "loaded": "software"}
    assert [f["id"] for f in result["findings"] if f["severity"] == "warning"] == ["loaded-less"]
    assert not offload(router, mode="hardware")["changed"]
    assert offload(router, mode="hardware", on_fallback="fail")["error"]["code"] == "fallback"


def test_hardware_that_must_not_fall_back_leaves_the_router_as_it_was(router):
    before = router.files_snapshot()
    result = offload(router, mode="hardware", on_fallback="fail")
    assert result["error"]["code"] == "fallback"
    assert router.files_snapshot() == before
    assert "flow add" not in router.run("nft list chain inet fw4 forward")
