# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults of the router itself: its storage, its configuration, what it booted with."""

from __future__ import annotations

import network
from bench import INCLUDE, Bench, fault
from steps import Watch

OWN_ETC = "cp -a /etc /tmp/etc && mount -t tmpfs -o size=1m tmpfs /etc && cp -a /tmp/etc/. /etc/ && rm -rf /tmp/etc"
FILL_ETC = "cat /dev/zero >/etc/filler 2>/dev/null; true"


# ---- storage ----------------------------------------------------------------------------------------------------------


@fault("flash full", ("flash is full", "Make room"))
def full_flash(bench: Bench) -> None:
    bench.sh(f"{OWN_ETC} && {FILL_ETC}")
    bench.run()


@fault("flash fills up while the change is written", ("flash is full",))
def flash_fills_up(bench: Bench) -> None:
    bench.sh(OWN_ETC)
    at_first_write(bench, FILL_ETC, "rm -f /etc/filler")


@fault("flash turns read-only while the change is written", ("read-only",))
def flash_turns_read_only(bench: Bench) -> None:
    bench.sh(OWN_ETC)
    at_first_write(bench, "mount -o remount,ro /etc", "mount -o remount,rw /etc")


def at_first_write(bench: Bench, command: str, afterwards: str) -> None:
    """Do COMMAND when the confirmed change is about to be written; AFTERWARDS takes it back."""
    done: list[str] = []

    def before(step) -> bool:
        if step.on_flash and not done:
            done.append(command)
            bench.sh(command)
        return True

    bench.remember()
    with Watch(bench.router, before):
        bench.run()
    bench.sh(afterwards)
    bench.expect(done, "nothing was written to flash")


@fault("flash read-only", ("read-only",))
def read_only_flash(bench: Bench) -> None:
    bench.sh("mount -o remount,ro /")
    bench.run()


@fault("/tmp full", ("RAM disk",))
def full_ram(bench: Bench) -> None:
    bench.sh("cat /dev/zero >/tmp/filler 2>/dev/null; true")
    bench.run()


# ---- configuration ----------------------------------------------------------------------------------------------------


@fault("a UCI value that crashes fw4", ("fw4 cannot render", "as it was"))
def crashing_value(bench: Bench) -> None:
    bench.sh("uci set firewall.@defaults[0].drop_invalid=enabled && uci commit firewall")
    bench.run()


@fault("no 'defaults' section", runs="new")
def no_defaults(bench: Bench) -> None:
    bench.sh("uci delete firewall.@defaults[0] && uci commit firewall && fw4 -q reload")
    bench.run(mode="software", firewall_defaults={"input": "REJECT"})


@fault("two 'defaults' sections", ("2 'defaults' sections", "Merge"))
def two_defaults(bench: Bench) -> None:
    bench.sh("uci add firewall defaults && uci commit firewall")
    bench.run()


@fault("a stray file in /etc/config", ("firewall.apk-new", "remove"))
def stray_file(bench: Bench) -> None:
    bench.sh(": >/etc/config/firewall.apk-new")
    bench.run()


@fault("an unparsable /etc/config/firewall", ("cannot be read by uci",))
def unparsable_firewall(bench: Bench) -> None:
    bench.sh("printf 'config defaults\\n\\toption\\n' >/etc/config/firewall")
    bench.run()


@fault("another unparsable file in /etc/config", runs="new")
def unparsable_other(bench: Bench) -> None:
    bench.sh("printf 'config x\\n\\toption\\n' >/etc/config/broken")
    bench.run()


@fault("/etc/config/firewall is a symbolic link", runs="new")
def linked_configuration(bench: Bench) -> None:
    bench.sh("mv /etc/config/firewall /etc/firewall.real && ln -s /etc/firewall.real /etc/config/firewall")
    bench.run()
    bench.expect(bench.sh("readlink /etc/config/firewall") == "/etc/firewall.real\n", "the link is gone")


