# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""./dev demo and ./dev down: three test routers, brought to what tests/demo/inventory declares."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
STATE = ROOT / ".cache/demo"
VARIABLES = HERE / "inventory/group_vars/routers.yml"
sys.path.insert(0, str(ROOT / "tests/router"))

from lab import Lab, LabError, Router  # noqa: E402

BY_HAND = """
uci set firewall.@defaults[0].forward=ACCEPT
uci set firewall.@defaults[0].flow_offloading=1
uci set firewall.@defaults[0].flow_offloading_hw=1
uci commit firewall
fw4 -q reload
"""


@dataclass
class Member:
    """A router of the demo's fleet."""

    name: str
    flavour: str
    about: str
    commands: str = ""


FLEET = (
    Member("attic", "24.10", "with opkg, as it comes"),
    Member("barn", "25.12", "with apk, as it comes"),
    Member("cellar", "24.10", "with opkg, changed by hand: forward=ACCEPT, hardware offloading", BY_HAND),
)

CONFIG = """\
[defaults]
inventory = {state}/routers.json,{here}/inventory
collections_path = {root}/.cache/collections
callback_result_format = yaml
display_skipped_hosts = false

[ssh_connection]
# No connection outlives a run: routers of the next demo have the same names.
ssh_args = -C
"""


def heading(text: str) -> None:
    bold, plain = ("\033[1m", "\033[0m") if sys.stdout.isatty() else ("", "")
    print(f"\n{bold}==> {text}{plain}\n", flush=True)


def start_fleet() -> Lab:
    lab = Lab(STATE / "lab")
    lab.stop()
    lab = Lab(STATE / "lab")
    for member in FLEET:
        router = lab.start(member.name, member.flavour)
        router.run(member.commands)
        print(f"  {member.name:8}OpenWrt {member.flavour} {member.about}", flush=True)
    return lab


def write_settings(lab: Lab) -> None:
    """What it takes to go on by hand: an inventory, ansible.cfg, and ssh's configuration."""
    (STATE / "routers.json").write_text(json.dumps(lab.inventory(), indent=2))
    (STATE / "ansible.cfg").write_text(CONFIG.format(state=STATE, here=HERE, root=ROOT))
    (STATE / "ssh_config").write_text("".join(map(ssh_host, lab.routers.values())))


def ssh_host(router: Router) -> str:
    options = (option.replace("=", " ", 1) for option in router.ssh_options() if option != "-o")
    return "\n  ".join([f"Host {router.name}", "User root", *options]) + "\n"


def play(playbook: str, *options: str) -> None:
    arguments = [f"fastpath.router.{playbook}", *options]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    environment["ANSIBLE_CONFIG"] = str(STATE / "ansible.cfg")
    print(f"$ ansible-playbook {' '.join(arguments)}", flush=True)
    command = [Path(sys.executable).with_name("ansible-playbook"), *arguments]
    code = subprocess.run(command, env=environment, check=False).returncode
    if code:
        raise SystemExit(f"\nansible-playbook ended with {code}. The routers are left running; ./dev down ends them.")


def up() -> None:
    started = time.monotonic()
    heading("Three test routers, each in a container, reached over SSH only")
    write_settings(start_fleet())
    heading(f"What they shall be like: {os.path.relpath(VARIABLES)}")
    print(VARIABLES.read_text().split("\n", 2)[2], end="")
    heading("1. What differs? Check mode, nothing is changed")
    play("drift")
    heading("2. Converge: checked by the router itself, loaded, read back, confirmed, and only then written to flash")
    play("site", "--diff")
    heading("3. Once more: nothing differs, so nothing is changed, reloaded or written")
    play("site")
    heading("4. What differs now?")
    play("drift")
    settings = os.path.relpath(STATE)
    heading(f"Done in {time.monotonic() - started:.0f} s. The routers are still there")
    print(f"""\
  Log in             ssh -F {settings}/ssh_config cellar
  Change something   uci set firewall.@defaults[0].forward=ACCEPT; uci commit firewall; fw4 reload; exit
  See the drift      ANSIBLE_CONFIG={settings}/ansible.cfg .venv/bin/ansible-playbook fastpath.router.drift
  End them           ./dev down""")


def down() -> None:
    lab = Lab(STATE / "lab")
    print(f"{len(lab.routers)} test routers ended.")
    lab.stop()


if __name__ == "__main__":
    try:
        {"up": up, "down": down}[sys.argv[1]]()
    except LabError as error:
        sys.exit(str(error))
