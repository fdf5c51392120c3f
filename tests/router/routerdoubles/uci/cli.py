# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command `uci`."""

import os
from _signal import SIG_DFL, SIGPIPE, signal  # `signal` itself takes long to import

from . import show
from .config import export
from .context import Context
from .errors import UciError
from .files import os_path, write_text
from .model import add_list, add_section, del_list, delete, rename, reorder, set_value
from .names import split_number
from .parser import Parser, Stream
from .usage import USAGE

_NAME = "uci"
_USAGE_STATUS = 255
_EXIT_BATCH = 254
_UNSUPPORTED_STATUS = 99
_MAX_BATCH_WORDS = 4
_CHANGES = {
    "set": set_value,
    "add_list": add_list,
    "del_list": del_list,
    "delete": delete,
    "rename": rename,
    "reorder": reorder,
}
_ABBREVIATIONS = {"del": "delete", "ren": "rename"}
_OPTIONS_WITH_VALUE = "cCdfpPt"
_OPTIONS = _OPTIONS_WITH_VALUE + "LmnNqsSX"


class Unsupported(Exception):
    """What this double does not do."""


def _to_stderr(text):
    write_text(2, text)


class Cli:
    """One run of uci. Output is kept until the end, as stdio keeps it; messages go out at once."""

    def __init__(self, to_stderr=_to_stderr):
        self.context = Context()
        self.input = None
        self.output = []
        self.to_stderr = to_stderr
        self.delimiter = " "
        self.quiet = False
        self.merge = False
        self.may_commit = True
        self.extended = True
        self.in_batch = False
        self.error_tail = ""

    def main(self, argv):
        status, words = self._parse_options(argv)
        if status is None:
            if not words:
                self._print_usage()
                return 0
            self.input = self.input or Stream(0)
            status = self.run(words)
            if status == _USAGE_STATUS:
                self._print_usage()
        return status

    def run(self, words):
        command = words[0].lower()
        command = _ABBREVIATIONS.get(command, command)
        if command == "batch" and not self.in_batch:
            return self._batch()
        if command in ("show", "changes", "export", "commit"):
            return self._for_packages(getattr(self, "_" + command), words)
        if command in _CHANGES:
            return self._change(_CHANGES[command], words)
        if command in ("get", "revert", "add", "import", "help"):
            return getattr(self, "_" + command)(words)
        return _USAGE_STATUS

    # options, as getopt of a router's C library reads them: they end where the command begins

    def _parse_options(self, argv):
        """The exit status where options end the run, and the words left."""
        words = list(argv)
        while words and words[0][:1] == "-" and words[0] != "-":
            cluster = words.pop(0)[1:]
            if cluster == "-":
                break
            while cluster:
                letter, cluster = cluster[0], cluster[1:]
                value = None
                if letter in _OPTIONS_WITH_VALUE:
                    if not cluster and not words:
                        return self._bad_option("option requires an argument", letter), []
                    value, cluster = cluster or words.pop(0), ""
                elif letter not in _OPTIONS:
                    return self._bad_option("unrecognized option", letter), []
                status = self._set_option(letter, value)
                if status is not None:
                    return status, []
        return None, words

    def _bad_option(self, complaint, letter):
        self.to_stderr(f"{_NAME}: {complaint}: {letter}\n")
        self._print_usage()
        return 0

    def _set_option(self, letter, value):
        context = self.context
        if letter == "c":
            context.config_dir = value
        elif letter == "C":
            context.override_dir = value
        elif letter == "d":
            self.delimiter = value
        elif letter == "f":
            return self._open_input(value)
        elif letter == "m":
            self.merge = True
        elif letter in "nN":
            context.names_on_export = letter == "n"
        elif letter == "p":
            context.add_delta_dir(value)
        elif letter in "Pt":
            context.set_save_dir(value)
            self.may_commit = self.may_commit and letter == "t"
        elif letter == "q":
            self.quiet = True
        elif letter == "s":
            context.strict = True
        elif letter == "S":
            context.strict = False
            context.on_skipped_error = self._report_skipped
        elif letter == "X":
            self.extended = False
        else:  # -L is accepted by getopt and then by nobody
            self._print_usage()
            return 0
        return None

    def _open_input(self, path):
        if self.input:
            self._complain("Too many input files.\n")
            return 1
        try:
            descriptor = os.open(os_path(path), os.O_RDONLY)
        except OSError as error:
            self._complain(f"{_NAME}: {os.strerror(error.errno)}")
            return 1
        if os.path.isdir(os_path(path)):
            raise Unsupported("a directory as input: uci would read it forever")
        self.input = Stream(descriptor)
        return None

    # messages

    def _print_usage(self):
        self.to_stderr(USAGE)

    def _complain(self, text):
        if not self.quiet:
            self.to_stderr(text)

    def _report(self, error):
        if not self.quiet:
            self._print_error(error, f"{_NAME}: ")

    def _report_skipped(self, error):
        self._print_error(error, "")

    def _print_error(self, error, prefix):
        """Print a message with uci's own memory: the place of the last parse error and one line end for every message
        so far are printed again with each that follows."""
        if error.code == "parse" and self.context.parser:
            self.error_tail = self.context.parser.position()[:126]
        self.error_tail += "\n"
        self.to_stderr(prefix + error.message + self.error_tail)

    # commands on packages

    def _for_packages(self, command, words):
        if len(words) > 2:
            return _USAGE_STATUS
        if len(words) == 2:
            return self._for_package(command, words[1])
        try:
            names = self.context.list_configs()
        except UciError as error:
            self._report(error)
            return 1
        for name in names:
            self._for_package(command, name)
        return 0

    def _for_package(self, command, text):
        try:
            ref = self.context.lookup(text)
        except UciError as error:
            self._report(error)
            return 1
        try:
            command(ref)
        except UciError as error:
            self._report(error)
            return 1
        finally:
            self.context.packages.pop(ref.package.name, None)
        return 0

    def _show(self, ref):
        if not ref.complete:
            raise UciError("not_found")
        package, section = ref.package, ref.in_section
        if ref.in_option:
            self.output.append(show.option_line(package, section.name, ref.in_option, self.delimiter))
        elif section:
            self.output.extend(show.section_lines(package, section, section.name, self.delimiter))
        else:
            self.output.extend(show.package_lines(package, self.extended, self.delimiter))

    def _changes(self, ref):
        self.output.extend(show.change_lines(ref.package))

    def _export(self, ref):
        self.output.append(export(ref.package, True, self.context.names_on_export))

    def _commit(self, ref):
        if self.may_commit:
            self.context.commit(ref.package)

    # commands on sections and options

    def _lookup(self, words):
        """What the command names, or the exit status."""
        if len(words) != 2:
            return None, _USAGE_STATUS
        try:
            return self.context.lookup(words[1]), None
        except UciError as error:
            self._report(error)
            return None, 1

    def _change(self, change, words):
        ref, status = self._lookup(words)
        if not ref:
            return status
        if change is delete and ref.value and not ref.value.isspace() and split_number(ref.value)[0] is None:
            return 1
        try:
            change(ref)
            self.context.save(ref.package)
        except UciError as error:
            self._report(error)
            return 1
        return 0

    def _get(self, words):
        ref, status = self._lookup(words)
        if not ref:
            return status
        if ref.value is not None:
            return 1
        if not ref.complete:
            self._report(UciError("not_found"))
            return 1
        if ref.in_option:
            self.output.append(show.value_line(ref.in_option.value, self.delimiter, False))
        elif ref.in_section:
            self.output.append(ref.in_section.type + "\n")
        return 0

    def _revert(self, words):
        ref, status = self._lookup(words)
        if not ref:
            return status
        if ref.value is not None:
            return 1
        try:
            self.context.revert(ref)
        except UciError:
            return 0  # uci does not look at the result
        return 0

    def _add(self, words):
        if len(words) != 3:
            return _USAGE_STATUS
        try:
            package = self.context.load(words[1])
            section = add_section(package, words[2])
            self.context.save(package)
        except UciError as error:
            self._report(error)
            return error.number
        self.output.append(section.name + "\n")
        return 0

    def _import(self, words):
        if len(words) > 2 or (self.merge and len(words) < 2):
            return _USAGE_STATUS
        name = words[1] if len(words) == 2 else None
        try:
            self._import_input(name, self._package_to_merge(name))
        except UciError as error:
            self._report(error)
            return 1
        return 0

    def _package_to_merge(self, name):
        try:
            return self.context.load(name) if self.merge else None
        except UciError:
            return None

    def _import_input(self, name, merge):
        package = self.context.import_stream(self.input, name, merge)
        if merge:
            self.context.save(package)
            return
        failure = None
        for package in list(self.context.packages.values()):
            try:
                self.context.commit(package, overwrite=True)
                failure = None
            except UciError as error:
                failure = error
        if failure:
            raise failure

    def _help(self, words):
        self._print_usage()
        return 0

    # batch

    def _batch(self):
        """Run one command for each line; whatever becomes of them, the batch succeeds."""
        self.in_batch = True
        while not self.input.ended:
            status = self._batch_line()
            if status == _EXIT_BATCH:
                break
            if status == _USAGE_STATUS:
                self._complain("Unknown command\n")
            self.context.packages.clear()
        return 0

    def _batch_line(self):
        words = []
        try:
            word = self._batch_parser().argument()
            while word:
                words.append(word)
                if len(words) == _MAX_BATCH_WORDS:
                    self._complain("Too many arguments\n")
                    return 1
                word = self.context.parser.argument()
        except UciError as error:
            self._report(error)
            return 0
        if not words:
            return 0
        if words[0].lower() == "exit":
            return _EXIT_BATCH
        return self.run(words)

    def _batch_parser(self):
        """A parser on the next line. It counts lines from the last command that read a file: that one took its place."""
        context = self.context
        if not context.parser or context.parser.stream is not self.input:
            context.parser = Parser(self.input)
        context.parser.next_line()
        return context.parser


def main(argv):
    signal(SIGPIPE, SIG_DFL)  # `uci export | head` ends by it, where Python would go on
    cli = Cli()
    try:
        status = cli.main([os.fsencode(word).decode("latin-1") for word in argv])
    except Unsupported as error:
        _to_stderr(f"double: uci: unsupported: {error}\n")
        return _UNSUPPORTED_STATUS
    write_text(1, "".join(cli.output))
    return status
