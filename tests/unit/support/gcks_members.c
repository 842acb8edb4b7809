/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/support/gcks_members.h"
#include "tests/unit/support/words.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static int draw(void *ctx, void *buf, size_t len)
{
	struct members *w = ctx;
	uint8_t *p = buf;

	if (w->random_error < 0)
		return w->random_error;
	for (size_t i = 0; i < len; i += 4) {
		uint32_t x =
			++w->next_random * 2654435761u; /* odd: a permutation, so no two draws of 4 octets are equal */

		memcpy(p + i, &x, len - i < 4 ? len - i : 4);
	}
	return 0;
}

static void count_warnings(void *ctx, enum ike_note_level level, const char *text)
{
	struct members *w = ctx;

	ck_assert_ptr_nonnull(text);
	w->warnings += level == IKE_NOTE_WARNING;
}

struct members *members_new(size_t n)
{
	struct members *w = calloc(1, sizeof(*w));

	ck_assert_ptr_nonnull(w);
	ck_assert_uint_le(n, MEMBERS_MAX);
	w->now = START;
	w->dice = 1;
	w->policies[0] = (struct gdoi_policy_config){
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
	for (size_t i = 0; i < n; i++) {
		snprintf(w->configs[i].name, sizeof(w->configs[i].name), "GM-%04zu", i + 1);
		w->configs[i].addr = MEMBER_ADDR(i);
		w->configs[i].local = LOCAL;
	}
	w->config = (struct gdoi_group_config){
		.name = "GROUP_ID-0001",
		.id = 1,
		.members = w->configs,
		.n_members = n,
		.policies = w->policies,
		.n_policies = 1,
		.spi_per_policy = true,
		.has_push = true,
		.push = { .cipher = CIPHER_AES_CBC_256,
			  .sig_hash = SIG_HASH_SHA256,
			  .sig_algorithm = SIG_ECDSA_256,
			  .life_seconds = 7200,
			  .retransmission_period = 10,
			  .retransmissions = 2 },
	};
	return w;
}

void members_start(struct members *w)
{
	const struct gdoi_group_ops ops = { .random = draw, .log = count_warnings, .ctx = w };
	struct gcks_error err = { "" };

	ck_assert_msg(gdoi_group_new(&w->group, &w->config, &ops, w->now, &err) == 0, "%s", err.text);
}

void members_free(struct members *w)
{
	for (size_t i = 0; i < MEMBERS_MAX; i++) {
		rekey_sa_free(w->gm[i].sa);
		rekey_sa_free(w->gm[i].old);
	}
	gdoi_group_free(w->group);
	free(w);
}

static void hold(struct gm *m, uint32_t spi)
{
	for (size_t i = 0; i < m->n_spis; i++) {
		if (m->spis[i] == spi)
			return;
	}
	if (m->n_spis == ARRAY_SIZE(m->spis))
		memmove(m->spis, m->spis + 1, --m->n_spis * sizeof(m->spis[0]));
	m->spis[m->n_spis++] = spi;
}

static void drop(struct gm *m, uint32_t spi)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n_spis; i++) {
		if (m->spis[i] != spi)
			m->spis[n++] = m->spis[i];
	}
	m->n_spis = n;
}

bool members_hold(const struct members *w, size_t i, uint32_t spi)
{
	for (size_t j = 0; j < w->gm[i].n_spis; j++) {
		if (w->gm[i].spis[j] == spi)
			return true;
	}
	return false;
}

static void new_kek(struct gm *m, const struct kek *k, bool from_push)
{
	struct ike_cause cause = { 0 };

	if (m->sa != NULL && memcmp(rekey_sa_kek(m->sa)->spi, k->spi, KEK_SPI_LEN) == 0)
		return;
	rekey_sa_free(m->old);
	m->old = m->sa;
	m->sa = NULL;
	ck_assert_msg(rekey_sa_new(&m->sa, k, from_push, false, NULL, &cause) == 0, "%s", cause_words_of(&cause));
}

void members_take(struct members *w, size_t i, const struct download *d)
{
	struct gm *m = &w->gm[i];

	m->n_spis = 0;
	for (size_t j = 0; j < d->n_teks; j++)
		hold(m, d->teks[j].spi);
	if (d->has_kek) {
		struct kek k = d->kek;

		k.seq = d->seq;
		rekey_sa_free(m->sa); /* a member that has started anew */
		m->sa = NULL;
		new_kek(m, &k, false);
	}
}

void members_pull(struct members *w, size_t i)
{
	struct download *d = calloc(1, sizeof(*d));

	ck_assert_ptr_nonnull(d);
	ck_assert_int_eq(gdoi_group_pull(w->group, w->now, w->configs[i].name, d), 0);
	members_take(w, i, d);
	gdoi_group_registered(w->group, w->now, w->configs[i].name);
	free(d);
}

struct members *members_registered(size_t n)
{
	struct members *w = members_new(n);

	w->policies[1] = w->policies[0];
	w->policies[1].name[0] = '2';
	w->policies[1].sel.protocol = 6;
	w->config.n_policies = 2;
	members_start(w);
	for (size_t i = 0; i < n; i++)
		members_pull(w, i);
	return w;
}

