/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys of a group: how they are made, replaced and dropped. */
#include "tests/gcks/group_private.h"

#include <inttypes.h>

#define SPI_TRIES 64

bool gdoi_group_same_sa(const struct gdoi_group *g, size_t i, size_t j)
{
	return i == j || (!g->config.spi_per_policy && strcmp(g->config.policies[i].sa, g->config.policies[j].sa) == 0);
}

bool gdoi_group_leads_sa(const struct gdoi_group *g, size_t i)
{
	for (size_t j = 0; j < i; j++) {
		if (gdoi_group_same_sa(g, i, j))
			return false;
	}
	return true;
}

static struct lifetime make_lifetime(const struct gdoi_group *g, uint32_t seconds, uint64_t now)
{
	uint32_t margin = g->config.margin_seconds > 0 ? g->config.margin_seconds : GCKS_MARGIN_SECONDS;

	if (margin > seconds / 2)
		margin = seconds / 2;
	return (struct lifetime){ .rekey_at = now + (seconds - margin) * UINT64_C(1000),
				  .ends = now + seconds * UINT64_C(1000) };
}

bool gdoi_group_has_spi(const struct gdoi_group *g, uint32_t spi)
{
	for (size_t i = 0; i < g->config.n_policies; i++) {
		for (size_t j = 0; j < g->policies[i].n_teks; j++) {
			if (g->policies[i].teks[j].tek.spi == spi)
				return true;
		}
	}
	return false;
}

static int draw_free_spi(const struct gdoi_group *g, uint32_t *ret)
{
	for (int i = 0; i < SPI_TRIES; i++) {
		uint32_t spi;
		int r = gcks_keys_spi(&spi, g->ops.random, g->ops.ctx);

		if (r < 0)
			return r;
		if (!gdoi_group_has_spi(g, spi) && (g->ops.spi_taken == NULL || !g->ops.spi_taken(g->ops.ctx, spi))) {
			*ret = spi;
			return 0;
		}
	}
	return -EIO;
}

void gdoi_keys_drop_tek(struct policy *p, size_t i)
{
	p->n_teks--;
	memmove(&p->teks[i], &p->teks[i + 1], (p->n_teks - i) * sizeof(p->teks[0]));
	explicit_bzero(&p->teks[p->n_teks], sizeof(p->teks[0]));
}

void gdoi_keys_drop_spi(struct gdoi_group *g, uint32_t spi)
{
	for (size_t i = 0; i < g->config.n_policies; i++) {
		for (size_t j = g->policies[i].n_teks; j-- > 0;) {
			if (g->policies[i].teks[j].tek.spi == spi)
				gdoi_keys_drop_tek(&g->policies[i], j);
		}
	}
}

/* The number of live keys of one policy, so that all keys of the group fit into one download. */
size_t gdoi_keys_teks_per_policy(size_t n_policies)
{
	size_t n = DOWNLOAD_TEKS_MAX / n_policies;

	return n < GCKS_TEKS_PER_POLICY ? n : GCKS_TEKS_PER_POLICY;
}

int gdoi_keys_make_tek(const struct gdoi_group *g, const struct gdoi_policy_config *c, uint64_t now,
		       struct tek_slot *ret)
{
	struct tek_slot s = {
		.tek = { .sel = c->sel,
			 .cipher = c->cipher,
			 .auth = c->auth,
			 .life_kilobytes = c->life_kilobytes,
			 .preserve = PRESERVE_BOTH,
			 .direction = SA_SYMMETRIC,
			 .tunnel = true },
		.life = make_lifetime(g, c->life_seconds, now),
	};
	int r;

	r = draw_free_spi(g, &s.tek.spi);
	if (r == 0)
		r = gcks_keys_tek(&s.tek, g->ops.random, g->ops.ctx);
	if (r == 0)
		*ret = s;
	explicit_bzero(&s, sizeof(s));
	return r;
}

