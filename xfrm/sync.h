/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel holds of ours in XFRM, and the steps that turn it into what a plan says.  kernel.c decides their
 * order.
 *
 * A state or policy that somebody else has under the same key (-EEXIST) is left as it is: the step goes on with the
 * rest and reports it at its end.  Every other error ends a step at once.  ERR names the object and has the kernel's
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
};

/* Dumps what is there, in place of what H has.  Of states and policies that are not ours nothing is kept. */
GVPN_MUST_CHECK int sync_read(struct installed *h, struct netlink *n, char err[static 256]);
void sync_clear(struct installed *h); /* wipes */

/* One direction's SAs.  One that runs with the same key is kept, its lifetime corrected; one with another is replaced.
 */
GVPN_MUST_CHECK int sync_add_sas(struct installed *h, struct netlink *n, const struct plan *plan, bool out,
				 char err[static 256]);
/*
 * Those that PLAN (NULL: none) does not have.  One that sent and has a successor is not deleted but ends by itself some
 * seconds later: the kernel sends with the newest, but a packet may have chosen the old one just now.
 */
GVPN_MUST_CHECK int sync_remove_sas(struct installed *h, struct netlink *n, const struct plan *plan,
				    char err[static 256]);

/*
 * The changes of policies, in the order in which at no moment anything passes in clear that neither the old nor the new
 * plan admits: whatever protects or blocks comes or grows stronger first; what lets pass goes or grows weaker; then
 * what protects may take its weaker place; then what lets pass comes; what protected and is no longer wanted goes last.
 */
enum sync_step {
	SYNC_BLOCK,      /* blocks come or grow stronger: needs no SA */
	SYNC_PROTECT,    /* so does protection; the way in too */
	SYNC_CLEAR_LESS, /* what lets pass and is not wanted goes before it */
	SYNC_PROTECT_LESS,
	SYNC_CLEAR,
};
enum sync_step sync_step_of(const struct spd_policy *want, const struct spd_policy *old);
GVPN_MUST_CHECK int sync_change_policies(struct installed *h, struct netlink *n, const struct spd_list *want,
					 enum sync_step step, char err[static 256]);
/* Those that WANT (NULL: none) does not have; CLEAR: only those that let pass. */
GVPN_MUST_CHECK int sync_remove_policies(struct installed *h, struct netlink *n, const struct spd_list *want,
					 bool clear, char err[static 256]);

#endif
