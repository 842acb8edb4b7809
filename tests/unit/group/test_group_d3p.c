/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Anti-replay by time (doc/d3p.md) in whole groups, against the project's key server: what is refused, what changes,
 * and what an operator reads.
 */
#include "member/daemon/planner.h"
#include "member/group/private.h"
#include "policy/engine.h"
#include "tests/unit/support/world.h"

#include <check.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#define SECOND 1000u

#define SERVER "set security group-vpn server group G "
#define MEMBER "set security group-vpn member "
#define WINDOW SERVER "anti-replay-time-window 1000\n"
#define FAIL_OPEN MEMBER "ipsec vpn V fail-open rule R protocol udp\n"

static struct world w;

static void teardown(void)
{
	world_free(&w);
}

static void registered(const char *member, const char *server)
{
	world_make(&w, 1, member);
	w.share = 500;
	world_server(&w, 0, server);
	world_start(&w);
	ck_assert(world_run(&w, w.now + SECOND, world_registered));
}

static unsigned told(const char *words)
{
	unsigned n = 0;

	for (const char *at = w.log; (at = strstr(at, words)); at++)
		n++;
	return n;
}

static struct plan *plan_of(enum planner_keys which)
{
	struct plan *p = NULL;

	ck_assert_int_eq(planner_plan(&p, w.config, &w.group, which, w.now), 0);
	return p;
}

static struct plan *plan(void)
{
	return plan_of(PLANNER_KEYS);
}

static enum plan_verdict verdict_of(enum planner_keys which, uint8_t protocol)
{
	struct packet_key packet = { 0xac106501, 0xac106601, protocol, 1, 1 };
	struct plan *p = plan_of(which);
	enum plan_verdict v = plan_decide(&p->scopes[0], &packet, false)->verdict;

	plan_free(p);
	return v;
}

static enum plan_verdict verdict(uint8_t protocol)
{
	return verdict_of(PLANNER_KEYS, protocol);
}

START_TEST(the_servers_window_is_in_the_plan)
{
	struct plan *p;

	registered("", WORLD_PUSHES WINDOW);
	p = plan();
	ck_assert_uint_eq(p->n_sas, 1);
	ck_assert_uint_eq(p->sas[0].window_ms, 1000);
	plan_free(p);
	ck_assert(vendor_ids_d3p(&group_unknown(w.group)->vendor_ids));
	ck_assert_uint_eq(group_unknown(w.group)->n_gap, 0);
	ck_assert_uint_eq(told("within a window of 1000 ms, as the server says"), 1);
	/* A rekey says the same, and nothing is told again. */
	world_command(&w, 0, "rekey tek");
	world_run(&w, w.now + SECOND, NULL);
	p = plan();
	ck_assert_uint_eq(p->n_sas, 2);
	ck_assert_uint_eq(p->sas[1].window_ms, 1000);
	plan_free(p);
	ck_assert_uint_eq(told("D3P enabled"), 1);
	ck_assert_uint_eq(told("D3P disabled"), 0);
}
END_TEST

