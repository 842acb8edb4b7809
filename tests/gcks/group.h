/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One group of the key server: its keys and their lifetimes, its members, and what a pull is given (RFC 6407 3.2).
 *
 * Pure: no socket, no clock, no configuration file.  Times are milliseconds of a clock that never goes back, lifetimes
 * seconds, delays seconds.  Randomness and the signature pair come through gdoi_group_ops.
 *
 * Lifetimes.  A new key is made a margin before the end of the present one.  Both are then handed out, the older one
 * first, until the older one ends.  The margin is the configured one, or 510 s as in the guide's samples (rows G, F2),
 * but at most half the lifetime, so that no more than two keys of one policy overlap.  A pull carries the whole seconds
 * that remain; a key with less than one second left is not handed out.
 *
 * Members are the configured gateways.  A member is registered from its first confirmed pull until it is removed.  When
 * the member threshold is reached, the pull of a new member is met with silence (row A8).  Between a pull and its
 * confirmation the place of the member is kept for GCKS_RESERVATION_MS.
 */
#ifndef GCKS_GROUP_H
#define GCKS_GROUP_H

#include "ike/download.h"
#include "ike/ike.h"
#include "tests/gcks/keys.h"

#define GCKS_POLICIES_MAX 64 /* of one group: two keys each fill a download */
#define GCKS_TEKS_PER_POLICY 4
#define GCKS_MEMBERS_MAX 4096
#define GCKS_MARGIN_SECONDS 510
#define GCKS_RESERVATION_MS 60000
#define GCKS_SENDER_ID_BITS 16 /* RFC 6407 5.6.4.1; when the configuration does not say */
#define GCKS_SERVER_BITS 3     /* of a sender id: which server of a cluster gives it */
#define GCKS_SERVERS_MAX 8     /* of a cluster; each has sender ids of its own */

/*
 * One match-policy of one ipsec-sa, with the proposal resolved into it.  Policies with the same SA have one SPI and one
 * key (unless spi_per_policy says otherwise): each holds a copy of it.
 */
struct gdoi_policy_config {
	char sa[GVPN_NAME_MAX], name[GVPN_NAME_MAX];
	struct selector sel;
	enum cipher cipher;
	enum auth auth;
	uint32_t life_seconds;   /* at least 2 */
	uint32_t life_kilobytes; /* 0: none */
};

struct gdoi_member_config { /* an ike-gateway */
	char name[GVPN_NAME_MAX];
	uint32_t addr, local; /* its address, and ours that it speaks to */
};

/* KEK_ACK_REQUESTED (RFC 8263 2): REKEY_ACK_KEK_SHA256 and REKEY_ACK_KEK_SHA512 as they are sent. */
#define GCKS_ACK_SHA256 1
#define GCKS_ACK_SHA512 3

struct gdoi_push_config { /* server-member-communication */
	enum cipher cipher;
	enum sig_hash sig_hash;
	enum sig_algorithm sig_algorithm;
	uint32_t life_seconds; /* at least 2 */
	uint32_t retransmission_period, retransmissions;
	uint16_t port;     /* that pushes go to; 0: GDOI_PORT */
	uint16_t ack_type; /* 0: GCKS_ACK_SHA256 */
	bool no_acks; /* members are not asked to acknowledge (RFC 8263 is optional), and none is removed for silence */
};

