# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Address families: what the parts of a section restrict it to."""


def split(matches):
    """Values to match and values to exclude."""
    matches = matches or ()
    return [m.value for m in matches if not m.invert], [m.value for m in matches if m.invert]


def subnets_of(matches, family):
    """Subnets of one family as text, those to match and those to exclude."""
    positive, negative = split(matches)
    return tuple([s.cidr() for subnets in side for s in subnets if s.family == family] for side in (positive, negative))


def family_of(matches):
    """The one family of a list of subnets, 0 for both, None for an empty list."""
    families = {subnet.family for match in matches or () for subnet in match.value}
    return None if not families else families.pop() if len(families) == 1 else 0


def infer_family(wanted, references):
    """(family, None), or (None, why not) when something of the other family is referred to."""
    for family, description in references:
        if family and wanted and family != wanted:
            return None, f"is restricted to IPv{wanted} but referenced {description} is IPv{family} only"
        wanted = wanted or family or wanted
    return wanted, None
