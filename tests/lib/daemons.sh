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

# logged NS PATTERN: how many lines of the member's log match; log_has NS PATTERN: whether one does.  To ask the log costs an
# emulated machine less than to ask the daemon.
logged() {
	local log=$OUT/gvpnd-$1.log
	if [[ -e $log ]]; then grep -cE -- "$2" "$log" || :; else echo 0; fi
}
log_has() { grep -qE -- "$2" "$(daemon_log gvpnd "$1")" || { tail -n 20 "$(daemon_log gvpnd "$1")" && false; }; }

# registrations NS: how many the member's log tells of
registrations() { logged "$1" '-> registered'; }
more_registrations() { (($(registrations "$1") > $2)); }

# running PROGRAM NS
running() { [[ ${DAEMONS["$1 $2"]-} ]] && ! daemon_gone "${DAEMONS["$1 $2"]}"; }

# unit_says NAME: a setting of gvpnd.service
unit_says() { sed -n "s/^$1=//p" "$LIB/../gvpnd.service"; }

# confined NS COMMAND...: runs COMMAND as systemd runs gvpnd: the unit's user (a member of the group of that name), group,
# capabilities and umask, and no new privileges.  The scenario systemd tests the rest of the unit (system calls, the view of the
# file system).
confined() {
	local user bounding ambient group
	user=$(unit_says User)
	group=$(unit_says Group)
	bounding=$(unit_says CapabilityBoundingSet | capabilities)
	ambient=$(unit_says AmbientCapabilities | capabilities)
	[[ $user && $group && $bounding && $ambient ]] || fail "gvpnd.service names no user, no group or no capabilities"
	umask "$(unit_says UMask)"
	# Without ns(): a job in the background must have the process id of COMMAND itself.
	exec ip netns exec "$1" /usr/bin/setpriv --reuid "$user" --regid "$group" --groups "$user" \
		--bounding-set "$bounding" --inh-caps "$ambient" --ambient-caps "$ambient" --no-new-privs "${@:2}"
}

# capabilities: the names of a unit, from standard input, become an option of setpriv that allows these alone
capabilities() { sed 's/CAP_/,+/g; s/ //g; s/^/-all/' | tr '[:upper:]' '[:lower:]'; }

# gvpnd_once NS ARGS...: gvpnd, as the unit confines it, for options that do one thing and exit: --flush, --fail-close
gvpnd_once() { (confined "$1" gvpnd --bpf "$(bpf_of "$1")" "${@:2}"); }

# bpf_of NS: the folder with the programs of the member in NS
bpf_of() { printf '/bpf/%s' "$1"; }

# load_programs NS: what the unit does as root before the daemon starts
load_programs() {
	mkdir -p /bpf
	if ! grep -q " /bpf bpf " /proc/mounts; then mount -t bpf bpf /bpf; fi
	ns "$1" gvpnd --load --bpf "$(bpf_of "$1")"
}

# readable FILE: by the user of the unit, as root:gvpn 0640 is on a machine where the package is installed
readable() {
	if [[ -e $1 ]]; then chgrp gvpn "$1" && chmod 640 "$1"; fi
}

# start_program PROGRAM NS ARGS...: starts it in the background, gvpnd confined; the log continues that of an earlier run
start_program() {
	local program=$1 where=$2
	local -a how=(exec ip netns exec)
	if running "$program" "$where"; then fail "$program already runs in $where"; fi
	if [[ $program == gvpnd ]]; then how=(confined); fi
	("${how[@]}" "$where" "$program" "${@:3}") >>"$(daemon_log "$program" "$where")" 2>&1 </dev/null &
	DAEMONS["$program $where"]=$!
}

