/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A plan as the maps of the programs have it (shapes.h).  Pure: no kernel, no clock.  What of the host the maps must
 * know and a plan does not say comes in beside it.
 */
#ifndef XFRM_BPF_TABLES_H
#define XFRM_BPF_TABLES_H

#include "xfrm/bpf/shapes.h"
#include "xfrm/link/list.h"
#include "xfrm/plan/stamp.h"

struct tables_world {
	const struct link_list *links;
	/* What this host sends with and the plan has no more, until its successor is there. */
	const struct tables_sending {
		uint32_t spi, reqid;
		bool counter_mode; /* then its IVs begin with PREFIX (plan_sa) */
		uint32_t prefix;
		bool stamps;  /* its packets carry the time */
		bool carrier; /* it leads to the carrier of the reqid, and sends nothing itself */
	} * sending;
	size_t n_sending;
	const struct stamp_paths *stamps; /* NULL: none */
	uint32_t stamper;                 /* index of the device of the carriers; 0: it is not there */
	bool carry;                       /* the host's own rules want to see what is forwarded */
	bool others;                      /* XFRM has policies of other programs for what leaves or is forwarded */
	uint16_t mss;                     /* 0: SYNs are left as they are */
	const uint64_t *owners;           /* DP_COUNTS, as the map has them; NULL: all are free */
};

/* As much as the maps hold: pages that nothing is written to cost nothing. */
struct tables {
	struct dp_plan plan;
	size_t n_scopes, n_rules, n_fits, n_ports, n_sas, n_reqids;
	const char *over; /* while it is made: what the plan has more of than there is room; NULL: nothing */
	size_t most;
	struct dp_scope scopes[DP_SCOPES];
	struct dp_rule rules[DP_RULES];
	struct dp_selector fits[DP_FITS];
	struct dp_port ports[DP_PORTS];
	struct dp_sa_place sas[DP_SAS];
	struct tables_reqid {
		uint32_t reqid;
		struct dp_fits value;
	} reqids[DP_FITS];
	uint64_t owners[DP_COUNTS]; /* the world's, and the new ones */
	bool fresh[DP_COUNTS];      /* counters that are another's now and begin at 0 */
};

/* -ENOMEM; -E2BIG, with a sentence in ERR, when the plan has more of something than the maps hold. */
GVPN_MUST_CHECK int tables_of(struct tables **ret, const struct plan *plan, const struct tables_world *world,
			      char err[static 256]);
void tables_free(struct tables *t); /* NULL is fine */

#endif
