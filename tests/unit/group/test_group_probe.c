/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The recovery probe of a group (rows E1 and E2) against a key server in memory: what it disturbs, and what it does
 * not. */
#include "tests/unit/support/world.h"

#include <check.h>
#include <stdlib.h>

#define SECOND 1000u
#define PROBE "set security group-vpn member ipsec vpn V recovery-probe\n"
#define LIFE "set security group-vpn server ipsec proposal AES lifetime-seconds 86400\n"

static struct world w;
static uint64_t forged_until, lost_until; /* times */

static void teardown(void)
{
	world_free(&w);
}

static struct world_traffic forged(const struct world *world)
{
	uint64_t t = world->now < forged_until ? world->now : forged_until;

	return (struct world_traffic){ .unknown_spi = t * 10 };
}

static struct world_traffic one_way(const struct world *world)
{
	return (struct world_traffic){ .out = world->now / 10,
				       .in = world->now > lost_until ? world->now - lost_until : 0 };
}

static void registered_with_probe(size_t n_servers, const char *lines)
{
	world_make(&w, n_servers, lines);
	world_server(&w, 0, LIFE);
	world_start(&w);
	ck_assert(world_run(&w, w.now + SECOND, world_registered));
	ck_assert_uint_eq(w.changed, 1);
	world_run(&w, w.now + 20 * SECOND, NULL);
}

static unsigned times_logged(const char *text)
{
	unsigned n = 0;

	for (const char *at = w.log; (at = strstr(at, text)) != NULL; at++)
		n++;
	return n;
}

/* Off by default: whatever comes, nothing is looked at, nothing wakes, nothing is sent. */
START_TEST(off)
{
	unsigned sent;

	world_make(&w, 1, "");
	w.traffic = forged;
	forged_until = UINT64_MAX;
	world_server(&w, 0, LIFE);
	world_start(&w);
	ck_assert(world_run(&w, w.now + SECOND, world_registered));
	sent = w.sent;
	ck_assert_uint_gt(group_deadline(w.group), w.now + 3600 * SECOND);
	world_run(&w, w.now + 3600 * SECOND, NULL);
	ck_assert_uint_eq(w.sent, sent);
	ck_assert_uint_eq(w.samples, 0);
	ck_assert_uint_eq(group_stats(w.group)->recovery_probes, 0);
}
END_TEST

START_TEST(forged_spis)
{
	const struct keyring_sa *key;
	uint32_t spi;

	registered_with_probe(1, PROBE);
	key = world_sender(&w);
	spi = key->tek.spi;
	w.traffic = forged;
	forged_until = w.now + 700 * SECOND;
	while (w.now < forged_until + 400 * SECOND) {
		world_run(&w, w.now + SECOND, NULL);
		ck_assert_ptr_nonnull(world_sender(&w)); /* the keys stay in use all the while */
		ck_assert_uint_eq(world_sender(&w)->tek.spi, spi);
	}
	ck_assert_uint_eq(group_stats(w.group)->recovery_probes, 7); /* 10, 30, 70, 150, 310, 630 and the one after */
	ck_assert_uint_eq(group_stats(w.group)->pull_succeeded, 8);
	ck_assert_uint_eq(group_stats(w.group)->pull_failed, 0);
	ck_assert_uint_eq(times_logged("recovery probe starts: ESP with an unknown SPI came"), 1);
	ck_assert_uint_eq(times_logged("recovery probe: pull "), 7);
	world_run(&w, w.now + 300 * SECOND, NULL);
	ck_assert_uint_eq(times_logged("recovery probe ends after 7 pulls"), 1);
	ck_assert_uint_eq(group_stats(w.group)->recovery_probes, 7);
}
END_TEST

START_TEST(one_way_traffic)
{
	registered_with_probe(
		1, PROBE "set security group-vpn member ipsec vpn V recovery-probe outbound-threshold-seconds 60\n");
	w.traffic = one_way;
	lost_until = w.now + 100 * SECOND;
	world_run(&w, w.now + 300 * SECOND, NULL);
	ck_assert_uint_eq(times_logged("at least 100 packets left in 60 s or more and none came"), 1);
	ck_assert_uint_eq(times_logged("recovery probe ends after"), 1);
	/* Shown 60 s after packets were first seen to leave: pulls 10 and 30 s later, and the one that proves it. */
	ck_assert_uint_eq(group_stats(w.group)->recovery_probes, 3);
}
END_TEST

