/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The SAs and policies of ours that XFRM has, and the steps that make them those of a plan.  kernel.c decides the order
 * of the steps.
 *
 * When another program has a state or policy under the key of ours, that one is left as it is, the conflict is noted,
 * and the step goes on with the others.  Every error ends a step at once.  ERR names the object and has the kernel's
 * words.
 */
#ifndef XFRM_SYNC_H
#define XFRM_SYNC_H

#include "xfrm/netlink/socket.h"
#include "xfrm/sa.h"
#include "xfrm/spd.h"

struct sa_list {
	struct sa_seen *items;
	size_t n, cap;
};

struct installed {
	struct spd_list policies;
	struct sa_list sas;
	bool others; /* XFRM has a policy of another program for what leaves or is forwarded in IPv4 */
	/* Of the search that goes on: its SPI, whose candidate stays, and the prefix that it has found.  0: none */
	uint32_t searched;
	bool found;
	uint32_t prefix;
	char conflict[256]; /* the first; "": none */
};

/* Dumps XFRM and keeps what is ours, in place of what H had. */
GVPN_MUST_CHECK int sync_read(struct installed *h, struct netlink *n, char err[static 256]);
/*
 * Packets that all SAs of ours together have sent in ESP, and to carriers.  The kernel is asked for the SAs that send,
 * and for no policy.
 */
GVPN_MUST_CHECK int sync_sent(uint64_t *ret, uint64_t *ret_carried, struct netlink *n, char err[static 256]);

/* Removes an SA that may be there.  One that stays ends by itself, or the next change removes it. */
void sync_drop_sa(struct netlink *n, const struct sa_id *s);
void sync_clear(struct installed *h); /* wipes */

/*
 * Whether XFRM has the SA, to send, with the same key.  A candidate counts when it is the one that the search has just
 * found: of another one, which a crash may have left, nobody knows the IVs.  One in counter mode is never made here:
 * its IVs would be any, so it comes from a search (search.h), or a plan must do without.
 */
bool sync_has_sender(const struct installed *h, const struct plan_sa *sa, uint32_t local);

/* Whether S sends in counter mode.  Candidates do not. */
bool sync_sends_by_counter(const struct sa_seen *s);

/*
 * Adds the plan's SAs of one direction.  An SA that runs with the same key stays, and its lifetime is corrected; one
 * with another key is replaced.  What sends in counter mode must be there; a candidate becomes an SA by that.
 */
GVPN_MUST_CHECK int sync_add_sas(struct installed *h, struct netlink *n, const struct plan *plan, bool out,
				 char err[static 256]);
/* The SAs to the carriers of the reqids whose SAs have a window. */
GVPN_MUST_CHECK int sync_add_carriers(struct installed *h, struct netlink *n, const struct plan *plan,
				      char err[static 256]);
/*
 * Removes candidates (sa.h) but those that PLAN sends with, and that of a search which goes on while the policies of
 * its reqid name an SPI: by a policy that names none, the kernel would send with the candidate.
 */
GVPN_MUST_CHECK int sync_remove_candidates(struct installed *h, struct netlink *n, const struct plan *plan,
					   char err[static 256]);
bool sync_keeps_candidate(const struct plan *plan, const struct sa_seen *s, uint32_t searched);
/*
 * Removes SAs that PLAN (NULL: no plan) does not have.  An SA that sent and has a successor is not deleted; it ends by
 * itself some seconds later.  The kernel sends with the newest SA, but a packet may have chosen the old one just now.
 */
GVPN_MUST_CHECK int sync_remove_sas(struct installed *h, struct netlink *n, const struct plan *plan,
				    char err[static 256]);

/*
 * The changes of policies.  In this order, at no moment a packet passes in clear that neither the old nor the new plan
 * admits: policies that protect or block come first, or become stronger.  Policies that let pass go, or become weaker.
 * Then protection may become weaker, and then new policies that let pass come.  Old protection goes last.
 */
enum sync_step {
	SYNC_BLOCK,      /* policies that block come or become stronger: they need no SA */
	SYNC_PROTECT,    /* so do policies that protect, and all of the way in */
	SYNC_CLEAR_LESS, /* policies that let pass become weaker; sync_remove_policies() comes before it */
	SYNC_PROTECT_LESS,
	SYNC_CLEAR,
};
enum sync_step sync_step_of(const struct spd_policy *want, const struct spd_policy *old);
GVPN_MUST_CHECK int sync_change_policies(struct installed *h, struct netlink *n, const struct spd_list *want,
					 enum sync_step step, char err[static 256]);
/* Removes policies that WANT (NULL: none) does not have; with CLEAR only those that let pass. */
GVPN_MUST_CHECK int sync_remove_policies(struct installed *h, struct netlink *n, const struct spd_list *want,
					 bool clear, char err[static 256]);

#endif
