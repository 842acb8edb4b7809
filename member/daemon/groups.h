/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The groups of a configuration, one for each VPN.  They are made at the start, when an earlier run may have left keys
 * in the kernel, and made again at a reload: a VPN that stays the same group then keeps its keys.  Pure.
 */
#ifndef MEMBER_DAEMON_GROUPS_H
#define MEMBER_DAEMON_GROUPS_H

#include "member/daemon/saved.h"
#include "member/group/group.h"

struct groups {
	const struct config *config; /* borrowed */
	struct group **items;        /* items[i] belongs to VPN i; never NULL once made */
	bool *is_new;                /* made for this configuration, and not started yet */
	size_t n;
};

/*
 * The groups for CONFIG: those of OLD (may be NULL) that are the same group, and new ones for the rest.  A new one has
 * the slot that SAVED (may be NULL) has for it, or a free one.  Nothing of OLD changes, and its groups are shared,
 * until groups_replace() or groups_drop().  -ENOMEM; -E2BIG: more VPNs than slots.
 */
GVPN_MUST_CHECK int groups_make(struct groups *ret, const struct config *config, const struct groups *old,
				const struct saved *saved, const struct group_env *env);
/* Why groups_make() has failed. */
void groups_explain(struct record *why, int r);
/*
 * Puts GROUPS in the place of OLD.  A group that stays goes on under its new configuration.  A group that is no longer
 * configured is freed, and the effects that it has put out are dropped.  The configuration of OLD must live until this
 * function returns.
 */
void groups_replace(struct groups *old, struct groups *groups, uint64_t now);
/* Gives up GROUPS, which were made beside the present ones, and leaves those alone. */
void groups_drop(struct groups *groups);
void groups_free(struct groups *groups); /* and every group in it */

/* Calls group_start() for the new groups. */
void groups_start_new(struct groups *groups, uint64_t now);

#endif