/* A pull of the probe that fails leaves the group registered, and does not ask faster than the probe does. */
START_TEST(server_gone)
{
	uint64_t planned;
	unsigned before;

	registered_with_probe(2, PROBE);
	planned = group_next_registration(w.group);
	world_server_down(&w, 0);
	w.traffic = forged;
	forged_until = UINT64_MAX;
	before = w.sent;
	while (w.now < 660 * SECOND) {
		world_run(&w, w.now + SECOND, NULL);
		ck_assert_ptr_nonnull(world_sender(&w));
		ck_assert_int_ne(group_state(w.group), GROUP_WAITING);
	}
	world_run(&w, w.now + 200 * SECOND, NULL); /* until the last one has failed */
	ck_assert_int_eq(group_state(w.group), GROUP_REGISTERED);
	ck_assert_uint_eq(group_next_registration(w.group), planned);
	ck_assert_uint_ge(group_stats(w.group)->recovery_probes, 4);
	ck_assert_uint_le(group_stats(w.group)->recovery_probes, 6);
	ck_assert_uint_eq(group_stats(w.group)->pull_timeout, 2 * group_stats(w.group)->recovery_probes);
	ck_assert_uint_le(w.sent - before, 2 * 6 * group_stats(w.group)->recovery_probes);
	world_server(&w, 0, LIFE);
	forged_until = w.now;
	world_run(&w, w.now + 700 * SECOND, NULL);
	ck_assert_uint_eq(group_stats(w.group)->pull_succeeded, 2);
	ck_assert_uint_eq(times_logged("recovery probe ends after"), 1);
}
END_TEST

/* Until it is registered the member knows by itself that it is out of step. */
START_TEST(not_registered)
{
	world_make(&w, 1, PROBE);
	w.traffic = forged;
	forged_until = 600 * SECOND;
	world_start(&w);
	world_run(&w, 600 * SECOND, NULL);
	ck_assert_uint_eq(times_logged("recovery probe"), 0);
	world_server(&w, 0, LIFE);
	ck_assert(world_run(&w, w.now + 100 * SECOND, world_registered));
	world_run(&w, w.now + 600 * SECOND, NULL);
	ck_assert_uint_eq(times_logged("recovery probe"), 0);
	ck_assert_uint_eq(group_stats(w.group)->pull_succeeded, 1);
}
END_TEST

/* `clear` while the probe's pull is under way: an ordinary registration follows, with its own retries. */
START_TEST(cleared_meanwhile)
{
	registered_with_probe(1, PROBE);
	w.traffic = forged;
	forged_until = w.now + SECOND;
	world_server_down(&w, 0);
	world_run(&w, w.now + 20 * SECOND, NULL);
	ck_assert_int_eq(group_state(w.group), GROUP_RENEWING);
	world_clear(&w);
	ck_assert_int_eq(group_state(w.group), GROUP_REGISTERING);
	ck_assert(world_run(&w, w.now + 300 * SECOND, world_waiting));
	world_server(&w, 0, LIFE);
	ck_assert(world_run(&w, w.now + 100 * SECOND, world_registered));
}
END_TEST

START_TEST(counters_that_fail)
{
	registered_with_probe(1, PROBE);
	w.traffic = forged;
	forged_until = UINT64_MAX;
	w.counters_fail = true;
	w.samples = 0;
	world_run(&w, w.now + 600 * SECOND, NULL);
	ck_assert_uint_eq(times_logged("recovery probe"), 0);
	ck_assert_uint_eq(w.samples, 120); /* no faster than when they are there */
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("group_probe");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, off);
	tcase_add_test(t, forged_spis);
	tcase_add_test(t, one_way_traffic);
	tcase_add_test(t, server_gone);
	tcase_add_test(t, not_registered);
	tcase_add_test(t, cleared_meanwhile);
	tcase_add_test(t, counters_that_fail);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
