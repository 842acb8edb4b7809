/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The place of a key among the others of its policy, when it begins to send; the order of policies (keyring.h). */
#include "member/group/keyring_private.h"

#include "lib/selector.h"
#include "member/group/times.h"

static uint64_t pushed_send_from(const struct keyring_sa *before, uint64_t now)
{
	uint64_t latest = now + ACTIVATION_DEFAULT_MS, least = now + ACTIVATION_LEAST_MS;

	if (before->soft_at >= latest)
		return latest;
	return before->soft_at > least ? before->soft_at : least;
}

static uint64_t pulled_send_from(const struct keyring_sa *before, uint64_t now)
{
	uint64_t lead = before->hard_at > before->soft_at ? (before->hard_at - before->soft_at) / 2 : 0;
	uint64_t at = before->hard_at - (lead < PULLED_LEAD_MAX_MS ? lead : PULLED_LEAD_MAX_MS);

	return at > now ? at : now;
}

/* Whether P has had no key before this message. */
static bool is_joining(const struct taking *t, const struct keyring_policy *p)
{
	for (size_t i = 0; i < p->n_keys; i++)
		if (p->keys[i].sa->received != t->now)
			return false;
	return true;
}

/* When a new key starts to send: at once without a predecessor, else when the others can be expected to hold it. */
static uint64_t send_from(const struct taking *t, const struct keyring_policy *p)
{
	const struct keyring_sa *before = NULL;

	for (size_t i = 0; i < p->n_keys; i++)
		if (!p->keys[i].sa->deleted)
			before = p->keys[i].sa;
	if (!before)
		return t->now;
	/*
	 * A member that joins now does not know since when the others have the newer key; after the delay they drop the
	 * older one.
	 */
	if (t->d->has_gap && t->d->has_dtd && is_joining(t, p))
		return t->now;
	if (t->d->has_gap && t->d->has_atd)
		return t->now + (uint64_t)t->d->activation_delay * 1000;
	if (t->pushed || t->d->has_kek)
		return pushed_send_from(before, t->now);
	/* Nobody pushes: each member learns the new key when it registers again, the last one at its soft end. */
	return pulled_send_from(before, t->now);
}

/* Whether the message has SA for P. */
static bool lists_key(const struct taking *t, const struct keyring_policy *p, const struct keyring_sa *sa)
{
	if (!sa->listed)
		return false;
	for (size_t i = 0; i < t->d->n_teks && i < DOWNLOAD_TEKS_MAX; i++)
		if (t->of[i] && !t->of[i]->refused && t->of[i]->sa == sa && selector_equal(&t->d->teks[i].sel, &p->sel))
			return true;
	return false;
}

static bool ends_before(const struct keyring_sa *a, const struct keyring_sa *b)
{
	return a->hard_at + SAME_END_MS < b->hard_at;
}

/* The message replaces the keys of P that it does not list: they are older than those that it lists. */
static void put_replaced_first(const struct taking *t, struct keyring_policy *p)
{
	size_t done = 0;

	for (size_t i = 0; i < p->n_keys; i++) {
		struct keyring_key key = p->keys[i];

		if (lists_key(t, p, key.sa))
			continue;
		memmove(&p->keys[done + 1], &p->keys[done], (i - done) * sizeof(key));
		p->keys[done++] = key;
	}
}

/* Whether SA was here and went before its time: it is older than all keys that do not end clearly before it. */
static bool is_old(const struct taking *t, const struct keyring_policy *p, const struct keyring_sa *sa)
{
	return keyring_gone(t->k, sa->tek.spi, t->now) && p->n_keys > 0 && !ends_before(p->keys[p->n_keys - 1].sa, sa);
}

/* Whether SA stands before a key that is held. */
static bool is_before(const struct taking *t, const struct keyring_policy *p, const struct keyring_sa *sa,
		      const struct keyring_sa *held, bool old)
{
	return old ? !ends_before(held, sa) : lists_key(t, p, held) && ends_before(sa, held);
}

/* The oldest key goes, and with it what is still under way by it; but never the one that sends. */
static void make_room(const struct taking *t, struct keyring_policy *p)
{
	if (p->n_keys == KEYRING_KEYS_MAX)
		keyring_unlink(p, keyring_sender(p, t->now) == p->keys[0].sa ? 1 : 0);
}

int order_add(const struct taking *t, struct keyring_policy *p, struct keyring_sa *sa, bool *ret)
{
	struct keyring_key key = { .sa = sa };
	bool old = is_old(t, p, sa);
	size_t i;
	int r;

	make_room(t, p);
	if (p->n_keys > 0) /* what had overtaken it is gone */
		p->keys[p->n_keys - 1].overtaken = false;
	if (!old)
		put_replaced_first(t, p);
	i = p->n_keys;
	while (i > 0 && is_before(t, p, sa, p->keys[i - 1].sa, old))
		i--;
	key.overtaken = i < p->n_keys;
	key.send_at = key.overtaken ? p->keys[i].send_at : send_from(t, p);
	r = keyring_link(p, i, &key);
	if (r == 0)
		*ret = !old;
	return r;
}

static bool names_policy(const struct download *d, const struct selector *sel)
{
	for (size_t i = 0; i < d->n_teks && i < DOWNLOAD_TEKS_MAX; i++)
		if (selector_equal(&d->teks[i].sel, sel))
			return true;
	return false;
}

static size_t index_of(const struct keyring *k, const struct selector *sel)
{
	size_t i = 0;

	while (i < k->n_policies && !selector_equal(&k->policies[i].sel, sel))
		i++;
	return i;
}

static void move_policy(struct keyring *k, size_t from, size_t to)
{
	struct keyring_policy p = k->policies[from];

	if (from > to)
		memmove(&k->policies[to + 1], &k->policies[to], (from - to) * sizeof(p));
	else
		memmove(&k->policies[from], &k->policies[from + 1], (to - from) * sizeof(p));
	k->policies[to] = p;
}

/* A policy that is kept though only a refusal names it stays right behind the one that it stood behind. */
void order_policies(struct keyring *k, const struct download *d)
{
	struct selector old[KEYRING_POLICIES_MAX];
	size_t n = k->n_policies, done = 0;

	for (size_t i = 0; i < n; i++)
		old[i] = k->policies[i].sel;
	for (size_t i = 0; i < d->n_teks && i < DOWNLOAD_TEKS_MAX; i++) {
		size_t at = index_of(k, &d->teks[i].sel);

		if (at >= done && at < n)
			move_policy(k, at, done++);
	}
	for (size_t i = 0; i < n; i++) {
		size_t at = index_of(k, &old[i]), behind;

		if (names_policy(d, &old[i]))
			continue;
		behind = i > 0 ? index_of(k, &old[i - 1]) + 1 : 0;
		move_policy(k, at, behind > at ? behind - 1 : behind);
	}
}
