# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes the checkout importable as ansible_collections.fastpath.router, the only name its plugins have."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COLLECTIONS = ROOT / ".cache/collections"

link = COLLECTIONS / "ansible_collections/fastpath/router"
link.parent.mkdir(parents=True, exist_ok=True)
if not link.is_symlink() or link.resolve() != ROOT:
    link.unlink(missing_ok=True)
    link.symlink_to(ROOT, target_is_directory=True)
sys.path.insert(0, str(COLLECTIONS))
sys.path.insert(0, str(ROOT / "tests/router"))
