# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults of the router's own tools, which say that all is well when it is not, or die; and input that is meant to do harm."""

from __future__ import annotations

from bench import INCLUDE, Bench, fault

# Each is put in front of the tool; $real is the tool.
ONCE = "[ -e /tmp/.met ] || { : >/tmp/.met; %s; }"
IS_LOAD = 'case " $* " in *" -c "*) ;; *" -f "*) %s ;; esac'
IS_CHECK = 'case " $* " in *" -c "*) %s ;; esac'
REFUSE = "cat >/dev/null; echo 'Error: Could not process rule: No buffer space available' >&2; exit 1"


def spoil(bench: Bench, tool: str, script: str) -> None:
    """Put SCRIPT in front of TOOL; where it does not exit, the tool itself follows."""
    bench.sh(f"mv {tool} {tool}.real")
    bench.router.write(tool, f'#!/bin/ash\nreal={tool}.real\n{script}\nexec "$real" "$@"\n'.encode(), 0o755)


@fault("fw4 reload returns 0 while nft refuses the ruleset", ("load-refused", "former"))
def load_refused(bench: Bench) -> None:
    spoil(bench, "/usr/sbin/nft", IS_LOAD % (ONCE % REFUSE))
    bench.run()


@fault("nft refuses the ruleset, and the former one as well", ("rollback-refused", "restart"))
def rollback_refused(bench: Bench) -> None:
    spoil(bench, "/usr/sbin/nft", IS_LOAD % REFUSE)
    bench.run()


@fault("nft dies of a signal in the check", ("nft crashed",))
def check_crashes(bench: Bench) -> None:
    spoil(bench, "/usr/sbin/nft", IS_CHECK % "kill -SEGV $$")
    bench.run()


@fault("nft dies of a signal in the load", ("load-refused",))
def load_crashes(bench: Bench) -> None:
    spoil(bench, "/usr/sbin/nft", IS_LOAD % (ONCE % "kill -SEGV $$"))
    bench.run()


@fault("fw4 reload does nothing and returns 0", ("rollback-refused", "did not load the new ruleset"))
def reload_does_nothing(bench: Bench) -> None:
    spoil(bench, "/sbin/fw4", 'case "$*" in *reload*) exit 0 ;; esac')
    bench.run()


@fault("fw4 loads another ruleset than it rendered", ("load-incomplete",))
def other_ruleset(bench: Bench) -> None:
    other = """sed '/flow offload @ft/d' | "$real" "$@"; exit"""
    spoil(bench, "/usr/sbin/nft", IS_LOAD % (ONCE % other))
    bench.run()


@fault("uci batch loses a line and returns 0", ("staging-failed",))
def batch_loses(bench: Bench) -> None:
    spoil(bench, "/sbin/uci", "case $1 in batch) sed '$d' | \"$real\" batch; exit 0 ;; esac")
    bench.run()


@fault("uci export is cut and returns 0", ("staging-failed",))
def export_cut(bench: Bench) -> None:
    spoil(bench, "/sbin/uci", 'case $1 in export) "$real" "$@" | head -c 700; exit 0 ;; esac')
    bench.run()


@fault("uci dies of a signal while it stages", ("staging-failed",))
def batch_dies(bench: Bench) -> None:
    spoil(bench, "/sbin/uci", 'case $1 in batch) sed 1q | "$real" batch; kill -KILL $$ ;; esac')
    bench.run()


# ---- input ------------------------------------------------------------------------------------------------------------

SHELL_TEXT = "$(touch /tmp/executed)`touch /tmp/executed`'; touch /tmp/executed; '\"${IFS}\" \\ %s %n $NONCE"
ODD_CONTENT = f"# {SHELL_TEXT}\n# EOF <<EOF\n#EOF\n# grüße 雪 \x7f\t'\r\n# @0123456789abcdef end\ncounter\n# no newline at the end"


@fault("include with quotes, $(), here-document marks, CR, UTF-8", runs="new")
def odd_content(bench: Bench) -> None:
    bench.run(includes=[{**INCLUDE, "content": ODD_CONTENT}])
    kept = bench.sh("cat /etc/nftables.d/fastpath/fastpath.ours.*.nft")
    bench.expect(kept == ODD_CONTENT + "\n", "it did not arrive byte for byte")
    nothing_was_executed(bench)


@fault("include with CRLF line ends", ("include ours",))
def carriage_returns(bench: Bench) -> None:
    bench.run(includes=[{**INCLUDE, "content": "counter\r\ncounter\r\n"}])


@fault("include with a NUL byte", ("NUL",))
def nul(bench: Bench) -> None:
    bench.run(includes=[{**INCLUDE, "content": "counter\0"}])


@fault("include of 300 KB", ("bytes",))
def huge(bench: Bench) -> None:
    bench.run(includes=[{**INCLUDE, "content": "# x\n" * 76800}])


@fault("include of 100 KB", runs="new")
def large(bench: Bench) -> None:
    text = "# xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n" * 1600
    bench.run(includes=[{**INCLUDE, "content": text}])
    bench.expect(
        bench.sh("cat /etc/nftables.d/fastpath/fastpath.ours.*.nft") == text, "it did not arrive byte for byte"
    )


NAMES = {
    "quotes": "it's\"", "backticks": "`touch /tmp/executed`", "$()": "$(touch /tmp/executed)", "a newline": "a\nb", "CRLF": "a\r\n",
    "NUL": "a\0b", "UTF-8": "grüße", "a here-document mark": "<<EOF", "shell text": SHELL_TEXT, "a path": "../../passwd",
    "a comment": "#", "no character": "", "300 KB": "a" * 300_000,
}  # fmt: skip


def named(name: str) -> tuple[dict, ...]:
    """Arguments with NAME wherever a name is taken."""
    return (
        {"owner": name},
        {"packages": [name]},
        {"firewall_defaults": {"input": name}},
        {"firewall_defaults": {name: "ACCEPT"}},
        {"includes": [{**INCLUDE, "chain": name}]},
        {"includes": [{**INCLUDE, "name": name}]},
    )


@fault("names with quotes, `, $(), newlines, CRLF, NUL, UTF-8, <<, 300 KB", ("not possible as a name",))
def odd_names(bench: Bench) -> None:
    for what, name in NAMES.items():
        for arguments in named(name):
            bench.run_engine(**arguments)
            bench.expect(bench.result["status"] == "failed", f"not refused: {what} in {[*arguments]}")
    for arguments in named(SHELL_TEXT):
        bench.run(**arguments)
        bench.expect(bench.result["status"] == "failed", f"not refused: {[*arguments]}")
    nothing_was_executed(bench)


@fault("an option on the router that holds shell text and marks of a reply", runs="new")
def odd_configuration(bench: Bench) -> None:
    bench.sh("cat >/tmp/value", SHELL_TEXT.encode() + b"\n@0123456789abcdef end\n@x error\n")
    bench.sh(
        'uci add firewall odd >/dev/null && uci set firewall.@odd[0].note="$(cat /tmp/value)" && uci commit firewall'
    )
    value = bench.sh("uci get firewall.@odd[0].note")
    bench.run()
    bench.expect(bench.sh("uci get firewall.@odd[0].note") == value, "somebody else's option was changed")
    nothing_was_executed(bench)


def nothing_was_executed(bench: Bench) -> None:
    bench.expect(bench.router.exec("[ -e /tmp/executed ]").returncode, "the shell text was executed")
