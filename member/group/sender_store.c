/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/group/sender_store_private.h"

#include "ike/crypto.h"

#include <stdlib.h>

#define FINGERPRINT_LABEL "gvpnd sender ids, fingerprint of a key"

int sender_key_of(struct sender_key *ret, const struct tek *tek)
{
	/* GCM and GMAC under one key must not share IVs either, and their ICVs may be of any length: the key alone. */
	const struct chunk parts[] = { { FINGERPRINT_LABEL, sizeof(FINGERPRINT_LABEL) },
				       { tek->key.data, tek->key.len } };
	uint8_t hash[CRYPTO_HASH_MAX];
	int r = tek->key.len > 0 ? crypto_hash(IKE_SHA256, parts, ARRAY_SIZE(parts), hash) : -EINVAL;

	if (r == 0)
		memcpy(ret->octets, hash, sizeof(ret->octets));
	return r;
}

int sender_store_new(struct sender_store **ret, const struct sender_store_env *env)
{
	struct sender_store *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->env = *env;
	if (s->env.max_uses == 0)
		s->env.max_uses = SENDER_USES_MAX;
	*ret = s;
	return 0;
}

void sender_store_free(struct sender_store *s)
{
	if (!s)
		return;
	free(s->uses);
	free(s);
}

/* A file that is not believed stays as it is, for whoever looks at it. */
static int write_out(const struct sender_store *s)
{
	return s->env.write && !s->distrusted ? s->env.write(s->env.ctx, s) : 0;
}

/* --- ids --- */

static bool same_owner(const struct sender_owner *a, const struct sender_owner *b)
{
	return a->group == b->group && a->local == b->local && strcmp(a->name, b->name) == 0;
}

static struct sender_owned *find_owned(const struct sender_store *s, const struct sender_owner *owner)
{
	for (size_t i = 0; i < s->n_owned; i++)
		if (same_owner(&s->owned[i].owner, owner))
			return (struct sender_owned *)&s->owned[i];
	return NULL;
}

static bool same_ids(const struct sender_ids *a, const struct sender_ids *b)
{
	return a->n == b->n && (a->n == 0 || a->bits == b->bits) &&
	       memcmp(a->ids, b->ids, a->n * sizeof(a->ids[0])) == 0;
}

/* A VPN that is not configured any more gives way to one that is: its ids are worth nothing without a registration. */
static struct sender_owned *add_owned(struct sender_store *s)
{
	if (s->n_owned == CONFIG_VPNS_MAX) {
		s->n_owned--;
		memmove(&s->owned[0], &s->owned[1], s->n_owned * sizeof(s->owned[0]));
	}
	return &s->owned[s->n_owned++];
}

int sender_store_set_ids(struct sender_store *s, const struct sender_owner *owner, const struct sender_ids *ids)
{
	struct sender_owned *o = find_owned(s, owner);

	if (same_ids(ids, o ? &o->ids : &(struct sender_ids){ 0 }))
		return 0;
	if (ids->n == 0) {
		s->n_owned--;
		memmove(o, o + 1, (size_t)(&s->owned[s->n_owned] - o) * sizeof(*o));
	} else {
		*(o ? o : add_owned(s)) = (struct sender_owned){ *owner, *ids };
	}
	return write_out(s);
}

const struct sender_ids *sender_store_ids(const struct sender_store *s, const struct sender_owner *owner)
{
	const struct sender_owned *o = find_owned(s, owner);

	return o ? &o->ids : NULL;
}

/* --- uses --- */

