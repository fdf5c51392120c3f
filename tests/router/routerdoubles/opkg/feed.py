# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes packages and signed feeds for opkg; the double itself does not need it."""

import gzip
import hashlib
import io
import os
import tarfile

from . import archive, signature
from .errors import Messages

KEY = hashlib.sha256(b"test router feed").digest()
# What the build of OpenWrt leaves out of the index; Packages.manifest has it.
MANIFEST_ONLY = ("Source", "SourceName", "SourceDateEpoch")


def _tar_gz(files):
    """files: path -> text, or (text, mode)."""
    buffer = io.BytesIO()
    folders = {parent for name in files for parent in _parents(name)}
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name in sorted({"."} | folders | set(files)):
            info = tarfile.TarInfo(name)
            content = files.get(name, b"")
            data, info.mode = content if isinstance(content, tuple) else (content, 0o644)
            data = data.encode() if isinstance(data, str) else data
            if name not in files:
                info.type, info.mode = tarfile.DIRTYPE, 0o755
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return gzip.compress(buffer.getvalue(), 9, mtime=0)


def _parents(name):
    parts = name.split("/")[:-1]
    return ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]


def add_package(folder, control, files, scripts=None, conffiles=()):
    """Write one .ipk; control is a dict of its fields, paths of files start without a slash."""
    size = sum(len((content[0] if isinstance(content, tuple) else content).encode()) for content in files.values())
    fields = {**control, "Installed-Size": size}
    fields["Description"] = fields.pop("Description", control["Package"])
    parts = {"./control": "".join(f"{name}: {value}\n" for name, value in fields.items())}
    parts.update({f"./{name}": (text, 0o755) for name, text in (scripts or {}).items()})
    if conffiles:
        parts["./conffiles"] = "".join(f"{name}\n" for name in conffiles)
    data = {f"./{name}": content for name, content in files.items()}
    outer = {"./debian-binary": "2.0\n", "./data.tar.gz": _tar_gz(data), "./control.tar.gz": _tar_gz(parts)}
    name = f"{control['Package']}_{control['Version']}_{control['Architecture']}.ipk"
    _write(f"{folder}/{name}", _tar_gz(outer))


def _write(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as stream:
        stream.write(data)


def _index_entry(path, left_out):
    with open(path, "rb") as stream:
        data = stream.read()
    members = archive.read(path, "control.tar.gz", Messages())
    control = next(member.data for member in members if member.name == "./control").decode()
    lines = [line for line in control.splitlines() if line.partition(":")[0] not in left_out]
    sums = [f"Filename: {os.path.basename(path)}", f"Size: {len(data)}"]
    sums.append(f"SHA256sum: {hashlib.sha256(data).hexdigest()}")
    return "\n".join([*lines[:-1], *sums, lines[-1]]) + "\n\n\n"


def index(folder, manifest=False, key=KEY):
    """Write the folder's list of packages and its signature. manifest: with the lines that a normal index leaves out."""
    left_out = () if manifest else MANIFEST_ONLY
    names = sorted(name for name in os.listdir(folder) if name.endswith(".ipk"))
    packed = gzip.compress("".join(_index_entry(f"{folder}/{name}", left_out) for name in names).encode(), 9, mtime=0)
    _write(f"{folder}/Packages.gz", packed)
    _write(f"{folder}/Packages.sig", signature.sign(key, packed))
