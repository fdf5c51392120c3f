# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the scripts of packages, and configures packages that are unpacked."""

import os

from .package import INSTALLED, NOT_INSTALLED, PREFER, UNPACKED
from .session import make_temporary_directory, remove_tree

INTERCEPT_DIR = "/usr/share/opkg/intercept"
DEFAULT_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


def _shell(command, say):
    status = os.spawnv(os.P_WAIT, "/bin/sh", ["/bin/sh", "-c", command])
    if status < 0:
        say.error("xsystem", f"/bin/sh: Child killed by signal {-status}.\n")
        return -1
    return status


def run(conf, package, script, arguments):
    """The script's return code; 0 when the package has no such script."""
    if "noaction" in conf:
        return 0
    if package.status in (INSTALLED, UNPACKED, "half-installed"):
        path = f"{package.dest.info_dir}/{package.name}.{script}"
    elif package.unpack_dir is None:
        # In a circle of dependencies the older version may be gone by now.
        conf.say.error("pkg_run_script", f"Internal error: {package.name} has a NULL tmp_unpack_dir.\n")
        return -1
    else:
        path = f"{package.unpack_dir}/{script}"
    os.environ["PKG_ROOT"] = (package.dest or conf.default_dest).root
    os.environ["PKG_UPGRADE"] = "1" if package.is_upgrade else "0"
    if not os.path.exists(path):
        return 0
    status = _shell(f"{path} {arguments}", conf.say)
    if status:
        conf.say.error("pkg_run_script", f'package "{package.name}" {script} script returned status {status}.\n')
    return status


class Intercepts:
    """Programs such as depmod that scripts start are put off until all scripts have run."""

    def __init__(self, conf):
        self.conf = conf
        self.path = os.environ.get("PATH")
        self.folder = make_temporary_directory(f"{conf.tmp_dir}/opkg-intercept-")
        os.environ["OPKG_INTERCEPT_DIR"] = self.folder
        os.environ["PATH"] = f"{INTERCEPT_DIR}:{self.path or DEFAULT_PATH}"

    def finish(self):
        if self.path is None:
            del os.environ["PATH"]
        else:
            os.environ["PATH"] = self.path
        for name in os.listdir(self.folder):
            path = f"{self.folder}/{name}"
            if not name.startswith(".") and os.access(path, os.X_OK):
                _shell(path, self.conf.say)
        remove_tree(self.folder)


def _dependencies_first(database):
    """All packages that are installed or unpacked, in the order they have to be configured in."""
    packages = [package for package in database.available() if package.status != NOT_INSTALLED]
    by_name = {}
    for package in packages:
        by_name.setdefault(package.name, package)
    visited, ordered = set(), []

    def visit(package):
        if package.name in visited:
            return
        visited.add(package.name)
        for dependency in package.depends:
            for alternative in dependency.alternatives:
                for provider in alternative.abstract.providers:
                    if provider.name in by_name:
                        visit(by_name[provider.name])
                        break
        ordered.append(package)

    for package in packages:
        visit(package)
    return ordered


def configure_all(database):
    """Run postinst of all that is unpacked, also of what an earlier run left. False when one failed."""
    conf = database.conf
    well = True
    intercepts = Intercepts(conf)
    for package in _dependencies_first(database):
        if package.status != UNPACKED:
            continue
        conf.say.notice(f"Configuring {package.name}.\n")
        status = run(conf, package, "postinst", "configure")
        if status:
            conf.say.error("opkg_configure", f"{package.name}.postinst returned {status}.\n")
            well = False
            continue
        package.status = package.abstract.status = INSTALLED
        package.flags &= ~PREFER
        database.changed = True
    intercepts.finish()
    return well
