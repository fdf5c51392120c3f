# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""rpcd's object uci, as far as it tells whether an apply waits for its confirmation.

rpcd runs where its folder exists. An apply that waits is the file `waiting` in it, which holds the session that made it;
the real rpcd keeps that in its memory.
"""

import os

from ..unsupported import Unsupported

FOLDER = "/var/run/rpcd"
_NO_DATA = 5
_PERMISSION_DENIED = 6


def is_running():
    return os.path.isdir(FOLDER)


def refusal(method, arguments):
    """(message, status) with which rpcd answers a confirmation by a session that has none to give."""
    if method != "confirm" or set(arguments) != {"ubus_rpc_session"}:
        raise Unsupported(f"method {method} of uci")
    try:
        with open(os.path.join(FOLDER, "waiting")) as stream:
            waiting = stream.read().strip()
    except FileNotFoundError:
        return "No response", _NO_DATA
    if waiting == arguments["ubus_rpc_session"]:
        raise Unsupported("a confirmation that is due")
    return "Permission denied", _PERMISSION_DENIED
