# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a package depends on or conflicts with: alternatives, each a name with at most one version constraint."""

from ..unsupported import Unsupported
from .version import Version, compare

# As written in a control file, longest first, and as opkg prints them. A single < or > includes equality.
OPERATORS = (("<<", "< "), ("<=", "<= "), (">=", ">= "), (">>", "> "), ("=", "= "), ("<", "<= "), (">", ">= "))


class Alternative:
    __slots__ = ("abstract", "operator", "version")

    def __init__(self, text, database):
        name, _, rest = text.lstrip(" ").partition(" ")
        self.operator, self.version = "", None
        if rest.startswith("("):
            constraint, _, rest = rest[1:].partition(")")
            for written, printed in OPERATORS:
                if constraint.startswith(written):
                    self.operator, constraint = printed, constraint[len(written) :]
                    break
            self.version = constraint.strip()
        if rest.strip().startswith("*"):
            raise Unsupported(f"greedy dependency: {text}")
        self.abstract = database.ensure(name)

    def __str__(self):
        constraint = f" ({self.operator}{self.version})" if self.version is not None else ""
        return self.abstract.name + constraint

    def accepts(self, package):
        """Equality satisfies every constraint, even a strict one: so does the real opkg."""
        if not self.operator:
            return True
        result = compare(package.version, Version(self.version))
        if self.operator in ("< ", "<= "):
            return result <= 0
        if self.operator in ("> ", ">= "):
            return result >= 0
        return result == 0

    def accepts_installed(self, package):
        return package.is_installed() and self.accepts(package)


class Dependency:
    __slots__ = ("alternatives",)

    def __init__(self, text, database):
        self.alternatives = [Alternative(part, database) for part in text.split("|") if part]

    def __str__(self):
        return " | ".join(map(str, self.alternatives))


def parse_list(text, database):
    return [Dependency(item, database) for item in text.split(",") if item]
