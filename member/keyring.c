/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/keyring_private.h"

#include "policy/selector.h"

#include <stdlib.h>

/*
 * The guide's samples: a key of 3600 s has its soft end 139 s before the hard one.  A short one keeps room for a
 * registration with two retransmissions.  Seconds.
 */
#define SOFT_MARGIN_MAX 139
#define SOFT_MARGIN_MIN 8
#define SOFT_LIFE 3600
/*
 * Members register again within a window, so that a fleet spreads over it.  It closes a while before the soft end,
 * because soon after it the new key is sent with and the last member must hold it; it opens after a server has made the
 * new key (510 s before the end in the guide).
 */
#define RENEW_LEAD_MAX 30
#define RENEW_LEAD_PART 8 /* of the lifetime */
#define RENEW_WINDOW_MAX 300
#define RENEW_WINDOW_PART 12
/*
 * A server that does not answer is left after 62 s where there is time (group_servers.c), so with N of them the window
 * closes N - 1 times that earlier, as far as a twentieth of the lifetime goes; it gives of its own length, so that it
 * does not open before the server has made the new key.
 */
#define SILENCE_SECONDS 62
#define SILENCE_PART 20
/* A deleted key is renewed from this part of what it had left on: its server is not asked by all in the same second. */
#define CUT_LEAD_PART 16

int keyring_new(struct keyring **ret, const struct keyring_limits *limits)
{
	struct keyring *k;

	if (limits->max_keys == 0 || limits->max_policies == 0 || limits->max_policies > KEYRING_POLICIES_MAX)
		return -EINVAL;
	k = calloc(1, sizeof(*k));
	if (!k)
		return -ENOMEM;
	k->limits = *limits;
	k->activation_at = UINT64_MAX;
	*ret = k;
	return 0;
}

bool keyring_set_limits(struct keyring *k, unsigned max_keys, unsigned max_policies)
{
	if (k->limits.max_keys == max_keys && k->limits.max_policies == max_policies)
		return false;
	k->limits.max_keys = max_keys;
	k->limits.max_policies = max_policies;
	return true;
}

void keyring_free(struct keyring *k)
{
	if (!k)
		return;
	keyring_clear(k);
	explicit_bzero(k, sizeof(*k));
	free(k);
}

uint64_t keyring_soft_margin(uint32_t life)
{
	uint64_t m = (uint64_t)life * SOFT_MARGIN_MAX / SOFT_LIFE;

	if (m > SOFT_MARGIN_MAX)
		m = SOFT_MARGIN_MAX;
	if (m < SOFT_MARGIN_MIN)
		m = SOFT_MARGIN_MIN;
	return m > life / 3 ? life / 3 : m;
}

static uint32_t slot_take(struct keyring *k)
{
	uint32_t slot = 0;

	while (k->used_slots & (UINT64_C(1) << slot))
		slot++;
	k->used_slots |= UINT64_C(1) << slot;
	return slot;
}

struct keyring_policy *keyring_policy_add(struct keyring *k, const struct selector *sel)
{
	struct keyring_policy *p = &k->policies[k->n_policies++];
	uint32_t slot = slot_take(k);

	*p = (struct keyring_policy){
		.sel = *sel,
		.reqid = k->limits.first_reqid + slot,
		.tunnel_id = k->limits.first_tunnel_id + slot,
	};
	return p;
}

static void keys_clear(struct keyring_policy *p)
{
	if (p->keys)
		explicit_bzero(p->keys, p->n_allocated * sizeof(*p->keys));
	free(p->keys);
	p->keys = NULL;
	p->n_keys = p->n_allocated = 0;
}

int keyring_keys_grow(struct keyring_policy *p)
{
	size_t n = p->n_allocated > 0 ? 2 * p->n_allocated : 4;
	struct keyring_key *keys;

	if (p->n_keys < p->n_allocated)
		return 0;
	keys = calloc(n, sizeof(*keys));
	if (!keys)
		return -ENOMEM;
	if (p->n_keys > 0) {
		memcpy(keys, p->keys, p->n_keys * sizeof(*keys));
		explicit_bzero(p->keys, p->n_keys * sizeof(*keys));
	}
	free(p->keys);
	p->keys = keys;
	p->n_allocated = n;
	return 0;
}

void keyring_policy_remove(struct keyring *k, size_t i)
{
	keys_clear(&k->policies[i]);
	k->used_slots &= ~(UINT64_C(1) << (k->policies[i].reqid - k->limits.first_reqid));
	k->n_policies--;
	memmove(&k->policies[i], &k->policies[i + 1], (k->n_policies - i) * sizeof(k->policies[0]));
	k->policies[k->n_policies] = (struct keyring_policy){ 0 };
}

void keyring_key_remove(struct keyring_policy *p, size_t i)
{
	p->n_keys--;
	memmove(&p->keys[i], &p->keys[i + 1], (p->n_keys - i) * sizeof(p->keys[0]));
	explicit_bzero(&p->keys[p->n_keys], sizeof(p->keys[0]));
}

struct keyring_policy *keyring_policy_find(struct keyring *k, const struct selector *sel)
{
	for (size_t i = 0; i < k->n_policies; i++)
		if (selector_equal(&k->policies[i].sel, sel))
			return &k->policies[i];
	return NULL;
}

void keyring_set_activation(struct keyring *k, uint64_t now)
{
	k->activation_at = UINT64_MAX;
	for (size_t i = 0; i < k->n_policies; i++)
		for (size_t j = 0; j < k->policies[i].n_keys; j++) {
			uint64_t at = k->policies[i].keys[j].send_at;

			if (at > now && at < k->activation_at)
				k->activation_at = at;
		}
}