struct gdoi_group_config {
	char name[GVPN_NAME_MAX];
	uint32_t id;
	uint32_t member_threshold;      /* 0: none */
	uint32_t anti_replay_window_ms; /* 0: none; pulls and pushes say it by a GAP payload (doc/d3p.md) */
	struct gap_numbers gap_numbers; /* under these */
	uint16_t d3p_type;              /* test: another D3P-TYPE; 0: D3P_POSIX_TIME */
	uint32_t margin_seconds;        /* 0: GCKS_MARGIN_SECONDS; at most half of the shortest lifetime counts */
	bool has_activation_delay, has_deactivation_delay; /* RFC 6407 5.4.1 */
	uint16_t activation_delay, deactivation_delay;
	bool spi_per_policy;          /* each policy has an SA of its own */
	bool unusable_policy_first;   /* an SA's first SA TEK payload has a policy that no member of ours can use */
	enum key_packets key_packets; /* how the keys are written */
	bool id_length_2;       /* identities in the SA KEK and SA TEK payloads of pushes with lengths of 2 octets */
	uint8_t sender_id_bits; /* 1 to SID_BITS_MAX, in a cluster more than GCKS_SERVER_BITS; 0: GCKS_SENDER_ID_BITS */
	bool sender_ids_refuse; /* when all are given: pulls are refused; else all keys are replaced (RFC 6407 3.5) */
	bool has_push;          /* without it there is no KEK, and no push is ever sent */
	bool clustered;         /* begins without keys and waiting (group_cluster.h) */
	size_t server_index;    /* among the servers of the cluster, below GCKS_SERVERS_MAX */
	struct gdoi_push_config push;
	struct gdoi_member_config *members;
	size_t n_members;
	struct gdoi_policy_config *policies;
	size_t n_policies;
};

struct gdoi_group_ops {
	gcks_random_fn random;
	/* The pair that signs pushes, asked for once; the group owns it then.  NULL: gcks_keys_signature(). */
	int (*signature)(void *ctx, enum sig_algorithm algorithm, EVP_PKEY **ret);
	bool (*spi_taken)(void *ctx, uint32_t spi);                          /* by another group; NULL: by none */
	void (*log)(void *ctx, enum ike_note_level level, const char *text); /* NULL: nobody listens */
	void *ctx;
};

/*
 * A push counts once for each member that it is sent to, however often it is repeated.  So Push Sent is the sum of the
 * other two and of the negotiations in progress.  A push is unacknowledged when it was given up: the member was
 * removed, or has registered again in the meantime.  Without acknowledgements neither of the two counts.  A member that
 * is removed keeps its counters.
 */
struct gcks_stats {
	uint64_t pull_succeeded, pull_failed, pull_exceed_threshold; /* PULL_EXCEED_THRESHOLD: of groups only */
	uint64_t push_sent, push_acknowledged, push_unacknowledged;
};

struct gdoi_group;

/*
 * A group with its first keys, born at NOW.  C is copied.  Errors: -EINVAL with a reason in ERR for what no key server
 * can do, -ENOMEM, and those of the random function and the crypto library.
 */
GVPN_MUST_CHECK int gdoi_group_new(struct gdoi_group **ret, const struct gdoi_group_config *c,
				   const struct gdoi_group_ops *ops, uint64_t now, struct gcks_error *err);
void gdoi_group_free(struct gdoi_group *g); /* wipes; NULL is fine */
static inline void gdoi_group_freep(struct gdoi_group **g)
{
	gdoi_group_free(*g);
}

/*
 * Time has passed: old keys end, new ones are made and become a push, members that do not answer are removed.  When
 * a key cannot be made, the present ones stay and the group tries again.
 */
void gdoi_group_step(struct gdoi_group *g, uint64_t now);
uint64_t gdoi_group_deadline(const struct gdoi_group *g); /* when to step next */

/*
 * The download for the gateway MEMBER.  Steps the group to NOW first.  Errors: -EACCES: the gateway is not a member of
 * this group, or there is no key to give; -EAGAIN (answer with silence): the member is new and the group is full, or
 * this server waits for the group's keys.
 */
GVPN_MUST_CHECK int gdoi_group_pull(struct gdoi_group *g, uint64_t now, const char *member, struct download *ret);
/*
 * The member has confirmed its pull, and D is what gdoi_group_pull() gave: D gets WANTED sender ids, or one when it
 * asks for none, if D has a key for a counter mode.  No id is given twice under one key (RFC 6407 3.5).  -EACCES: all
 * are given out; -EAGAIN: D's keys were replaced since, and the member has to pull again.
 */
GVPN_MUST_CHECK int gdoi_group_give_sender_ids(struct gdoi_group *g, uint64_t now, const char *member, uint16_t wanted,
					       struct download *d);
