#!/usr/bin/env python3
# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test routers: containers that look like a stock OpenWrt router to whoever logs in over SSH.

As a library:  lab = Lab(state_dir); router = lab.start("r1", flavour="24.10"); router.exec("uci changes"); lab.stop()
By hand:       python tests/router/lab.py up 3 | list | exec NAME CMD | ssh NAME | down

A router has no port and no address of the host: SSH goes through its network namespace (see Router.proxy_command).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import image  # noqa: E402
from packages import PackagesError  # noqa: E402

CACHE = HERE.parents[1] / ".cache/router"
# Instead of the image built here: one of OpenWrt's, say ghcr.io/openwrt/rootfs:x86_64-24.10.2
OPENWRT_IMAGE = os.environ.get("OPENWRT_IMAGE")
# It boots by itself; it lacks the two ports and a key (on standard input).
OPENWRT_SETUP = """
ip link add eth0 type veth && ip link set veth0 name eth1
umask 077; mkdir -p /etc/dropbear; cat >/etc/dropbear/authorized_keys
touch /tmp/.booted
"""
LIMIT = 100
BOOT_SECONDS = 60
# What dropbear gives a session on the router.
SESSION = {
    "HOME": "/root",
    "LOGNAME": "root",
    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
    "SHELL": "/bin/ash",
    "USER": "root",
}


class LabError(Exception):
    """A test router cannot be had; the text says what to do."""


def _podman(*arguments: str | Path, check: bool = True) -> subprocess.CompletedProcess:
    environment = {**os.environ, "CONTAINERS_CONF": str(HERE / "containers.conf")}
    result = subprocess.run(
        ["podman", *arguments], capture_output=True, text=True, check=False, env=environment, stdin=subprocess.DEVNULL
    )
    if check and result.returncode:
        raise LabError(f"podman {arguments[0]}: {result.stderr.strip()}")
    return result


def check_host() -> None:
    missing = [tool for tool in ("podman", "runc", "nsenter", "ssh", "ssh-keygen") if not shutil.which(tool)]
    if missing:
        raise LabError(
            f"not on this machine: {', '.join(missing)}. Install them with: "
            "sudo apt-get install -y --no-install-recommends podman runc openssh-client util-linux"
        )
    if os.geteuid() and not shutil.which("newuidmap"):
        raise LabError(
            "a login to a test router needs more than one user id, which an ordinary user gets from newuidmap: "
            "sudo apt-get install -y uidmap (and a line for you in /etc/subuid and /etc/subgid), or run this as root"
        )