# await_program SECONDS PROGRAM NS COMMAND...: waits until COMMAND says that PROGRAM is up; fails, with the log, if PROGRAM ends first
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
	chown "$(unit_says User):$(unit_says Group)" "/run/gvpn-$1"
	readable "$2"
	load_programs "$1" || fail "gvpnd --load in $1 failed"
	start_program gvpnd "$1" -c "$2" --socket "$(socket_of "$1")" --bpf "$(bpf_of "$1")" "${@:3}"
	await_program 60 gvpnd "$1" gvpnctl_in "$1" show ipsec security-associations
}

# registered NS: whether the member has keys, by its own account
registered() { contains 'Total active tunnels: [1-9]' gvpnctl_in "$1" show ipsec security-associations; }

# unregistered NS: the member answers that it has no keys; false for a member that is dead or does not answer
unregistered() { contains 'Total active tunnels: 0$' gvpnctl_in "$1" show ipsec security-associations; }

# daemon_cpu NS: hundredths of a second of processor time that its gvpnd has taken
daemon_cpu() { echo $(($(daemon_cpu_us "$1") / 10000)); }

# daemon_cpu_us NS: the same in microseconds, as the scheduler counted it.  /proc/PID/stat has whole hundredths: a difference of two
# of its figures is wrong by up to one of them.
daemon_cpu_us() { cat "/proc/${DAEMONS["gvpnd $1"]}"/task/*/schedstat | awk '{ sum += $1 } END { printf "%d\n", sum / 1000 }'; }

# stop_program PROGRAM NS [SIGNAL]: ends a running program and waits for its end.  The scenario fails unless it ends with status
# 0 after SIGTERM, or by the other signal
stop_program() {
	local signal=${3:-TERM} wanted=0
	running "$1" "$2" || fail "$(how_ended "$1" "$2")"
	if [[ $signal != TERM ]]; then wanted=$((128 + $(kill -l "$signal"))); fi
	kill -s "$signal" "${DAEMONS["$1 $2"]}"
	await_end "$1" "$2" "$wanted"
}

# await_end PROGRAM NS [STATUS]: waits for the end of a program that was told to end; fails if it does not, or with another status
await_end() {
	local pid=${DAEMONS["$1 $2"]-}
	[[ $pid ]] || fail "$1 was not started in $2"
	if ! within 20 daemon_gone "$pid"; then
		kill -KILL "$pid"
		fail "$1 in $2 did not end within 20 s of being told to"
	fi
	STOP_STATUS=0
	{ wait "$pid" || STOP_STATUS=$?; } 2>/dev/null
	unset "DAEMONS[$1 $2]"
	((STOP_STATUS == ${3:-0})) || fail "$1 in $2 ended with status $STOP_STATUS, not ${3:-0}:" \
		"$(tail -n 1 "$(daemon_log "$1" "$2")")"
}

# how_ended PROGRAM NS: how a program has ended that does not run
how_ended() {
	local status=0
	if [[ ! ${DAEMONS["$1 $2"]-} ]]; then
		say "$1 was not started in $2"
		return
	fi
	{ wait "${DAEMONS["$1 $2"]}" || status=$?; } 2>/dev/null
	say "$1 in $2 ended by itself (status $status): $(tail -n 1 "$(daemon_log "$1" "$2")")"
}

daemon_gone() { [[ ! -e /proc/$1 || $(awk '$1 == "State:" { print $2 }' "/proc/$1/status" 2>/dev/null) == [ZX] ]]; }

stop_gvpnd() { stop_program gvpnd "$@"; }
stop_gcks() { stop_program gcks "$@"; }

# daemons_finish: every program that was started and not stopped must still run; ends all of them
daemons_finish() {
	local daemon
	for daemon in "${!DAEMONS[@]}"; do
		# shellcheck disable=SC2086 # two words: a program and a namespace
		running $daemon || fail "$(how_ended $daemon)"
	done
	for daemon in "${!DAEMONS[@]}"; do
		# shellcheck disable=SC2086
		stop_program $daemon
	done
}

# daemons_end: at a failed script's end, all that still run
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
