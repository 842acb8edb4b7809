/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The SAs and policies of one group member: which were downloaded, which key sends, which keys still receive, and when
 * each key ends.  Pure: times come in as milliseconds of the boot time clock.
 *
 * An SA is one traffic key with its SPI.  A policy is known by its selector, and keeps its tunnel id as long as it
 * lives.  One SA may be of many policies, and a policy has several SAs while one follows another.  Of a policy's keys
 * one sends; all that have not ended receive (RFC 6407 5.4, row B4).
 *
 * The order of policies decides between overlapping selectors (row D1).  It is the order of the last complete download,
 * which is a pull.  Policies that a push adds stand behind.
 *
 * Age.  Of the keys of a policy, a key that comes in a message is newer than all keys that the message does not list,
 * and newer than the listed ones that end before it.  A key that ends before a held key is older than the held one: it
 * receives, and sends only when every other key is gone.  The same holds for a key that was retired or deleted here and
 * is listed again.
 */
#ifndef MEMBER_GROUP_KEYRING_H
#define MEMBER_GROUP_KEYRING_H

#include "ike/download.h"
#include "lib/limits.h"
#include "member/group/sender_store.h"
#include "member/log/record_id.h"

#define KEYRING_REQIDS 128 /* one for each set of policies that has an SA: twice the policies, for a rollover */

struct keyring_limits {
	unsigned max_keys;                     /* SPIs in one download: old keys do not count (row A6) */
	unsigned max_policies;                 /* in the group */
	uint32_t first_tunnel_id, first_reqid; /* of KEYRING_POLICIES_MAX and KEYRING_REQIDS */
	uint32_t counter_modes;                /* bit c: keys for the counter mode c (enum cipher) are taken */
	uint32_t window_ms; /* of anti-replay by time (D3P) where the server says nothing of it; 0: none */
	bool has_d3p;       /* the datapath can stamp and check packets; else keys that need it are refused */
};

struct keyring_sa {
	struct tek tek; /* its selector says nothing: the policies that have it do */
	/*
	 * Of a reqid at most one SA sends at a time; SAs that follow one another share it.  Of the SAs of a reqid all
	 * have an anti-replay window, or none has.
	 */
	uint32_t reqid;
	uint32_t window_ms; /* anti-replay by time, as the last message that listed the key says; 0: none */
	uint64_t received;
	uint64_t soft_at; /* the new key should be here; never after hard_at */
	uint64_t hard_at; /* it is gone */
	uint64_t cut_at;  /* when a message brought its end forward; 0: none did */
	bool worn;        /* its lifetime in kilobytes is nearly used: a new key is due */
	bool deleted;     /* by the server: it receives what is under way, and never sends */
	bool listed;      /* by the download that is being taken */
	/* Of a counter mode: what it sends with, or is to be sent with, or why it only receives. */
	struct sender sender;
	enum sender_verdict sending;
	bool sequence_low; /* few sequence numbers are left: another id is due */
};

struct keyring_key { /* an SA, as one policy has it */
	struct keyring_sa *sa;
	uint64_t send_at; /* activation: sends from here on, if no newer key does */
	bool overtaken;   /* a newer key was held when it came */
};

struct keyring_policy {
	struct selector sel;
	uint32_t tunnel_id;
	struct keyring_key *keys; /* oldest first */
	size_t n_keys, n_allocated;
};

/* A key or a policy of a download that was refused: group_refusal_record() has the words. */
struct keyring_refusal {
	enum record_id id; /* REFUSED_... */
	uint32_t spi;      /* 0: the server gave none */
	bool has_sel;
	struct selector sel;
	uint32_t number;        /* the limit, the kilobytes, the D3P-TYPE or the errno that ID's words need */
	struct ike_cause cause; /* REFUSED_UNUSABLE */
};

/* The result of a download or a push. */
struct keyring_outcome {
	unsigned new_keys, known_keys; /* SPIs */
	/* Refusals, as the counters have them: every one is in one of these. */
	unsigned exceed_keys, exceed_policies, unsupported, refused;
	unsigned removed_policies, deleted_keys;
	struct keyring_refusal refusals[KEYRING_REFUSALS_MAX];
	size_t n_refusals, more_refusals; /* more: those that have no room in the list */
};

struct keyring;

GVPN_MUST_CHECK int keyring_new(struct keyring **ret, const struct keyring_limits *limits);
/* For the next download: what is held stays.  False when they are these already. */
bool keyring_set_limits(struct keyring *k, unsigned max_keys, unsigned max_policies, uint32_t window_ms);
void keyring_free(struct keyring *k); /* wipes; NULL is fine */

/*
 * Takes the TEKs of a pull.  A pull tells the whole state of the group (RFC 6407 3.2): policies it does not name any
 * more are removed; one whose new key was refused is named, and what works of it is kept.  The SPI of a key that is
 * held is not a new key.
 *
 * What the message says of anti-replay by time (D3P) holds for all TEKs that it lists, at once, for those that are held
 * too.  If that cannot be done, all of them are refused, and those that are held are removed; their selectors stay
 * known, and blocked.  A key that the message does not list goes on as it is.
 */
