/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/host_rules.h"

#include <stdio.h>
#include <time.h>

/*
 * Tables of the older iptables, of which nf_tables does not tell.  The file is there with that iptables, and root's:
 * who may not read it does not know that there are none.
 */
static bool has_old_tables(void)
{
	FILE *f = fopen("/proc/net/ip_tables_names", "re");
	bool has;

	if (!f)
		return errno != ENOENT;
	has = fgetc(f) != EOF;
	fclose(f);
	return has;
}

void host_rules_look(struct host_rules *ret, struct netlink *nft)
{
	struct query_chains chains;

	query_chains(nft, &chains);
	ret->see_forwarded = chains.see_forwarded || has_old_tables();
	memcpy(ret->closed_output, chains.closed_output, sizeof(ret->closed_output));
}

void host_rules_vouch(const struct host_rules *h, struct datapath *d)
{
	struct timespec now;

	if (!d || h->see_forwarded || has_old_tables())
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	datapath_vouch(d, ((uint64_t)now.tv_sec + HOST_RULES_VOUCHED_S) * UINT64_C(1000000000) + (uint64_t)now.tv_nsec);
}
