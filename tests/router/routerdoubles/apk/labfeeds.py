# Copyright (c) 2026 fastpath.router contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The feeds of the 25.12 test router, and variants of them for tests.

    python3 -m routerdoubles.apk.labfeeds ROOT [VARIANT...]

writes them to ROOT/usr/share/lab-feed, from what is installed below ROOT and signed with the key below ROOT. Without
variants: targets, base, kmods, packages. Names, versions and dependencies are those of the recordings; what the
recordings do not show (contents, most sizes) is made up.
"""

import os
import sys

from .database import INSTALLED, read_installed, replace_file
from .labimage import CONFIGURATION
from .layout import Files
from .mkfeed import PACKAGES_DIRECTORY, Recipe, default_scripts, write_feed

KEY = "etc/apk/keys/openwrt-25.12.pem"
FEEDS = "usr/share/lab-feed"
KERNEL = "6.12.94"
KERNEL_HASH = "6e1a3c191ecb8bb4ee2ccd59441b4b4c"
NEW_KERNEL = ("6.12.99", "9f0b8a7c6d5e4f3021324354657687a9")
OTHER_HASH = (KERNEL, "cdbbaf6403094fd68db5b0a1ec5c9fd8")
KERNEL_ORIGIN = "package/kernel/linux"


class Kernel:
    """A kernel build: packages made for it depend on exactly its version and configuration hash."""

    def __init__(self, version=KERNEL, configuration=KERNEL_HASH):
        self.version = version
        self.package_version = "%s~%s-r1" % (version, configuration)

    def package(self):
        return Recipe("kernel", self.package_version, origin=KERNEL_ORIGIN, description="Virtual kernel package")

    def kmod(self, name, depends="", modules=None, **more):
        short = name[len("kmod-") :]
        modules = modules or [short.replace("-", "_")]
        files = {"etc/modules.d/" + short: "".join(module + "\n" for module in modules)}
        for module in modules:
            files["lib/modules/%s/%s.ko" % (self.version, module)] = "%s for %s\n" % (module, self.version)
        return Recipe(
            name,
            self.version + "-r1",
            "kernel=%s %s" % (self.package_version, depends),
            files=files,
            origin=KERNEL_ORIGIN,
            **more,
        )

    def extra_kmods(self):
        """Those that are offered but not part of the image."""
        return [
            self.kmod("kmod-nf-flow", "kmod-nf-conntrack", ["nf_flow_table"], installed_size=75),
            self.kmod("kmod-nft-nat", "kmod-nf-nat kmod-nft-core", ["nft_chain_nat"], installed_size=75),
            self.kmod(
                "kmod-nft-offload",
                "kmod-nf-flow kmod-nft-nat",
                ["nf_flow_table_inet", "nft_flow_offload"],
                installed_size=147,
                description="Netfilter nf_tables routing/NAT offload support",
            ),
            self.kmod(
                "kmod-nf-conntrack-netlink",
                "kmod-nf-conntrack kmod-nfnetlink",
                ["nf_conntrack_netlink"],
                installed_size=96,
            ),
            self.kmod("kmod-ifb", installed_size=45),
            self.kmod("kmod-sched-core", "", ["sch_ingress", "act_mirred"], installed_size=90),
            self.kmod("kmod-sched-cake", "kmod-sched-core", ["sch_cake"], installed_size=54),
            self.kmod("kmod-tun", installed_size=45),
            self.kmod("kmod-wireguard", "kmod-crypto-hash", installed_size=63),
        ]

    def all_kmods(self, installed):
        """Every kmod built for this kernel: the image's, as they are installed, and the extra ones."""
        return [
            self.kmod(package.name, _kmod_depends(package), installed_size=package.number("I"))
            for package in installed
            if package.name.startswith("kmod-")
        ] + self.extra_kmods()


def _kmod_depends(package):
    return " ".join(dependency.name for dependency in package.depends if dependency.name != "kernel")


