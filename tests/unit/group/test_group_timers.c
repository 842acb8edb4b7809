/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When a group asks whom, and for how long: dead servers, servers without a newer key, waits and their jitter. */
#include "tests/unit/support/world.h"

#include "ike/pull_state.h"
#include "member/daemon/planner.h"
#include "member/group/private.h"

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
		world_start(&w);
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
		world_start(&w);
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
	world_start(&w);
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
	world_start(&w);
	ck_assert(world_run(&w, w.now + SECOND, world_registered));
	ck_assert_uint_eq(keyring_policies(group_keyring(w.group)), 1);
	group_rebind(w.group, w.config, 0, w.now);
	world_carry_out(&w);
	ck_assert_int_eq(group_state(w.group), GROUP_REGISTERED);
	w.config->vpns[0].max_policies = 2;
	group_rebind(w.group, w.config, 0, w.now);
	world_carry_out(&w);
	ck_assert_int_eq(group_state(w.group), GROUP_RENEWING);
	ck_assert(world_run(&w, w.now + SECOND, world_registered));
	ck_assert_uint_eq(keyring_policies(group_keyring(w.group)), 2);
	ck_assert_uint_eq(group_stats(w.group)->pull_succeeded, 2);
}
END_TEST

static uint64_t until_next(void)
{
	return group_next_registration(w.group) - w.now;
}

/* 5 s, doubled, each with a tenth of jitter either way: while traffic is blocked they stay below 15 s. */
START_TEST(waits_after_a_round)
{
	static const uint64_t waits[] = { 5000, 10000, 13500, 13500, 13500, 13500 };

	world_make(&w, 2, "");
	w.share = (unsigned)_i * 500;
	world_start(&w);
	for (size_t i = 0; i < ARRAY_SIZE(waits); i++) {
		ck_assert(world_run(&w, w.now + 300 * SECOND, world_waiting));
		ck_assert_uint_eq(until_next(), waits[i] - waits[i] / 10 + waits[i] / 10 * (uint64_t)_i);
		world_run(&w, group_next_registration(w.group), NULL);
		ck_assert_int_eq(group_state(w.group), GROUP_REGISTERING);
	}
}
END_TEST

/* While the keys last they go up to a minute, and end where it becomes urgent. */
START_TEST(waits_while_keys_last)
{
	static const uint64_t waits[] = { 5000, 10000, 20000, 40000, 60000, 60000 };
	uint64_t wait = 0;
	size_t i = 0;

	world_make(&w, 2, "");
	w.share = (unsigned)_i * 500;
	serve_life(0, 3600);
	world_start(&w);
	ck_assert(world_run(&w, w.now + SECOND, world_registered));
	world_server_down(&w, 0);
	world_run(&w, group_next_registration(w.group), NULL);
	for (; world_sender(&w)->hard_at - w.now > 200 * SECOND; i++) {
		ck_assert(world_run(&w, w.now + 300 * SECOND, world_waiting));
		wait = i < ARRAY_SIZE(waits) ? waits[i] : 60000;
		ck_assert_uint_eq(until_next(), wait - wait / 10 + wait / 10 * (uint64_t)_i);
		world_run(&w, group_next_registration(w.group), NULL);
		ck_assert_int_eq(group_state(w.group), GROUP_RENEWING);
	}
	ck_assert_uint_ge(i, _i == 2 ? 3 : 1);
	while (world_sender(&w)) {
		uint64_t left = world_sender(&w)->hard_at - w.now;

		if (world_waiting(&w))
			ck_assert_msg(until_next() <= 15 * SECOND || until_next() + 29 * SECOND <= left,
				      "%lu ms to wait, %lu left", (unsigned long)until_next(), (unsigned long)left);
		world_run(&w, w.now + SECOND / 2, NULL);
	}
}
END_TEST

