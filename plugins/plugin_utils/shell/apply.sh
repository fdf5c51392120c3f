# shellcheck shell=dash
# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# One transaction: stage in RAM, check, load live, read back, write to flash. Whatever fails undoes what came before it.
# Set by the controller: OWNER, CHECK_ONLY, DISCARD, STAGING and RELOAD (1 or empty), MODE (as asked for, where on_fallback is
# fail), EXPECTED_HASHES (of the probe), STAGED_BATCH and STAGED_LINES, FINAL_BATCH and FINAL_LINES, PATHS, OBSOLETE (words),
# OBJECTS (lines), GENERATION, SUMMARY, and the variables of packages.sh and probe.sh. stage_files() holds the new files.

STAGE=$RUN/stage
FW4_LOCK=/var/run/fw4.lock
OUR_LOCK=/var/run/fastpath.lock

apply() {
	# A cut connection must not stop a transaction half way: it ends by itself, one way or the other.
	trap '' HUP INT TERM PIPE
	umask 022
	staged='' loaded='' installed='' saved_delta='' failed='' kept='' beside=''
	exec 8>"$OUR_LOCK"
	flock -n 8 || fail fastpath-busy
	rm -rf "$RUN"
	mkdir -p "$STAGE" || fail ram-full
	if [ -n "$MISSING" ]; then
		install_packages
		[ -n "$CHECK_ONLY" ] || installed=$MISSING
	elif [ "$UPDATE_CACHE" = always ] && [ -z "$CHECK_ONLY" ]; then
		update_lists
	fi
	if [ -n "$STAGING$RELOAD$OBSOLETE" ]; then
		take_locks
		compare_with_probe
		set_theirs_aside
		stage
		[ -z "$FINAL_BATCH" ] || ! grep -q '^[[:space:]]*#' "$CONFIG" || section comments
		check "$PATHS"
		if [ -n "$CHECK_ONLY" ]; then
			unstage
		else
			[ -z "$RELOAD" ] || load
			persist
			remove_leftovers
			logger -t fastpath "$SUMMARY"
		fi
	fi
	report
}

# fail CODE [DETAIL]: undo, report, end.
fail() {
	failed=$1
	section error
	printf '%s\n' "$1"
	section error-detail
	printf '%s\n' "$2" | head -c 4000
	undo
	report
	exit 0
}

undo() {
	[ "$failed" != fastpath-busy ] || return 0 # whoever holds our lock is at work: nothing here is ours to undo
	unstage
	for path in $kept $beside; do
		rm -f "$path"
	done
	rmdir "$KEEP" 2>/dev/null
	[ -n "$loaded" ] || return 0
	before=$(last_handle)
	reload_fw4
	[ "$(last_handle)" != "$before" ] || section rollback-refused
	logger -t fastpath "rolled back ($failed): $SUMMARY"
	section rolled-back
}

report() {
	section discarded
	printf '%s\n' "$saved_delta"
	section installed
	[ -z "$installed" ] || printf '%s\n' "$installed"
	[ "$failed" = fastpath-busy ] || rm -rf "$RUN"
	exec 7>&- 8>&- 9>&-
	probe
}

# ---- locks ------------------------------------------------------------------------------------------------------------

take_locks() {
	exec 9>"$FW4_LOCK"
	wait_for 9 -x "fw4-busy"
	exec 7<"$CONFIG"
	wait_for 7 -s "config-busy"
}

wait_for() {
	tries=0
	until flock -n "$2" "$1"; do
		tries=$((tries + 1))
		[ "$tries" -lt 30 ] || fail "$3"
		sleep 1
	done
}

