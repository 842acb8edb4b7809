# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The programs under test, each in its namespace, with its log in $OUT.  Part of lib.sh.
# A daemon is known by "PROGRAM NS": one of each program a namespace.

declare -A DAEMONS=() # "PROGRAM NS" -> process id
STOP_STATUS=          # exit status of the daemon stopped last; 128 + signal if a signal ended it

socket_of() { printf '/run/gvpn-%s/bus' "$1"; }

# gvpnctl_in NS ARGS...: the operator's tool of the member in NS
gvpnctl_in() { ns "$1" gvpnctl --socket "$(socket_of "$1")" "${@:2}"; }

# show NS [--json] WORDS...: gvpnctl show
show() {
	if [[ $2 == --json ]]; then
		gvpnctl_in "$1" --json show "${@:3}"
	else
		gvpnctl_in "$1" show "${@:2}"
	fi
}

# gcksctl_in NS WORDS...: the key server's tool
gcksctl_in() { ns "$1" gcks ctl --control "/run/gcks-$1/control" "${@:2}"; }

# daemon_log PROGRAM NS: its log's name in $OUT
daemon_log() { printf '%s/%s-%s.log' "$OUT" "$1" "$2"; }

# running PROGRAM NS
running() { [[ ${DAEMONS["$1 $2"]-} ]] && kill -0 "${DAEMONS["$1 $2"]}" 2>/dev/null; }

# start_program PROGRAM NS ARGS...: in the background; its log goes on where an earlier run's ended
start_program() {
	local program=$1 where=$2
	if running "$program" "$where"; then fail "$program already runs in $where"; fi
	ip netns exec "$where" "$program" "${@:3}" >>"$(daemon_log "$program" "$where")" 2>&1 </dev/null &
	DAEMONS["$program $where"]=$!
}

# await_program SECONDS PROGRAM NS COMMAND...: waits until COMMAND tells that it is up; fails, with its log, if it ends first
await_program() {
	local program=$2 where=$3 deadline status=0
	deadline=$(($(now_ms) + $1 * 1000))
	until "${@:4}" >/dev/null 2>&1; do
		if ! running "$program" "$where"; then
			wait "${DAEMONS["$program $where"]}" || status=$?
			unset "DAEMONS[$program $where]"
			tail -n 20 "$(daemon_log "$program" "$where")" | indent
			fail "$program in $where ended at its start (status $status):" \
				"$(tail -n 1 "$(daemon_log "$program" "$where")")"
		elif (($(now_ms) >= deadline)); then
			tail -n 20 "$(daemon_log "$program" "$where")" | indent
			fail "$program in $where was not up after $1 s ($4 ... never succeeded)"
		fi
		sleep 0.1
	done
}

port_848_bound() { ns "$1" ss -Hlun 'sport = :848' | grep -q .; }

# start_gcks NS CONF [ARGS...]: returns when it listens; it makes its RSA pair before, if it signs with one
start_gcks() {
	mkdir -p "/run/gcks-$1"
	start_program gcks "$1" -c "$2" --control "/run/gcks-$1/control" "${@:3}"
	await_program 90 gcks "$1" port_848_bound "$1"
}

# start_gvpnd NS CONF [ARGS...]: returns when it answers gvpnctl (registration may still be under way: see registered)
start_gvpnd() {
	mkdir -p "/run/gvpn-$1"
	start_program gvpnd "$1" -c "$2" --socket "$(socket_of "$1")" "${@:3}"
	await_program 60 gvpnd "$1" gvpnctl_in "$1" show ipsec security-associations
}

# registered NS: whether the member has keys, by its own account
registered() { contains 'Total active tunnels: [1-9]' gvpnctl_in "$1" show ipsec security-associations; }

# stop_program PROGRAM NS [SIGNAL]: and waits for its end; STOP_STATUS has its exit status
stop_program() {
	local program=$1 where=$2 pid=${DAEMONS["$1 $2"]-}
	[[ $pid ]] || fail "$program does not run in $where"
	kill -s "${3:-TERM}" "$pid" 2>/dev/null || :
	if ! within 20 daemon_gone "$pid"; then
		kill -KILL "$pid"
		fail "$program in $where did not end within 20 s of SIG${3:-TERM}"
	fi
	STOP_STATUS=0
	{ wait "$pid" || STOP_STATUS=$?; } 2>/dev/null
	unset "DAEMONS[$program $where]"
}

daemon_gone() { [[ ! -e /proc/$1 || $(awk '$1 == "State:" { print $2 }' "/proc/$1/status" 2>/dev/null) == [ZX] ]]; }

stop_gvpnd() { stop_program gvpnd "$@"; }
stop_gcks() { stop_program gcks "$@"; }

# daemons_end: at the script's end, all that still run
daemons_end() {
	local pid tries
	for pid in "${DAEMONS[@]}"; do
		kill -TERM "$pid" 2>/dev/null
	done
	for pid in "${DAEMONS[@]}"; do
		for ((tries = 0; tries < 30; tries++)); do
			if daemon_gone "$pid"; then break; fi
			sleep 0.1
		done
	done
}
