/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of a group as its leader sends it to the other servers: written, read, and taken whole or not at all. */
#include "tests/gcks/group_cluster.h"

#include "ike/crypto.h"
#include "lib/selector.h"
#include "tests/gcks/cluster_wire.h"
#include "tests/gcks/group_private.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>

#define LIFE_MAX_MS UINT32_C(0x7fffffff)
#define SIGNATURE_DER_MAX 4096

/* Export */

static void write_name(struct writer *w, const char name[static GVPN_NAME_MAX])
{
	size_t len = strnlen(name, GVPN_NAME_MAX - 1);

	write_u8(w, (uint8_t)len);
	write_bytes(w, name, len);
}

static void write_secret(struct writer *w, const struct secret *s)
{
	write_u16(w, s->len);
	write_bytes(w, s->data, s->len);
}

static void write_life(struct writer *w, const struct lifetime *l, uint64_t now)
{
	write_u32(w, l->rekey_at > now ? (uint32_t)(l->rekey_at - now) : 0);
	write_u32(w, l->ends > now ? (uint32_t)(l->ends - now) : 0);
}

static void write_prefix(struct writer *w, const struct ip_prefix *p)
{
	write_u32(w, p->addr);
	write_u8(w, p->len);
}

static void write_policy(struct writer *w, const struct gdoi_policy_config *c, const struct policy *p, uint64_t now)
{
	write_name(w, c->sa);
	write_name(w, c->name);
	write_prefix(w, &c->sel.src);
	write_prefix(w, &c->sel.dst);
	write_u8(w, c->sel.protocol);
	write_u16(w, c->sel.sport.min);
	write_u16(w, c->sel.sport.max);
	write_u16(w, c->sel.dport.min);
	write_u16(w, c->sel.dport.max);
	write_u8(w, (uint8_t)c->cipher);
	write_u8(w, (uint8_t)c->auth);
	write_u32(w, c->life_seconds);
	write_u32(w, c->life_kilobytes);
	write_u8(w, (uint8_t)p->n_teks);
	for (size_t i = 0; i < p->n_teks; i++) {
		write_u32(w, p->teks[i].tek.spi);
		write_life(w, &p->teks[i].life, now);
		write_secret(w, &p->teks[i].tek.key);
		write_secret(w, &p->teks[i].tek.auth_key);
	}
}

static void write_kek(struct writer *w, const struct kek_slot *s, uint64_t now)
{
	write_bytes(w, s->kek.spi, KEK_SPI_LEN);
	write_u8(w, (uint8_t)s->kek.cipher);
	write_u8(w, (uint8_t)s->kek.sig_hash);
	write_u8(w, (uint8_t)s->kek.sig_algorithm);
	write_secret(w, &s->kek.iv);
	write_secret(w, &s->kek.key);
	write_u16(w, s->kek.ack_type);
	write_u16(w, s->kek.port);
	write_u32(w, s->kek.seq);
	write_u32(w, s->index);
	write_life(w, &s->life, now);
}

static void write_signature(struct writer *w, const EVP_PKEY *pair)
{
	unsigned char *der = NULL;
	int len = pair != NULL ? i2d_PrivateKey(pair, &der) : 0;

	if (len < 0 || len > SIGNATURE_DER_MAX) {
		w->err = -EIO;
	} else {
		write_u16(w, (uint16_t)len);
		write_bytes(w, der, (size_t)len);
	}
	OPENSSL_clear_free(der, len > 0 ? (size_t)len : 0);
}

void gdoi_group_export(const struct gdoi_group *g, uint64_t now, struct writer *ret)
{
	write_u8(ret, g->config.has_push);
	write_u64(ret, g->log.first + g->log.n);
	write_u32(ret, g->sender_generation);
	for (size_t i = 0; i < GCKS_SERVERS_MAX; i++)
		write_u32(ret, i == g->config.server_index ? g->sender_ids : g->sender_given[i]);
	write_u8(ret, (uint8_t)g->config.n_policies);
	for (size_t i = 0; i < g->config.n_policies; i++)
		write_policy(ret, &g->config.policies[i], &g->policies[i], now);
	write_u8(ret, (uint8_t)g->n_keks);
	for (size_t i = 0; i < g->n_keks; i++)
		write_kek(ret, &g->keks[i], now);
	write_signature(ret, g->signature);
	write_u16(ret, (uint16_t)gdoi_group_n_registered(g));
	for (size_t i = 0; i < g->config.n_members; i++) {
		uint64_t age = now > g->members[i].last_update ? (now - g->members[i].last_update) / 1000 : 0;

		if (!g->members[i].registered)
			continue;
		write_u32(ret, g->config.members[i].addr);
		write_u32(ret, age < UINT32_MAX ? (uint32_t)age : UINT32_MAX);
	}
}

/* Import */

struct state {
	bool has_push;
	uint64_t change;
	uint32_t sender_generation, sender_given[GCKS_SERVERS_MAX];
	struct gdoi_policy_config configs[GCKS_POLICIES_MAX];
	struct policy policies[GCKS_POLICIES_MAX];
	size_t n_policies;
	struct kek_slot keks[2];
	size_t n_keks;
	EVP_PKEY *signature;
	struct reader members; /* of addresses and ages */
	size_t n_members;
};

