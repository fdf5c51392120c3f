# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in for flowtables, without a kernel: what it reads, refuses, hands to nft and puts back into listings."""

import pytest
from routerdoubles.nft import listing, messages, model
from routerdoubles.nft.ruleset import Parser
from routerdoubles.nft.source import File, tokens
from routerdoubles.unsupported import Unsupported

DEVICES = {"br-lan": 4, "eth0": 3, "eth1": 2}

RULESET = """table inet t {
	flowtable ft {
		hook ingress priority 0;
		devices = { "br-lan", eth1 };
		counter;
	}

	chain forward {
		type filter hook forward priority filter;
		meta l4proto { tcp, udp } flow offload @ft;
	}
}
"""


@pytest.fixture(autouse=True)
def devices(monkeypatch):
    monkeypatch.setattr(model, "device_index", DEVICES.get)
    monkeypatch.setattr(listing, "device_names", lambda: {index: name for name, index in DEVICES.items()})


def transaction(*texts, **kernel):
    """Applies the texts as live rulesets, the last one as the user's; (transaction, its text as nft gets it)."""
    result = model.Transaction()
    for text in texts[:-1]:
        result.apply(Parser(tokens(File("live", text), [])).parse())
    result.begin(**kernel)
    file = File("/dev/stdin", texts[-1])
    result.apply(Parser(tokens(file, [])).parse())
    return result, file.translated(lambda inner: "/stored/" + inner.name)


def refusals(*texts, **kernel):
    return [refusal.reason for refusal in transaction(*texts, **kernel)[0].refusals]


def test_a_flowtable_becomes_counters_and_no_line_moves():
    result, text = transaction(RULESET)
    assert not result.refusals
    assert text.count("\n") == RULESET.count("\n")
    lines = text.splitlines()
    assert lines[1] == (
        '\tcounter flowtable/ft { comment "0 counter"; }; counter flowtable/ft/4 { }; counter flowtable/ft/2 { }'
    )
    assert lines[9] == '\t\tmeta l4proto { tcp, udp } counter name "flowtable/ft";'


def test_commands_and_variables():
    text = "define d = { eth0, eth1 }\nadd table ip6 x\nadd flowtable ip6 x f { hook ingress priority -5; devices = $d; }\n"
    result, translated = transaction(text)
    assert not result.refusals
    assert translated.splitlines()[2] == (
        'add counter ip6 x flowtable/f { comment "-5"; }; '
        "add counter ip6 x flowtable/f/3 { }; add counter ip6 x flowtable/f/2 { }"
    )


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("eth1", "eth9", [model.NO_ENTRY, model.NO_ENTRY]),  # and the rule, whose flowtable is not there then
        ("eth1", "br-lan", [model.EXISTS, model.NO_ENTRY]),
        ("counter;", "counter; flags offload;", [model.NOT_SUPPORTED, model.NO_ENTRY]),
        ("table inet", "table bridge", [model.NO_ENTRY, model.NO_ENTRY]),
        ("@ft", "@other", [model.NO_ENTRY]),
        ("hook forward", "hook input", [model.NOT_SUPPORTED]),
        ("\t}\n\n", "\t}\n\tflowtable gt { hook ingress priority 0; devices = { eth1 }; }\n", [model.EXISTS]),
    ],
)
def test_what_a_kernel_refuses(old, new, expected):
    assert refusals(RULESET.replace(old, new), hardware=False) == expected


def test_a_kernel_without_flowtables_refuses_all_of_it():
    assert refusals(RULESET, flowtables=False) == [model.NO_ENTRY, model.NO_ENTRY]


def test_a_driver_that_accepts():
    assert refusals(RULESET.replace("counter;", "flags offload;"), hardware=True) == []


def test_a_flow_rule_may_not_be_reached_from_another_hook():
    text = RULESET.replace("forward {", "lans {").replace("type filter hook forward priority filter;", "")
    reached = "\tchain input {\n\t\ttype filter hook input priority 0;\n\t\tct state vmap { new : jump lans }\n\t}\n}\n"
    assert refusals(text) == []
    assert refusals(text[:-2] + reached) == [model.NOT_SUPPORTED]