static bool same_key(const struct sender_key *a, const struct sender_key *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static bool same_sa(const struct sender_sa *a, const struct sender_sa *b)
{
	return a->local == b->local && a->spi == b->spi;
}

struct sender_use *sender_store_held(const struct sender_store *s, const struct sender_sa *sa)
{
	for (size_t i = 0; i < s->n_uses; i++)
		if (s->uses[i].held && same_sa(&s->uses[i].sa, sa))
			return &s->uses[i];
	return NULL;
}

int sender_store_add_use(struct sender_store *s, const struct sender_use *use)
{
	if (s->n_uses == s->n_allocated) {
		size_t n = s->n_allocated > 0 ? 2 * s->n_allocated : 16;
		struct sender_use *uses = reallocarray(s->uses, n, sizeof(*uses));

		if (!uses)
			return -ENOMEM;
		s->uses = uses;
		s->n_allocated = n;
	}
	s->uses[s->n_uses++] = *use;
	return 0;
}

/* Whether KEY may be used with an id of this width that SA does not hold yet. */
static enum sender_verdict judge_key(const struct sender_store *s, const struct sender_key *key, uint8_t bits)
{
	if (s->distrusted)
		return SENDER_DISTRUSTED;
	if (bits > SENDER_BITS_SEARCHED)
		return SENDER_TOO_WIDE;
	for (size_t i = 0; i < s->n_uses; i++)
		if (same_key(&s->uses[i].key, key) && s->uses[i].bits != bits)
			return SENDER_WIDTH;
	return SENDER_YES;
}

/* Whether ID may be used with KEY by SA. */
static enum sender_verdict judge_id(const struct sender_store *s, const struct sender_key *key,
				    const struct sender_sa *sa, uint8_t bits, uint32_t id)
{
	for (size_t i = 0; i < s->n_uses; i++) {
		const struct sender_use *u = &s->uses[i];

		if (!same_key(&u->key, key) || sender_id_of(u->bits, u->prefix) != id || u->bits != bits)
			continue;
		if (u->spent)
			return SENDER_SPENT;
		if (u->held && !same_sa(&u->sa, sa))
			return SENDER_BUSY;
	}
	return SENDER_YES;
}

static bool owns_id(const struct sender_ids *ids, uint8_t bits, uint32_t id)
{
	for (size_t i = 0; ids && i < ids->n; i++)
		if (ids->bits == bits && ids->ids[i] == id)
			return true;
	return false;
}

enum sender_verdict sender_store_choose(const struct sender_store *s, const struct sender_owner *owner,
					const struct sender_key *key, const struct sender_sa *sa, struct sender *ret)
{
	const struct sender_ids *ids = sender_store_ids(s, owner);
	const struct sender_use *held = sender_store_held(s, sa);
	enum sender_verdict verdict;

	*ret = (struct sender){ 0 };
	if (held && !held->spent && (!key || same_key(&held->key, key))) {
		*ret = (struct sender){ held->bits, sender_id_of(held->bits, held->prefix), true, held->prefix,
					held->tries };
		return SENDER_YES;
	}
	if (!key || !ids)
		return SENDER_NO_ID;
	verdict = judge_key(s, key, ids->bits);
	for (size_t i = 0;
	     verdict != SENDER_DISTRUSTED && verdict != SENDER_TOO_WIDE && verdict != SENDER_WIDTH && i < ids->n; i++) {
		verdict = judge_id(s, key, sa, ids->bits, ids->ids[i]);
		if (verdict == SENDER_YES) {
			*ret = (struct sender){ .bits = ids->bits, .id = ids->ids[i] };
			return SENDER_YES;
		}
	}
	return verdict;
}

static bool key_lives(const struct sender_store *s, const struct sender_key *key)
{
	if (s->env.key_lives && s->env.key_lives(s->env.ctx, key))
		return true;
	for (size_t i = 0; i < s->n_uses; i++)
		if (s->uses[i].held && same_key(&s->uses[i].key, key))
			return true;
	return false;
}

/*
 * Makes room when there is none: an entry goes whose key has ended, the oldest first.  The clock may be wrong, so no
 * entry goes whose key is in use, or comes into use now.
 */
static bool make_room(struct sender_store *s, const struct sender_key *key, uint64_t now)
{
	size_t i = 0;

	if (s->n_uses < s->env.max_uses)
		return true;
	while (i < s->n_uses &&
	       (s->uses[i].ends > now || same_key(&s->uses[i].key, key) || key_lives(s, &s->uses[i].key)))
		i++;
	if (i == s->n_uses)
		return false;
	s->n_uses--;
	memmove(&s->uses[i], &s->uses[i + 1], (s->n_uses - i) * sizeof(s->uses[0]));
	return true;
}

static enum sender_verdict judge_take(const struct sender_store *s, const struct sender_owner *owner,
				      const struct sender_key *key, const struct sender_sa *sa,
				      const struct sender *wanted, uint32_t prefix)
{
	enum sender_verdict verdict;

	if (!sender_prefix_begins(wanted->bits, wanted->id, prefix))
		return SENDER_NOT_OURS;
	if (!owns_id(sender_store_ids(s, owner), wanted->bits, wanted->id))
		return SENDER_NO_ID;
	verdict = judge_key(s, key, wanted->bits);
	if (verdict == SENDER_YES)
		verdict = judge_id(s, key, sa, wanted->bits, wanted->id);
	for (size_t i = 0; verdict == SENDER_YES && i < s->n_uses; i++)
		if (same_key(&s->uses[i].key, key) && s->uses[i].prefix == prefix)
			verdict = SENDER_USED;
	return verdict;
}

enum sender_verdict sender_store_take(struct sender_store *s, const struct sender_owner *owner,
				      const struct sender_key *key, const struct sender_sa *sa,
				      const struct sender *wanted, uint32_t prefix, uint32_t tries, uint64_t ends,
				      uint64_t now)
{
	enum sender_verdict verdict = judge_take(s, owner, key, sa, wanted, prefix);
	const struct sender_use use = { .key = *key,
					.bits = wanted->bits,
					.prefix = prefix,
					.tries = tries,
					.ends = ends,
					.held = true,
					.sa = *sa };
	struct sender_use *held = sender_store_held(s, sa);

	if (verdict != SENDER_YES)
		return verdict;
	if (held)
		held->held = false;
	if (!make_room(s, key, now) || sender_store_add_use(s, &use) < 0)
		return SENDER_FULL;
	if (write_out(s) == 0)
		return SENDER_YES;
	/* It may be on the disk or not.  Here it counts as used, and nobody holds it. */
	s->uses[s->n_uses - 1].held = false;
	return SENDER_NOT_WRITTEN;
}

bool sender_store_spend(struct sender_store *s, const struct sender_sa *sa, int *ret)
{
	struct sender_use *held = sender_store_held(s, sa);

	*ret = 0;
	if (!held)
		return false;
	held->held = false;
	held->spent = true;
	*ret = write_out(s);
	return true;
}

bool sender_store_release(struct sender_store *s, const struct sender_sa *sa, int *ret)
{
	struct sender_use *held = sender_store_held(s, sa);

	*ret = 0;
	if (!held)
		return false;
	held->held = false;
	*ret = write_out(s);
	return true;
}

int sender_store_sweep(struct sender_store *s, bool (*is_live)(void *ctx, const struct sender_sa *sa), void *ctx)
{
	bool any = false;

	for (size_t i = 0; i < s->n_uses; i++)
		if (s->uses[i].held && !is_live(ctx, &s->uses[i].sa)) {
			s->uses[i].held = false;
			any = true;
		}
	return any ? write_out(s) : 0;
}

void sender_store_distrust(struct sender_store *s)
{
	s->distrusted = true;
}

size_t sender_store_uses(const struct sender_store *s)
{
	return s->n_uses;
}

const struct sender_use *sender_store_use(const struct sender_store *s, size_t i)
{
	return i < s->n_uses ? &s->uses[i] : NULL;
}
