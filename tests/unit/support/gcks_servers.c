/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/support/gcks_servers.h"
#include "tests/unit/support/words.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static int draw(void *ctx, void *buf, size_t len)
{
	struct server *s = ctx;
	uint8_t *p = buf;

	for (size_t i = 0; i < len; i += 4) {
		uint32_t x = ++s->world->next_random * 2654435761u;

		memcpy(p + i, &x, len - i < 4 ? len - i : 4);
	}
	return 0;
}

static void on_log(void *ctx, enum ike_note_level level, const char *text)
{
	struct server *s = ctx;

	if (getenv("GCKS_TEST_LOG") != NULL)
		fprintf(stderr, "%8.3f %zd: %s\n", (double)s->world->now / 1000, s - s->world->servers + 1, text);
	s->world->warnings += level == IKE_NOTE_WARNING;
}

static bool chance(struct servers *w)
{
	w->dice = w->dice * 1103515245u + 12345u;
	return (w->dice >> 16) % 100 < w->loss_percent;
}

static void on_send(void *ctx, uint32_t local, uint32_t to, const uint8_t *data, size_t len)
{
	struct server *s = ctx;
	struct servers *w = s->world;
	struct letter *l = &w->queue[w->n_queue];

	ck_assert_uint_eq(local, SERVER_ADDR(s - w->servers));
	free(w->last.data);
	w->last = (struct letter){ local, to, malloc(len), len };
	memcpy(w->last.data, data, len);
	w->letters++;
	if (w->cut[s - w->servers][to - SERVER_ADDR(0)] || chance(w))
		return;
	ck_assert_uint_lt(w->n_queue, ARRAY_SIZE(w->queue));
	*l = (struct letter){ local, to, malloc(len), len };
	memcpy(l->data, data, len);
	w->n_queue++;
}

struct servers *servers_new(size_t n)
{
	struct servers *w = calloc(1, sizeof(*w));

	ck_assert_ptr_nonnull(w);
	ck_assert_uint_le(n, SERVERS);
	w->n = n;
	w->now = START;
	w->dice = 7;
	w->policy = (struct gdoi_policy_config){
		.sa = "SA",
		.name = "1",
		.sel = { .src = { 0xac100000, 12 },
			 .dst = { 0xac100000, 12 },
			 .sport = { 0, 65535 },
			 .dport = { 0, 65535 } },
		.cipher = CIPHER_AES_CBC_256,
		.auth = AUTH_HMAC_SHA256_128,
		.life_seconds = 3600,
	};
	w->push = (struct gdoi_push_config){ .cipher = CIPHER_AES_CBC_256,
					     .sig_hash = SIG_HASH_SHA256,
					     .sig_algorithm = SIG_ECDSA_256,
					     .life_seconds = 7200,
					     .retransmission_period = 10,
					     .retransmissions = 2 };
	for (size_t i = 0; i < n; i++) {
		w->has_push[i] = true;
		w->psk[i] = "a key of the tests";
	}
	return w;
}

static void free_server(struct server *s)
{
	gdoi_cluster_free(s->cluster);
	gdoi_group_free(s->group);
	memset(s, 0, sizeof(*s));
}

void servers_free(struct servers *w)
{
	for (size_t i = 0; i < w->n; i++)
		free_server(&w->servers[i]);
	for (size_t i = 0; i < GMS; i++)
		rekey_sa_free(w->gms[i].sa);
	for (size_t i = 0; i < w->n_queue; i++)
		free(w->queue[i].data);
	free(w->last.data);
	free(w);
}