void keyring_pull(struct keyring *k, const struct download *d, uint64_t now, struct keyring_outcome *ret);

/*
 * The anti-replay window of the TEKs of a message that says D, in *RET; 0: none.  Else why they are refused, a clause
 * REFUSED_D3P_..., with the number that its words need.
 */
enum record_id keyring_window_of(const struct keyring *k, const struct gap_d3p *d, uint32_t *ret, uint32_t *ret_number);

/* The SAs that a push deletes (RFC 6407 5.9); the order of the SPIs means nothing. */
struct keyring_deletes {
	bool all; /* all that were held before the push */
	const uint32_t *spis;
	size_t n_spis;
};

/*
 * Takes the TEKs and the deletes of a push.  A push tells changes only (RFC 6407 4): keys and policies that it does not
 * name stay.  With REPLACES, the push carries policy beside its deletes: a deleted key that the push brings again is
 * not deleted, any other deleted key goes on receiving until the deactivation delay is over, and a policy without a
 * successor is removed.  Without REPLACES, deletes take effect at once, and the selectors stay known, and blocked.
 */
void keyring_push(struct keyring *k, const struct download *d, const struct keyring_deletes *deletes, bool replaces,
		  uint64_t now, struct keyring_outcome *ret);

/*
 * Takes up the state that an earlier run of the daemon left in the kernel: policies with their tunnel ids, and SAs with
 * their reqids.  The SAs come without their material (tek.key.len 0): the kernel has the material, and the next
 * registration brings it again.  SAs and policies that exceed the limits or have ended are left out, and so are SAs
 * with an anti-replay window where the datapath has no D3P.  Only for a keyring that is still empty.
 */
void keyring_restore(struct keyring *k, const struct keyring_policy *policies, size_t n, uint64_t now);

/*
 * The kernel says that the lifetime of SPI in kilobytes (RFC 2407 4.5) is nearly used or, with USED_UP, is over.  When
 * it is over, the key is removed and is not taken again.  A key that ended for another reason while its lifetime was
 * nearly used is not taken again either.  A key that ended before that is taken with a fifth of its lifetime, because
 * the kernel counts anew and at least a fifth remains.  False when the key is not held, or when this was known.
 */
bool keyring_wear(struct keyring *k, uint32_t spi, bool used_up, uint64_t now);

/* Removes keys that have ended; true when any did or when another key sends now. */
bool keyring_expire(struct keyring *k, uint64_t now);

void keyring_clear(struct keyring *k);      /* all keys and policies go */
void keyring_clear_keys(struct keyring *k); /* all keys go, the selectors stay known, and blocked */

uint64_t keyring_deadline(const struct keyring *k); /* when keyring_expire() has work; UINT64_MAX: never */

/*
 * When to register again, before the newest key of some policy reaches its soft end: SHARE (0 to 1000) picks the point
 * within the window, so that a fleet spreads over it (row A7).  SERVERS, how many there are to try: with more than one
 * the window closes earlier, because one that is silent takes up to a minute.  A key whose end was brought forward and
 * that has no successor, and one that is worn, has none to wait for: its window opens at once.  UINT64_MAX without
 * keys.
 */
uint64_t keyring_renew_at(const struct keyring *k, unsigned share, size_t servers);
/* The same for anything that had LIFE seconds and ends at HARD_AT: the KEK. */
uint64_t keyring_renew_point(uint32_t life, uint64_t hard_at, unsigned share, size_t servers);

bool keyring_downloaded(const struct keyring *k); /* a download has said what the policies are */
size_t keyring_policies(const struct keyring *k);
const struct keyring_policy *keyring_policy(const struct keyring *k, size_t i);
size_t keyring_sas(const struct keyring *k);
const struct keyring_sa *keyring_sa(const struct keyring *k, size_t i);
const struct keyring_sa *keyring_sa_with(const struct keyring *k, uint32_t spi); /* NULL: it has none */
/* SA as P has it; NULL: it is none of its keys. */
const struct keyring_key *keyring_key(const struct keyring_policy *p, const struct keyring_sa *sa);
/* Whether some policy is sent with SA at NOW. */
bool keyring_sends(const struct keyring *k, const struct keyring_sa *sa, uint64_t now);
/*
 * Counter modes.  An SA may send when its prefix is known; until then an older key of the policy sends.  An SA of which
 * the keyring would like to send now or later, and may not yet, is searched for.
 */
bool keyring_sa_may_send(const struct keyring_sa *sa);
bool keyring_searches(const struct keyring *k, const struct keyring_sa *sa, uint64_t now);
/* The owner's answer for SPI; false when the answer was this before, or SPI is not held. */
bool keyring_set_sender(struct keyring *k, uint32_t spi, const struct sender *sender, enum sender_verdict sending);
/* The first time that it is told of SPI: few sequence numbers are left. */
bool keyring_sequence_low(struct keyring *k, uint32_t spi);
/* The key that sends at NOW; NULL when the policy has none that may. */
const struct keyring_sa *keyring_sender(const struct keyring_policy *p, uint64_t now);
/* Whether it has a key that may send, now or later. */
bool keyring_usable(const struct keyring_policy *p);

#endif
