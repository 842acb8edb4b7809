# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What a packet costs through a plain tunnel and through the group, on one topology: for "make bench" and scenario cost.  For
# options -i: the guest's clock runs a nanosecond an instruction, so a time is a count of instructions, and repeats.
# Needs topology_guide, lib.sh and configs.sh, and the program "load" (tests/bench/load.c) in the PATH.

# hardware_crypto: loads what a processor with AES and SSSE3 has drivers for, as every real machine does by itself
hardware_crypto() { modprobe -a aesni_intel sha256_ssse3; }

# crypto_in_use: the kernel's names of what SAs encrypt with at this moment, one a line; XFRM puts a generator of IVs around each
crypto_in_use() {
	awk '$1 == "driver" { driver = $3 } $1 == "refcnt" && $3 > 1 && driver ~ /^(echainiv|seqiv)[(]/ { print driver }' /proc/crypto
}

# algorithms CIPHER AUTHENTICATION: the words of "ip xfrm state" for what a proposal calls so, with fixed keys
algorithms() {
	local bits=${1#aes-}
	bits=${bits%-*}
	case $1 in
	aes-*-gcm)
		echo aead "rfc4106(gcm(aes))" "0x$(printf '%0*d' $((bits / 4 + 8)) 2)" 128
		return
		;;
	aes-*-cbc) ;;
	*) fail "measure.sh knows no cipher $1" ;;
	esac
	case $2 in
	hmac-sha-256-128) echo auth-trunc "hmac(sha256)" "0x$(printf '%064d' 1)" 128 enc "cbc(aes)" "0x$(printf '%0*d' $((bits / 4)) 2)" ;;
	*) fail "measure.sh knows no authentication $2" ;;
	esac
}

# plain_half ME FAR CIPHER AUTHENTICATION: one member's half of a tunnel with fixed addresses, without a window against replay as
# a group's SAs have none, and with the DF bit clear outside as a group's SAs have it by default
plain_half() {
	local me=$1 far=$2 here=172.16.10$1.0/24 there=172.16.10$2.0/24 way from to
	local -a algorithms
	read -r -a algorithms <<<"$(algorithms "$3" "$4")"
	for way in "$me $far" "$far $me"; do
		read -r from to <<<"$way"
		ns "gm$me" ip xfrm state add src "10.18.10$from.1" dst "10.18.10$to.1" proto esp spi "0x100$from" reqid 1 mode tunnel \
			flag nopmtudisc "${algorithms[@]}"
	done
	ns "gm$me" ip xfrm policy add src "$here" dst "$there" dir out \
		tmpl src "10.18.10$me.1" dst "10.18.10$far.1" proto esp reqid 1 mode tunnel
	for way in in fwd; do
		ns "gm$me" ip xfrm policy add src "$there" dst "$here" dir $way \
			tmpl src "10.18.10$far.1" dst "10.18.10$me.1" proto esp reqid 1 mode tunnel
	done
}

# plain_up CIPHER AUTHENTICATION
plain_up() {
	plain_half 1 2 "$1" "$2"
	plain_half 2 1 "$1" "$2"
}

plain_down() {
	local member
	for member in gm1 gm2; do
		ns $member ip xfrm state flush
		ns $member ip xfrm policy flush
	done
}

# group_up CIPHER AUTHENTICATION [LINE...]: the guide's server and members, with further "set" lines of the server;
# AUTHENTICATION is - with a cipher that has its own
group_up() { CIPHER=$1 AUTH=${2#-} register_two "${@:3}"; }

# group_down: with all that the members leave in the kernel
group_down() {
	local member
	for member in gm1 gm2; do
		stop_gvpnd $member
		gvpnd_once $member --flush || fail "gvpnd --flush in $member"
	done
	stop_gcks server
}

# stateful_firewall: connection tracking on both members, as a host has it that lets answers in
stateful_firewall() {
	local member
	for member in gm1 gm2; do
		ns $member nft -f - <<-'NFT'
			table ip firewall {
				chain forward {
					type filter hook forward priority filter
					ct state established,related accept
					ct state invalid counter drop
				}
			}
		NFT
	done
}

no_firewall() {
	local member
	for member in gm1 gm2; do
		ns $member nft delete table ip firewall
	done
}

# rounds COUNT KIND OCTETS [PACKETS]: sends it from hostA to hostB so often, and prints what each round took, a line each
rounds() {
	case $2 in
	udp) load udp hostA hostB 172.16.102.10 "$3" "$4" "$1" ;;
	tcp) load tcp hostA hostB 172.16.102.10 "$3" "$1" ;;
	*) fail "there is no load $2" ;;
	esac
}

# median: of the numbers on standard input
median() { sort -g | awk '{ v[NR] = $1 } END { if (!NR) exit 1; print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
