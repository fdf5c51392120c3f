ADB double index
key: 0361373189e83089
signature: 34d36b49a56b97fde4b4ec6d7a757ab75ce21bada65463eb9f8c37f6b8cd4ceb

C:Q1Fqv2klHQX9X3GH09qELSRtb6OVU=
P:apk-mbedtls
V:3.0.5-r3
A:x86_64
S:364543
I:723028
T:apk-mbedtls
U:
L:GPL-2.0
o:feeds/base
k:100
D:libc libmbedtls21 wget-any zlib
p:apk=3.0.5-r3 apk-mbedtls-any

C:Q188Z4mCiq+6PBn4jQuyuwnxXy4NM=
P:base-files
V:1649~f5dae5ece4
A:x86_64
S:78052
I:241216
T:base-files
U:
L:GPL-2.0
o:feeds/base
D:fstools fwtool jsonfilter libc netifd openwrt-keyring usign
p:base-files-any

C:Q1vKyT9josMO+LXIH6azSB4/tV56w=
P:busybox
V:1.37.0-r6
A:x86_64
S:239222
I:416286
T:busybox
U:
L:GPL-2.0
o:feeds/base
D:libc
p:busybox-any

C:Q1Mv3ESkAw7TTBb/FVin+/D3FAZh8=
P:ca-bundle
V:20250419-r1
A:x86_64
S:543
I:1
T:ca-bundle
U:
L:GPL-2.0
o:feeds/base
D:libc
p:ca-bundle-any

C:Q1VYen1SYzF5O0POeYgROABwy1lAc=
P:dnsmasq
V:2.91-r3
A:x86_64
S:554
I:1
T:dnsmasq
U:
L:GPL-2.0
o:feeds/base
D:libc libubus20251202
p:dnsmasq-any

C:Q1SCb5KGWwnwMEFk2aomtusRi9gTk=
P:dropbear
V:2025.89-r1
A:x86_64
S:130160
I:263300
T:dropbear
U:
L:GPL-2.0
o:feeds/base
D:libc
p:dropbear-any

C:Q119qwJ+iQYySLqb8DJZigH6RQR8c=
P:e2fsprogs
V:1.47.3-r1
A:x86_64
S:539
I:1
T:e2fsprogs
U:
L:GPL-2.0
o:feeds/base
D:libc
p:e2fsprogs-any

C:Q12uS8d9syxeTk0amldJpJeTgN04g=
P:fstools
V:2026.01.14~61aa3f1d-r1
A:x86_64
S:703
I:87
T:fstools
U:
L:GPL-2.0
o:feeds/base
D:libc ubox
p:fstools-any

C:Q1AcNGEIs8RefCWGLA5eR0l/YGNS4=
P:fwtool
V:2019.11.12~8f7fe925-r1
A:x86_64
S:549
I:1
T:fwtool
U:
L:GPL-2.0
o:feeds/base
D:libc
p:fwtool-any

C:Q17A6g3z/xzIG637qU7Hc64LOCSNo=
P:getrandom
V:2026.01.14~d2cb2f42-r1
A:x86_64
S:2746
I:14539
T:getrandom
U:
L:GPL-2.0
o:feeds/base
D:libc
p:getrandom-any

C:Q1kXkTl+YHjUOpslPk6nq/C2rg/84=
P:grub2-bios-setup
V:2.12-r3
A:x86_64
S:547
I:1
T:grub2-bios-setup
U:
L:GPL-2.0
o:feeds/base
D:libc
p:grub2-bios-setup-any

C:Q1r28yWcBdCfeHH1m4kVueuNR7mKs=
P:jansson4
V:2.14-r3
A:x86_64
S:581
I:1
T:jansson
U:
L:GPL-2.0
o:feeds/base
k:10
D:libc
p:jansson jansson-any

C:Q18pKVcSh466htZbXUQ88TgUoSkdM=
P:jshn
V:2025.12.08~ef55c8a0-r1
A:x86_64
S:8015
I:25027
T:jshn
U:
L:GPL-2.0
o:feeds/base
D:libblobmsg-json20240329 libc libjson-c5 libubox20240329
p:jshn-any

C:Q1xJBXSddyVrWxosgB73Y+RAkoZHE=
P:jsonfilter
V:2025.10.04~594cfa86-r1
A:x86_64
S:11777
I:31612
T:jsonfilter
U:
L:GPL-2.0
o:feeds/base
D:libc libjson-c5 libubox20240329
p:jsonfilter-any

