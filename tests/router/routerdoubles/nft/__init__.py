# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for flowtable objects ONLY, in front of the real nft, for kernels that have nf_tables but no flowtables.

Everything goes to the real nft and the real kernel. A ruleset with flowtables is translated first: each flowtable
becomes a named counter of the same table, each of its devices another one, and `flow add @ft` a reference to that
counter; listings are translated back. So the kernel itself keeps the state: a load is one transaction, a flowtable in
use is busy, `flush table` keeps it, `delete table` drops it, and it dies with the network namespace. The stand-in adds
what a counter does not check: devices, their exclusive use within a table, the driver's support, the hook.

No packet ever takes another path, and conntrack shows no [OFFLOAD]: that is tested on a real kernel elsewhere. A rule
added later that makes another hook reach a flow rule is noticed only in a ruleset that mentions flowtables.

Two files of the router say what its kernel is like:
    /etc/double/flowtables   "no": a kernel without flowtables; "kernel": the kernel's own, the stand-in steps aside
    /etc/double/hw-offload   "yes" or "patched": `flags offload` is accepted, by a driver or by OpenWrt's patched kernel

It is used on every machine, also where the kernel has flowtables, so that tests mean the same everywhere: no virtual
device of a stock kernel accepts `flags offload`.
"""
