/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups that register between the same two addresses: one after the other, and none waits for a dead server. */
#include "tests/unit/support/world.h"

#include "member/group/private.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define SECOND 1000u
#define MINUTE (60 * SECOND)
#define LOCAL 0x0a126501u
#define REMOTE 0x0a0a6401u

/* --- the line alone --- */

static int told[8], told_free[8];
static char names[8];

static void note_called(struct turns *t)
{
	bool is_free;
	void *who;

	while (turns_next(t, &who, &is_free))
		(is_free ? told_free : told)[(char *)who - names]++;
}

static bool take(struct turns *t, void *who, uint32_t local, uint32_t remote, uint64_t now, uint64_t *ret_at)
{
	bool may = turns_take(t, who, local, remote, now, ret_at);

	note_called(t);
	return may;
}

static void leave(struct turns *t, void *who)
{
	turns_leave(t, who);
	note_called(t);
}

static struct turns *make(void)
{
	struct turns *t;

	memset(told, 0, sizeof(told));
	memset(told_free, 0, sizeof(told_free));
	ck_assert_int_eq(turns_new(&t), 0);
	return t;
}

START_TEST(first_come_first_served)
{
	struct turns *t = make();
	uint64_t at;

	ck_assert(take(t, &names[0], LOCAL, REMOTE, 0, &at));
	for (unsigned i = 1; i < 4; i++) {
		ck_assert(!take(t, &names[i], LOCAL, REMOTE, 100, &at));
		ck_assert_uint_eq(at, TURN_SILENT_MS);
	}
	ck_assert(take(t, &names[4], LOCAL, REMOTE + 1, 100, &at)); /* other servers, */
	ck_assert(take(t, &names[5], LOCAL + 1, REMOTE, 100, &at)); /* or other addresses of ours, are others' */
	for (unsigned i = 0; i < 3; i++) {
		leave(t, &names[i]);
		ck_assert_int_eq(told[i + 1], 1);
		for (unsigned j = i + 2; j < 4; j++) /* who asks before its time waits on */
			ck_assert(!take(t, &names[j], LOCAL, REMOTE, 200, &at));
		ck_assert(take(t, &names[i + 1], LOCAL, REMOTE, 200, &at));
	}
	leave(t, &names[3]);
	leave(t, &names[3]);
	ck_assert(take(t, &names[0], LOCAL, REMOTE, 300, &at));
	turns_free(t);
}
END_TEST

START_TEST(who_leaves_the_line_is_passed_over)
{
	struct turns *t = make();
	uint64_t at;

	ck_assert(take(t, &names[0], LOCAL, REMOTE, 0, &at));
	ck_assert(!take(t, &names[1], LOCAL, REMOTE, 0, &at));
	ck_assert(!take(t, &names[2], LOCAL, REMOTE, 0, &at));
	leave(t, &names[1]);
	leave(t, &names[0]);
	ck_assert_int_eq(told[1], 0);
	ck_assert_int_eq(told[2], 1);
	/* Who has it and asks again is the last. */
	ck_assert(take(t, &names[2], LOCAL, REMOTE, 0, &at));
	ck_assert(!take(t, &names[3], LOCAL, REMOTE, 0, &at));
	ck_assert(!take(t, &names[2], LOCAL, REMOTE, 0, &at));
	ck_assert_int_ge(told[3], 1);
	turns_free(t);
}
END_TEST

START_TEST(nobody_waits_for_silence)
{
	struct turns *t = make();
	uint64_t at;

	ck_assert(take(t, &names[0], LOCAL, REMOTE, 0, &at));
	for (unsigned i = 1; i < 8; i++)
		ck_assert(!take(t, &names[i], LOCAL, REMOTE, 0, &at));
	ck_assert(take(t, &names[5], LOCAL, REMOTE, TURN_SILENT_MS, &at));
	for (unsigned i = 1; i < 8; i++)
		ck_assert_int_eq(told_free[i], i != 5); /* who has asked knows */
	turns_free(t);
}
END_TEST

