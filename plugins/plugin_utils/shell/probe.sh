# shellcheck shell=dash
# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Reads everything the plan needs. Changes nothing. Counts processes: routers have 500 MHz CPUs, so a shell builtin is
# taken wherever it tells the same.
# Set by the controller: OWNER, PACKAGES (names, separated by spaces), KNOWN (names of include files whose text the
# controller has, each with a space on either side), DETAIL (1: also what only a report needs), FLOWTABLES (1: also what custom
# flowtables stand on), and of these ZONES and DEVICES.

probe_system() {
	section euid
	id -u
	section release
	cat /etc/openwrt_release 2>/dev/null
	section system
	kernel='' board='' model=''
	[ -r /proc/version ] && read -r _ _ kernel _ </proc/version
	[ -r /tmp/sysinfo/board_name ] && read -r board </tmp/sysinfo/board_name
	[ -r /tmp/sysinfo/model ] && read -r model </tmp/sysinfo/model
	printf 'kernel=%s\nboard=%s\nmodel=%s\n' "$kernel" "$board" "$model"
	section mounts
	while read -r device point type options _; do
		[ "$point" = / ] && printf '%s %s %s\n' "$device" "$type" "$options"
	done </proc/mounts
}

# rpcd keeps its snapshot after an apply that needs no confirmation, too: then it knows of nothing to confirm. The session is
# nobody's, so the question changes nothing.
luci_waits() {
	for path in /var/run/rpcd/snapshot-files/*; do
		[ -e "$path" ] || return 1
		break
	done
	case $(ubus call uci confirm '{"ubus_rpc_session":"ffffffffffffffffffffffffffffffff"}' 2>&1) in
	*'No response'* | *'No data'* | *'Not found'*) return 1 ;;
	esac
}

# One word per fact that is true.
probe_flags() {
	section flags
	[ -x /sbin/fw4 ] && echo fw4
	[ -x /sbin/fw3 ] && [ ! -x /sbin/fw4 ] && echo fw3
	[ -x /bin/opkg ] && echo opkg
	[ -x /usr/bin/apk ] && echo apk
	[ -e /var/run/fw4.state ] && echo state
	[ -e /var/run/uci/firewall ] && echo override
	[ -e "$CONFIG" ] && echo config
	# What is staged can be another run's of ours.
	[ -s "$DELTA" ] && [ -e "$OUR_LOCK" ] && ! flock -n "$OUR_LOCK" true && echo busy
	value=
	# read fails, although it reads: sysctl files end after the first byte for a shell that takes one at a time
	[ ! -r /proc/sys/net/netfilter/nf_conntrack_acct ] || read -r value </proc/sys/net/netfilter/nf_conntrack_acct
	[ "$value" != 1 ] || echo accounting
	for path in /etc/rc.d/S??firewall; do
		[ -e "$path" ] && echo enabled
	done
	luci_waits && echo luci-apply
	section pending-change
	if [ -e "$RUN/pending" ]; then
		read -r uptime _ </proc/uptime
		{
			read -r _
			read -r deadline
			read -r who
		} <"$RUN/pending"
		printf '%s %s\n' "$((deadline - ${uptime%.*}))" "$who"
	fi
	section stray
	for path in /etc/config/*; do
		name=${path##*/}
		case $name in
		*[!A-Za-z0-9_-]*) [ -e "$path" ] && printf '%s\n' "$name" ;;
		esac
	done
}

# An empty staging file and none are the same.
current_hashes() {
	set -- "$CONFIG" "$KEEP/$OWNER".*
	[ ! -s "$DELTA" ] || set -- "$DELTA" "$@"
	sha256sum "$@" 2>/dev/null
}

# Configuration, staged changes and our files by hash: what the transaction compares once more under its locks.
probe_files() {
	section hashes
	current_hashes
	if [ -e "$KEEP/previous.$OWNER" ]; then
		section previous
		cat "$KEEP/previous.$OWNER"
	fi
	for path in "$KEEP/$OWNER".*; do
		name=${path##*/}
		[ -f "$path" ] || continue
		case $KNOWN in
		*" $name "*) ;;
		*)
			section "file $name"
			cat "$path"
			;;
		esac
	done
}