def test_loading_again_merges_devices():
    narrow = RULESET.replace('"br-lan", eth1', "eth0")
    result, text = transaction(RULESET, narrow)
    assert result.tables["inet", "t"]["ft"].indices == [4, 2, 3]
    assert "flowtable/ft/3" in text
    assert "flowtable/ft/4" not in text


@pytest.mark.parametrize("change", [("counter;", "flags offload;"), ("priority 0", "priority 5")])
def test_flag_and_priority_cannot_change_in_place(change):
    assert refusals(RULESET, RULESET.replace(*change), hardware=True)[0] == model.NOT_SUPPORTED


def test_replaced_as_a_whole_it_can():
    anew = "table inet t\ndelete table inet t\n" + RULESET.replace("counter;", "flags offload;")
    assert refusals(RULESET, anew, hardware=True) == []


def test_flush_table_keeps_flowtables_and_flush_ruleset_does_not():
    taken = "table inet t {\n\tflowtable other { hook ingress priority 0; devices = { eth1 }; }\n}\n"
    assert refusals(RULESET, "flush table inet t\n" + taken) == [model.EXISTS]
    assert refusals(RULESET, "flush ruleset\n" + taken) == []


def test_delete():
    result, text = transaction(RULESET, "flush table inet t; delete flowtable inet t ft\n")
    assert not result.refusals
    assert text == (
        "flush table inet t; delete counter inet t flowtable/ft/4; delete counter inet t flowtable/ft/2; "
        "delete counter inet t flowtable/ft\n"
    )
    assert refusals("delete flowtable inet t ft\n") == [model.NO_ENTRY]
    assert refusals("destroy flowtable inet t ft\n") == []


@pytest.mark.parametrize(
    "text",
    [
        "delete table inet handle 3\n",
        "delete flowtable inet t handle 3\n",
        "delete flowtable inet t f { devices = { eth0 }; }\n",
        "table inet t {\n flowtable f { hook ingress priority 0; size 4; }\n}\n",
    ],
)
def test_what_it_does_not_do_is_said(text):
    with pytest.raises(Unsupported):
        transaction(text)


def test_comments_and_strings_are_no_flowtables():
    text = 'table inet t {\n # flowtable ft { }\n chain c {\n  accept comment "flow add @ft { }"\n }\n}\n'
    result, translated = transaction(text)
    assert translated == text
    assert not result.accepted


def test_included_files_are_rewritten_only_where_they_change(tmp_path):
    (tmp_path / "a.nft").write_text("flowtable ft { hook ingress priority 0; devices = { eth0 }; }\n")
    (tmp_path / "b.nft").write_text("set s { type ipv4_addr; }\n")
    text = f'table inet t {{\n include "{tmp_path}/*.nft"\n}}\n'
    result, translated = transaction(text)
    assert not result.refusals
    assert f'include "/stored/{tmp_path}/a.nft"; include "{tmp_path}/b.nft"' in translated


FLOWTABLE = "\tflowtable ft {\n\t\thook ingress priority filter\n\t\tdevices = { br-lan, eth1 }\n\t\tcounter\n\t}\n"

LIVE = """table inet t {
	counter flowtable/ft {
		comment "0 counter"
		packets 0 bytes 0
	}

	counter flowtable/ft/4 {
		packets 0 bytes 0
	}

	counter flowtable/ft/2 {
		packets 7 bytes 7
	}

	counter mine {
		packets 1 bytes 2
	}

	ct helper ftp {
		type "ftp" protocol tcp
		l3proto inet
	}

	chain forward {
		type filter hook forward priority filter; policy accept;
		meta l4proto { tcp, udp } counter packets 1 bytes 2 counter name "flowtable/ft" comment "x"
	}
}
"""


def test_a_listing_is_put_right():
    text = listing.restore(LIVE)
    assert "flowtable/" not in text
    assert text.index("ct helper ftp") < text.index("flowtable ft {") < text.index("chain forward")
    assert FLOWTABLE + "\n" in text
    assert 'counter packets 1 bytes 2 flow add @ft comment "x"\n' in text


