# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The root of a Debian system with systemd, for the scenarios that boot one.  Sourced by vm/run, which provides CACHE, WORK,
# say() and die().

# What gvpnd's package depends on is here too, as the guest has no network.
DEBIAN_SUITE=bookworm
DEBIAN_PACKAGES=(systemd systemd-sysv dbus iproute2 iputils-ping nftables tcpdump kmod procps
	libmnl0 libnftnl11 libjson-c5 libssl3 libsystemd0)

# debian_root: makes ROOT_IMAGE unless the cache has it.  Called with the cache locked.
debian_root() {
	local key stage=$WORK/debian mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
	local IFS=,
	key=$(sha256sum <"$ROOT/tests/vm/debian.sh")
	ROOT_IMAGE=$CACHE/debian-$DEBIAN_SUITE-${key:0:16}.ext4
	if [[ -s $ROOT_IMAGE ]]; then return; fi
	((EUID == 0)) || die "a Debian root is made by root only: run this as root"
	bash "$ROOT/tests/install-deps" debootstrap e2fsprogs || die "debootstrap and mke2fs are missing"
	say "making a Debian root of $mirror (once)"
	debootstrap --variant=minbase --include="${DEBIAN_PACKAGES[*]}" "$DEBIAN_SUITE" "$stage" "$mirror" >"$WORK/debootstrap.log" 2>&1 ||
		die "debootstrap: $(tail -n 1 "$WORK/debootstrap.log"). DEBIAN_MIRROR names another mirror."
	rm -rf "$stage"/var/cache/apt/archives/*.deb "$stage"/var/lib/apt/lists/*
	# With an id of its own it is no first boot, in which systemd would enable every unit.
	tr -d - </proc/sys/kernel/random/uuid >"$stage/etc/machine-id"
	rm -f "$CACHE"/debian-*.ext4
	mke2fs -q -t ext4 -O ^has_journal -E root_owner=0:0 -d "$stage" "$ROOT_IMAGE.new" 700M
	mv "$ROOT_IMAGE.new" "$ROOT_IMAGE"
	rm -rf "$stage"
}
