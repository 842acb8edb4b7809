/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * XFRM policies: what is encrypted (RFC 4301 4.4.1).  One rule of the plan becomes several where the kernel's form is
 * narrower: a direction each, value and mask pairs for a range of ports, a protocol each when ports come without one.
 */
#ifndef XFRM_SPD_H
#define XFRM_SPD_H

#include "lib/plan.h"
#include "xfrm/message.h"

#include <linux/xfrm.h>

#define POLICY_REQIDS_MAX 6 /* XFRM_MAX_DEPTH */
#define POLICY_ANY_REQID 0

/* In the kernel's form and byte order, padding zeroed, so that two can be compared as they are. */
struct policy {
	struct xfrm_selector sel;
	uint8_t dir, action;
	uint32_t priority;
	uint32_t unmarked; /* only packets that have none of these bits of the mark (zone.h); part of what it is known
			      by */
	/*
	 * The templates, one for each reqid.  The way out has one, required.  The way in has one for each SA whose
	 * selector meets this one, none of them required: the kernel cannot see the interface, so clear text is the
	 * gate's affair; but what came by any other SA is refused.  Which of these SAs a packet fits exactly is said by
	 * nf_tables (chain "fit"); when they are too many for the kernel, one template takes all.
	 */
	uint32_t reqids[POLICY_REQIDS_MAX];
	size_t n_reqids;
	bool required;
	uint32_t tmpl_src, tmpl_dst; /* host order; 0: any */
};

/* Two wide ranges of ports in one rule alone may take 900. */
#define POLICIES_MAX 8192

struct policy_list {
	struct policy *items; /* only added to */
	size_t n, cap;
	uint32_t *places; /* items by what the kernel knows them by: a hash of that finds 1 + the number, 0 is free */
	size_t n_places;  /* a power of two, at least twice CAP */
};
void policy_list_clear(struct policy_list *l);
GVPN_MUST_CHECK int policy_list_add(struct policy_list *l, const struct policy *p);
/* The one with the same direction, selector and mark, which is what the kernel knows a policy by; NULL when there is
 * none. */
const struct policy *policy_find(const struct policy_list *l, const struct policy *p);
bool policy_equal(const struct policy *a, const struct policy *b);
/* What it does to clear text of its selector on the way out: protects or blocks it, lets it pass, or does not see it.
 */
enum policy_effect { POLICY_CLOSES, POLICY_OPENS, POLICY_NEITHER };
enum policy_effect policy_effect(const struct policy *p);

/* Whether a rule of the plan becomes policies, and so has a priority. */
bool policy_is_made(const struct plan_rule *r);

/*
 * Appends what the plan's scope number SCOPE needs; IFINDEX is its external interface's, UNMARKED the bit of its
 * from-zone.  *PRIORITY counts on over scopes.  Of policies with equal selectors the first, and so the strongest, is
 * kept.  -E2BIG: more rules than our range of priorities has.
 */
GVPN_MUST_CHECK int policy_list_scope(struct policy_list *l, const struct plan *plan, size_t scope, uint32_t ifindex,
				      uint32_t unmarked, uint32_t *priority);

/*
 * Fail-close by XFRM, behind the scope's policies: what the gate cannot tell to be this host's own.  Only what leaves
 * with the address LOCAL passes.
 */
GVPN_MUST_CHECK int policy_list_close(struct policy_list *l, uint32_t local, uint32_t ifindex, uint32_t unmarked,
				      uint32_t *priority);

GVPN_MUST_CHECK int policy_build_add(struct message *m, const struct policy *p, bool replace);
GVPN_MUST_CHECK int policy_build_delete(struct message *m, const struct policy *p);
GVPN_MUST_CHECK int policy_build_get(struct message *m, const struct policy *p);
/* A policy of a dump; false when it is not ours. */
bool policy_parse(const struct nlmsghdr *nlh, struct policy *ret);

#endif