static void state_freep(struct state **s)
{
	if (*s == NULL)
		return;
	EVP_PKEY_free((*s)->signature);
	explicit_bzero(*s, sizeof(**s));
	free(*s);
}

static int read_name(struct reader *r, char ret[static GVPN_NAME_MAX])
{
	size_t len = read_u8(r);
	const uint8_t *at = read_bytes(r, len);

	if (at == NULL || len == 0 || len >= GVPN_NAME_MAX || memchr(at, '\0', len) != NULL)
		return -EBADMSG;
	memcpy(ret, at, len);
	ret[len] = '\0';
	return 0;
}

static int read_secret(struct reader *r, struct secret *ret, size_t expected)
{
	size_t len = read_u16(r);
	const uint8_t *at = read_bytes(r, len);

	return at == NULL || len != expected ? -EBADMSG : secret_set(ret, at, len);
}

static int read_life(struct reader *r, uint64_t now, struct lifetime *ret)
{
	uint32_t rekey_in = read_u32(r), ends_in = read_u32(r);

	if (r->failed || rekey_in > ends_in || ends_in > LIFE_MAX_MS)
		return -EBADMSG;
	*ret = (struct lifetime){ .rekey_at = now + rekey_in, .ends = now + ends_in };
	return 0;
}

static int read_prefix(struct reader *r, struct ip_prefix *ret)
{
	ret->addr = read_u32(r);
	ret->len = read_u8(r);
	return prefix_valid(*ret) ? 0 : -EBADMSG;
}

static int read_selector(struct reader *r, struct selector *ret)
{
	if (read_prefix(r, &ret->src) < 0 || read_prefix(r, &ret->dst) < 0)
		return -EBADMSG;
	ret->protocol = read_u8(r);
	ret->sport.min = read_u16(r);
	ret->sport.max = read_u16(r);
	ret->dport.min = read_u16(r);
	ret->dport.max = read_u16(r);
	return selector_valid(ret) ? 0 : -EBADMSG;
}

static int read_tek(struct reader *r, const struct gdoi_policy_config *c, uint64_t now, struct tek_slot *ret)
{
	*ret = (struct tek_slot){ .tek = { .sel = c->sel,
					   .cipher = c->cipher,
					   .auth = c->auth,
					   .life_kilobytes = c->life_kilobytes,
					   .preserve = PRESERVE_BOTH,
					   .direction = SA_SYMMETRIC,
					   .tunnel = true } };
	ret->tek.spi = read_u32(r);
	if (ret->tek.spi < GCKS_SPI_MIN || read_life(r, now, &ret->life) < 0 ||
	    read_secret(r, &ret->tek.key, cipher_esp_key_len(c->cipher)) < 0)
		return -EBADMSG;
	return read_secret(r, &ret->tek.auth_key, auth_key_len(c->auth));
}

static int read_policy(struct reader *r, struct state *s, uint64_t now)
{
	struct gdoi_policy_config *c = &s->configs[s->n_policies];
	struct policy *p = &s->policies[s->n_policies++];
	uint8_t cipher, auth;
	size_t n;

	if (read_name(r, c->sa) < 0 || read_name(r, c->name) < 0 || read_selector(r, &c->sel) < 0)
		return -EBADMSG;
	cipher = read_u8(r);
	auth = read_u8(r);
	c->life_seconds = read_u32(r);
	c->life_kilobytes = read_u32(r);
	n = read_u8(r);
	if (r->failed || !cipher_info((enum cipher)cipher) || (auth != AUTH_NONE && !auth_info((enum auth)auth)) ||
	    cipher_is_cbc((enum cipher)cipher) != (auth != AUTH_NONE) || c->life_seconds < 2 ||
	    n > GCKS_TEKS_PER_POLICY)
		return -EBADMSG;
	c->cipher = (enum cipher)cipher;
	c->auth = (enum auth)auth;
	while (p->n_teks < n) {
		if (read_tek(r, c, now, &p->teks[p->n_teks]) < 0)
			return -EBADMSG;
		p->n_teks++;
	}
	return 0;
}

static int read_kek(struct reader *r, uint64_t now, struct kek_slot *ret)
{
	const uint8_t *spi = read_bytes(r, KEK_SPI_LEN);
	uint8_t cipher = read_u8(r), hash = read_u8(r), algorithm = read_u8(r);

	if (spi == NULL || !cipher_is_cbc((enum cipher)cipher) || !sig_hash_info((enum sig_hash)hash) ||
	    !sig_info((enum sig_algorithm)algorithm))
		return -EBADMSG;
	memcpy(ret->kek.spi, spi, KEK_SPI_LEN);
	ret->kek.cipher = (enum cipher)cipher;
	ret->kek.sig_hash = (enum sig_hash)hash;
	ret->kek.sig_algorithm = (enum sig_algorithm)algorithm;
	if (read_secret(r, &ret->kek.iv, CRYPTO_BLOCK_LEN) < 0 ||
	    read_secret(r, &ret->kek.key, cipher_key_len(ret->kek.cipher)) < 0)
		return -EBADMSG;
	ret->kek.ack_type = read_u16(r);
	ret->kek.port = read_u16(r);
	ret->kek.seq = read_u32(r);
	ret->index = read_u32(r);
	return read_life(r, now, &ret->life);
}

