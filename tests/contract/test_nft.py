# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Flowtables on a test router, against what was measured on real kernels (6.1 and 6.12)."""

import json

import pytest

MISSING = "Could not process rule: No such file or directory"
EXISTS = "Could not process rule: File exists"
BUSY = "Could not process rule: Device or resource busy"
REFUSED = "Could not process rule: Operation not supported"

FLOWTABLE = "\tflowtable ft {\n\t\thook ingress priority filter\n\t\tdevices = { br-lan, eth1 }\n\t\tcounter\n\t}\n"


@pytest.fixture(scope="module")
def router(lab):
    router = lab.start("nft")
    yield router
    lab.remove("nft")


@pytest.fixture(autouse=True)
def clean(router):
    yield
    router.run("nft flush ruleset; rm -rf /etc/double /tmp/*.nft")


def ruleset(table="t", devices="br-lan, eth1", extra="", hook="forward"):
    return (
        f"table inet {table} {{\n\tflowtable ft {{\n\t\thook ingress priority 0;\n\t\tdevices = {{ {devices} }};\n"
        f"\t\tcounter;{extra}\n\t}}\n\n\tchain c {{\n\t\ttype filter hook {hook} priority filter + 1;\n"
        "\t\tmeta l4proto { tcp, udp } flow offload @ft;\n\t}\n}\n"
    )


def nft(router, text, *options):
    result = router.exec(f"nft {' '.join(options)} -f -", text.encode())
    return result.returncode, result.stderr.decode()


def load(router, text):
    assert nft(router, text) == (0, "")


def place(line, columns, text, reason, source="/dev/stdin"):
    first, last = columns
    indent = text[: len(text) - len(text.lstrip("\t"))]
    marks = indent + " " * (first - 1 - len(indent)) + "^" * (last - first + 1)
    return f"{source}:{line}:{first}-{last}: Error: {reason}\n{text}\n{marks}\n"


AT_FLOWTABLE = (2, (12, 13), "\tflowtable ft {")
AT_RULE = (10, (29, 44), "\t\tmeta l4proto { tcp, udp } flow offload @ft;")


def test_check_loads_nothing_and_load_does(router):
    assert nft(router, ruleset(), "-c") == (0, "")
    assert "table inet t" not in router.run("nft list tables")
    load(router, ruleset())
    assert router.run("nft list flowtable inet t ft") == f"table inet t {{\n{FLOWTABLE}}}\n"
    assert router.run("nft list table inet t") == (
        f"table inet t {{\n{FLOWTABLE}\n\tchain c {{\n\t\ttype filter hook forward priority filter + 1; "
        "policy accept;\n\t\tmeta l4proto { tcp, udp } flow add @ft\n\t}\n}\n"
    )


def test_json(router):
    load(router, ruleset(devices="eth1"))
    listed = json.loads(router.run("nft -j list flowtables"))["nftables"]
    assert [list(entry) for entry in listed] == [["metainfo"], ["flowtable"]]
    assert listed[1]["flowtable"]["dev"] == "eth1"
    assert json.loads(router.run("nft -j list flowtable inet t ft"))["nftables"] == listed
    assert router.exec("nft -j list flowtable inet t other").returncode == 1
    rules = json.loads(router.run("nft -j list chain inet t c"))["nftables"]
    assert rules[-1]["rule"]["expr"][-1] == {"flow": {"op": "add", "flowtable": "@ft"}}


def test_tables_without_flowtables_are_listed_too(router):
    router.run("nft add table inet empty; nft add table ip other")
    load(router, ruleset())
    assert router.run("nft list flowtables inet") == f"table inet empty {{\n}}\ntable inet t {{\n{FLOWTABLE}}}\n"


@pytest.mark.parametrize("options", [(), ("-c",)])
def test_a_missing_device(router, options):
    rc, err = nft(router, ruleset(devices="br-lan, eth9"), *options)
    assert (rc, err) == (1, place(*AT_FLOWTABLE, MISSING) + place(*AT_RULE, MISSING))
    assert "table inet t" not in router.run("nft list tables")


