/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A group that several servers share (row G): one of them leads, which makes keys and pushes; the others follow, which
 * hold the same keys and give them to members that pull.  Which one leads is tests/gcks/cluster.h's to say.
 *
 * A group of a cluster begins waiting: it has no keys, and answers no pull.  Changes of the keys are counted, one for
 * each push, and the count goes on with whoever leads; so a follower can say what a download held.
 */
#ifndef GCKS_GROUP_CLUSTER_H
#define GCKS_GROUP_CLUSTER_H

#include "ike/buf.h"
#include "tests/gcks/group.h"

/* Pushes of an earlier leader that a later one may not know of: sequence numbers go on so much higher. */
#define GCKS_SEQ_MARGIN 1024
/* Likewise of the sender ids of a server that has started anew. */
#define GCKS_SENDER_IDS_MARGIN 64

/* Another server leads from now on; the keys that are there stay until its state comes. */
void gdoi_group_follow(struct gdoi_group *g);
/*
 * From now on this server makes the keys.  Those that are there go on, with sequence numbers GCKS_SEQ_MARGIN ahead, and
 * one push tells all TEKs to the registered members again, because pushes of the leader before may be lost with it.
 * Errors: those of making keys; the group is then as it was.
 */
GVPN_MUST_CHECK int gdoi_group_lead(struct gdoi_group *g, uint64_t now);

/* Grows with everything that the followers need to know; an import sets it. */
uint64_t gdoi_group_version(const struct gdoi_group *g);
/* The keys, the policies and the registered members.  The error is RET's. */
void gdoi_group_export(const struct gdoi_group *g, uint64_t now, struct writer *ret);
/*
 * Takes the whole state that a leader has exported, and follows it.  -EBADMSG with ERR: it is malformed or does not fit
 * to this server's configuration; -ENOMEM; nothing has changed then.
 */
GVPN_MUST_CHECK int gdoi_group_import(struct gdoi_group *g, uint64_t now, uint64_t version, const void *data,
				      size_t len, char err[static 256]);

/* What the latest download for MEMBER held: all changes before *RET_CHANGE, and a KEK or none.  -ENOENT. */
GVPN_MUST_CHECK int gdoi_group_pulled(const struct gdoi_group *g, const char *member, uint64_t *ret_change,
				      bool *ret_has_kek);
/* The gateway with this address has registered at the server WHERE.  A follower forgets it with the next import. */
void gdoi_group_registered_at(struct gdoi_group *g, uint64_t now, uint32_t addr, uint64_t change, bool has_kek,
			      const char *where);

/* No push is sent before UNTIL (ms; 0: at once): the followers are to have the keys before the members. */
void gdoi_group_hold(struct gdoi_group *g, uint64_t until);

/* Sender ids (RFC 6407 3.5) that the server INDEX has given out under the keys of GENERATION. */
void gdoi_group_sender_ids(const struct gdoi_group *g, uint32_t *ret_generation, uint32_t *ret_given);
void gdoi_group_note_sender_ids(struct gdoi_group *g, size_t index, uint32_t generation, uint32_t given);

#endif