# As it is on flash. Nothing is staged for another name, so that is how uci leaves out what somebody has staged.
probe_uci() {
	section uci
	if [ -s "$DELTA" ]; then
		aside=/tmp/fastpath-probe.$$
		mkdir -p "$aside"
		ln -s "$CONFIG" "$aside/committed"
		uci -c "$aside" -X show committed 2>&1
		code=$?
		rm -rf "$aside"
	else
		uci -X show firewall 2>&1
		code=$?
	fi
	section uci-rc
	echo "$code"
	section staged
	[ -s "$DELTA" ] && uci changes firewall
}

# "name version status" of each package asked for, as far as the database knows it, by its own name or one it provides.
probe_packages() {
	[ -n "$PACKAGES" ] || return 0
	section packages
	if [ -f /usr/lib/opkg/status ]; then
		awk -v wanted=" $PACKAGES " "$AWK_TELL"'
			/^Package: /  { flush_entry(); package = $2 }
			/^Version: /  { version = $2 }
			/^Status: /   { status = $4 }
			/^Provides: / { provides = substr($0, 11); gsub(/\([^)]*\)/, "", provides) }
			END { flush_entry() }' /usr/lib/opkg/status
	elif [ -f /lib/apk/db/installed ]; then
		awk -v wanted=" $PACKAGES " "$AWK_TELL"'
			/^P:/ { flush_entry(); package = substr($0, 3); status = "installed" }
			/^V:/ { version = substr($0, 3) }
			/^p:/ { provides = substr($0, 3); gsub(/[<>=~][^ ]*/, "", provides) }
			/^f:.*[fsx]/ { status = "broken" } # files, scripts or attributes that failed; S is none of them
			END { flush_entry() }' /lib/apk/db/installed
	fi
	return 0
}

AWK_TELL='
	function tell(name) { if (index(wanted, " " name " ")) print name, version, status }
	function flush_entry(   i, n, parts) {
		if (package == "") return
		tell(package)
		n = split(provides, parts, /[ ,]+/)
		for (i = 1; i <= n; i++) if (parts[i] != "" && parts[i] != package) tell(parts[i])
		package = version = status = provides = ""
	}'

probe_live() {
	section flowtables
	nft list flowtables 2>&1
	section forward
	nft -a list chain inet fw4 forward 2>&1
	if [ -n "$DETAIL" ]; then
		section chains
		nft list chains inet 2>&1
	fi
	if [ -d "$KEEP" ]; then
		section generation
		nft list chain inet fw4 "fastpath_$OWNER" 2>/dev/null
	fi
	if [ -r /proc/net/nf_conntrack ]; then
		section flows
		awk '/\[HW_OFFLOAD\]/ { hardware++; next } /\[OFFLOAD\]/ { software++ }
			END { print software + 0, hardware + 0 }' /proc/net/nf_conntrack
	fi
}

probe_flowtables() {
	section links
	for path in "$NET"/*; do
		[ -e "$path/uevent" ] || continue
		kind=-
		while IFS='=' read -r key value; do
			[ "$key" != DEVTYPE ] || kind=$value
		done <"$path/uevent"
		printf '%s %s' "${path##*/}" "$kind"
		for lower in "$path"/lower_*; do
			[ ! -e "$lower" ] || printf ' %s' "${lower##*/lower_}"
		done
		echo
	done
	for name in $ZONES; do
		section "zone $name"
		zone_devices echo "$name"
	done
	for name in $DEVICES; do
		[ -e "$NET/$name" ] && continue
		section network # whether the one that is missing is configured
		uci -q show network
		uci -q show wireless
		break
	done
	section table
	nft list chain inet "fastpath_$OWNER" generation 2>/dev/null
}

probe() {
	probe_system
	probe_flags
	if [ -x /sbin/fw4 ]; then
		probe_files
		probe_uci
		probe_packages
		probe_live
		[ -z "$FLOWTABLES" ] || probe_flowtables
	fi
	section end
}
