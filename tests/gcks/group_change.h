/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes of a group by an operator: new keys before their time and deletes (RFC 6407 5.9) in group_change.c, policies
 * in group_policies.c, the anti-replay window in group_gap.c.  Each change goes to the members in one push, if the
 * group has server-member-communication.
 *
 * All functions return the number of members that the push goes to, or a negative errno with a reason in ERR.  After an
 * error nothing has changed, unless the error says otherwise.  Times are milliseconds.
 */
#ifndef GCKS_GROUP_CHANGE_H
#define GCKS_GROUP_CHANGE_H

#include "tests/gcks/group.h"

/* A new TEK for every policy, or a new KEK.  The present keys go on until they end.  -ENOKEY: the group has no KEK. */
GVPN_MUST_CHECK int gdoi_group_rekey_teks(struct gdoi_group *g, uint64_t now, struct gcks_error *err);
GVPN_MUST_CHECK int gdoi_group_rekey_kek(struct gdoi_group *g, uint64_t now, struct gcks_error *err);

struct gdoi_delete {
	uint32_t spi; /* one TEK; 0: none */
	bool teks, kek;
	bool replace; /* the push brings the new keys; false: a member gets them when it registers again */
};
/*
 * The keys are gone at once, and new ones are made.  -ENOENT: no live TEK has this SPI.  -ENOKEY: the group has no KEK.
 * -EIO: the keys are gone, but a new one could not be made yet.
 */
GVPN_MUST_CHECK int gdoi_group_delete(struct gdoi_group *g, uint64_t now, const struct gdoi_delete *d,
				      struct gcks_error *err);

/* The policy NAME or IPSEC-SA/NAME.  -ENOENT; -EINVAL: there are several. */
GVPN_MUST_CHECK int gdoi_group_find_policy(const struct gdoi_group *g, const char *name, size_t *ret,
					   struct gcks_error *err);
/* Errors: -EEXIST: the ipsec-sa has a policy of this name, or the group one of this selector (row D5); -ENOSPC; of
 * keys. */
GVPN_MUST_CHECK int gdoi_group_add_policy(struct gdoi_group *g, uint64_t now, const struct gdoi_policy_config *c,
					  struct gcks_error *err);
/* -EBUSY: the group has no other policy. */
GVPN_MUST_CHECK int gdoi_group_remove_policy(struct gdoi_group *g, uint64_t now, size_t policy, struct gcks_error *err);
/*
 * Moves N policies into the ipsec-sa SA, which may be a new one, with its algorithms and lifetimes.  SA, and each
 * ipsec-sa that a policy leaves, gets a new TEK for its policies: so an SA is split, or two are merged.  The present
 * TEKs go on until they end.  Errors: -EEXIST: SA has a policy of this name; of keys.
 */
GVPN_MUST_CHECK int gdoi_group_move_policies(struct gdoi_group *g, uint64_t now, const size_t *policies, size_t n,
					     const char *sa, struct gcks_error *err);
/* Gives the policy the selector SEL: all TEKs of its ipsec-sa are deleted, and new ones made. */
GVPN_MUST_CHECK int gdoi_group_change_policy(struct gdoi_group *g, uint64_t now, size_t policy,
					     const struct selector *sel, struct gcks_error *err);

/*
 * Another anti-replay window from here on, 0: none.  New TEKs are pushed with it, and the present ones go on without a
 * word of it until they end; a member that pulls meanwhile hears of the new window for both.  PRESENT_KEYS: no new
 * TEKs, and the push lists the present ones again, so that it holds for them at once.  -EPERM: in a cluster.
 */
GVPN_MUST_CHECK int gdoi_group_set_window(struct gdoi_group *g, uint64_t now, uint32_t window_ms, bool present_keys,
					  struct gcks_error *err);

#endif