/* This host cannot stamp packets at this moment: as without keys, with the fail-open rules; other keys stay. */
START_TEST(unstamped_it_is_as_without_keys)
{
	struct plan *p;

	registered(FAIL_OPEN, WORLD_PUSHES WINDOW);
	ck_assert_int_eq(verdict(IPPROTO_TCP), PLAN_ENCRYPT);
	ck_assert_int_eq(verdict(IPPROTO_UDP), PLAN_ENCRYPT);
	ck_assert_int_eq(verdict_of(PLANNER_KEYS_UNSTAMPED, IPPROTO_TCP), PLAN_BLOCK);
	ck_assert_int_eq(verdict_of(PLANNER_KEYS_UNSTAMPED, IPPROTO_UDP), PLAN_CLEAR);
	p = plan_of(PLANNER_KEYS_UNSTAMPED);
	ck_assert_uint_eq(p->n_sas, 0);
	ck_assert_uint_eq(p->n_fits, 0);
	plan_free(p);
	/* The keys are not forgotten, and an older one without a window does not send in their place. */
	world_command(&w, 0, "anti-replay off present-keys");
	world_run(&w, w.now + SECOND, NULL);
	ck_assert_int_eq(verdict_of(PLANNER_KEYS_UNSTAMPED, IPPROTO_TCP), PLAN_ENCRYPT);
	p = plan_of(PLANNER_KEYS_UNSTAMPED);
	ck_assert_uint_eq(p->n_sas, 1);
	ck_assert_uint_eq(p->n_fits, 1);
	plan_free(p);
	world_command(&w, 0, "anti-replay 1000");
	world_run(&w, w.now + SECOND, NULL);
	while (!world_sender(&w)->window_ms)
		world_run(&w, w.now + SECOND, NULL);
	ck_assert_int_eq(verdict_of(PLANNER_KEYS_UNSTAMPED, IPPROTO_TCP), PLAN_BLOCK);
	ck_assert_int_eq(verdict(IPPROTO_TCP), PLAN_ENCRYPT);
}
END_TEST

START_TEST(off_by_default)
{
	struct plan *p;

	registered("", WORLD_PUSHES);
	p = plan();
	ck_assert_uint_eq(p->sas[0].window_ms, 0);
	plan_free(p);
	ck_assert_uint_eq(group_unknown(w.group)->vendor_ids.n, 0);
	ck_assert_uint_eq(told("D3P"), 0);
}
END_TEST

/* By new keys, and by the present ones; on, other, off. */
START_TEST(pushes_change_it)
{
	static const struct {
		const char *command;
		uint32_t window;
		unsigned enabled, disabled;
	} t[] = {
		{ "anti-replay 1000", 1000, 1, 0 },
		{ "anti-replay 500 present-keys", 500, 2, 0 },
		{ "anti-replay off present-keys", 0, 2, 1 },
		{ "anti-replay 60000 present-keys", 60000, 3, 1 },
		{ "anti-replay off", 0, 3, 2 },
	};

	registered("", WORLD_PUSHES);
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		const struct keyring *k = group_keyring(w.group);

		world_command(&w, 0, t[i].command);
		world_run(&w, w.now + SECOND, NULL);
		ck_assert_uint_eq(group_stats(w.group)->push_succeeded, i + 1);
		ck_assert_uint_eq(keyring_sa(k, keyring_sas(k) - 1)->window_ms, t[i].window);
		ck_assert_msg(told("D3P enabled") == t[i].enabled && told("D3P disabled") == t[i].disabled, "%s: %s",
			      t[i].command, w.log);
		for (size_t j = 0; strstr(t[i].command, "present") && j < keyring_sas(k); j++)
			ck_assert_uint_eq(keyring_sa(k, j)->window_ms, t[i].window);
		ck_assert_ptr_nonnull(world_sender(&w));
	}
	ck_assert_uint_eq(group_stats(w.group)->refused, 0);
}
END_TEST

START_TEST(the_statement_counts_where_the_server_is_silent)
{
	struct plan *p;

	registered(MEMBER "ipsec vpn V anti-replay-time-window 700\n", WORLD_PUSHES);
	p = plan();
	ck_assert_uint_eq(p->sas[0].window_ms, 700);
	plan_free(p);
	ck_assert_uint_eq(told("as anti-replay-time-window says; the server says nothing of it"), 1);
	/* The server says another: its word counts, and the difference is told once. */
	for (int i = 0; i < 3; i++) {
		world_command(&w, 0, "anti-replay 1000 present-keys");
		world_run(&w, w.now + SECOND, NULL);
		p = plan();
		ck_assert_uint_eq(p->sas[0].window_ms, 1000);
		plan_free(p);
	}
	ck_assert_uint_eq(told("anti-replay window of 1000 ms counts, and not the 700 ms"), 1);
	world_command(&w, 0, "anti-replay 900 present-keys");
	world_run(&w, w.now + SECOND, NULL);
	ck_assert_uint_eq(told("ms counts, and not the 700 ms"), 2);
	world_command(&w, 0, "anti-replay 700 present-keys"); /* no difference */
	world_run(&w, w.now + SECOND, NULL);
	ck_assert_uint_eq(told("ms counts, and not the 700 ms"), 2);
}
END_TEST