def test_a_listing_read_back_is_the_same_ruleset():
    result, text = transaction(listing.restore(LIVE))
    assert not result.refusals
    assert result.tables["inet", "t"]["ft"].comment() == "0 counter"
    assert "flowtable/ft/2" in text


def test_a_device_that_is_gone_is_not_listed(monkeypatch):
    monkeypatch.setattr(listing, "device_names", lambda: {2: "eth1", 9: "br-lan"})
    assert "devices = { eth1 }\n" in listing.restore(LIVE)


def test_only_flowtables():
    heads = "table inet t {\n}\ntable ip x {\n}\n"
    text = listing.flowtables(heads, LIVE)
    assert text == f"table inet t {{\n{FLOWTABLE}}}\ntable ip x {{\n}}\n"
    assert listing.flowtable(LIVE, "inet", "t", "ft") == f"table inet t {{\n{FLOWTABLE}}}\n"
    assert listing.flowtable(LIVE, "inet", "t", "other") == ""
    assert listing.flowtable(LIVE, "ip", "t", "ft") == ""


@pytest.mark.parametrize(
    ("priority", "text"), [(0, "filter"), (1, "filter + 1"), (-5, "filter - 5"), (11, "11"), (-300, "-300")]
)
def test_priority_is_spelt_as_nft_spells_it(priority, text):
    flowtable = listing.Flowtable()
    flowtable.priority = priority
    assert flowtable.hook() == text


def test_json():
    place = {"family": "inet", "table": "t"}
    entries = [
        {"metainfo": {"version": "1.0.6"}},
        {"counter": {**place, "name": "flowtable/ft", "handle": 5, "comment": "0 offload", "packets": 0, "bytes": 0}},
        {"counter": {**place, "name": "flowtable/ft/2", "handle": 6, "packets": 0, "bytes": 0}},
        {"counter": {**place, "name": "mine", "handle": 7, "packets": 0, "bytes": 0}},
        {"rule": {**place, "chain": "f", "expr": [{"counter": "flowtable/ft"}, {"counter": "mine"}]}},
    ]
    flowtable = {"flowtable": {**place, "name": "ft", "handle": 5, "hook": "ingress", "prio": 0, "dev": "eth1"}}
    restored = listing.restore_json(entries)
    assert restored[1] == flowtable
    assert restored[3]["rule"]["expr"] == [{"flow": {"op": "add", "flowtable": "@ft"}}, {"counter": "mine"}]
    assert listing.restore_json(entries, only_flowtables=True) == [entries[0], flowtable]


ERRORS = (
    "In file included from /dev/stdin:4:1-27:\n"
    "/etc/own.nft:4:12-14: Error: Could not process rule: No such file or directory\n"
    "\tflowtable pft {\n"
    "\t          ^^^\n"
    "/dev/stdin:9:1-5: Error: syntax error, unexpected string\n"
    "table inet\n"
    "^^^^^\n"
)


def test_messages_are_told_apart():
    kernel, syntax = messages.parse(ERRORS)
    assert (kernel.file, kernel.line, kernel.column) == ("/etc/own.nft", 4, 12)
    assert (kernel.reason, syntax.reason) == (model.NO_ENTRY, None)
    assert kernel.text(model.EXISTS) == "".join(ERRORS.splitlines(keepends=True)[:4]).replace(
        model.NO_ENTRY, model.EXISTS
    )


def test_a_guess_at_what_was_meant_is_the_kernels_answer_too():
    guess = (
        "/dev/stdin:1:1-2: Error: No such file or directory; did you mean chain ‘input’ in table inet ‘fw4’?\nxx\n^^\n"
    )
    message = messages.parse(guess)[0]
    assert message.reason == model.NO_ENTRY
    assert message.text(model.EXISTS).startswith("/dev/stdin:1:1-2: Error: Could not process rule: File exists\n")


def test_a_message_of_its_own_points_at_the_name():
    refusal = transaction(RULESET.replace("eth1", "eth9"))[0].refusals[0]
    assert messages.compose(refusal.op, refusal.reason) == (
        "/dev/stdin:2:12-13: Error: Could not process rule: No such file or directory\n\tflowtable ft {\n\t          ^^\n"
    )
