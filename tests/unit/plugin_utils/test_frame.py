# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The framed reply, whole, cut and forged."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.fastpath.router.plugins.plugin_utils.errors import RouterError
from ansible_collections.fastpath.router.plugins.plugin_utils.frame import parse_frame
from ansible_collections.fastpath.router.plugins.plugin_utils.router import Router

NONCE = "0123456789abcdef"
REPLY = f"\n@{NONCE} one\nfirst\n\n@{NONCE} two\nno newline at the end\n@{NONCE} end\n"


def test_sections_byte_for_byte():
    assert parse_frame(REPLY, NONCE) == {"one": "first\n", "two": "no newline at the end", "end": ""}


def test_a_banner_before_and_noise_after():
    assert parse_frame(f"Welcome!\n{REPLY}\nbye\n", NONCE)["one"] == "first\n"


@given(st.integers(0, len(REPLY) - 2))
def test_a_cut_reply_is_an_error(length):
    with pytest.raises(RouterError, match="not whole"):
        parse_frame(REPLY[:length], NONCE)


def test_a_section_twice_is_an_error():
    with pytest.raises(RouterError):
        parse_frame(f"@{NONCE} one\nx\n@{NONCE} one\ny\n@{NONCE} end\n", NONCE)


@given(st.text(st.characters(blacklist_categories=["Cs"])))
def test_other_markers_are_data(text):
    reply = f"@{NONCE} one\n@fedcba9876543210 end\n{text}\n@{NONCE} end\n"
    assert parse_frame(reply, NONCE)["one"] == f"@fedcba9876543210 end\n{text}"


def test_a_host_without_a_shell():
    router = Router(lambda script: (127, "", "exec: /bin/sh: not found"))
    with pytest.raises(RouterError, match="did not run the probe") as error:
        router.run(["true"], {}, "probe")
    assert "not found" in str(error.value)
    assert router.round_trips == 1


def test_variables_arrive_as_data():
    import subprocess

    def execute(script):
        run = subprocess.run(["/bin/sh", "-s"], input=script, capture_output=True, check=False)
        return run.returncode, run.stdout.decode(), run.stderr.decode()

    value = "'; echo pwned; '\n$(id)`id`\\é"
    job = 'printf "\n@%s value\n%s\n@%s end\n" "$NONCE" "$VALUE" "$NONCE"'
    assert Router(execute).run([], {"VALUE": value}, job)["value"] == value


def test_the_environment_is_exported_and_its_names_are_checked():
    scripts = []
    router = Router(lambda script: (scripts.append(script), (0, "", ""))[1], {"http_proxy": "http://x y"})
    with pytest.raises(RouterError):
        router.run([], {}, "probe")
    assert scripts[0].startswith(b"export http_proxy='http://x y'\n")
    with pytest.raises(RouterError, match="no name"):
        Router(lambda script: (0, "", ""), {"a;b": "x"}).run([], {}, "probe")