C:Q1IfVoFZzGniOD5kztMrPpLSp1UMY=
P:libblobmsg-json20240329
V:2025.12.08~ef55c8a0-r1
A:x86_64
S:4983
I:14444
T:libblobmsg-json
U:
L:GPL-2.0
o:feeds/base
k:10
D:libc libjson-c5 libubox20240329
p:libblobmsg-json libblobmsg-json-any

C:Q1Zt+0ucVlZwv9Sz8efmLSrl5CGGI=
P:libc
V:1.2.5-r5
A:x86_64
S:2738215
I:6276852
T:libc
U:
L:GPL-2.0
o:feeds/base
p:libc-any

C:Q1/5UuOpAVlugwqkVbOG/SNJnwWEU=
P:libgcc1
V:14.3.0-r5
A:x86_64
S:579
I:1
T:libgcc
U:
L:GPL-2.0
o:feeds/base
k:10
D:libc
p:libgcc libgcc-any

C:Q1LTbyAyzpum1UGs7PE6MFZoIB+7s=
P:libjson-c5
V:0.18-r1
A:x86_64
S:585
I:1
T:libjson-c
U:
L:GPL-2.0
o:feeds/base
k:10
D:libc
p:libjson-c libjson-c-any

C:Q1Gb8NIhrgDmDMz6HOPPhp5g+T8LI=
P:libjson-script20240329
V:2025.12.08~ef55c8a0-r1
A:x86_64
S:6483
I:18691
T:libjson-script
U:
L:GPL-2.0
o:feeds/base
k:10
D:libc libubox20240329
p:libjson-script libjson-script-any

C:Q1y3oW9XJHR4HIQAgbJjBv8YmL+ic=
P:libmbedtls21
V:3.6.5-r1
A:x86_64
S:586
I:1
T:libmbedtls
U:
L:GPL-2.0
o:feeds/base
k:10
D:libc
p:libmbedtls libmbedtls-any

C:Q1iePe1hSUR9FjvpA6jwLAWN04bWk=
P:libmnl0
V:1.0.5-r1
A:x86_64
S:578
I:1
T:libmnl
U:
L:GPL-2.0
o:feeds/base
k:10
D:libc
p:libmnl libmnl-any

C:Q1gZtBD6IYFWIZCS69JMfE/pzBszE=
P:libnftnl11
V:1.3.0-r1
A:x86_64
S:599
I:1
T:libnftnl
U:
L:GPL-2.0
o:feeds/base
k:10
D:libc libmnl0
p:libnftnl libnftnl-any

C:Q1t2tkdSHosXJiRWvYn3T2asezv+s=
P:libubox20240329
V:2025.12.08~ef55c8a0-r1
A:x86_64
S:30458
I:64668
T:libubox
U:
L:GPL-2.0
o:feeds/base
k:10
D:libc
p:libubox libubox-any

C:Q1r0G/DUgmDucjaV8fzRqOqiCi1+w=
P:libubus20251202
V:2025.12.02~3cc98db1-r1
A:x86_64
S:13324
I:31356
T:libubus
U:
L:GPL-2.0
o:feeds/base
k:10
D:libc libubox20240329
p:libubus libubus-any

C:Q199HFrwjqJCIPVG5EjO6E8eTl3zo=
P:libuci20250120
V:2026.01.19~57c1e8cd-r1
A:x86_64
S:19301
I:43699
T:libuci
U:
L:GPL-2.0
o:feeds/base
k:10
D:libc libubox20240329
p:libuci libuci-any

C:Q180YqMKmw4iiXB7hcj2r3pLMQThw=
P:libuclient20201210
V:2026.02.20~7a0aa2e4-r1
A:x86_64
S:12169
I:31127
T:libuclient
U:
L:GPL-2.0
o:feeds/base
k:10
D:libc libubox20240329
p:libuclient libuclient-any

C:Q1yZh8QwvHQUfPuIyIiJaUZSmvuh8=
P:libucode20230711
V:2026.01.16~85922056-r1
A:x86_64
S:79734
I:172628
T:libucode
U:
L:GPL-2.0
o:feeds/base
k:10
D:libc libjson-c5
p:libucode libucode-any

C:Q15B4Tl9xFIYKOHq/Qprs1qUtep90=
P:libudebug
V:2025.09.28~5327524e-r1
A:x86_64
S:5436
I:14542
T:libudebug
U:
L:GPL-2.0
o:feeds/base
D:libc libubox20240329
p:libudebug-any

