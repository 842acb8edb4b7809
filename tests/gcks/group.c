/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/gcks/group.h"

#include "tests/gcks/group_private.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define RETRY_MS 1000
#define SPI_TRIES 64

void gdoi_group_note(const struct gdoi_group *g, enum ike_note_level level, const char *format, ...)
{
	char text[400];
	va_list ap;
	int n;

	if (g->ops.log == NULL)
		return;
	n = snprintf(text, sizeof(text), "group %s (%" PRIu32 "): ", g->config.name, g->config.id);
	va_start(ap, format);
	vsnprintf(text + n, sizeof(text) - (size_t)n, format, ap);
	va_end(ap);
	g->ops.log(g->ops.ctx, level, text);
}

static struct lifetime lifetime(const struct gdoi_group *g, uint32_t seconds, uint64_t now)
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

static int free_spi(const struct gdoi_group *g, uint32_t *ret)
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

static void drop_oldest_tek(struct policy *p)
{
	p->n_teks--;
	memmove(&p->teks[0], &p->teks[1], p->n_teks * sizeof(p->teks[0]));
	explicit_bzero(&p->teks[p->n_teks], sizeof(p->teks[0]));
}

/* So many live keys of one policy that all of the group fit into one download. */
static size_t teks_per_policy(const struct gdoi_group *g)
{
	size_t n = DOWNLOAD_TEKS_MAX / g->config.n_policies;

	return n < GCKS_TEKS_PER_POLICY ? n : GCKS_TEKS_PER_POLICY;
}

static int add_tek(struct gdoi_group *g, size_t policy, uint64_t now)
{
	const struct gdoi_policy_config *c = &g->config.policies[policy];
	struct policy *p = &g->policies[policy];
	struct tek_slot s = {
		.tek = { .sel = c->sel,
			 .cipher = c->cipher,
			 .auth = c->auth,
			 .preserve = PRESERVE_BOTH,
			 .direction = SA_SYMMETRIC,
			 .tunnel = true },
		.life = lifetime(g, c->life_seconds, now),
	};
	int r;

	r = free_spi(g, &s.tek.spi);
	if (r == 0)
		r = gcks_keys_tek(&s.tek, g->ops.random, g->ops.ctx);
	if (r == 0) {
		if (p->n_teks == teks_per_policy(g))
			drop_oldest_tek(p);
		p->teks[p->n_teks++] = s;
		gdoi_group_note(g, IKE_NOTE_INFO, "new TEK %08" PRIx32 " for policy %s/%s, %" PRIu32 " s", s.tek.spi,
				c->sa, c->name, c->life_seconds);
	} else {
		gdoi_group_note(g, IKE_NOTE_WARNING,
				"no new TEK for policy %s/%s could be made: %s; the present one stays", c->sa, c->name,
				strerror(-r));
	}
	explicit_bzero(&s, sizeof(s));
	return r;
}

static void drop_oldest_kek(struct gdoi_group *g)
{
	g->n_keks--;
	g->keks[0] = g->keks[1];
	explicit_bzero(&g->keks[g->n_keks], sizeof(g->keks[0]));
}

static int add_kek(struct gdoi_group *g, uint64_t now)
{
	const struct gdoi_push_config *c = &g->config.push;
	struct kek_slot s = {
		.kek = { .cipher = c->cipher,
			 .sig_hash = c->sig_hash,
			 .sig_algorithm = c->sig_algorithm,
			 .ack_type = KEK_ACK_SHA256,
			 .port = c->port > 0 ? c->port : GDOI_PORT },
		.life = lifetime(g, c->life_seconds, now),
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
			drop_oldest_kek(g);
		g->keks[g->n_keks++] = s;
		gdoi_group_note(g, IKE_NOTE_INFO, "new KEK with index %" PRIu32 ", %" PRIu32 " s", s.index,
				c->life_seconds);
	} else {
		gdoi_group_note(g, IKE_NOTE_WARNING, "no new KEK could be made: %s; the present one stays",
				strerror(-r));
	}
	explicit_bzero(&s, sizeof(s));
	return r;
}

static int renew(struct gdoi_group *g, uint64_t now)
{
	int r = 0;

	for (size_t i = 0; i < g->config.n_policies; i++) {
		struct policy *p = &g->policies[i];

		while (p->n_teks > 0 && now >= p->teks[0].life.ends)
			drop_oldest_tek(p);
		if (r == 0 && (p->n_teks == 0 || now >= p->teks[p->n_teks - 1].life.rekey_at))
			r = add_tek(g, i, now);
	}
	while (g->n_keks > 0 && now >= g->keks[0].life.ends)
		drop_oldest_kek(g);
	if (r == 0 && g->config.has_push && (g->n_keks == 0 || now >= g->keks[g->n_keks - 1].life.rekey_at))
		r = add_kek(g, now);
	return r;
}

void gdoi_group_step(struct gdoi_group *g, uint64_t now)
{
	if (now < g->retry_at)
		return;
	g->retry_at = renew(g, now) == 0 ? 0 : now + RETRY_MS;
}

