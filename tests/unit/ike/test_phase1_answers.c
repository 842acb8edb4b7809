/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Somebody on the path who sees everything, drops nothing, and speaks in the server's name: before each of the server's
 * messages once, or a thousand times a second.  The member registers within 15 s, with what the server gave.
 */
#include "tests/unit/support/ike_pair.h"
#include "tests/unit/support/words.h"

#include "ike/phase1_answers.h"
#include "ike/pull_state.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define WAY_MS 60 /* one way between member and server; the forger is beside the member */
#define LIMIT_MS 15000
#define FLIGHTS_MAX 4096

enum forgery {
	FORGED_2 = 1,        /* the offer, echoed under a cookie of the forger */
	FORGED_2_DOI_1 = 2,  /* the same with the other DOI */
	FORGED_2_COOKIE = 4, /* under the server's own cookie, once it is known, with another transform */
	FORGED_4 = 8,        /* a good public value and a nonce, under the server's cookie */
	FORGED_4_OWN = 16,   /* and under the forger's own */
	FORGED_6 = 32,       /* noise under the server's cookie */
	FORGED_14 = 64,      /* notifies in the clear */
	FORGED_24 = 128,
	FORGED_NOTIFY_2 = 256,
	FORGED_PULL = 512, /* noise in place of the pull's answers, and of a protected notify */
	REPLAYED = 1024,   /* the server's own last message once more */
	FORGED_ALL = 2047,
};

enum pace { ONCE, FLOOD_FRESH, FLOOD_SAME, FLOOD_CYCLE_6, FLOOD_CYCLE_20, FLOOD_CYCLE_60 };

struct flight {
	uint64_t at;
	bool to_server;
	uint8_t *data;
	size_t len;
};

struct path {
	struct pair p;
	unsigned kinds;
	enum pace pace;
	struct flight flights[FLIGHTS_MAX];
	size_t n_flights;
	uint8_t *first, *last; /* message 1, and the server's last */
	size_t first_len, last_len;
	uint8_t own[8], server[8]; /* responder cookies; zero: not known yet */
	uint32_t message_id;       /* of the pull */
	struct dh *dh;
	uint64_t sequence;
	unsigned from_member, forged, turn;
};

static void launch(struct path *path, uint64_t at, bool to_server, const void *data, size_t len)
{
	struct flight *f = &path->flights[path->n_flights++];

	ck_assert_uint_le(path->n_flights, FLIGHTS_MAX);
	*f = (struct flight){ .at = at, .to_server = to_server, .data = malloc(len), .len = len };
	ck_assert_ptr_nonnull(f->data);
	memcpy(f->data, data, len);
}

/* --- what the forger says --- */

static void fill(struct path *path, void *ret, size_t len)
{
	uint8_t *octets = ret;

	memset(octets, 0x5a, len);
	if (path->pace == FLOOD_SAME)
		return;
	path->sequence++;
	if (path->pace >= FLOOD_CYCLE_6)
		path->sequence %= path->pace == FLOOD_CYCLE_6 ? 6 : path->pace == FLOOD_CYCLE_20 ? 20 : 60;
	for (size_t i = 0; i < len && i < 8; i++)
		octets[i] ^= (uint8_t)(path->sequence >> (8 * i));
}

static void forge(struct path *path, const void *data, size_t len)
{
	path->forged++;
	launch(path, path->p.now, false, data, len);
}

static void forge_echo(struct path *path, bool doi_1, const uint8_t *cookie_r)
{
	uint8_t data[1024];

	if (path->p.params.mode != IKE_MAIN)
		return;
	memcpy(data, path->first, path->first_len);
	memcpy(data + 8, cookie_r, 8);
	if (doi_1)
		data[ISAKMP_HEADER_LEN + 7] = IKE_DOI_IPSEC;
	forge(path, data, path->first_len);
}

