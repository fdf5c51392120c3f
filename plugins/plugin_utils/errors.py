# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can go wrong with a router, and what its owner should do about it."""

from __future__ import annotations


class RouterError(Exception):
    """One failed host: a stable code, what is wrong, and what to do.

    Shown to the user as "what is wrong. What to do." and returned as the result's error.
    """

    def __init__(self, code: str, message: str, advice: str = "", detail: str = ""):
        super().__init__(message)
        self.code = code
        self.message = message
        self.advice = advice
        self.detail = detail.strip()

    def __str__(self) -> str:
        text = self.message.rstrip(".") + "."
        if self.detail:
            text += f"\n{self.detail}\n"
        elif self.advice:
            text += " "
        return (text + self.advice).rstrip()


class ArgumentError(RouterError):
    """A task argument that no router could accept; found before any router is asked."""

    def __init__(self, message: str, advice: str = ""):
        super().__init__("bad-argument", message, advice)


class Unreachable(RouterError):
    """A connection made to confirm a change did not come about."""

    def __init__(self, detail: str):
        super().__init__("unreachable", "The router cannot be reached", detail=detail)