/* Another statement counts by the registration that follows at once; nothing is lost meanwhile. */
START_TEST(a_reload_changes_the_statement)
{
	struct config *other, *before;
	struct world more;
	struct plan *p;

	registered("", WORLD_PUSHES);
	world_make(&more, 1, MEMBER "ipsec vpn V anti-replay-time-window 700\n");
	other = more.config;
	group_rebind(w.group, other, 0, w.now);
	before = w.config;
	w.config = other;
	world_carry_out(&w);
	world_run(&w, w.now + SECOND, NULL);
	ck_assert(world_registered(&w));
	p = plan();
	ck_assert_uint_eq(p->n_sas, 1);
	ck_assert_uint_eq(p->sas[0].window_ms, 700);
	plan_free(p);
	group_rebind(w.group, before, 0, w.now);
	w.config = before;
	world_carry_out(&w);
	world_run(&w, w.now + SECOND, NULL);
	p = plan();
	ck_assert_uint_eq(p->sas[0].window_ms, 0);
	plan_free(p);
	world_free(&more);
}
END_TEST

static bool unusable(const struct world *world)
{
	return group_state(world->group) == GROUP_UNUSABLE;
}

/* By name, with what traffic has to expect: blocked, and fail-open as configured. */
START_TEST(a_pull_is_refused_by_name)
{
	world_make(&w, 1, FAIL_OPEN);
	world_server(&w, 0, WINDOW SERVER "test d3p-type 2\n");
	world_start(&w);
	ck_assert(world_run(&w, w.now + 200 * SECOND, unusable));
	ck_assert_msg(strstr(world_reason(&w), "anti-replay by time with D3P-TYPE 2; only 1, POSIX time, is known"),
		      "%s", world_reason(&w));
	ck_assert_uint_eq(group_stats(w.group)->pull_succeeded, 0);
	ck_assert_uint_eq(group_stats(w.group)->refused, 1);
	ck_assert_uint_gt(w.events[EVENT_POLICY_REFUSED], 0);
	ck_assert_int_eq((int)verdict(6), (int)PLAN_BLOCK);
	ck_assert_int_eq((int)verdict(17), (int)PLAN_CLEAR);
}
END_TEST

/* The new keys are refused; the member registers again at once, and then the old ones go too. */
START_TEST(a_push_is_refused_by_name)
{
	registered(FAIL_OPEN, WORLD_PUSHES SERVER "test d3p-type 2\n");
	ck_assert_int_eq((int)verdict(6), (int)PLAN_ENCRYPT);
	world_command(&w, 0, "anti-replay 1000 present-keys");
	world_run(&w, w.now, NULL);
	ck_assert_uint_eq(group_stats(w.group)->push_succeeded, 1);
	ck_assert_uint_ge(told("D3P-TYPE 2"), 1);
	ck_assert_uint_eq(told("the push cannot be followed: none of its keys can be used"), 1);
	ck_assert_int_eq((int)verdict(6), (int)PLAN_BLOCK);
	ck_assert_int_eq((int)verdict(17), (int)PLAN_CLEAR);
	ck_assert(world_run(&w, w.now + 10 * SECOND, unusable));
}
END_TEST

START_TEST(new_keys_of_a_push_are_refused_by_name)
{
	registered(FAIL_OPEN, WORLD_PUSHES SERVER "test d3p-type 2\n");
	world_command(&w, 0, "anti-replay 1000");
	world_run(&w, w.now, NULL);
	ck_assert_int_eq((int)verdict(6), (int)PLAN_ENCRYPT); /* the old key, of which the push says nothing */
	ck_assert_uint_ge(told("D3P-TYPE 2"), 1);
	ck_assert(world_run(&w, w.now + 10 * SECOND, unusable));
	ck_assert_int_eq((int)verdict(6), (int)PLAN_BLOCK);
	ck_assert_int_eq((int)verdict(17), (int)PLAN_CLEAR);
}
END_TEST