static void forge_ke(struct path *path, const uint8_t *cookie_r)
{
	struct isakmp_header h = { .exchange = (uint8_t)path->p.params.mode };
	const struct octets *ke = dh_public(path->dh);
	struct message m;
	uint8_t nonce[32], hash[32];

	memcpy(h.cookie_i, path->first, 8);
	memcpy(h.cookie_r, cookie_r, 8);
	message_begin(&m, &h);
	if (path->p.params.mode == IKE_AGGRESSIVE)
		phase1_sa_offer(&m, IKE_DOI_GDOI, 0, path->p.params.proposals, 1);
	fill(path, nonce, sizeof(nonce));
	message_add(&m, PAYLOAD_KE, ke->data, ke->len);
	message_add(&m, PAYLOAD_NONCE, nonce, sizeof(nonce));
	if (path->p.params.mode == IKE_AGGRESSIVE) {
		fill(path, hash, sizeof(hash));
		message_add(&m, PAYLOAD_ID, (const uint8_t[]){ 1, 0, 0, 0, 10, 10, 100, 1 }, 8);
		message_add(&m, PAYLOAD_HASH, hash, sizeof(hash));
	}
	ck_assert_int_eq(message_finish(&m), 0);
	forge(path, m.w.data, m.w.len);
	message_clear(&m);
}

static void forge_noise(struct path *path, uint8_t exchange, uint32_t message_id)
{
	struct isakmp_header h = { .exchange = exchange, .flags = 1, .message_id = message_id, .next = PAYLOAD_HASH };
	struct writer w = { 0 };
	uint8_t noise[80];

	memcpy(h.cookie_i, path->first, 8);
	memcpy(h.cookie_r, path->server, 8);
	fill(path, noise, sizeof(noise));
	isakmp_header_write(&w, &h);
	write_bytes(&w, noise, sizeof(noise));
	isakmp_header_length(&w);
	ck_assert_int_eq(w.err, 0);
	forge(path, w.data, w.len);
	writer_clear(&w);
}

static void forge_notify(struct path *path, uint16_t type)
{
	uint8_t *data;
	size_t len;

	ck_assert_int_eq(clear_notify(path->first, path->server, type, &data, &len), 0);
	forge(path, data, len);
	free(data);
}

static void speak(struct path *path, unsigned kind)
{
	static const uint8_t unknown[8];
	bool known = memcmp(path->server, unknown, 8) != 0;

	if (kind != FORGED_4_OWN)
		fill(path, path->own, 8);
	switch (kind & path->kinds) {
	case FORGED_2:
		forge_echo(path, false, path->own);
		break;
	case FORGED_2_DOI_1:
		forge_echo(path, true, path->own);
		break;
	case FORGED_2_COOKIE:
		if (known)
			forge_echo(path, false, path->server);
		break;
	case FORGED_4:
		if (known || path->p.params.mode == IKE_AGGRESSIVE)
			forge_ke(path, known ? path->server : path->own);
		break;
	case FORGED_4_OWN:
		forge_ke(path, path->own);
		break;
	case FORGED_6:
		if (known)
			forge_noise(path, (uint8_t)path->p.params.mode, 0);
		break;
	case FORGED_14:
		forge_notify(path, NOTIFY_NO_PROPOSAL_CHOSEN);
		break;
	case FORGED_24:
		forge_notify(path, 24);
		break;
	case FORGED_NOTIFY_2:
		forge_notify(path, NOTIFY_DOI_NOT_SUPPORTED);
		break;
	case FORGED_PULL:
		if (!known)
			break;
		forge_noise(path, EXCHANGE_GROUPKEY_PULL, path->message_id);
		forge_noise(path, EXCHANGE_INFORMATIONAL, 77);
		break;
	case REPLAYED:
		if (path->last)
			forge(path, path->last, path->last_len);
		break;
	default:
		break;
	}
}

static void speak_all(struct path *path)
{
	for (unsigned kind = 1; kind < FORGED_ALL; kind <<= 1)
		speak(path, kind);
}

/* --- the way --- */

static void from_member(struct path *path, const struct ike_datagram *d)
{
	struct isakmp_header h;
	struct ike_diag diag = { 0 };

	ck_assert_int_eq(isakmp_header_read(&h, d->data, d->len, &diag), 0);
	path->from_member++;
	if (h.exchange == EXCHANGE_GROUPKEY_PULL)
		path->message_id = h.message_id;
	if (memcmp(h.cookie_r, (uint8_t[8]){ 0 }, 8) == 0) { /* the forger sees it, and speaks first */
		free(path->first);
		path->first_len = d->len;
		path->first = malloc(d->len);
		ck_assert_ptr_nonnull(path->first);
		memcpy(path->first, d->data, d->len);
	}
	if (path->pace == ONCE)
		speak_all(path);
	launch(path, path->p.now + WAY_MS, true, d->data, d->len);
}