compare_with_probe() {
	hashes=$(sha256sum "$CONFIG" "$DELTA" "$KEEP/$OWNER".* 2>/dev/null)
	[ "$hashes" = "$EXPECTED_HASHES" ] || fail changed-underneath
	for path in /var/run/rpcd/snapshot-files/*; do
		[ ! -e "$path" ] || fail luci-apply
	done
	[ ! -e /var/run/uci/firewall ] || fail override
}

# ---- staging in RAM ---------------------------------------------------------------------------------------------------

# A reload would load what others have staged, too.
set_theirs_aside() {
	[ -s "$DELTA" ] || return 0
	[ -n "$DISCARD" ] || fail changed-underneath
	saved_delta=/tmp/fastpath-discarded.$(date +%s)
	copy "$DELTA" "$saved_delta" || fail ram-full
	uci -q revert firewall
}

# Under a full file system a copy is cut, and its rc says so only sometimes.
copy() {
	cat "$1" >"$2" 2>/dev/null
	cmp -s "$1" "$2"
}

stage() {
	[ -n "$STAGING" ] || return 0
	staged=1
	stage_files
	refuse_full_flash
	stage_changes "$STAGED_BATCH" "$STAGED_LINES"
}

put() {
	printf '%s' "$2" >"$STAGE/$1"
	case $(sha256sum "$STAGE/$1") in
	"$3"*) ;;
	*) fail ram-full ;;
	esac
}

# Before anything is loaded: what is written later is all of the new files and the configuration once more.
refuse_full_flash() {
	needed=$(cat "$STAGE"/* "$CONFIG" 2>/dev/null | wc -c)
	free=$(df -k /etc | awk 'END { print $(NF - 2) }')
	[ "$free" -gt $((needed / 1024 + 16)) ] || give_up_writing
}

# uci batch returns 0 whatever happens: what it staged is read back.
stage_changes() {
	[ -n "$1" ] || return 0
	errors=$(printf '%s' "$1" | uci batch 2>&1)
	[ "$(uci changes firewall)" = "$2" ] || fail staging-failed "$errors"
	copy "$DELTA" "$RUN/delta" || fail ram-full
}

# Somebody else's change may stand behind ours by now: it stays. On a way back, so does what stood there before.
unstage() {
	if [ -n "$staged" ]; then
		staged=
		if [ -s "$RUN/delta" ] && ! cmp -s "$DELTA" "$RUN/delta"; then
			size=$(wc -c <"$RUN/delta")
			tail -c "+$((size + 1))" "$DELTA" >"$RUN/theirs"
			cat "$RUN/theirs" >"$DELTA"
		else
			uci -q revert firewall
		fi
		rm -f "$RUN/delta"
	fi
	if [ -n "$saved_delta" ] && [ -n "$CHECK_ONLY$failed" ]; then
		cat "$saved_delta" >"$DELTA"
		rm -f "$saved_delta"
		saved_delta=
	fi
}

# ---- checking ---------------------------------------------------------------------------------------------------------

# fw4 drops an include whose chain or path it does not know, without an error: each must be in what it renders.
check() {
	fw4 print >"$RUN/print" 2>"$RUN/errors"
	code=$?
	[ "$code" = 0 ] || fail fw4-failed "$(cat "$RUN/errors")"
	rendered=$(cat "$RUN/print")
	for path in $1; do
		case $rendered in
		*"include \"$path\""*) ;;
		*) fail include-not-rendered "$(printf '%s\n' "$path" && grep -F "$OWNER" "$RUN/errors"
			printf 'chains: ' && sed -n 's/^\tchain \([^ ]*\) {$/\1/p' "$RUN/print" | tr '\n' ' ')" ;;
		esac
	done
	fw4 check >"$RUN/checked" 2>&1
	code=$?
	[ "$code" -lt 128 ] || fail nft-crashed "$(cat "$RUN/checked")"
	if [ "$code" != 0 ]; then
		# A check run installs nothing, and without its module the kernel takes no flowtable.
		[ -n "$CHECK_ONLY" ] && [ -n "$MISSING" ] && section unchecked && return 0
		fail ruleset-refused "$(cat "$RUN/checked")"
	fi
	[ -z "$MODE" ] || refuse_fallback
}

refuse_fallback() {
	case "$MODE $(ruleset_facts <"$RUN/print")" in
	"none "* | "software flowtable "[!-]* | "hardware flowtable "*" offload"*) ;;
	*) fail fallback "$(cat "$RUN/errors")" ;;
	esac
}

# What must be the same in what fw4 renders and in what nft lists: fw4's flowtable and its devices, the rule that feeds it,
# the base policies.
ruleset_facts() {
	awk '
		/^table / { ours = ($2 == "inet" && $3 == "fw4") }
		!ours { next }
		$1 == "flowtable" && $2 == "ft" { inside = 1; next }
		inside && /devices = / {
			sub(/.*devices = /, "")
			gsub(/[{}";,]/, " ")
			count = split($0, devices, " ")
		}
		inside && /flags/ && /offload/ { flags = " offload" }
		inside && /^\t}/ { inside = 0 }
		$1 == "chain" { chain = $2 }
		/type filter hook/ && (chain == "input" || chain == "forward" || chain == "output") {
			sub(/.*policy /, "")
			sub(/;.*/, "")
			policy[chain] = $0
		}
		chain == "forward" && /flow (add|offload) @ft/ { rule = " rule" }
		END {
			for (i = 2; i <= count; i++)
				for (j = i; j > 1 && devices[j] < devices[j - 1]; j--) {
					swap = devices[j]; devices[j] = devices[j - 1]; devices[j - 1] = swap
				}
			for (i = 1; i <= count; i++) list = list " " devices[i]
			print "flowtable" (list == "" ? " -" : list) flags rule
			print "policies", policy["input"], policy["forward"], policy["output"]
		}'
}

