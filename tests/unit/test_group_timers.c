/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When a group asks whom, and for how long: dead servers, servers without a newer key, waits and their jitter. */
#include "tests/unit/world.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define SECOND 1000u
#define SERVER "set security group-vpn server "

static struct world w;

static void teardown(void)
{
	world_free(&w);
}

static const unsigned lives[] = { 60, 120, 300, 600, 900, 1200, 1800, 3600 };

/* The server makes the next key a seventh of the lifetime before the end, as in the guide's samples. */
static void serve_life(size_t server, unsigned life)
{
	char lines[300];

	snprintf(lines, sizeof(lines),
		 SERVER "ipsec proposal AES lifetime-seconds %u\n" SERVER
			"group G test tek-lifetime-seconds %u\n" SERVER "group G test rekey-margin %u\n",
		 life < 180 ? 180 : life, life, life / 7);
	world_server(&w, server, lines);
}

static void run_with_keys(uint64_t ms, unsigned life, unsigned dead)
{
	for (uint64_t end = w.now + ms; w.now < end;) {
		world_run(&w, w.now + SECOND / 2, NULL);
		ck_assert_msg(world_sender(&w) != NULL, "no key: life %u, %u dead, share %u, at %lu ms\n%s", life, dead,
			      w.share, (unsigned long)w.now, w.log);
		if (w.log_len > sizeof(w.log) / 2)
			w.log_len = 0;
	}
}

/* Rows A3 and A7: as many servers as may be dead, before the one that lives: traffic never stops. */
START_TEST(dead_servers_stop_no_traffic)
{
	unsigned life = lives[_i / 3], dead = (unsigned)_i % 3 + 1;

	for (unsigned share = 0; share <= 1000; share += 500) {
		world_make(&w, 4, "");
		w.share = share;
		serve_life(dead, life);
		group_start(w.group, w.now);
		ck_assert(world_run(&w, w.now + 300 * SECOND, world_registered));
		run_with_keys(UINT64_C(5) * life * SECOND, life, dead);
		world_free(&w);
	}
}
END_TEST

/* The same for the first time that they are found dead. */
START_TEST(servers_that_die_stop_no_traffic)
{
	unsigned life = lives[_i / 3], dead = (unsigned)_i % 3 + 1;

	for (unsigned share = 0; share <= 1000; share += 500) {
		world_make(&w, 4, "");
		w.share = share;
		serve_life(0, life);
		group_start(w.group, w.now);
		ck_assert(world_run(&w, w.now + SECOND, world_registered));
		world_server_down(&w, 0);
		serve_life(dead, life);
		run_with_keys(UINT64_C(2) * life * SECOND, life, dead);
		world_free(&w);
	}
}
END_TEST

/* Row A7: a server that makes the next key late is not overrun, and its key is there before the old one ends. */
START_TEST(a_late_key_is_waited_for)
{
	static const struct {
		unsigned margin, most;
	} cases[] = { { 510, 1 }, { 150, 12 }, { 60, 18 }, { 20, 30 } };
	unsigned share = (unsigned)_i % 3 * 500, i = (unsigned)_i / 3;
	uint64_t start;
	char lines[100];

	world_make(&w, 1, "");
	w.share = share;
	snprintf(lines, sizeof(lines), SERVER "group G test rekey-margin %u\n", cases[i].margin);
	world_server(&w, 0, lines);
	group_start(w.group, w.now);
	ck_assert(world_run(&w, w.now + SECOND, world_registered));
	start = w.now;
	run_with_keys(3700 * SECOND, 3600, 0);
	printf("  margin %u, share %u: %lu pulls in %lu s\n", cases[i].margin, share,
	       (unsigned long)group_stats(w.group)->pull_succeeded, (unsigned long)(w.now - start) / 1000);
	ck_assert_uint_le(group_stats(w.group)->pull_succeeded, 1 + cases[i].most);
}
END_TEST

START_TEST(a_raised_limit_brings_what_it_refused)
{
	world_make(&w, 1, "set security group-vpn member ipsec vpn V max-policies 1\n");
	world_server(&w, 0,
		     SERVER "group G ipsec-sa S match-policy 2 source 10.0.0.0/8\n" SERVER
			    "group G ipsec-sa S match-policy 2 destination 10.0.0.0/8\n");
	group_start(w.group, w.now);
	ck_assert(world_run(&w, w.now + SECOND, world_registered));
	ck_assert_uint_eq(keyring_policies(group_keyring(w.group)), 1);
	group_rebind(w.group, w.config, 0, w.now);
	ck_assert_int_eq(group_state(w.group), GROUP_REGISTERED);
	w.config->vpns[0].max_policies = 2;
	group_rebind(w.group, w.config, 0, w.now);
	ck_assert_int_eq(group_state(w.group), GROUP_RENEWING);
	ck_assert(world_run(&w, w.now + SECOND, world_registered));
	ck_assert_uint_eq(keyring_policies(group_keyring(w.group)), 2);
	ck_assert_uint_eq(group_stats(w.group)->pull_succeeded, 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("group timers");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, dead_servers_stop_no_traffic, 0, 3 * ARRAY_SIZE(lives));
	tcase_add_loop_test(t, servers_that_die_stop_no_traffic, 0, 3 * ARRAY_SIZE(lives));
	tcase_add_loop_test(t, a_late_key_is_waited_for, 0, 12);
	tcase_add_test(t, a_raised_limit_brings_what_it_refused);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
