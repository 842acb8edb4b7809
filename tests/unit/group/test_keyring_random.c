/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keyring against a slow model on random lives: pulls, pushes, deletes, ends, with SAs of one policy, of several,
 * split and merged.  KEYRING_SEED chooses other lives, KEYRING_ROUNDS how many.
 */
#include "lib/selector.h"
#include "member/group/keyring.h"
#include "tests/unit/support/keyring_model.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define SEED 17
#define ROUNDS 100000
#define STEPS 9
#define SELECTORS 6
#define FIRST_TUNNEL 49152
#define FIRST_REQID 0x67760080u
#define START 5000 /* soon after boot: no time may be before the clock's beginning */

static uint64_t state;

/* xorshift64*: the same start gives the same lives everywhere. */
static uint32_t below(uint32_t n)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)((state * UINT64_C(2685821657736338717)) >> 33) % n;
}

static bool one_in(uint32_t n)
{
	return below(n) == 0;
}

/* --- a server that is right most of the time --- */

struct server_sa {
	uint32_t spi;
	unsigned material, policies; /* a bit each */
	uint64_t end;
};

static struct {
	struct server_sa sas[64]; /* the newest last */
	size_t n;
	uint32_t next_spi;
	unsigned order[SELECTORS];
} server;

static void server_end(uint64_t now)
{
	size_t n = 0;

	for (size_t i = 0; i < server.n; i++)
		if (server.sas[i].end >= now + 1000)
			server.sas[n++] = server.sas[i];
	server.n = n;
}

static void server_make(unsigned policies, uint64_t now)
{
	static const uint32_t lives[] = { 20, 60, 180, 600, 3600 };

	if (server.n == 20) {
		memmove(&server.sas[0], &server.sas[1], 19 * sizeof(server.sas[0]));
		server.n--;
	}
	server.sas[server.n++] = (struct server_sa){ .spi = server.next_spi,
						     .material = server.next_spi,
						     .policies = policies,
						     .end = now + 1000ull * lives[below(5)] };
	server.next_spi++;
}

/* Keys for all policies of a mask: as one SA, or split at random. */
static void server_rekey(unsigned mask, uint64_t now)
{
	while (mask != 0) {
		unsigned part = one_in(2) ? mask : (1 + below((1u << SELECTORS) - 1)) & mask;

		if (part != 0)
			server_make(part, now);
		mask &= ~part;
	}
}

static void say(struct model_message *m, const struct server_sa *sa, unsigned selector, uint64_t now)
{
	struct model_line *l = &m->lines[m->n_lines];

	if (m->n_lines == MODEL_LINES || sa->end < now + 1000)
		return;
	*l = (struct model_line){ .spi = sa->spi,
				  .material = sa->material,
				  .life = (uint32_t)((sa->end - now) / 1000),
				  .selector = selector };
	l->bad = one_in(25);
	if (one_in(60))
		l->material ^= 1u << 31;
	m->n_lines++;
}

/* SAs from number FIRST on, in the order of the policies; SOME: not all of them. */
static void say_from(struct model_message *m, size_t first, bool some, uint64_t now)
{
	unsigned left_out = some ? below(1u << SELECTORS) : 0;
	bool skip[64] = { false };

	for (size_t j = first; j < server.n; j++)
		skip[j] = some && one_in(3);
	for (size_t i = 0; i < SELECTORS; i++)
		for (size_t j = first; j < server.n; j++)
			if (!skip[j] && server.sas[j].policies >> server.order[i] & 1 &&
			    !(left_out >> server.order[i] & 1))
				say(m, &server.sas[j], server.order[i], now);
	for (size_t i = 0; one_in(6) && i < 2; i++)
		m->refused[m->n_refused++] = below(SELECTORS);
	m->has_kek = one_in(2);
	m->has_activation = one_in(2);
	m->has_deactivation = one_in(2);
	m->activation = 1 + below(40);
	m->deactivation = 1 + below(90);
}

static void make_push(struct model_message *m, uint64_t now)
{
	size_t first = server.n;

	m->push = true;
	m->replaces = !one_in(4);
	if (one_in(3)) {
		m->delete_all = one_in(3);
		for (size_t i = 0; server.n > 0 && i < below(4); i++)
			m->deletes[m->n_deletes++] = server.sas[below((uint32_t)server.n)].spi;
	}
	if (!m->replaces)
		return;
	if (!one_in(8))
		server_rekey(1 + below((1u << SELECTORS) - 1), now);
	first = first < server.n ? first : server.n;
	say_from(m, one_in(3) && server.n > 0 ? below((uint32_t)server.n) : first, one_in(6), now);
}