/* The forger is beside the member: it knows what the server says and is heard before it. */
static void from_server(struct path *path, const struct ike_datagram *d)
{
	if (d->data[18] == (uint8_t)path->p.params.mode)
		memcpy(path->server, d->data + 8, 8);
	launch(path, path->p.now + WAY_MS, false, d->data, d->len);
}

static void deliver(struct path *path, const struct flight *f)
{
	struct ike_out out = { 0 };
	static const uint8_t unknown[8];
	bool genuine = !f->to_server && f->data[18] != EXCHANGE_INFORMATIONAL && memcmp(f->data + 8, unknown, 8) != 0;

	if (f->to_server)
		responder_step(path->p.responder, path->p.now, PAIR_MEMBER, PAIR_MEMBER_PORT, f->data, f->len, &out);
	else
		pull_step(path->p.pull, path->p.now, f->data, f->len, &out);
	if (genuine && memcmp(f->data + 8, path->server, 8) == 0) {
		free(path->last);
		path->last = malloc(f->len);
		ck_assert_ptr_nonnull(path->last);
		memcpy(path->last, f->data, f->len);
		path->last_len = f->len;
	}
	for (size_t i = 0; i < out.n_datagrams; i++)
		(f->to_server ? from_server : from_member)(path, &out.datagrams[i]);
	ike_out_clear(&out);
}

static void arrive(struct path *path)
{
	for (size_t i = 0; i < path->n_flights && pull_state(path->p.pull) == PULL_RUNNING;) {
		struct flight f = path->flights[i];

		if (f.at > path->p.now) {
			i++;
			continue;
		}
		path->n_flights--;
		memmove(&path->flights[i], &path->flights[i + 1], (path->n_flights - i) * sizeof(f));
		deliver(path, &f);
		free(f.data);
		i = 0;
	}
}

static void path_start(struct path *path, enum ike_mode mode, unsigned kinds, enum pace pace)
{
	struct ike_out out = { 0 };

	pair_init(&path->p);
	path->p.params.mode = mode;
	path->kinds = kinds;
	path->pace = pace;
	ck_assert_int_eq(dh_new(&path->dh, path->p.params.proposals[0].group), 0);
	pair_offer_kek(&path->p);
	pair_start(&path->p); /* makes the responder; its message 1 is in the pair's queue */
	ck_assert_uint_eq(path->p.n_queued, 1);
	out.datagrams[out.n_datagrams++] = (struct ike_datagram){ path->p.queue[0].data, path->p.queue[0].len, 0, 0 };
	path->p.n_queued = 0;
	from_member(path, &out.datagrams[0]);
	ike_out_clear(&out);
}

/* A millisecond at a time. */
static enum pull_state path_run(struct path *path, uint64_t limit)
{
	uint64_t end = path->p.now + limit;

	while (pull_state(path->p.pull) == PULL_RUNNING && path->p.now < end) {
		struct ike_out out = { 0 };

		if (path->pace != ONCE)
			speak(path, __builtin_popcount(path->kinds) == 1 ? path->kinds : 1u << path->turn++ % 11);
		arrive(path);
		path->p.now++;
		if (pull_deadline(path->p.pull) > path->p.now)
			continue;
		pull_step(path->p.pull, path->p.now, NULL, 0, &out);
		for (size_t i = 0; i < out.n_datagrams; i++)
			from_member(path, &out.datagrams[i]);
		ike_out_clear(&out);
	}
	return pull_state(path->p.pull);
}

static void path_free(struct path *path)
{
	for (size_t i = 0; i < path->n_flights; i++)
		free(path->flights[i].data);
	free(path->first);
	free(path->last);
	dh_free(path->dh);
	pair_free(&path->p);
	free(path);
}

static struct path *path_new(void)
{
	struct path *path = calloc(1, sizeof(*path));

	ck_assert_ptr_nonnull(path);
	return path;
}

static void registers(enum ike_mode mode, unsigned kinds, enum pace pace)
{
	static const char *const paces[] = { "once",
					     "1000/s, each new",
					     "1000/s, all alike",
					     "1000/s, 6 in turn",
					     "1000/s, 20 in turn",
					     "1000/s, 60 in turn" };
	struct path *path = path_new();
	uint64_t began;

	path_start(path, mode, kinds, pace);
	began = path->p.now;
	ck_assert_msg(path_run(path, LIMIT_MS) == PULL_DONE, "mode %d, forgeries 0x%x, %s: after %d ms %s", (int)mode,
		      kinds, paces[pace], LIMIT_MS, reason_of(path->p.pull));
	ck_assert(pair_same(&path->p));
	ck_assert_uint_eq(path->p.registered, 1);
	if (kinds == FORGED_ALL)
		printf("%s mode, all forgeries %s: registered after %u ms, %u datagrams forged, %u sent\n",
		       mode == IKE_MAIN ? "main" : "aggressive", paces[pace], (unsigned)(path->p.now - began),
		       path->forged, path->from_member);
	path_free(path);
}