START_TEST(an_answered_one_has_more_time_and_not_for_ever)
{
	struct turns *t = make();
	uint64_t at;

	ck_assert(take(t, &names[0], LOCAL, REMOTE, 0, &at));
	turns_answered(t, &names[0], false);
	ck_assert(!take(t, &names[1], LOCAL, REMOTE, TURN_SILENT_MS, &at));
	ck_assert_uint_eq(at, TURN_UNPROVEN_MS);
	turns_answered(t, &names[0], true);
	turns_answered(t, &names[0], false);
	ck_assert(!take(t, &names[1], LOCAL, REMOTE, TURN_UNPROVEN_MS, &at));
	ck_assert_uint_eq(at, TURN_MS);
	ck_assert(!take(t, &names[2], LOCAL, REMOTE, TURN_SILENT_MS, &at));
	ck_assert(!take(t, &names[2], LOCAL, REMOTE, TURN_MS, &at)); /* it is the first one's, who is told */
	ck_assert_int_eq(told[1], 1);
	ck_assert(take(t, &names[1], LOCAL, REMOTE, TURN_MS, &at));
	turns_free(t);
}
END_TEST

/* Nobody is called twice for one turn, and who asks before the call is heard has it. */
START_TEST(a_call_is_told_once)
{
	struct turns *t = make();
	uint64_t at;
	bool is_free;
	void *who;

	ck_assert(turns_take(t, &names[0], LOCAL, REMOTE, 0, &at));
	for (unsigned i = 1; i < 4; i++)
		ck_assert(!turns_take(t, &names[i], LOCAL, REMOTE, 0, &at));
	turns_leave(t, &names[0]);
	ck_assert(turns_take(t, &names[1], LOCAL, REMOTE, 0, &at));
	ck_assert(!turns_next(t, &who, &is_free));
	ck_assert(turns_take(t, &names[3], LOCAL, REMOTE, TURN_SILENT_MS, &at));
	ck_assert(turns_take(t, &names[2], LOCAL, REMOTE, TURN_SILENT_MS, &at)); /* it is free, though not told yet */
	ck_assert(!turns_next(t, &who, &is_free));
	turns_free(t);
}
END_TEST

/* --- groups of one gateway --- */

#define GROUPS 7

static struct world w;
static char member_lines[8192], server_lines[8192];

/* VPNs V2 on, of groups 2 on, with a zone each; all with the same gateway. */
static void add_groups(const char *life)
{
	size_t m = 0, s = 0;

	server_lines[0] = '\0';
	for (unsigned i = 2; i <= GROUPS; i++) {
		m += (size_t)snprintf(member_lines + m, sizeof(member_lines) - m,
				      "set security zones security-zone Z%u interfaces z%u\n"
				      "set security group-vpn member ipsec vpn V%u ike-gateway KeySrv\n"
				      "set security group-vpn member ipsec vpn V%u group-vpn-external-interface wan0\n"
				      "set security group-vpn member ipsec vpn V%u group %u\n"
				      "set security ipsec-policy from-zone Z%u to-zone WAN ipsec-group-vpn V%u\n",
				      i, i, i, i, i, i, i, i);
		s += (size_t)snprintf(
			server_lines + s, sizeof(server_lines) - s,
			"set security group-vpn server group G%u group-id %u\n"
			"set security group-vpn server group G%u ike-gateway GM-0001\n"
			"set security group-vpn server group G%u ipsec-sa S proposal AES\n"
			"set security group-vpn server group G%u ipsec-sa S match-policy 1 source 10.%u.0.0/16\n"
			"set security group-vpn server group G%u ipsec-sa S match-policy 1 destination 10.%u.0.0/16\n",
			i, i, i, i, i, i, i, i);
	}
	snprintf(server_lines + s, sizeof(server_lines) - s, "%s", life);
}

static struct group *group_of(unsigned i)
{
	return i == 0 ? w.group : w.more[i - 1];
}

static void start_all(void)
{
	for (unsigned i = 0; i < GROUPS; i++)
		group_start(group_of(i), w.now);
	world_carry_out(&w);
}

