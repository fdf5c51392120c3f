# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Double of apk-tools 3.0.5 as on OpenWrt 25.12, for the commands the collection runs and those around them.

State lives where the real tool keeps it (/lib/apk/db, /etc/apk/world, /var/cache/apk); only the file formats of feeds
and packages are stand-ins (feed.py). What is not supported ends with exit code 99 and a message.
"""


class Unsupported(Exception):
    """Asked for something this double does not do; it must not pass by luck."""
