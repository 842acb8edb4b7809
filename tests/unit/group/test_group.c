/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The life of a group: registration, renewal before the end, servers that are silent, refuse or come back. */
#include "tests/unit/support/world.h"

#include "member/daemon/planner.h"
#include "policy/engine.h"

#include <check.h>
#include <stdlib.h>

#define SECOND 1000u
#define LIFE "set security group-vpn server ipsec proposal AES lifetime-seconds "

static struct world w;

static void teardown(void)
{
	world_free(&w);
}

static enum plan_verdict verdict(void)
{
	struct packet_key site = { 0xac106501, 0xac106601, 17, 1, 1 };
	struct plan *plan = NULL;
	enum plan_verdict v;

	ck_assert_int_eq(planner_plan(&plan, w.config, &w.group, PLANNER_KEYS, w.now), 0);
	v = plan_decide(&plan->scopes[0], &site, false)->verdict;
	plan_free(plan);
	return v;
}

START_TEST(registers)
{
	world_make(&w, 1, "");
	world_server(&w, 0, "");
	ck_assert_int_eq(verdict(), PLAN_BLOCK);
	world_start(&w);
	ck_assert(world_run(&w, w.now + SECOND, world_registered));
	ck_assert_uint_eq(group_stats(w.group)->pull_succeeded, 1);
	ck_assert_ptr_nonnull(world_sender(&w));
	ck_assert_uint_eq(w.changed, 1);
	ck_assert_int_eq(verdict(), PLAN_ENCRYPT);
	ck_assert_uint_eq(group_server(w.group), WORLD_SERVER(0));
	/* The line names the time of the next one; the reason is read at any time later, and does not. */
	ck_assert_ptr_nonnull(strstr(w.log, "; next registration in "));
	ck_assert_msg(!strstr(world_reason(&w), " in "), "%s", world_reason(&w));
}
END_TEST

/* A day of hourly keys without a push: never a moment without a key to send with, whatever the jitter. */
START_TEST(renews_for_a_day)
{
	uint64_t end;
	unsigned renewals = 0;

	world_make(&w, 1, "");
	w.share = (unsigned)_i * 250;
	world_server(&w, 0, LIFE "3600\n");
	world_start(&w);
	ck_assert(world_run(&w, w.now + SECOND, world_registered));
	end = w.now + 86400 * SECOND;
	while (w.now < end) {
		world_run(&w, w.now + 10 * SECOND, NULL);
		ck_assert_ptr_nonnull(world_sender(&w));
		ck_assert_uint_gt(world_sender(&w)->hard_at, w.now);
	}
	renewals = (unsigned)group_stats(w.group)->pull_succeeded;
	ck_assert_uint_eq(group_stats(w.group)->pull_failed, 0);
	ck_assert_uint_ge(renewals, 24);
	ck_assert_uint_le(renewals, 60); /* constant effort: no busy asking */
}
END_TEST

START_TEST(short_lives_too)
{
	uint64_t end;

	world_make(&w, 1, "");
	w.share = (unsigned)_i * 500;
	world_server(&w, 0, "set security group-vpn server group G test tek-lifetime-seconds 30\n");
	world_start(&w);
	ck_assert(world_run(&w, w.now + SECOND, world_registered));
	end = w.now + 3600 * SECOND;
	while (w.now < end) {
		world_run(&w, w.now + 500, NULL);
		ck_assert_msg(world_sender(&w) != NULL, "no key at %lu ms\n%s", (unsigned long)w.now, w.log);
	}
}
END_TEST

START_TEST(server_absent_then_there)
{
	uint64_t appeared;

	world_make(&w, 1, "");
	world_start(&w);
	ck_assert(world_run(&w, w.now + 300 * SECOND, world_waiting));
	ck_assert_uint_eq(group_stats(w.group)->pull_timeout, 1);
	ck_assert_uint_eq(group_stats(w.group)->pull_failed, 1);
	ck_assert_int_eq(verdict(), PLAN_BLOCK);
	world_run(&w, w.now + 7200 * SECOND, NULL);
	ck_assert_uint_le(w.sent, 7200 / 10); /* two hours of asking */
	world_server(&w, 0, "");
	appeared = w.now;
	ck_assert(world_run(&w, w.now + 200 * SECOND, world_registered));
	ck_assert_uint_le(w.now - appeared, 70 * SECOND);
}
END_TEST