static int read_signature(struct reader *r, struct state *s)
{
	size_t len = read_u16(r);
	const unsigned char *at = read_bytes(r, len);

	if (at == NULL || len > SIGNATURE_DER_MAX || (len == 0 && s->n_keks > 0))
		return -EBADMSG;
	if (len == 0)
		return 0;
	s->signature = d2i_AutoPrivateKey(NULL, &at, (long)len);
	if (s->signature == NULL)
		return -EBADMSG;
	for (size_t i = 0; i < s->n_keks; i++) {
		if (gcks_keys_public(&s->keks[i].kek, s->signature) < 0)
			return -EBADMSG;
	}
	return 0;
}

static int read_state(struct reader *r, uint64_t now, struct state *s)
{
	size_t n;

	s->has_push = read_u8(r) == 1;
	s->change = read_u64(r);
	s->sender_generation = read_u32(r);
	for (size_t i = 0; i < GCKS_SERVERS_MAX; i++)
		s->sender_given[i] = read_u32(r);
	n = read_u8(r);
	if (n == 0 || n > GCKS_POLICIES_MAX)
		return -EBADMSG;
	while (s->n_policies < n) {
		if (read_policy(r, s, now) < 0)
			return -EBADMSG;
	}
	n = read_u8(r);
	if (n > ARRAY_SIZE(s->keks))
		return -EBADMSG;
	while (s->n_keks < n) {
		if (read_kek(r, now, &s->keks[s->n_keks]) < 0)
			return -EBADMSG;
		s->n_keks++;
	}
	if (read_signature(r, s) < 0)
		return -EBADMSG;
	s->n_members = read_u16(r);
	s->members = read_sub(r, 8 * s->n_members);
	return r->failed || r->left > 0 ? -EBADMSG : 0;
}

static void take_members(struct gdoi_group *g, uint64_t now, struct state *s)
{
	for (size_t i = 0; i < g->config.n_members; i++) {
		struct member *m = &g->members[i];
		struct reader r = s->members;
		bool was = m->registered;

		m->registered = false;
		for (size_t j = 0; j < s->n_members && !m->registered; j++) {
			uint32_t addr = read_u32(&r), age = read_u32(&r);

			if (addr != g->config.members[i].addr)
				continue;
			m->registered = true;
			m->last_update = now > age * UINT64_C(1000) ? now - age * UINT64_C(1000) : 0;
		}
		m->forget |= was && !m->registered;
		m->cursor.next = s->change;
		m->cursor.reachable = false;
	}
}

/* A server that has started anew does not know which ids it gave out before. */
static void take_sender_ids(struct gdoi_group *g, const struct state *s)
{
	uint32_t given = s->sender_given[g->config.server_index];

	if (s->sender_generation != g->sender_generation)
		g->sender_ids = g->sender_generation == 0 ? given + GCKS_SENDER_IDS_MARGIN : given;
	else if (given > g->sender_ids)
		g->sender_ids = given;
	g->sender_generation = s->sender_generation;
	memcpy(g->sender_given, s->sender_given, sizeof(g->sender_given));
}

static void take_state(struct gdoi_group *g, uint64_t now, struct state *s)
{
	push_log_clear(&g->log);
	g->log.first = s->change;
	memcpy(g->config.policies, s->configs, sizeof(s->configs));
	memcpy(g->policies, s->policies, sizeof(s->policies));
	g->config.n_policies = s->n_policies;
	memcpy(g->keks, s->keks, sizeof(g->keks));
	g->n_keks = s->n_keks;
	EVP_PKEY_free(g->signature);
	g->signature = TAKE(s->signature);
	gdoi_note_gcm(g);
	take_members(g, now, s);
	take_sender_ids(g, s);
}

int gdoi_group_import(struct gdoi_group *g, uint64_t now, uint64_t version, const void *data, size_t len,
		      struct gcks_error *err)
{
	_cleanup_(state_freep) struct state *s = calloc(1, sizeof(*s));
	struct reader r = reader_of(data, len);

	gcks_error_set(err, "no memory");
	if (s == NULL)
		return -ENOMEM;
	if (read_state(&r, now, s) < 0) {
		return gcks_fail(err, -EBADMSG, "the state is malformed; do all servers run the same version of gcks?");
	}
	if (s->has_push != g->config.has_push) {
		return gcks_fail(err, -EBADMSG,
				 "the primary has %s server-member-communication and this server has %s; configure the "
				 "group alike on all servers",
				 s->has_push ? "a" : "no", g->config.has_push ? "one" : "none");
	}
	take_state(g, now, s);
	g->version = version;
	g->part = GROUP_FOLLOWS;
	return 0;
}
