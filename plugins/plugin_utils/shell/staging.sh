# shellcheck shell=dash
# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Under the locks: stage the change in RAM, where fw4 sees it, and have fw4 check it. Nothing is loaded or written yet.

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
	[ "$(current_hashes)" = "$EXPECTED_HASHES" ] || fail changed-underneath
	luci_waits && fail luci-apply
	[ ! -e /var/run/uci/firewall ] || fail override
}

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
	# What is written later: the new files, and the configuration once more.
	needed=$(cat "$STAGE"/* "$CONFIG" 2>/dev/null | wc -c)
	refuse_full_flash $((needed / 1024 + 16))
	stage_changes "$STAGED_BATCH" "$STAGED_LINES"
}

put() {
	printf '%s' "$2" >"$STAGE/$1"
	case $(sha256sum "$STAGE/$1") in
	"$3"*) ;;
	*) fail ram-full ;;
	esac
}

# refuse_full_flash KB: before anything is written or loaded that could only half succeed.
refuse_full_flash() {
	free=$(df -k /etc | awk 'END { print $(NF - 2) }')
	[ "$free" -gt "$1" ] || give_up_writing
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
		elif theirs=$(grep -vxF "$STAGED_LINES
$FINAL_LINES" "$DELTA" 2>/dev/null); then # staged while ours was: between our lines, or before them
			printf '%s\n' "$theirs" >"$DELTA"
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
	[ -z "$SCRIPT" ] || check_flowtables
}

# fw4 check says nothing of a script. nft is asked for what it will load now, for what it will load while no device exists, and
# for all of its rules.
check_flowtables() {
	for what in now none rules; do
		FASTPATH_CHECK=$what sh -c '. "$0"' "$SCRIPT" >"$RUN/checked" 2>&1 && continue
		if has_flowtables; then fail flowtables-refused "$(cat "$RUN/checked")"; fi
		[ -n "$CHECK_ONLY" ] && [ -n "$MISSING" ] && section unchecked && return 0
		fail no-flowtables "$(cat "$RUN/checked")"
	done
	[ -z "$MODE" ] || ! FASTPATH_CHECK=now sh -c '. "$0"' "$SCRIPT" | grep 'hardware offload is refused' >"$RUN/checked" ||
		fail fallback "$(cat "$RUN/checked")"
}

has_flowtables() {
	printf 'table inet %s {\n\tflowtable f {\n\t\thook ingress priority filter\n\t}\n\tchain c {\n%s\n\t\tflow add @f\n\t}\n}\n' \
		"fastpath_${OWNER}_try" '		type filter hook forward priority filter; policy accept;' | nft -c -f - >/dev/null 2>&1
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
