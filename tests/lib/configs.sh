# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The guide's configurations, written for the topology of topology.sh.  Sourced by the scenarios that use the programs.

# Keys stand in these files.
umask 077

# member_conf N [LINE...]: GM-000N for gmN, with further "set" lines (a doubled statement is an error, a later one never wins).
# SERVERS (default 10.10.100.1), PSK and GROUP change these values
member_conf() {
	local i=$((100 + $1)) member="security group-vpn member"
	local vpn="$member ipsec vpn GROUP_ID-0001"
	cat <<-CONF
		set security zones security-zone LAN interfaces lan0
		set security zones security-zone WAN interfaces wan0
		set $member ike proposal PSK-SHA256-DH14-AES256 authentication-method pre-shared-keys
		set $member ike proposal PSK-SHA256-DH14-AES256 authentication-algorithm sha-256
		set $member ike proposal PSK-SHA256-DH14-AES256 dh-group group14
		set $member ike proposal PSK-SHA256-DH14-AES256 encryption-algorithm aes-256-cbc
		set $member ike policy KeySrv mode main
		set $member ike policy KeySrv proposals PSK-SHA256-DH14-AES256
		set $member ike policy KeySrv pre-shared-key ascii-text "${PSK-\$ABC123}"
		set $member ike gateway KeySrv ike-policy KeySrv
		set $member ike gateway KeySrv server-address [ ${SERVERS-10.10.100.1} ]
		set $member ike gateway KeySrv local-address 10.18.$i.1
		set $vpn ike-gateway KeySrv
		set $vpn group-vpn-external-interface wan0
		set $vpn group ${GROUP-1}
		set security ipsec-policy from-zone LAN to-zone WAN ipsec-group-vpn GROUP_ID-0001
	CONF
	if (($# > 1)); then printf 'set %s\n' "${@:2}"; fi
}

# vpn_line STATEMENT: a line for member_conf, relative to its VPN
vpn_line() { printf 'security group-vpn member ipsec vpn GROUP_ID-0001 %s' "$*"; }

# server_conf [LINE...]: the guide's server for gm1 to gm4, with further "set" lines; PSK, TEK_LIFE, CIPHER and AUTH change these values.
# An empty AUTH leaves its line out, for ciphers with an ICV of their own.  The group has an anti-replay window in a scenario's part d3p, or
# NAME-d3p
server_conf() {
	local server="security group-vpn server" i
	local group="$server group GROUP_ID-0001"
	cat <<-CONF
		set $server ike proposal PSK-SHA256-DH14-AES256 authentication-method pre-shared-keys
		set $server ike proposal PSK-SHA256-DH14-AES256 authentication-algorithm sha-256
		set $server ike proposal PSK-SHA256-DH14-AES256 dh-group group14
		set $server ike proposal PSK-SHA256-DH14-AES256 encryption-algorithm aes-256-cbc
		set $server ike policy GMs mode main
		set $server ike policy GMs proposals PSK-SHA256-DH14-AES256
		set $server ike policy GMs pre-shared-key ascii-text "${PSK-\$ABC123}"
	CONF
	for i in 1 2 3 4; do
		cat <<-CONF
			set $server ike gateway GM-000$i ike-policy GMs
			set $server ike gateway GM-000$i address 10.18.10$i.1
			set $server ike gateway GM-000$i local-address 10.10.100.1
			set $group ike-gateway GM-000$i
		CONF
	done
	if [[ ${AUTH-default} ]]; then
		echo "set $server ipsec proposal AES256-SHA256-L3600 authentication-algorithm ${AUTH-hmac-sha-256-128}"
	fi
	cat <<-CONF
		set $server ipsec proposal AES256-SHA256-L3600 encryption-algorithm ${CIPHER-aes-256-cbc}
		set $server ipsec proposal AES256-SHA256-L3600 lifetime-seconds ${TEK_LIFE-3600}
		set $group group-id 1
		set $group member-threshold 2000
		set $group ipsec-sa GROUP_ID-0001 proposal AES256-SHA256-L3600
		set $group ipsec-sa GROUP_ID-0001 match-policy 1 source 172.16.0.0/12
		set $group ipsec-sa GROUP_ID-0001 match-policy 1 destination 172.16.0.0/12
		set $group ipsec-sa GROUP_ID-0001 match-policy 1 protocol 0
	CONF
	if with_window; then set -- "$(group_line anti-replay-time-window 1000)" "$@"; fi
	if (($# > 0)); then printf 'set %s\n' "$@"; fi
}

# with_window: whether this is a part d3p, or NAME-d3p
with_window() { [[ ${PART-} == d3p || ${PART-} == *-d3p ]]; }

# group_line STATEMENT: a line for server_conf, relative to its group
group_line() { printf 'security group-vpn server group GROUP_ID-0001 %s' "$*"; }

# two_members [LINE...]: the guide's topology with the key server and both members running and registered
two_members() {
	topology_guide
	register_two "$@"
}

# register_two [LINE...]: the key server, with further "set" lines, and both members start on the topology, and register
register_two() {
	server_conf "$@" >/tmp/server.conf
	member_conf 1 >/tmp/gm1.conf
	member_conf 2 >/tmp/gm2.conf
	start_gcks server /tmp/server.conf
	start_gvpnd gm1 /tmp/gm1.conf
	start_gvpnd gm2 /tmp/gm2.conf
	wait_for 30 registered gm1
	wait_for 30 registered gm2
}

# Packets of the sites' own networks: at the router none of them may pass in clear.
SITES='net 172.16.0.0/12'

# push_server_conf LINE...: server_conf with unicast pushes, and further "set" lines; SIGNATURE: an RSA pair takes the emulated
# machine long to make, so the default is ECDSA
push_server_conf() {
	server_conf "$(group_line server-member-communication communication-type unicast)" \
		"$(group_line server-member-communication encryption-algorithm aes-256-cbc)" \
		"$(group_line server-member-communication sig-hash-algorithm sha-256)" \
		"$(group_line server-member-communication lifetime-seconds 86400)" \
		"$(group_line test signature-algorithm "${SIGNATURE-ecdsa-256}")" "$@"
}

# stat_of NS NAME: a counter of the member's Stats
stat_of() { show "$1" ipsec security-associations detail | sed -n "s/^ *$2 *: *//p"; }

# stat_is NS NAME NUMBER
stat_is() { equal "$(stat_of "$1" "$2")" "$3"; }
