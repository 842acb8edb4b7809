/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Registrations over a bad network: every datagram lost, repeated, held back behind every later one, and changed in
 * every octet.  Whatever happens, the member never has a key that the server did not give, and what is authenticated
 * cannot even be disturbed.
 */
#include "tests/unit/support/ike_pair.h"
#include "tests/unit/support/words.h"

#include "ike/crypto.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static void pair_full(struct pair *p, enum ike_mode mode)
{
	pair_init(p);
	p->params.mode = mode;
	pair_offer_kek(p);
}

/* Datagrams of an undisturbed registration: main mode 6, aggressive 3, pull 4, delete 1. */
static size_t undisturbed(enum ike_mode mode)
{
	struct pair p;
	size_t n;

	pair_full(&p, mode);
	ck_assert_int_eq(pair_run(&p), PULL_DONE);
	n = p.n_sent;
	pair_free(&p);
	ck_assert_uint_eq(n, mode == IKE_MAIN ? 11 : 8);
	return n;
}

static void assert_registered(struct pair *p, const char *what)
{
	ck_assert_msg(pair_run(p) == PULL_DONE, "%s %zu (%zu): %s", what, p->target, p->until, reason_of(p->pull));
	ck_assert(pair_same(p));
	ck_assert_uint_eq(p->registered, 1);
}

static void gate_lose(struct pair *p, size_t index, const struct pair_datagram *d)
{
	if (index != p->target && index != p->until)
		pair_queue(p, d);
}

static void gate_repeat(struct pair *p, size_t index, const struct pair_datagram *d)
{
	pair_queue(p, d);
	if (index == p->target)
		pair_queue(p, d);
}

/* The datagram TARGET arrives after the datagram UNTIL. */
static void gate_hold(struct pair *p, size_t index, const struct pair_datagram *d)
{
	if (index == p->target) {
		p->held = *d;
		p->held.data = malloc(d->len);
		ck_assert_ptr_nonnull(p->held.data);
		memcpy(p->held.data, d->data, d->len);
		return;
	}
	pair_queue(p, d);
	if (index == p->until && p->held.data)
		pair_queue(p, &p->held);
}

static const enum ike_mode modes[] = { IKE_MAIN, IKE_AGGRESSIVE };

static unsigned every_pair(pair_gate gate, const char *what, bool single)
{
	unsigned n = 0;

	for (size_t m = 0; m < ARRAY_SIZE(modes); m++) {
		size_t count = undisturbed(modes[m]);

		for (size_t i = 0; i < count; i++) {
			for (size_t j = i + 1; j < (single ? i + 2 : count + 4); j++, n++) {
				struct pair p;

				pair_full(&p, modes[m]);
				p.gate = gate;
				p.target = i;
				p.until = single ? SIZE_MAX : j;
				assert_registered(&p, what);
				pair_free(&p);
			}
		}
	}
	return n;
}

START_TEST(every_loss)
{
	unsigned one = every_pair(gate_lose, "lost", true), two = every_pair(gate_lose, "lost", false);

	printf("registered after each single loss (%u) and each loss of two (%u)\n", one, two);
	ck_assert_uint_eq(one, 11 + 8);
}
END_TEST

START_TEST(every_repetition)
{
	unsigned n = every_pair(gate_repeat, "repeated", true);

	printf("registered with each datagram repeated: %u\n", n);
	ck_assert_uint_eq(n, 11 + 8);
}
END_TEST

START_TEST(every_reordering)
{
	unsigned n = every_pair(gate_hold, "held back", false);

	printf("registered with each datagram held back behind each later one: %u\n", n);
	ck_assert_uint_gt(n, 100);
}
END_TEST

/* The datagram TARGET with one octet changed: before the genuine one, or in its place (UNTIL is 1), so that only a
 * retransmission brings it. */