int gdoi_group_replace_all(struct gdoi_group *g, uint64_t now)
{
	for (size_t i = 0; i < g->config.n_policies; i++) {
		while (g->policies[i].n_teks > 0)
			drop_oldest_tek(&g->policies[i]);
	}
	while (g->n_keks > 0)
		drop_oldest_kek(g);
	g->retry_at = 0;
	gdoi_group_step(g, now);
	return g->retry_at > 0 ? -EIO : 0;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

uint64_t gdoi_group_deadline(const struct gdoi_group *g)
{
	uint64_t d = UINT64_MAX;

	if (g->retry_at > 0)
		return g->retry_at;
	for (size_t i = 0; i < g->config.n_policies; i++) {
		const struct policy *p = &g->policies[i];

		if (p->n_teks == 0)
			return 0;
		d = earlier(d, p->teks[0].life.ends);
		d = earlier(d, p->teks[p->n_teks - 1].life.rekey_at);
	}
	if (g->n_keks > 0) {
		d = earlier(d, g->keks[0].life.ends);
		d = earlier(d, g->keks[g->n_keks - 1].life.rekey_at);
	}
	return d;
}

static int check_config(const struct gdoi_group_config *c, char err[static 256])
{
	if (c->n_policies == 0 || c->n_policies > GCKS_POLICIES_MAX) {
		snprintf(err, 256, "group %s: %zu match-policies; a group has 1 to %d of them", c->name, c->n_policies,
			 GCKS_POLICIES_MAX);
		return -EINVAL;
	}
	if (c->n_members == 0 || c->n_members > GCKS_MEMBERS_MAX) {
		snprintf(err, 256, "group %s: %zu ike-gateways; a group has 1 to %d of them", c->name, c->n_members,
			 GCKS_MEMBERS_MAX);
		return -EINVAL;
	}
	for (size_t i = 0; i < c->n_policies; i++) {
		if (c->policies[i].life_seconds < 2) {
			snprintf(err, 256,
				 "group %s: the keys of policy %s live too short a time; give them 2 s at least",
				 c->name, c->policies[i].name);
			return -EINVAL;
		}
	}
	if (c->has_push && c->push.life_seconds < 2) {
		snprintf(err, 256, "group %s: the KEK lives too short a time; give it 2 s at least", c->name);
		return -EINVAL;
	}
	return 0;
}

static int copy_config(struct gdoi_group *g, const struct gdoi_group_config *c)
{
	g->config = *c;
	g->config.members = calloc(c->n_members, sizeof(*c->members));
	g->config.policies = calloc(c->n_policies, sizeof(*c->policies));
	g->members = calloc(c->n_members, sizeof(*g->members));
	g->policies = calloc(c->n_policies, sizeof(*g->policies));
	if (g->config.members == NULL || g->config.policies == NULL || g->members == NULL || g->policies == NULL)
		return -ENOMEM;
	memcpy(g->config.members, c->members, c->n_members * sizeof(*c->members));
	memcpy(g->config.policies, c->policies, c->n_policies * sizeof(*c->policies));
	for (size_t i = 0; i < c->n_policies; i++) {
		g->has_gcm |= c->policies[i].cipher == CIPHER_AES_GCM_128 ||
			      c->policies[i].cipher == CIPHER_AES_GCM_192 ||
			      c->policies[i].cipher == CIPHER_AES_GCM_256;
	}
	return 0;
}

int gdoi_group_new(struct gdoi_group **ret, const struct gdoi_group_config *c, const struct gdoi_group_ops *ops,
		   uint64_t now, char err[static 256])
{
	_cleanup_(gdoi_group_freep) struct gdoi_group *g = NULL;
	int r;

	r = check_config(c, err);
	if (r < 0)
		return r;
	snprintf(err, 256, "group %s: no memory", c->name);
	g = calloc(1, sizeof(*g));
	if (g == NULL)
		return -ENOMEM;
	g->ops = *ops;
	r = copy_config(g, c);
	if (r < 0)
		return r;
	if (c->has_push)
		r = ops->signature != NULL ? ops->signature(ops->ctx, c->push.sig_algorithm, &g->signature)
					   : gcks_keys_signature(&g->signature, c->push.sig_algorithm);
	if (r == 0)
		r = renew(g, now);
	if (r < 0) {
		snprintf(err, 256, "group %s: no keys could be made: %s", c->name, strerror(-r));
		return r;
	}
	*ret = TAKE(g);
	return 0;
}

void gdoi_group_free(struct gdoi_group *g)
{
	if (g == NULL)
		return;
	if (g->policies != NULL)
		explicit_bzero(g->policies, g->config.n_policies * sizeof(*g->policies));
	free(g->policies);
	free(g->members);
	free(g->config.members);
	free(g->config.policies);
	EVP_PKEY_free(g->signature);
	explicit_bzero(g, sizeof(*g));
	free(g);
}
