# shellcheck shell=dash disable=SC2034
# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The network devices of the router. Neither fw4 nor uci is called: this also runs while fw4 holds its lock.

NET=/sys/class/net

# zone_devices COMMAND ZONE...: as fw4 chooses the devices of its own flowtable; COMMAND prints what is taken for each.
zone_devices() {
	command=$1
	shift
	for zone; do
		for device in $(zone_field "$zone" 'related_physdevs[*]' || zone_field "$zone" 'match_rules[*].devices_pos[*]'); do
			$command "$device"
		done
	done
}

zone_field() {
	jsonfilter -q -i /var/run/fw4.state -e "@.zones[@.name=\"$1\"].$2"
}

