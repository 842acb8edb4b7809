/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The search for an SA by its IVs, without a kernel: what it believes, and what it survives. */
#include "lib/gvpn.h"
#include "xfrm/search.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

/* A kernel that makes SAs, whose first 32 bits come from a generator. */
struct host {
	uint64_t random;
	uint32_t prefix; /* of the candidate that there is */
	uint32_t fixed;  /* if not 0: of every candidate */
	uint64_t caught;
	struct search_probe last;
	unsigned made, mends, opened;
	/* What happens */
	int make_fails, send_fails;
	unsigned later; /* the probe comes after so many looks */
	struct search_probe under_way;
	unsigned looks;
	bool gone;           /* what catches is: the probe ends unseen */
	unsigned goes_at;    /* with this try */
	bool no_mending;     /* it goes again at once */
	bool encrypts_later; /* what is caught is no ESP yet, and its IV is zero */
	bool lost;           /* nothing comes, and nothing is gone */
	bool cannot_say;     /* nobody knows whether it is encrypted later */
	uint64_t us, try_us; /* the clock, and what a try takes */
};

static struct host host;
static struct search search;
static char err[256];
static uint32_t wait_ms;

static int make(void *ctx, char why[static 256])
{
	struct host *h = ctx;

	if (h->make_fails) {
		snprintf(why, 256, "no more SAs");
		return h->make_fails;
	}
	h->random = h->random * UINT64_C(6364136223846793005) + 1442695040888963407u;
	h->prefix = h->fixed ? h->fixed : (uint32_t)(h->random >> 32);
	h->made++;
	h->us += h->try_us;
	return 0;
}

static void catch (struct host *h, struct search_probe p)
{
	h->last = p;
	if (h->encrypts_later)
		h->last.prefix = 0;
	h->caught++;
}

static int send_probe(void *ctx, uint32_t number)
{
	struct host *h = ctx;
	struct search_probe p = { .number = number, .sequence = 1, .prefix = h->prefix };

	if (h->goes_at == number)
		h->gone = true;
	if (h->send_fails)
		return h->send_fails;
	if (h->gone || h->lost)
		return 0;
	h->looks = 0;
	if (h->later == 0)
		catch (h, p);
	h->under_way = p;
	return 0;
}

static uint64_t caught(void *ctx)
{
	struct host *h = ctx;

	if (h->later && h->under_way.number && ++h->looks == h->later) {
		catch (h, h->under_way);
		h->under_way.number = 0;
	}
	return h->caught;
}

static uint32_t prefix(void *ctx)
{
	return ((struct host *)ctx)->last.prefix;
}

static int open_probe(void *ctx, struct search_probe *ret, char why[static 256])
{
	struct host *h = ctx;

	h->opened++;
	if (h->cannot_say) {
		snprintf(why, 256, "nobody can say");
		return -ENODATA;
	}
	if (h->encrypts_later)
		return -EBADMSG;
	*ret = h->last;
	return 0;
}

static int mend(void *ctx, char why[static 256])
{
	struct host *h = ctx;

	(void)why;
	if (!h->gone)
		return 0;
	h->gone = h->no_mending;
	h->mends++;
	return 1;
}

static uint64_t now_us(void *ctx)
{
	return ((struct host *)ctx)->us;
}

static const struct search_ops ops = { .make = make,
				       .send = send_probe,
				       .caught = caught,
				       .prefix = prefix,
				       .open = open_probe,
				       .mend = mend,
				       .now_us = now_us };

static void setup(void)
{
	host = (struct host){ .random = 7 };
	err[0] = '\0';
}

/* So many slices at most, a millisecond each or as long as they ask for. */
static enum search_state slices(unsigned n)
{
	static uint64_t now = 1000;
	enum search_state s = SEARCH_ON;

	while (n-- > 0 && s == SEARCH_ON) {
		s = search_slice(&search, now, &wait_ms, err);
		now += wait_ms ? wait_ms : 1;
	}
	return s;
}

START_TEST(an_id_is_found)
{
	uint64_t tries = 0;

	for (uint32_t id = 0; id < 256; id++) {
		search_start(&search, &ops, &host, 8, id);
		ck_assert_int_eq(slices(100000), SEARCH_FOUND);
		ck_assert_uint_eq(search.prefix, host.prefix);
		ck_assert_uint_eq(search.prefix >> 24, id);
		tries += search.tries;
	}
	ck_assert_uint_eq(host.made, tries);
	ck_assert_msg(tries > 256 * 200 && tries < 256 * 320, "%llu tries for 256 ids", (unsigned long long)tries);
	search_start(&search, &ops, &host, 12, 0xabc);
	ck_assert_int_eq(slices(100000), SEARCH_FOUND);
	ck_assert_uint_eq(search.prefix >> 20, 0xabc);
}
END_TEST

