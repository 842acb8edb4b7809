/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The inside of a group, shared by group.c (life), group_keys.c (keys), group_change.c and group_policies.c (what
 * an operator changes), group_pull.c (members), push.c (pushes), group_view.c (what show prints), group_cluster.c and
 * group_state.c (what several servers share).
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

/* A member that loops must not fill the log: so many lines about its pulls in this time; further ones are counted. */
#define GCKS_TOLD_MAX 5
#define GCKS_TOLD_MS 30000

struct member {
	bool registered;
	bool forget;             /* removed, and gdoi_group_removed() has not said so yet */
	uint64_t reserved_until; /* of a pull that is not confirmed yet */
	uint64_t last_update;
	bool turned_away; /* by the threshold, and not counted yet */
	struct gcks_stats stats;
	struct push_cursor cursor;
	uint64_t told_since; /* ms; lines about its pulls since then: TOLD were logged, UNTOLD were not */
	unsigned told, untold;
};

/* A change of the keys that is under way, with the one push that will tell the members. */
struct change {
	struct push *what; /* NULL: the group has no pushes */
	bool tell_new;     /* new keys go into the push; false: only pulls give them */
	bool has_under;
	struct kek under; /* the newest live KEK when the change began: it protects the push */
};

enum group_part { /* of this server in the group (group_cluster.h) */
		  GROUP_LEADS,
		  GROUP_FOLLOWS,
		  GROUP_WAITS,
};

struct gdoi_group {
	enum group_part part;
	struct member strangers;                 /* all that are no members: only for the limit of log lines */
	uint64_t version;                        /* rises with each change that followers need to know */
	uint64_t hold_until;                     /* ms; no push is sent before */
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
void gdoi_keys_drop_spi(struct gdoi_group *g, uint32_t spi); /* from all policies that have a TEK of this SPI */
void gdoi_keys_drop_oldest_kek(struct gdoi_group *g);
/* Ends what is over, and makes what is due. */
GVPN_MUST_CHECK int gdoi_keys_renew(struct gdoi_group *g, uint64_t now);
void gdoi_keys_end(struct gdoi_group *g, uint64_t now); /* ends what is over */
void gdoi_keys_tell_all(struct gdoi_group *g,
			uint64_t now); /* all live TEKs go into the push, with what remains of them */
size_t gdoi_keys_teks_per_policy(size_t n_policies);
/* Puts T into D.  If the configuration says so, an unusable policy stands before the first policy of T's SPI. */
void gdoi_keys_offer(const struct gdoi_group *g, struct download *d, const struct tek *t, uint32_t life_seconds);

void gdoi_note_gcm(struct gdoi_group *g); /* whether a policy has AES-GCM */

/* group_gap.c: what D says beside its keys. */
void gdoi_group_fill_gap(const struct gdoi_group_config *c, struct download *d);

/* group_change.c */
void change_begin(struct gdoi_group *g, uint64_t now, bool tell_new);
size_t change_end(struct gdoi_group *g, uint64_t now); /* to how many members the push goes */
void change_tell_delete(struct gdoi_group *g, uint32_t spi);
/*
 * A key was taken away (WHAT says how) and the new one failed with R, so the members would go on with a key that the
 * group has no more: the next step tries again.  Returns -EIO with ERR.
 */
GVPN_MUST_CHECK int change_without_key(struct gdoi_group *g, uint64_t now, int r, const char *what,
				       struct gcks_error *err);

/* group_pull.c */
void gdoi_member_drop(struct gdoi_group *g, struct member *m);

#endif
