# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Double of OpenWrt's `uci` (24.10): configuration files, staged changes, locks and messages as libuci has them."""

from .context import CONFIG_DIR, OVERRIDE_DIR, SAVE_DIR, Context
from .errors import UciError
from .model import Package, Section

__all__ = ["Package", "Section", "UciError", "load_package"]


def load_package(name, config_dir=CONFIG_DIR, save_dirs=(SAVE_DIR,), conf2_dir=OVERRIDE_DIR):
    """A package as readers see it: the override where there is one, staged changes applied. Changes nothing."""
    context = Context()
    context.config_dir = config_dir
    context.override_dir = conf2_dir
    context.delta_dirs = list(save_dirs)
    return context.load(name)
