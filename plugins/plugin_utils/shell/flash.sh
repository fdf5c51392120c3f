# shellcheck shell=dash disable=SC2034
# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Write what was checked and loaded to flash, so that a power cut at any point leaves the old state or the new one.

# As it will stand: staged once more with the paths on flash, and checked once more.
persist() {
	[ -n "$STAGING" ] || return 0
	exec 9>"$FW4_LOCK"
	wait_for 9 -x "fw4-busy"
	keep_files
	[ -n "$FINAL_BATCH" ] || return 0
	staged=1
	stage_changes "$FINAL_BATCH" "$FINAL_LINES"
	check "$(printf '%s' "$PATHS" | sed "s#$STAGE/#$KEEP/#g")"
	write_config
	unstage
}

# Before anything refers to them; under a name that nothing includes until they are whole.
keep_files() {
	for path in "$STAGE"/*; do
		[ -e "$path" ] || continue
		name=${path##*/}
		mkdir -p "$KEEP"
		beside=$KEEP/.new
		copy "$path" "$beside" || give_up_writing
		[ -e "$KEEP/$name" ] || kept="$kept $KEEP/$name"
		mv "$beside" "$KEEP/$name" || give_up_writing
	done
	beside=
	sync
}

give_up_writing() {
	case $( (: >>"$CONFIG") 2>&1) in
	*[Rr]ead-only*) fail read-only "$(grep ' / ' /proc/mounts)" ;; # it was not when the router was probed
	esac
	fail flash-full "$(df -k /etc | tail -n 1)"
}

# uci commit is not safe on a full flash: it returns 0 and leaves 0 bytes. So: beside, compare, sync, rename.
write_config() {
	mkdir -p "$RUN/verify"
	uci export firewall >"$RUN/export" 2>"$RUN/errors" || fail staging-failed "$(cat "$RUN/errors")"
	written=$RUN/verify/fastpath_written # no staged changes belong to this name: it is read as it will stand
	tail -n +2 "$RUN/export" >"$written" # the file as uci commit writes it has no "package" line
	shown=$(uci show firewall 2>"$RUN/errors")
	reread=$(uci -c "$RUN/verify" show fastpath_written 2>>"$RUN/errors" | sed 's/^fastpath_written\./firewall./')
	[ "${shown:-nothing}" = "$reread" ] || fail staging-failed "$(cat "$RUN/errors")"
	cmp -s "$DELTA" "$RUN/delta" || fail changed-underneath
	target=$(readlink -f "$CONFIG")
	beside=${target%/*}/.firewall.fastpath # uci reads no file that begins with a dot
	cp -p "$target" "$beside" 2>/dev/null || give_up_writing
	copy "$written" "$beside" || give_up_writing
	[ -z "$PREVIOUS" ] || save_way_back
	sync
	mv "$beside" "$target" || give_up_writing
	[ -z "$PREVIOUS" ] || mv "$KEEP/.previous" "$KEEP/previous.$OWNER"
	beside=
	kept=
	sync
	let_waiting_writers_pass
}

# The commands that undo this change, for a later rollback, with the hash of the configuration that they are right for.
save_way_back() {
	hash=$(sha256sum "$written")
	printf '%s\n%s\n' "${hash%% *}" "$PREVIOUS" >"$RUN/previous"
	mkdir -p "$KEEP"
	kept="$kept $KEEP/.previous"
	copy "$RUN/previous" "$KEEP/.previous" || give_up_writing
}

# A "uci commit" that waits for our lock has the old file open, and writes that over the new one, with what is staged by then:
# let it while ours is staged, so that ours is in what it writes.
let_waiting_writers_pass() {
	flock -u 7
	tries=0
	until flock -n -x 7 || [ "$tries" = 30 ]; do
		sleep 1
		tries=$((tries + 1))
	done
	exec 7>&-
}

remove_leftovers() {
	for name in $OBSOLETE; do
		rm -f "$KEEP/$name"
	done
	[ -z "$FORGET" ] || rm -f "$KEEP/previous.$OWNER"
	rmdir "$KEEP" 2>/dev/null
	delete_objects "$OBJECTS"
}
