/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's own rules, as far as they decide the way of packets: where none of them looks at what is forwarded, the
 * programs at tc take packets past the stack (xfrm/README.md).
 */
#ifndef XFRM_HOST_RULES_H
#define XFRM_HOST_RULES_H

#include "xfrm/bpf/datapath.h"
#include "xfrm/nft/query.h"

struct host_rules {         /* at the last look */
	bool see_forwarded; /* some may want to see packets as their hosts sent them: these must come by the stack */
	char closed_output[QUERY_CHAIN_MAX]; /* query.h */
};
void host_rules_look(struct host_rules *ret, struct netlink *nft);

/*
 * Lets packets pass the stack by for the next HOST_RULES_VOUCHED_S seconds, if no rule wants to see them.  The kernel
 * tells of chains; nobody tells of tables of the older iptables, which are looked for here, and nobody looks when the
 * daemon has ended: so it ends by itself.  D NULL: there are no programs.
 */
#define HOST_RULES_VOUCHED_S 25
void host_rules_vouch(const struct host_rules *h, struct datapath *d);

#endif
