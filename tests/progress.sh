# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What tests/run-all shows of a run: how far it is, what a failure was, what each scenario cost.  Sourced by it; LOGS has the results
# of this run and of the one before, O the scenarios' folders.

# estimate KIND NAME: the seconds that the job took when it ran here last; else a third of its time limit, which is what most take
estimate() {
	local seconds='' limit folder=tests/scenarios/${2%%.*}
	read -r _ _ seconds _ 2>/dev/null <"$LOGS/$1-$2.result" || read -r _ _ seconds _ 2>/dev/null <"$LOGS/$1-$2.last"
	seconds=${seconds%.*}
	if [[ ! $seconds && $1 == scenario ]]; then
		limit=$(sed -n 's/.*-t *\([0-9]*\).*/\1/p' "$folder/options" 2>/dev/null)
		seconds=$((${limit:-300} / 3))
	fi
	echo "${seconds:-1}"
}

# duration SECONDS
duration() { if (($1 < 100)); then printf '%d s' "$1"; else printf '%d min' $((($1 + 30) / 60)); fi; }

# progress: on a terminal, a line of what runs, since when, what is left and for how long: of pool's running, since, left and kind
# shellcheck disable=SC2154,SC2004 # they are pool's, and since is an associative array
progress() {
	local pid name spent=0 expected sum=0 text=''
	if [[ ! -t 1 ]]; then return; fi
	for pid in "${!running[@]}"; do
		name=${running[$pid]}
		spent=$((SECONDS - since[$name]))
		expected=$(estimate "$kind" "$name")
		sum=$((sum + (expected > spent ? expected - spent : 0)))
		text+="${text:+, }$name $spent s of about $expected"
	done
	for name in "${left[@]}"; do
		sum=$((sum + $(estimate "$kind" "$name")))
	done
	text="$PASSED passed, $FAILED failed; $text; ${#left[@]} to come, about $(duration $((sum / JOBS))) left"
	printf '\r\033[K%s' "${text:0:${COLUMNS:-100}}"
}

clear_progress() { if [[ -t 1 ]]; then printf '\r\033[K'; fi; }

# failure KIND NAME REMARK: what failed, and how it is run alone
failure() {
	local reason=$3 command="make scenario-$2"
	if [[ $1 == unit ]]; then
		command="make unit UNIT=${2#test_}"
		reason=${3:-$(grep -m 1 -E '^[^ ]+:[0-9]+:[FE]:' "$LOGS/$1-$2.log")}
	fi
	printf '  %s: %s\n      run it alone: %s      its log: %s' "$2" "$reason" "$command" "$LOGS/$1-$2.log"
}

# cost_row NAME VERDICT SECONDS: of the table: all figures are seconds but the last, the number of programs started
cost_row() {
	local image='' boot='' wall=$3 processor='' guest='' idle='' programs=''
	if [[ -s $O/scenarios/$1/cost ]]; then read -r image boot _ processor guest idle programs <"$O/scenarios/$1/cost"; fi
	printf '%-26s %8s %7s %7s %9s %8s %8s %9s  %s' "$1" "$wall" "$image" "$boot" "$processor" "$guest" "$idle" "$programs" "$2"
}

cost_table() {
	printf '\n%-26s %8s %7s %7s %9s %8s %8s %9s\n' scenario wall image boot processor guest waited programs
	printf '%s\n' "${COSTS[@]}"
	printf '%s\n' "${COSTS[@]}" | awk '{ wall += $2; image += $3; boot += $4; processor += $5; guest += $6; idle += $7; n += $8 }
		END { printf "%-26s %8.1f %7.1f %7.1f %9.1f %8d %8d %9d\n", "all", wall, image, boot, processor, guest, idle, n }'
	printf 'seconds: real ones of the whole, of its image and of its boot; of a processor for the emulator; of the guest, and what the guest\n'
	printf 'waited of these; programs started in it\n'
}
