# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Return codes of wget, which opkg reports, for what a feed's server may answer."""

from __future__ import annotations

import socket
import threading

import pytest
from routerdoubles.opkg.http import wget
from routerdoubles.unsupported import Unsupported


@pytest.fixture
def answering():
    """answering(bytes): the address of a server that gives this answer once."""
    listener = socket.create_server(("127.0.0.1", 0))
    threads = []

    def serve(answer):
        with listener.accept()[0] as connection:
            connection.recv(65536)
            connection.sendall(answer)

    def start(answer):
        threads.append(threading.Thread(target=serve, args=(answer,)))
        threads[-1].start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}/feed/Packages.gz"

    yield start
    for thread in threads:
        thread.join()
    listener.close()


@pytest.mark.parametrize(
    ("answer", "status", "stored"),
    [
        (b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc", 0, b"abc"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nabc", 0, b"ab"),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\nabc", 4, b"abc"),
        (b"HTTP/1.0 200 OK\r\n\r\nabc", 4, b"abc"),
        (b"HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n", 8, None),
        (b"HTTP/1.0 500 Oh\r\n\r\n", 8, None),
        (b"HTTP/1.0 200 OK\r\nContent-Le", 4, None),
        (b"", 4, None),
    ],
)
def test_answers(answering, tmp_path, capsys, answer, status, stored):
    target = tmp_path / "list"
    assert wget(answering(answer), str(target)) == status
    assert (target.read_bytes() if target.exists() else None) == stored
    assert capsys.readouterr().err == ""


def test_a_target_that_cannot_be_opened(answering, tmp_path):
    url = answering(b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n")
    assert wget(url, str(tmp_path / "gone/list")) == 3


def test_a_redirection_is_not_followed(answering, tmp_path):
    with pytest.raises(Unsupported):
        wget(answering(b"HTTP/1.0 302 Found\r\nLocation: /x\r\n\r\n"), str(tmp_path / "list"))


def test_an_unknown_host_cannot_even_be_asked(tmp_path, capsys, monkeypatch):
    def unknown(*_arguments):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert wget("http://no.such.host.example/x", str(tmp_path / "list")) == 4
    assert capsys.readouterr().err == "Failed to send request: Operation not permitted\n"
