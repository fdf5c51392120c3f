# shellcheck shell=dash
# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Two looks at the traffic, some seconds apart: what flows with a tag carried, and what took the slow path in the same time.
# Changes nothing; one process, and nothing but sums leaves the router.
# Set by the controller: OBSERVE, the seconds between the looks.

# The IP counters are read before the first look at conntrack and after the second: every packet that a flow carried between its
# two looks lies within them. The CPU is read inside: what the looks themselves cost is not in it.
AWK_LOOKS='
	BEGIN {
		conntrack = "/proc/net/nf_conntrack"
		most = 5000 # flows without a tag to remember, at about 150 bytes each
		started = uptime()
		counters(ip)
		first_look()
		first_look()
		cpu(cpu_before)
		system("sleep " seconds)
		cpu(cpu_after)
		second_look()
		for (key in was) { second_look_again(); break }
		received = -ip["InReceives"]; delivered = -ip["InDelivers"]; forwarded = -ip["ForwDatagrams"]
		counters(ip)
		print "seconds", uptime() - started
		print "acct", first_line("/proc/sys/net/netfilter/nf_conntrack_acct")
		print "readable", readable + 0
		print "received", received + ip["InReceives"]
		print "delivered", delivered + ip["InDelivers"]
		print "forwarded", forwarded + ip["ForwDatagrams"]
		print "tagged", tagged + 0
		print "software_flows", steady["software"] + 0
		print "hardware_flows", steady["hardware"] + 0
		print "uncounted_flows", uncounted + 0
		print "software_packets", carried["software"] + 0
		print "hardware_packets", carried["hardware"] + 0
		print "other_packets", others + 0
		print "other_unknown", forgotten + 0
		print "busiest_other", busiest + 0
		for (name in cpu_after) if (name in cpu_before) print name, cpu_after[name] - cpu_before[name]
	}

	function first_line(file,   line) {
		line = ""
		getline line < file
		close(file)
		return line
	}

	function uptime() { return first_line("/proc/uptime") + 0 }

	# Sums of IPv4 and IPv6, under the names that IPv4 has for them.
	function counters(sums,   file, line, n, i, names, values) {
		split("", sums)
		file = "/proc/net/snmp"
		while ((getline line < file) > 0) {
			if (line !~ /^Ip:/) continue
			n = split(line, values, " ")
			if (values[2] ~ /^[A-Z]/) split(line, names, " ")
			else for (i = 2; i <= n; i++) sums[names[i]] += values[i]
		}
		close(file)
		file = "/proc/net/snmp6"
		while ((getline line < file) > 0) {
			split(line, values, " ")
			if (values[1] == "Ip6InReceives") sums["InReceives"] += values[2]
			if (values[1] == "Ip6InDelivers") sums["InDelivers"] += values[2]
			if (values[1] == "Ip6OutForwDatagrams") sums["ForwDatagrams"] += values[2]
		}
		close(file)
	}

	# Ticks of each CPU and of all: user nice system idle iowait irq softirq steal.
	function cpu(ticks,   file, line, n, i, f) {
		file = "/proc/stat"
		while ((getline line < file) > 0 && line ~ /^cpu/) {
			n = split(line, f, " ")
			ticks[f[1] ".all"] = 0
			for (i = 2; i <= n && i <= 9; i++) ticks[f[1] ".all"] += f[i]
			ticks[f[1] ".idle"] = f[5] + f[6]
			ticks[f[1] ".softirq"] = f[8]
		}
		close(file)
	}

	# One line of conntrack: sets tag, key (protocol and original direction) and packets (both directions; -1: not accounted).
	function parse(line,   at, rest) {
		tag = index(line, "[HW_OFFLOAD]") ? "hardware" : index(line, "[OFFLOAD]") ? "software" : ""
		packets = -1
		rest = substr(line, index(line, "src="))
		at = index(rest, " packets=")
		if (!at) return
		key = substr(line, 1, 19) substr(rest, 1, at)
		rest = substr(rest, at + 9)
		packets = rest + substr(rest, index(rest, " packets=") + 9)
	}

	# The kernel gives the table out in pieces, and flows that come and go in between shift it: a read can miss lines, and show
	# some twice. So each look reads it once more. A look that comes later than it might only makes the sums smaller.
	function first_look(   line) {
		while ((getline line < conntrack) > 0) {
			readable = 1
			parse(line)
			if (tag != "") tagged++
			if (packets < 0) { if (tag == "") forgotten = 1; continue }
			if (tag == "" && !(key in before) && ++plain > most) { forgotten = 1; continue }
			before[key] = packets
			if (tag != "") was[key] = tag
			else delete was[key]
		}
		close(conntrack)
	}

	function second_look(   line, more) {
		while ((getline line < conntrack) > 0) {
			readable = 1
			parse(line)
			if (tag != "") tagged++
			if (packets < 0) { if (tag != "") uncounted++; else forgotten = 1; continue }
			if (key in seen) continue
			seen[key] = 1
			if (carry()) continue
			if (!(key in before) && forgotten) continue
			more = grown()
			others += more
			if (tag == "" && more > busiest && line ~ / (tcp|udp) / && !index(line, "[UNREPLIED]")) busiest = more
		}
		close(conntrack)
	}

	function second_look_again(   line) {
		while ((getline line < conntrack) > 0) {
			parse(line)
			if (packets >= 0 && !(key in seen)) carry()
		}
		close(conntrack)
	}

	# Counts a flow that is tagged in both looks, once.
	function carry() {
		if (tag == "" || !(key in was)) return 0
		if (was[key] != tag) tag = "software"
		steady[tag]++
		carried[tag] += grown()
		delete was[key]
		return 1
	}

	# Fewer packets than before: another flow with the same addresses and ports.
	function grown() {
		return packets >= before[key] ? packets - before[key] : packets
	}
'

looks() {
	section looks
	awk -v seconds="$OBSERVE" "$AWK_LOOKS"
}

observe() {
	[ -x /sbin/fw4 ] && looks
	probe
}
