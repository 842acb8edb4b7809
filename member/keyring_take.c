/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a download does to the keys that are held: TEKs taken or refused, limits, deletes (keyring.h). */
#include "member/keyring_private.h"

#include "policy/selector.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/*
 * How long a new key that came with a KEK receives before it sends, when the server names no delay: the push is under
 * way to all, and may reach one of them only with its second retransmission, after 20 s (row B3).  With less than that
 * left before the old key's soft end, it sends from there on, but not before a first attempt can be everywhere.
 */
#define ACTIVATION_DEFAULT_MS 25000
#define ACTIVATION_LEAST_MS 5000
/* How long a deleted key with a successor still receives, when the server names no delay: the above and as long again.
 */
#define DELETED_DEFAULT_MS (2 * ACTIVATION_DEFAULT_MS)
/*
 * In a group without pushes a pulled key sends from so long before its predecessor's end, or from half the time between
 * its soft and hard end if that is less.  Not from the soft end itself: that follows from what remained of the key when
 * this member got it, so it is earlier for those who have the key from its start than for who joined later, and the
 * latter would learn the new key after the former send with it.
 */
#define PULLED_LEAD_MAX_MS 30000

__attribute__((format(printf, 3, 4))) static void note(struct keyring_outcome *o, uint32_t spi, const char *fmt, ...)
{
	va_list ap;

	if (o->n_notes == KEYRING_NOTES_MAX) {
		o->n_notes_dropped++;
		return;
	}
	o->notes[o->n_notes].spi = spi;
	va_start(ap, fmt);
	vsnprintf(o->notes[o->n_notes].text, sizeof(o->notes[0].text), fmt, ap);
	va_end(ap);
	o->n_notes++;
}

/* A key whose material only the kernel has, from before the daemon's restart. */
static bool key_is_adopted(const struct tek *t)
{
	return t->key.len == 0;
}

static bool same_key(const struct tek *held, const struct tek *t)
{
	return held->spi == t->spi && selector_equal(&held->sel, &t->sel) && held->cipher == t->cipher &&
	       held->auth == t->auth &&
	       (key_is_adopted(held) ||
		(secret_equal(&held->key, &t->key) && secret_equal(&held->auth_key, &t->auth_key)));
}

static struct keyring_key *find_spi(struct keyring *k, uint32_t spi)
{
	for (size_t i = 0; i < k->n_policies; i++)
		for (size_t j = 0; j < k->policies[i].n_keys; j++)
			if (k->policies[i].keys[j].tek.spi == spi)
				return &k->policies[i].keys[j];
	return NULL;
}

/* A delete has cut its life, and the server says now that it lives on. */
static void key_uncut(struct keyring_key *key, const struct tek *t, uint64_t now)
{
	uint64_t first = key->received + (uint64_t)key->tek.life_seconds * 1000;
	uint64_t said = now + (uint64_t)t->life_seconds * 1000;

	key->cut_at = 0;
	key->hard_at = said < first ? said : first;
	key->soft_at = key->hard_at - keyring_soft_margin(key->tek.life_seconds) * 1000;
}

/* T is held.  A key that was taken up from the kernel gets its material. */
static void key_again(struct keyring_key *key, const struct tek *t, uint64_t now)
{
	if (key_is_adopted(&key->tek)) {
		key->tek.key = t->key;
		key->tek.auth_key = t->auth_key;
	}
	if (key->cut_at != 0)
		key_uncut(key, t, now);
}

static bool multicast(struct ip_prefix p)
{
	return prefix_covers((struct ip_prefix){ 0xe0000000, 4 }, p.addr) && p.len >= 4;
}

static bool cipher_is_counter(enum cipher c)
{
	switch (c) {
	case CIPHER_AES_GCM_128:
	case CIPHER_AES_GCM_192:
	case CIPHER_AES_GCM_256:
		return true;
	case CIPHER_NONE:
	case CIPHER_AES_CBC_128:
	case CIPHER_AES_CBC_192:
	case CIPHER_AES_CBC_256:
		return false;
	}
	return true;
}

/* What this member's datapath can do; the rest is refused by name and never ignored (gdoi-wire.md, RFC 6407 5.5.1.1).
 */
