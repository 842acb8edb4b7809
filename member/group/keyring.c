/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/group/keyring_private.h"

#include "lib/selector.h"

#include <stdlib.h>

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

bool keyring_set_limits(struct keyring *k, unsigned max_keys, unsigned max_policies, uint32_t window_ms)
{
	if (k->limits.max_keys == max_keys && k->limits.max_policies == max_policies &&
	    k->limits.window_ms == window_ms)
		return false;
	k->limits.window_ms = window_ms;
	k->limits.max_keys = max_keys;
	k->limits.max_policies = max_policies;
	return true;
}

void keyring_free(struct keyring *k)
{
	if (!k)
		return;
	keyring_clear(k);
	free(k->sas);
	explicit_bzero(k, sizeof(*k));
	free(k);
}

/* --- policies --- */

struct keyring_policy *keyring_policy_find(struct keyring *k, const struct selector *sel)
{
	for (size_t i = 0; i < k->n_policies; i++)
		if (selector_equal(&k->policies[i].sel, sel))
			return &k->policies[i];
	return NULL;
}

struct keyring_policy *keyring_policy_add(struct keyring *k, const struct selector *sel)
{
	struct keyring_policy *p = &k->policies[k->n_policies++];
	uint32_t slot = 0;

	while (k->used_slots >> slot & 1)
		slot++;
	k->used_slots |= UINT64_C(1) << slot;
	*p = (struct keyring_policy){ .sel = *sel, .tunnel_id = k->limits.first_tunnel_id + slot };
	return p;
}

void keyring_policy_remove(struct keyring *k, size_t i)
{
	free(k->policies[i].keys);
	k->used_slots &= ~(UINT64_C(1) << (k->policies[i].tunnel_id - k->limits.first_tunnel_id));
	k->n_policies--;
	memmove(&k->policies[i], &k->policies[i + 1], (k->n_policies - i) * sizeof(k->policies[0]));
	k->policies[k->n_policies] = (struct keyring_policy){ 0 };
}

int keyring_link(struct keyring_policy *p, size_t i, const struct keyring_key *key)
{
	if (p->n_keys == p->n_allocated) {
		size_t n = p->n_allocated > 0 ? 2 * p->n_allocated : 4;
		struct keyring_key *keys = reallocarray(p->keys, n, sizeof(*keys));

		if (!keys)
			return -ENOMEM;
		p->keys = keys;
		p->n_allocated = n;
	}
	memmove(&p->keys[i + 1], &p->keys[i], (p->n_keys - i) * sizeof(p->keys[0]));
	p->keys[i] = *key;
	p->n_keys++;
	return 0;
}

void keyring_unlink(struct keyring_policy *p, size_t i)
{
	p->n_keys--;
	memmove(&p->keys[i], &p->keys[i + 1], (p->n_keys - i) * sizeof(p->keys[0]));
}

const struct keyring_key *keyring_key(const struct keyring_policy *p, const struct keyring_sa *sa)
{
	for (size_t i = 0; i < p->n_keys; i++)
		if (p->keys[i].sa == sa)
			return &p->keys[i];
	return NULL;
}

/* --- SAs --- */

struct keyring_sa *keyring_sa_find(const struct keyring *k, uint32_t spi)
{
	for (size_t i = 0; i < k->n_sas; i++)
		if (k->sas[i]->tek.spi == spi)
			return k->sas[i];
	return NULL;
}

int keyring_sa_add(struct keyring *k, const struct keyring_sa *sa, struct keyring_sa **ret)
{
	if (k->n_sas == k->n_sas_allocated) {
		size_t n = k->n_sas_allocated > 0 ? 2 * k->n_sas_allocated : 8;
		struct keyring_sa **sas = reallocarray(k->sas, n, sizeof(struct keyring_sa *));

		if (!sas)
			return -ENOMEM;
		k->sas = sas;
		k->n_sas_allocated = n;
	}
	*ret = malloc(sizeof(**ret));
	if (!*ret)
		return -ENOMEM;
	**ret = *sa;
	k->sas[k->n_sas++] = *ret;
	return 0;
}

const struct keyring_gone *keyring_gone(const struct keyring *k, uint32_t spi, uint64_t now)
{
	for (size_t i = 0; i < k->n_gone; i++)
		if (k->gone[i].spi == spi && k->gone[i].until > now)
			return &k->gone[i];
	return NULL;
}

static void remember_gone(struct keyring *k, const struct keyring_sa *sa, bool used_up, uint64_t now)
{
	uint64_t until = sa->received + (uint64_t)sa->tek.life_seconds * 1000;
	size_t place = 0;

	if (until <= now || sa->reqid == 0) /* the latter was never taken */
		return;
	while (place < k->n_gone && k->gone[place].spi != sa->tek.spi)
		place++;
	if (place == KEYRING_GONE_MAX) { /* the one that is listed the shortest */
		place = 0;
		for (size_t i = 1; i < KEYRING_GONE_MAX; i++)
			if (k->gone[i].until < k->gone[place].until)
				place = i;
	}
	if (place == k->n_gone)
		k->n_gone++;
	k->gone[place] = (struct keyring_gone){ sa->tek.spi, until, used_up || sa->worn };
}