class Router:
    """One running test router."""

    def __init__(self, lab: Lab, name: str, flavour: str, privileged: bool, container: str = "") -> None:
        self.lab = lab
        self.name = name
        self.flavour = flavour
        self.privileged = privileged
        self.container = container
        self.pid_file = lab.state_dir / f"{name}.pid"

    @property
    def pid(self) -> int:
        return int(self.pid_file.read_text())

    def _enter(self, *namespaces: str) -> list[str]:
        user = [] if os.geteuid() == 0 else ["-U", "--preserve-credentials"]
        return ["nsenter", "-t", str(self.pid), *user, *namespaces]

    # Files and commands, without SSH

    def exec(self, command: str, input: bytes | None = None, timeout: float = 60) -> subprocess.CompletedProcess:
        """Run a command line as an SSH session would: by ash, in root's home, with dropbear's environment.

        It enters the router's namespaces with the powers of whoever runs the lab, so it can mount even where the
        router's own processes cannot.
        """
        home = f"--wd=/proc/{self.pid}/root/root"
        enter = [*self._enter("-m", "-u", "-i", "-n", "-p", home), "ash", "-c", command]
        stdin = subprocess.DEVNULL if input is None else subprocess.PIPE
        pipe = subprocess.PIPE
        with subprocess.Popen(
            enter, stdin=stdin, stdout=pipe, stderr=pipe, env=SESSION, start_new_session=True
        ) as session:
            try:
                out, err = session.communicate(input, timeout=timeout)
            except subprocess.TimeoutExpired:
                # Not only nsenter: what it started is in the same process group.
                os.killpg(session.pid, signal.SIGKILL)
                raise
        return subprocess.CompletedProcess(command, session.returncode, out, err)

    def ssh(self, command: str, input: bytes | None = None, timeout: float = 60) -> subprocess.CompletedProcess:
        """Run a command line over SSH."""
        stdin = {"stdin": subprocess.DEVNULL} if input is None else {"input": input}
        return subprocess.run(self.ssh_command(command), capture_output=True, check=False, timeout=timeout, **stdin)

    def run(self, command: str, input: bytes | None = None) -> str:
        """exec() that must succeed; its standard output."""
        result = self.exec(command, input)
        if result.returncode:
            raise LabError(f"{self.name}: {command}: rc {result.returncode}: {result.stderr.decode()}")
        return result.stdout.decode()

    def read(self, path: str) -> bytes:
        result = self.exec(f"cat {shlex.quote(path)}")
        if result.returncode:
            raise FileNotFoundError(f"{self.name}:{path}")
        return result.stdout

    def write(self, path: str, data: bytes, mode: int = 0o644) -> None:
        quoted = shlex.quote(path)
        self.run(f'mkdir -p "$(dirname {quoted})" && cat >{quoted} && chmod {mode:o} {quoted}', data)

    def files_snapshot(self) -> dict[str, str]:
        """Everything that survives a power cut: path -> kind, mode and content's hash."""
        root = Path(f"/proc/{self.pid}/root")
        skipped = {f"{root}/{name}" for name in ("proc", "sys", "dev", "tmp", "run", "opt/double")}
        snapshot = {}
        for folder, folders, files in os.walk(root):
            folders[:] = [name for name in folders if os.path.join(folder, name) not in skipped]
            for name in folders + files:
                path = os.path.join(folder, name)
                info = os.lstat(path)
                if os.path.islink(path):
                    content = "-> " + os.readlink(path)
                elif os.path.isfile(path):
                    content = hashlib.sha256(Path(path).read_bytes()).hexdigest()
                else:
                    content = ""
                snapshot[path[len(str(root)) :]] = f"{info.st_mode:o} {info.st_uid}:{info.st_gid} {content}"
        return snapshot

    # SSH

    @property
    def proxy_command(self) -> str:
        """Reaches the router's own loopback device: no bridge, no port, and a millisecond instead of podman's hundred.

        The process id is read anew for each connection, so that an inventory stays right over a reboot.
        """
        user = "" if os.geteuid() == 0 else "-U --preserve-credentials "
        script = f'read pid <"$0"; exec nsenter -t "${{pid:?}}" {user}-n -m /usr/bin/nc 127.0.0.1 22'
        return shlex.join(["/bin/sh", "-c", script, str(self.pid_file)])

    def ssh_options(self) -> list[str]:
        options = {
            "ProxyCommand": self.proxy_command,
            "IdentityFile": self.lab.key,
            "IdentitiesOnly": "yes",
            "StrictHostKeyChecking": "no",
            "UserKnownHostsFile": "/dev/null",
            "GlobalKnownHostsFile": "/dev/null",
            "LogLevel": "ERROR",
        }
        return [word for key, value in options.items() for word in ("-o", f"{key}={value}")]

    def ssh_command(self, *command: str) -> list[str]:
        return ["ssh", "-F", "/dev/null", *self.ssh_options(), f"root@{self.name}", *command]

    # Life

    def wait_booted(self) -> None:
        if OPENWRT_IMAGE:
            self.exec(OPENWRT_SETUP, self.lab.public_key().encode())
        deadline = time.monotonic() + BOOT_SECONDS
        while time.monotonic() < deadline:
            if self.exec("[ -e /tmp/.booted ] && nc 127.0.0.1 22 </dev/null | head -c 3").stdout == b"SSH":
                return
            time.sleep(0.05)
        console = self.exec("cat /tmp/.console /tmp/log/dropbear").stdout.decode()
        raise LabError(f"{self.name} did not boot within {BOOT_SECONDS} s: {console}")

    def reboot(self) -> None:
        """A power cycle: RAM and the running ruleset are lost, what is on flash stays."""
        self.power_off()
        _podman("start", self.container)
        self.wait_booted()

    def reset(self) -> None:
        """As it was when it was new: a container takes less time than finding out what has changed."""
        self.remove()
        self.container = self.lab.create_container(self)
        self.lab.save()
        self.wait_booted()

    def power_off(self) -> None:
        self.pid_file.unlink(missing_ok=True)
        _podman("stop", "--time", "0", self.container)

    def remove(self) -> None:
        self.pid_file.unlink(missing_ok=True)
        _podman("rm", "--force", "--time", "0", self.container)


