/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Anti-replay by time beside SAs and policies: what counts as an unexpected stamp, what a failure leaves behind, and
 * the clock of the programs, in this machine's kernel.  Needs root and a kernel with BPF.
 */
#include "xfrm/stamps.h"

#include "tests/unit/support/datapath_run.h"
#include "tests/unit/support/xfrm_plan.h"
#include "xfrm/bpf/load.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* The kernel counts for all SAs in tunnel mode: ours only while we have one. */
START_TEST(unexpected_ones)
{
	struct sample *plain = sample_new(), *windows = sample_new(), *none = sample_new();
	struct stamps s = { 0 };

	sample_sa(plain, SAMPLE_SPI, true, true);
	sample_sa(windows, SAMPLE_SPI, true, true)->window_ms = 1000;
	/* Before there is an SA, it is somebody else's business. */
	ck_assert_uint_eq(stamps_unexpected(&s, 70), 0);
	stamps_count_unexpected(&s, &none->plan, 71);
	ck_assert_uint_eq(stamps_unexpected(&s, 80), 0);
	stamps_count_unexpected(&s, &plain->plan, 90);
	ck_assert_uint_eq(stamps_unexpected(&s, 90), 0);
	ck_assert_uint_eq(stamps_unexpected(&s, 93), 3);
	stamps_count_unexpected(&s, &plain->plan, 94); /* a rekey */
	ck_assert_uint_eq(stamps_unexpected(&s, 95), 5);
	/* All keys have windows, then the window goes again. */
	stamps_count_unexpected(&s, &windows->plan, 96);
	ck_assert_uint_eq(stamps_unexpected(&s, 100), 6);
	stamps_count_unexpected(&s, &plain->plan, 200);
	ck_assert_uint_eq(stamps_unexpected(&s, 201), 7);
	stamps_count_unexpected(&s, &none->plan, 202);
	ck_assert_uint_eq(stamps_unexpected(&s, 999), 8);
	free(plain);
	free(windows);
	free(none);
}
END_TEST

/* After a failure a change without windows follows; news of the device matter until another change has none. */
START_TEST(a_failure_is_remembered)
{
	struct stamp_path path = { .reqid = SAMPLE_REQID, .mtu = 1400 };
	struct stamp_paths some = { &path, 1 }, none = { 0 };
	struct netlink *route;
	struct stamps s = { 0 };

	ck_assert_int_eq(netlink_open(&route, NETLINK_ROUTE), 0);
	stamps_open(&s, NULL, route);
	stamps_begin(&s, &none);
	ck_assert(!stamps_concern(&s));
	stamps_begin(&s, &some);
	ck_assert(stamps_concern(&s));
	s.failed = true;
	for (int i = 0; i < 3; i++) { /* tried again, and it fails again */
		stamps_begin(&s, &none);
		ck_assert(!s.wanted && stamps_concern(&s));
		stamps_begin(&s, &some);
		ck_assert(!s.failed && stamps_concern(&s));
		s.failed = true;
	}
	stamps_begin(&s, &none);
	stamps_begin(&s, &none);
	ck_assert(!stamps_concern(&s));
	stamps_forget(&s);
	netlink_close(route);
}
END_TEST

/* What the programs add to the monotonic clock makes POSIX time of it: within a millisecond, on a busy machine. */
START_TEST(the_programs_get_the_clock)
{
	struct datapath_run *run = datapath_run_new();
	struct datapath *d = NULL;
	struct netlink *route;
	struct dp_live before, after;
	char err[256];
	int64_t off;

	if (!run)
		return;
	ck_assert_int_eq(netlink_open(&route, NETLINK_ROUTE), 0);
	ck_assert_msg(datapath_open(&d, run->folder, route, err) == 0, "%s", err);
	datapath_set_wall(d, 12345);
	before = datapath_run_live(run);
	ck_assert_int_eq(before.wall, 12345);
	stamps_tell_clock(d);
	after = datapath_run_live(run);
	off = after.wall - (datapath_run_clock(CLOCK_REALTIME) - datapath_run_clock(CLOCK_MONOTONIC));
	ck_assert_msg(off > -1000000 && off < 1000000, "%lld ns", (long long)off);
	before.wall = after.wall;
	ck_assert_msg(memcmp(&before, &after, sizeof(after)) == 0, "and nothing else is changed");
	stamps_tell_clock(NULL);
	datapath_close(d);
	netlink_close(route);
	datapath_run_free(run);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stamps");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_test(t, unexpected_ones);
	tcase_add_test(t, a_failure_is_remembered);
	tcase_add_test(t, the_programs_get_the_clock);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
