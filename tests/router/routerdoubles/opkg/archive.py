# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packages (.ipk): a compressed tar with two compressed tars in it, control.tar.gz and data.tar.gz."""

import os
import zlib

from ..unsupported import Unsupported
from . import storage

BLOCK = 512
REGULAR, DIRECTORY, LINK, SYMLINK = "0", "5", "1", "2"


class Member:
    __slots__ = ("data", "gid", "kind", "link", "mode", "mtime", "name", "uid")


def _text(field):
    return field.split(b"\0", 1)[0].decode("utf-8", "surrogateescape")


def _octal(field):
    return int(_text(field).strip() or "0", 8)


def members(tar):
    """Those up to the first block that is no header."""
    offset = 0
    while len(header := tar[offset : offset + BLOCK]) == BLOCK and header[257:262] == b"ustar":
        member = Member()
        member.name = "/".join(filter(None, (_text(header[345:500]), _text(header[:100]))))
        member.mode, member.uid, member.gid = (_octal(header[i : i + 8]) for i in (100, 108, 116))
        size, member.mtime = _octal(header[124:136]), _octal(header[136:148])
        member.kind = REGULAR if header[156:157] in (b"\0", b"0") else header[156:157].decode("latin-1")
        if member.kind not in (REGULAR, DIRECTORY, LINK, SYMLINK):
            raise Unsupported(f"{member.name} of tar type {member.kind} in a package")
        member.link = _text(header[157:257])
        offset += BLOCK
        member.data = tar[offset : offset + size]
        offset += -(-size // BLOCK) * BLOCK
        yield member


def _decompress(data):
    try:
        return zlib.decompressobj(31).decompress(data)
    except zlib.error:
        return b""


def read(package, part, say):
    """The members of control.tar.gz or data.tar.gz; None when the package cannot be opened."""
    try:
        with open(package, "rb") as stream:
            outer = _decompress(stream.read())
    except OSError as problem:
        say.os_error("wfopen", package, problem)
        return None
    for member in members(outer):
        if member.name in (part, f"./{part}"):
            return list(members(_decompress(member.data)))
    return []


def extract(found, prefix, say):
    """Put the members where prefix says, which may end within a name. As in the real opkg no error stops the installation."""
    for member in found:
        name = member.name[2:] if member.name.startswith("./") else member.name
        if name and not _extract_one(member, prefix, name, say):
            return


def _extract_one(member, prefix, name, say):
    """False when the rest of the archive is lost."""
    path = prefix + name
    goes_on = True
    if os.path.lexists(path) and (os.path.islink(path) or not os.path.isdir(path)):
        storage.unlink(path)
    if member.kind == SYMLINK:
        text = f"Cannot create symlink from {member.name} to '{member.link}'"
        _tell(say, text, _try(os.symlink, member.link, path))
        return True
    if member.kind == LINK:
        text = f"Cannot link from {member.name} to '{member.link}'"
        _tell(say, text, _try(os.link, prefix + member.link, path))
    elif member.kind == DIRECTORY:
        if not os.path.lexists(path):
            _tell(say, f"Cannot make dir {path}", _try(os.mkdir, path, member.mode))
    else:
        try:
            problem = storage.write(path, member.data)
        except OSError as refused:
            say.os_error("wfopen", path, refused)
            return True
        goes_on = not problem or len(member.data) <= storage.BUFFER
    _try(os.utime, path, (member.mtime, member.mtime))
    _try(os.chown, path, member.uid, member.gid)
    _try(os.chmod, path, member.mode)
    return goes_on


def _try(function, *arguments):
    try:
        function(*arguments)
    except OSError as problem:
        return problem
    return None


def _tell(say, text, problem):
    if problem:
        say.os_error("extract_archive", text, problem)
