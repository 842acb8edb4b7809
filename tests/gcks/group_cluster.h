/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A group that several servers share (row G).  One server leads: it makes keys and pushes.  The others follow: they
 * hold the same keys and give them to members that pull.  tests/gcks/cluster.h decides which server leads.
 *
 * In a cluster a group begins in waiting: it has no keys and answers no pull.  Changes of the keys are counted, one for
 * each push.  The count goes on when another server leads, so a follower can tell which changes a download contained.
 */
#ifndef GCKS_GROUP_CLUSTER_H
#define GCKS_GROUP_CLUSTER_H

#include "ike/buf.h"
#include "tests/gcks/group.h"

/* A new leader may not know the last pushes of the leader before, so it continues with sequence numbers this much
 * higher. */
#define GCKS_SEQ_MARGIN 1024
/* The same margin for the sender IDs of a server that has started anew. */
#define GCKS_SENDER_IDS_MARGIN 64

/* Another server leads from now on.  The present keys stay until the state of that server comes. */
void gdoi_group_follow(struct gdoi_group *g);
/*
 * From now on this server makes the keys.  The present keys go on, with sequence numbers GCKS_SEQ_MARGIN higher.  One
 * push tells all TEKs to the registered members again, because the last pushes of the leader before may be lost.
 * Errors: those of making keys; the group is then as it was.
 */
GVPN_MUST_CHECK int gdoi_group_lead(struct gdoi_group *g, uint64_t now);

/* Rises with each change that the followers need to know.  An import sets it. */
uint64_t gdoi_group_version(const struct gdoi_group *g);
/* The keys, the policies and the registered members.  The error is RET's. */
void gdoi_group_export(const struct gdoi_group *g, uint64_t now, struct writer *ret);
/*
 * Takes the whole state that a leader has exported, and follows it.  -EBADMSG with ERR: it is malformed or does not fit
 * to this server's configuration; -ENOMEM; nothing has changed then.
 */
GVPN_MUST_CHECK int gdoi_group_import(struct gdoi_group *g, uint64_t now, uint64_t version, const void *data,
				      size_t len, struct gcks_error *err);

/* The latest download for MEMBER contained all changes before *RET_CHANGE, and a KEK or none.  -ENOENT: no such member.
 */
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
