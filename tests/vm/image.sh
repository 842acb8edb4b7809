# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The guest's file tree, as initramfs archives.  Two of them, one after the other in one file, which the kernel unpacks in
# order: the base (kernel modules and tools; the same for every scenario, so cached in CACHE) and the layer of one run
# (programs under test, libraries of tests, the script).  Sourced by vm/run, which provides ROOT, CACHE and die().

# Programs of the host that must be themselves in the guest: busybox has applets of the same names that can do less.
GUEST_TOOLS=(bash busybox ip ss tc bridge nft bpftool tcpdump iperf3 ping kmod setpriv)
GUEST_TOOLS_OPTIONAL=(ethtool conntrack strace)

# Whole folders, and single modules, below /lib/modules/VERSION/kernel.  The folders of crypto are whole because xfrm and
# the crypto API name algorithms at run time and modprobe must find whatever they ask for.
GUEST_MODULES=(crypto arch/x86/crypto lib net/ipv4 net/ipv6 net/xfrm net/netfilter net/bridge net/8021q net/802 net/llc
	net/core net/packet net/unix net/netlink net/sched drivers/virtio drivers/char/hw_random
	drivers/block/virtio_blk fs/ext4 drivers/nvdimm drivers/acpi/nfit
	drivers/net/dummy drivers/net/veth drivers/net/tun drivers/net/tap drivers/net/vrf
	drivers/net/ifb drivers/net/nlmon drivers/net/macvlan drivers/net/virtio_net)