C:Q1qO8cgx7XLj5ANHPbtq6r8r4uXwI=
P:libustream-mbedtls20201210
V:2026.01.16~99f1c0db-r1
A:x86_64
S:653
I:1
T:libustream-mbedtls
U:
L:GPL-2.0
o:feeds/base
k:10
D:libc libmbedtls21 libubox20240329
p:libustream-mbedtls libustream-mbedtls-any

C:Q1+JOanAg/GTF+I3BrCIyL7+4HmZ4=
P:logd
V:2026.01.14~d2cb2f42-r1
A:x86_64
S:13506
I:50338
T:logd
U:
L:GPL-2.0
o:feeds/base
D:libc libubox20240329 libubus20251202
p:logd-any

C:Q1ypfCsyMlFiWm0VvTmNgyTep611g=
P:mkf2fs
V:1.16.0-r6
A:x86_64
S:536
I:1
T:mkf2fs
U:
L:GPL-2.0
o:feeds/base
D:libc
p:mkf2fs-any

C:Q16ayyQ7EX63Pl2HBWMvlyaC3UCDw=
P:mtd
V:27
A:x86_64
S:550
I:1
T:mtd
U:
L:GPL-2.0
o:feeds/base
D:libc libubox20240329
p:mtd-any

C:Q1FHTvjLxLYcHUu0n/UF8YaUskdhg=
P:netifd
V:2026.02.15~2b22ebc5-r1
A:x86_64
S:125892
I:288527
T:netifd
U:
L:GPL-2.0
o:feeds/base
D:jshn libc libubox20240329 libubus20251202 libuci20250120 ubus ubusd
p:netifd-any

C:Q1TJlNwHiDBPM8WPfIWDCalCBzbpA=
P:nftables-json
V:1.1.5-r1
A:x86_64
S:8108
I:26790
T:nftables-json
U:
L:GPL-2.0
o:feeds/base
k:100
D:jansson4 kmod-nft-core libc libnftnl11
p:nftables=1.1.5-r1 nftables-json-any

C:Q1LaP3035NUIMX/RJe2wblJ3o3hXY=
P:odhcp6c
V:2026.01.19~9e1f4a23-r1
A:x86_64
S:735
I:81
T:odhcp6c
U:
L:GPL-2.0
o:feeds/base
D:libc libubox20240329 libubus20251202
p:odhcp6c-any

C:Q1xjG0zB1V6Gup8rf+vNOOfDAJMbc=
P:odhcpd-ipv6only
V:2026.02.08~5b53a5b6-r1
A:x86_64
S:616
I:1
T:odhcpd-ipv6only
U:
L:GPL-2.0
o:feeds/base
D:libc libubox20240329 libubus20251202 libuci20250120
p:odhcpd-ipv6only-any

C:Q1nWMq7f9KZ0g+0Er0tL4XLsrOyf0=
P:openwrt-keyring
V:2025.12.10~f0670054-r1
A:x86_64
S:827
I:210
T:openwrt-keyring
U:
L:GPL-2.0
o:feeds/base
D:libc
p:openwrt-keyring-any

C:Q1NDxq7wRuBT/aQp5etQOac7/Z4gE=
P:partx-utils
V:2.41.2-r1
A:x86_64
S:541
I:1
T:partx-utils
U:
L:GPL-2.0
o:feeds/base
D:libc
p:partx-utils-any

C:Q1IilsNMeLivZ3JMwCaMOUMWV74dU=
P:ppp
V:2.5.2-r1
A:x86_64
S:545
I:1
T:ppp
U:
L:GPL-2.0
o:feeds/base
D:kmod-ppp libc
p:ppp-any

C:Q1T9ARRHoIq4mdnx2VSmwOuC85WNU=
P:ppp-mod-pppoe
V:2.5.2-r1
A:x86_64
S:566
I:1
T:ppp-mod-pppoe
U:
L:GPL-2.0
o:feeds/base
D:kmod-pppoe libc ppp
p:ppp-mod-pppoe-any

C:Q1BdbksmfoYxpchp1q16XLwFkB4/M=
P:procd
V:2026.01.14~58d7cb6c-r1
A:x86_64
S:64211
I:185449
T:procd
U:
L:GPL-2.0
o:feeds/base
D:libc libjson-script20240329 libubox20240329 libubus20251202 ubox ubus ubusd
p:procd-any

C:Q1tlNe+rXo70VoFgbTB6KZ1JZC7IE=
P:ubox
V:2026.01.14~d2cb2f42-r1
A:x86_64
S:20942
I:66982
T:ubox
U:
L:GPL-2.0
o:feeds/base
D:libc libubox20240329 libubus20251202 libuci20250120 ubus ubusd
p:ubox-any

