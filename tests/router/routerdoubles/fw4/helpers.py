# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connection tracking helpers that fw4 ships; one is offered when the kernel has its module."""


class Helper:
    __slots__ = ("available", "description", "family", "name", "port", "protocol")

    def __init__(self, name, description, family, protocol, port, available):
        self.name = name
        self.description = description
        self.family = family
        self.protocol = protocol
        self.port = port
        self.available = available


_SHIPPED = (
    ("amanda", "Amanda backup and archiving proto", "amanda", 0, "udp", 10080),
    ("ftp", "FTP passive connection tracking", "ftp", 0, "tcp", 21),
    ("RAS", "RAS proto tracking", "h323", 0, "udp", 1719),
    ("Q.931", "Q.931 proto tracking", "h323", 0, "tcp", 1720),
    ("irc", "IRC DCC connection tracking", "irc", 4, "tcp", 6667),
    ("netbios-ns", "NetBIOS name service broadcast tracking", "netbios_ns", 4, "udp", 137),
    ("pptp", "PPTP VPN connection tracking", "pptp", 4, "tcp", 1723),
    ("sane", "SANE scanner connection tracking", "sane", 0, "tcp", 6566),
    ("sip", "SIP VoIP connection tracking", "sip", 0, "udp", 5060),
    ("snmp", "SNMP monitoring connection tracking", "snmp", 4, "udp", 161),
    ("tftp", "TFTP connection tracking", "tftp", 0, "udp", 69),
    ("rtsp", "RTSP connection tracking", "rtsp", 4, "tcp", 554),
)


def shipped_helpers(host):
    return [
        Helper(name, description, family, protocol, port, host.has_module("nf_conntrack_" + module))
        for name, description, module, family, protocol, port in _SHIPPED
    ]
