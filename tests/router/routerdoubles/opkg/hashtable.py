# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A table that is walked in the order of opkg's hash buckets: the order of the status file, of `opkg status`, of file lists."""

BUCKETS = 1024


def bucket(key):
    value = 5381
    for byte in key.encode("utf-8", "surrogateescape"):
        value = (value * 33 + byte) % BUCKETS
    return value


class HashTable(dict):
    def in_bucket_order(self):
        """The keys; within a bucket they stand in the order of insertion, as a dict keeps them."""
        return sorted(self, key=bucket)