@fault("/etc/config/firewall is missing", ("missing",))
def no_configuration(bench: Bench) -> None:
    bench.sh("rm /etc/config/firewall")
    bench.run()


@fault("the firewall is disabled", ("does not start at boot",))
def disabled(bench: Bench) -> None:
    bench.sh("rm /etc/rc.d/S19firewall")
    bench.run()


@fault("the firewall is stopped", ("not loaded",))
def stopped(bench: Bench) -> None:
    bench.sh("fw4 stop")
    bench.run()


@fault("the configuration is overridden in RAM", ("/var/run/uci/firewall",))
def override(bench: Bench) -> None:
    bench.sh("mkdir -p /var/run/uci && cp /etc/config/firewall /var/run/uci/")
    bench.run()


@fault("fw4 crashed earlier, and its state file is gone", ("not loaded", "restart"))
def no_state_file(bench: Bench) -> None:
    bench.sh("rm /var/run/fw4.state")
    bench.run()


@fault("a broken file of somebody else in /etc/nftables.d", ("nft refuses the ruleset",))
def broken_drop_in(bench: Bench) -> None:
    bench.sh("echo 'this is not nft' >/etc/nftables.d/99-theirs.nft")
    bench.run()


@fault("a dangling link in /etc/nftables.d", ("nft refuses the ruleset",))
def dangling_link(bench: Bench) -> None:
    bench.sh("ln -s /nowhere.nft /etc/nftables.d/99-theirs.nft")
    bench.run()


@fault("somebody else's broken include, committed, and a reboot: no ruleset", ("not loaded",))
def broken_at_boot(bench: Bench) -> None:
    bench.sh("echo 'this is not nft' >/etc/nftables.d/99-theirs.nft")
    reboot(bench)
    bench.run()


@fault("offloading committed on a kernel without flowtables, and a reboot", ("unreachable",))
def rejected_at_boot(bench: Bench) -> None:
    """fw4 loads a part of its rules, and none that lets SSH in."""
    bench.sh("uci set firewall.@defaults[0].flow_offloading=1 && uci commit firewall")
    bench.sh("mkdir -p /etc/double && echo no >/etc/double/flowtables")
    reboot(bench)
    bench.run()


def reboot(bench: Bench) -> None:
    bench.router.reboot()
    network.plug(bench.router)


@fault("somebody deleted the file of an include of ours", runs="new")
def deleted_file(bench: Bench) -> None:
    bench.run()
    bench.sh("rm /etc/nftables.d/fastpath/fastpath.ours.*.nft && fw4 -q reload")
    bench.before = None
    bench.run()
    bench.expect(bench.result.get("changed"), "it was not made again")


@fault("a kernel without flowtables", ("no flowtables",))
def no_flowtables(bench: Bench) -> None:
    bench.sh("mkdir -p /etc/double && echo no >/etc/double/flowtables")
    bench.run()


@fault("hardware refuses the offload, on_fallback: fail", ("Less would be loaded",))
def fallback_refused(bench: Bench) -> None:
    bench.run(mode="hardware", on_fallback="fail")


@fault("hardware refuses the offload, on_fallback: warn", ("loaded-less",), "new")
def fallback_accepted(bench: Bench) -> None:
    bench.run(mode="hardware")


# ---- includes ---------------------------------------------------------------------------------------------------------


@fault("an include that nft refuses", ("include ours", "syntax error"))
def refused_include(bench: Bench) -> None:
    bench.run(includes=[{**INCLUDE, "content": "this is not nft"}])


@fault("an include that fails only in the full ruleset", ("nosuchchain",))
def refused_in_full(bench: Bench) -> None:
    bench.run(includes=[{**INCLUDE, "content": "jump nosuchchain"}])


@fault("an include that names an unknown chain", ("nosuch", "forward_lan"))
def unknown_chain(bench: Bench) -> None:
    bench.run(includes=[{**INCLUDE, "chain": "nosuch"}])
