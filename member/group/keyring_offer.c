/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the offers of a download: SPIs with their policies, keys that cannot be used, limits (keyring.h). */
#include "member/group/keyring_private.h"

#include "lib/selector.h"

void keyring_refuse(struct keyring_outcome *o, const struct keyring_refusal *r)
{
	if (o->n_refusals == KEYRING_REFUSALS_MAX)
		o->more_refusals++;
	else
		o->refusals[o->n_refusals++] = *r;
}

/* The refusal of a TEK, or of its policy, for the reason ID; NUMBER: what the words of ID need. */
static void refuse_tek(struct taking *t, const struct tek *tek, enum record_id id, uint32_t number)
{
	keyring_refuse(t->outcome,
		       &(struct keyring_refusal){
			       .id = id, .spi = tek->spi, .has_sel = true, .sel = tek->sel, .number = number });
}

static bool same_material(const struct tek *a, const struct tek *b)
{
	return a->cipher == b->cipher && a->auth == b->auth && secret_equal(&a->key, &b->key) &&
	       secret_equal(&a->auth_key, &b->auth_key);
}

/* The material of a key from before the daemon's restart is in the kernel alone. */
bool tek_same_key(const struct tek *held, const struct tek *t)
{
	return held->spi == t->spi &&
	       (held->key.len == 0 ? held->cipher == t->cipher && held->auth == t->auth : same_material(held, t));
}

static bool is_multicast(struct ip_prefix p)
{
	return prefix_covers((struct ip_prefix){ 0xe0000000, 4 }, p.addr) && p.len >= 4;
}

/* The rest is refused by name and never ignored (gdoi-wire.md, RFC 6407 5.5.1.1). */
enum record_id tek_unacceptable(const struct keyring *k, const struct tek *t)
{
	if (cipher_is_counter_mode(t->cipher) && (k->limits.counter_modes >> t->cipher & 1) == 0)
		return REFUSED_COUNTER_MODE;
	if (t->preserve != PRESERVE_BOTH)
		return REFUSED_PRESERVATION;
	if (t->direction != SA_SYMMETRIC)
		return REFUSED_DIRECTION;
	if (!t->tunnel)
		return REFUSED_TRANSPORT_MODE;
	if (is_multicast(t->sel.src) || is_multicast(t->sel.dst))
		return REFUSED_MULTICAST;
	if (t->sel.protocol == 0 && (!port_any(t->sel.sport) || !port_any(t->sel.dport)))
		return REFUSED_PORTS_ALONE;
	if (t->sel.protocol != 0 && !protocol_has_ports(t->sel.protocol) &&
	    (!port_any(t->sel.sport) || !port_any(t->sel.dport)))
		return REFUSED_PORTS_OF_NO_PROTOCOL;
	if (t->life_seconds == 0)
		return REFUSED_NO_LIFETIME;
	return RECORD_NOTHING;
}

/* When a download has more refusals than the list holds, each policy may be among them. */
bool download_names(const struct download *d, const struct selector *sel)
{
	for (size_t i = 0; i < d->n_teks; i++)
		if (selector_equal(&d->teks[i].sel, sel))
			return true;
	for (size_t i = 0; i < d->n_refusals && i < DOWNLOAD_REFUSALS_MAX; i++)
		if (d->refusals[i].has_sel && selector_equal(&d->refusals[i].sel, sel))
			return true;
	return d->n_refusals > DOWNLOAD_REFUSALS_MAX;
}

/* --- offers --- */

static void refuse_offer(struct offer *o, unsigned *counter)
{
	o->refused = true;
	(*counter)++;
}

static struct offer *offer_of(struct taking *t, const struct tek *tek)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->offers[i].tek->spi == tek->spi)
			return &t->offers[i];
	t->offers[t->n] = (struct offer){ .tek = tek };
	return &t->offers[t->n++];
}

/* The key that is held, if it is this one, is not used any more either: the others have its D3P as the message says. */
static void refuse_d3p(struct taking *t, const struct tek *tek)
{
	struct keyring_sa *held = keyring_sa_find(t->k, tek->spi);

	refuse_tek(t, tek, t->d3p_refused, t->d3p_number);
	t->outcome->refused++;
	if (held && tek_same_key(&held->tek, tek))
		keyring_sa_remove(t->k, held, t->now);
}

static void read_tek(struct taking *t, size_t i)
{
	const struct tek *tek = &t->d->teks[i];
	enum record_id why = tek_unacceptable(t->k, tek);
	struct offer *o;

	if (why != RECORD_NOTHING) {
		refuse_tek(t, tek, why, tek->cipher);
		*(why == REFUSED_COUNTER_MODE ? &t->outcome->unsupported : &t->outcome->refused) += 1;
		return;
	}
	if (t->d3p_refused != RECORD_NOTHING) {
		refuse_d3p(t, tek);
		return;
	}
	o = t->of[i] = offer_of(t, tek);
	if (o->refused || same_material(o->tek, tek))
		return;
	refuse_tek(t, tek, REFUSED_SPI_TWICE, 0);
	refuse_offer(o, &t->outcome->refused);
}