static void make_message(struct model_message *m, uint64_t now)
{
	memset(m, 0, sizeof(*m));
	server_end(now);
	if (one_in(8)) { /* the server's order changes */
		unsigned a = below(SELECTORS), b = below(SELECTORS), t = server.order[a];

		server.order[a] = server.order[b];
		server.order[b] = t;
	}
	if (one_in(12)) /* an SA gets another policy without a new key */
		for (size_t i = 0; server.n > 0 && i < 1; i++)
			server.sas[below((uint32_t)server.n)].policies |= 1u << below(SELECTORS);
	if (one_in(2)) {
		make_push(m, now);
		return;
	}
	if (server.n == 0 || one_in(3))
		server_rekey(1 + below((1u << SELECTORS) - 1), now);
	say_from(m, 0, one_in(5), now);
}

/* --- the real one --- */

static struct selector selector_of(unsigned n)
{
	struct selector s = selector_any;

	s.src = s.dst = (struct ip_prefix){ 0x0a000000 | n << 16, 16 };
	return s;
}

static unsigned number_of(const struct selector *s)
{
	return s->src.addr >> 16 & 0xff;
}

static void fill_download(struct download *d, const struct model_message *m)
{
	d->n_teks = m->n_lines;
	for (size_t i = 0; i < m->n_lines; i++) {
		struct tek *t = &d->teks[i];

		*t = (struct tek){ .spi = m->lines[i].spi,
				   .sel = selector_of(m->lines[i].selector),
				   .cipher = CIPHER_AES_CBC_128,
				   .auth = AUTH_HMAC_SHA256_128,
				   .life_seconds = m->lines[i].life,
				   .tunnel = !m->lines[i].bad };
		t->key.len = 16;
		memcpy(t->key.data, &m->lines[i].material, sizeof(m->lines[i].material));
		t->auth_key.len = 32;
	}
	d->n_refusals = m->n_refused;
	for (size_t i = 0; i < m->n_refused; i++)
		d->refusals[i] = (struct refusal){
			.reason = REFUSAL_NO_KEY, .spi = 1, .has_sel = true, .sel = selector_of(m->refused[i])
		};
	d->has_kek = m->has_kek;
	d->has_gap = m->has_activation || m->has_deactivation;
	d->has_atd = m->has_activation;
	d->has_dtd = m->has_deactivation;
	d->activation_delay = (uint16_t)m->activation;
	d->deactivation_delay = (uint16_t)m->deactivation;
}

static void take(struct keyring *k, const struct model_message *m, uint64_t now)
{
	static struct keyring_outcome o;
	static struct download d;
	struct keyring_deletes deletes = { .all = m->delete_all, .spis = m->deletes, .n_spis = m->n_deletes };

	fill_download(&d, m);
	if (m->push)
		keyring_push(k, &d, &deletes, m->replaces, now, &o);
	else
		keyring_pull(k, &d, now, &o);
}

/* --- both --- */

struct life {
	struct keyring *k;
	struct model model;
	uint64_t seed, round, now;
	unsigned step;
	uint32_t tunnels[SELECTORS]; /* 0: the policy is not there */
};