# ---- loading and reading back -----------------------------------------------------------------------------------------

load() {
	before=$(last_handle)
	loaded=1
	reload_fw4
	[ "$(last_handle)" != "$before" ] || fail load-refused "$(cat "$RUN/reload")"
	read_back
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

# ---- writing to flash -------------------------------------------------------------------------------------------------

persist() {
	[ -n "$STAGING" ] || return 0
	exec 9>"$FW4_LOCK"
	wait_for 9 -x "fw4-busy"
	[ ! -s "$RUN/delta" ] || cmp -s "$DELTA" "$RUN/delta" || fail changed-underneath
	keep_files
	uci -q revert firewall
	rm -f "$RUN/delta"
	if [ -n "$FINAL_BATCH" ]; then
		stage_changes "$FINAL_BATCH" "$FINAL_LINES"
		check "$(printf '%s' "$PATHS" | sed "s#$STAGE/#$KEEP/#g")"
		write_config
		unstage
	fi
	staged='' loaded=''
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
	fail flash-full "$(df -k /etc | tail -n 1)"
}

# uci commit is not safe on a full flash: it returns 0 and leaves 0 bytes. So: beside, compare, sync, rename.
write_config() {
	mkdir -p "$RUN/verify"
	uci export firewall >"$RUN/export" 2>"$RUN/errors" || fail staging-failed "$(cat "$RUN/errors")"
	uci show firewall >"$RUN/shown"
	tail -n +2 "$RUN/export" >"$RUN/verify/firewall" # the file as uci commit writes it has no "package" line
	uci -c "$RUN/verify" -P "$RUN/none" show firewall >"$RUN/reread" 2>"$RUN/errors"
	cmp -s "$RUN/shown" "$RUN/reread" || fail staging-failed "$(cat "$RUN/errors")"
	cmp -s "$DELTA" "$RUN/delta" || fail changed-underneath
	target=$(readlink -f "$CONFIG")
	beside=${target%/*}/.firewall.fastpath # uci reads no file that begins with a dot
	cp -p "$target" "$beside" 2>/dev/null || give_up_writing
	copy "$RUN/verify/firewall" "$beside" || give_up_writing
	sync
	mv "$beside" "$target" || give_up_writing
	beside=
	kept=
	sync
}

remove_leftovers() {
	for name in $OBSOLETE; do
		rm -f "$KEEP/$name"
	done
	rmdir "$KEEP" 2>/dev/null
	printf '%s\n' "$OBJECTS" | while read -r kind name table; do
		case $kind in
		'') ;;
		table) nft delete table "$name" "$table" ;;
		*) nft delete "$kind" inet fw4 "$name" ;;
		esac 2>/dev/null || section "left $kind $name $table"
	done
}