static void sa_free(struct keyring *k, size_t i)
{
	explicit_bzero(k->sas[i], sizeof(*k->sas[i]));
	free(k->sas[i]);
	k->n_sas--;
	memmove(&k->sas[i], &k->sas[i + 1], (k->n_sas - i) * sizeof(struct keyring_sa *));
}

static void remove_sa(struct keyring *k, struct keyring_sa *sa, bool used_up, uint64_t now)
{
	size_t i = 0;

	for (size_t j = 0; j < k->n_policies; j++) {
		const struct keyring_key *key = keyring_key(&k->policies[j], sa);

		if (key)
			keyring_unlink(&k->policies[j], (size_t)(key - k->policies[j].keys));
	}
	remember_gone(k, sa, used_up, now);
	while (k->sas[i] != sa)
		i++;
	sa_free(k, i);
}

void keyring_sa_remove(struct keyring *k, struct keyring_sa *sa, uint64_t now)
{
	remove_sa(k, sa, false, now);
}

bool keyring_wear(struct keyring *k, uint32_t spi, bool used_up, uint64_t now)
{
	struct keyring_sa *sa = keyring_sa_find(k, spi);

	if (!sa || (sa->worn && !used_up))
		return false;
	sa->worn = true;
	if (used_up)
		remove_sa(k, sa, true, now);
	return true;
}

bool keyring_has_policy(const struct keyring *k, const struct keyring_sa *sa)
{
	for (size_t i = 0; i < k->n_policies; i++)
		if (keyring_key(&k->policies[i], sa))
			return true;
	return false;
}

void keyring_sweep(struct keyring *k, uint64_t now)
{
	for (size_t i = k->n_sas; i-- > 0;)
		if (!keyring_has_policy(k, k->sas[i]))
			keyring_sa_remove(k, k->sas[i], now);
}

/* --- an earlier run's --- */

static bool reqid_is_ours(const struct keyring *k, uint32_t reqid)
{
	return reqid - k->limits.first_reqid < KEYRING_REQIDS;
}

static struct keyring_sa *restore_sa(struct keyring *k, const struct keyring_sa *from)
{
	struct keyring_sa *sa = keyring_sa_find(k, from->tek.spi);

	if (sa || keyring_sa_add(k, from, &sa) < 0)
		return sa;
	secret_wipe(&sa->tek.key);
	secret_wipe(&sa->tek.auth_key);
	sa->tek.tunnel = true;
	if (sa->soft_at > sa->hard_at)
		sa->soft_at = sa->hard_at;
	return sa;
}

static void restore_keys(struct keyring *k, struct keyring_policy *p, const struct keyring_policy *from, uint64_t now)
{
	for (size_t i = 0; i < from->n_keys && p->n_keys < KEYRING_KEYS_MAX; i++) {
		struct keyring_key key = from->keys[i];

		if (key.sa->hard_at <= now || !reqid_is_ours(k, key.sa->reqid) ||
		    (key.sa->window_ms > 0 && !k->limits.has_d3p))
			continue;
		key.sa = restore_sa(k, key.sa);
		if (key.sa && !keyring_key(p, key.sa) && keyring_link(p, p->n_keys, &key) < 0)
			return;
	}
}

void keyring_restore(struct keyring *k, const struct keyring_policy *policies, size_t n, uint64_t now)
{
	for (size_t i = 0; i < n && k->n_policies < k->limits.max_policies; i++) {
		const struct keyring_policy *from = &policies[i];
		uint32_t slot = from->tunnel_id - k->limits.first_tunnel_id;
		struct keyring_policy *p = &k->policies[k->n_policies];

		if (slot >= KEYRING_POLICIES_MAX || k->used_slots >> slot & 1 || keyring_policy_find(k, &from->sel))
			continue;
		k->used_slots |= UINT64_C(1) << slot;
		*p = (struct keyring_policy){ .sel = from->sel, .tunnel_id = from->tunnel_id };
		k->n_policies++;
		restore_keys(k, p, from, now);
	}
	keyring_sweep(k, now);
	k->downloaded = k->n_policies > 0;
	keyring_set_activation(k, now);
}

/* --- what holds now --- */

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

bool keyring_expire(struct keyring *k, uint64_t now)
{
	bool changed = k->activation_at <= now;

	for (size_t i = k->n_sas; i-- > 0;)
		if (k->sas[i]->hard_at <= now) {
			keyring_sa_remove(k, k->sas[i], now);
			changed = true;
		}
	keyring_set_activation(k, now);
	return changed;
}

void keyring_clear_keys(struct keyring *k)
{
	for (size_t i = 0; i < k->n_policies; i++) {
		free(k->policies[i].keys);
		k->policies[i].keys = NULL;
		k->policies[i].n_keys = k->policies[i].n_allocated = 0;
	}
	while (k->n_sas > 0)
		sa_free(k, k->n_sas - 1);
	k->n_gone = 0;
	k->activation_at = UINT64_MAX;
}

void keyring_clear(struct keyring *k)
{
	keyring_clear_keys(k);
	k->n_policies = 0;
	k->used_slots = 0;
	k->downloaded = false;
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

size_t keyring_sas(const struct keyring *k)
{
	return k->n_sas;
}

const struct keyring_sa *keyring_sa(const struct keyring *k, size_t i)
{
	return i < k->n_sas ? k->sas[i] : NULL;
}

const struct keyring_sa *keyring_sa_with(const struct keyring *k, uint32_t spi)
{
	return keyring_sa_find(k, spi);
}
