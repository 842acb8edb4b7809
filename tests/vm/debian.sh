# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The root of a Debian system with systemd, for the scenarios that boot one.  Sourced by vm/run, which provides CACHE, WORK,
# say() and die().

. "$ROOT/tests/mirror.sh"

# What gvpnd's package depends on is here too, as the guest has no network.
DEBIAN_SUITE=bookworm
DEBIAN_PACKAGES=(systemd systemd-sysv dbus iproute2 iputils-ping nftables tcpdump kmod procps
	libmnl0 libnftnl11 libbpf1 bpftool libjson-c5 libssl3 libsystemd0)

DEBIAN_LIMIT=1200 # seconds of debootstrap

# debian_root: sets ROOT_IMAGE: the cache's, or a new one where there is none of this file and this month, so that what is
# tested on has Debian's updates.  Where no new one can be made, last month's will do.  Called with the cache locked.
debian_root() {
	local key name
	key=$(sha256sum <"$ROOT/tests/vm/debian.sh")
	name=$CACHE/debian-$DEBIAN_SUITE-${key:0:16}
	ROOT_IMAGE=$name-$(date -u +%Y%m).ext4
	if [[ -s $ROOT_IMAGE ]]; then return; fi
	if (debian_make "$ROOT_IMAGE"); then return; fi
	for ROOT_IMAGE in "$name"-*.ext4; do
		say "using the Debian root ${ROOT_IMAGE##*-} instead"
		return
	done
	die "there is no Debian root: what is said above tells why"
}

# debian_make FILE
debian_make() {
	local stage=$WORK/debian mirror
	mirror=$(debian_mirror "$DEBIAN_SUITE")
	use_proxy "$mirror"
	local IFS=,
	if ((EUID != 0)); then
		say "a Debian root is made by root only: run this as root"
		return 1
	fi
	if ! bash "$ROOT/tests/install-deps" debootstrap e2fsprogs; then
		say "debootstrap and mke2fs are missing"
		return 1
	fi
	say "making a Debian root of $mirror (once a month)"
	if ! timeout -k 10 "$DEBIAN_LIMIT" debootstrap --variant=minbase --include="${DEBIAN_PACKAGES[*]}" "$DEBIAN_SUITE" "$stage" \
		"$mirror" >"$WORK/debootstrap.log" 2>&1; then
		say "debootstrap: $(tail -n 1 "$WORK/debootstrap.log"). DEBIAN_MIRROR names another mirror."
		return 1
	fi
	rm -rf "$stage"/var/cache/apt/archives/*.deb "$stage"/var/lib/apt/lists/*
	# With an id of its own it is no first boot, in which systemd would enable every unit.
	tr -d - </proc/sys/kernel/random/uuid >"$stage/etc/machine-id"
	mke2fs -q -t ext4 -O ^has_journal -E root_owner=0:0 -d "$stage" "$1.new" 700M || return
	rm -rf "$stage" "$CACHE"/debian-*.ext4
	mv "$1.new" "$1"
}
