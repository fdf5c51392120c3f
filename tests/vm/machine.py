#!/usr/bin/env python3
# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The router VM: the test router on a real kernel with flowtables, between a client and a server.

As a library:  machine = Machine(state); machine.up(); machine.router.run("nft list ruleset"); machine.down()
By hand:       ./dev vm up | ssh [client|server] [COMMAND] | reboot | down

QEMU emulates the processor, so it runs on any machine and as an ordinary user.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import debian  # noqa: E402
import initramfs  # noqa: E402

image = initramfs.image
PackagesError = debian.packages.PackagesError

CACHE = HERE.parents[1] / ".cache/vm"
DEFAULT = CACHE / "vm"
KEY = HERE.parents[1] / ".cache/router/id_ed25519"  # of this clone's test routers, in their images
SEARCH_PATH = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"  # where Debian keeps mke2fs
GUEST_PORTS = {"router": 22, "client": 23, "server": 24}
DRIVERS = ("none", "accepts", "refuses")
DRIVER = "/sys/module/fastpath_hw/parameters"
BOOT_SECONDS = 300
FLASH_MEGABYTES = 64
MEMORY_MEGABYTES = 512
KEPT_IMAGES = 4
# Without cx16 and with rdrand: others of Debian's kernels crash now and then on this emulated processor.
PROCESSOR = "qemu64,-cx16,+rdrand"
COMMAND_LINE = "console=ttyS0 quiet loglevel=3 rdinit=/init panic=-1 random.trust_cpu=on mitigations=off tsc=reliable"


class MachineError(Exception):
    """The VM cannot be had; the text says what to do."""


def check_host() -> None:
    packages = {
        "qemu-system-x86_64": "qemu-system-x86", "mke2fs": "e2fsprogs", "ssh": "openssh-client",
        "setpriv": "util-linux", "dpkg-deb": "dpkg",
    }  # fmt: skip
    missing = sorted({package for tool, package in packages.items() if not shutil.which(tool, path=SEARCH_PATH)})
    if missing:
        raise MachineError(
            f"Missing on this machine: {', '.join(missing)}. Install with: "
            f"sudo apt-get install -y --no-install-recommends {' '.join(missing)}"
        )


class Host:
    """The router, or one of the hosts behind and beyond it; each has its own SSH port on the machine's loopback."""

    def __init__(self, machine: Machine, name: str) -> None:
        self.machine = machine
        self.name = name

    @property
    def port(self) -> int:
        return self.machine.ports[self.name]

    def ssh_options(self) -> list[str]:
        options = {
            "IdentityFile": KEY,
            "IdentitiesOnly": "yes",
            "StrictHostKeyChecking": "no",
            "UserKnownHostsFile": "/dev/null",
            "GlobalKnownHostsFile": "/dev/null",
            "LogLevel": "ERROR",
        }
        return [word for key, value in options.items() for word in ("-o", f"{key}={value}")]

    def ssh_command(self, *command: str, options: tuple[str, ...] = ()) -> list[str]:
        login = ["-p", str(self.port), "root@127.0.0.1"]
        return ["ssh", "-F", "/dev/null", *self.ssh_options(), *options, *login, *command]

    @property
    def socket(self) -> Path:
        return self.machine.state_dir / f"{self.name}.ssh"

    def _shared(self, command: str) -> dict:
        """Arguments for a process: all commands share one connection, which saves each of them the key exchange.

        The socket is named relative to its folder: a longer path than 108 characters would not do.
        """
        options = ("ControlMaster=auto", f"ControlPath={self.socket.name}", "ControlPersist=yes")
        words = tuple(word for option in options for word in ("-o", option))
        return {"args": self.ssh_command(command, options=words), "cwd": self.machine.state_dir}

    def exec(self, command: str, input: bytes | None = None, timeout: float = 120) -> subprocess.CompletedProcess:
        """Run a command line on this host; bytes."""
        stdin = {"stdin": subprocess.DEVNULL} if input is None else {"input": input}
        return subprocess.run(**self._shared(command), capture_output=True, check=False, timeout=timeout, **stdin)

    def start(self, command: str) -> subprocess.Popen:
        """Run a command line beside what follows; communicate() has its output, as text."""
        pipe = subprocess.PIPE
        return subprocess.Popen(**self._shared(command), stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, text=True)

    def run(self, command: str, input: bytes | None = None, timeout: float = 120) -> str:
        """exec() that must succeed; its standard output."""
        result = self.exec(command, input, timeout)
        if result.returncode:
            raise MachineError(f"{self.name}: {command}: rc {result.returncode}: {result.stderr.decode()}")
        return result.stdout.decode()

    def read(self, path: str) -> bytes:
        result = self.exec(f"cat {shlex.quote(path)}")
        if result.returncode:
            raise FileNotFoundError(f"{self.name}:{path}")
        return result.stdout

    def write(self, path: str, data: bytes, mode: int = 0o644) -> None:
        quoted = shlex.quote(path)
        self.run(f'mkdir -p "$(dirname {quoted})" && cat >{quoted} && chmod {mode:o} {quoted}', data)


