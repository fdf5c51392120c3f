# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""fw4, the firewall service and nft's flowtables against the recordings.

The recordings were taken with nft 1.1.3; the test router has the nft of the Debian release its image is built from.
"""

from __future__ import annotations

import json
import re

import pytest
from replay import FOLDER, LeftOut, Recording, blocks

# (why it varies, pattern, what both sides are replaced by)
VARIES = [
    ("a stand-in puts blanks into JSON", r'(?m)^\{ "nftables".*$', lambda m: json.dumps(json.loads(m[0]))),
    ("version of nft", r'"version": "[\d.]+", "release_name": "[^"]*"', '"version": "NFT"'),
    ("typographic quotes until nft 1.0", "[\u2018\u2019]", "'"),
    ("nft 1.0 opens a dangling link, nft 1.1 looks at it", r'Could not open file ("\S+"): No such.*', r"Not a regular file: \1"),
    ("size of fw4's own state", r" +\d+ (\w+ +\d+ [\d:]+) /var/run/fw4.state", r" SIZE \1 /var/run/fw4.state"),
    ("handles count what was loaded before", r'"handle": \d+', '"handle": N'),
    ("a stand-in quotes devices, the kernel does not", r"(?m)^\t\tdevices = .*(?<!;)$", lambda m: m[0].replace('"', "")),
    ("the recorder drops empty lines at the end", r"\n+\Z", "\n"),
]  # fmt: skip
# (what nft 1.0 lists otherwise than nft 1.1, pattern, the latter's form)
LISTING = [
    ("flags as a mask", r"tcp flags syn / fin,syn,rst,ack", "tcp flags & (fin | syn | rst | ack) == syn"),
    ("flags as a mask", r"tcp flags syn / fin,syn,rst", "tcp flags & (fin | syn | rst) == syn"),
    ("codes by the names of another type's", r" \. no-route", " . 0"),
    ("codes by the names of another type's", r" \. admin-prohibited", " . 1"),
    ("the default burst", r"(limit rate \d+/second) (?!burst)", r"\1 burst 5 packets "),
    ("packets that happened to arrive", r"counter packets \d+ bytes \d+", "counter"),
]


def canonical(text: str, forms: list) -> str:
    for _, pattern, replacement in forms:
        text = re.sub(pattern, replacement, text)
    return text


def varies(text: str) -> str:
    return canonical(text, VARIES)


def kernel_without_flowtables(router):
    router.run("mkdir -p /etc/double; echo no > /etc/double/flowtables")


def with_a_folder(router):
    router.run("mkdir -p /etc/lab")


def after_another_recording(router):
    """The router of shim.txt came from system.txt, which leaves drop_invalid behind."""
    router.run("uci set firewall.@defaults[0].drop_invalid=1; uci commit firewall")


# The switches of the recordings' drivers, and those of the stand-in.
DRIVER = {
    "echo hw > /etc/lab-flow": "mkdir -p /etc/double; echo yes > /etc/double/hw-offload",
    "[host] owrt-vm hw accept": "mkdir -p /etc/double; echo yes > /etc/double/hw-offload",
    "[host] owrt-vm hw none": "rm -f /etc/double/hw-offload",
}
# What the recording's host did to the router's devices; not every kernel has dummy devices.
DEVICES = {
    "[guest] ip -n r1 link add pppoe-wan type dummy; ip -n r1 link set pppoe-wan up": "ip link add pppoe-wan type veth peer name peer",
    "[guest] ip -n r1 link del pppoe-wan": "ip link del pppoe-wan",
}
SWITCH = LeftOut("sets the driver: its counts are the recording's own", run=True)
TRAFFIC = LeftOut("traffic and conntrack: no packet takes another path with the stand-in", run=False)
TRAFFIC_TOO = LeftOut(TRAFFIC.reason, run=True)


def with_switches(recording: Recording) -> Recording:
    for block in recording.blocks:
        for recorded, switch in {**DRIVER, **DEVICES}.items():
            block.command = block.command.replace(recorded, switch)
    return recording


def on_a_real_kernel(file: str, **options) -> Recording:
    """A recording with traffic: what starts it or looks at it is left out."""
    recording = with_switches(Recording(file, normalise=varies, **options))
    for block in recording.blocks:
        reason = _traffic(block.command)
        if reason:
            recording.left_out.setdefault(block.index, reason)
    return recording


def _traffic(command: str):
    if command in DRIVER.values():
        return SWITCH
    if "nf_conntrack" in command:
        return TRAFFIC_TOO if "fw4" in command else TRAFFIC
    return TRAFFIC if command.startswith(("[host]", "[guest]")) else None


SHIM_LEFT_OUT = {
    2: "the recording's stand-in lists flowtables before other objects, nft after them; the rest is in vm-fw4-offload.txt",
    4: "the recording's stand-in does not list a single flowtable; the real answer is in vm-fw4-offload.txt",
    7: LeftOut(
        "the recording's stand-in hides ft from fw4: no 'delete flowtable'; vm-fw4-offload.txt has it", run=True
    ),
}
VM_LEFT_OUT = {1: "kernel and nft are the recording's own"}
SCRIPT_LEFT_OUT = {
    7: LeftOut("there is no netifd to reload: reload_config", run=True),
    17: "boot seen from outside, second by second",
}

RECORDINGS = [
    Recording("fw4-include.txt", normalise=varies),
    Recording("fw4-offload.txt", normalise=varies, prepare=kernel_without_flowtables),
    with_switches(Recording("shim.txt", normalise=varies, prepare=after_another_recording, left_out=SHIM_LEFT_OUT)),
    on_a_real_kernel("vm-fw4-offload.txt", left_out=VM_LEFT_OUT),
    on_a_real_kernel("vm-custom-script-include.txt", prepare=with_a_folder, left_out=SCRIPT_LEFT_OUT),
]


@pytest.mark.parametrize("block", blocks(RECORDINGS), ids=str)
def test_block(block, played):
    played(block)


@pytest.fixture(scope="module")
def router(lab):
    yield lab.start("fw4")
    lab.remove("fw4")


@pytest.fixture
def recorded_configuration(router):
    """The configuration of the router whose state was recorded."""
    export = (FOLDER / "state-24.10/uci-export.txt").read_bytes()
    router.run("uci -q revert firewall; uci import; uci commit; fw4 restart", input=export)


def test_print_is_the_recorded_text(router, recorded_configuration):
    assert router.run("fw4 print") == (FOLDER / "state-24.10/fw4-print.txt").read_text()


def test_loaded_ruleset_is_the_recorded_one(router, recorded_configuration):
    """Tables, chains, hooks, rules and their order, in nft's own words."""
    recorded = (FOLDER / "state-24.10/nft-ruleset.txt").read_text()
    assert canonical(router.run("nft list ruleset"), LISTING) == canonical(recorded, LISTING)


