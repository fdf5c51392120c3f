# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""opkg install: what is needed, the checks, and unpacking."""

import os
import time

from ..unsupported import Unsupported
from . import archive, conffiles, download, scripts, signature, storage
from .package import FILELIST_CHANGED, INSTALLED, NEED_DETAIL, NOPRUNE, NOT_INSTALLED, PREFER, REPLACE, UNPACKED, USER
from .remove import dependents, remove, remove_data_files, remove_matching, remove_scripts
from .resolve import candidate_by_name, unsatisfied
from .session import make_temporary_directory
from .version import compare


def install_all(database, files, names):
    """True when every package is installed and configured."""
    conf, say = database.conf, database.conf.say
    for name in names:
        if name.startswith(("http://", "https://", "ftp://", "ftps://")) or name[-4:] in (".opk", ".ipk", ".deb"):
            raise Unsupported(f"installation of a package file: {name}")
        database.ensure(name).flags |= NEED_DETAIL
    database.load_details()
    database.load_status()
    if "force_reinstall" in conf:
        saved = conf.switches & {"force_depends"}
        conf.switches.add("force_depends")
        remove_matching(database, files, names)
        conf.switches -= {"force_depends", "force_reinstall"} - saved
    files.learn(database.installed())
    installer = Installer(database, files)
    well = True
    for name in names:
        if not installer.by_name(name):
            say.error("opkg_install_cmd", f"Cannot install package {name}.\n")
            well = False
    return scripts.configure_all(database) and well


