# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetches lists and packages from feeds: from files, or over HTTP as the router's wget does."""

import os

from ..unsupported import Unsupported
from . import signature, storage
from .config import make_directory

SPECIAL = ":?#[]@!$&'()*+,;=%"


def _encode(path):
    return "".join(f"%{ord(char):02x}" if char in SPECIAL else char for char in path)


def _decode(path):
    head, *parts = path.split("%")
    for part in parts:
        try:
            head += chr(int(part[:2], 16)) + part[2:] if len(part) > 1 else "%" + part
        except ValueError:
            head += "%" + part
    return head


def download(conf, url, target):
    """True when it worked."""
    say = conf.say
    say.notice(f"Downloading {url}\n")
    if url.startswith("file:"):
        return storage.copy(_decode(url[len("file:") :]), target, say)
    if not url.startswith("http://"):
        raise Unsupported(f"download of {url}")
    from .http import wget

    partial = f"{conf.tmp_dir}/{os.path.basename(url)}"
    status = wget(url, partial)
    if status:
        say.error("opkg_download", f"Failed to download {url}, wget returned {status}.\n")
        if status == 4:
            say.error("opkg_download", "Check your network settings and connectivity.\n\n")
        return False
    return storage.move(partial, target, say)


def download_package(conf, package):
    """Into the temporary directory; package.local_file says where."""
    say = conf.say
    if package.source is None:
        say.error("opkg_download_pkg", f"Package {package.name} is not available from any configured src.\n")
        return False
    name = package.get_text("filename")
    if not name:
        say.error("opkg_download_pkg", f"Package {package.name} does not have a valid filename field.\n")
        return False
    package.local_file = f"{conf.tmp_dir}/{name[name.rfind('/') if '/' in name else 0 :]}"
    return download(conf, f"{package.source.url}/{_encode(name)}", package.local_file)


def is_intact(package, say):
    """Whether the file is the one that the feed's list describes."""
    path = package.local_file
    try:
        size = os.lstat(path).st_size
    except OSError as problem:
        say.error("opkg_verify_integrity", f"Failed to stat {path}: {problem.strerror}\n")
        return False
    if package.size and size != package.size:
        return False
    known = (("md5", package.md5), ("sha256", package.sha256))
    return all(storage.digest(path, algorithm, say) == expected for algorithm, expected in known if expected)


def update(conf):
    """opkg update: the number of feeds that failed, or -1. A list with a wrong signature is dropped, and no failure."""
    lists = conf.lists_dir
    if not os.path.isdir(lists):
        if os.path.exists(lists):
            conf.say.error("opkg_update_cmd", f"{lists} exists, but is not a directory.\n")
            return -1
        if not make_directory(lists, conf.say):
            return -1
    return sum(_update_feed(conf, source, f"{lists}/{source.name}") for source in conf.sources)


def _update_feed(conf, source, path):
    say = conf.say
    url = f"{source.url}/{'Packages.gz' if source.gzip else 'Packages'}"
    if not download(conf, url, path):
        say.notice(f"*** Failed to download the package list from {url}\n\n")
        return 1
    say.notice(f"Updated list of available packages in {path}\n")
    if "check_signature" not in conf:
        return 0
    has_signature = download(conf, f"{source.url}/Packages.sig", f"{path}.sig")
    verified = has_signature and signature.verify(path, f"{path}.sig")
    if not has_signature:
        say.notice("Signature file download failed.\n")
    else:
        say.notice(f"Signature check {'passed' if verified else 'failed'}.\n")
    if not verified and "force_signature" not in conf:
        say.notice("Remove wrong Signature file.\n")
        for name in (f"{path}.sig", path):
            storage.unlink(name)
    return 0 if has_signature else 1
