# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Completion of gvpnd(8) for bash.

_gvpnd() {
	local current=${COMP_WORDS[COMP_CWORD]}
	case ${COMP_WORDS[COMP_CWORD - 1]} in
	-c | --config | --socket | --bpf)
		compopt -o filenames 2>/dev/null # complains outside of a completion
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		;;
	*)
		mapfile -t COMPREPLY < <(compgen -W \
			'--config --check --no-kernel --socket --fail-close --load --bpf --flush --debug --version --help' -- "$current")
		;;
	esac
}

complete -F _gvpnd gvpnd
