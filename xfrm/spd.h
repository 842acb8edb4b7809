/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * XFRM policies: what is encrypted (RFC 4301 4.4.1).  One rule of the plan becomes several where the kernel's form is
 * narrower: a direction each, value and mask pairs for a range of ports, a protocol each when ports come without one.
 */
#ifndef XFRM_SPD_H
#define XFRM_SPD_H

#include "lib/plan.h"
#include "xfrm/netlink/message.h"

#include <linux/xfrm.h>

#define SPD_REQIDS_MAX 6 /* XFRM_MAX_DEPTH */
#define SPD_ANY_REQID 0

/* In the kernel's form and byte order, padding zeroed, so that two can be compared as they are. */
struct spd_policy {
	struct xfrm_selector sel;
	uint8_t dir, action;
	uint32_t priority;
	uint32_t unmarked; /* only packets that have none of these bits of the mark (plan/forms.h); part of what it is
			      known by */
	/*
	 * The templates, one for each reqid.  The way out has one, required.  The way in has one for each SA whose
	 * selector meets this one, none of them required: the kernel cannot see the interface, so clear text is the
	 * gate's affair; but what came by any other SA is refused.  Which of these SAs a packet fits exactly is said by
	 * nf_tables (chain "fit"); when they are too many for the kernel, one template takes all.
	 */
	uint32_t reqids[SPD_REQIDS_MAX];
	size_t n_reqids;
	bool required;
	uint32_t tmpl_src, tmpl_dst; /* host order; 0: any */
};

struct spd_list {
	struct spd_policy *items; /* only added to */
	size_t n, cap;
	uint32_t *places; /* items by what the kernel knows them by: a hash of that finds 1 + the number, 0 is free */
	size_t n_places;  /* a power of two, at least twice CAP */
};
void spd_list_clear(struct spd_list *l);
GVPN_MUST_CHECK int spd_list_add(struct spd_list *l, const struct spd_policy *p);
/* The one with the same direction, selector and mark, which is what the kernel knows a policy by; NULL when there is
 * none. */
const struct spd_policy *spd_list_find(const struct spd_list *l, const struct spd_policy *p);
bool spd_equal(const struct spd_policy *a, const struct spd_policy *b);
/* What it does to clear text of its selector on the way out: protects or blocks it, lets it pass, or does not see it.
 */
enum spd_effect { SPD_CLOSES, SPD_OPENS, SPD_NEITHER };
enum spd_effect spd_effect(const struct spd_policy *p);

/*
 * Appends what the plan's scope number SCOPE needs; IFINDEX is its external interface's, UNMARKED the bit of its
 * from-zone.  *PRIORITY counts on over scopes.  Of policies with equal selectors the first, and so the strongest, is
 * kept.  -E2BIG: more rules than our range of priorities has.
 */
GVPN_MUST_CHECK int spd_list_add_scope(struct spd_list *l, const struct plan *plan, size_t scope, uint32_t ifindex,
				       uint32_t unmarked, uint32_t *priority);

/*
 * Fail-close by XFRM, behind the scope's policies: what the gate cannot tell to be this host's own.  Only what leaves
 * with the address LOCAL passes.
 */
GVPN_MUST_CHECK int spd_list_add_fail_close(struct spd_list *l, uint32_t local, uint32_t ifindex, uint32_t unmarked,
					    uint32_t *priority);

GVPN_MUST_CHECK int spd_build_add(struct message *m, const struct spd_policy *p, bool replace);
GVPN_MUST_CHECK int spd_build_delete(struct message *m, const struct spd_policy *p);
GVPN_MUST_CHECK int spd_build_get(struct message *m, const struct spd_policy *p);
/* A policy of a dump; false when it is not ours. */
bool spd_parse(const struct nlmsghdr *nlh, struct spd_policy *ret);

#endif
