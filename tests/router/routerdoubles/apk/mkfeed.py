# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Making feeds and package files in the stand-in formats of feed.py (for the image and for tests)."""

import json
import os

from .database import render_header
from .feed import INDEX, PACKAGE, digest160, seal
from .model import Package, display_order

PACKAGES_DIRECTORY = "lib/apk/packages"


def default_scripts(post="", remove=""):
    """The scripts that every package of OpenWrt has, with what they do besides nothing."""
    return {
        "post-install": "#!/bin/sh\n" + post,
        "post-upgrade": "#!/bin/sh\n" + post,
        "pre-deinstall": "#!/bin/sh\n" + remove,
    }


class Recipe:
    """A package to make. `files` maps paths to texts, `zeros` paths to sizes, `scripts` types to texts; `kept` are files
    that the package leaves as the router has them (a double's launcher, say), or does without."""

    def __init__(
        self,
        name,
        version,
        depends="",
        provides="",
        *,
        priority=0,
        origin="feeds/base",
        license_name="GPL-2.0",
        description=None,
        files=(),
        zeros=(),
        kept=(),
        modes=(),
        configuration=(),
        scripts=None,
        installed_size=None,
        tags="",
    ):
        self.name = name
        self._scripts = default_scripts() if scripts is None else scripts
        self._entries = self._contents(dict(files), dict(zeros), kept, dict(modes))
        self._configuration = configuration
        self._tags = tags
        size = sum(len(entry.get("text", "")) + entry.get("zeros", 0) for entry in self._entries)
        self._fields = {
            "P": name,
            "V": version,
            "A": "x86_64",
            "I": str(installed_size or size or 1),
            "T": description or name,
            "U": "",
            "L": license_name,
            "o": origin,
            "p": " ".join([*provides.split(), name + "-any"]),
        }
        if priority:
            self._fields["k"] = str(priority)
        if depends:
            self._fields["D"] = " ".join(sorted(depends.split()))

    @staticmethod
    def _contents(files, zeros, kept, modes):
        entries = [{"path": path, "text": text} for path, text in files.items()]
        entries += [{"path": path, "zeros": size} for path, size in zeros.items()]
        entries += [{"path": path, "kept": True} for path in kept]
        for entry in entries:
            if entry["path"] in modes:
                entry["mode"] = modes[entry["path"]]
        return sorted(entries, key=lambda entry: entry["path"])

    def _bookkeeping(self):
        """The lists that OpenWrt's build puts into every package."""
        base = "%s/%s" % (PACKAGES_DIRECTORY, self.name)
        texts = {base + ".list": _lines(entry["path"] for entry in self._entries)}
        if self._configuration:
            texts[base + ".conffiles"] = _lines(self._configuration)
            texts[base + ".conffiles_static"] = ""
        return [{"path": path, "text": text} for path, text in sorted(texts.items())]

    def make(self, key):
        """(Package for the index, bytes of the package file)."""
        content = {
            "info": self._fields,
            "files": self._entries + self._bookkeeping(),
            "scripts": self._scripts,
            "tags": self._tags,
        }
        body = json.dumps(content, indent=1, sort_keys=True) + "\n"
        data = seal(PACKAGE, body, key)
        return Package({**self._fields, "C": digest160(body.encode()), "S": str(len(data))}), data


def _lines(paths):
    return "".join("/%s\n" % path for path in paths)


def write_feed(directory, key, recipes, known=()):
    """A feed of the recipes, and of `known` packages that are only listed (their files are not offered)."""
    os.makedirs(directory, exist_ok=True)
    packages = list(known)
    for recipe in recipes:
        package, data = recipe.make(key)
        packages.append(package)
        _write(os.path.join(directory, "%s.apk" % package), data)
    packages.sort(key=lambda package: display_order(package.name))
    _write(os.path.join(directory, "packages.adb"), seal(INDEX, "\n".join(map(render_header, packages)), key))


def _write(path, data):
    with open(path, "wb") as stream:
        stream.write(data)