class Lab:
    """The routers of one state directory. Everything it leaves on the machine has its run id in its name."""

    def __init__(self, state_dir: str | os.PathLike | None = None) -> None:
        check_host()
        self.state_dir = Path(state_dir or CACHE / "lab").resolve()
        self.state_dir.mkdir(parents=True, exist_ok=True)
        self.state_file = self.state_dir / "routers.json"
        state = json.loads(self.state_file.read_text()) if self.state_file.exists() else {}
        self.run_id = state.get("run_id") or uuid.uuid4().hex[:8]
        self.key = self._make_key()
        self.routers: dict[str, Router] = {}
        for name, properties in state.get("routers", {}).items():
            # Somebody may have removed a container by hand, or the machine may have been restarted.
            if _podman("container", "exists", properties["container"], check=False).returncode == 0:
                self.routers[name] = Router(self, name, **properties)

    def _make_key(self) -> Path:
        """A throw-away key for SSH to test routers of this clone; its public half is part of the image."""
        key = CACHE / "id_ed25519"
        CACHE.mkdir(parents=True, exist_ok=True)
        if not key.exists():
            command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "fastpath-test-router", "-f", key]
            subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
        return key

    def save(self) -> None:
        routers = {
            name: {"flavour": router.flavour, "privileged": router.privileged, "container": router.container}
            for name, router in self.routers.items()
        }
        partial = self.state_file.with_suffix(f".{threading.get_ident()}")
        partial.write_text(json.dumps({"run_id": self.run_id, "routers": routers}))
        partial.rename(self.state_file)

    def _image(self, flavour: str) -> str:
        return OPENWRT_IMAGE or image.build(CACHE, flavour, self.public_key(), _podman)

    def public_key(self) -> str:
        return self.key.with_suffix(".pub").read_text()

    def start(self, name: str, flavour: str = "24.10", privileged: bool = False) -> Router:
        if name in self.routers:
            raise LabError(f"there is a router {name} already")
        if len(self.routers) >= LIMIT:
            raise LabError(f"no more than {LIMIT} routers at a time")
        router = Router(self, name, flavour, privileged)
        router.container = self.create_container(router)
        self.routers[name] = router
        self.save()
        router.wait_booted()
        return router

    def create_container(self, router: Router) -> str:
        router.pid_file.unlink(missing_ok=True)
        rights = ["--cap-add", "NET_ADMIN"]
        if router.privileged:
            rights += ["--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined"]
        return _podman(
            "run", "--detach", "--pull", "missing" if OPENWRT_IMAGE else "never",
            "--name", f"fastpath-{self.run_id}-{router.name}", "--hostname", router.name,
            "--label", f"fastpath.state={self.state_dir}", "--pidfile", router.pid_file,
            "--network", "none", "--no-hosts", *rights,
            "--tmpfs", "/tmp:rw,exec,nosuid,nodev,size=65536k,mode=1777,notmpcopyup",
            self._image(router.flavour), "/sbin/init" if OPENWRT_IMAGE else "/opt/double/init",
        ).stdout.strip()  # fmt: skip

    def start_many(self, names: list[str], flavour: str = "24.10") -> list[Router]:
        self._image(flavour)
        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(lambda name: self.start(name, flavour), names))

    def inventory(self) -> dict:
        hosts = {
            name: {
                # Nobody resolves it, but Ansible shares SSH connections by it, and other labs have routers of this name.
                "ansible_host": f"{name}.{self.run_id}",
                "ansible_connection": "ssh",
                "ansible_user": "root",
                "ansible_ssh_common_args": shlex.join(["-F", "/dev/null", *router.ssh_options()]),
            }
            for name, router in self.routers.items()
        }
        return {"all": {"children": {"routers": {"hosts": hosts}}}}

    def remove(self, name: str) -> None:
        self.routers.pop(name).remove()
        self.save()

    def stop(self) -> None:
        for router in self.routers.values():
            router.remove()
        self.routers.clear()
        self.state_file.unlink(missing_ok=True)


