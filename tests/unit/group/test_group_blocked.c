/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * While traffic is blocked, or a key is about to end, nothing is waited for in vain: dead servers, servers that come
 * back or forget, and networks that lose datagrams.
 */
#include "tests/unit/support/world.h"

#include "member/group/private.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define SECOND 1000u
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define SERVER "set security group-vpn server "

static struct world w;

static void teardown(void)
{
	world_free(&w);
}

/* The server makes the next key a third of the lifetime before the end. */
static void serve_life(size_t server, unsigned life)
{
	char lines[300];

	snprintf(lines, sizeof(lines),
		 SERVER "ipsec proposal AES lifetime-seconds %u\n" SERVER
			"group G test tek-lifetime-seconds %u\n" SERVER "group G test rekey-margin %u\n",
		 life < 180 ? 180 : life, life, life / 3);
	world_server(&w, server, lines);
}

static bool has_key(const struct world *world)
{
	return world_sender(world) != NULL;
}

/* --- servers that are dead, and that come back --- */

/* The fourth is asked within 20 s, whatever the jitter. */
START_TEST(a_start_with_dead_servers)
{
	unsigned dead = (unsigned)_i % 4;
	uint64_t start;

	world_make(&w, 4, "");
	w.share = (unsigned)_i / 4 * 500;
	serve_life(dead, 3600);
	start = w.now;
	world_start(&w);
	ck_assert(world_run(&w, start + HOUR, has_key));
	printf("  a start with %u of 4 servers dead: %lu ms to the first key\n", dead, (unsigned long)(w.now - start));
	ck_assert_uint_le(w.now - start, dead * 6500 + 500);
	ck_assert_uint_eq(group_stats(w.group)->server_failover, dead);
	ck_assert_uint_eq(group_stats(w.group)->pull_timeout, dead);
}
END_TEST

/* Whichever of them it is, and whenever it comes back. */
START_TEST(a_server_that_comes_back_is_noticed)
{
	unsigned n = (unsigned)_i + 1;
	uint64_t worst = 0;

	for (unsigned back = 0; back < n; back++)
		for (unsigned when = 0; when < 40; when++) {
			uint64_t came;

			world_make(&w, n, "");
			w.share = when * 337 % 1001;
			world_start(&w);
			world_run(&w, w.now + 4 * MINUTE + when * 3700, NULL);
			serve_life(back, 3600);
			came = w.now;
			ck_assert(world_run(&w, came + HOUR, has_key));
			if (w.now - came > worst)
				worst = w.now - came;
			ck_assert_msg(w.now - came <= 15 * SECOND, "%lu ms, server %u of %u, share %u",
				      (unsigned long)(w.now - came), back, n, w.share);
			world_free(&w);
		}
	printf("  1 of %u dead servers comes back: noticed after %lu ms at worst\n", n, (unsigned long)worst);
}
END_TEST

static uint64_t sent_last[WORLD_SERVERS], closest;
static unsigned seen[WORLD_SERVERS];

static bool watch(struct world *world, bool to_server, const uint8_t *data, size_t len)
{
	(void)data;
	(void)len;
	for (size_t i = 0; to_server && i < WORLD_SERVERS; i++) {
		if (world->to_server[i] == seen[i])
			continue;
		seen[i] = world->to_server[i];
		if (sent_last[i] && world->now - sent_last[i] < closest)
			closest = world->now - sent_last[i];
		sent_last[i] = world->now;
	}
	return false;
}

