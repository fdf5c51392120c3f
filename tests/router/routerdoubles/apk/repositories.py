# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Repositories of /etc/apk/repositories.d: their indexes, kept in /var/cache/apk when they come over the network."""

import os
import time

from . import Unsupported
from .database import CACHE, replace_file
from .feed import INDEX, FormatError, read_index, trusted_keys, unseal
from .transfer import TransferError, fetch, is_local

SOURCES = ("etc/apk/repositories.d", "lib/apk/repositories.d")


class Repository:
    def __init__(self, url, rank=0):
        self.url = url
        self.rank = rank  # place in the configuration: of equal packages the first one is taken
        self.base = url.rpartition("/")[0]
        self.remote = not is_local(url)
        self.available = False  # its index could be loaded
        self.reachable = True  # packages may be fetched from it

    def cache_name(self):
        from hashlib import sha256

        return "APKINDEX.%s.tar.gz" % sha256(self.url.encode()).hexdigest()[:8]

    def package_url(self, package):
        return "%s/%s-%s.apk" % (self.base, package.name, package.version)


def configured(root, output):
    """The repositories in the order of the configuration files."""
    found = {}
    names = {}
    for directory in reversed(SOURCES):
        path = os.path.join(root, directory)
        for name in os.listdir(path) if os.path.isdir(path) else ():
            if name.endswith(".list") and not name.startswith("."):
                names[name] = os.path.join(path, name)
    paths = [("repositories", os.path.join(root, "etc/apk/repositories")), *sorted(names.items())]
    for name, path in paths:
        if os.path.exists(path):
            for url in _parse(name, path, output):
                found.setdefault(url, Repository(url, len(found)))
    return list(found.values())


def _parse(name, path, output):
    with open(path, encoding="utf-8") as stream:
        lines = stream.read().split("\n")
    for number, line in enumerate(lines, 1):
        words = line.split()
        if not words or line.startswith("#"):
            continue
        if "://" not in words[0] and not words[0].startswith(("/", "@")):
            # A line that is no URL ends the file for apk; the spelling is apk's own.
            output.warning("%s:%d: unrecogized keyword: %s" % (name, number, words[0]))
            return
        if len(words) > 1 or words[0].startswith("@") or not words[0].endswith(".adb"):
            raise Unsupported("repository line '%s'" % line)
        yield words[0]


class Repositories:
    """Loads all indexes into a database's universe, refreshing the cache where the command may."""

    def __init__(self, database, options, output):
        self._database = database
        self._options = options
        self._output = output
        self._keys = trusted_keys(database.root)
        self.all = configured(database.root, output)
        self.unavailable = 0
        self.stale = 0

    def load(self, refresh):
        """`refresh`: whether missing and old indexes are downloaded (only commands that write do so)."""
        for repository in self.all:
            if repository.remote and not self._options.network:
                repository.reachable = False
            self._open(repository, refresh and repository.remote and self._options.network)

    def _open(self, repository, refresh):
        action, problem = "opening", None
        if repository.remote and self._options.cache:
            action = "opening from cache"
            if refresh and self._outdated(repository):
                problem = self._download(repository)
            data, failure = self._read(lambda: self._cached(repository))
        else:
            if repository.remote:
                action = "fetching"
            data, failure = self._read(lambda: fetch(repository.url, self._options.timeout, self._output))
        if failure is None:
            failure = self._load(repository, data)
        if failure is None:
            repository.available = True
        if failure is None and problem is None:
            return
        if repository.remote:
            self.unavailable += failure is not None
            self.stale += failure is None
        if problem is not None:
            action = "updating and opening" if failure is not None else "updating"
        self._output.warning("%s %s: %s" % (action, repository.url, problem or failure))

    @staticmethod
    def _read(read):
        try:
            return read(), None
        except TransferError as error:
            return None, str(error)
        except OSError as error:
            return None, os.strerror(error.errno)

    def _cache_path(self, repository):
        return self._database.path(os.path.join(CACHE, repository.cache_name()))

    def _cached(self, repository):
        with open(self._cache_path(repository), "rb") as stream:
            return stream.read()

    def _outdated(self, repository):
        try:
            age = time.time() - os.stat(self._cache_path(repository)).st_mtime
        except FileNotFoundError:
            return True
        return age > self._options.cache_max_age or not self._options.cache_max_age or self._options.force_refresh

    def _unseal(self, data):
        return unseal(INDEX, data, self._keys, self._options.allow_untrusted)

    def _download(self, repository):
        """Fetch an index into the cache; only one that may be trusted replaces the cached one."""
        data, failure = self._read(lambda: fetch(repository.url, self._options.timeout, self._output))
        if failure is not None:
            return failure
        try:
            self._unseal(data)
            replace_file(self._cache_path(repository), data)
        except FormatError as error:
            return str(error)
        except OSError as error:
            return os.strerror(error.errno)
        return None

    def _load(self, repository, data):
        try:
            body = self._unseal(data)
        except FormatError as error:
            return str(error)
        for package in read_index(body):
            package.repositories = [repository]
            self._database.universe.add(package)
        return None
