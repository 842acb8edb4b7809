/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The decision of a plan about one packet, and its reason: the answer of "gvpnctl explain".  Pure.  The answer comes
 * from the same plan that the kernel executes, so it is true as long as the kernel holds that plan.
 */
#ifndef POLICY_EXPLAIN_H
#define POLICY_EXPLAIN_H

#include "lib/plan.h"
#include "lib/selector.h"

#define EXPLAIN_TEXT_MAX 768
#define EXPLAIN_SPIS_MAX 8

struct explain_question {
	struct packet_key packet; /* as it is on the wire: source first */
	bool in;                  /* the packet comes from outside; false: it leaves */
	/*
	 * The interface on our side: a packet that leaves came in by it, a packet that comes goes out by it.  For this
	 * host's own packets (LOCAL) INSIDE is the interface that has the host's address in the packet, or "" when no
	 * protected interface has it.
	 */
	char inside[GVPN_IFNAME_MAX];
	bool local;
	char outside[GVPN_IFNAME_MAX]; /* the interface by which the packet leaves or comes */
};

enum explain_verdict {
	EXPLAIN_CLEAR, /* passes as it is */
	EXPLAIN_ESP,   /* leaves in ESP; on the way in: accepted out of ESP only, dropped in clear */
	EXPLAIN_DROP,  /* dropped and counted */
	EXPLAIN_OTHER, /* not governed: the host's own rules decide */
};

struct explain_answer {
	enum explain_verdict verdict;
	const struct plan_scope *scope;     /* NULL: no pair of zones and no filter is for the packet */
	const struct plan_rule *rule;       /* decides the packet within SCOPE; NULL when SCOPE is */
	uint32_t spis[EXPLAIN_SPIS_MAX];    /* out: of the SA that sends; in: of all SAs that accept the packet, newest
					       last */
	uint32_t windows[EXPLAIN_SPIS_MAX]; /* of these SAs: the anti-replay window of each, milliseconds; 0: none */
	size_t n_spis;
	char text[EXPLAIN_TEXT_MAX]; /* one sentence: what happens and why */
};

void plan_explain(const struct plan *plan, const struct explain_question *q, struct explain_answer *ret);

/* "clear", "esp", "drop", "not governed" */
const char *explain_verdict_name(enum explain_verdict v);

#endif
