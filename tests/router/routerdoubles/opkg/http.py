# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `wget -q -O FILE URL`, which is uclient-fetch on a router, does with a plain HTTP URL."""

import socket
import sys

from ..unsupported import Unsupported
from . import storage

TIMEOUT = 30
OK, NO_FILE, NETWORK, REFUSED = 0, 3, 4, 8


def wget(url, path):
    host, _, location = url[len("http://") :].partition("/")
    name, _, port = host.partition(":")
    try:
        address = socket.getaddrinfo(name, int(port or 80), socket.AF_INET, socket.SOCK_STREAM)[0][4]
        connection = _start(address)
    except OSError:
        # Whatever kept it from sending at once is reported as error 1 of the system.
        sys.stderr.write("Failed to send request: Operation not permitted\n")
        return NETWORK
    with connection:
        try:
            connection.sendall(f"GET /{location} HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        except OSError:
            return NETWORK
    return _store(answer, path)


def _start(address):
    """A connection under way. An error that only shows later, such as a refusal, is silent in the real one."""
    connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    connection.setblocking(False)
    try:
        connection.connect(address)
    except BlockingIOError:
        pass
    except OSError:
        connection.close()
        raise
    connection.settimeout(TIMEOUT)
    return connection


def _store(answer, path):
    head, end, body = answer.partition(b"\r\n\r\n")
    status_line, *lines = head.decode("latin-1").split("\r\n")
    headers = {key.strip().lower(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    words = status_line.split()
    if not end or len(words) < 2:
        return NETWORK
    if words[1] in ("204", "301", "302", "307") or "transfer-encoding" in headers:
        raise Unsupported(f"answer of the feed: {status_line}")
    if words[1] != "200":
        return REFUSED
    # Without a length the end of the connection counts as an interruption.
    length = int(headers.get("content-length", len(body) + 1))
    try:
        storage.write(path, body[:length])
    except OSError:
        return NO_FILE
    return OK if len(body) >= length else NETWORK