START_TEST(a_registration_makes_the_waits_short_again)
{
	world_make(&w, 1, "");
	w.share = 500;
	world_start(&w);
	for (unsigned i = 0; i < 4; i++) {
		ck_assert(world_run(&w, w.now + 300 * SECOND, world_waiting));
		world_run(&w, group_next_registration(w.group), NULL);
	}
	serve_life(0, 60);
	ck_assert(world_run(&w, w.now + 100 * SECOND, world_registered));
	world_server_down(&w, 0);
	ck_assert(world_run(&w, w.now + 200 * SECOND, world_waiting));
	ck_assert_uint_eq(until_next(), 5000);
}
END_TEST

/* Before the end the next pull follows after an eighth of what is left, and in the last 24 s after 3 s. */
START_TEST(asks_again_for_the_newer_key)
{
	unsigned eighths = 0, least = 0;

	world_make(&w, 1, "");
	w.share = (unsigned)_i * 500;
	world_server(&w, 0, SERVER "group G test rekey-margin 5\n");
	world_start(&w);
	ck_assert(world_run(&w, w.now + SECOND, world_registered));
	while (keyring_policy(group_keyring(w.group), 0)->n_keys == 1) {
		uint64_t left, wait;

		world_run(&w, group_next_registration(w.group), NULL);
		ck_assert_int_eq(group_state(w.group), GROUP_REGISTERED); /* the network takes no time */
		if (keyring_policy(group_keyring(w.group), 0)->n_keys > 1)
			break;
		left = keyring_policy(group_keyring(w.group), 0)->keys[0].sa->hard_at - w.now;
		wait = left / 8 > 3000 ? left / 8 : 3000;
		*(left / 8 > 3000 ? &eighths : &least) += 1;
		ck_assert_uint_eq(until_next(), wait + wait / 4 * (uint64_t)_i / 2);
	}
	ck_assert_uint_ge(eighths, 5);
	ck_assert_uint_ge(least, 3);
}
END_TEST

/* The point within the window is another one each time. */
START_TEST(the_share_is_drawn_anew)
{
	uint64_t next[2];

	for (unsigned i = 0; i < 2; i++) {
		world_make(&w, 1, "");
		world_server(&w, 0, "");
		world_start(&w);
		ck_assert(world_run(&w, w.now + SECOND, world_registered));
		w.share = 1000 * i;
		world_run(&w, group_next_registration(w.group), NULL);
		ck_assert_uint_eq(group_stats(w.group)->pull_succeeded, 2);
		next[i] = until_next();
		world_free(&w);
	}
	ck_assert_uint_gt(next[0], next[1] + 200 * SECOND);
}
END_TEST

/* A pull that is under way when the last key ends is no renewal any more: show says that there is no key. */
START_TEST(a_renewal_without_keys_is_a_registration)
{
	world_make(&w, 1, "");
	w.share = 500;
	serve_life(0, 60);
	world_start(&w);
	ck_assert(world_run(&w, w.now + SECOND, world_registered));
	world_server_down(&w, 0);
	while (world_sender(&w)) {
		ck_assert_int_ne(group_state(w.group), GROUP_REGISTERING);
		world_run(&w, w.now + SECOND / 4, NULL);
	}
	ck_assert_ptr_nonnull(w.group->registration.pull);
	ck_assert_int_eq(group_state(w.group), GROUP_REGISTERING);
}
END_TEST

static uint32_t doi_sent;

/* The SA payload is the first one of phase 1: its DOI follows its header (RFC 2408 3.4). */
static bool see_doi(struct world *world, bool to_server, const uint8_t *data, size_t len)
{
	(void)world;
	if (to_server && len >= 36 && data[16] == 1 && data[18] == 2)
		doi_sent = (uint32_t)data[32] << 24 | (uint32_t)data[33] << 16 | (uint32_t)data[34] << 8 | data[35];
	return false;
}

