# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bad input and routers that must not be changed: one failed host, a message that says what to do, the router as before."""

from __future__ import annotations

import subprocess

import pytest
from play import inventory_of, offload, play, task

INCLUDE = {"name": "ours", "position": "chain-pre", "chain": "forward", "content": "counter"}


def include(**changes):
    return [{**INCLUDE, **changes}]


# apk makes its lock file when it is first run.
OF_THE_TOOLS = {"/lib/apk/db/lock"}


def state(router):
    """Everything that a refused run must leave as it was: flash, staged changes, and the live rules without their counters."""
    files = {path: content for path, content in router.files_snapshot().items() if path not in OF_THE_TOOLS}
    return files, router.run("uci -q changes; true"), router.run("nft -s list ruleset")


def refuse(router, *needles, **arguments):
    """Run flow_offload, which must fail with all NEEDLES in its message and leave every file as it was."""
    before = state(router)
    result = offload(router, **arguments)
    assert_refused(result, needles)
    assert state(router) == before


def assert_refused(result, needles):
    message = result["msg"]
    assert result["status"] == "failed", message
    assert not result["changed"]
    assert "Traceback" not in message
    for needle in needles:
        assert needle in message, message


ARGUMENTS = {
    "unknown mode": (("mode", "turbo"), {"mode": "turbo"}),
    "mode auto": (("auto", "none, software or hardware"), {"mode": "auto"}),
    "unknown position": (("chain-pre",), {"includes": include(position="middle")}),
    "missing chain": (("needs a chain",), {"includes": include(chain=None)}),
    "superfluous chain": (("takes no chain",), {"includes": include(position="table-pre")}),
    "shell text as a chain": (("no name of a chain",), {"includes": include(chain="forward; reboot")}),
    "shell text as a package": (("no name of a package",), {"packages": ["kmod-nft-offload; reboot"]}),
    "option as a package": (("no name of a package",), {"packages": ["--force-depends"]}),
    "shell text as an owner": (("owner",), {"owner": "$(reboot)"}),
    "bad include name": (("not possible as a name",), {"includes": include(name="../x")}),
    "same section twice": (("same UCI section",), {"includes": include(name="a-b") + include(name="a_b")}),
    "neither content nor src": (("exactly one",), {"includes": include(content=None)}),
    "both content and src": (("exactly one",), {"includes": include(src="x")}),
    "missing src": (("cannot be read",), {"includes": include(content=None, src="nowhere.nft")}),
    "flow_offloading as a default": (("belongs to 'mode'",), {"firewall_defaults": {"flow_offloading": True}}),
    "unknown default": (("no option",), {"firewall_defaults": {"inputt": "DROP"}}),
    "boolean that crashes fw4": (("true or false",), {"firewall_defaults": {"drop_invalid": "enabled"}}),
    "bad policy": (("ACCEPT, REJECT or DROP",), {"firewall_defaults": {"input": "LOG"}}),
    "include of a file": (("includes another file",), {"includes": include(content='include "/etc/x"')}),
    "host name": (("host name", "address"), {"includes": include(content="ip saddr router.example.com drop")}),
    "flush ruleset": (("flush ruleset",), {"includes": include(content="flush ruleset")}),
    "flowtable": (("flowtable", "boot"), {"includes": include(content="flow add @ft")}),
    "device index": (("iifname", "boot"), {"includes": include(content="iif eth0 drop")}),
    "netdev hook": (("boot",), {"includes": include(position="table-post", chain=None,
                    content="chain x { type filter hook ingress device eth0 priority 0; }")}),
    "fw4's own definition": (("$wan_devices",), {"includes": include(content="iifname $wan_devices drop")}),
    "unbalanced braces": (("closes a block",), {"includes": include(content="counter }\nchain x {")}),
    "NUL": (("NUL",), {"includes": include(content="counter\0")}),
    "300 KB": (("bytes",), {"includes": include(content="# x\n" * 76800)}),
    "other package manager": (("has opkg",), {"packages": ["ethtool"], "package_manager": "apk"}),
    "unknown option": (("preflight",), {"preflight": "warn"}),
    "what nft refuses": (("include ours:2:", "Error: syntax error", "this is not nft"),
                         {"includes": include(content="counter\nthis is not nft\n")}),
    "reference that nft refuses": (("nosuchchain", "No such file"), {"includes": include(content="jump nosuchchain")}),
    "unknown chain": (("nosuch", "forward_lan"), {"includes": include(chain="nosuch")}),
}  # fmt: skip


