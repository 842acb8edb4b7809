/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A key server's group and its members in memory: pulls by call, pushes and acknowledgements as datagrams that a gate
 * may lose.  Time is a number.  The members are the member's half of ike/push.h and a list of the TEKs they hold.
 */
#ifndef TESTS_UNIT_SUPPORT_GCKS_MEMBERS_H
#define TESTS_UNIT_SUPPORT_GCKS_MEMBERS_H

#include "ike/push.h"
#include "tests/gcks/group_change.h"

#define SECOND UINT64_C(1000)
#define START (UINT64_C(5) * SECOND)
#define MEMBERS_MAX 80
#define MEMBER_ADDR(i) (0x0a126501u + ((uint32_t)(i) << 8)) /* 10.18.(101 + i).1 */
#define LOCAL 0x0a0a6401u

struct gm {
	struct rekey_sa *sa, *old; /* the present KEK, and the one before */
	uint32_t spis[64];
	size_t n_spis;
	bool mute; /* nothing reaches it */
	unsigned accepted, again, refused;
	uint64_t last_push; /* when the latest came */
	struct push said;   /* of the latest that was accepted */
};

struct members {
	struct gdoi_policy_config policies[GCKS_POLICIES_MAX];
	struct gdoi_member_config configs[MEMBERS_MAX];
	struct gdoi_group_config config;
	struct gdoi_group *group;
	struct gm gm[MEMBERS_MAX];
	uint64_t now;
	uint32_t next_random;
	int random_error;
	size_t sent, warnings;
	bool lose_acks;
	unsigned loss_percent; /* of each direction */
	uint32_t dice;
	uint8_t last[65536]; /* the latest datagram of the server */
	size_t last_len;
	uint8_t ack[256]; /* the latest acknowledgement */
	size_t ack_len;
};

/* N members, one policy of 3600 s, a KEK of 7200 s signed with ECDSA, retransmissions as the guide has them.  Change,
 * then start. */
struct members *members_new(size_t n);
void members_start(struct members *w);
void members_free(struct members *w);
struct members *members_all_registered(size_t n); /* N members, all of them registered */
struct members *members_registered(size_t n);     /* N members with a second policy, all of them registered */

void members_pull(struct members *w, size_t i); /* and confirms */
void members_take(struct members *w, size_t i, const struct download *d);
void members_step(struct members *w); /* at w->now: the group steps, and all that is due is sent and answered */
void members_run(struct members *w, uint64_t until); /* from deadline to deadline */
bool members_hold(const struct members *w, size_t i, uint32_t spi);
uint32_t members_newest(const struct members *w, size_t policy); /* SPI of the server's newest TEK */
/* Push Sent is the sum of Acknowledged, Unacknowledged and those in progress, in all and for each member. */
void members_check_sums(const struct members *w);
/* The server's counters of pushes. */
void members_check_stats(const struct members *w, uint64_t sent, uint64_t acknowledged, uint64_t unacknowledged);

#endif
