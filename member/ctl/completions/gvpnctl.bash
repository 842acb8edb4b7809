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

# What may follow these words of "show", each written in full.
_gvpnctl_next() {
	case $* in
	'') printf '%s\n' kek ipsec policy security ;;
	security) echo group-vpn ;;
	'security group-vpn') echo member ;;
	'security group-vpn member') printf '%s\n' kek ipsec policy ;;
	'security group-vpn member '*) _gvpnctl_next "${@:4}" ;;
	kek) echo security-associations ;;
	ipsec) printf '%s\n' security-associations statistics ;;
	'kek security-associations' | 'ipsec security-associations') echo detail ;;
	esac
}

# The same for words that are abbreviated as the tool takes them: as long as one alone begins so.
_gvpnctl_show() {
	local word full=() fitting
	for word; do
		mapfile -t fitting < <(compgen -W "$(_gvpnctl_next "${full[@]}")" -- "$word")
		if ((${#fitting[@]} != 1)); then return; fi
		full+=("${fitting[0]}")
	done
	_gvpnctl_next "${full[@]}"
}

# The verb that an abbreviation stands for; those that change something have none.
_gvpnctl_verb() {
	local verb
	for verb in show explain monitor metrics; do
		if ((${#1} > 1)) && [[ $verb == "$1"* ]]; then
			echo "$verb"
			return
		fi
	done
	echo "$1"
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
	--keys)
		mapfile -t COMPREPLY < <(compgen -d -- "$current")
		return
		;;
	esac
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--socket) socket=(--socket "${COMP_WORDS[++i]}") ;;
		--map | --keys) ((i++)) ;;
		-*) ;;
		*) if [[ $verb ]]; then words+=("${COMP_WORDS[i]}"); else verb=$(_gvpnctl_verb "${COMP_WORDS[i]}"); fi ;;
		esac
	done
	if [[ $current == -* ]]; then
		found='--socket --help --version'
		case $verb in
		show | explain | monitor) found='--socket --json' ;;
		stop) found='--socket --keep' ;;
		import) found='--map --keys' ;;
		?*) found='--socket' ;;
		'') found+=' --json' ;;
		esac
	else
		case $verb in
		'') found='show explain monitor metrics clear reload stop import' ;;
		show) found=$(_gvpnctl_show "${words[@]}") ;;
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