@pytest.fixture(scope="module")
def refused_arguments(lab):
    """The result of each case, all run in one play; and the router's state before and after."""
    router = lab.start("arguments")
    subprocess.run(router.ssh_command("true"), check=True)
    before = state(router)
    tasks = [
        {
            "name": case,
            "ignore_errors": True,
            **task(**{"mode": "none", "packages": [], "confirm_timeout": 0, **arguments}),
        }
        for case, (_needles, arguments) in ARGUMENTS.items()
    ]
    results = {result["task"]: result for result in play(inventory_of(router), tasks)}
    yield results, before, state(router)
    lab.remove("arguments")


@pytest.mark.parametrize("case", ARGUMENTS)
def test_bad_arguments(refused_arguments, case):
    assert_refused(refused_arguments[0][case], ARGUMENTS[case][0])


def test_bad_arguments_leave_the_router_as_it_was(refused_arguments):
    _results, before, after = refused_arguments
    assert after == before


ROUTERS = {
    "no fw4": ("mv /sbin/fw4 /tmp/; : >/sbin/fw3; chmod +x /sbin/fw3", ("no fw4", "22.03")),
    "no OpenWrt": ("rm /etc/openwrt_release", ("no OpenWrt",)),
    "broken configuration": (
        "printf 'config defaults\\n\\toption\\n' >/etc/config/firewall",
        ("cannot be read by uci", "Parse error"),
    ),
    "no configuration": ("rm /etc/config/firewall", ("/etc/config/firewall is missing", "/rom")),
    "stray file": (": >/etc/config/firewall.apk-new", ("firewall.apk-new", "remove")),
    "two defaults sections": ("uci add firewall defaults; uci commit firewall", ("2 'defaults' sections", "Merge")),
    "firewall disabled": ("rm /etc/rc.d/S19firewall", ("does not start at boot", "enable")),
    "firewall not running": ("fw4 stop", ("not loaded", "restart")),
    "LuCI apply": (
        "mkdir -p /var/run/rpcd/snapshot-files; cd /var/run/rpcd; : >snapshot-files/firewall; echo somebody >waiting",
        ("LuCI", "again"),
    ),
    "override": ("mkdir -p /var/run/uci; cp /etc/config/firewall /var/run/uci/", ("/var/run/uci/firewall",)),
    "somebody's staged changes": ("uci set firewall.@rule[0].enabled=0", ("staged", "enabled='0'", "pending_changes")),
    "another run at work": ("flock -x /var/run/fastpath.lock sleep 30 >/dev/null 2>&1 &", ("Another run",)),
}


@pytest.mark.parametrize("case", ROUTERS)
def test_routers_that_must_not_be_changed(router, case):
    command, needles = ROUTERS[case]
    router.run(command)
    refuse(router, *needles, mode="software")


def test_what_rpcd_keeps_of_an_apply_that_is_over_does_not_matter(router):
    router.run("mkdir -p /var/run/rpcd/snapshot-files; : >/var/run/rpcd/snapshot-files/firewall")
    assert offload(router, mode="software")["changed"]


def test_what_is_only_staged_is_not_taken_for_what_is_there(router):
    router.run("uci set firewall.@defaults[0].flow_offloading=1")
    refuse(router, "staged", mode="software")
    result = offload(router, mode="none")
    assert not result["changed"]
    assert [f["id"] for f in result["findings"]] == ["pending-changes"]


