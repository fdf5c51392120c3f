# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Objects 'system' and 'service'."""

import os
import time

from ..unsupported import Unsupported

_RELEASE_KEYS = {
    "NAME": "distribution",
    "VERSION": "version",
    "BUILD_ID": "revision",
    "OPENWRT_BOARD": "target",
    "OPENWRT_RELEASE": "description",
    "OPENWRT_BUILD_DATE": "builddate",
}
_SERVICES = "/var/run/procd-services"  # one file for each service with an entry in procd; rc.common keeps it
_DAEMONS = ("dropbear", "log", "network", "rpcd", "uhttpd", "dnsmasq", "odhcpd")


def _lines(path):
    try:
        with open(path) as stream:
            return stream.read().splitlines()
    except OSError:
        return []


def _processor():
    for line in _lines("/proc/cpuinfo"):
        key, _, text = line.partition(":")
        if key.strip().lower() in ("system type", "cpu", "model name"):
            return text.strip()
    return os.uname().machine


def _release():
    values = dict(line.split("=", 1) for line in _lines("/usr/lib/os-release") if "=" in line)
    return {name: values[key].strip("\"'") for key, name in _RELEASE_KEYS.items() if key in values}


def board(_arguments):
    system = os.uname()
    answer = {"kernel": system.release, "hostname": system.nodename, "system": _processor()}
    for name in ("model", "board_name"):
        answer[name] = _lines("/tmp/sysinfo/" + name)[0]
    answer["release"] = _release()
    return answer


def _space(path):
    stat = os.statvfs(path)
    total, free, available = (blocks * stat.f_frsize // 1024 for blocks in (stat.f_blocks, stat.f_bfree, stat.f_bavail))
    return {"total": total, "free": free, "used": total - free, "avail": available}


def info(_arguments):
    fields = {key: int(text.split()[0]) * 1024 for key, text in (line.split(":") for line in _lines("/proc/meminfo"))}
    memory = {
        "total": "MemTotal",
        "free": "MemFree",
        "shared": "Shmem",
        "buffered": "Buffers",
        "available": "MemAvailable",
        "cached": "Cached",
    }
    return {
        "localtime": int(time.time()),
        "uptime": int(time.clock_gettime(time.CLOCK_BOOTTIME)),
        "load": [int(load * 65536) for load in os.getloadavg()],
        "memory": {name: fields[key] for name, key in memory.items()},
        "root": _space("/"),
        "tmp": _space("/tmp"),
        "swap": {"total": fields["SwapTotal"], "free": fields["SwapFree"]},
    }


def _reload_trigger(event, field, name):
    condition = ["if", ["eq", field, name], ["run_script", "/etc/init.d/" + name, "reload"]]
    return [event, condition, 1000]


def _instances(path):
    for number, line in enumerate(_lines(path), 1):
        pid, *command = line.split(" ")
        if os.path.isdir("/proc/" + pid):
            yield f"instance{number}", {"running": True, "pid": int(pid), "command": command, "term_timeout": 5}


def service_list(arguments):
    """What rc.common keeps of the services that it started; those of the boot are not run by procd here."""
    name = arguments.get("name")
    if name is None or name in _DAEMONS:
        raise Unsupported("service list of " + (name or "all services"))
    if not os.path.exists(f"{_SERVICES}/{name}"):
        return {}
    if not arguments.get("verbose"):
        instances = dict(_instances(f"{_SERVICES}/{name}"))
        return {name: {"instances": instances} if instances else {}}
    triggers = [_reload_trigger("config.change", "package", name), _reload_trigger("service.data.update", "name", name)]
    return {name: {"triggers": triggers}}


def service_data(_arguments):
    """No service here hands rules to the firewall."""
    return {}
