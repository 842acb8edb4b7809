# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Which kernels there are, and where another one than this machine's comes from.  Sourced by vm/run and install-deps.

# kernels VERSION FOLDER...: the files of Debian's cloud kernels in the folders, the oldest version first.  VERSION is a version or its
# beginning: 6.1 finds 6.1.0-57 and not 6.12.117.  An empty one finds all.
kernels() {
	local version=${1%-cloud-amd64} folder file
	shift
	for folder in "$@"; do
		for file in "$folder/vmlinuz-$version"*-cloud-amd64; do
			if [[ -r $file && ! ($version && ${file##*/"vmlinuz-$version"} == [0-9]*) ]]; then
				printf '%s %s\n' "${file##*/vmlinuz-}" "$file"
			fi
		done
	done | sort -V -k 1,1 | cut -d ' ' -f 2-
}

# kernel_package VERSION [OPTIONS of apt...]: the newest package of apt's with such a kernel; nothing where apt offers none
kernel_package() {
	local version=${1//./\\.}
	apt-cache "${@:2}" pkgnames "linux-image-$1" |
		grep -E "^linux-image-${version}[.+-].*[0-9a-z]-cloud-amd64\$" | sort -V | tail -n 1 || :
}

# fetch_kernel VERSION FOLDER: unpacks such a kernel of Debian's into FOLDER, as FOLDER/boot/vmlinuz-... and its modules.  It is not
# installed: this machine's boot loader, and what vm/run takes without -k, stay as they are.  Where apt's sources offer none, it comes from
# bookworm-backports at the same mirror, with lists that are kept apart from apt's own.
fetch_kernel() {
	local package base work status=1
	local -a options=(-o APT::Sandbox::User=root) # a user of apt's own could not write into our folder
	base=$(realpath "${BASH_SOURCE[0]%/*}/..")
	work=$(mktemp -d) || return
	package=$(kernel_package "$1")
	if [[ ! $package ]]; then
		. "$base/mirror.sh"
		mkdir -p "$work/lists/partial"
		printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s bookworm-backports main\n' \
			"$(debian_mirror bookworm)" >"$work/sources.list"
		options+=(-o "Dir::Etc::SourceList=$work/sources.list" -o Dir::Etc::SourceParts=/dev/null -o "Dir::State::Lists=$work/lists"
			-o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=)
		apt-get -q "${options[@]}" update >&2
		package=$(kernel_package "$1" "${options[@]}")
	fi
	# A list that is too old names a file that is gone: then once more with new ones, which root may fetch.
	if [[ $package ]] && (cd "$work" && { apt-get -q "${options[@]}" download "$package" ||
		{ apt-get -q "${options[@]}" update && apt-get -q "${options[@]}" download "$package"; }; }) >&2; then
		mkdir -p "$2" && dpkg -x "$work"/"$package"_*.deb "$work/unpacked" && cp -a "$work"/unpacked/. "$2" && status=0
	elif [[ ! $package ]]; then
		echo "install-deps: Debian offers no kernel $1 for the cloud, neither in apt's sources nor in bookworm-backports" >&2
	fi
	rm -rf "$work"
	return $status
}