static bool all_have_keys(const struct world *world)
{
	for (unsigned i = 0; i < GROUPS; i++) {
		const struct group *g = i == 0 ? world->group : world->more[i - 1];

		if (group_state(g) != GROUP_REGISTERED || keyring_policies(group_keyring(g)) == 0 ||
		    !keyring_sender(keyring_policy(group_keyring(g), 0), world->now))
			return false;
	}
	return true;
}

/*
 * A server that keeps one exchange an address: a first message while another is under way is not answered.  The
 * exchange ends with the Delete of the member, which is the only informational message that it sends, or after 30 s.
 */
static uint8_t half_open[8];
static uint64_t since;
static unsigned refused, most_at_once;

static bool one_exchange(struct world *world, bool to_server, const uint8_t *data, size_t len)
{
	static const uint8_t zero[8];
	unsigned under_way = 0;

	(void)len;
	if (!to_server)
		return false;
	for (unsigned i = 0; i < GROUPS; i++)
		under_way += group_of(i)->registration.pull != NULL;
	most_at_once = under_way > most_at_once ? under_way : most_at_once;
	if (world->now - since > 30 * SECOND)
		memset(half_open, 0, sizeof(half_open));
	if (memcmp(half_open, data, 8) == 0) {
		if (data[18] == 5)
			memset(half_open, 0, sizeof(half_open));
		return false;
	}
	if (memcmp(half_open, zero, 8) != 0 && memcmp(data + 8, zero, 8) == 0) {
		refused++;
		return true;
	}
	if (memcmp(data + 8, zero, 8) == 0) {
		memcpy(half_open, data, 8);
		since = world->now;
	}
	return false;
}

static void with_one_exchange(void)
{
	memset(half_open, 0, sizeof(half_open));
	since = 0;
	refused = most_at_once = 0;
	w.drop = one_exchange;
}

START_TEST(groups_of_one_server_register_one_after_the_other)
{
	uint64_t start;

	add_groups("");
	world_make(&w, 1, member_lines);
	world_server(&w, 0, server_lines);
	with_one_exchange();
	start = w.now;
	start_all();
	ck_assert(world_run(&w, w.now + 10 * MINUTE, all_have_keys));
	printf("  %u groups of one server with one exchange: all have keys after %lu ms\n", GROUPS,
	       (unsigned long)(w.now - start));
	ck_assert_uint_le(w.now - start, SECOND);
	ck_assert_uint_eq(refused, 0);
	ck_assert_uint_eq(most_at_once, 1);
	world_free(&w);
}
END_TEST

/* At renewals, and when the operator clears all of them. */
START_TEST(and_so_they_renew)
{
	add_groups("set security group-vpn server ipsec proposal AES lifetime-seconds 180\n");
	world_make(&w, 1, member_lines);
	w.share = 500; /* the same for all: they come at once */
	world_server(&w, 0, server_lines);
	with_one_exchange();
	start_all();
	ck_assert(world_run(&w, w.now + 10 * MINUTE, all_have_keys));
	for (unsigned i = 0; i < 1200; i++) {
		world_run(&w, w.now + SECOND, NULL);
		ck_assert(all_have_keys(&w));
		w.log_len = 0;
	}
	for (unsigned i = 0; i < GROUPS; i++)
		group_clear(group_of(i), w.now);
	world_carry_out(&w);
	ck_assert(world_run(&w, w.now + SECOND, all_have_keys));
	ck_assert_uint_eq(refused, 0);
	ck_assert_uint_eq(most_at_once, 1);
	world_free(&w);
}
END_TEST

/* A server that is dead: all of them ask it within seconds, and the second one; when it is back all are in soon. */
START_TEST(a_dead_server_holds_nobody_up)
{
	uint64_t start;

	add_groups("");
	world_make(&w, 2, member_lines);
	w.share = 300;
	world_server(&w, 1, server_lines);
	start = w.now;
	start_all();
	ck_assert(world_run(&w, w.now + 10 * MINUTE, all_have_keys));
	printf("  %u groups, the first of two servers dead: all have keys after %lu ms\n", GROUPS,
	       (unsigned long)(w.now - start));
	ck_assert_uint_le(w.now - start, 15 * SECOND);
	world_free(&w);

	world_make(&w, 1, member_lines);
	w.share = 300;
	start_all();
	world_run(&w, w.now + 5 * MINUTE, NULL);
	for (unsigned i = 0; i < GROUPS; i++)
		ck_assert_uint_ge(group_stats(group_of(i))->pull_timeout, 1);
	world_server(&w, 0, server_lines);
	start = w.now;
	ck_assert(world_run(&w, w.now + 10 * MINUTE, all_have_keys));
	printf("  %u groups, their only server comes back: all have keys after %lu ms\n", GROUPS,
	       (unsigned long)(w.now - start));
	ck_assert_uint_le(w.now - start, 15 * SECOND);
	world_free(&w);
}
END_TEST

