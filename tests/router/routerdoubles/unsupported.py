# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the real tool does and its double does not: said aloud, never passed over in silence."""

import sys

_EXIT_CODE = 99


class Unsupported(Exception):
    pass


def report(tool, error):
    sys.stdout.flush()
    sys.stderr.write(f"double: {tool}: unsupported: {error}\n")
    return _EXIT_CODE