START_TEST(a_slice_is_short)
{
	search_start(&search, &ops, &host, 16, 0xffff);
	for (unsigned i = 1; i <= 50; i++) {
		ck_assert_int_eq(slices(1), SEARCH_ON);
		ck_assert_uint_eq(host.made, i * SEARCH_SLICE);
		ck_assert_uint_eq(wait_ms, 0);
	}
	ck_assert_msg(host.opened == 1, "the first one alone proves that probes are ESP");
}
END_TEST

/* A machine that is slow, or a kernel that does other work in a try: the daemon's loop has its turn nevertheless. */
START_TEST(a_slice_ends_by_time)
{
	for (host.try_us = 100; host.try_us < 100000; host.try_us *= 3) {
		unsigned had = host.made;
		uint64_t began = host.us;

		search_start(&search, &ops, &host, 16, 0xffff);
		ck_assert_int_eq(slices(1), SEARCH_ON);
		ck_assert_uint_eq(wait_ms, 0);
		ck_assert_uint_ge(host.made, had + 1);
		ck_assert_uint_le(host.made, had + SEARCH_SLICE);
		ck_assert_uint_lt(host.us - began, SEARCH_SLICE_US + host.try_us);
	}
	host.try_us = 700;
	search_start(&search, &ops, &host, 8, 0x5a);
	ck_assert_int_eq(slices(100000), SEARCH_FOUND);
	ck_assert_uint_eq(search.prefix, host.prefix);
}
END_TEST

START_TEST(what_was_found_stays)
{
	uint32_t first;
	unsigned made;

	search_start(&search, &ops, &host, 8, 0x5a);
	ck_assert_int_eq(slices(1000), SEARCH_FOUND);
	first = search.prefix;
	made = host.made;
	ck_assert_int_eq(slices(5), SEARCH_FOUND);
	ck_assert_uint_eq(host.made, made);
	ck_assert_uint_eq(search.prefix, first);
	search_pass(&search); /* the key had it before */
	ck_assert_int_eq(slices(1000), SEARCH_FOUND);
	ck_assert_uint_gt(host.made, made);
	ck_assert_uint_ne(search.prefix, first);
	ck_assert_uint_eq(search.prefix >> 24, 0x5a);
}
END_TEST

/* Crypto that takes the probe along: the next try waits for it. */
START_TEST(probes_that_come_later)
{
	for (host.later = 2; host.later < 8; host.later++) {
		unsigned made = host.made;

		search_start(&search, &ops, &host, 8, host.later);
		ck_assert_int_eq(slices(1), SEARCH_ON);
		ck_assert_uint_eq(wait_ms, 1);
		ck_assert_uint_eq(host.made, made + 1);
		ck_assert_int_eq(slices(100000), SEARCH_FOUND);
		ck_assert_uint_eq(search.prefix, host.prefix);
		ck_assert_uint_eq(search.prefix >> 24, host.later);
	}
}
END_TEST

START_TEST(a_probe_of_a_try_that_was_given_up)
{
	struct search_probe old;

	search_start(&search, &ops, &host, 8, 0x5a);
	ck_assert_int_eq(slices(1), SEARCH_ON);
	/* One begins like the id, and comes when the next one is under way. */
	old = (struct search_probe){ .number = search.tries, .sequence = 1, .prefix = 0x5a000001 };
	host.later = 1000;
	ck_assert_int_eq(slices(1), SEARCH_ON);
	catch (&host, old);
	ck_assert_int_eq(slices(1), SEARCH_ON);
	ck_assert_uint_eq(wait_ms, 1);
	catch (&host, (struct search_probe){ search.tries, 1, host.prefix });
	host.later = 0;
	ck_assert_int_eq(slices(10000), SEARCH_FOUND);
	ck_assert_uint_eq(search.prefix, host.prefix);
	ck_assert_uint_ne(search.prefix, old.prefix);
}
END_TEST

START_TEST(a_firewall_that_refuses)
{
	host.send_fails = -EPERM;
	search_start(&search, &ops, &host, 8, 0x5a);
	ck_assert_int_eq(slices(1), SEARCH_STOPPED);
	ck_assert_uint_eq(host.made, 1);
	ck_assert_str_ne(err, "");
	host.send_fails = -ENETDOWN;
	search_start(&search, &ops, &host, 8, 0x5a);
	ck_assert_int_eq(slices(1), SEARCH_STOPPED);
	ck_assert_str_ne(err, "");
}
END_TEST

/* Nothing came back, and nobody said anything: that is not "another IV". */
START_TEST(silence_is_no_answer)
{
	host.lost = true;
	search_start(&search, &ops, &host, 8, 0x5a);
	ck_assert_int_eq(slices(100000), SEARCH_STOPPED);
	ck_assert_uint_eq(host.made, 1 + SEARCH_LOST_MAX);
	ck_assert_str_ne(err, "");
}
END_TEST

