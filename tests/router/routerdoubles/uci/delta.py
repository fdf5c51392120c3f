# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Delta files: one line for each staged change, such as `firewall.lan.input='DROP'` or `-firewall.lan`."""

from .errors import UciError
from .model import (
    ADD,
    CHANGE,
    LIST_ADD,
    LIST_DEL,
    REMOVE,
    RENAME,
    REORDER,
    Delta,
    Reference,
    add_list,
    del_list,
    delete,
    rename,
    reorder,
    set_value,
)
from .names import is_name
from .parser import quoted

_CHANGES = {
    ADD: set_value,
    REMOVE: delete,
    CHANGE: set_value,
    RENAME: rename,
    REORDER: reorder,
    LIST_ADD: add_list,
    LIST_DEL: del_list,
}


def format_line(config, delta):
    option = f".{delta.option}" if delta.option else ""
    line = f"{delta.command}{config}.{delta.section}{option}"
    if delta.command != REMOVE or delta.value is not None:
        line += "=" + quoted(delta.value)
    return line + "\n"


def parse_line(parser):
    """The command and the reference of the line the parser stands on."""
    text = parser.argument()
    if not parser.at_end():
        raise UciError("invalid")
    command = text[:1] if text[:1] in _CHANGES else CHANGE
    ref = Reference(text[len(command) :])
    if ref.section is None or ref.extended or (ref.value is None and command != REMOVE):
        raise UciError("invalid")
    if command == REORDER and ref.option is not None:
        raise UciError("invalid")
    if command == RENAME and not is_name(ref.value):
        raise UciError("invalid")
    if command in (LIST_ADD, LIST_DEL) and ref.option is None:
        raise UciError("invalid")
    return command, ref


def apply_line(parser, package):
    command, ref = parse_line(parser)
    if ref.config != package.name:
        raise UciError("parse")
    package.staged.append(Delta(command, ref.section, ref.option, ref.value))
    ref.locate(package)
    _CHANGES[command](ref, staged=True)
    if command == ADD and ref.option is None and ref.in_section:
        ref.in_section.anonymous = True


def apply_all(parser, package):
    """Apply a whole file; a line that makes no sense is skipped. Returns how many lines made sense."""
    applied = 0
    while not parser.stream.ended:
        if parser.next_line():
            try:
                apply_line(parser, package)
            except UciError:
                continue
            applied += 1
    return applied


def remaining(parser, section, option):
    """The changes of a file that a revert of this section and option (None: of all of them) leaves."""
    kept = []
    while not parser.stream.ended:
        if not parser.next_line():
            continue
        command, ref = parse_line(parser)
        if section is not None and (ref.section != section or (option is not None and ref.option != option)):
            kept.append(Delta(command, ref.section, ref.option, ref.value))
    return kept