static void restore_keys(struct keyring_policy *p, const struct keyring_policy *from, uint64_t now)
{
	for (size_t i = 0; i < from->n_keys && p->n_keys < KEYRING_KEYS_MAX; i++) {
		const struct keyring_key *key = &from->keys[i];

		if (key->hard_at <= now || keyring_keys_grow(p) < 0)
			continue;
		p->keys[p->n_keys] = *key;
		p->keys[p->n_keys].tek.sel = p->sel;
		p->keys[p->n_keys].tek.tunnel = true;
		p->n_keys++;
	}
}

void keyring_restore(struct keyring *k, const struct keyring_policy *policies, size_t n, uint64_t now)
{
	for (size_t i = 0; i < n && k->n_policies < k->limits.max_policies; i++) {
		const struct keyring_policy *from = &policies[i];
		uint32_t slot = from->reqid - k->limits.first_reqid;
		struct keyring_policy *p = &k->policies[k->n_policies];

		if (slot >= KEYRING_POLICIES_MAX || k->used_slots & UINT64_C(1) << slot ||
		    keyring_policy_find(k, &from->sel))
			continue;
		k->used_slots |= UINT64_C(1) << slot;
		*p = (struct keyring_policy){
			.sel = from->sel,
			.reqid = from->reqid,
			.tunnel_id = k->limits.first_tunnel_id + slot,
		};
		restore_keys(p, from, now);
		k->n_policies++;
	}
	k->downloaded = k->n_policies > 0;
	keyring_set_activation(k, now);
}

bool keyring_expire(struct keyring *k, uint64_t now)
{
	bool changed = k->activation_at <= now;

	for (size_t i = 0; i < k->n_policies; i++)
		for (size_t j = k->policies[i].n_keys; j-- > 0;)
			if (k->policies[i].keys[j].hard_at <= now) {
				keyring_key_remove(&k->policies[i], j);
				changed = true;
			}
	keyring_set_activation(k, now);
	return changed;
}

void keyring_clear_keys(struct keyring *k)
{
	for (size_t i = 0; i < k->n_policies; i++)
		keys_clear(&k->policies[i]);
	k->activation_at = UINT64_MAX;
}

void keyring_clear(struct keyring *k)
{
	keyring_clear_keys(k);
	k->n_policies = 0;
	k->used_slots = 0;
	k->downloaded = false;
	k->activation_at = UINT64_MAX;
}

uint64_t keyring_deadline(const struct keyring *k)
{
	uint64_t at = k->activation_at;

	for (size_t i = 0; i < k->n_policies; i++)
		for (size_t j = 0; j < k->policies[i].n_keys; j++)
			if (k->policies[i].keys[j].hard_at < at)
				at = k->policies[i].keys[j].hard_at;
	return at;
}

/* Milliseconds. */
static uint64_t part_of_life(uint32_t life, uint64_t part, uint64_t most_seconds)
{
	uint64_t ms = (uint64_t)life * 1000 / part;

	return ms > most_seconds * 1000 ? most_seconds * 1000 : ms;
}

static uint64_t pick(uint64_t opens, uint64_t closes, unsigned share)
{
	return opens < closes ? closes - (closes - opens) * (share > 1000 ? 1000 : share) / 1000 : closes;
}

static uint64_t renew_before(uint32_t life, uint64_t soft_at, unsigned share, size_t servers)
{
	uint64_t silence = part_of_life(life, SILENCE_PART, servers > 1 ? (servers - 1) * SILENCE_SECONDS : 0);
	uint64_t window = part_of_life(life, RENEW_WINDOW_PART, RENEW_WINDOW_MAX);
	uint64_t closes = soft_at - part_of_life(life, RENEW_LEAD_PART, RENEW_LEAD_MAX) - silence;

	window = window > silence ? window - silence : window / 4;
	return pick(closes - window, closes, share);
}

uint64_t keyring_renew_point(uint32_t life, uint64_t hard_at, unsigned share, size_t servers)
{
	return renew_before(life, hard_at - keyring_soft_margin(life) * 1000, share, servers);
}

static uint64_t renew_key_at(const struct keyring_key *newest, unsigned share, size_t servers)
{
	uint64_t left;

	if (newest->cut_at == 0)
		return renew_before(newest->tek.life_seconds, newest->soft_at, share, servers);
	left = newest->soft_at - newest->cut_at;
	return pick(newest->cut_at + left / CUT_LEAD_PART, newest->soft_at - left / RENEW_LEAD_PART, share);
}

uint64_t keyring_renew_at(const struct keyring *k, unsigned share, size_t servers)
{
	uint64_t at = UINT64_MAX;

	for (size_t i = 0; i < k->n_policies; i++) {
		const struct keyring_policy *p = &k->policies[i];
		uint64_t t = p->n_keys > 0 ? renew_key_at(&p->keys[p->n_keys - 1], share, servers) : UINT64_MAX;

		if (t < at)
			at = t;
	}
	return at;
}

bool keyring_downloaded(const struct keyring *k)
{
	return k->downloaded;
}

size_t keyring_policies(const struct keyring *k)
{
	return k->n_policies;
}

const struct keyring_policy *keyring_policy(const struct keyring *k, size_t i)
{
	return i < k->n_policies ? &k->policies[i] : NULL;
}

const struct keyring_key *keyring_sender(const struct keyring_policy *p, uint64_t now)
{
	const struct keyring_key *first = NULL;

	for (size_t i = p->n_keys; i-- > 0;) {
		if (p->keys[i].hard_at <= now)
			continue;
		if (p->keys[i].send_at <= now)
			return &p->keys[i];
		first = &p->keys[i];
	}
	return first; /* all still wait for their activation: the oldest of them, rather than none */
}
