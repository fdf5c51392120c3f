# shellcheck shell=dash
# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Every script is: assignments made by the controller, this file, the files of its job, and one last line that calls the
# job's function. A script that arrives cut off therefore does nothing at all.
# shellcheck disable=SC2034 # constants are used by the files that follow
RUN=/var/run/fastpath          # RAM: locks, staged files, what a transaction needs to know of itself
KEEP=/etc/nftables.d/fastpath  # flash: our include files; a folder is not included by fw4's glob, and survives sysupgrade
CONFIG=/etc/config/firewall
OUR_LOCK=/var/run/fastpath.lock
DELTA=/tmp/.uci/firewall       # uci's staging area, shared with everybody

section() {
	printf '\n@%s %s\n' "$NONCE" "$1"
}
