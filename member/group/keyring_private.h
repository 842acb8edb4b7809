/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shared by the parts of a keyring: keyring.c holds SAs and policies, keyring_time.c knows their ends, keyring_reqid.c
 * numbers SAs for the kernel, keyring_d3p.c knows their anti-replay windows, keyring_offer.c reads the offers of a
 * download, keyring_order.c finds the place of a key among others, keyring_send.c says which key sends, keyring_take.c
 * takes downloads.
 */
#ifndef MEMBER_GROUP_KEYRING_PRIVATE_H
#define MEMBER_GROUP_KEYRING_PRIVATE_H

#include "member/group/keyring.h"

/* SPIs that ended here before the time that the server had told: listed again, they are old keys. */
#define KEYRING_GONE_MAX 64
struct keyring_gone {
	uint32_t spi;
	uint64_t until; /* the end of its life as it was told */
	bool used_up;   /* its lifetime in kilobytes is over, or was nearly */
};

struct keyring {
	struct keyring_limits limits;
	struct keyring_policy policies[KEYRING_POLICIES_MAX];
	size_t n_policies;
	struct keyring_sa **sas; /* in the order in which they came */
	size_t n_sas, n_sas_allocated;
	uint64_t used_slots; /* of tunnel ids */
	unsigned next_reqid; /* offset of the one to try first: one that is given back rests as long as can be */
	struct keyring_gone gone[KEYRING_GONE_MAX];
	size_t n_gone;
	bool downloaded;
	uint64_t activation_at; /* earliest send_at still to come */
};

/* --- keyring.c --- */

void keyring_set_activation(struct keyring *k, uint64_t now);
struct keyring_policy *keyring_policy_find(struct keyring *k, const struct selector *sel);
/* The caller has checked that there is room: fewer policies than limits.max_policies. */
struct keyring_policy *keyring_policy_add(struct keyring *k, const struct selector *sel);
void keyring_policy_remove(struct keyring *k, size_t i); /* its keys stay with other policies */

struct keyring_sa *keyring_sa_find(const struct keyring *k, uint32_t spi);
/* The new SA belongs to no policy yet.  -ENOMEM */
GVPN_MUST_CHECK int keyring_sa_add(struct keyring *k, const struct keyring_sa *sa, struct keyring_sa **ret);
/* SA is removed from all policies.  When NOW is before the end that the server told, the keyring remembers the SPI. */
void keyring_sa_remove(struct keyring *k, struct keyring_sa *sa, uint64_t now);
bool keyring_has_policy(const struct keyring *k, const struct keyring_sa *sa);
void keyring_sweep(struct keyring *k, uint64_t now); /* removes SAs that no policy has */
/* The entry that remembers SPI; NULL: there is none. */
const struct keyring_gone *keyring_gone(const struct keyring *k, uint32_t spi, uint64_t now);

/* SA becomes key I of P.  -ENOMEM */
GVPN_MUST_CHECK int keyring_link(struct keyring_policy *p, size_t i, const struct keyring_key *key);
void keyring_unlink(struct keyring_policy *p, size_t i);

/* --- keyring_reqid.c --- */

/*
 * Gives a reqid to each SA that has none, and a new one to each SA that cannot share its reqid any more.  When there
 * are too few reqids, the oldest SA that only receives is removed.
 */
void keyring_give_reqids(struct keyring *k, uint64_t now);

/* --- keyring_time.c --- */

uint64_t keyring_soft_margin(uint32_t life);                    /* seconds between the soft and the hard end */
void keyring_sa_times(struct keyring_sa *sa, uint64_t hard_at); /* of one that ends then, by itself */
void keyring_sa_cut(struct keyring_sa *sa, uint64_t until, uint64_t now); /* its end comes forward, if it does */

/* --- keyring_d3p.c --- */

/* SA has this window from here on; keyring_give_reqids() must follow. */
void keyring_sa_set_window(struct keyring_sa *sa, uint32_t window_ms);

/* --- keyring_offer.c --- */

struct offer {                 /* one SPI of a download, with one TEK a policy */
	const struct tek *tek; /* the first that can be used */
	bool refused;          /* and among the refusals */
	struct keyring_sa *sa; /* the SA that it is; NULL: none yet */
};

struct taking {
	struct keyring *k;
	const struct download *d;
	struct keyring_outcome *outcome;
	bool pushed;
	uint64_t now;
	uint32_t window_ms;                     /* of all TEKs of D */
	enum record_id d3p_refused;             /* why none of them can be used; RECORD_NOTHING */
	uint32_t d3p_number;                    /* that its words need */
	struct offer offers[DOWNLOAD_TEKS_MAX]; /* in the server's order */
	size_t n;
	struct offer *of[DOWNLOAD_TEKS_MAX]; /* by the index of a TEK; NULL: it cannot be used */
};

/* Reads what D offers, refuses what cannot be used or is too much, and makes the policies. */
void taking_begin(struct taking *t, struct keyring *k, const struct download *d, bool pushed, uint64_t now,
		  struct keyring_outcome *o);
/* Why this member's datapath cannot use T, a clause REFUSED_...; RECORD_NOTHING: it can. */
enum record_id tek_unacceptable(const struct keyring *k, const struct tek *t);
bool tek_same_key(const struct tek *held, const struct tek *t);
/* A policy is named by a key that is refused, too: the server still has it. */
bool download_names(const struct download *d, const struct selector *sel);

/* Adds R to the refusals of O. */
void keyring_refuse(struct keyring_outcome *o, const struct keyring_refusal *r);

/* --- keyring_order.c --- */

/* SA, which the message lists, becomes a key of P, in its place by age.  *RET: it is newer than what it replaces.
 * -ENOMEM */
GVPN_MUST_CHECK int order_add(const struct taking *t, struct keyring_policy *p, struct keyring_sa *sa, bool *ret);
/* Policies stand as the download, a complete one, has them. */
void order_policies(struct keyring *k, const struct download *d);

#endif
