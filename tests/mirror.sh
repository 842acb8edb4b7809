# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Where a new Debian comes from: from where this machine's own packages do, through its own proxy.  apt itself is asked, so both
# forms of its sources, mirror lists, and whatever else its configuration has, count.  Sourced by tests/walk and tests/vm/debian.sh.

# apt_bases SUITE: what apt has for the suite's component main, a line each, where debootstrap can read it
apt_bases() {
	local base file
	apt-get --print-uris update 2>/dev/null | sed -n "s|^'\\([^']*\\)/dists/$1/main/binary-.*|\\1|p" | awk '!seen[$0]++' |
		while IFS= read -r base; do
			case $base in
			mirror+file:*) # a file of mirrors, the best first, as Debian's cloud images have it
				file=${base#mirror+file:}
				while [[ $file == //* ]]; do file=${file#/}; done
				base=$(awk '!/^ *(#|$)/ { print $1; exit }' "$file" 2>/dev/null)
				;;
			esac
			case $base in
			http://* | https://* | file:*) printf '%s\n' "${base%/}" ;;
			esac
		done
}

# debian_mirror SUITE: $DEBIAN_MIRROR, or else apt's own; others than Debian may call their suites the same, so one whose path is
# "debian", as mirrors have it, comes before the first
debian_mirror() {
	local bases
	if [[ ${DEBIAN_MIRROR-} ]]; then
		printf '%s\n' "$DEBIAN_MIRROR"
		return
	fi
	bases=$(apt_bases "$1")
	{
		grep '/debian$' <<<"$bases" || :
		grep . <<<"$bases" || :
		echo http://deb.debian.org/debian
	} | head -n 1
}

# apt_proxy MIRROR: the proxy that apt takes for it, if any: the host's own, or the scheme's, or what its program finds
apt_proxy() {
	local scheme=${1%%:*} host=${1#*://} proxy='' program=''
	host=${host%%[/:]*}
	eval "$(apt-config shell proxy "Acquire::$scheme::Proxy" program "Acquire::$scheme::Proxy-Auto-Detect")"
	if [[ ! $program ]]; then eval "$(apt-config shell program "Acquire::$scheme::ProxyAutoDetect")"; fi
	if [[ $program ]]; then proxy=$("$program" "$1"); fi
	eval "$(apt-config shell proxy "Acquire::$scheme::Proxy::$host")"
	if [[ $proxy != DIRECT ]]; then printf '%s' "$proxy"; fi
}

# use_proxy MIRROR: debootstrap and apt in what it makes go through the proxy too; one in the environment comes first, as for apt
use_proxy() {
	local scheme=${1%%:*} proxy
	proxy=$(apt_proxy "$1")
	case $scheme in
	http) if [[ ${http_proxy-} || ! $proxy ]]; then return 0; fi ;;
	https) if [[ ${https_proxy-} || ! $proxy ]]; then return 0; fi ;;
	*) return 0 ;;
	esac
	export "${scheme}_proxy=$proxy"
}