void servers_start(struct servers *w, size_t i)
{
	struct server *s = &w->servers[i];
	const struct gdoi_group_ops group_ops = { .random = draw, .log = on_log, .ctx = s };
	const struct gdoi_cluster_ops ops = { .random = draw, .send = on_send, .log = on_log, .ctx = s };
	struct gdoi_cluster_config c = { .root = i == 0, .local = SERVER_ADDR(i), .period_seconds = PERIOD / SECOND };
	struct gcks_error err = { "" };

	s->world = w;
	s->policies[0] = w->policy;
	for (size_t j = 0; j < GMS; j++) {
		snprintf(s->members[j].name, sizeof(s->members[j].name), "GM-%04zu", j + 1);
		s->members[j].addr = GM_ADDR(j);
		s->members[j].local = SERVER_ADDR(i);
	}
	for (size_t j = 0; j < w->n; j++) {
		if (j == i)
			continue;
		snprintf(c.peers[c.n_peers].name, sizeof(c.peers[0].name), "KS-%zu", j + 1);
		c.peers[c.n_peers].addr = SERVER_ADDR(j);
		ck_assert_int_eq(secret_set(&c.peers[c.n_peers++].psk, w->psk[i], strlen(w->psk[i])), 0);
	}
	s->config = (struct gdoi_group_config){
		.name = "G",
		.id = 1,
		.members = s->members,
		.n_members = GMS,
		.policies = s->policies,
		.n_policies = 1,
		.has_push = w->has_push[i],
		.push = w->push,
		.clustered = true,
		.server_index = gdoi_cluster_server_index(&c),
	};
	ck_assert_uint_eq(s->config.server_index, i);
	ck_assert_msg(gdoi_group_new(&s->group, &s->config, &group_ops, w->now, &err) == 0, "%s", err.text);
	ck_assert_int_eq(gdoi_cluster_new(&s->cluster, s->group, &c, &ops, w->now), 0);
}

void servers_kill(struct servers *w, size_t i)
{
	free_server(&w->servers[i]);
}

void servers_deliver(struct servers *w)
{
	while (w->n_queue > 0) {
		struct letter l = w->queue[0];
		struct server *s = &w->servers[l.to - SERVER_ADDR(0)];

		memmove(&w->queue[0], &w->queue[1], --w->n_queue * sizeof(w->queue[0]));
		if (s->cluster != NULL)
			gdoi_cluster_input(s->cluster, w->now, l.from, l.data, l.len);
		free(l.data);
	}
}

/* A push reaches its member, which answers. */
static void push(struct servers *w, size_t server, const struct ike_datagram *d)
{
	size_t i = (d->addr - GM_ADDR(0)) >> 8;
	struct group_member *m = &w->gms[i];
	struct ike_out out = { 0 };
	struct push said;

	if (w->servers[server].mute || chance(w))
		return;
	if (m->sa == NULL || !rekey_sa_owns(m->sa, d->data, d->len)) {
		m->refused++;
		return;
	}
	switch (rekey_sa_receive(m->sa, d->data, d->len, &said, &out)) {
	case PUSH_ACCEPTED:
		m->accepted++;
		m->last_seq = said.seq;
		m->last_server = SERVER_ADDR(server);
		m->last_push = w->now;
		for (size_t j = 0; j < said.download.n_teks && m->n_spis < ARRAY_SIZE(m->spis); j++) {
			if (!servers_gm_holds(w, i, said.download.teks[j].spi))
				m->spis[m->n_spis++] = said.download.teks[j].spi;
		}
		ck_assert_int_eq(rekey_sa_acknowledge(m->sa, GM_ADDR(i), &out), 0);
		break;
	case PUSH_RETRANSMISSION:
	case PUSH_UNACKNOWLEDGED:
		break;
	case PUSH_REFUSED:
		m->refused++;
		break;
	}
	for (size_t j = 0; j < out.n_datagrams; j++)
		ck_assert_int_eq(gdoi_group_acknowledge(w->servers[server].group, w->now, SERVER_ADDR(server),
							GM_ADDR(i), out.datagrams[j].data, out.datagrams[j].len),
				 0);
	ike_out_clear(&out);
}