START_TEST(keys_end_when_the_server_is_gone)
{
	world_make(&w, 1, "");
	world_server(&w, 0, LIFE "3600\n");
	world_start(&w);
	ck_assert(world_run(&w, w.now + SECOND, world_registered));
	world_server_down(&w, 0);
	world_run(&w, w.now + 3599 * SECOND, NULL);
	ck_assert_ptr_nonnull(world_sender(&w)); /* the old key is used to its end */
	ck_assert_int_eq(verdict(), PLAN_ENCRYPT);
	world_run(&w, w.now + 2 * SECOND, NULL);
	ck_assert_ptr_null(world_sender(&w));
	ck_assert_int_eq(verdict(), PLAN_BLOCK);
	ck_assert_ptr_nonnull(strstr(w.log, "the last key has ended"));
	world_server(&w, 0, "");
	ck_assert(world_run(&w, w.now + 200 * SECOND, world_registered));
	ck_assert_int_eq(verdict(), PLAN_ENCRYPT);
}
END_TEST

START_TEST(next_server)
{
	world_make(&w, 4, "");
	world_server(&w, 2, "");
	world_start(&w);
	ck_assert(world_run(&w, w.now + 300 * SECOND, world_registered));
	ck_assert_uint_eq(group_server(w.group), WORLD_SERVER(2));
	ck_assert_uint_eq(group_stats(w.group)->server_failover, 2);
	ck_assert_uint_eq(group_stats(w.group)->pull_timeout, 2);
	ck_assert_uint_eq(w.to_server[3], 0);
}
END_TEST

START_TEST(refused)
{
	world_make(&w, 1, "");
	world_server(&w, 0,
		     "set security group-vpn server group H group-id 2\n"
		     "set security group-vpn server group H ike-gateway GM-0001\n"
		     "set security group-vpn server group H ipsec-sa S proposal AES\n"
		     "set security group-vpn server group H ipsec-sa S match-policy 1 source 10.0.0.0/8\n"
		     "set security group-vpn server group H ipsec-sa S match-policy 1 destination 10.0.0.0/8\n");
	w.config->vpns[0].group = 77;
	world_start(&w);
	ck_assert(world_run(&w, w.now + 30 * SECOND, world_waiting));
	ck_assert_uint_eq(group_stats(w.group)->pull_failed, 1);
	ck_assert_uint_eq(group_stats(w.group)->pull_timeout, 0);
	ck_assert_ptr_null(world_sender(&w));
}
END_TEST

START_TEST(clear_blocks_until_registered_again)
{
	world_make(&w, 1, "set security group-vpn member ipsec vpn V fail-open rule R protocol udp\n");
	world_server(&w, 0, "");
	world_start(&w);
	ck_assert(world_run(&w, w.now + SECOND, world_registered));
	world_server_down(&w, 0);
	world_clear(&w);
	ck_assert_int_eq(verdict(), PLAN_CLEAR); /* the fail-open rule, while its SA has no TEK */
	world_server(&w, 0, "");
	ck_assert(world_run(&w, w.now + 100 * SECOND, world_registered));
	ck_assert_int_eq(verdict(), PLAN_ENCRYPT);
}
END_TEST

START_TEST(stopped_plan_has_no_fail_open_and_no_keys)
{
	struct packet_key site = { 0xac106501, 0xac106601, 17, 1, 1 };
	struct plan *plan = NULL;

	world_make(&w, 1, "set security group-vpn member ipsec vpn V fail-open rule R protocol udp\n");
	world_server(&w, 0, "");
	world_start(&w);
	ck_assert(world_run(&w, w.now + SECOND, world_registered));
	ck_assert_int_eq(planner_plan(&plan, w.config, &w.group, PLANNER_STOPPED, w.now), 0);
	ck_assert_uint_eq(plan->n_sas, 0);
	ck_assert_int_eq(plan_decide(&plan->scopes[0], &site, false)->verdict, PLAN_BLOCK);
	plan_free(plan);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("group");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, registers);
	tcase_add_loop_test(t, renews_for_a_day, 0, 5);
	tcase_add_loop_test(t, short_lives_too, 0, 3);
	tcase_add_test(t, server_absent_then_there);
	tcase_add_test(t, keys_end_when_the_server_is_gone);
	tcase_add_test(t, next_server);
	tcase_add_test(t, refused);
	tcase_add_test(t, clear_blocks_until_registered_again);
	tcase_add_test(t, stopped_plan_has_no_fail_open_and_no_keys);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
