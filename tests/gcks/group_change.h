/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an operator changes in a group: new keys before their time, deletes (RFC 6407 5.9), policies.  Each change is
 * told to the members in one push, where the group has server-member-communication.
 *
 * All return to how many members the push goes, or a negative errno with a reason in ERR; then nothing has changed,
 * except where that is said.  Times in milliseconds.
 */
#ifndef GCKS_GROUP_CHANGE_H
#define GCKS_GROUP_CHANGE_H

#include "tests/gcks/group.h"

/* A new TEK for every policy, or a new KEK.  The present keys go on until they end.  -ENOKEY: the group has no KEK. */
GVPN_MUST_CHECK int gdoi_group_rekey_teks(struct gdoi_group *g, uint64_t now, char err[static 256]);
GVPN_MUST_CHECK int gdoi_group_rekey_kek(struct gdoi_group *g, uint64_t now, char err[static 256]);

struct gdoi_delete {
	uint32_t spi; /* one TEK; 0: none */
	bool teks, kek;
	bool replace; /* the push brings the new keys; else a member gets them when it registers again */
};
/*
 * The keys are gone at once, and new ones are made.  -ENOENT: no live TEK has this SPI.  -ENOKEY: the group has no KEK.
 * -EIO: they are gone, but a new one could not be made yet.
 */
GVPN_MUST_CHECK int gdoi_group_delete(struct gdoi_group *g, uint64_t now, const struct gdoi_delete *d,
				      char err[static 256]);

/* The policy NAME or IPSEC-SA/NAME.  -ENOENT; -EINVAL: there are several. */
GVPN_MUST_CHECK int gdoi_group_find_policy(const struct gdoi_group *g, const char *name, size_t *ret,
					   char err[static 256]);
/* Errors: -EEXIST: one of this name in the ipsec-sa, or one with this selector (row D5); -ENOSPC; making its key. */
GVPN_MUST_CHECK int gdoi_group_add_policy(struct gdoi_group *g, uint64_t now, const struct gdoi_policy_config *c,
					  char err[static 256]);
/* -EBUSY: it is the only one. */
GVPN_MUST_CHECK int gdoi_group_remove_policy(struct gdoi_group *g, uint64_t now, size_t policy, char err[static 256]);
/*
 * The N policies become those of the ipsec-sa SA, which may be a new one, with its algorithms and lifetimes: it and
 * those that they leave get new TEKs for what they have now, so that an SA is split or two are merged.  The present
 * TEKs go on until they end.  Errors: -EEXIST: it has a policy of this name; making a key.
 */
GVPN_MUST_CHECK int gdoi_group_move_policies(struct gdoi_group *g, uint64_t now, const size_t *policies, size_t n,
					     const char *sa, char err[static 256]);
/* Its TEKs are deleted, as are those of its ipsec-sa, and there are new ones, with SEL. */
GVPN_MUST_CHECK int gdoi_group_change_policy(struct gdoi_group *g, uint64_t now, size_t policy,
					     const struct selector *sel, char err[static 256]);

#endif