static void find_held(struct taking *t, struct offer *o)
{
	const struct keyring_gone *gone = keyring_gone(t->k, o->tek->spi, t->now);

	o->sa = keyring_sa_find(t->k, o->tek->spi);
	if (!o->sa && gone && gone->used_up) {
		refuse_tek(t, o->tek, REFUSED_KILOBYTES_USED, o->tek->life_kilobytes);
		refuse_offer(o, &t->outcome->refused);
	}
	if (!o->sa)
		return;
	if (tek_same_key(&o->sa->tek, o->tek)) {
		o->sa->listed = true;
		return;
	}
	o->sa = NULL;
	refuse_tek(t, o->tek, REFUSED_SPI_IN_USE, 0);
	refuse_offer(o, &t->outcome->refused);
}

/* --- limits --- */

/* Whether A is the newer key of a policy that both offers belong to: the newer key ends later. */
static bool is_newer_offer(const struct offer *a, const struct offer *b)
{
	return a->tek->life_seconds != b->tek->life_seconds ? a->tek->life_seconds > b->tek->life_seconds : a > b;
}

/* The newest key that the download offers for the policy of TEK number I; NULL when that cannot be used. */
static const struct offer *newest_for(const struct taking *t, size_t i)
{
	const struct offer *best = t->of[i];

	for (size_t j = 0; best && j < t->d->n_teks && j < DOWNLOAD_TEKS_MAX; j++)
		if (t->of[j] && !t->of[j]->refused && selector_equal(&t->d->teks[j].sel, &t->d->teks[i].sel) &&
		    is_newer_offer(t->of[j], best))
			best = t->of[j];
	return best;
}

static bool serves_held_policy(struct taking *t, const struct offer *o)
{
	for (size_t i = 0; i < t->d->n_teks && i < DOWNLOAD_TEKS_MAX; i++)
		if (t->of[i] == o && keyring_policy_find(t->k, &t->d->teks[i].sel))
			return true;
	return false;
}

/*
 * Row A6: old keys that are still live during a rollover do not count, so that what counts are the SPIs that are the
 * newest of a policy.  Beyond the limit those go without that are not held yet, the last in the server's order first:
 * what works goes on working, and the next download decides the same.
 */
static void limit_keys(struct taking *t)
{
	bool counts[DOWNLOAD_TEKS_MAX] = { false }, admitted[DOWNLOAD_TEKS_MAX] = { false },
	     passes[DOWNLOAD_TEKS_MAX] = { false };
	unsigned n = 0;

	for (size_t i = 0; i < t->d->n_teks && i < DOWNLOAD_TEKS_MAX; i++)
		if (t->of[i] && !t->of[i]->refused)
			counts[newest_for(t, i) - t->offers] = true;
	for (int held = 1; held >= 0; held--)
		for (size_t i = 0; i < t->n && n < t->k->limits.max_keys; i++)
			if (counts[i] && !admitted[i] && serves_held_policy(t, &t->offers[i]) == held) {
				admitted[i] = true;
				n++;
			}
	for (size_t i = 0; i < t->d->n_teks && i < DOWNLOAD_TEKS_MAX; i++) {
		const struct offer *newest = t->of[i] && !t->of[i]->refused ? newest_for(t, i) : NULL;

		if (newest && (newest->sa || admitted[newest - t->offers]))
			passes[t->of[i] - t->offers] = true;
	}
	for (size_t i = 0; i < t->n; i++) {
		struct offer *o = &t->offers[i];

		if (o->refused || o->sa || passes[i])
			continue;
		refuse_tek(t, o->tek, REFUSED_MAX_KEYS, t->k->limits.max_keys);
		refuse_offer(o, &t->outcome->exceed_keys);
	}
}

/*
 * Whether TEK number I makes its policy known.  A key that is refused for D3P alone does too: the policy stands without
 * a key, so that it blocks, and its fail-open rules count.
 */
static bool tells_policy(const struct taking *t, size_t i)
{
	if (t->d3p_refused != RECORD_NOTHING)
		return tek_unacceptable(t->k, &t->d->teks[i]) == RECORD_NOTHING;
	return t->of[i] && !t->of[i]->refused;
}

/* Policies in the server's order, as far as they go. */
static void make_policies(struct taking *t)
{
	for (size_t i = 0; i < t->d->n_teks && i < DOWNLOAD_TEKS_MAX; i++) {
		const struct tek *tek = &t->d->teks[i];
		bool again = false;

		if (!tells_policy(t, i) || keyring_policy_find(t->k, &tek->sel))
			continue;
		if (t->k->n_policies < t->k->limits.max_policies) {
			keyring_policy_add(t->k, &tek->sel);
			continue;
		}
		for (size_t j = 0; j < i; j++)
			again |= (t->of[j] || tells_policy(t, j)) && selector_equal(&t->d->teks[j].sel, &tek->sel);
		if (again)
			continue;
		refuse_tek(t, tek, REFUSED_MAX_POLICIES, t->k->limits.max_policies);
		t->outcome->exceed_policies++;
	}
}

void taking_begin(struct taking *t, struct keyring *k, const struct download *d, bool pushed, uint64_t now,
		  struct keyring_outcome *o)
{
	*t = (struct taking){ .k = k, .d = d, .outcome = o, .pushed = pushed, .now = now };
	t->d3p_refused = keyring_window_of(k, &d->d3p, &t->window_ms, &t->d3p_number);
	for (size_t i = 0; i < d->n_teks && i < DOWNLOAD_TEKS_MAX; i++)
		read_tek(t, i);
	for (size_t i = 0; i < t->n; i++)
		if (!t->offers[i].refused)
			find_held(t, &t->offers[i]);
	limit_keys(t);
	make_policies(t);
}
