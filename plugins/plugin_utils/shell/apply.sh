# shellcheck shell=dash disable=SC2034
# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# One transaction: stage in RAM, check, load live, read back; then write to flash, at once or once it is confirmed. Whatever
# fails undoes what came before it.
# Set by the controller: OWNER, CHECK_ONLY, DISCARD, STAGING and RELOAD (1 or empty), MODE (as asked for, where on_fallback is
# fail), EXPECTED_HASHES (of the probe), STAGED_BATCH and STAGED_LINES, FINAL_BATCH and FINAL_LINES, PATHS, OBSOLETE (words),
# OBJECTS and NEW_OBJECTS (lines), GENERATION, TABLE_GENERATION, SCRIPT (that makes the flowtables, to be checked), PREVIOUS (the way back, to be kept), FORGET (1: keep none), SUMMARY, and the variables of probe.sh, packages.sh and confirmation.sh. stage_files() holds the
# new files.

STAGE=$RUN/stage
FW4_LOCK=/var/run/fw4.lock

apply() {
	begin
	flock -n 8 || fail fastpath-busy
	[ ! -e "$RUN/pending" ] || fail unconfirmed
	ours=1
	rm -rf "$RUN"
	mkdir -p "$STAGE" || fail ram-full
	if [ -n "$MISSING" ]; then
		install_packages
		[ -n "$CHECK_ONLY" ] || installed=$MISSING
	elif [ "$UPDATE_CACHE" = always ] && [ -z "$CHECK_ONLY" ]; then
		update_lists
	fi
	[ -z "$STAGING$RELOAD$OBSOLETE" ] || change
	report
}

change() {
	take_locks
	compare_with_probe
	set_theirs_aside
	stage
	[ -z "$FINAL_BATCH" ] || ! grep -q '^[[:space:]]*#' "$CONFIG" || section comments
	check "$PATHS"
	if [ -n "$CHECK_ONLY" ]; then
		unstage
	elif [ -n "$RELOAD" ]; then
		created=$(objects_to_be_made)
		[ -z "$CONFIRM" ] || arm_watchdog
		load
		# What is live stays live. Nothing stays staged: a "uci commit" of somebody else would write it to flash.
		unstage
		if [ -n "$CONFIRM" ]; then
			wait_for_confirmation
		else
			finish
		fi
	else
		finish
	fi
}

# The new state is written to flash; from here on the router boots with it.
finish() {
	persist
	loaded=
	remove_leftovers
	logger -t fastpath "$SUMMARY"
}

begin() {
	# A cut connection must not stop a transaction half way: it ends by itself, one way or the other.
	trap '' HUP INT TERM PIPE
	umask 022
	ours='' staged='' loaded='' installed='' saved_delta='' created='' failed='' kept='' beside=''
	exec 8>"$OUR_LOCK"
}

# fail CODE [DETAIL]: undo, report, end.
fail() {
	failed=$1
	section error
	printf '%s\n' "$1"
	section error-detail
	printf '%s\n' "$2" | head -c 4000
	[ -z "$ours" ] || undo # whoever holds the lock is at work: nothing here is ours to undo
	report
	exit 0
}

undo() {
	disarm_watchdog
	unstage
	for path in $kept $beside; do
		rm -f "$path"
	done
	rmdir "$KEEP" 2>/dev/null
	[ -n "$loaded" ] || return 0
	former=$(last_handle)
	reload_fw4
	[ "$(last_handle)" != "$former" ] || section rollback-refused
	delete_objects "$created"
	logger -t fastpath "rolled back ($failed): $SUMMARY"
	section rolled-back
}

report() {
	section discarded
	printf '%s\n' "$saved_delta"
	section installed
	[ -z "$installed" ] || printf '%s\n' "$installed"
	[ -z "$ours" ] || rm -rf "$RUN"
	exec 7>&- 8>&- 9>&-
	probe
}
