# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stand-in for usign: a file's keyed digest in the layout of a usign signature.

As in the real one the signature names its key, which has to be among the trusted ones. The key is a shared secret here,
so this proves that the check is made and can fail, nothing more.
"""

import binascii
import hashlib

KEY_DIR = "/etc/opkg/keys"
KIND = b"Ed"


def fingerprint(key):
    return hashlib.sha256(key).digest()[:8]


def _encode(comment, data):
    return f"untrusted comment: {comment}\n".encode() + binascii.b2a_base64(KIND + data)


def _decode(text):
    data = binascii.a2b_base64(text.split(b"\n")[1])
    return data[2:10], data[10:]


def _digest(key, data):
    return hashlib.blake2b(data, key=key, digest_size=64).digest()


def key_file(key):
    return _encode("public key " + fingerprint(key).hex(), fingerprint(key) + key)


def sign(key, data):
    return _encode("signed by key " + fingerprint(key).hex(), fingerprint(key) + _digest(key, data))


def verify(path, signature_path):
    try:
        with open(path, "rb") as stream:
            data = stream.read()
        with open(signature_path, "rb") as stream:
            name, found = _decode(stream.read())
        with open(f"{KEY_DIR}/{name.hex()}", "rb") as stream:
            key = _decode(stream.read())[1]
    except (OSError, ValueError, IndexError):
        return False
    return found == _digest(key, data)
