# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dependencies as they stand in world, in packages and on the command line: `[!]name[<>=~version]`."""

from . import Unsupported
from .versions import ANY, EQUAL, FUZZY, GREATER, LESS, compare, valid

IDENTITY = LESS | GREATER  # `name><Q1...`: this very package, by its digest
_MASK = {"<": LESS, ">": GREATER, "=": EQUAL, "~": FUZZY | EQUAL}
_TEXT = {
    LESS: "<",
    LESS | EQUAL: "<=",
    LESS | EQUAL | FUZZY: "<~",
    EQUAL: "=",
    EQUAL | FUZZY: "~",
    GREATER: ">",
    GREATER | EQUAL: ">=",
    GREATER | EQUAL | FUZZY: ">~",
    IDENTITY: "><",
    ANY: "",
}


class Dependency:
    __slots__ = ("broken", "conflict", "mask", "name", "version")

    def __init__(self, name, mask=ANY, version=None, conflict=False):
        self.name = name
        self.mask = mask
        self.version = version
        self.conflict = conflict
        self.broken = mask != IDENTITY and version is not None and not valid(version)

    def __str__(self):
        return ("!" if self.conflict else "") + self.name + _TEXT[self.mask] + (self.version or "")

    def _matches(self, package, version):
        if self.mask == IDENTITY:
            return self.version == package.identity
        if self.mask & ANY == ANY:
            return True
        return bool(compare(version, self.version, fuzzy=bool(self.mask & FUZZY)) & self.mask)

    def met_by(self, package, version, owner=None):
        """Whether `package`, offering our name in `version`, fulfils this. A package never conflicts with itself."""
        if package is None:
            return self.conflict
        if self.conflict and package is owner:
            return True
        return self._matches(package, version) != self.conflict

    def judge(self, package, owner=None):
        """True or False when `package` offers our name, None when this dependency has nothing to do with it."""
        if self.name == package.name:
            return self._matches(package, package.version) != self.conflict
        for name, version in package.provides:
            if name == self.name:
                return self.met_by(package, version, owner)
        return None


def _split(text):
    """Name, version and mask of the operator between them (0 for a bare name)."""
    start = min((at for at in map(text.find, _MASK) if at >= 0), default=len(text))
    end, mask = start, 0
    while text[end : end + 1] in _MASK:
        mask |= _MASK[text[end]]
        end += 1
    return text[:start], text[end:], mask


def parse(text):
    """One dependency, or None when the text is no dependency."""
    conflict = text.startswith("!")
    body = text[1:] if conflict else text
    name, version, mask = _split(body)
    if "@" in name:
        raise Unsupported("repository tags (%s)" % text)
    if not name or (mask and not version):
        return None
    return Dependency(name, mask or ANY, version or None, conflict)


def parse_list(text):
    return [parse(word) for word in text.split()]