def _service(name, start):
    """A small init script; enabling it makes the link in /etc/rc.d, as rc.common would."""
    return """#!/bin/sh
link=/etc/rc.d/S%(start)s%(name)s
case "$1" in
enable) mkdir -p /etc/rc.d && ln -sf ../init.d/%(name)s "$link" ;;
disable) rm -f "$link" ;;
start | restart | reload) : > /var/run/%(name)s.running ;;
stop) rm -f /var/run/%(name)s.running ;;
status) [ -f /var/run/%(name)s.running ] && echo running || echo inactive ;;
esac
""" % {"name": name, "start": start}


def _service_package(name, version, service, start, depends, configuration, **more):
    init = "etc/init.d/" + service
    config, text = configuration
    return Recipe(
        name,
        version,
        depends,
        files={init: _service(service, start), config: text},
        modes={init: "755"},
        configuration=(config,),
        scripts=default_scripts(
            "/etc/init.d/%s enable\n/etc/init.d/%s start\n" % (service, service),
            "/etc/init.d/%s disable\n/etc/init.d/%s stop\n" % (service, service),
        ),
        **more,
    )


_FAILING = default_scripts('echo "postinst boom" >&2\nexit 1\n')
_NLBWMON = "config nlbwmon\n\toption netlink_buffer_size '524288'\n\tlist local_network 'lan'\n"


def packages():
    return [
        _service_package(
            "nlbwmon",
            "2025.07.02~4574e6e8-r2",
            "nlbwmon",
            60,
            "kmod-nf-conntrack-netlink libc",
            ("etc/config/nlbwmon", _NLBWMON),
            installed_size=444,
        ),
        _service_package(
            "sqm-scripts",
            "1.7.2-r1",
            "sqm",
            50,
            "kmod-ifb kmod-sched-cake libc tc-tiny",
            ("etc/config/sqm", "config queue 'eth1'\n\toption enabled '0'\n"),
            installed_size=900,
        ),
        Recipe(
            "tc-tiny",
            "6.16.0-r1",
            "kmod-sched-core libc",
            files={"usr/libexec/tc-tiny": "stand-in for tc\n"},
            installed_size=60,
        ),
        Recipe(
            "libsqlite3-0",
            "3.50.4-r1",
            "libc",
            "libsqlite3",
            priority=10,
            installed_size=1090000,
            files={"usr/lib/libsqlite3.so.0": "stand-in for libsqlite3\n"},
            tags="openwrt:abiversion=0",
        ),
        Recipe(
            "vnstat2",
            "2.13-r1",
            "libc libsqlite3-0",
            "vnstat=2.13-r1",
            installed_size=8000,
            priority=100,
            files={"etc/vnstat.conf": 'Interface ""\n', "usr/bin/vnstat": "stand-in for vnstat\n"},
            configuration=("etc/vnstat.conf",),
        ),
        Recipe("ethtool", "6.15-r1", "libc", files={"usr/sbin/ethtool": "stand-in for ethtool\n"}, installed_size=40),
        Recipe("iperf3", "3.19.1-r1", "libc", files={"usr/bin/iperf3": "stand-in for iperf3\n"}, installed_size=40),
        Recipe("htop", "3.4.1-r1", "libc", files={"usr/bin/htop": "stand-in for htop\n"}, installed_size=40),
        Recipe(
            "tcpdump-mini", "4.99.5-r1", "libc", files={"usr/bin/tcpdump": "stand-in for tcpdump\n"}, installed_size=40
        ),
        Recipe("bigpkg", "1.0-r1", "libc", zeros={"usr/share/bigpkg/blob": 40 << 20}),
        Recipe(
            "failpost",
            "1.0-r1",
            "libc",
            description="package whose post-install fails",
            scripts=_FAILING,
        ),
        Recipe("fileclash", "1.0-r1", "libc", files={"sbin/fw4": "not the real fw4\n"}, installed_size=17),
        Recipe("brokendep", "1.0-r1", "kmod-does-not-exist libc"),
        Recipe("conflicting", "1.0-r1", "!firewall4 libc"),
    ]


def variants():
    """Packages that the feed got later, after a part of the recordings was made."""
    return [
        Recipe(
            "dnsmasq-full",
            "2.91-r3",
            "kmod-nf-conntrack-netlink libc libubus20251202",
            "dnsmasq=2.91-r3",
            installed_size=60,
        ),
        Recipe("wget-ssl", "1.25.0-r1", "libc", "wget=1.25.0-r1", priority=100, installed_size=60),
    ]


