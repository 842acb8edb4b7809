/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * XFRM policies: they say what is encrypted (the SPD, RFC 4301 4.4.1).  The kernel's policies are narrower than the
 * rules of a plan, so one rule becomes several: one for each direction, for each pair of value and mask of a range of
 * ports, and for each protocol when a rule has ports and no protocol.
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
	uint32_t unmarked; /* takes packets that have none of these bits of the mark (plan/forms.h) */
	/*
	 * The templates, one for each reqid.  A policy of the way out has one, which is required.  A policy of the way
	 * in has one for each SA whose selector meets its own, none of them required: XFRM cannot see the interface, so
	 * the programs judge cleartext, but packets that came by any other SA are refused here.  Which of these SAs a
	 * packet fits exactly wan_in says.  When they are too many for the kernel, one template takes all.
	 */
	uint32_t reqids[SPD_REQIDS_MAX];
	bool beet[SPD_REQIDS_MAX]; /* mode BEET: packets of the reqid have stamps; else tunnel mode */
	size_t n_reqids;
	bool stamped; /* it is for what was stamped, at the device of the carriers, and for nothing else */
	bool required;
	uint32_t tmpl_src, tmpl_dst; /* host order; 0: any */
	uint32_t spi;                /* of the way out, where one of the SAs is in counter mode; 0: any */
};

struct spd_list {
	struct spd_policy *items; /* only added to */
	size_t n, cap;
	uint32_t *places; /* a hash table over direction, selector and mark: 1 + the number of the item, 0 is free */
	size_t n_places;  /* a power of two, at least twice CAP */
};
void spd_list_clear(struct spd_list *l);
GVPN_MUST_CHECK int spd_list_add(struct spd_list *l, const struct spd_policy *p);
/* The kernel knows a policy by direction, selector and mark: the one of L that has those of P, or NULL. */
const struct spd_policy *spd_list_find(const struct spd_list *l, const struct spd_policy *p);
bool spd_equal(const struct spd_policy *a, const struct spd_policy *b);
/* What a policy does to cleartext of its selector that leaves: protect or block it, let it pass, or not see it. */
enum spd_effect { SPD_CLOSES, SPD_OPENS, SPD_NEITHER };
enum spd_effect spd_effect(const struct spd_policy *p);

/*
 * Appends the policies of the plan's scope number SCOPE.  IFINDEX is that of its external interface, UNMARKED the bit
 * of its from-zone.  *PRIORITY counts on over scopes.  Of policies with equal selectors the first is kept, which is the
 * strongest.  -E2BIG: more rules than our range of priorities has.
 */
GVPN_MUST_CHECK int spd_list_add_scope(struct spd_list *l, const struct plan *plan, size_t scope, uint32_t ifindex,
				       uint32_t unmarked, uint32_t *priority);

/*
 * The policies of the device of the carriers: for each reqid with stamps to which a rule of the plan leads, what has
 * the address of its carrier goes into the SA that sends.
 */
GVPN_MUST_CHECK int spd_list_add_stamped(struct spd_list *l, const struct plan *plan);

/*
 * Fail-close by XFRM, behind the scope's policies, for packets of this host that chain output cannot tell to be its
 * own: only packets with the source address LOCAL leave.
 */
GVPN_MUST_CHECK int spd_list_add_fail_close(struct spd_list *l, uint32_t local, uint32_t ifindex, uint32_t unmarked,
					    uint32_t *priority);

GVPN_MUST_CHECK int spd_build_add(struct message *m, const struct spd_policy *p, bool replace);
/* XFRM_MSG_DELPOLICY or XFRM_MSG_GETPOLICY */
GVPN_MUST_CHECK int spd_build_id(struct message *m, uint16_t type, const struct spd_policy *p);
/* A policy of a dump; false when it is not ours. */
bool spd_parse(const struct nlmsghdr *nlh, struct spd_policy *ret);

#endif