static void gate_corrupt(struct pair *p, size_t index, const struct pair_datagram *d)
{
	struct pair_datagram bad = *d;

	if (index != p->target) {
		pair_queue(p, d);
		return;
	}
	ck_assert_uint_lt(p->octet, d->len);
	bad.data = malloc(d->len);
	ck_assert_ptr_nonnull(bad.data);
	memcpy(bad.data, d->data, d->len);
	bad.data[p->octet] ^= p->flip;
	pair_queue(p, &bad);
	free(bad.data);
	if (p->until == 0)
		pair_queue(p, d);
}

static void gate_measure(struct pair *p, size_t index, const struct pair_datagram *d)
{
	if (index == p->target)
		p->octet = d->len;
	pair_queue(p, d);
}

static size_t length_of(enum ike_mode mode, size_t target)
{
	struct pair p;
	size_t len;

	pair_full(&p, mode);
	p.gate = gate_measure;
	p.target = target;
	ck_assert_int_eq(pair_run(&p), PULL_DONE);
	len = p.octet;
	pair_free(&p);
	return len;
}

struct tally {
	unsigned registered, timeout, other;
};

/*
 * Whether a change may keep the member out: no, but for the identity in the first message of aggressive mode.  No HASH
 * of the server's covers it, so the member takes the answer to the changed one, while the server refuses the member.
 */
static bool may_fail(enum ike_mode mode, size_t target)
{
	return mode == IKE_AGGRESSIVE && target == 0;
}

static void corrupt_one(enum ike_mode mode, size_t target, size_t octet, bool in_place, struct tally *t)
{
	struct pair p;
	enum pull_state state;

	pair_full(&p, mode);
	p.gate = gate_corrupt;
	p.target = target;
	p.octet = octet;
	p.until = in_place;
	p.flip = (uint8_t)(1 + (octet * 37 + target * 11) % 255);
	state = pair_run(&p);
	ck_assert_msg(state == PULL_DONE || may_fail(mode, target), "octet %zu of datagram %zu: %s", octet, target,
		      reason_of(p.pull));
	ck_assert_int_ne(state, PULL_RUNNING);
	if (state == PULL_DONE) {
		ck_assert(pair_same(&p));
		ck_assert_uint_eq(p.registered, 1);
		t->registered++;
	} else {
		ck_assert_uint_eq(p.registered, 0);
		*(state == PULL_TIMEOUT ? &t->timeout : &t->other) += 1;
	}
	pair_free(&p);
}

static void corrupt_all(enum ike_mode mode, bool in_place)
{
	size_t count = undisturbed(mode);
	struct tally t = { 0 };
	unsigned n = 0;

	for (size_t i = 0; i < count; i++) {
		size_t len = length_of(mode, i);

		for (size_t octet = 0; octet < len; octet++, n++)
			corrupt_one(mode, i, octet, in_place, &t);
	}
	printf("%s mode, %u octets changed %s: %u registered, %u timed out, %u ended otherwise\n",
	       mode == IKE_MAIN ? "main" : "aggressive", n,
	       in_place ? "in place of the genuine datagram" : "before the genuine datagram", t.registered, t.timeout,
	       t.other);
	ck_assert_uint_eq(n, t.registered + t.timeout + t.other);
	ck_assert_uint_gt(n, 1000);
}

START_TEST(every_octet_of_main_mode_before)
{
	corrupt_all(IKE_MAIN, false);
}
END_TEST

START_TEST(every_octet_of_main_mode_in_place)
{
	corrupt_all(IKE_MAIN, true);
}
END_TEST

START_TEST(every_octet_of_aggressive_mode_before)
{
	corrupt_all(IKE_AGGRESSIVE, false);
}
END_TEST

START_TEST(every_octet_of_aggressive_mode_in_place)
{
	corrupt_all(IKE_AGGRESSIVE, true);
}
END_TEST

/* Before each datagram, noise that has its header but no sense; the seed is fixed so that a failure can be seen again.
 */