class Installer:
    def __init__(self, database, files):
        self.database = database
        self.conf = database.conf
        self.say = database.conf.say
        self.files = files

    def by_name(self, name):
        old = self.database.installed_by_name(name)
        new = candidate_by_name(self.database, name)
        if new is None:
            self.say.notice(f"Unknown package '{name}'.\n")
            return False
        new.flags |= USER
        if old:
            order = self._order(old, new)
            if order == 0:
                place = f"installed in {old.dest.name}"
                self.say.notice(f"Package {old.name} ({old.version}) {place} is up to date.\n")
                return True
            if order > 0:
                self._say_no_downgrade(old, new)
                return True
            new.dest = old.dest
            old.want = "deinstall"
        return self.install(new)

    def _order(self, old, new):
        order = compare(old.version, new.version)
        return -1 if order > 0 and "force_downgrade" in self.conf else order

    def _say_no_downgrade(self, old, new):
        text = f"package {old.name} on {old.dest.name} from {old.version} to {new.version}"
        self.say.notice(f"Not downgrading {text}.\n")

    def install(self, package):
        conf, say = self.conf, self.say
        if package.status == INSTALLED and "nodeps" not in conf:
            if not self._install_needed(package):
                return False
            say.notice(f"Package {package.name} is already installed on {package.dest.name}.\n")
            return True
        package.dest = package.dest or conf.default_dest
        old = self.database.installed_by_name(package.name)
        if not self._announce(package, old):
            return False
        package.want = "install"
        if old:
            old.want = "deinstall"
        if not self._check_conflicts(package) or not self._check_space(package) or not self._fetch(package):
            return False
        if not self._unpack_control(package):
            say.error("opkg_install_pkg", f"Failed to unpack control files from {package.local_file}.\n")
            return False
        self.files.take_over(package, old)
        if "nodeps" not in conf:
            if not self._install_needed(package):
                return False
            if package.status == UNPACKED:  # a dependency that depends on this one has done it
                return True
        self.database.changed = True
        package.flags |= FILELIST_CHANGED
        if old:
            self._remove_orphans(old)
            old.is_upgrade = package.is_upgrade = True
        return self._run_scripts_before(package, old) and ("noaction" in conf or self._unpack(package, old))

    # Before anything changes

    def _install_needed(self, package):
        say = self.say
        needed = []
        lost = unsatisfied(self.database, package, needed)
        if lost:
            text = f"Cannot satisfy the following dependencies for {package.name}:\n"
            say.error("satisfy_dependencies_for", text)
            for index, dependency in enumerate(lost):
                if index == 0 or dependency != lost[index - 1]:
                    say.more(f"\t{dependency}\n")
            if "force_depends" not in self.conf:
                return False
        for dependency in needed:
            dependency.dest = dependency.dest or package.dest
            dependency.want = "install"
        for dependency in needed:
            if not dependency.is_installed():
                well = self.install(dependency)
                dependency.auto_installed = True
                if not well:
                    return False
        return True

    def _announce(self, package, old):
        if not old:
            self.say.notice(f"Installing {package.name} ({package.version}) to {package.dest.name}...\n")
            return True
        order = self._order(old, package)
        if order > 0:
            self._say_no_downgrade(old, package)
        elif order == 0:
            self.say.notice(f"{package.name} ({package.version}) already install on {old.dest.name}.\n")
        else:
            verb = "Downgrading" if compare(old.version, package.version) > 0 else "Upgrading"
            text = f"{package.name} on {old.dest.name} from {old.version} to {package.version}"
            self.say.notice(f"{verb} {text}...\n")
            package.dest = old.dest
        return order < 0

    def _check_conflicts(self, package):
        if "force_depends" in self.conf:
            return True
        found = []
        for conflict in package.conflicts:
            for alternative in conflict.alternatives:
                for other in alternative.abstract.packages or ():
                    present = other.status == INSTALLED or other.want == "install"
                    if present and alternative.accepts(other) and not any(other.same_as(known) for known in found):
                        found.append(other)
        if found:
            self.say.error("check_conflicts_for", f"The following packages conflict with {package.name}:\n")
            for other in found:
                self.say.error("check_conflicts_for", f"\t{other.name}")
            self.say.more("\n")
        return not found

    def _check_space(self, package):
        if "force_space" in self.conf or not package.installed_size:
            return True
        root = package.dest.root
        if package.dest.name == "root" and self.conf.overlay_root and os.path.isdir(self.conf.overlay_root):
            root = self.conf.overlay_root
        available = storage.available_kilobytes(root, self.say)
        needed = -(-package.installed_size // 1024)
        if needed >= available:
            text = f"Only have {available}kb available on filesystem {root}, pkg {package.name} needs {needed}\n"
            self.say.error("verify_pkg_installable", text)
        return needed < available

    def _fetch(self, package):
        conf, say = self.conf, self.say
        if package.local_file is None and not download.download_package(conf, package):
            text = f"Failed to download {package.name}. Perhaps you need to run 'opkg update'?\n"
            say.error("opkg_install_pkg", text)
            return False
        if "check_signature" in conf and package.source and not self._check_signature(package):
            return False
        if download.is_intact(package, say):
            return True
        if "force_checksum" in conf:
            say.notice(f"Ignored {package.name} checksum or size mismatch.\n")
            return True
        say.error(
            "opkg_install_pkg",
            f"Checksum or size mismatch for package {package.name}. "
            "Either the opkg or the package index are corrupt. Try 'opkg update'.\n",
        )
        return False

    def _check_signature(self, package):
        path = f"{self.conf.lists_dir}/{package.source.name}"
        if not os.path.exists(f"{path}.sig"):
            text = f"Signature file is missing for {package.name}. Perhaps you need to run 'opkg update'?\n"
        elif not signature.verify(path, f"{path}.sig"):
            text = f"Failed to verify the signature of {path}.\n"
        else:
            return True
        self.say.error("opkg_install_pkg", text)
        return "force_signature" in self.conf

    def _unpack_control(self, package):
        if package.unpack_dir:
            return True
        try:
            package.unpack_dir = make_temporary_directory(f"{self.conf.tmp_dir}/{package.name}-")
        except OSError as problem:
            self.say.os_error("unpack_pkg_control_files", "Failed to create temporary directory", problem)
            return False
        members = archive.read(package.local_file, "control.tar.gz", self.say)
        if members is None:
            return False
        archive.extract(members, f"{package.unpack_dir}/", self.say)
        conffiles.read_names(package)
        return True

    # Changes

    def _remove_orphans(self, old):
        """What came only because the older version needed it. Everything known that needs it counts, also of the feeds."""
        for dependency in old.depends:
            for option in dependency.alternatives:
                orphan = self.database.installed_by_name(option.abstract.name)
                if orphan and orphan.auto_installed and len(dependents(orphan)) == 1:
                    self.say.notice(f"{orphan.name} was autoinstalled and is now orphaned, removing.\n")
                    orphan.flags |= REPLACE
                    remove(self.database, self.files, orphan)

    def _run_scripts_before(self, package, old):
        """Scripts that may refuse, then the files nobody may lose. False: nothing of the package is in place."""
        conf, say = self.conf, self.say
        if old and scripts.run(conf, old, "prerm", f"upgrade {package.version}"):
            say.error("prerm_upgrade_old_pkg", f'prerm script for package "{old.name}" failed\n')
            return False
        if scripts.run(conf, package, "preinst", f"upgrade {old.version}" if old else "install"):
            say.error("preinst_configure", f"Aborting installation of {package.name}.\n")
            return False
        saved = "noaction" in conf or conffiles.back_up(package, old, say)
        if not saved or self._clashes(package, old):
            conffiles.drop_backups(package, old)
            return False
        if old and scripts.run(conf, old, "postrm", f"upgrade {package.version}"):
            say.error("postrm_upgrade_old_pkg", f'postrm script for package "{old.name}" failed\n')
            conffiles.drop_backups(package, old)
            return False
        return True

    def _clashes(self, package, old):
        """Files of other packages that the package would overwrite. What belonged to nobody is the package's own by now.

        Only a simulated removal leaves files that are there and nobody's.
        """
        clashes = 0
        for name in self.files.of(package):
            if not storage.is_file(name) or os.path.exists(name + conffiles.BACKUP):
                continue
            if "force_overwrite" in self.conf:
                self.files.set_owner(name, package)
                continue
            owner = self.files.owners.get(name)
            if (owner and owner.name in (package.name, old and old.name)) or name in self.files.obsolete:
                continue
            self.say.error(
                "check_data_file_clashes",
                f"Package {package.name} wants to install file {name}\n\tBut that file is already provided by package ",
            )
            nobody = "<no package>\nPlease move this file out of the way and try again.\n"
            self.say.more(f"{owner.name}\n" if owner else nobody)
            clashes += 1
        return clashes

    def _unpack(self, package, old):
        """From here on nothing is undone. Only a list of files that cannot be opened counts as an error."""
        say = self.say
        if old:
            if not old.flags & NOPRUNE:
                self._remove_obsolete(package, old)
            remove_data_files(self.conf, self.files, old)
            remove_scripts(self.conf, old)
        members = archive.read(package.local_file, "control.tar.gz", say) or ()
        archive.extract(members, f"{package.dest.info_dir}/{package.name}.", say)
        archive.extract(archive.read(package.local_file, "data.tar.gz", say) or (), package.dest.root, say)
        if not self.files.write_list(package):
            text = f"Failed to extract data files for {package.name}. Package debris may remain!\n"
            say.error("opkg_install_pkg", text)
            return False
        conffiles.resolve(package, self.conf)
        package.status = package.abstract.status = UNPACKED
        package.flags &= ~PREFER
        if old:
            old.status = NOT_INSTALLED
        package.installed_time = int(time.time())
        return True

    def _remove_obsolete(self, package, old):
        """Files that only the older version has."""
        new_names = set(self.files.of(package))
        for name in self.files.of(old):
            if name in new_names or os.path.isdir(name) or self.files.owners.get(name) is not old:
                continue
            self.say.notice(f"Removing obsolete file {name}.\n")
            try:
                os.unlink(name)
            except OSError as problem:
                self.say.os_error("remove_obsolesced_files", f"unlinking {name} failed", problem)
