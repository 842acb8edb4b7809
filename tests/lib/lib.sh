# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# A scenario's script begins with:  . /tests/lib/lib.sh
# Runs in the guest, as root.  Brings the helpers of topology.sh, daemons.sh and packets.sh, and the checks below.
#
# A script makes claims with "check" and ends with "finish".  Anything else that ends it (a command that fails, "fail", a
# signal, "exit 0" before "finish") makes the scenario fail, with a reason that the runner shows.  Files left in $OUT come
# back to the host.  What the library keeps there: checks (a line per claim), figures, reason, finished.
#
# Times are seconds of the guest's clock.

# Without pipefail: "COMMAND | grep -q" must not fail when grep ends early because it has found its line.
set -Eeu
OUT=${OUT:-/out}
LIB=$(cd "${BASH_SOURCE[0]%/*}" && pwd -P)
PART=${1-}
DIED=
FINISHED=
: >>"$OUT/checks"

say() { printf '%s\n' "$*"; }

# step TEXT: says what the scenario does now, and how many seconds it has run
step() {
	local tenths=$((($(now_ms) - LIB_STARTED) / 100))
	printf "\n== %s (%d.%d s)\n" "$*" $((tenths / 10)) $((tenths % 10))
}

# Uses the time since boot, in steps of 10 ms, because scenarios set the clock
now_ms() {
	local up
	read -r up _ </proc/uptime
	printf '%d' $((10#${up/./} * 10))
}
LIB_STARTED=$(now_ms)

indent() { sed 's/^/    /'; }

# fail REASON...: ends the scenario as failed, from wherever it is called, also inside $(...)
fail() {
	if [[ ! -s $OUT/reason ]]; then printf '%s\n' "$*" >"$OUT/reason"; fi
	printf 'FAIL: %s\n' "$*" >&2
	if ((BASHPID != $$)); then kill -USR1 $$; fi
	exit 1
}

# check CLAIM [!] COMMAND...: runs COMMAND (in a subshell) and says whether the claim holds; "!" claims that it fails
check() {
	local claim=$1 wanted=0 status=0 output
	shift
	if [[ $1 == '!' ]]; then
		wanted=1
		shift
	fi
	output=$("$@" 2>&1) || status=$?
	if ((wanted == (status != 0))); then
		printf 'ok: %s\n' "$claim" | tee -a "$OUT/checks"
		return 0
	fi
	printf 'not ok: %s\n' "$claim" | tee -a "$OUT/checks"
	printf '    %s (status %d)%s\n' "$*" "$status" "${output:+ said:}"
	if [[ $output ]]; then indent <<<"$output"; fi
}

# For check: comparisons that show what they got
equal() { [[ $1 == "$2" ]] || { printf 'got "%s", expected "%s"\n' "$1" "$2" && false; }; }
at_least() { compare "$1" '>=' "$2" || { say "got \"$1\", expected at least $2" && false; }; }
at_most() { compare "$1" '<=' "$2" || { say "got \"$1\", expected at most $2" && false; }; }

# compare A OPERATOR B: false if one of them is no number, because awk would take an empty word for 0 or for text
compare() {
	local number='^-?[0-9]+(\.[0-9]+)?$'
	[[ $1 =~ $number && $3 =~ $number ]] && awk "BEGIN { exit !($1 $2 $3) }"
}

# contains PATTERN COMMAND...: whether what COMMAND prints has a line that matches the extended regular expression
contains() {
	local pattern=$1 output
	shift
	output=$("$@" 2>&1) || :
	grep -qE -- "$pattern" <<<"$output" || { printf 'nothing like "%s" in:\n%s\n' "$pattern" "$output" && false; }
}

# lacks PATTERN COMMAND...: COMMAND succeeds, and no line of what it prints matches
lacks() {
	local pattern=$1 output
	shift
	if ! output=$("$@" 2>&1); then
		printf '%s failed:\n%s\n' "$*" "$output"
		return 1
	fi
	! grep -E -- "$pattern" <<<"$output"
}

# within SECONDS COMMAND...: repeats COMMAND until it succeeds; after SECONDS shows the last output of COMMAND and returns 1.
# After 5 s COMMAND runs only once a second, because each run costs an emulated machine time.
within() {
	local seconds=$1 started now output
	shift
	started=$(now_ms)
	until output=$("$@" 2>&1); do
		now=$(now_ms)
		if ((now >= started + seconds * 1000)); then
			printf '%s\n' "$output"
			return 1
		fi
		sleep $((now < started + 5000 ? 0 : 1)).2
	done
}

# wait_for SECONDS COMMAND...: the same, and the scenario fails if it does not come true
wait_for() {
	local output
	output=$(within "$@") || fail "waited $1 s for: ${*:2}${output:+; it last said: $output}"
}

# part NAME: whether this run does the part: the one in the script's first argument, or every part without an argument.
# The scenario's file parts must have the part, or no run would ever do it.  NAME-d3p does the same with an anti-replay window
# (server_conf).
part() {
	grep -q "^$1 " parts || fail "the file parts does not name $1"
	[[ ! $PART || ${PART%-d3p} == "$1" ]]
}

# figure NAME VALUE [UNIT]: a measured value, shown by the runner
figure() {
	printf 'figure: %s = %s\n' "$1" "${*:2}"
	printf '%s = %s\n' "$1" "${*:2}" >>"$OUT/figures"
}

# finish: ends the script.  The script has passed if there were claims and all of them held, and if every daemon ran up to
# here and then ended with the right status
finish() {
	local good bad
	good=$(grep -c '^ok: ' "$OUT/checks" || :)
	bad=$(grep -c '^not ok: ' "$OUT/checks" || :)
	printf '\nchecks: %d ok, %d not ok\n' "$good" "$bad"
	daemons_finish
	if ((bad)); then fail "$(sed -n 's/^not ok: //p' "$OUT/checks" | head -n 1)$( ((bad > 1)) && echo " (and $((bad - 1)) more)")"; fi
	if ((!good)); then fail "the script made no check"; fi
	printf '%d ok\n' "$good" >"$OUT/finished"
	FINISHED=1
	exit 0
}

# boot_again: reboots the machine, of a scenario with option -s, as an operator does; the script is run again, with the next
# number in BOOT and with what lies on the disk, $OUT among it
boot_again() {
	: >/tests/again
	FINISHED=1
	exit 0
}

lib_exit() {
	local status=$1
	trap - EXIT ERR
	trap '' USR1 TERM
	set +e
	if [[ ! $FINISHED && ! -s $OUT/reason ]]; then
		echo "the script ended before finish (status $status)${DIED:+: $DIED}" | tee "$OUT/reason" | sed 's/^/FAIL: /' >&2
	fi
	daemons_end
	captures_end
	if [[ $FINISHED ]]; then exit 0; fi
	exit $((status ? status : 1))
}

trap 'DIED="$? from line $LINENO of ${BASH_SOURCE[0]##*/}: $BASH_COMMAND"' ERR
trap 'lib_exit $?' EXIT
trap 'exit 1' USR1
trap 'echo "the script was told to end while it was at: $BASH_COMMAND" >"$OUT/reason"; exit 143' TERM

. "$LIB/topology.sh"
. "$LIB/daemons.sh"
. "$LIB/packets.sh"