/* It may be overloaded (row A8): never more than one datagram a second, and soon one in eight or fewer. */
START_TEST(a_silent_server_is_not_hammered)
{
	unsigned n = (unsigned)_i + 1, minutes[WORLD_SERVERS];

	world_make(&w, n, "");
	w.share = 500;
	w.drop = watch;
	memset(sent_last, 0, sizeof(sent_last));
	memset(seen, 0, sizeof(seen));
	closest = UINT64_MAX;
	world_start(&w);
	world_run(&w, w.now + 2 * MINUTE, NULL);
	memcpy(minutes, w.to_server, sizeof(minutes));
	for (unsigned i = 0; i < 12; i++) {
		world_run(&w, w.now + 5 * MINUTE, NULL);
		w.log_len = 0;
	}
	ck_assert_uint_ge(closest, 1000);
	for (unsigned i = 0; i < n; i++) {
		printf("  server %u of %u, silent: %u datagrams in 2 minutes, %u in the hour after\n", i + 1, n,
		       minutes[i], w.to_server[i] - minutes[i]);
		ck_assert_uint_le(minutes[i], 24);
		ck_assert_uint_le(w.to_server[i] - minutes[i], 3600 / 8);
	}
}
END_TEST

static uint64_t deaf_until;

static bool answers_are_lost(struct world *world, bool to_server, const uint8_t *data, size_t len)
{
	(void)data;
	(void)len;
	return !to_server && world->now < deaf_until;
}

/* Others are asked meanwhile, and what it answers at last counts all the same. */
START_TEST(a_late_answer_counts)
{
	world_make(&w, 3, "");
	serve_life(0, 3600);
	w.drop = answers_are_lost;
	deaf_until = w.now + 14 * SECOND;
	world_start(&w);
	world_run(&w, w.now + 13 * SECOND, NULL);
	ck_assert_uint_gt(w.to_server[2], 0);
	ck_assert(world_run(&w, deaf_until + 14 * SECOND, has_key));
	ck_assert_uint_eq(group_server(w.group), WORLD_SERVER(0));
	ck_assert_uint_eq(group_stats(w.group)->pull_succeeded, 1);
	for (size_t i = 0; i < CONFIG_SERVERS_MAX; i++)
		ck_assert_ptr_null(w.group->late.pulls[i]);
}
END_TEST

static bool only_first_answers(struct world *world, bool to_server, const uint8_t *data, size_t len)
{
	static const uint8_t exchange_main = 2, payload_ke = 4;
	size_t to = WORLD_SERVERS;

	for (size_t i = 0; to_server && i < WORLD_SERVERS; i++)
		if (world->to_server[i] != seen[i]) {
			seen[i] = world->to_server[i];
			to = i;
		}
	if (!to_server && world->now < deaf_until)
		return true;
	return to < 3 && len >= 28 && data[18] == exchange_main && data[16] == payload_ke;
}

/* Anybody can make a first answer: it proves no server, and the others are asked and heard as if it had not come. */
START_TEST(first_answers_that_prove_nothing)
{
	uint64_t start;

	world_make(&w, 4, "");
	for (size_t i = 0; i < 4; i++)
		serve_life(i, 3600);
	memset(seen, 0, sizeof(seen));
	w.share = 500;
	w.drop = only_first_answers;
	start = w.now;
	deaf_until = start + (unsigned)_i * 3500; /* some of them come when their server has been left */
	world_start(&w);
	ck_assert(world_run(&w, start + HOUR, has_key));
	printf("  first answers alone from 3 of 4, from %d ms on: %lu ms to the first key\n", _i * 3500,
	       (unsigned long)(w.now - start));
	ck_assert_uint_eq(group_server(w.group), WORLD_SERVER(3));
	ck_assert_uint_le(w.now - start, 20 * SECOND);
}
END_TEST

/* --- servers that forget --- */

static unsigned answers_left;

static bool after_some_answers(struct world *world, bool to_server, const uint8_t *data, size_t len)
{
	(void)world;
	(void)data;
	(void)len;
	if (to_server)
		return false;
	if (answers_left == 0)
		return true;
	answers_left--;
	return false;
}

