# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Traffic, and captures of it, which are pcap files in $OUT.  Part of lib.sh.

declare -A CAPTURES=() # FILE -> process id of its tcpdump

# capture NS INTERFACE FILE [FILTER...]: starts a capture into $OUT/FILE and returns when it is running
capture() {
	local file=$3
	if [[ ${CAPTURES[$file]-} ]]; then fail "capture $file is running already"; fi
	# -B: 32 MB, so that no packet is lost while the one processor is busy; stop_capture fails otherwise.  -s: the buffer has a
	# place of this size for every packet, so with the default of 256 KB it would have only 128 places.
	ip netns exec "$1" tcpdump -i "$2" -n -U -Z root --immediate-mode -B 32768 -s 2048 -w "$OUT/$file" "${@:4}" \
		>/dev/null 2>"$OUT/$file.log" </dev/null &
	CAPTURES[$file]=$!
	within 10 capture_settled "$file" || :
	grep -q 'listening on' "$OUT/$file.log" || fail "capture $file on $2 of $1: $(tr "\n" " " <"$OUT/$file.log")"
}

# capture_settled FILE: its tcpdump listens, or has given up
capture_settled() { grep -q 'listening on' "$OUT/$1.log" || daemon_gone "${CAPTURES[$1]}"; }

# stop_capture [FILE...]: ends captures (all, if none is named) when they have written all packets that were seen before.  Fails
# if one lost packets, because "not in the capture" would mean nothing then
stop_capture() {
	local file pid now=$EPOCHREALTIME
	if (($# == 0)); then set -- "${!CAPTURES[@]}"; fi
	for file in "$@"; do
		pid=${CAPTURES[$file]-}
		[[ $pid ]] || fail "capture $file does not run"
		capture_caught_up "$file" "$now"
		kill -TERM "$pid" || :
		wait "$pid" || fail "capture $file: $(tail -n 1 "$OUT/$file.log")"
		unset "CAPTURES[$file]"
		grep -q '^0 packets dropped by kernel' "$OUT/$file.log" ||
			fail "capture $file lost packets: $(grep dropped "$OUT/$file.log")"
	done
}

# capture_caught_up FILE TIME: waits until the capture has nothing more to write; under traffic, for 3 s, in which a packet
# younger than TIME must have come
capture_caught_up() {
	local size last=-1 until=$(($(now_ms) + 3000))
	while size=$(stat -c %s "$OUT/$1") && ((size != last)); do
		if (($(now_ms) > until)); then
			last=$(tcpdump -Z root -n -tt -r "$OUT/$1" 2>/dev/null | tail -n 1)
			at_least "${last%% *}" "$2" || fail "capture $1 is behind: $last"
			return
		fi
		last=$size
		sleep 0.3
	done
}

# captures_end: at the script's end
captures_end() {
	if ((${#CAPTURES[@]})); then
		sleep 0.3
		kill -TERM "${CAPTURES[@]}" 2>/dev/null
		wait "${CAPTURES[@]}" 2>/dev/null
	fi
}

# packets FILE [FILTER or options of tcpdump...]: the packets of a capture, a line each
packets() {
	local file=$1 status=0 errors=/tmp/packets.$BASHPID
	if [[ $file != /* ]]; then file=$OUT/$file; fi
	tcpdump -Z root -n -tt -r "$file" "${@:2}" 2>"$errors" || status=$?
	if ((status)); then fail "capture $1: $(tail -n 1 "$errors")"; fi
}

# count_packets FILE [FILTER...]: how many
count_packets() { packets "$@" | wc -l; }

# ping_all NS COUNT SIZE DESTINATION [OPTIONS, as -M do]: succeeds only if every reply came
ping_all() {
	local output
	output=$(ping_text "$@") || :
	say "$output"
	grep -q "^$2 packets transmitted, $2 received" <<<"$output"
}

# ping_none NS COUNT SIZE DESTINATION [OPTIONS]: succeeds only if no reply came, and packets were sent
ping_none() {
	local output
	output=$(ping_text "$@") || :
	say "$output"
	grep -qE '^[1-9][0-9]* packets transmitted, 0 received' <<<"$output"
}

# none_lost FILE: the output of a ping that ended and got every reply; prints the result in any case
none_lost() {
	local summary
	summary=$(grep 'packets transmitted' "$1") || { say "no summary in $1" && false; }
	say "$summary"
	grep -qE '^([1-9][0-9]*) packets transmitted, \1 received' <<<"$summary"
}

# drop FILTER...: the router loses the packets that match from now on; pass: no longer
drop() { ns router nft -f - <<<"table ip loss { chain forward { type filter hook forward priority 0; $* counter drop; }; }"; }
pass() { ns router nft delete table ip loss; }

# In the order of the programs' map "counters" (xfrm/bpf/shapes.h)
COUNTERS=(clear_in_dropped fail_close_in fail_close_out unknown_spi readdressed misfit unprotected_out icmp_quoted esp_in opened
	esp_out inet6_dropped no_slot mss_lowered stamped carried fresh onward no_timestamp unexpected type_error length_error
	next_header_error too_old too_new wrong_iv)

# by_processor NS NUMBER: packets of one of the programs' counters, a line for each processor (DP_COUNTERS in xfrm/bpf/shapes.h)
by_processor() {
	local cpu processors
	processors=$(nproc)
	for ((cpu = 0; cpu < processors; cpu++)); do
		bpftool -j map lookup pinned "$(bpf_of "$1")"/*/counters key "$((cpu * 32 + $2))" 0 0 0 |
			sed 's/.*"formatted"//' | grep -o '"packets":[0-9]*' | sed 's/.*://'
	done
}

# counted NS COUNTER: packets of one of the member's counters, by the programs and by the backstop; the daemon is not asked
counted() {
	local i n=0
	for i in "${!COUNTERS[@]}"; do
		if [[ ${COUNTERS[i]} == "$2" ]]; then break; fi
	done
	n=$(by_processor "$1" "$i" | awk '{ n += $1 } END { print n + 0 }')
	case $2 in fail_close_in | fail_close_out | unprotected_out | wrong_iv)
		n=$((n + $(ns "$1" nft list counter ip gvpn "$2" | awk '$1 == "packets" { n = $2 } END { print n + 0 }')))
		;;
	inet6_dropped)
		n=$((n + $(ns "$1" nft list counter ip6 gvpn "$2" | awk '$1 == "packets" { n = $2 } END { print n + 0 }')))
		;;
	esac
	echo "$n"
}

# remembered NS SPI: whether the member's programs remember that nobody could open it
remembered() {
	bpftool -j map dump pinned "$(bpf_of "$1")"/*/unknown | grep -o '"formatted":{"key":[0-9]*' | sed 's/.*://' |
		while read -r key; do printf '%08x\n' "$key"; done | grep -c "$(printf '%08x' "$2" | sed 's/\(..\)\(..\)\(..\)\(..\)/\4\3\2\1/')"
}

# rose NS COUNTER COMMAND...: by how much the counter rises while COMMAND runs
rose() {
	local before
	before=$(counted "$1" "$2")
	"${@:3}" >&2 || :
	sleep 0.2
	echo $(($(counted "$1" "$2") - before))
}

# leaks FILE PATTERN: how many packets of a capture hold the text outside ESP, wherever it stands in them: in the payload, in
# an ICMP error's quote, under translated addresses.  The capture must have whole packets, so a long enough one (-s).
leaks() { packets "$1" -A 'not ip proto 50' | awk -v text="$2" '
	/^[0-9]+\.[0-9]+ (IP|ARP)/ { n += found; found = 0 }
	index($0, text) { found = 1 }
	END { print n + found }'; }

ping_text() { ns "$1" ping -n -i 0.2 -W 2 -c "$2" -s "$3" "${@:5}" "$4" 2>&1; }

# iperf CLIENT-NS SERVER-NS SERVER-ADDRESS SECONDS [OPTIONS of the client, as -u -b 2M]: sets IPERF_MBITS (what the
# receiver got, Mbit/s) and leaves both reports in $OUT/iperf-N-{client,server}.log; fails if the run does
iperf() {
	local name server
	IPERF_RUNS=$((${IPERF_RUNS-0} + 1))
	name=$OUT/iperf-$IPERF_RUNS
	ip netns exec "$2" iperf3 -s -1 --forceflush >"$name-server.log" 2>&1 </dev/null &
	server=$!
	within 10 grep -q 'Server listening' "$name-server.log" || fail "iperf3 server: $(cat "$name-server.log")"
	ns "$1" timeout $(($4 + 30)) iperf3 -c "$3" -t "$4" -f k "${@:5}" >"$name-client.log" 2>&1 ||
		fail "iperf3 from $1 to $3: $(tail -n 1 "$name-client.log")"
	wait "$server" || fail "iperf3 server: $(tail -n 1 "$name-server.log")"
	IPERF_MBITS=$(awk '/receiver$/ { for (i = 2; i <= NF; i++) if ($i ~ /bits\/sec$/) v = $(i - 1) }
		END { if (v == "") exit 1; printf "%.2f", v / 1000 }' "$name-client.log") ||
		fail "iperf3 from $1 to $3 gave no result: $(tail -n 1 "$name-client.log")"
}
