# shellcheck shell=dash
# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Installs what is missing: lists, simulation, refusal where the kernel package would change, installation. Return codes of
# both package managers say little (opkg update returns 0 on a bad signature, apk add 1 with nothing wrong), so what they
# print is judged as well, and the database is read afterwards.
# Set by the controller: MISSING (names, separated by spaces), MANAGER, UPDATE_CACHE, CHECK_ONLY.

KERNEL_CHANGE='(Installing|Upgrading|Downgrading|Replacing|Reinstalling|Purging|Removing) (package )?kernel[ (]'

install_packages() {
	log=$RUN/packages
	[ "$UPDATE_CACHE" = never ] || "update_$MANAGER"
	"simulate_$MANAGER"
	grep -qE "$KERNEL_CHANGE" "$log" && fail kernel-change "$(grep -E "$KERNEL_CHANGE" "$log")"
	[ -n "$CHECK_ONLY" ] && return 0
	refuse_full_flash 256 # opkg returns 0 there, and leaves a package of empty files
	"install_$MANAGER"
}

# Lists alone, where nothing is missing but the task wants them fresh.
update_lists() {
	log=$RUN/packages
	"update_$MANAGER"
}

update_opkg() {
	opkg update >"$log" 2>&1
	code=$?
	refuse_busy
	grep -q 'Signature check failed' "$log" && fail feed-signature "$(cat "$log")"
	[ "$code" = 0 ] || fail feed-unreachable "$(grep -vE '^(Downloading|Updated|Signature check passed)' "$log")"
}

simulate_opkg() {
	# shellcheck disable=SC2086 # one word per name
	opkg --noaction install $MISSING >"$log" 2>&1
	judge_opkg $?
}

install_opkg() {
	# shellcheck disable=SC2086
	opkg install $MISSING >"$log" 2>&1
	judge_opkg $?
}

judge_opkg() {
	[ "$1" = 0 ] && return 0
	refuse_busy
	case $(cat "$log") in
	*'Unknown package'* | *'cannot find dependency'* | *'Cannot satisfy'* | *'cannot satisfy'* | *'incompatible with the arch'*)
		fail package-unknown "$(cat "$log")" ;;
	*'No space left'* | *'Only have '*) fail flash-full "$(cat "$log")" ;;
	*'Read-only file system'*) fail read-only "$(cat "$log")" ;;
	*'Failed to download'*) fail feed-unreachable "$(cat "$log")" ;;
	*'script returned status'* | *'postinst returned'*) fail package-script "$(cat "$log")" ;;
	esac
	fail package-failed "$(cat "$log")"
}

update_apk() {
	apk --timeout 20 update >"$log" 2>&1
	code=$?
	refuse_busy
	case $(cat "$log") in
	*'UNTRUSTED signature'* | *'BAD signature'* | *'ADB integrity error'* | *'ADB signature'*) fail feed-signature "$(cat "$log")" ;;
	esac
	[ "$code" = 0 ] || fail feed-unreachable "$(cat "$log")"
}

simulate_apk() {
	# Without the update just made there may be no index (it lies in RAM), and a simulation fetches none by itself.
	[ "$UPDATE_CACHE" = never ] && fresh=--no-cache || fresh=
	# shellcheck disable=SC2086
	apk --timeout 20 $fresh add --simulate $MISSING >"$log" 2>&1
	judge_apk $?
}

install_apk() {
	# shellcheck disable=SC2086
	apk --timeout 60 --wait 30 add $MISSING >"$log" 2>&1
	code=$?
	# A name that could not be installed stays in world, and every later "apk add" would try it again.
	for name in $MISSING; do
		[ "$code" = 0 ] || apk info -e "$name" >/dev/null 2>&1 || apk del "$name" >/dev/null 2>&1
	done
	for name in $MISSING; do
		apk info -e "$name" >/dev/null 2>&1 || judge_apk "$code"
	done
	grep -q 'post-install: exited with error' "$log" && fail package-script "$(cat "$log")"
	return 0
}

judge_apk() {
	[ "$1" = 0 ] && return 0
	refuse_busy
	case $(cat "$log") in
	*'breaks: kmod-'*'kernel='* | *'kernel-'*'breaks:'*) fail kernel-change "$(sed '/ satisfies:/,$d' "$log")" ;;
	*'unable to select packages'*) fail package-unknown "$(sed '/ satisfies:/,$d' "$log")" ;;
	*'No space left'*) fail flash-full "$(cat "$log")" ;;
	*'Read-only file system'*) fail read-only "$(cat "$log")" ;;
	*'UNTRUSTED signature'* | *'ADB integrity error'*) fail feed-signature "$(cat "$log")" ;;
	*'wget: exited with error'* | *'temporary error'* | *'remote server returned'*) fail feed-unreachable "$(cat "$log")" ;;
	esac
	fail package-failed "$(cat "$log")"
}

refuse_busy() {
	case $(cat "$log") in
	*'Could not lock'* | *'Unable to lock database'*) fail package-manager-busy "$(cat "$log")" ;;
	esac
}