static const enum ike_mode modes[] = { IKE_MAIN, IKE_AGGRESSIVE };

START_TEST(each_forgery_before_the_servers_own)
{
	for (size_t m = 0; m < ARRAY_SIZE(modes); m++)
		for (unsigned kind = 1; kind < FORGED_ALL; kind <<= 1)
			registers(modes[m], kind, ONCE);
}
END_TEST

START_TEST(each_forgery_a_thousand_times_a_second)
{
	for (size_t m = 0; m < ARRAY_SIZE(modes); m++)
		for (unsigned kind = 1; kind < FORGED_ALL; kind <<= 1)
			for (int pace = FLOOD_FRESH; pace <= FLOOD_CYCLE_60; pace++)
				registers(modes[m], kind, (enum pace)pace);
}
END_TEST

START_TEST(all_forgeries_together)
{
	for (size_t m = 0; m < ARRAY_SIZE(modes); m++)
		for (int pace = ONCE; pace <= FLOOD_CYCLE_60; pace++)
			registers(modes[m], FORGED_ALL, (enum pace)pace);
}
END_TEST

static unsigned derivations(const struct path *path)
{
	unsigned n = 0;

	for (size_t i = 0; i < path->p.pull->n_openings; i++)
		n += path->p.pull->openings[i].phase1->answers->dh_total;
	return n;
}

/* Nobody but the forger answers: what it can make the member compute and send is bounded, and the pull ends. */
START_TEST(a_flood_costs_little)
{
	for (size_t m = 0; m < ARRAY_SIZE(modes); m++) {
		struct path *path = path_new();
		uint64_t began;
		unsigned n;

		path_start(path, modes[m], FORGED_ALL, FLOOD_FRESH);
		began = path->p.now;
		path->p.pull_result = -EAGAIN;
		path->p.peer.psk.data[0] ^= 1; /* the server is as good as none */
		ck_assert_int_eq(path_run(path, 20000), PULL_RUNNING);
		n = derivations(path);
		printf("%s mode: %u forged datagrams in 20 s, %u derivations, %u datagrams sent\n",
		       modes[m] == IKE_MAIN ? "main" : "aggressive", path->forged, n, path->from_member);
		ck_assert_uint_ge(n, 1);
		ck_assert_uint_le(n, 20 * 2 * PHASE1_DH_EACH);
		ck_assert_uint_le(path->from_member, 20 * 2 * (1 + 4 * PHASE1_FOLLOWED));
		ck_assert_int_eq(path_run(path, 110000), PULL_TIMEOUT);
		ck_assert_uint_le(path->p.now - began, 124000);
		ck_assert_uint_eq(path->p.registered, 0);
		path_free(path);
	}
}
END_TEST

/* A server that knows DOI 2 only is not lost by somebody who denies it, nor by an answer with DOI 1. */
START_TEST(a_denied_doi_is_not_given_up)
{
	static const unsigned kinds[] = { FORGED_NOTIFY_2, FORGED_2_DOI_1 };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		for (int pace = ONCE; pace <= FLOOD_CYCLE_60; pace++) {
			struct path *path = path_new();

			path_start(path, IKE_MAIN, kinds[i], (enum pace)pace);
			path->p.peer.doi_only = IKE_DOI_GDOI;
			ck_assert_msg(path_run(path, LIMIT_MS) == PULL_DONE, "%zu %d: %s", i, pace,
				      reason_of(path->p.pull));
			ck_assert_uint_eq(pull_doi(path->p.pull), IKE_DOI_GDOI);
			path_free(path);
		}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ike forged");
	TCase *tc = tcase_create("forged");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tc, 300);
	tcase_add_test(tc, each_forgery_before_the_servers_own);
	tcase_add_test(tc, each_forgery_a_thousand_times_a_second);
	tcase_add_test(tc, all_forgeries_together);
	tcase_add_test(tc, a_flood_costs_little);
	tcase_add_test(tc, a_denied_doi_is_not_given_up);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