static void apply(struct gm *m)
{
	const struct push *p = &m->said;

	if (p->delete_all_teks)
		m->n_spis = 0;
	for (size_t i = 0; i < p->n_delete_spis; i++)
		drop(m, p->delete_spis[i]);
	for (size_t i = 0; p->has_policy && i < p->download.n_teks; i++)
		hold(m, p->download.teks[i].spi);
	if (p->has_policy && p->download.has_kek)
		new_kek(m, &p->download.kek, true);
}

static bool is_lost(struct members *w)
{
	w->dice = w->dice * 1103515245u + 12345u;
	return (w->dice >> 16) % 100 < w->loss_percent;
}

static void answer(struct members *w, size_t i, const struct ike_out *out)
{
	if (out->n_datagrams == 0)
		return;
	ck_assert_uint_le(out->datagrams[0].len, sizeof(w->ack));
	memcpy(w->ack, out->datagrams[0].data, out->datagrams[0].len);
	w->ack_len = out->datagrams[0].len;
	if (!w->lose_acks && !is_lost(w))
		(void)!gdoi_group_acknowledge(w->group, w->now, LOCAL, MEMBER_ADDR(i), w->ack, w->ack_len);
}

static void receive(struct members *w, size_t i, const struct ike_datagram *d)
{
	struct gm *m = &w->gm[i];
	struct ike_out out = { 0 };
	struct rekey_sa *sa = m->sa != NULL && rekey_sa_owns(m->sa, d->data, d->len) ? m->sa : m->old;

	m->last_push = w->now;
	if (sa == NULL || !rekey_sa_owns(sa, d->data, d->len)) {
		m->refused++;
		return;
	}
	switch (rekey_sa_receive(sa, d->data, d->len, &m->said, &out)) {
	case PUSH_ACCEPTED:
		m->accepted++;
		apply(m);
		ck_assert_int_eq(rekey_sa_acknowledge(sa, MEMBER_ADDR(i), &out), 0);
		break;
	case PUSH_RETRANSMISSION:
	case PUSH_UNACKNOWLEDGED:
		m->again++;
		break;
	case PUSH_REFUSED:
		m->refused++;
		break;
	}
	answer(w, i, &out);
	ike_out_clear(&out);
}

static void deliver(struct members *w, const struct ike_datagram *d)
{
	size_t i = (d->addr - MEMBER_ADDR(0)) >> 8;

	ck_assert_uint_lt(i, w->config.n_members);
	ck_assert_uint_eq(d->addr, MEMBER_ADDR(i));
	ck_assert_uint_eq(d->port, GDOI_PORT);
	ck_assert_uint_le(d->len, sizeof(w->last));
	memcpy(w->last, d->data, d->len);
	w->last_len = d->len;
	w->sent++;
	if (!w->gm[i].mute && !is_lost(w))
		receive(w, i, d);
}

void members_step(struct members *w)
{
	struct gdoi_member_config removed;
	size_t n;

	gdoi_group_step(w->group, w->now);
	while (gdoi_group_removed(w->group, &removed))
		;
	do {
		struct ike_out out = { 0 };

		gdoi_group_send(w->group, w->now, LOCAL, &out);
		n = out.n_datagrams;
		for (size_t i = 0; i < n; i++)
			deliver(w, &out.datagrams[i]);
		ike_out_clear(&out);
	} while (n > 0);
	ck_assert_uint_gt(gdoi_group_deadline(w->group), w->now);
}

void members_run(struct members *w, uint64_t until)
{
	for (;;) {
		uint64_t d = gdoi_group_deadline(w->group);

		if (d > until)
			break;
		w->now = d > w->now ? d : w->now;
		members_step(w);
	}
	w->now = until;
}

uint32_t members_newest(const struct members *w, size_t policy)
{
	struct gcks_tek_view v;

	gdoi_group_tek(w->group, w->now, policy, gdoi_group_n_teks(w->group, policy) - 1, &v);
	return v.tek->spi;
}

void members_check_sums(const struct members *w)
{
	const struct gcks_stats *s = gdoi_group_stats(w->group);
	struct gcks_stats all = { 0 };

	for (size_t i = 0; i < w->config.n_members; i++) {
		struct gcks_member_view v;

		gdoi_group_member(w->group, i, &v);
		all.push_sent += v.stats->push_sent;
		all.push_acknowledged += v.stats->push_acknowledged;
		all.push_unacknowledged += v.stats->push_unacknowledged;
	}
	ck_assert_uint_eq(all.push_sent, s->push_sent);
	ck_assert_uint_eq(all.push_acknowledged, s->push_acknowledged);
	ck_assert_uint_eq(all.push_unacknowledged, s->push_unacknowledged);
	ck_assert_uint_eq(s->push_sent, s->push_acknowledged + s->push_unacknowledged + gdoi_group_n_pushes(w->group));
}

struct members *members_all_registered(size_t n)
{
	struct members *w = members_new(n);

	members_start(w);
	for (size_t i = 0; i < n; i++)
		members_pull(w, i);
	return w;
}

void members_check_stats(const struct members *w, uint64_t sent, uint64_t acknowledged, uint64_t unacknowledged)
{
	const struct gcks_stats *s = gdoi_group_stats(w->group);

	ck_assert_uint_eq(s->push_sent, sent);
	ck_assert_uint_eq(s->push_acknowledged, acknowledged);
	ck_assert_uint_eq(s->push_unacknowledged, unacknowledged);
	members_check_sums(w);
}