class Machine:
    """One VM. Its flash, its ports and its process are remembered in the state directory."""

    def __init__(
        self,
        state_dir: str | os.PathLike | None = None,
        flavour: str = "24.10",
        icount: bool = False,
        say: Callable[[str], None] = lambda _text: None,
    ) -> None:
        """icount: the processor's time is counted in instructions, so that measurements repeat on a busy machine."""
        self.state_dir = Path(state_dir or DEFAULT).resolve()
        self.state_file = self.state_dir / "vm.json"
        state = json.loads(self.state_file.read_text()) if self.state_file.exists() else {}
        self.flavour = state.get("flavour", flavour)
        self.icount = state.get("icount", icount)
        self.ports: dict[str, int] = state.get("ports", {})
        self.keep: bool = state.get("keep", False)
        self.initramfs: str | None = state.get("initramfs")
        self.pid: int | None = state.get("pid")
        self.say = say
        self.console = self.state_dir / "console"
        self.flash = self.state_dir / "flash.img"
        self.inventory_file = self.state_dir / "inventory.json"
        self.router, self.client, self.server = (Host(self, name) for name in GUEST_PORTS)
        self.hosts = {"router": self.router, "client": self.client, "server": self.server}

    def _save(self) -> None:
        keys = ("flavour", "icount", "initramfs", "keep", "ports", "pid")
        self.state_file.write_text(json.dumps({key: getattr(self, key) for key in keys}))

    # What it boots

    def kernel(self) -> debian.Kernel:
        kernel = debian.Kernel(CACHE)
        if not (kernel.root / "version").exists():
            self.say("Fetching Debian's kernel")
        kernel.fetch()
        return kernel

    def _image(self, kernel: debian.Kernel) -> Path:
        if not (CACHE / "tools").exists():
            self.say("Fetching the guest's tools")
        tools = debian.tools(CACHE)
        router = image.HERE
        sources = [router / name for name in ("base.py", "packages.py", "image.py", "applets.txt", "routerdoubles")]
        sources += [router / "rootfs/common", router / "rootfs" / self.flavour, HERE / "guest"]
        sources += [HERE / "initramfs.py", HERE / "debian.py"]
        key = KEY.with_suffix(".pub").read_text()
        target = CACHE / f"initramfs-{self.flavour}-{initramfs.digest(*sources, text=kernel.version + key)}"
        if not target.exists():
            self.say("Building the router's root")
            initramfs.build(target, self.flavour, key, tools, kernel.modules())
            for old in sorted(CACHE.glob("initramfs-*"), key=os.path.getmtime, reverse=True)[KEPT_IMAGES:]:
                old.unlink()
        return target

    def _make_key(self) -> None:
        if not KEY.exists():
            KEY.parent.mkdir(parents=True, exist_ok=True)
            command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "fastpath-test-router", "-f", KEY]
            subprocess.run(command, check=True, stdin=subprocess.DEVNULL)

    # Life

    def up(self, keep: bool = False) -> None:
        """Start it and wait until it can be reached. keep: it stays when this process ends, until down()."""
        if self.is_running():
            return
        check_host()
        self.state_dir.mkdir(parents=True, exist_ok=True)
        CACHE.mkdir(parents=True, exist_ok=True)
        self._make_key()
        with image.locked(CACHE):
            kernel = self.kernel()
            if not self.initramfs or not Path(self.initramfs).exists():  # after a power cut it boots what it booted
                self.initramfs = str(self._image(kernel))
        if not self.flash.exists():
            self._make_flash()
        if not self.ports:
            self.ports = dict(zip(GUEST_PORTS, _free_ports(len(GUEST_PORTS)), strict=True))
        self.keep = keep
        self._start(kernel.image)
        self.inventory_file.write_text(json.dumps(self.inventory(), indent=2) + "\n")

    def _make_flash(self) -> None:
        with open(self.flash, "wb") as file:
            file.truncate(FLASH_MEGABYTES << 20)
        environment = {**os.environ, "PATH": SEARCH_PATH}
        subprocess.run(["mke2fs", "-q", "-t", "ext4", "-m", "0", self.flash], check=True, env=environment)

    def _command(self, kernel: Path) -> list[str]:
        forwards = ",".join(f"hostfwd=tcp:127.0.0.1:{self.ports[host]}-:{port}" for host, port in GUEST_PORTS.items())
        return [
            "qemu-system-x86_64", "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none",
            "-machine", "pc", "-accel", "tcg,tb-size=256", "-cpu", PROCESSOR, "-smp", "1", "-m", str(MEMORY_MEGABYTES),
            *(["-icount", "shift=1,sleep=off"] if self.icount else []),
            "-kernel", str(kernel), "-initrd", self.initramfs, "-append", COMMAND_LINE,
            "-serial", f"file:{self.console}",
            "-netdev", f"user,id=management,restrict=on,{forwards}",
            "-device", "virtio-net-pci,netdev=management,romfile=",
            "-drive", f"file={self.flash},if=virtio,format=raw",
            "-device", "virtio-rng-pci",
        ]  # fmt: skip

    def _start(self, kernel: Path) -> None:
        self.say("Starting it")
        self.console.write_bytes(b"")
        command = self._command(kernel)
        if not self.keep:
            command = ["setpriv", "--pdeathsig", "KILL", *command]  # it ends with whoever started it
        with open(self.state_dir / "qemu.log", "wb") as log:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        self.pid = process.pid
        self._save()
        deadline = time.monotonic() + BOOT_SECONDS
        while b"vm: ready" not in self.console.read_bytes():
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                self._refuse_boot()
            time.sleep(0.05)

    def _refuse_boot(self) -> None:
        console = self.console.read_text(errors="replace")[-2000:]
        raise MachineError(f"the VM did not boot: {(self.state_dir / 'qemu.log').read_text()}{console}")

    def is_running(self) -> bool:
        """Whether the process is this VM's: a number may have been given to another one."""
        if self.pid is None:
            return False
        try:
            words = Path(f"/proc/{self.pid}/cmdline").read_bytes()
        except OSError:
            return False
        return f"file={self.flash}".encode() in words

    def power_off(self) -> None:
        """A power cut: what the guest has not written to its flash is lost."""
        if self.is_running():
            os.kill(self.pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self.pid, 0)
            while self.is_running():
                time.sleep(0.01)
        self.pid = None
        for host in self.hosts.values():
            host.socket.unlink(missing_ok=True)

    def reboot(self) -> None:
        """A power cycle: RAM and the running ruleset are lost, what is on flash stays."""
        self.power_off()
        self.up(self.keep)

    def down(self) -> None:
        """End it and forget it, with all that is on its flash."""
        self.power_off()
        shutil.rmtree(self.state_dir, ignore_errors=True)

    # What the ports' driver does about hardware offload

    def driver(self, kind: str) -> None:
        """none: veth as it is, `flags offload` is not supported; accepts, refuses: it is, and so is, or is not, each flow.

        Until the next boot. A change from or to none unbinds the driver from flowtables that are loaded.
        """
        loaded = self.router.exec(f"[ -e {DRIVER} ]").returncode == 0
        if kind == "none":
            if loaded:
                self.router.run("/opt/double/bin/busybox rmmod fastpath_hw")
            return
        refuse = {"accepts": "N", "refuses": "Y"}[kind]
        if loaded:
            self.router.run(f"echo {refuse} >{DRIVER}/refuse")
        else:
            self.router.write("/tmp/fastpath_hw.ko", self._driver_module())
            insmod = f"/opt/double/bin/busybox insmod /tmp/fastpath_hw.ko refuse={refuse}"
            self.router.run(f"{insmod} && rm /tmp/fastpath_hw.ko")

    def _driver_module(self) -> bytes:
        with image.locked(CACHE):
            kernel = self.kernel()
            source = HERE / "module"
            built = CACHE / f"fastpath_hw-{initramfs.digest(source, text=kernel.version)}.ko"
            if not built.exists():
                self.say("Building the driver's double")
                content = kernel.build_module(source)
                for old in CACHE.glob("fastpath_hw-*.ko"):
                    old.unlink()
                built.write_bytes(content)
            return built.read_bytes()

    def inventory(self) -> dict:
        groups = {}
        for group, name in (("routers", "router"), ("clients", "client"), ("servers", "server")):
            host = self.hosts[name]
            variables = {
                "ansible_host": "127.0.0.1",
                "ansible_port": host.port,
                "ansible_connection": "ssh",
                "ansible_user": "root",
                "ansible_ssh_common_args": shlex.join(["-F", "/dev/null", *host.ssh_options()]),
            }
            groups[group] = {"hosts": {name: variables}}
        return {"all": {"children": groups}}


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


