# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""jsonfilter [-q] [-i FILE | -s JSON] -e [VARIABLE=]PATH ..., for paths of names, indices, wildcards and [@.NAME="TEXT"]."""

import json
import re
import sys

from .unsupported import Unsupported, report

_NO_MATCH = 1
_NO_FILE = 125
_NO_JSON = 126

_SEPARATOR = "\\ "
_EXPRESSION = re.compile(r"(?:([A-Za-z_]\w*)=)?[@$](.*)", re.ASCII)
_EQUAL = re.compile(r"""\[@\.(\w+)\s*=\s*(?:"([^"\\]*)"|'([^'\\]*)')\]""", re.ASCII)
_STEP = re.compile(
    r"""\.(?P<name>\w+|\*)|\[(?:(?P<index>-?\d+|\*)|"(?P<double>[^"\\]*)"|'(?P<single>[^'\\]*)')\]""", re.ASCII
)


def main(argv):
    try:
        return _run(argv)
    except Unsupported as error:
        return report("jsonfilter", error)


def _run(argv):
    text, expressions = None, []
    arguments = iter(argv)
    quiet = False
    for option in arguments:
        if option == "-q":
            quiet = True
        elif option == "-e":
            expressions.append(_parse(next(arguments, "")))
        elif option == "-s":
            text = next(arguments, "")
        elif option == "-i":
            path = next(arguments, "")
            try:
                with open(path) as stream:
                    text = stream.read()
            except OSError as error:
                return _fail(quiet, f"Failed to open {path}: {error.strerror}", _NO_FILE)
        else:
            raise Unsupported("option " + option)
    if not expressions:
        raise Unsupported("no expression")
    try:
        # what follows the first value is not looked at
        document, _ = json.JSONDecoder().raw_decode((sys.stdin.read() if text is None else text).lstrip())
    except ValueError:
        return _fail(quiet, "Failed to parse json data: unexpected end of data", _NO_JSON)
    codes = [_filter(document, *expression) for expression in expressions]
    return max(codes)


def _fail(quiet, message, code):
    if not quiet:
        sys.stderr.write(message + "\n")
    return code


def _parse(expression):
    """(variable, steps); a step is a name, an index, '*', or a pair of name and text that a member must have."""
    match = _EXPRESSION.fullmatch(expression)
    if not match:
        raise Unsupported("expression " + expression)
    variable, path = match.groups()
    steps, position = [], 0
    while position < len(path):
        equal = _EQUAL.match(path, position)
        if equal:
            steps.append((equal[1], equal[2] if equal[3] is None else equal[3]))
            position = equal.end()
            continue
        step = _STEP.match(path, position)
        if not step:
            raise Unsupported("expression " + expression)
        position = step.end()
        index = step["index"]
        if index is not None and index != "*":
            steps.append(int(index))
        else:
            steps.append(next(text for text in step.groups() if text is not None))
    return variable, steps


def _matches(value, steps):
    if not steps:
        return [value]
    step, rest = steps[0], steps[1:]
    if step == "*":
        below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
        return [match for each in below for match in _matches(each, rest)]
    if isinstance(step, tuple):
        below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
        same = [each for each in below if isinstance(each, dict) and each.get(step[0]) == step[1]]
        return [match for each in same for match in _matches(each, rest)]
    if isinstance(step, int):
        inside = isinstance(value, list) and -len(value) <= step < len(value)
    else:
        inside = isinstance(value, dict) and step in value
    return _matches(value[step], rest) if inside else []


def _filter(document, variable, steps):
    found = [value for value in _matches(document, steps) if value is not None]
    if variable and found:
        exported = _SEPARATOR.join(map(_exported, found))
        sys.stdout.write(f"export {variable}={exported}; ")
    else:
        sys.stdout.write("".join(_printed(value) + "\n" for value in found))
    return 0 if found else _NO_MATCH


def _exported(value):
    if isinstance(value, dict):
        return _SEPARATOR.join(map(_shell_quoted, value))
    if isinstance(value, list):
        return _SEPARATOR.join(map(str, range(len(value))))
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        return f"{value:f}"
    return _shell_quoted(value) if isinstance(value, str) else str(value)


def _shell_quoted(text):
    escaped = text.replace("'", "'\"'\"'")
    return f"'{escaped}'"


def _printed(value):
    return value if isinstance(value, str) else _spaced(value)


def _spaced(value):
    """json-c's default form: blanks inside brackets, slashes escaped."""
    if isinstance(value, dict):
        members = [f"{_spaced(name)}: {_spaced(each)}" for name, each in value.items()]
        return "{ " + ", ".join(members) + " }" if members else "{ }"
    if isinstance(value, list):
        return "[ " + ", ".join(map(_spaced, value)) + " ]" if value else "[ ]"
    return json.dumps(value, ensure_ascii=False).replace("/", "\\/")
