# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""opkg's configuration: /etc/opkg.conf and /etc/opkg/*.conf."""

import os

from ..unsupported import Unsupported
from .errors import Messages

STATE_DIR = "/usr/lib/opkg"
# Set when opkg is built for a target.
HOST_ARCHITECTURES = (("all", "1"), ("noarch", "1"), ("x86_64", "10"))
SWITCHES = (
    "force_depends", "force_overwrite", "force_downgrade", "force_reinstall", "force_space", "force_checksum",
    "force_maintainer", "check_signature", "noaction", "nodeps",
)  # fmt: skip
KNOWN_OPTIONS = (
    "cache", "force_defaults", "force_postinstall", "no_check_certificate", "ftp_proxy", "http_proxy", "http_timeout",
    "https_proxy", "no_proxy", "download_only", "nocase", "offline_root", "proxy_passwd", "proxy_user", "query-all",
    "size", "strip_abi", "tmp_dir", "verbosity", "verify_program",
)  # fmt: skip


class Source:
    """A feed."""

    def __init__(self, name, url, gzip):
        self.name, self.url, self.gzip = name, url, gzip


class Dest:
    """A place that packages are installed to."""

    def __init__(self, name, root):
        self.name = name
        self.root = root if root.endswith("/") else root + "/"
        self.state_dir = self.root + STATE_DIR
        self.info_dir = f"{self.state_dir}/info"
        self.status_file = f"{self.state_dir}/status"


def _words(line):
    """Split at blanks; a word in double quotes may contain them."""
    words, rest = [], line.strip(" \t")
    while rest:
        if rest.startswith('"') and '"' in rest[1:]:
            word, _, rest = rest[1:].partition('"')
        else:
            word = rest.split(None, 1)[0]
            rest = rest[len(word) :]
        words.append(word)
        rest = rest.lstrip(" \t")
    return words


class Config:
    def __init__(self):
        self.say = Messages()
        self.switches = set()
        self.conf_file = "/etc/opkg.conf"
        self.tmp_dir = self.lists_dir = self.overlay_root = None
        self.sources, self.dests, self.architectures = [], [], []
        self._roots = []
        self.arguments = ()

    def __contains__(self, switch):
        return switch in self.switches

    def load(self):
        """True when opkg can go on; else the error is noted."""
        try:
            os.stat(self.conf_file)
        except OSError as problem:
            self.say.os_error("opkg_conf_load", f"Couldn't stat {self.conf_file}", problem)
            return False
        folder = os.environ.get("OPKG_CONF_DIR", "/etc/opkg")
        names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
        files = [f"{folder}/{name}" for name in names if name.endswith(".conf") and not name.startswith(".")]
        return all(self._parse_file(path) for path in [self.conf_file, *(x for x in files if x != self.conf_file)])

    def _parse_file(self, path):
        try:
            with open(path, encoding="utf-8", errors="surrogateescape") as stream:
                lines = stream.read().splitlines()
        except OSError as problem:
            self.say.os_error("opkg_conf_parse_file", f"Failed to open {path}", problem)
            return False
        for number, line in enumerate(lines, 1):
            words = _words(line)
            if words and not words[0].startswith("#"):
                self._parse_line(f"{path}:{number}", line, words)
        return True

    def _parse_line(self, place, line, words):
        kind, name, value = [*words, "", ""][:3]
        if len(words) > 4 and not kind.startswith("dist"):
            self._complain(f"{place}: Ignoring config line with trailing garbage: `{line}'\n")
        elif kind == "option":
            self._set_option(name, value)
        elif kind in ("src", "src/gz"):
            if any(source.name == name for source in self.sources):
                self._complain(f"Duplicate src declaration ({name} {value}). Skipping.\n")
            else:
                self.sources.append(Source(name, value, kind == "src/gz"))
        elif kind == "dest":
            self._roots.append((name, value))
        elif kind == "lists_dir":
            self.lists_dir = value
        elif kind == "arch":
            self.architectures.append((name, value))
        else:
            self._complain(f"{place}: Ignoring invalid line: `{line}'\n")

    def _complain(self, text):
        self.say.error("opkg_conf_parse_file", text)

    def _set_option(self, name, value):
        name = "noaction" if name == "test" else name
        if name in SWITCHES:
            if name in self.switches:
                text = f"Duplicate boolean option {name}, leaving this option on.\n"
                self.say.error("opkg_conf_set_option", text)
            self.switches.add(name)
        elif name == "overlay_root":
            self.overlay_root = self.overlay_root or value
        elif name in KNOWN_OPTIONS:
            raise Unsupported(f"option {name} in the configuration")
        else:
            self.say.error("opkg_conf_set_option", f"Unrecognized option: {name}={value}\n")

    def resolve(self):
        """What the configuration leaves open."""
        self.lists_dir = self.lists_dir or f"{STATE_DIR}/lists"
        self.architectures = self.architectures or list(HOST_ARCHITECTURES)
        self.dests = [Dest(name, root) for name, root in self._roots or [("root", "/")]]
        for dest in self.dests:
            for folder in (dest.root, dest.state_dir, self.lists_dir, dest.info_dir):
                make_directory(folder, self.say)

    @property
    def default_dest(self):
        return self.dests[0]

    def architecture(self, name):
        """(name, priority) of a supported architecture, else (None, 0)."""
        priority = dict(self.architectures).get(name)
        return (name, int(priority)) if priority else (None, 0)


def make_directory(path, say):
    """With its parents. Only that it does not exist is a reason to make it: other problems show when it is used."""
    try:
        os.stat(path)
    except FileNotFoundError:
        if not make_directory(os.path.dirname(path.rstrip("/")) or ".", say):
            return False
        try:
            os.mkdir(path)
        except OSError as problem:
            say.os_error("make_directory", f"Cannot create directory `{path}'", problem)
            return False
    except OSError:
        pass
    return True
