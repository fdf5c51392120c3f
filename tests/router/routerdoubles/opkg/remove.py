# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""opkg remove."""

import os

from . import conffiles, scripts, storage
from .package import FILELIST_CHANGED, INSTALLED, NOT_INSTALLED, REPLACE
from .pattern import matches

REFUSAL = """Refusing to remove essential package {name}.
\tRemoving an essential package may lead to an unusable system, but if
\tyou enjoy that kind of pain, you can force opkg to proceed against
\tits will with the option: --force-removal-of-essential-packages
"""
WARNING = (
    "Package {name} is depended upon by packages:\n",
    "These might cease to work if package {name} is removed.\n\n",
    "Force removal of this package with --force-depends.\n",
    "Force removal of this package and its dependents\n",
    "with --force-removal-of-dependent-packages.\n",
)
PRERM_HINT = "You can force removal of packages with failed prerm scripts with the option: \n\t--force-remove\n"


def remove_matching(database, files, patterns):
    """True when all that was found could be removed."""
    conf = database.conf
    files.learn(database.installed())
    well, done = True, False
    available = database.installed()
    for pattern in patterns:
        for package in available:
            if not matches(pattern, package.name):
                continue
            installed = database.installed_by_name(package.name)
            if installed is None:
                conf.say.error("opkg_remove_cmd", f"Package {package.name} is not installed.\n")
            elif remove(database, files, installed):
                done = True
            else:
                well = False
    if not done:
        conf.say.notice("No packages removed.\n")
    return well


def dependents(package):
    """Names of installed packages that need something this one provides, once for each entry that was read."""
    needing = [depender for provided in package.provides for depender in provided.dependers]
    return [depender.name for depender in needing if depender.status == INSTALLED]


def remove(database, files, package):
    conf, say = database.conf, database.conf.say
    if package.essential:
        say.notice(REFUSAL.format(name=package.name))
        return False
    if "force_depends" not in conf and not package.flags & REPLACE:
        needed_by = dependents(package)
        if needed_by:
            _warn(say, package.name, needed_by)
            return False
    say.notice(f"Removing package {package.name} from {package.dest.name}...\n")
    package.flags |= FILELIST_CHANGED
    package.want = "deinstall"
    database.changed = True
    if scripts.run(conf, package, "prerm", "remove"):
        say.error("opkg_remove_pkg", f'not removing package "{package.name}", prerm script failed\n')
        say.notice(PRERM_HINT)
        return False
    remove_data_files(conf, files, package)
    status = scripts.run(conf, package, "postrm", "remove")
    remove_scripts(conf, package)
    package.status = package.abstract.status = NOT_INSTALLED
    return not status


def _warn(say, name, needed_by):
    head, *tail = (line.format(name=name) for line in WARNING)
    for line in [head, *(f"\t{dependent}\n" for dependent in dict.fromkeys(needed_by)), *tail]:
        say.error("print_dependents_warning", line)


def remove_data_files(conf, files, package):
    """The package's files, but no folders, nor what another package took over, nor configuration that somebody changed."""
    for name in files.of(package):
        if files.owners.get(name) is not package or os.path.isdir(name):
            continue
        recorded = (package.conffiles or {}).get(name, "")
        if recorded != "" and conffiles.is_modified(name, recorded, conf.say):
            conf.say.notice(f"Not deleting modified conffile {name}.\n")
            continue
        if "noaction" not in conf:
            storage.unlink(name)
        del files.owners[name]
    files.remove_list(package)


def remove_scripts(conf, package):
    """All that info has of the package, and of any package whose name goes on with a dot."""
    if "noaction" not in conf:
        for name in sorted(os.listdir(package.dest.info_dir)):
            if name.startswith(f"{package.name}."):
                storage.unlink(f"{package.dest.info_dir}/{name}")