def test_ubus_lists_the_recorded_objects(router):
    recorded = (FOLDER / "state-24.10/ubus.txt").read_text()
    assert router.run("ubus list") == recorded[: recorded.index("{")]


def test_ubus_dumps_the_recorded_interfaces(router, recorded_configuration):
    """The dump is the second answer of the recording."""
    recorded = [*_json_values((FOLDER / "state-24.10/ubus.txt").read_text())][1]
    found = json.loads(router.run("ubus call network.interface dump"))
    for interface in [*recorded["interface"], *found["interface"]]:
        interface.pop("uptime", None)
    assert found == recorded


def _json_values(text: str):
    position = text.index("{")
    while position < len(text):
        value, position = json.JSONDecoder().raw_decode(text, position)
        yield value
        position += 1


def _failopen(start: str, end: str) -> list[str]:
    """Lines of failopen-boot.txt between two others; it is no list of blocks."""
    lines = (FOLDER / "failopen-boot.txt").read_text().splitlines()
    return lines[lines.index(start) + 1 : lines.index(end)]


def _as_recorded(router, command: str) -> list[str]:
    return router.run(f"({command}) 2>&1").splitlines()


def test_boot_with_a_broken_include_leaves_the_router_open(lab):
    """The recorded router had a disabled rule first: its lines are not compared."""
    router = lab.start("failopen-include")
    try:
        router.write("/etc/bad.nft", b"this is not nft\n")
        options = {"type": "nftables", "path": "/etc/bad.nft", "position": "chain-pre", "chain": "forward"}
        settings = "".join(f"uci set firewall.bad.{name}={value};" for name, value in options.items())
        router.run(f"uci set firewall.bad=include; {settings} uci commit firewall")
        router.reboot()
        heading = "## after power cycle with a committed broken nftables include"
        recorded = [line for line in (FOLDER / "failopen-boot.txt").read_text().splitlines() if "@rule[0]" not in line]
        commands = "nft list ruleset | wc -l; ls /var/run/fw4.state; fw4 check; echo check rc=$?; "
        commands += "fw4 reload; echo reload rc=$?; nft list ruleset | wc -l"
        assert _as_recorded(router, commands) == recorded[recorded.index(heading) + 1 :]
    finally:
        lab.remove("failopen-include")


def test_boot_with_a_refused_flowtable_leaves_the_skeleton(lab):
    """At the first start no device exists, so there is no flowtable to refuse; later reloads are refused whole."""
    router = lab.start("failopen-flowtable")
    try:
        kernel_without_flowtables(router)
        router.run("uci set firewall.@defaults[0].flow_offloading=1; uci commit firewall")
        router.reboot()
        recorded = _failopen("table inet fw4", "check rc=1")
        commands = "nft list chain inet fw4 input; fw4 check"
        assert canonical("\n".join(_as_recorded(router, f"{commands}; true")), LISTING) == canonical(
            "\n".join(recorded), LISTING
        )
        assert "rc=1" in router.run("fw4 check 2>/dev/null; echo rc=$?")
    finally:
        lab.remove("failopen-flowtable")


LOCK = "/var/run/fw4.lock"


def test_check_and_print_take_no_lock(router):
    answer = router.run(f"flock -x {LOCK} sh -c 'fw4 check; fw4 print | grep -c chain.forward_lan'")
    assert answer == "Ruleset passes nftables check.\n1\n"


@pytest.mark.parametrize("command", ["-q reload", "network lan", "zone wan", "device eth1"])
def test_others_wait_for_the_lock(router, command):
    script = f"fw4 {command} >/dev/null 9>&- & sleep 1; kill -0 $! && echo waits; exec 9>&-; wait $!; echo done"
    assert router.run(f"exec 9>{LOCK}; flock -x 9; {script}") == "waits\ndone\n"


def test_script_includes_run_under_the_lock(router):
    router.write("/etc/holds.sh", f"flock -n {LOCK} true; echo $?".encode())
    setting = "uci set firewall.holds=include; uci set firewall.holds.path=/etc/holds.sh"
    assert router.run(f"{setting}; fw4 reload; uci revert firewall; flock -n {LOCK} echo free") == "1\nfree\n"