MESSAGE = """
The router VM runs: client (10.88.0.2) - eth0 in br-lan, router, eth1 - server (10.89.0.1).

    {dev} vm ssh                          log in to the router
    {dev} vm ssh client iperf3 -c 10.89.0.1   after: {dev} vm ssh server iperf3 -s -D
    {dev} vm down                         end it

Inventory: {inventory}, with groups routers, clients, servers. For example:

    ANSIBLE_COLLECTIONS_PATH=.cache/collections .venv/bin/ansible-playbook -i {inventory} \\
        playbooks/site.yml -e flow_offload_mode=software -e '{{"flow_offload_packages": []}}'
"""


def _command_line() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev vm", description=__doc__.splitlines()[0])
    parser.add_argument("--state", help="directory that remembers the VM (default: in .cache)")
    actions = parser.add_subparsers(dest="action", required=True)
    up = actions.add_parser("up", help="start it, or say how to reach the one that runs")
    up.add_argument("--flavour", choices=image.FLAVOURS, default="24.10", help="of OpenWrt, when it is new")
    up.add_argument("--icount", action="store_true", help="count time in instructions: measurements repeat")
    ssh = actions.add_parser("ssh", help="log in, or run a command")
    ssh.add_argument("words", nargs=argparse.REMAINDER, metavar="[router|client|server] [COMMAND]")
    driver = actions.add_parser("driver", help="what the ports do about hardware offload, until the next boot")
    driver.add_argument("kind", choices=DRIVERS)
    actions.add_parser("reboot", help="a power cycle")
    actions.add_parser("down", help="end it and forget what is on its flash")
    return parser.parse_args()


def main() -> int:
    options = _command_line()
    started = time.monotonic()
    say = lambda text: print(f"{time.monotonic() - started:5.1f} s  {text}", flush=True)  # noqa: E731
    fresh = {"flavour": options.flavour, "icount": options.icount} if options.action == "up" else {}
    machine = Machine(options.state, **fresh, say=say)
    if options.action == "up":
        machine.up(keep=True)
        say("It can be reached")
        print(MESSAGE.format(dev="./dev", inventory=os.path.relpath(machine.inventory_file)))
        return 0
    if options.action == "down":
        machine.down()
        return 0
    if not machine.is_running():
        raise MachineError("no VM runs. Start it with: ./dev vm up")
    if options.action == "reboot":
        machine.reboot()
        return 0
    if options.action == "driver":
        machine.driver(options.kind)
        return 0
    words = options.words
    host = machine.hosts[words.pop(0)] if words and words[0] in machine.hosts else machine.router
    command = host.ssh_command(*words)
    os.execvp(command[0], command)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (MachineError, PackagesError) as error:
        sys.exit(f"vm: {error}")
