# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Traffic between the two sites that goes on while something happens, and the count of lost packets.  Sourced by the scenarios
# that claim that nothing is lost.  Needs the option -i, which keeps the rate on a busy machine.

RATE=${RATE:-200} # UDP packets a second, each way; TCP runs beside it

# traffic SECONDS: UDP and TCP, both ways, in the background; TRAFFIC has the process ids
traffic() {
	local port=5300 spec from to address
	# The queue before a processor has 1000 places: too few when the one processor does something else for half a second.
	sysctl -qw net.core.rmem_max=8388608 net.core.wmem_max=8388608 net.core.netdev_max_backlog=20000
	TRAFFIC=()
	SECONDS_OF_TRAFFIC=$1
	for spec in "hostA hostB 172.16.102.10" "hostB hostA 172.16.101.10"; do
		read -r from to address <<<"$spec"
		ns "$to" iperf3 -s -1 --forceflush -p $port >"$OUT/udp-$from-server.log" 2>&1 &
		ns "$to" iperf3 -s -1 --forceflush -p $((port + 1)) >"$OUT/tcp-$from-server.log" 2>&1 &
		within 10 grep -q 'Server listening' "$OUT/udp-$from-server.log" || fail "iperf3 server in $to"
		within 10 grep -q 'Server listening' "$OUT/tcp-$from-server.log" || fail "iperf3 server in $to"
		# Large socket buffers: packets wait there while the one processor does something else.
		ns "$from" iperf3 -u -c "$address" -p $port -t "$1" -l 200 -w 2M --pacing-timer $((1000000 / RATE)) -b $((RATE * 200 * 8)) >"$OUT/udp-$from.log" 2>&1 &
		TRAFFIC+=($!)
		ns "$from" iperf3 -c "$address" -p $((port + 1)) -t "$1" -b 500K --pacing-timer 20000 >"$OUT/tcp-$from.log" 2>&1 &
		TRAFFIC+=($!)
		port=$((port + 10))
	done
}

# lost FILE: "LOST TOTAL" of a UDP run, as its receiver counted
lost() { awk '/receiver$/ { for (i = 1; i <= NF; i++) if ($i ~ /^[0-9]+\/[0-9]+$/) { split($i, v, "/"); print v[1], v[2] } }' "$1"; }

# counter NAME: of the router's table
counter() { ns router nft list counter ip seen "$1" | sed -n 's/^[[:space:]]*packets \([0-9]*\) .*/\1/p'; }

# watch: the router counts what passes it, and remembers the SPIs; captures would take the one processor from the traffic
watch() {
	ns router nft -f - <<-'NFT'
		table ip seen
		delete table ip seen
		table ip seen {
			counter clear { }
			counter esp_1_in { }
			counter esp_1_out { }
			counter esp_2_in { }
			counter esp_2_out { }
			set spis {
				typeof esp spi
				size 1024
				flags dynamic
			}
			chain come {
				type filter hook prerouting priority 0
				ip saddr 172.16.0.0/12 ip daddr 172.16.0.0/12 ip protocol != esp counter name clear
				iifname gm1 ip protocol esp counter name esp_1_in add @spis { esp spi }
				iifname gm2 ip protocol esp counter name esp_2_in add @spis { esp spi }
			}
			chain leave {
				type filter hook postrouting priority 0
				oifname gm2 ip protocol esp counter name esp_1_out
				oifname gm1 ip protocol esp counter name esp_2_out
			}
		}
	NFT
	ERRORS_BEFORE="$(xfrm_errors gm1)$(xfrm_errors gm2)"
}

# judge_traffic NAME [KEYS]: waits for the end of the traffic; checks the losses at the ends and at the router, and that at least
# KEYS keys were in use
judge_traffic() {
	local from count total keys sum=0 all=0
	wait "${TRAFFIC[@]}" || fail "$1: iperf3: $(tail -n 1 "$OUT"/*-host?.log | tr '\n' ' ')"
	for from in hostA hostB; do
		read -r count total <<<"$(lost "$OUT/udp-$from.log")"
		sum=$((sum + count))
		all=$((all + total))
		check "$1: TCP from $from went on to its end" grep -q 'receiver$' "$OUT/tcp-$from.log"
	done
	figure "$1: UDP packets sent and lost" "$all, $sum"
	check "$1: UDP ran at its rate" at_least "$all" $((2 * RATE * SECONDS_OF_TRAFFIC * 98 / 100))
	check "$1: no UDP packet was lost" equal "$sum" 0
	check "$1: not one packet between the sites in clear at the router" equal "$(counter clear)" 0
	figure "$1: packets in ESP at the router, from either side" "$(counter esp_1_in), $(counter esp_2_in)"
	check "$1: as many leave the router as come to it" equal "$(counter esp_1_in) $(counter esp_2_in)" \
		"$(counter esp_1_out) $(counter esp_2_out)"
	check "$1: all of the traffic was in ESP" at_least $(($(counter esp_1_in) + $(counter esp_2_in))) "$all"
	keys=$(ns router nft list set ip seen spis | sed -n '/elements/,$p' | grep -oE '\b[0-9]{3,}\b' | sort -u | wc -l)
	figure "$1: different keys on the wire" "$keys"
	check "$1: the traffic went on over one key after the other" at_least "$keys" "${2-1}"
	check "$1: the kernels counted no XFRM error" equal "$(xfrm_errors gm1)$(xfrm_errors gm2)" "$ERRORS_BEFORE"
}
