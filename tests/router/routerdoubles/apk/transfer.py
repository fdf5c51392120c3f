# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Getting files from feeds: file:// directly, http:// the way the router's wget (uclient-fetch) behaves under apk."""

import os
import socket

END_OF_FILE = "unexpected end of file"
_NO_TLS = (
    "wget: SSL support not available, please install one of the libustream-.*[ssl|tls] packages as well as the "
    "ca-bundle and ca-certificates packages."
)
_NOT_SENT = "Failed to send request: Operation not permitted"


class TransferError(Exception):
    """No file; the text is what apk says after the fetcher's own lines."""


class _WgetFailed(Exception):
    def __init__(self, code, text=None):
        super().__init__(code)
        self.code = code
        self.text = text


def is_local(url):
    return url.startswith("file:") or url.startswith("/")


def fetch(url, timeout, output):
    """The bytes behind a URL."""
    if is_local(url):
        return _read_local(url)
    try:
        return _wget(url, timeout)
    except _WgetFailed as failure:
        if failure.text:
            output.notice("wget" + failure.text)
        output.error("wget: exited with error %d" % failure.code)
        raise TransferError(END_OF_FILE) from failure


def _read_local(url):
    path = url[len("file:") :] if url.startswith("file:") else url
    try:
        with open("/" + path.lstrip("/"), "rb") as stream:
            return stream.read()
    except OSError as error:
        raise TransferError(os.strerror(error.errno)) from error


def _wget(url, timeout):
    scheme, _, rest = url.partition("://")
    if scheme != "http":
        raise _WgetFailed(1, _NO_TLS)
    authority, _, path = rest.partition("/")
    host, _, port = authority.partition(":")
    request = "GET /%s HTTP/1.0\r\nHost: %s\r\nConnection: close\r\n\r\n" % (path, authority)
    try:
        answer = _exchange((host, int(port or 80)), request.encode(), timeout)
    except ConnectionError as error:
        raise _WgetFailed(4) from error
    except OSError as error:  # no answer in time, no such host, no route
        raise _WgetFailed(4, _NOT_SENT) from error
    return _body(answer)


def _exchange(address, request, timeout):
    """Everything the server says, unless it is silent for `timeout` seconds."""
    answer = b""
    with socket.create_connection(address, timeout) as connection:
        connection.sendall(request)
        while True:
            chunk = connection.recv(65536)
            if not chunk:
                return answer
            answer += chunk


def _body(answer):
    head, separator, body = answer.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    status = lines[0].split(" ")
    if not separator or len(status) < 2:
        raise _WgetFailed(4)
    if status[1] != "200":
        raise _WgetFailed(8)
    for line in lines[1:]:
        name, _, value = line.partition(":")
        if name.lower() == "content-length" and len(body) < int(value):
            raise _WgetFailed(4)
    return body
