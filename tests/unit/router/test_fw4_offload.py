# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Flow offloading in fw4's double: which devices, which flags, and the way back to software."""

from __future__ import annotations

import pytest
from fw4_box import LAN, NETWORKS, WAN, Host, network, section, warned

FALLBACK = "[!] Hardware flow offloading unavailable, falling back to software offloading"


def flowtable(host: Host, networks=None, zones=(LAN, WAN), **flags):
    """(devices, whether the flags ask for hardware, what was said)."""
    text, said = warned([section("defaults", **flags), *zones], host, networks)
    if "flowtable ft {" not in text:
        return None, False, said
    block = text[text.index("flowtable ft {") : text.index("}\n\n\n")]
    devices = block.partition("devices = { ")[2].partition(" };")[0]
    return devices.replace('"', "").split(", "), "flags offload;" in block, said


def test_software_takes_the_networks_devices():
    assert flowtable(Host(), flow_offloading="1") == (["br-lan", "eth1"], False, [])


def test_hardware_takes_the_devices_below():
    assert flowtable(Host(hardware=True), flow_offloading="1", flow_offloading_hw="1") == (["eth0", "eth1"], True, [])


def test_hardware_alone_is_nothing():
    assert flowtable(Host(hardware=True), flow_offloading_hw="1") == (None, False, [])


def test_refused_hardware_falls_back():
    result = flowtable(Host(hardware=False), flow_offloading="1", flow_offloading_hw="1")
    assert result == (["br-lan", "eth1"], False, [FALLBACK])


def test_quiet_falls_back_in_silence(monkeypatch):
    monkeypatch.setenv("QUIET", "1")
    assert flowtable(Host(), flow_offloading="1", flow_offloading_hw="1")[2] == []


def test_a_terminal_gets_colour(monkeypatch):
    monkeypatch.setenv("TTY", "1")
    said = flowtable(Host(), flow_offloading="1", flow_offloading_hw="1")[2]
    assert said == ["\033[33m" + FALLBACK[4:] + "\033[m"]


@pytest.mark.parametrize("devices", [(), ("eth1",)])
def test_only_devices_that_exist(devices):
    expected = list(devices) or None
    assert flowtable(Host(devices=devices), flow_offloading="1")[0] == expected


def test_missing_devices_fail_the_hardware_probe_too():
    result = flowtable(Host(devices=(), hardware=True), flow_offloading="1", flow_offloading_hw="1")
    assert result == (None, False, [FALLBACK])


def test_devices_of_a_zone_without_networks_do_not_count():
    zones = [section("zone", name="x", device="eth1")]
    assert flowtable(Host(hardware=True), zones=zones, flow_offloading="1", flow_offloading_hw="1") == (None, False, [])


def test_excluded_networks_do_not_count():
    zones = [section("zone", name="x", network=["lan", "!wan"])]
    assert flowtable(Host(), zones=zones, flow_offloading="1")[0] == ["br-lan"]


def test_each_device_once_and_sorted():
    networks = {**NETWORKS, "guest": network("br-guest"), "lan2": network("br-lan")}
    zones = [section("zone", name="x", network="wan lan lan2 guest")]
    host = Host(devices=("eth1", "br-lan", "br-guest"))
    assert flowtable(host, networks, zones, flow_offloading="1")[0] == ["br-guest", "br-lan", "eth1"]


def test_the_loaded_flowtable_goes_first():
    for loaded in (False, True):
        text = warned([section("defaults", flow_offloading="1"), LAN], Host(flowtable=loaded))[0]
        assert text.startswith("table inet fw4\nflush table inet fw4\n")
        assert ("delete flowtable inet fw4 ft\n" in text) == loaded