def test_what_another_run_has_staged_is_not_called_somebodys(router):
    lock = "/var/run/fastpath.lock"
    router.run(f"flock {lock} sleep 100 >/dev/null 2>&1 & while flock -n {lock} true; do :; done")
    router.run("uci set firewall.@rule[0].enabled=0")
    refuse(router, "Another run is at work", mode="software")
    refuse(router, "Another run is at work", mode="software", pending_changes="discard")
    assert not offload(router)["changed"]


def test_staged_changes_of_others_are_saved_before_they_are_discarded(router):
    router.run("uci set firewall.@rule[0].enabled=0")
    result = offload(router, mode="software", pending_changes="discard", confirm_timeout=20)
    (finding,) = (f for f in result["findings"] if f["id"] == "discarded")
    path = finding["message"].rpartition(" ")[2]
    assert ".enabled='0'" in router.read(path).decode()
    assert "enabled" not in router.run("uci show firewall.@rule[0]")


def test_a_check_run_gives_discarded_changes_back(router):
    router.run("uci set firewall.@rule[0].enabled=0")
    staged = router.run("uci changes")
    assert offload(router, "--check", mode="software", pending_changes="discard")["changed"]
    assert router.run("uci changes") == staged


def test_a_full_flash(router):
    """/etc on a file system of its own, with no room left: what is written there stops half way."""
    router.run(
        "cp -a /etc /tmp/etc && mount -t tmpfs -o size=1m tmpfs /etc && cp -a /tmp/etc/. /etc/ && "
        "cat /dev/zero >/etc/filler 2>/dev/null; true"
    )
    refuse(router, "flash is full", "Make room", mode="software", includes=include())


def test_a_full_ram_disk(router):
    router.run("cat /dev/zero >/tmp/filler 2>/dev/null; true")
    refuse(router, "RAM disk", mode="software", includes=include())


def test_opkg_locked(router):
    router.run("opkg remove kmod-nft-offload >/dev/null; mkdir -p /var/lock")
    hold = '/opt/double/bin/python3 -c \'import fcntl, time; f = open("/var/lock/opkg.lock", "w"); fcntl.lockf(f, 2); time.sleep(60)\''
    router.run(f"{hold} >/dev/null 2>&1 & sleep 1")
    refuse(router, "locked", mode="software", packages=["kmod-nft-offload"])


def test_feeds_unreachable(router):
    router.run(
        "opkg remove kmod-nft-offload >/dev/null; echo 'src/gz x http://127.0.0.1:9/x' >/etc/opkg/distfeeds.conf"
    )
    refuse(router, "feeds cannot be reached", "http://127.0.0.1:9/x", mode="software", packages=["kmod-nft-offload"])


def test_feeds_with_a_bad_signature(router):
    router.run(
        "opkg remove kmod-nft-offload >/dev/null; echo 'src/gz x file:///usr/share/lab-feed/badsig' >/etc/opkg/distfeeds.conf"
    )
    refuse(router, "bad signature", mode="software", packages=["kmod-nft-offload"])


def test_unknown_package(any_router):
    refuse(any_router, "No feed offers", "nosuchpkg", packages=["nosuchpkg"])


def test_a_host_that_is_down(router):
    router.power_off()
    result = offload(router)
    assert result["status"] == "unreachable"
    assert "Failed to connect" in result["msg"] or "unreachable" in str(result).lower()


def test_not_root(router):
    router.run("echo 'user:x:1000:1000::/tmp:/bin/ash' >>/etc/passwd; echo 'user::0:0:99999:7:::' >>/etc/shadow; mkdir -p /tmp/.ssh; "
               "cp /etc/dropbear/authorized_keys /tmp/.ssh/; chown -R 1000 /tmp/.ssh; chmod 700 /tmp/.ssh")  # fmt: skip
    (result,) = play(inventory_of(router, ansible_user="user"), [task(mode="none", packages=[])])
    assert "only be changed by root" in result["msg"]


def test_async_is_refused(router):
    (result,) = play(inventory_of(router), [{**task(mode="none"), "async": 30, "poll": 1}])
    assert result["status"] == "failed"
    assert "async" in str(result)