void gdoi_keys_offer(const struct gdoi_group *g, struct download *d, const struct tek *t, uint32_t life_seconds)
{
	bool first = true;

	for (size_t i = 0; i < d->n_teks; i++)
		first &= d->teks[i].spi != t->spi;
	if (first && g->config.unusable_policy_first && d->n_teks < DOWNLOAD_TEKS_MAX) {
		struct tek *other = &d->teks[d->n_teks++];

		*other = *t;
		other->life_seconds = life_seconds;
		other->sel = (struct selector){ .dst = { 0xefc00101, 32 } }; /* multicast, 239.192.1.1 */
		other->sel.sport.max = other->sel.dport.max = UINT16_MAX;
	}
	if (d->n_teks == DOWNLOAD_TEKS_MAX)
		return;
	d->teks[d->n_teks] = *t;
	d->teks[d->n_teks++].life_seconds = life_seconds;
}

static void tell_tek(struct gdoi_group *g, const struct gdoi_policy_config *c, const struct tek *t)
{
	struct push *what = g->change.what;

	if (what == NULL || !g->change.tell_new)
		return;
	what->has_policy = true;
	gdoi_keys_offer(g, &what->download, t, c->life_seconds);
}

static void keep_tek(struct gdoi_group *g, size_t policy, const struct tek_slot *s)
{
	struct policy *p = &g->policies[policy];
	struct tek_slot *slot;

	if (p->n_teks == gdoi_keys_teks_per_policy(g->config.n_policies))
		gdoi_keys_drop_tek(p, 0);
	slot = &p->teks[p->n_teks++];
	*slot = *s;
	slot->tek.sel = g->config.policies[policy].sel;
	tell_tek(g, &g->config.policies[policy], &slot->tek);
}

void gdoi_keys_keep_tek(struct gdoi_group *g, size_t policy, const struct tek_slot *s)
{
	const struct gdoi_policy_config *c = &g->config.policies[policy];
	size_t n = 0;

	for (size_t i = 0; i < g->config.n_policies; i++) {
		if (!gdoi_group_same_sa(g, policy, i))
			continue;
		keep_tek(g, i, s);
		n++;
	}
	g->version++;
	if (n == 1)
		gdoi_group_note(g, IKE_NOTE_INFO, "new TEK %08" PRIx32 " for policy %s/%s, %" PRIu32 " s", s->tek.spi,
				c->sa, c->name, c->life_seconds);
	else
		gdoi_group_note(g, IKE_NOTE_INFO, "new TEK %08" PRIx32 " for the %zu policies of %s, %" PRIu32 " s",
				s->tek.spi, n, c->sa, c->life_seconds);
}

int gdoi_keys_add_tek(struct gdoi_group *g, size_t policy, uint64_t now)
{
	const struct gdoi_policy_config *c = &g->config.policies[policy];
	struct tek_slot s;
	int r = gdoi_keys_make_tek(g, c, now, &s);

	if (r == 0) {
		gdoi_keys_keep_tek(g, policy, &s);
		explicit_bzero(&s, sizeof(s));
		return 0;
	}
	gdoi_group_note(g, IKE_NOTE_WARNING, "no new TEK for policy %s/%s could be made: %s; it is tried again", c->sa,
			c->name, strerror(-r));
	return r;
}

void gdoi_keys_drop_oldest_kek(struct gdoi_group *g)
{
	g->n_keks--;
	g->keks[0] = g->keks[1];
	explicit_bzero(&g->keks[g->n_keks], sizeof(g->keks[0]));
}

/* RFC 6407 5.3.5: with ECDSA the hash is implied (RFC 4754). */
static enum sig_hash sig_hash(const struct gdoi_push_config *c)
{
	const struct sig_info *sig = sig_info(c->sig_algorithm);

	if (sig && sig->implied != 0)
		return sig->implied;
	return c->sig_hash;
}