def remove_orphans() -> None:
    """Routers of a lab that was killed, and whose state directory is gone."""
    listing = _podman(
        "ps", "--all", "--format", '{{.ID}} {{index .Labels "fastpath.state"}}', "--filter", "label=fastpath.state"
    )
    for line in listing.stdout.splitlines():
        container, state_dir = line.split(" ", 1)
        if not Path(state_dir).exists():
            _podman("rm", "--force", "--time", "0", container)


def _command_line() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--state", help="directory that remembers the routers (default: in .cache)")
    actions = parser.add_subparsers(dest="action", required=True)
    up = actions.add_parser("up", help="start routers r1 to rN")
    up.add_argument("count", type=int, nargs="?", default=1)
    up.add_argument("--flavour", choices=image.FLAVOURS, default="24.10")
    for action, text in (("exec", "run a command line"), ("ssh", "log in, or run a command line, over SSH")):
        sub = actions.add_parser(action, help=text)
        sub.add_argument("name")
        sub.add_argument("command", nargs="?" if action == "ssh" else None)
    for action, text in (("reboot", "a power cycle"), ("snapshot", "all that survives a power cut, file by file")):
        actions.add_parser(action, help=text).add_argument("name")
    actions.add_parser("list", help="the routers and how to reach them")
    actions.add_parser("inventory", help="an inventory for Ansible, on standard output")
    actions.add_parser("down", help="remove all routers of this state directory")
    return parser.parse_args()


def main() -> int:
    options = _command_line()
    lab = Lab(options.state)
    if options.action == "up":
        lab.start_many([f"r{number}" for number in range(1, options.count + 1)], options.flavour)
    elif options.action == "down":
        lab.stop()
        remove_orphans()
    elif options.action == "inventory":
        print(json.dumps(lab.inventory(), indent=2))
    elif options.action == "list":
        for router in lab.routers.values():
            print(f"{router.name}\t{router.flavour}\t{shlex.join(router.ssh_command())}")
    elif options.name not in lab.routers:
        raise LabError(f"no router {options.name}; there are: {', '.join(lab.routers) or 'none'}")
    elif options.action == "ssh":
        command = lab.routers[options.name].ssh_command(*([options.command] if options.command else []))
        os.execvp(command[0], command)
    elif options.action == "reboot":
        lab.routers[options.name].reboot()
    elif options.action == "snapshot":
        print(json.dumps(lab.routers[options.name].files_snapshot(), indent=0, sort_keys=True))
    else:
        result = lab.routers[options.name].exec(options.command)
        sys.stdout.buffer.write(result.stdout)
        sys.stderr.buffer.write(result.stderr)
        return result.returncode
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (LabError, PackagesError) as error:
        sys.exit(f"lab: {error}")