static void gate_noise(struct pair *p, size_t index, const struct pair_datagram *d)
{
	static const size_t lengths[] = { 28, 29, 44, 60, 1024 };
	uint8_t noise[1024];
	uint32_t x = (uint32_t)(p->target * 2654435761u + index * 40503u + 1);

	for (size_t k = 0; k < ARRAY_SIZE(lengths); k++) {
		struct pair_datagram n = { d->to_server, noise, lengths[k] };

		for (size_t i = 0; i < n.len; i++) {
			x = x * 1664525u + 1013904223u;
			noise[i] = (uint8_t)(x >> 24);
		}
		memcpy(noise, d->data, 24);
		if (k % 2)
			noise[19] ^= 1; /* encrypted, or not */
		if (index == 0 && k == 0)
			noise[16] = 0; /* an empty chain, else the first message could be believed */
		noise[24] = noise[25] = 0;
		noise[26] = (uint8_t)(n.len >> 8);
		noise[27] = (uint8_t)n.len;
		pair_queue(p, &n);
	}
	pair_queue(p, d);
}

START_TEST(noise)
{
	for (size_t seed = 0; seed < 40; seed++) {
		struct pair p;

		pair_full(&p, modes[seed % 2]);
		p.gate = gate_noise;
		p.target = seed;
		assert_registered(&p, "noise");
		pair_free(&p);
	}
}
END_TEST

#define TAPE_MAX 16
static struct {
	struct pair_datagram d[TAPE_MAX];
	size_t n;
} tape;

/* Keeps all, and loses the member's delete so that the ISAKMP SA stays. */
static void gate_tape(struct pair *p, size_t index, const struct pair_datagram *d)
{
	struct pair_datagram *kept = &tape.d[tape.n++];

	ck_assert_uint_le(tape.n, TAPE_MAX);
	*kept = *d;
	kept->data = malloc(d->len);
	ck_assert_ptr_nonnull(kept->data);
	memcpy(kept->data, d->data, d->len);
	if (index + 1 < p->target)
		pair_queue(p, d);
}

START_TEST(replay)
{
	struct ike_out out = { 0 };
	struct pair p, fresh;

	pair_full(&p, IKE_MAIN);
	p.gate = gate_tape;
	p.target = 11;
	assert_registered(&p, "taped");
	/* To the same server, whose SA still stands: nothing is registered, keys go out only as they went before. */
	for (size_t i = 0; i + 1 < tape.n; i++) {
		if (!tape.d[i].to_server)
			continue;
		responder_step(p.responder, p.now, PAIR_MEMBER, PAIR_MEMBER_PORT, tape.d[i].data, tape.d[i].len, &out);
		for (size_t k = 0; k < out.n_datagrams; k++)
			ck_assert_int_eq(memcmp(out.datagrams[k].data, tape.d[i + 1].data, tape.d[i + 1].len), 0);
		ike_out_clear(&out);
	}
	ck_assert_uint_eq(p.registered, 1);
	ck_assert_uint_eq(p.asked, 1);
	/* To another member and server: nothing is believed. */
	pair_full(&fresh, IKE_MAIN);
	pair_start(&fresh);
	for (size_t i = 0; i < tape.n; i++)
		pair_queue(&fresh, &tape.d[i]);
	assert_registered(&fresh, "replayed into another");
	pair_free(&fresh);
	pair_free(&p);
	for (size_t i = 0; i < tape.n; i++)
		free(tape.d[i].data);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ike faults");
	TCase *network = tcase_create("network"), *octets = tcase_create("octets");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(network, 300);
	tcase_add_test(network, every_loss);
	tcase_add_test(network, every_repetition);
	tcase_add_test(network, every_reordering);
	tcase_add_test(network, noise);
	tcase_add_test(network, replay);
	tcase_set_timeout(octets, 600);
	tcase_add_test(octets, every_octet_of_main_mode_before);
	tcase_add_test(octets, every_octet_of_main_mode_in_place);
	tcase_add_test(octets, every_octet_of_aggressive_mode_before);
	tcase_add_test(octets, every_octet_of_aggressive_mode_in_place);
	suite_add_tcase(suite, network);
	suite_add_tcase(suite, octets);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