static const char *unacceptable(const struct tek *t)
{
	if (cipher_is_counter(t->cipher))
		return "AES-GCM: the kernel's ESP cannot put this member's sender id (RFC 6054) into its IVs, and a "
		       "repeated IV "
		       "gives the key away";
	if (t->preserve != PRESERVE_BOTH)
		return "Address Preservation other than Source-and-Destination";
	if (t->direction != SA_SYMMETRIC)
		return "an SA Direction other than Symmetric";
	if (!t->tunnel)
		return "transport mode";
	if (multicast(t->sel.src) || multicast(t->sel.dst))
		return "a multicast selector (this member carries unicast only)";
	if (t->sel.protocol == 0 && (!port_any(t->sel.sport) || !port_any(t->sel.dport)))
		return "ports without a protocol";
	if (t->sel.protocol != 0 && !protocol_has_ports(t->sel.protocol) &&
	    (!port_any(t->sel.sport) || !port_any(t->sel.dport)))
		return "ports with a protocol that has none";
	if (t->life_seconds == 0)
		return "a lifetime of 0";
	return NULL;
}

/* How long replaced keys go on receiving when the server names no deactivation delay: to their own end (RFC
 * 6407 5.4.1). */
static uint64_t receive_until(const struct keyring_key *key, const struct download *d, uint64_t now)
{
	uint64_t at = now + (uint64_t)d->deactivation_delay * 1000;

	return d->has_gap && d->has_dtd && at < key->hard_at ? at : key->hard_at;
}

/* A deleted key whose successor is in the same message (gdoi-wire.md): what is under way under it may still arrive. */
static uint64_t deleted_until(const struct keyring_key *key, const struct download *d, uint64_t now)
{
	uint64_t at = now + DELETED_DEFAULT_MS;

	return d->has_gap && d->has_dtd ? receive_until(key, d, now) : at < key->hard_at ? at : key->hard_at;
}

static uint64_t pushed_send_from(const struct keyring_key *before, uint64_t now)
{
	uint64_t latest = now + ACTIVATION_DEFAULT_MS, least = now + ACTIVATION_LEAST_MS;

	if (before->soft_at >= latest)
		return latest;
	return before->soft_at > least ? before->soft_at : least;
}

static uint64_t pulled_send_from(const struct keyring_key *before, uint64_t now)
{
	uint64_t lead = before->hard_at > before->soft_at ? (before->hard_at - before->soft_at) / 2 : 0;
	uint64_t at = before->hard_at - (lead < PULLED_LEAD_MAX_MS ? lead : PULLED_LEAD_MAX_MS);

	return at > now ? at : now;
}

/* When the new key starts to send: at once without a predecessor, else when the others can be expected to hold it. */
static uint64_t send_from(const struct keyring_policy *p, const struct download *d, bool pushed, uint64_t now)
{
	const struct keyring_key *before = p->n_keys > 0 ? &p->keys[p->n_keys - 1] : NULL;

	if (!before)
		return now;
	if (d->has_gap && d->has_atd)
		return now + (uint64_t)d->activation_delay * 1000;
	if (pushed || d->has_kek)
		return pushed_send_from(before, now);
	/* Nobody pushes: each member learns the new key when it registers again, the last one at its soft end. */
	return pulled_send_from(before, now);
}

/* The oldest key goes, and with it what is still under way by it; but never the one that sends. */
static void make_room(struct keyring_policy *p, uint64_t now)
{
	if (p->n_keys == KEYRING_KEYS_MAX)
		keyring_key_remove(p, keyring_sender(p, now) == &p->keys[0] ? 1 : 0);
}

static int key_add(struct keyring_policy *p, const struct tek *t, const struct download *d, bool pushed, uint64_t now)
{
	struct keyring_key *key;
	uint64_t send_at = send_from(p, d, pushed, now);
	int r;

	make_room(p, now);
	r = keyring_keys_grow(p);
	if (r < 0)
		return r;
	for (size_t i = 0; i < p->n_keys; i++)
		p->keys[i].hard_at = receive_until(&p->keys[i], d, now);
	key = &p->keys[p->n_keys++];
	*key = (struct keyring_key){
		.tek = *t,
		.received = now,
		.hard_at = now + (uint64_t)t->life_seconds * 1000,
		.soft_at = now + (t->life_seconds - keyring_soft_margin(t->life_seconds)) * 1000,
		.send_at = send_at,
	};
	return 0;
}

/* The index of the first TEK of the download that has this one's selector. */
static size_t first_of(const struct download *d, size_t i)
{
	size_t j = 0;

	while (!selector_equal(&d->teks[j].sel, &d->teks[i].sel))
		j++;
	return j;
}

/*
 * What a download's TEKs are taken by.  ORDER: policy by policy as the server has them, and in each the one that ends
 * first is the older one.  ADMITTED, by the index of a policy's first TEK: it is one of those that max-keys lets in.
 */
struct taking {
	const struct download *d;
	bool pushed;
	uint64_t now;
	size_t first[DOWNLOAD_TEKS_MAX], order[DOWNLOAD_TEKS_MAX];
	size_t n;
	bool admitted[DOWNLOAD_TEKS_MAX];
};

