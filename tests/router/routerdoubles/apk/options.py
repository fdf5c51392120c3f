# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the apk double: those it honours, and those of the real tool that it refuses rather than ignores."""

from . import Unsupported

# Option -> (field of Options, value given to it); a value of None takes the next argument.
_GLOBAL = {
    "-q": ("quiet", True),
    "--quiet": ("quiet", True),
    "-v": ("verbose", True),
    "--verbose": ("verbose", True),
    "-V": ("version", True),
    "--version": ("version", True),
    "-p": ("root", None),
    "--root": ("root", None),
    "--allow-untrusted": ("allow_untrusted", True),
    "--cache": ("cache", True),
    "--no-cache": ("cache", False),
    "--cache-max-age": ("cache_max_age", None),
    "-U": ("cache_max_age", 0),
    "--update-cache": ("cache_max_age", 0),
    "--force-refresh": ("force_refresh", True),
    "--network": ("network", True),
    "--no-network": ("network", False),
    "--timeout": ("timeout", None),
    "--wait": ("wait", None),
}
_COMMIT = {"-s": ("simulate", True), "--simulate": ("simulate", True)}
_QUERY = {
    "--installed": ("installed", True),
    "--upgradable": ("upgradable", True),
    "--upgradeable": ("upgradable", True),
    "-F": ("fields", None),
    "--fields": ("fields", None),
    "--format": ("format", None),
}
_BY_COMMAND = {
    "add": {**_COMMIT, "--force-reinstall": ("force_reinstall", True)},
    "del": _COMMIT,
    "fix": _COMMIT,
    "info": {"-e": ("exists", True), "--exists": ("exists", True), "--installed": ("exists", True)},
    "list": {**_QUERY, "-I": ("installed", True), "--manifest": ("manifest", True), "-u": ("upgradable", True)},
    "query": _QUERY,
    "upgrade": _COMMIT,
    "version": {"-t": ("test", True), "--test": ("test", True)},
}
_REFUSED = """
-a --all --all-matches --arch --available --cache-dir --cache-packages --cache-predownload --check-certificate
--clean-protected --commit-hooks --contents -d --depends --description --directory-permissions -e -f --force
--force-binary-stdout --force-broken-world --force-missing-repositories --force-no-chroot --force-non-repository
--force-old-apk --force-overwrite --from --full -h --help -I -i --ignore --initdb --initramfs-diskless-boot
--install-if --interactive --keys-dir -L -l --latest --legacy-info --license --logfile --match
--no-check-certificate --no-chown --no-commit-hooks --no-interactive --no-logfile --no-progress --no-scripts
--no-self-upgrade --no-sync -O -o --origin --orphaned --overlay-from-stdin -P --preserve-env --pretty-print
--preupgrade --preupgrade-depends --preupgrade-only --print-arch --progress --progress-fd --providers --provides
--prune --purge -R -r --rdepends --recursive --reinstall --replaces --repositories-file --repository
--repository-config --rinstall-if --root-tmpfs --scripts --search --self-upgrade --size --summarize --sync -t
--triggers -u --upgrade --usermode --uvol-manager --virtual -W -w --webpage --who-owns --world -X -x --xattr
"""
COMMANDS = ("add", "del", "fix", "info", "list", "policy", "query", "update", "upgrade", "version")
REFUSED_COMMANDS = ("adbdump", "audit", "cache", "extract", "fetch", "manifest", "search", "stats", "verify")


class UsageError(Exception):
    """Refused before anything was opened; the text is apk's."""


class Options:
    def __init__(self):
        self.quiet = self.verbose = 0
        self.version = self.simulate = self.allow_untrusted = self.force_refresh = self.force_reinstall = False
        self.exists = self.installed = self.manifest = self.upgradable = self.test = False
        self.cache = self.network = True
        self.cache_max_age = 4 * 60  # minutes
        self.timeout = 60  # seconds
        self.wait = 0  # seconds
        self.root = "/"
        self.fields = self.format = None

    def set(self, field, value):
        current = getattr(self, field)
        if field in ("quiet", "verbose"):
            value = current + 1
        elif isinstance(current, int) and not isinstance(current, bool):
            value = int(value) if str(value).isdigit() else 0
        setattr(self, field, value)


def _split(arguments):
    """(option, its `=value` or None) for every option, letters apart from each other, and (None, word) for the rest."""
    words = []
    for position, argument in enumerate(arguments):
        if argument == "--":
            return words + [(None, word) for word in arguments[position + 1 :]]
        if argument.startswith("--"):
            option, separator, value = argument.partition("=")
            words.append((option, value if separator else None))
        elif argument.startswith("-") and len(argument) > 1:
            words += [("-" + letter, None) for letter in argument[1:]]
        else:
            words.append((None, argument))
    return words


def _lookup(option, name):
    known = {**_GLOBAL, **_BY_COMMAND.get(name, {})}
    if option in known:
        return known[option]
    if option in _REFUSED.split():
        raise Unsupported("option %s" % option)
    raise UsageError("command line: unrecognized option '%s'" % option.lstrip("-"))


def parse_command_line(arguments):
    """(command or None, Options, the other words)."""
    words = _split(arguments)
    name = next((word for option, word in words if option is None and word in COMMANDS + REFUSED_COMMANDS), None)
    options = Options()
    rest = []
    words.reverse()
    while words:
        option, value = words.pop()
        if option is None:
            rest.append(value)
            continue
        field, constant = _lookup(option, name)
        if constant is not None and value is not None:
            raise Unsupported("value for option %s" % option)
        if constant is None and value is None:
            if not words:
                raise UsageError("command line: option '%s' expects an argument" % option.lstrip("-"))
            value = words.pop()[1]
        options.set(field, value if constant is None else constant)
    if name is not None:
        rest.remove(name)
    return name, options, rest
