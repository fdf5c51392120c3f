# shellcheck shell=sh
# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Runs iperf3 in the background on a host that may be anything with a POSIX shell, and leaves nothing behind: its only mark is a
# folder in /tmp. Whoever removes the folder ends it within a second; without anybody, it ends by itself.
# The line after this file calls one of the functions.

# What runs in the background: FOLDER LIMIT COMMAND..., LIMIT in seconds.
# shellcheck disable=SC2016
WORKER='
	folder=$1 left=$2
	shift 2
	"$@" >"$folder/output" 2>&1 &
	pid=$!
	while [ -d "$folder" ] && [ "$left" -gt 0 ] && kill -0 "$pid"; do
		sleep 1
		left=$((left - 1))
	done
	kill "$pid"
	wait "$pid"
	code=$?
	if [ -d "$folder" ]; then
		[ "$left" -gt 0 ] || echo "iperf3 was ended after its time limit" >>"$folder/output"
		echo "$code" >"$folder/code"
	fi
	left=60
	while [ -d "$folder" ] && [ "$left" -gt 0 ]; do
		sleep 1
		left=$((left - 1))
	done
	rm -rf "$folder"
'

# start LIMIT WAIT OPTIONS...: iperf3 with these options. Fails where it ends within WAIT seconds.
start() {
	limit=$1 wait=$2
	shift 2
	if ! command -v iperf3 >/dev/null; then
		echo "iperf3 is not installed here"
		exit 127
	fi
	folder=$(mktemp -d /tmp/fastpath.XXXXXX) || exit
	# A session of its own: the terminal that ssh gives us sends a hangup when we end.
	# shellcheck disable=SC2046
	$(command -v setsid) sh -c "$WORKER" fastpath "$folder" "$limit" iperf3 "$@" </dev/null >/dev/null 2>&1 &
	sleep "$wait"
	if [ -e "$folder/code" ]; then
		tail -n 3 "$folder/output"
		rm -rf "$folder"
		exit 1
	fi
	echo "folder=$folder"
}

# lasted FOLDER: fails, and says what it said last, where what was started has failed.
lasted() {
	[ -e "$1/code" ] || exit 0
	code=$(cat "$1/code")
	[ "$code" = 0 ] || tail -n 3 "$1/output"
	exit "$code"
}

# collect FOLDER: waits for the end of what was started, says what it said, removes it.
collect() {
	while [ -d "$1" ] && [ ! -e "$1/code" ]; do sleep 1; done
	code=$(cat "$1/code") || exit
	cat "$1/output"
	rm -rf "$1"
	exit "$code"
}