# guest_path PATH: where PATH of the host lies in the guest, whose /bin, /sbin and /lib are links into /usr
guest_path() {
	case $1 in
	/bin/* | /sbin/* | /lib/* | /lib64/*) printf '/usr%s' "$1" ;;
	*) printf '%s' "$1" ;;
	esac
}

# libraries FILE...: the shared libraries that the dynamic programs among FILE need, one a line
libraries() {
	local text missing
	text=$(ldd "$@" 2>/dev/null || :)
	missing=$(awk '/=> not found/ { print $1 }' <<<"$text" | sort -u | paste -sd' ')
	if [[ $missing ]]; then
		die "$* needs libraries that are not on this machine: $missing. Install them, or leave the program out."
	fi
	awk '$2 == "=>" && $3 ~ /^\// { print $3; next } $1 ~ /^\/.*ld-linux/ { print $1 }' <<<"$text" | sort -u
}

# put STAGE FILE [PATH]: copies FILE, links followed, to PATH of the guest (default: the path it has on the host)
put() {
	local to
	to=$1$(guest_path "${3:-$2}")
	mkdir -p "${to%/*}"
	cp -Lp --remove-destination "$2" "$to"
}

# put_libraries STAGE BASE FILE...: what FILE... need and the base archive, whose list of names is BASE, has not
put_libraries() {
	local stage=$1 base=$2 library
	shift 2
	# Not < <(libraries): die must end the run.
	libraries "$@" >"$WORK/libraries"
	while IFS= read -r library; do
		if [[ -z $base ]] || ! grep -qxF "$(guest_path "$library")" "$base"; then
			put "$stage" "$library"
		fi
	done <"$WORK/libraries"
}

# archive STAGE FILE: everything in STAGE as one uncompressed archive (unpacking is what emulation is slow at)
archive() {
	(cd "$1" && find . -mindepth 1 -print0 | sort -z | cpio --quiet -0 -o -H newc -R 0:0) >"$2"
}

# base_inputs KERNEL MODULES: text that changes whenever the base archive would
base_inputs() {
	local -a files=()
	local tool
	for tool in "${GUEST_TOOLS[@]}"; do
		files+=("$(command -v "$tool")") || die "'$tool' is not installed: run tests/install-deps"
	done
	for tool in "${GUEST_TOOLS_OPTIONAL[@]}"; do
		if command -v "$tool" >/dev/null; then files+=("$(command -v "$tool")"); fi
	done
	printf '%s\n' "${files[@]}" >"$WORK/tools"
	libraries "${files[@]}" >"$WORK/libraries"
	mapfile -t -O "${#files[@]}" files <"$WORK/libraries"
	stat -L -c '%n %s %Y' "$1" "$2" "$2/kernel" "${files[@]}"
	sha256sum <"$ROOT/tests/vm/image.sh"
}

# put_modules STAGE MODULES VERSION: the modules of GUEST_MODULES and all that they depend on, plain, with their index
put_modules() {
	local stage=$1 modules=$2 version=$3 pattern module to
	local target=$stage/usr/lib/modules/$version
	mkdir -p "$target"
	pattern=$(printf '|%s' "${GUEST_MODULES[@]}")
	# depmod reads the tree itself: a kernel package that was only unpacked has no modules.dep yet.
	depmod -n -b "${modules%/lib/modules/*}/" "$version" 2>/dev/null | grep -E '^kernel/[^ ]*\.ko[^ ]*:' |
		grep -E "^kernel/(${pattern:1})[./]" | tr -s ': ' '\n' | grep '^kernel/' | sort -u >"$WORK/modules"
	[[ -s $WORK/modules ]] || die "$modules holds no modules. Reinstall the package of kernel $version."
	while IFS= read -r module; do
		to=$target/$module
		mkdir -p "${to%/*}"
		case $module in
		*.xz) xz -dc "$modules/$module" >"${to%.xz}" ;;
		*.zst) zstd -qdc "$modules/$module" >"${to%.zst}" ;;
		*.gz) gzip -dc "$modules/$module" >"${to%.gz}" ;;
		*) cp "$modules/$module" "$to" ;;
		esac
	done <"$WORK/modules"
	cp "$modules"/modules.{builtin,builtin.modinfo} "$target"
	sed -E 's/\.(xz|zst|gz)$//' "$modules/modules.order" >"$target/modules.order"
	depmod -b "$stage/usr" "$version"
}

# put_system STAGE: what a small system has besides programs
put_system() {
	local stage=$1 applet file
	mkdir -p "$stage"/{dev,proc,sys,run,tmp,out,root,etc,var/log,usr/{bin,sbin,local/bin,lib64,lib/busybox}}
	ln -s usr/bin "$stage/bin"
	ln -s usr/sbin "$stage/sbin"
	ln -s usr/lib "$stage/lib"
	ln -s usr/lib64 "$stage/lib64"
	ln -s ../run "$stage/var/run"
	ln -s bash "$stage/usr/bin/sh"
	ln -s ../bin/kmod "$stage/usr/sbin/modprobe"
	for applet in $(busybox --list); do
		ln -s ../../bin/busybox "$stage/usr/lib/busybox/$applet"
	done
	# busybox looks its own applets up before PATH: it must not find a lesser ip, ping or modprobe in there.
	(cd "$stage/usr/lib/busybox" && rm -f ip ipaddr iplink iproute iprule ipneigh iptunnel ping ss tc modprobe sh ash)
	printf '%s\n' root:x:0:0:root:/root:/bin/bash gvpn:x:990:990:gvpn:/run/gvpn:/usr/sbin/nologin \
		nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin >"$stage/etc/passwd"
	printf '%s\n' root:x:0: gvpn:x:990: gvpn-view:x:991: nogroup:x:65534: >"$stage/etc/group"
	printf 'passwd: files\ngroup: files\nhosts: files\nprotocols: files\nservices: files\n' >"$stage/etc/nsswitch.conf"
	printf '127.0.0.1 localhost\n' >"$stage/etc/hosts"
	for file in /etc/protocols /etc/services /etc/iproute2 /etc/ssl/openssl.cnf; do
		if [[ -e $file ]]; then (cd / && cp -rL --parents "${file#/}" "$stage"); fi
	done
}

# put_base STAGE MODULES VERSION
put_base() {
	local stage=$1 file directory
	local -a programs extra=()
	mapfile -t programs <"$WORK/tools"
	put_system "$stage"
	for file in "${programs[@]}"; do
		put "$stage" "$file" "/usr/bin/${file##*/}"
	done
	# Loaded by name while running, so ldd does not show them: thread cancellation, and OpenSSL's legacy provider.
	directory=$(ldd "$(command -v bash)" | awk '$1 == "libc.so.6" { sub("/[^/]*$", "", $3); print $3 }')
	for file in "$directory/libgcc_s.so.1" "$directory"/ossl-modules/*.so; do
		if [[ -e $file ]]; then
			put "$stage" "$file"
			extra+=("$file")
		fi
	done
	put_libraries "$stage" "" "${programs[@]}" "${extra[@]}"
	put_modules "$stage" "$2" "$3"
}

# image_base KERNEL MODULES VERSION: makes BASE, the base archive, unless the cache has it; BASE.list names its files.
# Called with the cache locked.
image_base() {
	local key stage=$WORK/base
	base_inputs "$1" "$2" >"$WORK/inputs"
	key=$(sha256sum <"$WORK/inputs")
	BASE=$CACHE/base-$3-${key:0:16}.cpio
	[[ -s $BASE && -s $BASE.list ]] && return
	say "making the base image for $3 (once)"
	put_base "$stage" "$2" "$3"
	rm -f "$CACHE/base-$3-"*
	(cd "$stage" && find . ! -type d -printf '/%P\n') >"$BASE.list"
	archive "$stage" "$BASE.new"
	mv "$BASE.new" "$BASE"
	rm -rf "$stage"
}

# put_added STAGE FILE[=PATH]: what -a names.  A folder comes whole; a program is also found by its bare name.
put_added() {
	local stage=$1 from=${2%%=*} to file
	local -a programs=()
	[[ -e $from ]] || die "-a $2: there is no $from"
	from=$(realpath -s "$from")
	to=$from
	if [[ $2 == *=* ]]; then to=${2#*=}; fi
	[[ $to == /* ]] || die "-a $2: the path in the guest must begin with /"
	while IFS= read -r -d '' file; do
		put "$stage" "$file" "$to${file#"$from"}"
		if [[ -x $file || $file == *.so* ]]; then programs+=("$file"); fi
	done < <(find -L "$from" -type f -print0)
	if [[ -f $from && -x $from ]]; then
		mkdir -p "$stage/usr/local/bin"
		ln -sf "$to" "$stage/usr/local/bin/${to##*/}"
	fi
	if ((${#programs[@]})); then put_libraries "$stage" "$BASE.list" "${programs[@]}"; fi
}

# image_run PROGRAMS_DIRECTORY|"" SCENARIO_DIRECTORY SCRIPT ADDED...: what one run has besides the base, in WORK/layer.cpio
image_run() {
	local built=$1 scenario=$2 script=$3 stage=$WORK/layer name
	local guest=$stage/tests/scenarios/$NAME
	shift 3
	mkdir -p "$guest" "$stage/usr/local/bin" "$stage/etc"
	install -m 755 "$ROOT/tests/vm/init" "$stage/init"
	cp -rL "$ROOT/tests/lib" "$stage/tests/lib"
	# Whose user and capabilities gvpnd has in the scenarios: tests/lib/daemons.sh
	cp "$ROOT/systemd/gvpnd.service" "$stage/tests/gvpnd.service"
	if [[ $scenario ]]; then
		cp -rL "$scenario/." "$guest"
	else
		cp -L "$script" "$guest/"
	fi
	if [[ $built ]]; then
		for name in gvpnd gvpnctl gcks; do
			[[ -x $built/$name ]] || die "$built/$name is not built: run make (O=$built), or give -n" \
				"for an image without the project's programs"
			put "$stage" "$built/$name" "/usr/local/bin/$name"
		done
		put_libraries "$stage" "$BASE.list" "$built"/{gvpnd,gvpnctl,gcks}
	fi
	for name in "$@"; do
		put_added "$stage" "$name"
	done
	# The scenarios' gvpnd is not root: whatever umask all this was built and checked out with, it can be read.
	chmod -R a+rX "$stage"
	# Where libraries lie that are in none of the loader's own folders.
	if [[ -e /etc/ld.so.cache ]]; then put "$stage" /etc/ld.so.cache; fi
	printf '%s\n' "$SETTINGS" >"$stage/etc/vm.conf"
	archive "$stage" "$WORK/layer.cpio"
}
