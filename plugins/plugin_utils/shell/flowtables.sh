# shellcheck shell=dash disable=SC2034
# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Part of the file that fw4 sources after each start and reload: puts flowtables into a table of their own, with the devices
# that exist now, in one transaction. fw4 holds its lock meanwhile, so neither fw4 nor uci is called here.
# FASTPATH_CHECK, set while a change is checked: "now" as it would load, "none" as it would load with no device, "rules" every
# rule there is, whatever devices exist.

flowtable_note() {
	if [ -n "$FASTPATH_CHECK" ]; then
		printf '%s\n' "$1"
	else
		logger -t fastpath "$1"
	fi
}

# The ports below a bridge or VLAN: drivers take flows for these only.
lowest_devices() {
	case $(cat "$NET/$1/uevent" 2>/dev/null) in
	*DEVTYPE=bridge* | *DEVTYPE=vlan*)
		local lower
		for lower in "$NET/$1"/lower_*; do
			if [ -e "$lower" ]; then
				lowest_devices "${lower##*/lower_}"
			else
				echo "$1"
			fi
		done
		;;
	*) echo "$1" ;;
	esac
}

# The device and all that stand on it: packets cross the forward hook under these names.
upper_devices() {
	local upper
	echo "$1"
	for upper in "$NET/$1"/upper_*; do
		[ ! -e "$upper" ] || upper_devices "${upper##*/upper_}"
	done
}

begin_flowtables() {
	table=$1 generation=$2 taken=' ' objects='' jumps='' chains=''
}

# add_flowtable NAME CHAIN HARDWARE COUNTER DEVICES RULES
add_flowtable() {
	devices='' names='' own=' '
	case $FASTPATH_CHECK in none | rules) set -- "$1" "$2" "$3" "$4" '' "$6" ;; esac
	for device in $5; do
		[ -e "$NET/$device" ] || continue
		case "$own|$taken" in
		*" $device "*'|'*) continue ;;
		*" $device "*)
			flowtable_note "flowtable $1: $device is in another flowtable already"
			continue
			;;
		esac
		own="$own$device "
		devices="$devices${devices:+, }\"$device\""
		for name in $(upper_devices "$device"); do
			case "$names," in
			*"\"$name\","*) ;;
			*) names="$names${names:+, }\"$name\"" ;;
			esac
		done
	done
	taken="$taken${own# }"
	object="	flowtable $1 {
		hook ingress priority filter"
	[ -z "$devices" ] || object="$object
		devices = { $devices }"
	[ -z "$4" ] || object="$object
		counter"
	if [ -z "$devices" ]; then
		[ "$FASTPATH_CHECK" = rules ] || return 0
		names='"lo"'
	elif [ -n "$3" ] && hardware_refused "$object"; then
		flowtable_note "flowtable $1: hardware offload is refused on $devices, software offload instead"
	elif [ -n "$3" ]; then
		object="$object
		flags offload"
	fi
	objects="$objects$object
	}
"
	jumps="$jumps		iifname { $names } jump $2
		iifname != { $names } oifname { $names } jump $2
"
	chains="$chains	chain $2 {
$6
	}
"
}

# In a table that does not exist: flipping the flag of one that does is always refused.
hardware_refused() {
	! printf 'table inet %s_try {\n%s\n\t\tflags offload\n\t}\n}\n' "$table" "$1" | nft -c -f - >/dev/null 2>&1
}

load_flowtables() {
	[ -z "$jumps" ] || chains="$chains	chain forward {
		type filter hook forward priority filter + 1; policy accept;
$jumps	}
"
	ruleset="table inet $table
delete table inet $table
table inet $table {
$objects$chains	chain generation {
		return comment \"$generation\"
	}
}"
	if errors=$(printf '%s\n' "$ruleset" | nft ${FASTPATH_CHECK:+-c} -f - 2>&1); then
		return 0
	fi
	flowtable_note "flowtables not loaded: $errors"
	return 1
}
