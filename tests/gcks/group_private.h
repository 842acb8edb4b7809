/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The inside of a group, shared by group.c (its life), group_keys.c (keys), group_change.c (what an operator changes),
 * group_pull.c (members), push.c (pushes), group_view.c (what is told), group_cluster.c and group_state.c (what several
 * servers share).
 */
#ifndef GCKS_GROUP_PRIVATE_H
#define GCKS_GROUP_PRIVATE_H

#include "ike/push.h"
#include "tests/gcks/group.h"
#include "tests/gcks/push.h"

struct lifetime { /* ms */
	uint64_t rekey_at, ends;
};

struct tek_slot {
	struct tek tek;
	struct lifetime life;
};

struct policy {
	struct tek_slot teks[GCKS_TEKS_PER_POLICY]; /* the older first */
	size_t n_teks;
};

struct kek_slot {
	struct kek kek;
	uint32_t index;
	struct lifetime life;
	uint64_t input_bytes, output_bytes, input_packets, output_packets;
};

/* A member that loops may not fill the log: so many lines about its pulls in so long, the others are counted. */
#define GCKS_TOLD_MAX 5
#define GCKS_TOLD_MS 30000

struct member {
	bool registered;
	bool forget;             /* removed, and gdoi_group_removed() has not told it yet */
	uint64_t reserved_until; /* of a pull that is not confirmed yet */
	uint64_t last_update;
	bool turned_away; /* by the threshold, and not counted yet */
	struct gcks_stats stats;
	struct push_cursor cursor;
	uint64_t told_since; /* lines about its pulls that were logged since, and those that were not */
	unsigned told, untold;
};

/* A change of the keys that is under way: what the members are to be told of it, in one push. */
struct change {
	struct push *what; /* NULL: no push is ever sent */
	bool tell_new;     /* new keys go into the push; else only pulls give them */
	bool has_under;
	struct kek under; /* the newest live KEK as the change began: the push is protected by it */
};

enum group_part { /* of this server in the group (group_cluster.h) */
		  GROUP_LEADS,
		  GROUP_FOLLOWS,
		  GROUP_WAITS,
};

struct gdoi_group {
	enum group_part part;
	struct member strangers;                 /* only for what may be told of them */
	uint64_t version;                        /* of what followers need to know */
	uint64_t hold_until;                     /* ms; pushes wait so long */
	uint32_t sender_generation;              /* of the keys that sender ids belong to; 0: none yet */
	uint32_t sender_given[GCKS_SERVERS_MAX]; /* by each server of a cluster, as far as is known */
	struct gdoi_group_config config;         /* room for GCKS_POLICIES_MAX policies */
	struct gdoi_group_ops ops;
	struct policy *policies; /* likewise */
	struct member *members;
	struct kek_slot keks[2]; /* the older first */
	size_t n_keks;
	EVP_PKEY *signature;
	struct gcks_stats stats;
	uint64_t retry_at;   /* 0, or when to try again to make a key */
	uint32_t sender_ids; /* handed out here under the present keys (RFC 6407 3.5) */
	bool has_gcm;
	struct change change;
	struct push_log log;
};

/* group.c */
#define GCKS_RETRY_MS 1000
__attribute__((format(printf, 3, 4))) void gdoi_group_note(const struct gdoi_group *g, enum ike_note_level level,
							   const char *format, ...);

/* group_keys.c: keys made between change_begin() and change_end() are told to the members. */
GVPN_MUST_CHECK int gdoi_keys_make_tek(const struct gdoi_group *g, const struct gdoi_policy_config *c, uint64_t now,
				       struct tek_slot *ret); /* of no policy yet; the caller wipes it */
void gdoi_keys_keep_tek(struct gdoi_group *g, size_t policy, const struct tek_slot *s); /* for all of its SA */
GVPN_MUST_CHECK int gdoi_keys_add_tek(struct gdoi_group *g, size_t policy, uint64_t now);
GVPN_MUST_CHECK int gdoi_keys_add_kek(struct gdoi_group *g, uint64_t now);
void gdoi_keys_drop_tek(struct policy *p, size_t i);
void gdoi_keys_drop_oldest_kek(struct gdoi_group *g);
/* Ends what is over, and makes what is due. */
GVPN_MUST_CHECK int gdoi_keys_renew(struct gdoi_group *g, uint64_t now);
void gdoi_keys_end(struct gdoi_group *g, uint64_t now);      /* ends what is over */
void gdoi_keys_tell_all(struct gdoi_group *g, uint64_t now); /* the live TEKs go into the push, with what remains */
size_t gdoi_keys_teks_per_policy(size_t n_policies);
/* Puts T into D; before the first of its SPI a policy that nobody can use, where the configuration says so. */
void gdoi_keys_offer(const struct gdoi_group *g, struct download *d, const struct tek *t, uint32_t life_seconds);

/* group_change.c */
void change_begin(struct gdoi_group *g, uint64_t now, bool tell_new);
size_t change_end(struct gdoi_group *g, uint64_t now); /* to how many members the push goes */

/* group_state.c */
void gdoi_note_gcm(struct gdoi_group *g);

/* group_pull.c */
void gdoi_member_drop(struct gdoi_group *g, struct member *m);

#endif