/* One that is started again in the middle of a registration, wherever, costs a few seconds. */
START_TEST(a_server_that_forgets)
{
	uint64_t start;

	world_make(&w, 1, "");
	serve_life(0, 3600);
	w.drop = after_some_answers;
	answers_left = (unsigned)_i;
	world_start(&w);
	world_run(&w, w.now + SECOND / 2, NULL);
	start = w.now;
	world_server_down(&w, 0);
	serve_life(0, 3600);
	answers_left = UINT32_MAX;
	ck_assert(world_run(&w, start + HOUR, has_key));
	printf("  a server that forgets after %d answers: %lu ms\n", _i, (unsigned long)(w.now - start));
	ck_assert_uint_le(w.now - start, 15 * SECOND);
}
END_TEST

/* --- keys that end --- */

/* A renewal that began in peace becomes urgent: the server that is back before the end is found before the end. */
START_TEST(a_renewal_becomes_urgent)
{
	for (unsigned left = 15; left <= 25; left++) {
		world_make(&w, 1, "");
		w.share = (unsigned)_i * 500;
		serve_life(0, 600);
		world_start(&w);
		ck_assert(world_run(&w, w.now + SECOND, world_registered));
		world_server_down(&w, 0);
		world_run(&w, world_sender(&w)->hard_at - left * SECOND, NULL);
		serve_life(0, 600);
		for (unsigned i = 0; i < 4 * left + 4; i++) {
			world_run(&w, w.now + SECOND / 4, NULL);
			ck_assert_msg(has_key(&w), "back %u s before the end, share %u\n%s", left, w.share, w.log);
		}
		world_free(&w);
	}
}
END_TEST

/* --- a way that comes --- */

static bool no_way(struct world *world, bool to_server, const uint8_t *data, size_t len)
{
	(void)data;
	(void)len;
	(void)to_server;
	return world->now < deaf_until;
}

/* The address, link or route that was missing is there: at once, whichever server it is and whatever was waited for. */
START_TEST(a_way_that_comes_is_used_at_once)
{
	for (unsigned n = 1; n <= WORLD_SERVERS; n++)
		for (unsigned after = 1; after < 200; after += 7) {
			world_make(&w, n, "");
			serve_life(n - 1, 3600);
			w.drop = no_way;
			deaf_until = w.now + after * SECOND;
			world_start(&w);
			world_run(&w, deaf_until - 1, NULL);
			w.now = deaf_until;
			group_path_up(w.group, w.now, WORLD_MEMBER + 1, WORLD_SERVER(n - 1)); /* another's */
			world_carry_out(&w);
			group_path_up(w.group, w.now, WORLD_MEMBER, 0x7f000001);
			world_carry_out(&w);
			ck_assert_ptr_null(world_sender(&w));
			for (unsigned i = 0; i < n; i++)
				group_path_up(w.group, w.now, WORLD_MEMBER, WORLD_SERVER(i));
			world_carry_out(&w);
			/* The last server may not have been asked before. */
			ck_assert_msg(world_run(&w, w.now + (after < 6 * n ? n * 6 : 1) * SECOND, has_key),
				      "%u of %u: %u s", n, WORLD_SERVERS, after);
			world_free(&w);
		}
}
END_TEST

/* The same while keys last, after a round in vain; and a group that is registered has nothing to do. */
START_TEST(a_way_that_comes_ends_a_wait)
{
	world_make(&w, 1, "");
	w.share = 500;
	serve_life(0, 3600);
	world_start(&w);
	ck_assert(world_run(&w, w.now + SECOND, world_registered));
	group_path_up(w.group, w.now, WORLD_MEMBER, WORLD_SERVER(0));
	world_carry_out(&w);
	ck_assert_int_eq(group_state(w.group), GROUP_REGISTERED);
	w.drop = no_way;
	deaf_until = UINT64_MAX;
	ck_assert(world_run(&w, w.now + HOUR, world_waiting));
	deaf_until = 0;
	group_path_up(w.group, w.now, WORLD_MEMBER, WORLD_SERVER(0));
	world_carry_out(&w);
	ck_assert(world_run(&w, w.now + 2 * SECOND, world_registered));
}
END_TEST

/* --- networks that lose datagrams --- */

static uint64_t dice;
static unsigned percent;

