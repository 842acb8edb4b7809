# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Completion of gvpnctl(8) for bash.  'gvpnctl complete WORDS...' says what may stand in the place of the last word.

# The names of the configured VPNs, as the daemon says; nothing when there is none.
_gvpnctl_vpns() {
	gvpnctl "$@" --json show ipsec security-associations 2>/dev/null |
		sed -n 's/^[[:space:]]*"name":[[:space:]]*"\([^"\\]*\)",\{0,1\}$/\1/p'
}

# Files and folders, which readline then quotes, and goes on after a folder's slash; compopt complains outside of a
# completion.
_gvpnctl_files() {
	compopt -o filenames 2>/dev/null
	mapfile -t COMPREPLY < <(compgen "$1" -- "$2")
}

_gvpnctl() {
	local current=${COMP_WORDS[COMP_CWORD]} i found='' word
	local -a socket=()
	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		if [[ ${COMP_WORDS[i]} == --socket ]]; then socket=(--socket "${COMP_WORDS[i + 1]}"); fi
	done
	while IFS=$'\t' read -r word _; do
		case $word in
		:file)
			_gvpnctl_files -f "$current"
			return
			;;
		:folder)
			_gvpnctl_files -d "$current"
			return
			;;
		:vpn) found+=" $(_gvpnctl_vpns "${socket[@]}")" ;;
		:interface) found+=" $(printf '%s\n' /sys/class/net/* | sed 's/.*\///')" ;;
		*) found+=" $word" ;;
		esac
	done < <(gvpnctl complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
	mapfile -t COMPREPLY < <(compgen -W "$found" -- "$current")
}

complete -F _gvpnctl gvpnctl
