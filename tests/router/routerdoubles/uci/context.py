# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where uci keeps things: configuration files, overrides and delta files, and the locks on them."""

import fcntl
import os
import stat

from . import config, delta
from .errors import UciError
from .files import make_temporary, open_locked, os_path, replace, truncate, write_text
from .model import Reference
from .names import is_type
from .parser import Parser, Stream

CONFIG_DIR = "/etc/config"
OVERRIDE_DIR = "/var/run/uci"
SAVE_DIR = "/tmp/.uci"


class Context:
    def __init__(self):
        self.config_dir = CONFIG_DIR
        self.override_dir = OVERRIDE_DIR
        self.save_dir = SAVE_DIR
        self.delta_dirs = [SAVE_DIR]  # the save directory is always the last
        self.strict = True
        self.names_on_export = False
        self.on_skipped_error = None  # called for a line that is skipped because the mode is not strict
        self.packages = {}
        self.parser = None  # the one an error message takes its place from

    def set_save_dir(self, path):
        if path in self.delta_dirs:
            self.delta_dirs.remove(path)
        self.delta_dirs.append(path)
        self.save_dir = path

    def add_delta_dir(self, path):
        if path not in self.delta_dirs:
            self.delta_dirs.insert(-1, path)

    def list_configs(self):
        """Names of the configuration files. Names with a dot are left out: no command line could name them."""
        try:
            names = sorted(name for name in os.listdir(os_path(self.config_dir)) if name[:1] != b".")
        except OSError:
            names = []
        if not names:
            raise UciError("not_found")
        directory = os_path(self.config_dir)
        files = [name.decode("latin-1") for name in names if not os.path.isdir(os.path.join(directory, name))]
        return [name for name in files if "." not in name and is_type(name)]

    def lookup(self, text):
        """Load what a command line names and point at it."""
        ref = Reference(text)
        ref.locate(self.packages.get(ref.config) or self.load(ref.config))
        return ref

    def load(self, name):
        """Read a package; staged changes are applied, except to a file outside the configuration directory."""
        path, overridden = self._find(name)
        in_config_dir = name[:1] not in (".", "/")
        descriptor = self._open_to_read(path)
        try:
            package = self.import_stream(Stream(descriptor), name if in_config_dir else os.path.basename(name))
        finally:
            os.close(descriptor)
        package.path = path
        package.overridden = overridden
        package.has_delta = in_config_dir
        if in_config_dir:
            self._apply_deltas(package)
        return package

    def import_stream(self, stream, name=None, merge=None):
        """Read packages from a stream and return the last one; all of them are in `packages`."""
        self.parser = parser = Parser(stream)
        if name is not None and not is_type(name):
            raise UciError("invalid")
        importer = config.Importer(parser, name, name is not None, self.strict, self.packages, merge)
        while not stream.ended:
            if not parser.next_line():
                continue
            try:
                importer.read_line()
            except UciError as error:
                if self.on_skipped_error:
                    self.on_skipped_error(error)
                if error.code != "parse" or self.strict:
                    raise
        package = importer.finish()
        self.parser = None
        return package

    def save(self, package):
        """Stage the pending changes of a package; without delta files they go to the file."""
        if not package.has_delta:
            self.commit(package)
            return
        if not package.pending:
            return
        self._make_save_dir()
        descriptor = self._open_to_write(self._delta_path(self.save_dir, package.name), create=True)
        try:
            os.lseek(descriptor, 0, os.SEEK_END)
            write_text(descriptor, "".join(delta.format_line(package.name, change) for change in package.pending))
            package.pending = []
        finally:
            os.close(descriptor)

    def commit(self, package, overwrite=False):
        """Write a package to its file, with everything that is staged; `overwrite` takes it as it is in memory."""
        if not package.path and overwrite:
            package.path = self._config_path(self.config_dir, package.name)
        if not package.path:
            raise UciError("invalid")
        # the lock on the file keeps other commits out until the staged changes are taken over
        descriptor = self._open_to_write(package.path, create=True)
        try:
            if package.has_delta:
                package = self._reloaded(package, descriptor)
                if not self._apply_deltas(package, flush=True):
                    return
            written = self._write_beside(package)
        finally:
            os.close(descriptor)
        replace(os_path(package.path), written)

    def revert(self, ref):
        """Take changes back by dropping their lines from the delta file."""
        if not ref.package.has_delta:
            raise UciError("invalid")
        del self.packages[ref.package.name]
        self._drop_staged(ref)
        self.load(ref.package.name)

    def _find(self, name):
        """The file of a package, and whether it is an override."""
        if name[:1] == "." and name[:2] != "./":
            raise UciError("not_found")
        if name[:1] in (".", "/"):
            return name, False
        if self.override_dir:
            path = self._config_path(self.override_dir, name)
            if os.path.exists(os_path(path)):
                return path, True
        return self._config_path(self.config_dir, name), False

    def _config_path(self, directory, name):
        if not is_type(name):
            raise UciError("invalid")
        return f"{directory}/{name}"

    def _delta_path(self, directory, name):
        return f"{directory}/{name}"

    def _open_to_read(self, path):
        try:
            if not stat.S_ISREG(os.stat(os_path(path)).st_mode):
                raise UciError("not_found")
        except OSError:
            raise UciError("not_found") from None
        return open_locked(path, os.O_RDONLY, fcntl.LOCK_SH)

    def _open_to_write(self, path, create=False):
        flags = os.O_RDWR | (os.O_CREAT if create else 0)
        return open_locked(path, flags, fcntl.LOCK_EX, self._mode_of_new(path))

    def _mode_of_new(self, path):
        """A new file takes its mode from the configuration file of the same name: delta files are as secret as that."""
        return _mode(f"{self.config_dir}/{os.path.basename(path)}", default=0o600)

    def _make_save_dir(self):
        try:
            is_directory = stat.S_ISDIR(os.stat(os_path(self.save_dir)).st_mode)
        except OSError:
            self._create_save_dir()
            return
        if not is_directory:
            raise UciError("io")

    def _create_save_dir(self):
        try:
            os.mkdir(os_path(self.save_dir), _mode(self.config_dir, default=0o700))
        except OSError:
            return  # libuci does not look either: opening the file fails then

    def _apply_deltas(self, package, flush=False):
        applied = 0
        for directory in self.delta_dirs:
            applied += self._apply_delta_file(package, self._delta_path(directory, package.name))
        if flush:
            self._empty_delta_file(package, applied)
        return applied

    def _apply_delta_file(self, package, path):
        try:
            descriptor = self._open_to_read(path)
        except UciError:
            return 0
        try:
            return delta.apply_all(Parser(Stream(descriptor)), package)
        finally:
            os.close(descriptor)

    def _empty_delta_file(self, package, applied):
        try:
            descriptor = self._open_to_write(self._delta_path(self.save_dir, package.name))
        except UciError:
            return
        try:
            if applied:
                truncate(descriptor)
        finally:
            os.close(descriptor)

    def _drop_staged(self, ref):
        try:
            descriptor = self._open_to_write(self._delta_path(self.save_dir, ref.package.name))
        except UciError:
            return
        try:
            kept = delta.remaining(Parser(Stream(descriptor)), ref.section, ref.option)
            truncate(descriptor)
            write_text(descriptor, "".join(delta.format_line(ref.package.name, change) for change in kept))
        except UciError:
            pass  # a line that makes no sense: nothing is taken back
        finally:
            os.close(descriptor)

    def _reloaded(self, package, descriptor):
        """The file may have changed between load and lock: read it again."""
        if package.pending:
            self.save(package)
        self.packages.pop(package.name, None)
        fresh = self.import_stream(Stream(descriptor), package.name)
        fresh.path = package.path
        fresh.overridden = package.overridden
        fresh.has_delta = True
        return fresh

    def _write_beside(self, package):
        directory = self.override_dir if package.overridden else self.config_dir
        path, descriptor = make_temporary(f"{directory}/.{package.name}.uci-")
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            write_text(descriptor, config.export(package, False, self.names_on_export))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        return path


def _mode(path, default):
    try:
        return stat.S_IMODE(os.stat(os_path(path)).st_mode)
    except OSError:
        return default
