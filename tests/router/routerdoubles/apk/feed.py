# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stand-in formats of feeds and packages, and the trust in them.

Real apk files are ADB containers, signed with ECDSA. Here both are text: a head with the name of the key and a digest
over key and body, an empty line, the body. The digest is really checked, so a changed byte or a foreign key is found;
what is not real is that who can check can also sign.
"""

import json
import os

from .model import Package

MAGIC = "ADB double "
INDEX, PACKAGE = "index", "package"
KEYS = ("etc/apk/keys", "lib/apk/keys")

UNTRUSTED = "UNTRUSTED signature"
BAD_SIGNATURE = "BAD signature"
NOT_A_FEED = "file format is invalid or inconsistent"
DAMAGED = "ADB integrity error"


class FormatError(Exception):
    """The file is not what it should be; the text is apk's."""


def _sha256(data):
    from hashlib import sha256

    return sha256(data)


def digest160(data):
    """The digest apk knows files and packages by: the first 160 bits of SHA-256, as Q1 and base64."""
    from binascii import b2a_base64

    return "Q1" + b2a_base64(_sha256(data).digest()[:20], newline=False).decode()


def identity_hex(identity):
    from binascii import a2b_base64

    return a2b_base64(identity[2:]).hex()


def key_id(key):
    return _sha256(key).hexdigest()[:16]


def seal(kind, body, key):
    """The bytes of a feed or package file."""
    signature = _sha256(key + body.encode()).hexdigest()
    return ("%s%s\nkey: %s\nsignature: %s\n\n%s" % (MAGIC, kind, key_id(key), signature, body)).encode()


def trusted_keys(root):
    keys = {}
    for directory in KEYS:
        path = os.path.join(root, directory)
        for name in sorted(os.listdir(path)) if os.path.isdir(path) else ():
            with open(os.path.join(path, name), "rb") as stream:
                key = stream.read()
            keys[key_id(key)] = key
    return keys


def unseal(kind, data, keys, allow_untrusted=False):
    """The body of a feed or package file whose signature holds."""
    head, separator, body = data.partition(b"\n\n")
    lines = head.decode("ascii", "replace").split("\n")
    if not separator or len(lines) != 3 or lines[0] != MAGIC + kind:
        raise FormatError(NOT_A_FEED)
    key = keys.get(lines[1].partition(": ")[2])
    if key is None:
        if allow_untrusted:
            return body
        raise FormatError(UNTRUSTED)
    if lines[2].partition(": ")[2] != _sha256(key + body).hexdigest():
        raise FormatError(NOT_A_FEED if kind == INDEX else DAMAGED)
    return body


def read_index(body):
    """The packages of an index; entries look as in the installed database."""
    for entry in body.decode().split("\n\n"):
        if entry.strip():
            yield Package({line[0]: line[2:] for line in entry.strip("\n").split("\n")})


def read_package(body, expected_identity):
    """Content of a package file, when it is the one that the index promised."""
    if digest160(body) != expected_identity:
        raise FormatError(DAMAGED)
    return json.loads(body.decode())