static bool taken_before(const struct taking *t, size_t a, size_t b)
{
	return t->first[a] != t->first[b] ? t->first[a] < t->first[b]
					  : t->d->teks[a].life_seconds < t->d->teks[b].life_seconds;
}

/*
 * Row A6: old keys that are still live during a rollover do not count.  All keys of a policy but one are such, so that
 * what counts is the number of policies that a download has keys for.  Beyond the limit those go without that are not
 * held yet, the last in the server's order first: what works goes on working, and the next download decides the same.
 */
static void admit(struct taking *t, struct keyring *k)
{
	unsigned n = 0;

	for (int held = 1; held >= 0; held--)
		for (size_t i = 0; i < t->n && n < k->limits.max_keys; i++) {
			const struct tek *tek = &t->d->teks[i];

			if (unacceptable(tek) || t->admitted[t->first[i]] ||
			    (keyring_policy_find(k, &tek->sel) != NULL) != held)
				continue;
			t->admitted[t->first[i]] = true;
			n++;
		}
}

static void taking_begin(struct taking *t, struct keyring *k, const struct download *d, bool pushed, uint64_t now)
{
	*t = (struct taking){ .d = d, .pushed = pushed, .now = now };
	t->n = d->n_teks < DOWNLOAD_TEKS_MAX ? d->n_teks : DOWNLOAD_TEKS_MAX;
	for (size_t i = 0; i < t->n; i++) {
		size_t j = i;

		t->first[i] = first_of(d, i);
		for (; j > 0 && taken_before(t, i, t->order[j - 1]); j--)
			t->order[j] = t->order[j - 1];
		t->order[j] = i;
	}
	admit(t, k);
}

/* The server's order decides between overlapping selectors (row D1). */
static void reorder(struct keyring *k, const struct download *d)
{
	size_t done = 0;

	for (size_t i = 0; i < d->n_teks && i < DOWNLOAD_TEKS_MAX; i++) {
		size_t j = done;
		struct keyring_policy p;

		while (j < k->n_policies && !selector_equal(&k->policies[j].sel, &d->teks[i].sel))
			j++;
		if (j == k->n_policies)
			continue;
		p = k->policies[j];
		memmove(&k->policies[done + 1], &k->policies[done], (j - done) * sizeof(p));
		k->policies[done++] = p;
	}
}

static void take_tek(struct keyring *k, const struct taking *taking, size_t index, struct keyring_outcome *o)
{
	char text[SELECTOR_TEXT_MAX];
	const struct tek *t = &taking->d->teks[index];
	const char *why = unacceptable(t);
	struct keyring_policy *p;
	struct keyring_key *held;
	int r;

	if (why) {
		note(o, t->spi, "TEK %08" PRIx32 " for %s refused: %s; the server must offer another", t->spi,
		     selector_format(&t->sel, text), why);
		*(cipher_is_counter(t->cipher) ? &o->unsupported : &o->refused) += 1;
		return;
	}
	held = find_spi(k, t->spi);
	if (held && !same_key(&held->tek, t)) {
		note(o, t->spi,
		     "TEK %08" PRIx32
		     " for %s refused: the SPI is in use with another key or policy; the server must give "
		     "each policy an SPI of its own",
		     t->spi, selector_format(&t->sel, text));
		o->refused++;
		return;
	}
	if (held) {
		key_again(held, t, taking->now);
		o->known_keys++;
		return;
	}
	if (!taking->admitted[taking->first[index]]) {
		note(o, t->spi,
		     "TEK %08" PRIx32 " for %s refused: more than %u keys in one download; raise max-keys, or give the "
		     "group fewer policies at the server",
		     t->spi, selector_format(&t->sel, text), k->limits.max_keys);
		o->exceed_keys++;
		return;
	}
	p = keyring_policy_find(k, &t->sel);
	if (!p && k->n_policies >= k->limits.max_policies) {
		note(o, t->spi, "policy %s refused: more than %u policies in the group; raise max-policies",
		     selector_format(&t->sel, text), k->limits.max_policies);
		o->exceed_policies++;
		return;
	}
	if (!p)
		p = keyring_policy_add(k, &t->sel);
	r = key_add(p, t, taking->d, taking->pushed, taking->now);
	if (r < 0) {
		note(o, t->spi, "TEK %08" PRIx32 " refused: %s", t->spi, strerror(-r));
		o->refused++;
		return;
	}
	o->new_keys++;
}

