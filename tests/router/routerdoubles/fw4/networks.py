# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The networks that zones refer to, as netifd reports them."""

from ..netifd import interfaces
from .model import Network
from .values import Subnet, packed_address


def read_networks():
    return {interface.name: _network(interface) for interface in interfaces()}


def _network(interface):
    """An interface that is down still names its device."""
    subnets = [Subnet(packed_address(address), mask) for _, address, mask in interface.addresses]
    if interface.assignment:
        _, mask, own_address = interface.assignment
        subnets.append(Subnet(packed_address(own_address), mask))
    return Network(interface.device, interface.device, subnets)
