ADB double index
key: 0361373189e83089
signature: 05b0a4592c588a5bc73fc792acf6c7ababfa45c601771ea91f48e083ee739b0a

C:Q1PGZ9YIILO7rH8mRc/HrzwPfS5GQ=
P:firewall4
V:2025.03.17~b6e51575-r1
A:x86_64
S:3405
I:133822
T:OpenWrt 4th gen firewall
U:
L:ISC
o:package/network/config/firewall4
k:100
D:kmod-nft-core kmod-nft-fib kmod-nft-nat kmod-nft-offload libc nftables-json ucode ucode-mod-fs ucode-mod-ubus ucode-mod-uci ucode>=2022.03.22
p:uci-firewall=2025.03.17~b6e51575-r1 firewall4-any

C:Q148rjueIuMgpiPgr26b2FK6m0HcY=
P:kernel
V:6.12.94~6e1a3c191ecb8bb4ee2ccd59441b4b4c-r1
A:x86_64
S:572
I:1
T:Virtual kernel package
U:
L:GPL-2.0
o:package/kernel/linux
p:kernel-any
