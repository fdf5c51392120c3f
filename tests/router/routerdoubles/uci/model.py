# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Packages, sections and options, and the changes uci can make to them."""

from .errors import UciError
from .names import anonymous_name, is_name, is_type, is_value, split_number

ADD, REMOVE, CHANGE, RENAME, REORDER, LIST_ADD, LIST_DEL = "+", "-", "", "@", "^", "|", "~"


class Option:
    """A value, or a list of values, under a name. Names can repeat: a rename does not look."""

    __slots__ = ("name", "value")

    def __init__(self, name, value):
        self.name = name
        self.value = value


class Section:
    def __init__(self, section_type, name, anonymous):
        self.type = section_type
        self.name = name
        self.anonymous = anonymous
        self.entries = []

    def find(self, name):
        for option in self.entries:
            if option.name == name:
                return option
        return None

    @property
    def options(self):
        """Name -> text or list of texts, for readers that want no more than the configuration."""
        return {option.name: _decoded(option.value) for option in self.entries}


class Delta:
    """One staged change; `value` is None where a whole option or section goes."""

    __slots__ = ("command", "option", "section", "value")

    def __init__(self, command, section, option, value):
        self.command = command
        self.section = section
        self.option = option
        self.value = value


class Package:
    """`pending`: changes of this process, not staged yet. `staged`: what the delta files hold. A package read from
    outside the configuration directory (`path` given by the caller) has no delta files: changes go to the file."""

    def __init__(self, name):
        self.name = name
        self.sections = []
        self.path = None
        self.overridden = False
        self.has_delta = False
        self.pending = []
        self.staged = []
        self._numbered = 0

    def find(self, name):
        for section in self.sections:
            if section.name == name:
                return section
        return None

    def append(self, section_type, name=None):
        """A new section at the end. The number in an anonymous name counts every section that ever came."""
        self._numbered += 1
        section = Section(section_type, name or anonymous_name(self._numbered, section_type), name is None)
        self.sections.append(section)
        return section

    def record(self, command, section, option, value, staged=False):
        """Note a change for the delta file, unless it comes from there or there is none."""
        if self.has_delta and not staged:
            self.pending.append(Delta(command, section, option, value))


class Reference:
    """What `config.section.option=value` names: the words, and what was found for them."""

    def __init__(self, text):
        path, equals, value = text.partition("=")
        words = path.split(".")
        if len(words) > 3:
            raise UciError("parse")
        self.config, self.section, self.option = [*words, None, None][:3]
        self.value = value if equals else None
        if not is_type(self.config) or (self.option is not None and not is_name(self.option)):
            raise UciError("parse")
        if self.value is not None and not is_value(self.value):
            raise UciError("parse")
        self.extended = self.section is not None and not is_name(self.section)
        self._found(None)

    @classmethod
    def within(cls, package, name, section, option, value):
        """A reference made while a file is read, where the words are checked and the section is known."""
        self = cls.__new__(cls)
        self.config, self.section, self.option, self.value = package.name, name, option, value
        self.extended = False
        self._found(package)
        self.in_section = section
        if section and option is not None:
            self.in_option = section.find(option)
        return self

    def _found(self, package):
        self.package = package
        self.in_section = None
        self.in_option = None
        self.complete = False

    def locate(self, package):
        self._found(package)
        if self.section is not None:
            self.in_section = _indexed(package, self.section) if self.extended else package.find(self.section)
            if not self.in_section:
                return
            self.section = self.in_section.name
            if self.option is not None:
                self.in_option = self.in_section.find(self.option)
                if not self.in_option:
                    return
        self.complete = True

    def record(self, command, staged, value):
        self.package.record(command, self.section, self.option, value, staged)


def _indexed(package, text):
    """The section that `@type[index]` names; without a type all sections count, without an index the first is meant."""
    section_type, bracket, index = text[1:].partition("[")
    number, rest = split_number(index[:-1] or "0")
    if text[:1] != "@" or not bracket or index[-1:] != "]" or rest or (section_type and not is_type(section_type)):
        raise UciError("invalid")
    candidates = [section for section in package.sections if not section_type or section.type == section_type]
    if number < 0:
        number += len(candidates)
    return candidates[number] if 0 <= number < len(candidates) else None