/* A host that cannot stamp takes no keys that want it; without the demand all is as ever. */
START_TEST(a_datapath_without_it_refuses_by_name)
{
	world_make_without_d3p(&w, 1, FAIL_OPEN);
	w.share = 500;
	world_server(&w, 0, WORLD_PUSHES);
	world_start(&w);
	ck_assert(world_run(&w, w.now + SECOND, world_registered));
	ck_assert_int_eq((int)verdict(6), (int)PLAN_ENCRYPT);
	world_command(&w, 0, "anti-replay 1000");
	ck_assert(world_run(&w, w.now + 10 * SECOND, unusable));
	ck_assert_msg(strstr(world_reason(&w), "this host's datapath cannot stamp and check packets"), "%s",
		      world_reason(&w));
	ck_assert_int_eq((int)verdict(6), (int)PLAN_BLOCK);
	ck_assert_int_eq((int)verdict(17), (int)PLAN_CLEAR);
	world_command(&w, 0, "anti-replay off");
	ck_assert(world_run(&w, w.now + 70 * SECOND, world_registered));
	ck_assert_int_eq((int)verdict(6), (int)PLAN_ENCRYPT);
}
END_TEST

/* Other numbers on one side: what came is told as unknown, and the vendor ID says what it may be; once. */
START_TEST(other_numbers)
{
	registered("", WORLD_PUSHES WINDOW SERVER "d3p-type-attribute 200\n" SERVER "d3p-window-attribute 201\n");
	ck_assert_uint_eq(told("not known here are passed over: 200 = 0x0001, 201 = 0x000003e8"), 1);
	ck_assert_uint_eq(told("its GAP payload has neither attribute 128 nor 129"), 1);
	ck_assert_uint_eq(group_unknown(w.group)->n_gap, 2);
	ck_assert_uint_eq(keyring_sa(group_keyring(w.group), 0)->window_ms, 0);
	group_start(w.group, w.now);
	world_carry_out(&w);
	world_run(&w, w.now + SECOND, NULL);
	ck_assert_uint_eq(group_stats(w.group)->pull_succeeded, 2);
	ck_assert_uint_eq(told("its GAP payload has neither attribute 128 nor 129"), 1);
	teardown();

	registered(MEMBER "ike gateway KeySrv d3p-type-attribute 200\n" MEMBER
			  "ike gateway KeySrv d3p-window-attribute 201\n",
		   WORLD_PUSHES WINDOW SERVER "d3p-type-attribute 200\n" SERVER "d3p-window-attribute 201\n");
	ck_assert_uint_eq(group_unknown(w.group)->n_gap, 0);
	ck_assert_uint_eq(keyring_sa(group_keyring(w.group), 0)->window_ms, 1000);
	world_command(&w, 0, "anti-replay 500"); /* pushes are read by the same numbers */
	world_run(&w, w.now + SECOND, NULL);
	ck_assert_uint_eq(keyring_sa(group_keyring(w.group), 1)->window_ms, 500);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("D3P of a group");
	TCase *g = tcase_create("groups");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(g, NULL, teardown);
	tcase_add_test(g, the_servers_window_is_in_the_plan);
	tcase_add_test(g, unstamped_it_is_as_without_keys);
	tcase_add_test(g, off_by_default);
	tcase_add_test(g, pushes_change_it);
	tcase_add_test(g, the_statement_counts_where_the_server_is_silent);
	tcase_add_test(g, a_reload_changes_the_statement);
	tcase_add_test(g, a_pull_is_refused_by_name);
	tcase_add_test(g, a_push_is_refused_by_name);
	tcase_add_test(g, new_keys_of_a_push_are_refused_by_name);
	tcase_add_test(g, a_datapath_without_it_refuses_by_name);
	tcase_add_test(g, other_numbers);
	tcase_set_timeout(g, 60);
	suite_add_tcase(suite, g);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