/* An exchange ends in which gdoi_group_pull() said -EAGAIN.  Counted here: a member asks several times in one exchange.
 */
void gdoi_group_unanswered(struct gdoi_group *g, const char *member);
void gdoi_group_registered(struct gdoi_group *g, uint64_t now, const char *member); /* its pull was confirmed */
/* -ENOENT when it was not registered. */
GVPN_MUST_CHECK int gdoi_group_remove(struct gdoi_group *g, const char *member);
/* Gives each member that was removed once (by an operator, or because it did not answer): forget its ISAKMP SA. */
bool gdoi_group_removed(struct gdoi_group *g, struct gdoi_member_config *ret);

/*
 * Pushes (RFC 6407 4).  gdoi_group_step() and the changes of group_change.h make pushes.  This function puts into OUT
 * those that are due at NOW for members that speak to LOCAL, as far as there is room; while more are due, the deadline
 * is not after NOW.  A push that is not acknowledged is repeated every retransmission period.  One period after the
 * last retransmission the member is removed.
 */
void gdoi_group_send(struct gdoi_group *g, uint64_t now, uint32_t local, struct ike_out *out);
/*
 * A GROUPKEY-PUSH-ACK (RFC 8263) came to LOCAL from ADDR.  -ENOENT: nothing of this group waits for it; -EALREADY: it
 * was taken before; -EBADMSG: it is forged or malformed.
 */
GVPN_MUST_CHECK int gdoi_group_acknowledge(struct gdoi_group *g, uint64_t now, uint32_t local, uint32_t addr,
					   const uint8_t *data, size_t len);

bool gdoi_group_has_spi(const struct gdoi_group *g, uint32_t spi); /* among its live keys */
/* Whether policy I is the first of its SA, as the configuration orders them. */
bool gdoi_group_leads_sa(const struct gdoi_group *g, size_t i);
bool gdoi_group_same_sa(const struct gdoi_group *g, size_t i, size_t j);
bool gdoi_group_leads(const struct gdoi_group *g); /* makes keys and pushes; always, when it is in no cluster */

/* Views for show; what they point to lives until the group changes. */
const struct gdoi_group_config *gdoi_group_config(const struct gdoi_group *g);
const struct gcks_stats *gdoi_group_stats(const struct gdoi_group *g);

struct gcks_tek_view {
	const struct tek *tek;
	uint32_t remaining, rekey_in; /* seconds */
	bool replaced;                /* a newer key of the same policy is there; rekey_in has no meaning */
};
size_t gdoi_group_n_teks(const struct gdoi_group *g, size_t policy);
void gdoi_group_tek(const struct gdoi_group *g, uint64_t now, size_t policy, size_t i, struct gcks_tek_view *ret);

struct gcks_kek_view {
	const struct kek *kek;
	uint32_t index; /* what the show outputs call it */
	uint32_t remaining, rekey_in;
	bool replaced;
	uint64_t input_bytes, output_bytes, input_packets, output_packets; /* acknowledgements, and pushes */
};
size_t gdoi_group_n_keks(const struct gdoi_group *g); /* 0 to 2, the older first */
void gdoi_group_kek(const struct gdoi_group *g, uint64_t now, size_t i, struct gcks_kek_view *ret);

struct gcks_member_view {
	const struct gdoi_member_config *config;
	const struct gcks_stats *stats;
	bool registered;
	uint64_t last_update; /* ms; its latest pull or acknowledgement */
};
/* Sender ids of this server under the present keys: how many there are, and how many it has given.  False: no policy
 * needs one. */
bool gdoi_group_sender_id_counts(const struct gdoi_group *g, unsigned *ret_bits, uint64_t *ret_given,
				 uint64_t *ret_all);
size_t gdoi_group_n_registered(const struct gdoi_group *g);
size_t gdoi_group_n_pushes(const struct gdoi_group *g); /* negotiations in progress: members that owe an answer */
void gdoi_group_member(const struct gdoi_group *g, size_t i,
		       struct gcks_member_view *ret); /* i: of the configuration */

#endif