static void take_teks(struct keyring *k, const struct taking *t, struct keyring_outcome *o)
{
	for (size_t i = 0; i < t->n; i++)
		take_tek(k, t, t->order[i], o);
	reorder(k, t->d);
	if (t->n > 0)
		k->downloaded = true;
	keyring_set_activation(k, t->now);
}

/* A policy is named by a key that is refused, too: the server still has it.  With more refusals than are told apart any
 * policy may be. */
static bool download_names(const struct download *d, const struct selector *sel)
{
	for (size_t i = 0; i < d->n_teks; i++)
		if (selector_equal(&d->teks[i].sel, sel))
			return true;
	for (size_t i = 0; i < d->n_refusals && i < DOWNLOAD_REFUSALS_MAX; i++)
		if (d->refusals[i].has_sel && selector_equal(&d->refusals[i].sel, sel))
			return true;
	return d->n_refusals > DOWNLOAD_REFUSALS_MAX;
}

static void remove_unnamed(struct keyring *k, const struct download *d, struct keyring_outcome *o)
{
	for (size_t i = k->n_policies; i-- > 0;)
		if (!download_names(d, &k->policies[i].sel)) {
			keyring_policy_remove(k, i);
			o->removed_policies++;
		}
}

static void note_refusals(const struct download *d, struct keyring_outcome *o)
{
	for (size_t i = 0; i < d->n_refusals && i < DOWNLOAD_REFUSALS_MAX; i++) {
		const struct refusal *r = &d->refusals[i];
		char sel[SELECTOR_TEXT_MAX];

		note(o, r->spi, "TEK %08" PRIx32 "%s%s refused: %s", r->spi, r->has_sel ? " for " : "",
		     r->has_sel ? selector_format(&r->sel, sel) : "", r->text);
		*(d->refusals[i].reason == REFUSAL_UNSUPPORTED_ALGORITHM ? &o->unsupported : &o->refused) += 1;
	}
	if (d->n_refusals > DOWNLOAD_REFUSALS_MAX) {
		o->n_notes_dropped += d->n_refusals - DOWNLOAD_REFUSALS_MAX;
		o->refused += (unsigned)(d->n_refusals - DOWNLOAD_REFUSALS_MAX);
	}
}

void keyring_pull(struct keyring *k, const struct download *d, uint64_t now, struct keyring_outcome *ret)
{
	struct taking t;

	*ret = (struct keyring_outcome){ 0 };
	note_refusals(d, ret);
	keyring_expire(k, now);
	if (d->n_teks > 0)
		remove_unnamed(k, d, ret);
	taking_begin(&t, k, d, false, now);
	take_teks(k, &t, ret);
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

static bool brings_again(const struct download *d, const struct tek *held)
{
	for (size_t i = 0; i < d->n_teks; i++)
		if (same_key(held, &d->teks[i]) && !unacceptable(&d->teks[i]))
			return true;
	return false;
}

static void key_cut(struct keyring_key *key, uint64_t until, uint64_t now)
{
	uint64_t soft_at = until - keyring_soft_margin((uint32_t)((until - now) / 1000)) * 1000;

	if (until >= key->hard_at)
		return;
	key->hard_at = until;
	key->cut_at = now;
	if (soft_at < key->soft_at)
		key->soft_at = soft_at;
}

/* The keys that were held before the push: those the message brings are added after this. */
static void delete_keys(struct keyring *k, const struct download *d, const struct keyring_deletes *deletes,
			bool replaces, uint64_t now, struct keyring_outcome *o)
{
	for (size_t i = k->n_policies; i-- > 0;) {
		struct keyring_policy *p = &k->policies[i];
		bool named = download_names(d, &p->sel), any = false;

		for (size_t j = p->n_keys; j-- > 0;) {
			if (!is_deleted(deletes, p->keys[j].tek.spi) || brings_again(d, &p->keys[j].tek))
				continue;
			any = true;
			o->deleted_keys++;
			if (!named)
				keyring_key_remove(p, j);
			else
				key_cut(&p->keys[j], deleted_until(&p->keys[j], d, now), now);
		}
		if (any && replaces && !named && p->n_keys == 0) {
			keyring_policy_remove(k, i);
			o->removed_policies++;
		}
	}
}

void keyring_push(struct keyring *k, const struct download *d, const struct keyring_deletes *deletes, bool replaces,
		  uint64_t now, struct keyring_outcome *ret)
{
	struct taking t;

	*ret = (struct keyring_outcome){ 0 };
	note_refusals(d, ret);
	delete_keys(k, d, deletes, replaces, now, ret);
	taking_begin(&t, k, d, true, now);
	take_teks(k, &t, ret);
	keyring_expire(k, now);
}