START_TEST(the_doi_that_worked_is_used_again)
{
	world_make(&w, 2, "");
	world_server(&w, 0, "");
	w.drop = see_doi;
	world_start(&w);
	ck_assert(world_run(&w, w.now + SECOND, world_registered));
	ck_assert_uint_eq(doi_sent, 2);
	ck_assert_uint_eq(w.group->servers.learnt_doi[0], 2);
	w.group->servers.learnt_doi[0] = 1; /* as if this server had said that it has no other */
	world_clear(&w);
	ck_assert_uint_eq(doi_sent, 1);
	w.group->servers.learnt_doi[0] = 0;
	w.group->servers.learnt_doi[1] = 1; /* what another server has said does not matter */
	world_clear(&w);
	ck_assert_uint_eq(doi_sent, 2);
}
END_TEST

/* If the daemon is gone the kernel ends the SA itself, 5 s after the daemon would have. */
START_TEST(the_kernel_ends_an_sa_a_little_later)
{
	struct plan *plan = NULL;

	world_make(&w, 1, "");
	world_server(&w, 0, "");
	world_start(&w);
	ck_assert(world_run(&w, w.now + SECOND, world_registered));
	ck_assert_int_eq(planner_plan(&plan, w.config, &w.group, PLANNER_KEYS, w.now), 0);
	ck_assert_uint_eq(plan->n_sas, 1);
	ck_assert_uint_eq(plan->sas[0].hard_seconds, (world_sender(&w)->hard_at - w.now + 999) / 1000 + 5);
	plan_free(plan);
}
END_TEST

/* Milliseconds from the next pull to the registration that it, or the pull from the next server, brings. */
static uint64_t renewal_takes(void)
{
	uint64_t start = group_next_registration(w.group);

	world_run(&w, start, NULL);
	ck_assert(world_run(&w, start + 300 * SECOND, world_registered));
	return w.now - start;
}

/* Row A3: a dead server costs 6 s once, then a short probe each time, and is used again when it is back. */
START_TEST(a_dead_server_is_probed_until_it_is_back)
{
	uint64_t start;

	world_make(&w, 2, "");
	w.share = 500;
	serve_life(1, 3600);
	start = w.now;
	world_start(&w);
	ck_assert(world_run(&w, w.now + 100 * SECOND, world_registered));
	ck_assert_uint_eq(w.now - start, 6000);
	for (unsigned i = 0; i < 2; i++) {
		unsigned asked = w.to_server[0];
		uint64_t took = renewal_takes();

		ck_assert_uint_ge(took, 5990);
		ck_assert_uint_le(took, 6000);
		ck_assert_uint_eq(w.to_server[0] - asked, 3);
		ck_assert_uint_eq(group_server(w.group), WORLD_SERVER(1));
	}
	serve_life(0, 3600);
	ck_assert_uint_eq(renewal_takes(), 0);
	ck_assert_uint_eq(group_server(w.group), WORLD_SERVER(0));
}
END_TEST

/* While the newer key is not there yet, every other try spares the dead server. */
START_TEST(every_other_try_spares_the_dead)
{
	world_make(&w, 2, "");
	w.share = 500;
	world_server(&w, 1, SERVER "group G test rekey-margin 20\n");
	world_start(&w);
	ck_assert(world_run(&w, w.now + 100 * SECOND, world_registered));
	for (unsigned i = 0; i < 6; i++) {
		unsigned asked = w.to_server[0];

		renewal_takes();
		ck_assert_uint_eq(keyring_policy(group_keyring(w.group), 0)->n_keys, 1);
		ck_assert_uint_eq(w.to_server[0] - asked, i % 2 == 0 ? 3 : 0);
	}
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
	tcase_add_loop_test(t, waits_after_a_round, 0, 3);
	tcase_add_loop_test(t, waits_while_keys_last, 0, 3);
	tcase_add_test(t, a_registration_makes_the_waits_short_again);
	tcase_add_loop_test(t, asks_again_for_the_newer_key, 0, 3);
	tcase_add_test(t, the_share_is_drawn_anew);
	tcase_add_test(t, a_renewal_without_keys_is_a_registration);
	tcase_add_test(t, the_doi_that_worked_is_used_again);
	tcase_add_test(t, the_kernel_ends_an_sa_a_little_later);
	tcase_add_test(t, a_dead_server_is_probed_until_it_is_back);
	tcase_add_test(t, every_other_try_spares_the_dead);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
