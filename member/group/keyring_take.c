/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Takes a download: SAs are added, replaced and deleted (keyring.h). */
#include "member/group/keyring_private.h"

#include "member/group/times.h"

/* --- keys --- */

/* The server says that a key lives which a message had cut or deleted. */
static void sa_lives(struct keyring_sa *sa, const struct tek *t, uint64_t now)
{
	uint64_t first = sa->received + (uint64_t)sa->tek.life_seconds * 1000;
	uint64_t said = now + (uint64_t)t->life_seconds * 1000;

	sa->deleted = false;
	if (sa->cut_at != 0)
		keyring_sa_times(sa, said < first ? said : first);
}

static void sa_again(struct keyring_sa *sa, const struct tek *t, uint32_t window_ms, uint64_t now)
{
	if (sa->tek.key.len == 0) { /* it was taken up from the kernel, and gets its material */
		sa->tek.key = t->key;
		sa->tek.auth_key = t->auth_key;
	}
	keyring_sa_set_window(sa, window_ms);
	sa_lives(sa, t, now);
}

static int sa_begin(struct taking *t, struct offer *o)
{
	struct keyring_sa sa = { .tek = *o->tek, .window_ms = t->window_ms, .received = t->now, .listed = true };
	int r;

	memset(&sa.tek.sel, 0, sizeof(sa.tek.sel));
	if (sa.tek.life_kilobytes > 0 && keyring_gone(t->k, sa.tek.spi, t->now))
		sa.tek.life_kilobytes = (sa.tek.life_kilobytes + 4) / 5;
	keyring_sa_times(&sa, t->now + (uint64_t)sa.tek.life_seconds * 1000);
	r = keyring_sa_add(t->k, &sa, &o->sa);
	explicit_bzero(&sa, sizeof(sa));
	return r;
}

/* O's SA becomes a key of the policies that it is not of yet.  *NEWER has their bits where it replaces others. */
static int link_policies(struct taking *t, struct offer *o, uint64_t *newer)
{
	for (size_t i = 0; i < t->d->n_teks && i < DOWNLOAD_TEKS_MAX; i++) {
		struct keyring_policy *p = t->of[i] == o ? keyring_policy_find(t->k, &t->d->teks[i].sel) : NULL;
		bool is_newer = false;
		int r;

		if (!p || keyring_key(p, o->sa))
			continue;
		r = order_add(t, p, o->sa, &is_newer);
		if (r < 0)
			return r;
		*newer |= (uint64_t)is_newer << (p - t->k->policies);
	}
	return 0;
}

static void take_offer(struct taking *t, struct offer *o, uint64_t *newer)
{
	bool known = o->sa;
	int r = known ? 0 : sa_begin(t, o);

	if (known)
		sa_again(o->sa, o->tek, t->window_ms, t->now);
	if (r == 0)
		r = link_policies(t, o, newer);
	if (r < 0) {
		keyring_refuse(t->outcome, &(struct keyring_refusal){
						   .id = REFUSED_ERROR, .spi = o->tek->spi, .number = (uint32_t)-r });
		t->outcome->refused++;
		if (o->sa)
			keyring_sa_remove(t->k, o->sa, t->now);
		o->sa = NULL;
	} else if (known) {
		t->outcome->known_keys++;
	} else if (keyring_has_policy(t->k, o->sa)) {
		t->outcome->new_keys++;
	}
}

/* --- what is replaced --- */

/*
 * RFC 6407 5.4.1: the deactivation delay is for SAs that are destroyed by the rekey event, so neither for one that the
 * message lists nor for one that some policy has no newer key than.
 */
static bool is_replaced(const struct taking *t, const struct keyring_sa *sa, uint64_t newer)
{
	bool any = false;

	if (sa->listed)
		return false;
	for (size_t i = 0; i < t->k->n_policies; i++) {
		struct keyring_policy *p = &t->k->policies[i];

		if (!keyring_key(p, sa))
			continue;
		if (p->keys[p->n_keys - 1].sa == sa)
			return false;
		any |= newer >> i & 1;
	}
	return any;
}

static void retire_replaced(struct taking *t, uint64_t newer)
{
	for (size_t i = 0; t->d->has_gap && t->d->has_dtd && i < t->k->n_sas; i++)
		if (is_replaced(t, t->k->sas[i], newer))
			keyring_sa_cut(t->k->sas[i], t->now + (uint64_t)t->d->deactivation_delay * 1000, t->now);
}

/* The offers that end first come first: they are the older ones. */
static void take_offers(struct taking *t)
{
	size_t order[DOWNLOAD_TEKS_MAX];
	uint64_t newer = 0;

	_Static_assert(KEYRING_POLICIES_MAX <= 64, "a bit each");
	for (size_t i = 0; i < t->n; i++) {
		size_t j = i;

		for (; j > 0 && t->offers[order[j - 1]].tek->life_seconds > t->offers[i].tek->life_seconds; j--)
			order[j] = order[j - 1];
		order[j] = i;
	}
	for (size_t i = 0; i < t->n; i++)
		if (!t->offers[order[i]].refused)
			take_offer(t, &t->offers[order[i]], &newer);
	retire_replaced(t, newer);
	keyring_sweep(t->k, t->now);
	keyring_give_reqids(t->k, t->now);
	for (size_t i = 0; i < t->k->n_sas; i++)
		t->k->sas[i]->listed = false;
	if (t->d->n_teks > 0)
		t->k->downloaded = true;
	keyring_set_activation(t->k, t->now);
}

