# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The text of a configuration file: reading it into packages and writing a package out."""

from .errors import UciError
from .model import Package, Reference, add_list, add_section, set_value
from .names import is_type
from .parser import escaped, quoted

_COMMANDS = ("package", "config", "option", "list")


class Importer:
    """Reads one stream. With `merge` it changes a loaded package, and every change is recorded there.

    `single`: the caller has named the package, `package` lines are only checked.
    """

    def __init__(self, parser, name, single, strict, packages, merge=None):
        self.parser = parser
        self.name = name
        self.single = single
        self.strict = strict
        self.packages = packages
        self.package = merge
        self.merging = merge is not None
        self.section = None

    def read_line(self):
        parser = self.parser
        parser.skip_space()
        while True:
            word = parser.command()
            if word is None or word[0] == "#":
                return
            for command in _COMMANDS:
                if word in (command, command[0]):
                    getattr(self, "_" + command)()
                    break
            else:
                parser.fail("invalid command")

    def finish(self):
        if not self.package and self.name:
            self._switch(self.name)
        package = self.package
        if not self.merging:
            self._close()
        return package

    def _switch(self, name):
        self._close()
        if name in self.packages:
            raise UciError("duplicate")
        self.package = Package(name)

    def _close(self):
        if self.package:
            self.packages[self.package.name] = self.package
        self.package = None
        self.section = None

    def _package(self):
        self.parser.skip_command("package")
        name = self.parser.package_name()
        self.parser.expect_end(self.strict)
        if not self.single:
            self._switch(name)

    def _config(self):
        parser = self.parser
        if not self.package:
            if not self.name:
                parser.fail("attempting to import a file without a package name")
            self._switch(self.name)
        parser.skip_command("config")
        section_type = parser.argument(required=True)
        if not is_type(section_type):
            parser.fail("invalid character in type field")
        name = parser.name()
        parser.expect_end(self.strict)
        if not name:
            self.section = add_section(self.package, section_type)
            return
        ref = Reference.within(self.package, name, self.package.find(name), None, section_type)
        if self.strict and ref.in_section and ref.in_section.type != section_type:
            parser.fail("section of different type overwrites prior section with same name")
        set_value(ref)
        self.section = ref.in_section

    def _option(self, change=set_value):
        parser = self.parser
        if not self.section:
            parser.fail("option/list command found before the first section")
        parser.skip_command("option")
        name = parser.name(required=True)
        value = parser.argument()
        parser.expect_end(self.strict)
        change(Reference.within(self.package, self.section.name, self.section, name, value))

    def _list(self):
        self._option(add_list)


def export(package, header, with_names):
    lines = [f"package {escaped(package.name)}\n"] if header else []
    for section in package.sections:
        name = f" {quoted(section.name)}" if with_names or not section.anonymous else ""
        lines.append(f"\nconfig {escaped(section.type)}{name}\n")
        for option in section.entries:
            is_list = isinstance(option.value, list)
            for value in option.value if is_list else [option.value]:
                lines.append(f"\t{'list' if is_list else 'option'} {option.name} {quoted(value)}\n")
    lines.append("\n")
    return "".join(lines)