def test_a_device_twice(router):
    assert nft(router, ruleset(devices="eth1, eth1"))[1].startswith(place(*AT_FLOWTABLE, EXISTS))


def test_a_device_is_exclusive_in_its_table_only(router):
    load(router, ruleset("t"))
    load(router, ruleset("u"))
    assert nft(router, ruleset("t", devices="eth1").replace("ft", "xx"))[1].startswith(
        place(2, (12, 13), "\tflowtable xx {", EXISTS)
    )


def test_hardware_needs_a_driver_that_accepts(router):
    hardware = ruleset(extra=" flags offload;")
    assert nft(router, hardware, "-c")[1].startswith(place(*AT_FLOWTABLE, REFUSED))
    router.write("/etc/double/hw-offload", b"yes\n")
    load(router, hardware)
    assert "\t\tflags offload\n\t\tcounter\n" in router.run("nft list flowtables")
    # In place the flag cannot change, whatever the driver says.
    assert nft(router, ruleset())[1] == place(*AT_FLOWTABLE, REFUSED)
    load(router, "table inet t\ndelete table inet t\n" + ruleset())
    assert "flags" not in router.run("nft list flowtables")


def test_a_kernel_without_flowtables(router):
    router.write("/etc/double/flowtables", b"no\n")
    assert nft(router, ruleset()) == (1, place(*AT_FLOWTABLE, MISSING) + place(*AT_RULE, MISSING))


def test_loading_again_merges_and_flush_keeps(router):
    load(router, ruleset(devices="eth0"))
    load(router, "flush table inet t\n" + ruleset(devices="eth1"))
    assert "devices = { eth0, eth1 }" in router.run("nft list flowtables")


def test_in_use_it_is_busy(router):
    load(router, ruleset())
    command = "delete flowtable inet t ft"
    result = router.exec(f"nft {command}")
    assert result.returncode == 1
    assert result.stderr.decode() == f"Error: {BUSY}\n{command}\n{' ' * 24}^^\n"
    router.run("nft 'flush table inet t; delete flowtable inet t ft'")
    assert "flowtable" not in router.run("nft list flowtables")
    result = router.exec(f"nft {command}")
    assert (result.returncode, MISSING in result.stderr.decode()) == (1, True)


def test_offload_is_for_forwarded_packets(router):
    assert nft(router, ruleset(hook="input")) == (1, place(*AT_RULE, REFUSED))


def test_a_deleted_device_does_not_come_back(router):
    router.run("ip link add br-x type bridge")
    load(router, ruleset(devices="br-x, eth1"))
    router.run("ip link del br-x; ip link add br-x type bridge")
    assert "devices = { eth1 }" in router.run("nft list flowtables")
    router.run("ip link del br-x")


def test_errors_in_an_included_file(router):
    own = "table inet t {\n\tflowtable ft {\n\t\thook ingress priority filter\n\t\tdevices = { br-lan, eth9 }\n\t}\n}\n"
    router.write("/tmp/own.nft", own.encode())
    rc, err = nft(router, '\ninclude "/tmp/own.nft"\n')
    included = "In file included from /dev/stdin:2:1-23:\n"
    assert (rc, err) == (1, included + place(2, (12, 13), "\tflowtable ft {", MISSING, "/tmp/own.nft"))
    router.write("/tmp/own.nft", own.replace("eth9", "eth1").encode())
    load(router, '\ninclude "/tmp/own.nft"\n')
    assert "devices = { br-lan, eth1 }" in router.run("nft list flowtables")


def test_a_syntax_error_is_nfts_own(router):
    rc, err = nft(router, ruleset().replace("counter;", "nonsense here;"))
    assert rc == 1
    assert err.startswith("/dev/stdin:5:3-10: Error: syntax error, unexpected string")


def test_another_error_of_the_ruleset_is_reported_alone(router):
    rc, err = nft(router, ruleset() + "delete table inet nosuch\n")
    assert (rc, err) == (1, place(13, (19, 24), "delete table inet nosuch", MISSING))
    assert "table inet t" not in router.run("nft list tables")


def test_a_power_cycle_forgets_them(router):
    load(router, ruleset())
    router.reboot()
    assert "table inet t" not in router.run("nft list tables")