static void step(struct servers *w)
{
	struct gdoi_member_config removed;

	for (size_t i = 0; i < w->n; i++) {
		struct server *s = &w->servers[i];
		struct ike_out out = { 0 };

		if (s->group == NULL)
			continue;
		gdoi_group_step(s->group, w->now);
		while (gdoi_group_removed(s->group, &removed))
			;
		gdoi_cluster_step(s->cluster, w->now);
		gdoi_group_send(s->group, w->now, SERVER_ADDR(i), &out);
		for (size_t j = 0; j < out.n_datagrams; j++)
			push(w, i, &out.datagrams[j]);
		ike_out_clear(&out);
	}
	servers_deliver(w);
}

static uint64_t deadline(const struct servers *w)
{
	uint64_t d = UINT64_MAX;

	for (size_t i = 0; i < w->n; i++) {
		const struct server *s = &w->servers[i];
		uint64_t a = s->group != NULL ? gdoi_group_deadline(s->group) : UINT64_MAX;
		uint64_t b = s->cluster != NULL ? gdoi_cluster_deadline(s->cluster) : UINT64_MAX;

		d = a < d ? a : d;
		d = b < d ? b : d;
	}
	return d;
}

void servers_run_ms(struct servers *w, uint64_t ms)
{
	uint64_t until = w->now + ms;
	unsigned idle = 0;

	servers_deliver(w);
	for (;;) {
		uint64_t d = deadline(w);

		if (d > until)
			break;
		idle = d > w->now ? 0 : idle + 1;
		ck_assert_msg(idle < 20, "the servers are busy without end at %llu", (unsigned long long)w->now);
		w->now = d > w->now ? d : w->now;
		step(w);
	}
	w->now = until;
}

void servers_run(struct servers *w, uint64_t seconds)
{
	servers_run_ms(w, seconds * SECOND);
}

enum cluster_role servers_role(const struct servers *w, size_t i)
{
	struct cluster_view v;

	gdoi_cluster_view(w->servers[i].cluster, w->now, &v);
	return v.role;
}

uint32_t servers_newest(const struct servers *w, size_t i)
{
	const struct gdoi_group *g = w->servers[i].group;
	struct gcks_tek_view v;

	if (gdoi_group_n_teks(g, 0) == 0)
		return 0;
	gdoi_group_tek(g, w->now, 0, gdoi_group_n_teks(g, 0) - 1, &v);
	return v.tek->spi;
}

bool servers_gm_holds(const struct servers *w, size_t gm, uint32_t spi)
{
	for (size_t i = 0; i < w->gms[gm].n_spis; i++) {
		if (w->gms[gm].spis[i] == spi)
			return true;
	}
	return false;
}

size_t servers_registered(const struct servers *w, size_t i)
{
	return gdoi_group_n_registered(w->servers[i].group);
}

int servers_pull(struct servers *w, size_t server, size_t gm)
{
	struct server *s = &w->servers[server];
	struct group_member *m = &w->gms[gm];
	struct download *d = calloc(1, sizeof(*d));
	struct ike_cause cause = { 0 };
	uint64_t change;
	bool has_kek;
	int r;

	ck_assert_ptr_nonnull(d);
	r = gdoi_group_pull(s->group, w->now, s->members[gm].name, d);
	if (r == 0) {
		m->n_spis = 0;
		for (size_t i = 0; i < d->n_teks; i++)
			m->spis[m->n_spis++] = d->teks[i].spi;
		rekey_sa_free(m->sa);
		m->sa = NULL;
		if (d->has_kek) {
			d->kek.seq = d->seq;
			ck_assert_msg(rekey_sa_new(&m->sa, &d->kek, false, false, NULL, &cause) == 0, "%s",
				      cause_words_of(&cause));
		}
		ck_assert_int_eq(gdoi_group_pulled(s->group, s->members[gm].name, &change, &has_kek), 0);
		gdoi_group_registered(s->group, w->now, s->members[gm].name);
		gdoi_cluster_registered(s->cluster, w->now, GM_ADDR(gm), change, has_kek);
	}
	free(d);
	return r;
}

struct servers *servers_running(size_t n)
{
	struct servers *w = servers_new(n);

	for (size_t i = 0; i < n; i++)
		servers_start(w, i);
	servers_run(w, 1);
	return w;
}
