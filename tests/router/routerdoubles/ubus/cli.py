# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ubus [-S] call OBJECT METHOD [JSON] | list [OBJECT]"""

import os
import sys

from ..netifd import is_running
from ..unsupported import Unsupported, report
from . import network, procd, rpcd
from .blobmsg import compact, pretty

_NOT_FOUND = 4
_METHOD_NOT_FOUND = 3

_INTERFACE = "network.interface."
_OBJECTS = [*("hotplug." + kind for kind in ("iface", "leds", "net", "ntp", "tty")), "log", "service", "system"]
_NETIFD_OBJECTS = ["network", "network.device", "network.interface", "network.wireless"]
_METHODS = {
    ("system", "board"): procd.board,
    ("system", "info"): procd.info,
    ("service", "list"): procd.service_list,
    ("service", "get_data"): procd.service_data,
    ("network.interface", "dump"): network.dump,
}
# what the real objects offer besides; calls of anything else are answered "Method not found"
_NOT_IN_DOUBLE = {
    "system": ("reboot", "watchdog", "signal", "validate_firmware_image", "sysupgrade"),
    "service": ("set", "add", "delete", "signal", "event", "validate", "state", "watchdog"),
    "network.interface": ("up", "down", "renew", "status", "prepare", "add_device", "remove_device", "remove"),
}


def main(argv):
    simple = argv[:1] == ["-S"]
    arguments = argv[1:] if simple else argv
    try:
        if arguments[:1] == ["list"] and len(arguments) <= 2:
            return _list(simple, *arguments[1:])
        if arguments[:1] == ["call"] and len(arguments) in (3, 4):
            return _call(simple, *arguments[1:])
        raise Unsupported(" ".join(argv))
    except Unsupported as error:
        return report("ubus", error)


def _objects():
    objects = [*_OBJECTS, "uci"] if rpcd.is_running() else _OBJECTS
    if not is_running():
        return sorted(objects)
    return sorted([*objects, *_NETIFD_OBJECTS, *(_INTERFACE + name for name in network.names())])


def _list(simple, pattern="*"):
    prefix = pattern[:-1] if pattern.endswith("*") else None
    found = [name for name in _objects() if name == pattern or (prefix is not None and name.startswith(prefix))]
    sys.stdout.write("".join(name + "\n" for name in found))
    return 0 if found else _failed(simple, "Not found", _NOT_FOUND)


def _failed(simple, message, code):
    if not simple:
        sys.stderr.write(f"Command failed: {message}\n")
    return code


def _call(simple, path, method, text=None):
    arguments = _parsed(text)
    if arguments is None:
        raise Unsupported("message " + text)
    if path not in _objects():
        return _failed(simple, "Not found", _NOT_FOUND)
    if path == "uci":
        return _refused(simple, [path, method, text], *rpcd.refusal(method, arguments))
    answer = _answer(path, method, arguments)
    if answer is None:
        return _refused(simple, [path, method, text], "Method not found", _METHOD_NOT_FOUND)
    sys.stdout.write((compact if simple else pretty)(answer) + "\n")
    return 0


def _refused(simple, words, message, status):
    if simple or os.isatty(2):
        return _failed(simple, message, status)
    command = " ".join(word for word in words if word is not None)
    return _failed(simple, f"ubus call {command} ({message})", -status & 0xFF)


def _parsed(text):
    if text is None:
        return {}
    import json  # costs 5 ms of start-up

    try:
        message = json.loads(text)
    except ValueError:
        return None
    return message if isinstance(message, dict) else None


def _answer(path, method, arguments):
    if path.startswith(_INTERFACE):
        if method == "status":
            return network.status(path[len(_INTERFACE) :])
        path = "network.interface"
        if method == "dump":
            return None
    if (path, method) in _METHODS:
        return _METHODS[path, method](arguments)
    if path not in _NOT_IN_DOUBLE or method in _NOT_IN_DOUBLE[path]:
        raise Unsupported(f"method {method} of {path}")
    return None
