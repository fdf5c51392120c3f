ADB double index
key: 0361373189e83089
signature: 4ea110aa9edb2f9ee9fe93afc1854287ac869c3ad2b5c874d3eae92a63f971ec

C:Q1FKpDCGJEc0+zRYiRAiONseT/7e4=
P:bigpkg
V:1.0-r1
A:x86_64
S:609
I:41943040
T:bigpkg
U:
L:GPL-2.0
o:feeds/base
D:libc
p:bigpkg-any

C:Q1XLb73uAfxcTHMbsgky3IAd9pue0=
P:brokendep
V:1.0-r1
A:x86_64
S:544
I:1
T:brokendep
U:
L:GPL-2.0
o:feeds/base
D:kmod-does-not-exist libc
p:brokendep-any

C:Q1iiM3wvYMsjp1fz8t9Dgsc+7C/P4=
P:conflicting
V:1.0-r1
A:x86_64
S:543
I:1
T:conflicting
U:
L:GPL-2.0
o:feeds/base
D:!firewall4 libc
p:conflicting-any

C:Q1S1S4Ycb3yrU76WERTfjoaxerwlM=
P:ethtool
V:6.15-r1
A:x86_64
S:613
I:40
T:ethtool
U:
L:GPL-2.0
o:feeds/base
D:libc
p:ethtool-any

C:Q1MI8xmjRNTMLpe6ArH/VA5AFZKEU=
P:failpost
V:1.0-r1
A:x86_64
S:616
I:1
T:package whose post-install fails
U:
L:GPL-2.0
o:feeds/base
D:libc
p:failpost-any

C:Q16KUxHuBttWh7t1VaWqMZ/XBr1i0=
P:fileclash
V:1.0-r1
A:x86_64
S:600
I:17
T:fileclash
U:
L:GPL-2.0
o:feeds/base
D:libc
p:fileclash-any

C:Q1PudHMas9FEAryX1veVnsCUdbw/o=
P:htop
V:3.4.1-r1
A:x86_64
S:591
I:40
T:htop
U:
L:GPL-2.0
o:feeds/base
D:libc
p:htop-any

C:Q1d5gBQULtFzRdZGiTVwyAndW18KI=
P:iperf3
V:3.19.1-r1
A:x86_64
S:606
I:40
T:iperf3
U:
L:GPL-2.0
o:feeds/base
D:libc
p:iperf3-any

C:Q1JSpOCXRTaiLBk7DaQSCzh/I7QIs=
P:libsqlite3-0
V:3.50.4-r1
A:x86_64
S:701
I:1090000
T:libsqlite3-0
U:
L:GPL-2.0
o:feeds/base
k:10
D:libc
p:libsqlite3 libsqlite3-0-any

C:Q1kfNqxAkl0rrFNzrwzTJ7My5hkCY=
P:nlbwmon
V:2025.07.02~4574e6e8-r2
A:x86_64
S:1487
I:444
T:nlbwmon
U:
L:GPL-2.0
o:feeds/base
D:kmod-nf-conntrack-netlink libc
p:nlbwmon-any

C:Q1FzMXjFE9+5qefG5JNOVV+bKNEEM=
P:sqm-scripts
V:1.7.2-r1
A:x86_64
S:1400
I:900
T:sqm-scripts
U:
L:GPL-2.0
o:feeds/base
D:kmod-ifb kmod-sched-cake libc tc-tiny
p:sqm-scripts-any

C:Q1Zk7lErfutap70kSLpAcnxoXSboc=
P:tc-tiny
V:6.16.0-r1
A:x86_64
S:632
I:60
T:tc-tiny
U:
L:GPL-2.0
o:feeds/base
D:kmod-sched-core libc
p:tc-tiny-any

C:Q19Tf9q/ZE15fuPLZckuVjqVhitvE=
P:tcpdump-mini
V:4.99.5-r1
A:x86_64
S:633
I:40
T:tcpdump-mini
U:
L:GPL-2.0
o:feeds/base
D:libc
p:tcpdump-mini-any

C:Q19MKvYajM5jwC2DO95S3yKcX8n7o=
P:vnstat2
V:2.13-r1
A:x86_64
S:908
I:8000
T:vnstat2
U:
L:GPL-2.0
o:feeds/base
k:100
D:libc libsqlite3-0
p:vnstat=2.13-r1 vnstat2-any