/* --- downloads --- */

static void take_refusals(const struct download *d, struct keyring_outcome *o)
{
	for (size_t i = 0; i < d->n_refusals && i < DOWNLOAD_REFUSALS_MAX; i++) {
		const struct refusal *r = &d->refusals[i];

		keyring_refuse(o, &(struct keyring_refusal){ .id = REFUSED_UNUSABLE,
							     .spi = r->spi,
							     .has_sel = r->has_sel,
							     .sel = r->sel,
							     .cause = r->cause });
		*(d->refusals[i].reason == REFUSAL_UNSUPPORTED_ALGORITHM ? &o->unsupported : &o->refused) += 1;
	}
	if (d->n_refusals > DOWNLOAD_REFUSALS_MAX) {
		o->more_refusals += d->n_refusals - DOWNLOAD_REFUSALS_MAX;
		o->refused += (unsigned)(d->n_refusals - DOWNLOAD_REFUSALS_MAX);
	}
}

static void remove_unnamed(struct keyring *k, const struct download *d, uint64_t now, struct keyring_outcome *o)
{
	for (size_t i = k->n_policies; i-- > 0;)
		if (!download_names(d, &k->policies[i].sel)) {
			keyring_policy_remove(k, i);
			o->removed_policies++;
		}
	keyring_sweep(k, now);
}

void keyring_pull(struct keyring *k, const struct download *d, uint64_t now, struct keyring_outcome *ret)
{
	struct taking t;

	*ret = (struct keyring_outcome){ 0 };
	take_refusals(d, ret);
	keyring_expire(k, now);
	if (d->n_teks > 0)
		remove_unnamed(k, d, now, ret);
	taking_begin(&t, k, d, false, now, ret);
	take_offers(&t);
	order_policies(k, d);
}

static bool is_deleted(const struct keyring_deletes *d, uint32_t spi)
{
	if (d->all)
		return true;
	for (size_t i = 0; i < d->n_spis; i++)
		if (d->spis[i] == spi)
			return true;
	return false;
}

static bool brings_again(const struct keyring *k, const struct download *d, const struct tek *held)
{
	uint32_t window, number;

	if (keyring_window_of(k, &d->d3p, &window, &number) != RECORD_NOTHING)
		return false;
	for (size_t i = 0; i < d->n_teks; i++)
		if (tek_same_key(held, &d->teks[i]) && !tek_unacceptable(k, &d->teks[i]))
			return true;
	return false;
}

/*
 * A message deletes a key and names the policies of that key.  Packets under the key may still be on their way
 * (gdoi-wire.md), so the key goes on receiving.  Does the key go on sending?  RFC 6407 5.9 tells receivers to delete it
 * and knows no delay; only a deactivation delay (5.4.1) makes them keep it for a while.  When the server names such a
 * delay, the key sends until its successor is active.  Without a delay the key does not send: other members may have
 * deleted it with the same message, and each member that has the message has the successor too.  After SPI 0, which
 * says that the group's keys are not trusted any more, no old key ever sends.
 */
static void sa_delete(struct keyring_sa *sa, const struct download *d, bool all, uint64_t now)
{
	bool delayed = d->has_gap && d->has_dtd;

	keyring_sa_cut(sa, now + (delayed ? (uint64_t)d->deactivation_delay * 1000 : DELETED_DEFAULT_MS), now);
	if (all || !delayed)
		sa->deleted = true;
}

/* A policy that the message does not name loses the key at once.  True when one that it names still has it. */
static bool leave_to_named(struct keyring *k, const struct download *d, const struct keyring_sa *sa, uint64_t *lost)
{
	bool any = false;

	for (size_t i = 0; i < k->n_policies; i++) {
		struct keyring_policy *p = &k->policies[i];
		const struct keyring_key *key = keyring_key(p, sa);

		if (key && download_names(d, &p->sel)) {
			any = true;
		} else if (key) {
			keyring_unlink(p, (size_t)(key - p->keys));
			*lost |= UINT64_C(1) << i;
		}
	}
	return any;
}

/* The keys that were held before the push: those the message brings are added after this. */
static void delete_keys(struct keyring *k, const struct download *d, const struct keyring_deletes *deletes,
			bool replaces, uint64_t now, struct keyring_outcome *o)
{
	uint64_t lost = 0;

	for (size_t i = k->n_sas; i-- > 0;) {
		struct keyring_sa *sa = k->sas[i];

		if (!is_deleted(deletes, sa->tek.spi) || brings_again(k, d, &sa->tek))
			continue;
		o->deleted_keys++;
		if (leave_to_named(k, d, sa, &lost))
			sa_delete(sa, d, deletes->all, now);
		else
			keyring_sa_remove(k, sa, now);
	}
	for (size_t i = k->n_policies; replaces && i-- > 0;)
		if (lost >> i & 1 && k->policies[i].n_keys == 0) {
			keyring_policy_remove(k, i);
			o->removed_policies++;
		}
}

void keyring_push(struct keyring *k, const struct download *d, const struct keyring_deletes *deletes, bool replaces,
		  uint64_t now, struct keyring_outcome *ret)
{
	struct taking t;

	*ret = (struct keyring_outcome){ 0 };
	take_refusals(d, ret);
	keyring_expire(k, now);
	delete_keys(k, d, deletes, replaces, now, ret);
	taking_begin(&t, k, d, true, now, ret);
	take_offers(&t);
}