C:Q1Yge1f2mQ+Ufe5jeB2dkzp7hb2pQ=
P:ubus
V:2025.12.02~3cc98db1-r1
A:x86_64
S:7748
I:27146
T:ubus
U:
L:GPL-2.0
o:feeds/base
D:libblobmsg-json20240329 libc libubus20251202 ubusd
p:ubus-any

C:Q1IRY881TnAjM+WuaDzCafhu7vn4k=
P:ubusd
V:2025.12.02~3cc98db1-r1
A:x86_64
S:14891
I:35724
T:ubusd
U:
L:GPL-2.0
o:feeds/base
D:libblobmsg-json20240329 libc libubox20240329
p:ubusd-any

C:Q1tf5Gl6cS4Zepwc5nLLro2onfAq8=
P:uci
V:2026.01.19~57c1e8cd-r1
A:x86_64
S:8695
I:27375
T:uci
U:
L:GPL-2.0
o:feeds/base
D:libc libuci20250120
p:uci-any

C:Q1c5zo5H/aXuDAfwVNAe6KWykGFmk=
P:uclient-fetch
V:2026.02.20~7a0aa2e4-r1
A:x86_64
S:9635
I:27387
T:uclient-fetch
U:
L:GPL-2.0
o:feeds/base
k:100
D:libc libuclient20201210
p:uclient-fetch-any wget-any

C:Q16sMNoHgMZQMs9xDCZc82Y5LvLsI=
P:ucode
V:2026.01.16~85922056-r1
A:x86_64
S:29797
I:100300
T:ucode
U:
L:GPL-2.0
o:feeds/base
D:libc libucode20230711
p:ucode-any

C:Q1LMFTniUW8eTOXNtd+jHF3TOv/90=
P:ucode-mod-fs
V:2026.01.16~85922056-r1
A:x86_64
S:13543
I:39717
T:ucode-mod-fs
U:
L:GPL-2.0
o:feeds/base
D:libc ucode
p:ucode-mod-fs-any

C:Q1LgJylY+y1Pl4BPUWUbguiJPTX9Y=
P:ucode-mod-math
V:2026.01.16~85922056-r1
A:x86_64
S:3945
I:14551
T:ucode-mod-math
U:
L:GPL-2.0
o:feeds/base
D:libc ucode
p:ucode-mod-math-any

C:Q13gXP7cSOR7bXhrjQOLDrgP/27Fs=
P:ucode-mod-struct
V:2026.01.16~85922056-r1
A:x86_64
S:13743
I:36817
T:ucode-mod-struct
U:
L:GPL-2.0
o:feeds/base
D:libc ucode
p:ucode-mod-struct-any

C:Q13vZbuKmgOtiwI49w3LYK8xEIB48=
P:ucode-mod-ubus
V:2026.01.16~85922056-r1
A:x86_64
S:19165
I:47847
T:ucode-mod-ubus
U:
L:GPL-2.0
o:feeds/base
D:libblobmsg-json20240329 libc libubus20251202 ucode
p:ucode-mod-ubus-any

C:Q1QlMAOXSCsEhQz0fteLHFqFHEFPM=
P:ucode-mod-uci
V:2026.01.16~85922056-r1
A:x86_64
S:9489
I:27142
T:ucode-mod-uci
U:
L:GPL-2.0
o:feeds/base
D:libc libuci20250120 ucode
p:ucode-mod-uci-any

C:Q1GyY4lTbr9V+gmwt14Btn/T9wcFY=
P:urandom-seed
V:3
A:x86_64
S:549
I:1
T:urandom-seed
U:
L:GPL-2.0
o:feeds/base
D:getrandom libc
p:urandom-seed-any

C:Q1bnmeXXmqijtqI7j5bu+B1O3qOuk=
P:urngd
V:2023.11.01~44365eb1-r1
A:x86_64
S:560
I:1
T:urngd
U:
L:GPL-2.0
o:feeds/base
D:libc ubox
p:urngd-any

C:Q1INXZAnmkUj/DlAaNSbji96k/gQk=
P:usign
V:2025.06.25~f1f65026-r1
A:x86_64
S:13403
I:31064
T:usign
U:
L:GPL-2.0
o:feeds/base
D:libc libubox20240329
p:usign-any

C:Q1CbSm0IoYjqaIU/eCKUPLqgevNRA=
P:zlib
V:1.3.1-r1
A:x86_64
S:532
I:1
T:zlib
U:
L:GPL-2.0
o:feeds/base
D:libc
p:zlib-any
