# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Completion of gvpnctl(8) for bash.

# The names of the configured VPNs, as the daemon says; nothing when there is none.
_gvpnctl_vpns() {
	gvpnctl "$@" --json show ipsec security-associations 2>/dev/null |
		sed -n 's/^[[:space:]]*"name":[[:space:]]*"\([^"\\]*\)",\{0,1\}$/\1/p'
}

# Files, which readline then quotes, and goes on after a folder's slash; compopt complains outside of a completion.
_gvpnctl_files() {
	compopt -o filenames 2>/dev/null
	mapfile -t COMPREPLY < <(compgen -f -- "$1")
}

_gvpnctl_show() {
	local words=("$@")
	if [[ ${words[*]:0:3} == 'security group-vpn member' ]]; then words=("${words[@]:3}"); fi
	case ${words[*]} in
	'') printf '%s\n' kek ipsec policy security ;;
	security) echo group-vpn ;;
	'security group-vpn') echo member ;;
	kek) echo security-associations ;;
	ipsec) printf '%s\n' security-associations statistics ;;
	'kek security-associations' | 'ipsec security-associations') echo detail ;;
	esac
}

_gvpnctl() {
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} verb='' i found=''
	local -a words=() socket=()
	COMPREPLY=()
	case $previous in
	--socket)
		_gvpnctl_files "$current"
		return
		;;
	--map) return ;;
	esac
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--socket) socket=(--socket "${COMP_WORDS[++i]}") ;;
		--map) ((i++)) ;;
		-*) ;;
		*) if [[ $verb ]]; then words+=("${COMP_WORDS[i]}"); else verb=${COMP_WORDS[i]}; fi ;;
		esac
	done
	if [[ $current == -* ]]; then
		found='--socket --help --version'
		case $verb in
		sh | show | explain | monitor) found='--socket --json' ;;
		stop) found='--socket --keep' ;;
		import) found='--map' ;;
		?*) found='--socket' ;;
		'') found+=' --json' ;;
		esac
	else
		case $verb in
		'') found='show explain monitor metrics clear reload stop import' ;;
		sh | show) found=$(_gvpnctl_show "${words[@]}") ;;
		clear) if ((${#words[@]} == 0)); then found=$(_gvpnctl_vpns "${socket[@]}"); fi ;;
		explain)
			if [[ $previous == on ]]; then
				found=$(printf '%s\n' /sys/class/net/* | sed 's/.*\///')
			elif ((${#words[@]} == 2)); then
				found='tcp udp icmp ospf in out on'
			elif ((${#words[@]} > 2)); then
				found='in out on'
			fi
			;;
		import)
			_gvpnctl_files "$current"
			return
			;;
		esac
	fi
	mapfile -t COMPREPLY < <(compgen -W "$found" -- "$current")
}

complete -F _gvpnctl gvpnctl
