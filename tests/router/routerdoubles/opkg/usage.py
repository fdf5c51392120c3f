# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of opkg's command line and its usage text."""

import os
import sys

from ..unsupported import Unsupported

SWITCHES = {
    "force-maintainer", "force-depends", "force-overwrite", "force-downgrade", "force-reinstall", "force-space",
    "force-checksum", "force-signature", "noaction", "nodeps", "test",
}  # fmt: skip
OTHER_SWITCHES = {
    "query-all", "autoremove", "recursive", "force-removal-of-dependent-packages",
    "force-removal-of-essential-packages", "force-postinstall", "force-remove", "no-check-certificate",
    "download-only", "nocase", "size", "strip-abi", "version",
}  # fmt: skip
WITH_VALUE = {"conf-file": "f", "conf": "f", "tmp-dir": "t"}
OTHER_WITH_VALUE = {"cache", "dest", "offline", "offline-root", "add-arch", "add-dest", "lists-dir", "verify-program"}
ALL_LONG = SWITCHES | OTHER_SWITCHES | set(WITH_VALUE) | OTHER_WITH_VALUE | {"verbosity"}
SHORT_WITH_VALUE = "dfoplt"
SHORT = "AinvV" + SHORT_WITH_VALUE


class UsageError(Exception):
    """A command line that cannot be understood: its text, then the usage, then return code 1."""


def parse(arguments, conf):
    """Set the options in conf and return the other words, wherever they stand."""
    words, rest = [], list(arguments)
    while rest:
        word = rest.pop(0)
        if word == "--":
            words += rest
            break
        if word.startswith("-") and word != "-":
            _option(word, rest, conf)
        else:
            words.append(word)
    return words


def _option(word, rest, conf):
    name, equals, value = word.lstrip("-").partition("=")
    name = name.replace("_", "-")
    candidates = [name] if name in ALL_LONG else [known for known in ALL_LONG if known.startswith(name)]
    if len(candidates) == 1 and (len(name) > 1 or word.startswith("--")):
        _long(candidates[0], value if equals else None, rest, conf)
    elif word.startswith("--"):
        problem = "option is ambiguous" if candidates else "unrecognized option"
        _refuse(f"{problem}: {word[2:]}")
    else:
        _short(word[1:], rest, conf)


def _long(name, value, rest, conf):
    if name in SWITCHES:
        conf.switches.add("noaction" if name == "test" else name.replace("-", "_"))
    elif name == "verbosity":
        _set_verbosity(value, conf)
    elif name in WITH_VALUE:
        _set_value(WITH_VALUE[name], value if value is not None else _next(name, rest), conf)
    else:
        raise Unsupported(f"option --{name}")


def _short(letters, rest, conf):
    letter, value = letters[0], letters[1:]
    if letter not in SHORT:
        _refuse(f"unrecognized option: {letter}")
    if letter == "V":
        _set_verbosity(value or None, conf)
    elif letter in "ft":
        _set_value(letter, value or _next(letter, rest), conf)
    else:
        raise Unsupported(f"option -{letter}")


def _next(name, rest):
    if not rest:
        _refuse(f"option requires an argument: {name}")
    return rest.pop(0)


def _set_value(letter, value, conf):
    if letter == "f":
        conf.conf_file = value
    else:
        conf.tmp_dir = value


def _set_verbosity(value, conf):
    if value not in ("0", "1"):
        raise Unsupported("more than normal messages")
    conf.say.verbosity = int(value)


def _refuse(problem):
    sys.stderr.write(f"opkg: {problem}\n")
    raise UsageError("opkg must have one sub-command argument")


def text():
    with open(os.path.join(os.path.dirname(__file__), "usage.txt"), encoding="ascii") as stream:
        return stream.read()
