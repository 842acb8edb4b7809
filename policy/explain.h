/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a plan does with one packet, and why: the answer of "gvpnctl explain".  Pure; it reads the same plan that the
 * kernel executes, so it is true as long as the kernel holds that plan.
 */
#ifndef POLICY_EXPLAIN_H
#define POLICY_EXPLAIN_H

#include "lib/plan.h"
#include "lib/selector.h"

#define EXPLAIN_TEXT_MAX 256
#define EXPLAIN_SPIS_MAX 8

struct explain_question {
	struct packet_key packet; /* as it is on the wire: source first */
	bool in;                  /* it comes from outside; else it leaves */
	/*
	 * The interface on our side: where a packet that leaves comes from, or where one that comes goes to.  "" when
	 * that is this host itself (LOCAL), whose protected addresses stand for the interface that has them: INSIDE is
	 * that interface then.
	 */
	char inside[GVPN_IFNAME_MAX];
	bool local;
	char outside[GVPN_IFNAME_MAX]; /* the interface it leaves or comes by */
};

enum explain_verdict {
	EXPLAIN_CLEAR, /* passes as it is */
	EXPLAIN_ESP,   /* leaves in ESP; or is taken only out of ESP, and dropped in clear */
	EXPLAIN_DROP,  /* and counted */
	EXPLAIN_OTHER, /* none of our business: the host's own rules decide */
};

struct explain_answer {
	enum explain_verdict verdict;
	const struct plan_scope *scope;  /* NULL when no pair of zones and no filter is for it */
	const struct plan_rule *rule;    /* the one that decides it within SCOPE; NULL with it */
	uint32_t spis[EXPLAIN_SPIS_MAX]; /* out: the one that sends; in: all by which it may come, newest last */
	size_t n_spis;
	char text[EXPLAIN_TEXT_MAX]; /* one sentence: what happens and why */
};

void plan_explain(const struct plan *plan, const struct explain_question *q, struct explain_answer *ret);

/* "clear", "esp", "drop", "not governed" */
const char *explain_verdict_name(enum explain_verdict v);

#endif