static void tell_kek(struct gdoi_group *g, const struct kek *k)
{
	struct push *what = g->change.what;

	if (what == NULL || !g->change.tell_new)
		return;
	what->has_policy = true;
	what->download.has_kek = true;
	what->download.kek = *k;
	what->download.kek.life_seconds = g->config.push.life_seconds;
}

int gdoi_keys_add_kek(struct gdoi_group *g, uint64_t now)
{
	const struct gdoi_push_config *c = &g->config.push;
	struct kek_slot s = {
		.kek = { .cipher = c->cipher,
			 .sig_hash = sig_hash(c),
			 .sig_algorithm = c->sig_algorithm,
			 .ack_type = c->no_acks        ? 0
				     : c->ack_type > 0 ? c->ack_type
						       : GCKS_ACK_SHA256,
			 .port = c->port > 0 ? c->port : GDOI_PORT },
		.life = make_lifetime(g, c->life_seconds, now),
	};
	int r;

	r = gcks_keys_kek(&s.kek, g->ops.random, g->ops.ctx);
	if (r == 0)
		r = g->ops.random(g->ops.ctx, &s.index, sizeof(s.index));
	if (r == 0)
		r = gcks_keys_public(&s.kek, g->signature);
	if (r == 0) {
		s.index &= 0x7fffff; /* seven digits, as the guide's */
		if (g->n_keks == ARRAY_SIZE(g->keks))
			gdoi_keys_drop_oldest_kek(g);
		g->keks[g->n_keks++] = s;
		g->version++;
		tell_kek(g, &s.kek);
		gdoi_group_note(g, IKE_NOTE_INFO, "new KEK with index %" PRIu32 ", %" PRIu32 " s", s.index,
				c->life_seconds);
	} else {
		gdoi_group_note(g, IKE_NOTE_WARNING, "no new KEK could be made: %s; it is tried again", strerror(-r));
	}
	explicit_bzero(&s, sizeof(s));
	return r;
}

void gdoi_keys_end(struct gdoi_group *g, uint64_t now)
{
	for (size_t i = 0; i < g->config.n_policies; i++) {
		struct policy *p = &g->policies[i];

		while (p->n_teks > 0 && now >= p->teks[0].life.ends)
			gdoi_keys_drop_tek(p, 0);
	}
	while (g->n_keks > 0 && now >= g->keks[0].life.ends)
		gdoi_keys_drop_oldest_kek(g);
}

void gdoi_keys_tell_all(struct gdoi_group *g, uint64_t now)
{
	struct push *what = g->change.what;

	for (size_t i = 0; what != NULL && i < g->config.n_policies; i++) {
		for (size_t j = 0; j < g->policies[i].n_teks; j++) {
			const struct tek_slot *s = &g->policies[i].teks[j];

			if (s->life.ends < now + 1000)
				continue;
			what->has_policy = true;
			gdoi_keys_offer(g, &what->download, &s->tek, (uint32_t)((s->life.ends - now) / 1000));
		}
	}
}

int gdoi_keys_renew(struct gdoi_group *g, uint64_t now)
{
	int r = 0;

	gdoi_keys_end(g, now);
	for (size_t i = 0; i < g->config.n_policies; i++) {
		struct policy *p = &g->policies[i];

		if (r == 0 && gdoi_group_leads_sa(g, i) &&
		    (p->n_teks == 0 || now >= p->teks[p->n_teks - 1].life.rekey_at))
			r = gdoi_keys_add_tek(g, i, now);
	}
	if (r == 0 && g->config.has_push && (g->n_keks == 0 || now >= g->keks[g->n_keks - 1].life.rekey_at))
		r = gdoi_keys_add_kek(g, now);
	return r;
}

void gdoi_note_gcm(struct gdoi_group *g)
{
	g->has_gcm = false;
	for (size_t i = 0; i < g->config.n_policies; i++)
		g->has_gcm |= cipher_is_counter_mode(g->config.policies[i].cipher);
}