def slow():
    return [
        Recipe("slowpost", "1.0-r1", "libc", scripts=default_scripts("echo begin\nsleep 4\necho end\n")),
        Recipe("afterslow", "1.0-r1", "libc slowpost"),
    ]


def _firewall(installed):
    """The firewall4 of the feed, which wants the offload kmods; otherwise it is the image's."""
    old = next(package for package in installed if package.name == "firewall4")
    depends = [str(dependency) for dependency in old.depends]
    paths = [file.path for file in Files.parse(old.installed.files).files]
    return Recipe(
        "firewall4",
        "2025.03.17~b6e51575-r1",
        " ".join([*depends, "kmod-nft-nat", "kmod-nft-offload"]),
        "uci-firewall=2025.03.17~b6e51575-r1",
        kept=[path for path in paths if not path.startswith(PACKAGES_DIRECTORY)],
        configuration=CONFIGURATION["firewall4"],
        priority=100,
        origin=old.fields["o"],
        license_name=old.fields["L"],
        description="OpenWrt 4th gen firewall",
        installed_size=old.number("I"),
    )


class FeedMaker:
    def __init__(self, root):
        self._root = root
        self._installed = read_installed(root)
        with open(os.path.join(root, KEY), "rb") as stream:
            self._key = stream.read()

    def _write(self, name, recipes, known=(), key=None):
        write_feed(os.path.join(self._root, FEEDS, name), key or self._key, recipes, known)

    def _image(self, *prefixes, besides=()):
        return [
            package
            for package in self._installed
            if package.name.startswith(prefixes) and not package.name.startswith(besides)
        ]

    def default(self):
        self._write("targets", [_firewall(self._installed)], self._image("kernel"))
        self._write("base", [], self._image("", besides=("kernel", "kmod-", "firewall4")))
        self._write("kmods", Kernel().extra_kmods(), self._image("kmod-"))
        self._write("packages", packages())

    def variant(self, name):
        getattr(self, "_" + name.replace("-", "_"))()

    def _new_kernel(self):
        self._kernel_feeds("new", Kernel(*NEW_KERNEL))

    def _other_hash(self):
        self._kernel_feeds("hash", Kernel(*OTHER_HASH))

    def _kernel_feeds(self, suffix, kernel):
        self._write("targets-" + suffix, [kernel.package()])
        self._write("kmods-" + suffix, kernel.all_kmods(self._installed))

    def _more(self):
        self._write("packages", packages() + variants())

    def _most(self):
        self._write("packages", packages() + variants() + slow())

    def _dnsmasq(self):
        """A base feed that has dnsmasq's file too, which the image's dnsmasq then came from."""
        recipe = Recipe("dnsmasq", "2.91-r3", "libc libubus20251202", installed_size=1)
        self._write("base", [recipe], self._image("", besides=("kernel", "kmod-", "firewall4", "dnsmasq")))
        path = os.path.join(self._root, INSTALLED)
        with open(path, encoding="utf-8") as stream:
            text = stream.read()
        old = next(package for package in self._installed if package.name == "dnsmasq")
        replace_file(path, text.replace(old.identity, recipe.make(self._key)[0].identity).encode())

    def _badsig(self):
        recipes = [recipe for recipe in packages() if recipe.name != "bigpkg"]
        self._write("badsig", recipes, key=b"a key that the router does not have\n")

    def _corrupt(self):
        self._write("corrupt", packages())
        self._flip("corrupt/packages.adb")

    def _corruptpkg(self):
        self._write("corruptpkg", packages())
        self._flip("corruptpkg/ethtool-6.15-r1.apk")

    def _flip(self, relative):
        path = os.path.join(self._root, FEEDS, relative)
        with open(path, "rb") as stream:
            data = bytearray(stream.read())
        data[-2] ^= 1
        with open(path, "wb") as stream:
            stream.write(data)


def main(argv):
    maker = FeedMaker(argv[0])
    for name in argv[1:]:
        maker.variant(name)
    if not argv[1:]:
        maker.default()


if __name__ == "__main__":
    main(sys.argv[1:])
