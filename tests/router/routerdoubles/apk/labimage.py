# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the package database of the 25.12 test router entails: its file lists, configuration lists and scripts.

    python3 -m routerdoubles.apk.labimage ROOT

makes them from ROOT/lib/apk/db/installed (`state-25.12/apk-db-installed.txt` of the recordings).
"""

import os
import sys

from .database import SCRIPTS, read_installed, replace_file
from .layout import Files
from .mkfeed import PACKAGES_DIRECTORY
from .scripts import Scripts

# base-files' own list cannot be told from its digest in the database: these are the files everybody edits.
CONFIGURATION = {
    "apk-mbedtls": ["etc/apk/repositories.d/customfeeds.list"],
    "base-files": [
        "etc/ethers",
        "etc/group",
        "etc/hosts",
        "etc/inittab",
        "etc/passwd",
        "etc/profile",
        "etc/protocols",
        "etc/rc.local",
        "etc/services",
        "etc/shadow",
        "etc/shells",
        "etc/sysctl.conf",
        "etc/sysupgrade.conf",
    ],
    "dropbear": ["etc/config/dropbear"],
    "firewall4": ["etc/config/firewall", "etc/nftables.d/10-custom-filter-chains.nft", "etc/nftables.d/README"],
}
# An image's packages have no post-install script any more: it ran when the image was built.
_SCRIPTS = {"pre-deinstall": "#!/bin/sh\n", "post-upgrade": "#!/bin/sh\n"}


def _lines(paths):
    return "".join("/%s\n" % path for path in paths)


def _digests(root, paths):
    """Configuration files as they were built: path and SHA-256, for those that this directory has."""
    from hashlib import sha256

    for path in paths:
        full = os.path.join(root, path)
        if os.path.exists(full):
            with open(full, "rb") as stream:
                yield "/%s %s\n" % (path, sha256(stream.read()).hexdigest())


def package_files(root, package):
    """(path, text) of the lists that belong to an installed package."""
    own = PACKAGES_DIRECTORY + "/"
    paths = sorted(file.path for file in Files.parse(package.installed.files).files)
    yield own + package.name + ".list", _lines(path for path in paths if not path.startswith(own))
    if package.name in CONFIGURATION:
        yield own + package.name + ".conffiles", _lines(CONFIGURATION[package.name])
        yield own + package.name + ".conffiles_static", "".join(_digests(root, CONFIGURATION[package.name]))


def main(argv):
    (root,) = argv
    packages = read_installed(root)
    os.makedirs(os.path.join(root, PACKAGES_DIRECTORY), exist_ok=True)
    scripts = Scripts()
    for package in packages:
        scripts.put(package, _SCRIPTS)
        for path, text in package_files(root, package):
            replace_file(os.path.join(root, path), text.encode())
    replace_file(os.path.join(root, SCRIPTS), scripts.pack(packages))


if __name__ == "__main__":
    main(sys.argv[1:])