static unsigned seen[WORLD_SERVERS];

static bool first_server_proves_nothing(struct world *world, bool to_server, const uint8_t *data, size_t len)
{
	static const uint8_t exchange_main = 2, payload_ke = 4;
	bool to_first = to_server && world->to_server[0] != seen[0];

	seen[0] = world->to_server[0];
	return to_first && len >= 28 && data[18] == exchange_main && data[16] == payload_ke;
}

/* First answers alone prove nothing: nobody waits for whoever sends them. */
START_TEST(first_answers_alone_hold_nobody_up)
{
	uint64_t start;

	add_groups("");
	world_make(&w, 2, member_lines);
	w.share = 300;
	world_server(&w, 0, server_lines);
	world_server(&w, 1, server_lines);
	w.drop = first_server_proves_nothing;
	memset(seen, 0, sizeof(seen));
	start = w.now;
	start_all();
	ck_assert(world_run(&w, w.now + 10 * MINUTE, all_have_keys));
	printf("  %u groups, first answers alone from the first of two servers: all have keys after %lu ms\n", GROUPS,
	       (unsigned long)(w.now - start));
	ck_assert_uint_le(w.now - start, 15 * SECOND);
	world_free(&w);
}
END_TEST

/* A group that is refused, or that goes, gives its turn on. */
START_TEST(a_refused_group_holds_nobody_up)
{
	add_groups("");
	world_make(&w, 1, member_lines);
	w.config->vpns[0].group = 99;
	world_server(&w, 0, server_lines);
	start_all();
	world_run(&w, w.now + SECOND, NULL);
	for (unsigned i = 1; i < GROUPS; i++)
		ck_assert_int_eq(group_state(group_of(i)), GROUP_REGISTERED);
	world_free(&w);
}
END_TEST

START_TEST(a_group_that_goes_gives_its_turn_on)
{
	add_groups("");
	world_make(&w, 1, member_lines);
	start_all();
	ck_assert_ptr_nonnull(w.group->registration.pull);
	for (unsigned i = 1; i < GROUPS; i++) {
		ck_assert(group_of(i)->turn.queued);
		ck_assert_int_eq(group_state(group_of(i)), GROUP_REGISTERING);
		ck_assert_uint_eq(group_next_registration(group_of(i)), UINT64_MAX);
	}
	group_free(w.more[GROUPS - 2]);
	w.n_more--;
	group_free(w.more[0]);
	memmove(&w.more[0], &w.more[1], --w.n_more * sizeof(w.more[0]));
	group_free(w.group);
	w.group = w.more[--w.n_more];
	world_run(&w, w.now + 1, NULL);
	ck_assert_ptr_nonnull(w.more[0]->registration.pull);
	ck_assert(w.group->turn.queued);
	world_free(&w);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("turns");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_test(t, first_come_first_served);
	tcase_add_test(t, who_leaves_the_line_is_passed_over);
	tcase_add_test(t, nobody_waits_for_silence);
	tcase_add_test(t, a_call_is_told_once);
	tcase_add_test(t, an_answered_one_has_more_time_and_not_for_ever);
	tcase_add_test(t, groups_of_one_server_register_one_after_the_other);
	tcase_add_test(t, and_so_they_renew);
	tcase_add_test(t, a_dead_server_holds_nobody_up);
	tcase_add_test(t, first_answers_alone_hold_nobody_up);
	tcase_add_test(t, a_refused_group_holds_nobody_up);
	tcase_add_test(t, a_group_that_goes_gives_its_turn_on);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