#define HOLDS(life, what, ...)                                                                                         \
	do {                                                                                                           \
		if (!(what)) {                                                                                         \
			printf("seed %" PRIu64 ", life %" PRIu64 ", step %u, %" PRIu64 " ms: ", (life)->seed,          \
			       (life)->round, (life)->step, (life)->now);                                              \
			printf(__VA_ARGS__);                                                                           \
			fflush(stdout);                                                                                \
			ck_abort_msg("%s", #what);                                                                     \
		}                                                                                                      \
	} while (0)

static void compare_keys(struct life *l, size_t policy, uint64_t now)
{
	const struct keyring_policy *p = keyring_policy(l->k, policy);
	const struct model_policy *want = &l->model.policies[policy];
	const struct keyring_sa *sender = keyring_sender(p, now);

	HOLDS(l, number_of(&p->sel) == want->selector, "policy %zu is %u, not %u\n", policy, number_of(&p->sel),
	      want->selector);
	HOLDS(l, p->n_keys == want->n, "policy %u has %zu keys, not %zu\n", want->selector, p->n_keys, want->n);
	for (size_t i = 0; i < p->n_keys; i++) {
		const struct keyring_sa *sa = p->keys[i].sa;
		const struct model_sa *m = model_sa(&l->model, want->keys[i].spi);

		HOLDS(l, sa->tek.spi == m->spi, "key %zu of policy %u is %u, not %u\n", i, want->selector, sa->tek.spi,
		      m->spi);
		HOLDS(l, sa->hard_at == m->end, "key %u ends at %" PRIu64 ", not %" PRIu64 "\n", m->spi, sa->hard_at,
		      m->end);
		HOLDS(l, sa->soft_at == m->soft && sa->soft_at <= sa->hard_at,
		      "key %u: soft end %" PRIu64 ", not %" PRIu64 "\n", m->spi, sa->soft_at, m->soft);
	}
	HOLDS(l, (sender ? sender->tek.spi : 0) == model_sender(&l->model, policy, now),
	      "policy %u is sent with %u, not %u\n", want->selector, sender ? sender->tek.spi : 0,
	      model_sender(&l->model, policy, now));
}

/* What the kernel needs: of one reqid at most one SA sends, and a tunnel id stays with its policy. */
static void check_numbers(struct life *l, uint64_t now)
{
	const struct keyring_sa *senders[SELECTORS];
	bool seen[SELECTORS] = { false };

	for (size_t i = 0; i < keyring_policies(l->k); i++) {
		const struct keyring_policy *p = keyring_policy(l->k, i);
		unsigned n = number_of(&p->sel);

		senders[i] = keyring_sender(p, now);
		for (size_t j = 0; j < i && senders[i]; j++)
			HOLDS(l, !senders[j] || senders[j] == senders[i] || senders[j]->reqid != senders[i]->reqid,
			      "SPIs %u and %u both send with reqid %08x\n", senders[j]->tek.spi, senders[i]->tek.spi,
			      senders[i]->reqid);
		HOLDS(l, l->tunnels[n] == 0 || l->tunnels[n] == p->tunnel_id, "policy %u has another tunnel id\n", n);
		l->tunnels[n] = p->tunnel_id;
		seen[n] = true;
	}
	for (size_t n = 0; n < SELECTORS; n++)
		l->tunnels[n] = seen[n] ? l->tunnels[n] : 0;
	for (size_t i = 0; i < keyring_sas(l->k); i++)
		HOLDS(l, keyring_sa(l->k, i)->reqid - FIRST_REQID < KEYRING_REQIDS, "a reqid out of range\n");
}

static void compare(struct life *l, uint64_t now)
{
	HOLDS(l, keyring_policies(l->k) == l->model.n_policies, "%zu policies, not %zu\n", keyring_policies(l->k),
	      l->model.n_policies);
	HOLDS(l, keyring_sas(l->k) == l->model.n_sas, "%zu SAs, not %zu\n", keyring_sas(l->k), l->model.n_sas);
	for (size_t i = 0; i < l->model.n_policies; i++)
		compare_keys(l, i, now);
	check_numbers(l, now);
	for (unsigned share = 0; share <= 1000; share += 500) {
		uint64_t at = keyring_renew_at(l->k, share, 1);

		HOLDS(l, at == UINT64_MAX || at < now + 3700 * 1000ull, "renewal %" PRIu64 " ms from now\n", at - now);
	}
}

/* Time passes as in the daemon: from one deadline to the next. */
static void pass(struct life *l, uint64_t until)
{
	for (;;) {
		uint64_t at = keyring_deadline(l->k);

		if (at > until)
			break;
		l->now = at > l->now ? at : l->now;
		keyring_expire(l->k, l->now);
		model_expire(&l->model, l->now);
		compare(l, l->now);
	}
	l->now = until;
	compare(l, until);
}

static void live(struct life *l)
{
	static struct model_message m;
	const struct keyring_limits limits = { .max_keys = 2 + below(5),
					       .max_policies = 3 + below(4),
					       .first_tunnel_id = FIRST_TUNNEL,
					       .first_reqid = FIRST_REQID };

	ck_assert_int_eq(keyring_new(&l->k, &limits), 0);
	memset(&server, 0, sizeof(server));
	server.next_spi = 1000;
	for (unsigned i = 0; i < SELECTORS; i++)
		server.order[i] = i;
	l->model.max_keys = limits.max_keys;
	l->model.max_policies = limits.max_policies;
	l->now = START;
	for (l->step = 0; l->step < STEPS; l->step++) {
		make_message(&m, l->now);
		take(l->k, &m, l->now);
		model_take(&l->model, &m, l->now);
		compare(l, l->now);
		pass(l, l->now + (one_in(3) ? below(400000) : below(40000)));
	}
	keyring_free(l->k);
}

static uint64_t from_environment(const char *name, uint64_t otherwise)
{
	const char *value = getenv(name);

	return value ? strtoull(value, NULL, 0) : otherwise;
}

START_TEST(as_the_model)
{
	uint64_t seed = from_environment("KEYRING_SEED", SEED), rounds = from_environment("KEYRING_ROUNDS", ROUNDS);
	static struct life l;

	for (uint64_t i = 0; i < rounds; i++) {
		memset(&l, 0, sizeof(l));
		l.seed = seed;
		l.round = i;
		state = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15) + i * UINT64_C(0xbf58476d1ce4e5b9) + 1;
		live(&l);
	}
	printf("%" PRIu64 " random lives of %d messages: as the model has them\n", rounds, STEPS);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("keyring random");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(t, 600);
	tcase_add_test(t, as_the_model);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