def set_value(ref, staged=False):
    """`set`: a new option or section, another value or type; the empty value deletes what is there."""
    names_new_section = ref.section is not None and ref.option is None
    if ref.value is None or not (ref.in_section or names_new_section):
        raise UciError("invalid")
    if ref.option is None and ref.value and not is_type(ref.value):
        raise UciError("invalid")
    if not ref.value:
        if ref.complete:
            delete(ref, staged)
        return
    changed = _set_type(ref) if ref.option is None else _set_option(ref)
    if changed:
        ref.record(CHANGE, staged, ref.value)


def _set_type(ref):
    section = ref.in_section
    if not section:
        ref.in_section = ref.package.append(ref.value, ref.section)
        return True
    if section.type == ref.value:
        return False
    if len(section.type) != len(ref.value):
        # libuci makes a new section here, and a new section with a name is not anonymous
        section.anonymous = False
    section.type = ref.value
    return True


def _set_option(ref):
    option = ref.in_option
    if not option:
        ref.in_option = Option(ref.option, ref.value)
        ref.in_section.entries.append(ref.in_option)
        return True
    if option.value == ref.value:
        return False
    option.value = ref.value
    return True


def delete(ref, staged=False):
    """`delete`: a section, an option, or with an index as value one entry of a list."""
    _require_complete(ref)
    if ref.in_option and isinstance(ref.in_option.value, list) and ref.value:
        index = split_number(ref.value)[0]
        if index is not None and 0 <= index < len(ref.in_option.value):
            ref.record(REMOVE, staged, ref.value)
            del ref.in_option.value[index]
        return
    ref.record(REMOVE, staged, None)
    if ref.in_option:
        ref.in_section.entries.remove(ref.in_option)
    else:
        ref.package.sections.remove(ref.in_section)


def rename(ref, staged=False):
    _require_complete(ref)
    if ref.value is None:
        raise UciError("invalid")
    ref.record(RENAME, staged, ref.value)
    if ref.in_option:
        ref.in_option.name = ref.value
    else:
        ref.in_section.name = ref.value
        ref.in_section.anonymous = False


def reorder(ref, staged=False):
    """Put the section at a position among all sections; text that is no number means the first."""
    if not ref.in_section or ref.value is None:
        raise UciError("not_found")
    position = split_number(ref.value)[0] or 0
    sections = ref.package.sections
    before = sections.index(ref.in_section)
    sections.remove(ref.in_section)
    after = min(max(position, 0), len(sections))
    sections.insert(after, ref.in_section)
    if before != after:
        ref.package.record(REORDER, ref.in_section.name, None, str(position), staged)


def add_list(ref, staged=False):
    """Append to a list; a single value becomes the list's first entry."""
    _require_section_and_value(ref)
    option = ref.in_option
    if not option:
        ref.in_option = Option(ref.option, [ref.value])
        ref.in_section.entries.append(ref.in_option)
    elif isinstance(option.value, list):
        option.value.append(ref.value)
    else:
        option.value = [option.value, ref.value]
    ref.record(LIST_ADD, staged, ref.value)


def del_list(ref, staged=False):
    """Remove every entry with that value; a list that becomes empty stays."""
    _require_section_and_value(ref)
    option = ref.in_option
    if not option or not isinstance(option.value, list):
        return
    ref.record(LIST_DEL, staged, ref.value)
    option.value = [entry for entry in option.value if entry != ref.value]


def add_section(package, section_type):
    section = package.append(section_type)
    package.record(ADD, section.name, None, section_type)
    return section


def _require_complete(ref):
    if not ref.complete:
        raise UciError("not_found")
    if not ref.in_section:
        raise UciError("invalid")


def _require_section_and_value(ref):
    if not ref.in_section or ref.value is None:
        raise UciError("invalid")


def _decoded(value):
    if isinstance(value, list):
        return [_decoded(entry) for entry in value]
    return value.encode("latin-1").decode("utf-8", "surrogateescape")