/* A queue was full: another try tells, and the search has another IV's probe to wait for. */
START_TEST(probes_that_are_lost)
{
	unsigned times = 0;

	search_start(&search, &ops, &host, 16, 0xabcd);
	for (; times < 10; times++) {
		unsigned made = host.made;

		host.lost = true;
		while (host.made < made + SEARCH_LOST_MAX)
			ck_assert_int_eq(slices(1), SEARCH_ON);
		ck_assert_uint_eq(host.made, made + SEARCH_LOST_MAX);
		host.lost = false;
		while (host.made < made + SEARCH_LOST_MAX + 2)
			ck_assert_int_eq(slices(1), SEARCH_ON);
	}
	ck_assert_int_eq(slices(1000000), SEARCH_FOUND);
	ck_assert_uint_eq(search.prefix, host.prefix);
	/* It is waited for with patience, and without haste. */
	setup();
	host.lost = true;
	search_start(&search, &ops, &host, 8, 0x5a);
	for (times = 0; slices(1) == SEARCH_ON && host.made == 1;)
		times++;
	ck_assert_uint_le(times, SEARCH_SOON + SEARCH_PATIENCE / SEARCH_SOON + 1);
}
END_TEST

START_TEST(what_catches_goes_and_is_put_back)
{
	host.goes_at = 20;
	search_start(&search, &ops, &host, 12, 0xabc);
	ck_assert_int_eq(slices(100000), SEARCH_FOUND);
	ck_assert_uint_eq(host.mends, 1);
	ck_assert_uint_eq(search.prefix, host.prefix);
	setup();
	host.goes_at = 1;
	host.no_mending = true;
	search_start(&search, &ops, &host, 8, 0x5a);
	ck_assert_int_eq(slices(100000), SEARCH_STOPPED);
	ck_assert_uint_eq(host.mends, SEARCH_MENDS_MAX + 1);
}
END_TEST

/* The id 0 is what an IV looks like that is not there yet. */
START_TEST(what_is_encrypted_later_is_not_believed)
{
	host.encrypts_later = true;
	for (uint32_t id = 0; id < 2; id++) {
		search_start(&search, &ops, &host, 8, id);
		ck_assert_int_eq(slices(1000), SEARCH_STOPPED);
		ck_assert_msg(search.tries == 1, "after %u tries", search.tries);
		ck_assert_str_ne(err, "");
	}
	/* loaded in the middle */
	setup();
	search_start(&search, &ops, &host, 16, 0);
	ck_assert_int_eq(slices(2), SEARCH_ON);
	host.encrypts_later = true;
	ck_assert_int_eq(slices(1), SEARCH_STOPPED);
}
END_TEST

START_TEST(what_nobody_can_say_is_not_believed)
{
	host.cannot_say = true;
	search_start(&search, &ops, &host, 8, 0x5a);
	ck_assert_int_eq(slices(1), SEARCH_STOPPED);
	ck_assert_uint_eq(search.tries, 1);
	ck_assert_str_eq(err, "nobody can say");
	/* in the middle */
	setup();
	search_start(&search, &ops, &host, 16, 0xabcd);
	ck_assert_int_eq(slices(2), SEARCH_ON);
	host.cannot_say = true;
	ck_assert_int_eq(slices(100000), SEARCH_STOPPED);
}
END_TEST

START_TEST(an_sa_that_was_used_already)
{
	host.later = 1000;
	search_start(&search, &ops, &host, 8, 0x5a);
	ck_assert_int_eq(slices(1), SEARCH_ON);
	catch (&host, (struct search_probe){ 1, 2, 0x5a000000 });
	ck_assert_int_eq(slices(1), SEARCH_STOPPED);
}
END_TEST

START_TEST(no_sas_to_be_had)
{
	host.make_fails = -ENOMEM;
	search_start(&search, &ops, &host, 8, 0x5a);
	ck_assert_int_eq(slices(1), SEARCH_STOPPED);
	ck_assert_str_eq(err, "no more SAs");
}
END_TEST

/* A generator that never gives it ends the search, and not the daemon's patience. */
START_TEST(an_id_that_never_comes)
{
	host.fixed = 0x12345678;
	search_start(&search, &ops, &host, 8, 0x5a);
	ck_assert_int_eq(slices(100000), SEARCH_STOPPED);
	ck_assert_uint_eq(search.tries, SEARCH_MEAN_TIMES * 256);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("search");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, an_id_is_found);
	tcase_add_test(t, a_slice_is_short);
	tcase_add_test(t, a_slice_ends_by_time);
	tcase_add_test(t, what_was_found_stays);
	tcase_add_test(t, probes_that_come_later);
	tcase_add_test(t, a_probe_of_a_try_that_was_given_up);
	tcase_add_test(t, a_firewall_that_refuses);
	tcase_add_test(t, silence_is_no_answer);
	tcase_add_test(t, probes_that_are_lost);
	tcase_add_test(t, what_catches_goes_and_is_put_back);
	tcase_add_test(t, what_is_encrypted_later_is_not_believed);
	tcase_add_test(t, what_nobody_can_say_is_not_believed);
	tcase_add_test(t, an_sa_that_was_used_already);
	tcase_add_test(t, no_sas_to_be_had);
	tcase_add_test(t, an_id_that_never_comes);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
