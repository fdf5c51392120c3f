# shellcheck shell=dash disable=SC2034
# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Load what is staged, and read back what nft has of it: return codes say nothing here.

load() {
	before=$(last_handle)
	loaded=1
	reload_fw4
	[ "$(last_handle)" != "$before" ] || fail load-refused "$(cat "$RUN/reload")"
	read_back
	if [ -n "$TABLE_GENERATION" ]; then
		case $(nft list chain inet "fastpath_$OWNER" generation 2>&1) in
		*"generation $TABLE_GENERATION\""*) ;;
		*) fail flowtables-not-loaded "$(cat "$RUN/reload" && logread | grep fastpath | tail -n 3)" ;;
		esac
	fi
	if [ -n "$GENERATION" ]; then
		case $(nft list chain inet fw4 "fastpath_$OWNER" 2>&1) in
		*"generation $GENERATION\""*) ;;
		*) fail load-refused "$(cat "$RUN/reload")" ;;
		esac
	fi
}

# fw4 takes its own lock, so ours goes first; what is staged has been checked. No child may inherit a lock: it would outlive us.
reload_fw4() {
	exec 9>&-
	if [ -e /var/run/fw4.state ]; then
		fw4 reload >"$RUN/reload" 2>&1 7>&- 8>&-
	else
		fw4 restart >"$RUN/reload" 2>&1 7>&- 8>&- # a crash deletes the state, and only a restart recovers
	fi
}

# A reload flushes the rules and makes them anew, with new handles; one that nft refused leaves the old ones and returns 0.
last_handle() {
	nft -a list chain inet fw4 forward 2>/dev/null | sed -n 's/.*# handle \([0-9]*\)$/\1/p' | tail -n 1
}

live_facts() {
	{
		nft list flowtables
		nft list chains inet
		nft list chain inet fw4 forward
	} 2>/dev/null | ruleset_facts
}

read_back() {
	wanted=$(ruleset_facts <"$RUN/print")
	[ "$(live_facts)" = "$wanted" ] && return 0
	fw4 print >"$RUN/print" 2>/dev/null # a device may have come or gone meanwhile
	wanted=$(ruleset_facts <"$RUN/print")
	found=$(live_facts)
	[ "$found" = "$wanted" ] || fail load-incomplete "$(printf 'rendered:\n%s\nloaded:\n%s\n' "$wanted" "$found" && cat "$RUN/reload")"
}

# fw4 flushes its table, but what an include made there stays when the include is gone: a base chain with its policy, too.
objects_to_be_made() {
	printf '%s\n' "$NEW_OBJECTS" | while read -r kind name table; do
		case $kind in
		'') ;;
		table) nft list table "$name" "$table" >/dev/null 2>&1 || printf '%s\n' "$kind $name $table" ;;
		*) nft list "$kind" inet fw4 "$name" >/dev/null 2>&1 || printf '%s\n' "$kind $name" ;;
		esac
	done
}

# An include can also have added to a chain or a set that is fw4's or somebody else's: that one stays.
delete_objects() {
	[ -n "$1" ] || return 0
	rendered=$(fw4 print 2>/dev/null)
	printf '%s\n' "$1" | while read -r kind name table; do
		case "$kind $rendered" in
		' '*) ;;
		"table "*) nft delete table "$name" "$table" ;;
		*"	$kind $name {"*) ;;
		"chain "*) has_rules "$name" || nft delete chain inet fw4 "$name" ;;
		*) nft delete "$kind" inet fw4 "$name" ;;
		esac 2>/dev/null || section "left $kind $name $table"
	done
}

has_rules() {
	nft list chain inet fw4 "$1" | grep -qvE '^(table |	chain |		type |		comment "|	*})'
}
