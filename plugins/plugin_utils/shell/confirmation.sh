# shellcheck shell=dash disable=SC2034
# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# A change that is loaded and waits to be confirmed: until then flash has the former configuration.
# Set by the controller: CONFIRM (seconds, or empty), TOKEN and WHO of the change.

# A copy of this shell that outlives the connection and holds no lock. Flash has the former configuration, so a power cycle
# does the same.
arm_watchdog() {
	read -r uptime _ </proc/uptime
	printf '%s\n%s\n%s\n' "$TOKEN" "$((${uptime%.*} + CONFIRM))" "$WHO" >"$RUN/pending"
	is_pending "$TOKEN" || fail ram-full # the watchdog goes by it
	(watchdog) </dev/null >/dev/null 2>&1 7>&- 8>&- 9>&- &
	watchdog=$!
	printf '%s\n' "$watchdog" >"$RUN/watchdog"
	tries=0
	until [ -s "$RUN/sleeper" ]; do # a matter of milliseconds, where the router is not busy with something else
		[ -e "/proc/$watchdog/exe" ] || fail ram-full
		[ "$tries" -lt 1000 ] || sleep 1
		tries=$((tries + 1))
	done
}

watchdog() {
	sleep "$CONFIRM" &
	printf '%s\n' "$!" >"$RUN/sleeper"
	[ -s "$RUN/sleeper" ] || { kill -9 "$!"; exit; } # there is no room in RAM: then the change is not loaded
	wait "$!"
	exec 8>"$OUR_LOCK"
	tries=0
	until flock -n 8 || [ "$tries" = 60 ]; do # a transaction that hangs must not keep the router from coming back
		sleep 1
		tries=$((tries + 1))
	done
	is_pending "$TOKEN" || exit 0
	rm -f "$RUN/watchdog" "$RUN/sleeper"
	failed=unconfirmed loaded=1
	undo
	rm -rf "$RUN"
}

disarm_watchdog() {
	[ -e "$RUN/watchdog" ] || return 0
	# shellcheck disable=SC2046 # two process ids
	kill -9 $(cat "$RUN/watchdog" "$RUN/sleeper") 2>/dev/null
	rm -f "$RUN/watchdog" "$RUN/sleeper"
}

is_pending() {
	[ -e "$RUN/pending" ] && read -r found <"$RUN/pending" && [ "$found" = "$1" ]
}

wait_for_confirmation() {
	last_handle >"$RUN/handle"
	printf '%s\n' "$created" >"$RUN/created"
	printf '%s\n' "$saved_delta" >"$RUN/saved"
	for path in handle created saved; do
		[ -s "$RUN/$path" ] || fail ram-full
	done
	section pending
	printf '%s\n' "$CONFIRM"
	ours= # report leaves everything where it is
}

# Over a connection of its own: that it came through is the proof that nobody is locked out.
confirm() {
	begin
	wait_for 8 -x fastpath-busy
	is_pending "$TOKEN" || fail confirmed-too-late
	ours=1 loaded=1
	created=$(cat "$RUN/created") saved_delta=$(cat "$RUN/saved") # what a way back needs of the script that loaded the change
	disarm_watchdog
	take_locks
	# What somebody had staged when the router was probed has been set aside since.
	EXPECTED_HASHES=$(printf '%s\n' "$EXPECTED_HASHES" | grep -v " $DELTA\$")
	compare_with_probe
	[ "$(last_handle)" = "$(cat "$RUN/handle")" ] || fail reloaded-underneath
	finish
	report
}
