# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Network namespaces and the networks between them.  Part of lib.sh.
#
# Kernel settings stay as a Debian 12 system has them: reverse path filtering off (0: neither the kernel nor
# procps/systemd of Debian 12 turn it on), IPv6 on, segmentation offload of veth on.  RP_FILTER=1 or 2 before
# topology_guide sets it in the members and the router instead; forwarding is on in these three only.

# ns NAME COMMAND...
ns() { ip netns exec "$@"; }

# ns_add NAME...: namespaces with their loopback up; one that is there already stays
ns_add() {
	local name
	for name in "$@"; do
		if [[ ! -e /run/netns/$name ]]; then ip netns add "$name"; fi
		ip -n "$name" link set lo up
	done
}

# link NS-A IF-A ADDRESS-A/LEN NS-B IF-B ADDRESS-B/LEN: a veth pair between two namespaces, up, with addresses
link() {
	ip -n "$1" link add "$2" type veth peer name "$5" netns "$4"
	printf 'addr add %s dev %s\nlink set %s up\n' "$3" "$2" "$2" | ip -n "$1" -batch -
	printf 'addr add %s dev %s\nlink set %s up\n' "$6" "$5" "$5" | ip -n "$4" -batch -
}

# sysctl_in NS NAME=VALUE...
sysctl_in() { ns "$1" sysctl -qw "${@:2}"; }

# forwarding NS...: makes routers of namespaces
forwarding() {
	local name
	for name in "$@"; do
		sysctl_in "$name" net.ipv4.ip_forward=1
		if [[ ${RP_FILTER-} ]]; then
			sysctl_in "$name" net.ipv4.conf.all.rp_filter="$RP_FILTER" net.ipv4.conf.default.rp_filter="$RP_FILTER"
		fi
	done
}

# site N LETTER: hostLETTER (172.16.(100+N).10, eth0) - gmN (lan0 .1; wan0 10.18.(100+N).1) - router (interface gmN, .254)
site() {
	local i=$((100 + $1)) member=gm$1 host=host$2
	ns_add "$host" "$member"
	forwarding "$member"
	link "$host" eth0 "172.16.$i.10/24" "$member" lan0 "172.16.$i.1/24"
	link "$member" wan0 "10.18.$i.1/24" router "$member" "10.18.$i.254/24"
	ip -n "$host" route add default via "172.16.$i.1"
	ip -n "$member" route add default via "10.18.$i.254"
	ip -n router route add "172.16.$i.0/24" via "10.18.$i.1"
}

# topology_guide [SITES]: the guide's example with 2 (or up to 9) sites:
#
#   hostA 172.16.101.10 - .1 lan0 gm1 wan0 10.18.101.1 - .254 gm1 router
#   hostB 172.16.102.10 - .1 lan0 gm2 wan0 10.18.102.1 - .254 gm2 router
#   server 10.10.100.1 eth0 ------------------------------ .254 server router
#
# The router routes the sites' own networks, as the network of a group VPN does.  The function returns when every path has
# worked in clear.
topology_guide() {
	local sites=${1:-2} i
	topology_links "$sites"
	for ((i = 1; i <= sites; i++)); do
		ns server ping -q -c 1 -W 5 "172.16.$((100 + i)).10" >/dev/null || fail "topology: no path from server to site $i"
	done
}

# topology_links SITES: the same without looking at the paths
topology_links() {
	local i letters=ABCDEFGHI
	ns_add router server
	forwarding router
	link server eth0 10.10.100.1/24 router server 10.10.100.254/24
	ip -n server route add default via 10.10.100.254
	for ((i = 1; i <= $1; i++)); do
		site "$i" "${letters:i-1:1}"
	done
}

# kernel_state NS: its XFRM state and policy, its nftables rules, its routes, neighbours and programs at tc, without what changes by itself: times,
# counters, and the link-local and multicast routes of IPv6, which the kernel adds when it has carrier and has found no
# duplicate address, a second or two after the interface came up
kernel_state() {
	echo "# ip xfrm state"
	ns "$1" ip xfrm state | sed '/anti-replay context/d'
	echo "# ip xfrm policy"
	ns "$1" ip xfrm policy
	echo "# nft list ruleset"
	ns "$1" nft -s list ruleset
	echo "# ip rule, ip route"
	ns "$1" ip rule
	ns "$1" ip route show table all | sed -E '/(fe80::|ff00::\/8).* proto kernel /d'
	echo "# ip neigh, tc: what does not come by itself"
	ns "$1" ip neigh show nud permanent
	ns "$1" tc qdisc show | sed -n '/clsact/p'
}

# xfrm_errors NS: the counters of /proc/net/xfrm_stat that are not zero
xfrm_errors() { ns "$1" awk '$2 != 0' /proc/net/xfrm_stat; }