static bool lossy(struct world *world, bool to_server, const uint8_t *data, size_t len)
{
	(void)world;
	(void)to_server;
	(void)data;
	(void)len;
	dice ^= dice << 13;
	dice ^= dice >> 7;
	dice ^= dice << 17;
	return dice % 100 < percent;
}

static struct blocked {
	uint64_t first, ms, worst, began;
	unsigned times;
} hour;

/* After every event, and without a key to send with nothing happens between two. */
static bool look(const struct world *world)
{
	if (!has_key(world)) {
		if (hour.began == 0)
			hour.times++;
		hour.began = hour.began ? hour.began : world->now;
	} else if (hour.began != 0) {
		hour.ms += world->now - hour.began;
		hour.worst = world->now - hour.began > hour.worst ? world->now - hour.began : hour.worst;
		hour.began = 0;
	}
	return false;
}

static void an_hour(unsigned seed, unsigned loss, unsigned life)
{
	uint64_t start;

	world_make(&w, 1, "");
	dice = (uint64_t)seed * 0x9e3779b97f4a7c15 + loss;
	percent = loss;
	w.share = (unsigned)(dice >> 32) % 1001;
	w.drop = lossy;
	serve_life(0, life);
	start = w.now;
	world_start(&w);
	ck_assert(world_run(&w, start + HOUR, has_key));
	hour = (struct blocked){ .first = w.now - start };
	for (unsigned i = 0; i < 60; i++) {
		(void)world_run(&w, w.now + MINUTE, look);
		w.log_len = 0;
	}
	ck_assert(hour.began == 0 || hour.began + MINUTE > w.now);
	hour.ms += hour.began ? w.now - hour.began : 0;
	world_free(&w);
}

static const struct {
	unsigned loss, life, seeds;
	uint64_t most; /* seconds blocked in all these hours */
} hours[] = { { 10, 60, 30, 0 }, { 10, 180, 70, 0 }, { 30, 60, 30, 60 }, { 30, 180, 70, 10 } };

START_TEST(hours_of_loss)
{
	struct blocked all = { 0 };
	unsigned hit = 0;

	for (unsigned seed = 1; seed <= hours[_i].seeds; seed++) {
		an_hour(seed, hours[_i].loss, hours[_i].life);
		all.ms += hour.ms;
		all.times += hour.times;
		hit += hour.times > 0;
		all.worst = hour.worst > all.worst ? hour.worst : all.worst;
		all.first = hour.first > all.first ? hour.first : all.first;
	}
	printf("  %u %% loss, TEK %u s, %u hours: blocked %lu ms in all, %u times in %u of the hours, %lu ms at worst; "
	       "a "
	       "first key after %lu ms at worst\n",
	       hours[_i].loss, hours[_i].life, hours[_i].seeds, (unsigned long)all.ms, all.times, hit,
	       (unsigned long)all.worst, (unsigned long)all.first);
	ck_assert_uint_le(all.ms, hours[_i].most * SECOND);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("group blocked");
	TCase *t = tcase_create("all"), *loss = tcase_create("loss");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, a_start_with_dead_servers, 0, 12);
	tcase_add_loop_test(t, a_server_that_comes_back_is_noticed, 0, WORLD_SERVERS);
	tcase_add_loop_test(t, a_silent_server_is_not_hammered, 0, WORLD_SERVERS);
	tcase_add_test(t, a_late_answer_counts);
	tcase_add_loop_test(t, first_answers_that_prove_nothing, 0, 6);
	tcase_add_loop_test(t, a_server_that_forgets, 0, 5);
	tcase_add_loop_test(t, a_renewal_becomes_urgent, 0, 3);
	tcase_add_test(t, a_way_that_comes_is_used_at_once);
	tcase_add_test(t, a_way_that_comes_ends_a_wait);
	suite_add_tcase(suite, t);
	tcase_set_timeout(loss, 300);
	tcase_add_loop_test(loss, hours_of_loss, 0, (int)ARRAY_SIZE(hours));
	suite_add_tcase(suite, loss);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
