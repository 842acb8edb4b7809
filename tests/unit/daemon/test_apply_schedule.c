/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When the kernel is brought to the plan: how often while other programs change what is ours, ever later while the
 * kernel refuses the plan; and what is told.
 */
#include "member/daemon/apply_schedule.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define NOW 1000000u

/* One that did nothing but compute. */
static void done(struct apply_schedule *s, uint64_t began, uint64_t ended)
{
	apply_begin(s);
	(void)apply_end(s, began, ended, ended - began);
}

/* Somebody who changes something in every millisecond, for SECONDS, where a repair takes TOOK; the number of repairs.
 */
static unsigned fight(struct apply_schedule *s, uint64_t now, uint64_t seconds, uint64_t took, uint64_t *ret_longest)
{
	uint64_t end = now + 1000 * seconds, last = now;
	unsigned n = 0;

	*ret_longest = 0;
	for (; now < end; now++) {
		apply_want_repair(s, now);
		if (!apply_is_due(s, now))
			continue;
		if (now - last > *ret_longest)
			*ret_longest = now - last;
		done(s, now, now + took);
		now += took;
		last = now;
		n++;
	}
	return n;
}

START_TEST(at_once_after_a_quiet_time)
{
	struct apply_schedule s = { 0 };

	ck_assert(!apply_is_due(&s, NOW));
	apply_want_repair(&s, NOW);
	ck_assert(apply_is_due(&s, NOW));
	done(&s, NOW, NOW + 5);
	ck_assert(apply_deadline(&s) == UINT64_MAX);
	apply_want_repair(&s, NOW + 6);
	ck_assert(!apply_is_due(&s, NOW + 6));
	ck_assert(apply_is_due(&s, NOW + 5 + REPAIR_FIRST_MS));
	done(&s, NOW + 200, NOW + 205);
	apply_want_repair(&s, NOW + 206);
	ck_assert(!apply_is_due(&s, NOW + 205 + REPAIR_FIRST_MS));
	ck_assert(apply_is_due(&s, NOW + 205 + 2 * REPAIR_FIRST_MS));
	done(&s, NOW + 500, NOW + 505);
	apply_want_repair(&s, NOW + 505 + REPAIR_QUIET_MS + 1);
	ck_assert(apply_is_due(&s, NOW + 505 + REPAIR_QUIET_MS + 1));
	done(&s, NOW + 505 + REPAIR_QUIET_MS + 1, NOW + 505 + REPAIR_QUIET_MS + 2);
	ck_assert_uint_eq(s.repair.wait_ms, REPAIR_FIRST_MS);
}
END_TEST

/* Healed within two seconds, and not more often than every one and a half. */
START_TEST(a_fight_is_bounded)
{
	struct apply_schedule s = { 0 };
	uint64_t longest;
	unsigned n = fight(&s, NOW, 60, 1, &longest);

	ck_assert_uint_le(n, 8 + 60000 / REPAIR_MAX_MS);
	ck_assert_uint_ge(n, 60000 / (REPAIR_MAX_MS + 2));
	ck_assert_uint_le(longest, 2000);
}
END_TEST

/* Of a large plan, whose repair takes a second: a few at once, and then a tenth of the time. */
START_TEST(long_repairs_are_followed_by_rest)
{
	struct apply_schedule s = { 0 };
	uint64_t longest;

	ck_assert_uint_le(fight(&s, NOW, 5, 1000, &longest), 4);
	ck_assert_uint_ge(fight(&s, NOW + 5000, 1000, 1000, &longest), 90);
	ck_assert_uint_le(fight(&s, NOW + 1005000, 1000, 1000, &longest), 101);
	ck_assert_uint_le(longest, 1000 * REPAIR_SHARE + 2);
	/* Who has paid may borrow again. */
	apply_want_repair(&s, NOW + 3000000);
	ck_assert(apply_is_due(&s, NOW + 3000000));
	done(&s, NOW + 3000000, NOW + 3001000);
	apply_want_repair(&s, NOW + 3001000);
	ck_assert(apply_is_due(&s, NOW + 3001000 + REPAIR_FIRST_MS));
}
END_TEST

/* What the groups change is applied at once, whatever others do; it counts as a repair only when one was wanted. */
START_TEST(other_causes_do_not_wait)
{
	struct apply_schedule s = { 0 };

	done(&s, NOW, NOW + 500);
	apply_want_repair(&s, NOW + 501);
	ck_assert(apply_is_due(&s, NOW + 501));
	done(&s, NOW + 501, NOW + 502);
	apply_want_repair(&s, NOW + 503);
	ck_assert(!apply_is_due(&s, NOW + 503));
	done(&s, NOW + 504, NOW + 505);
	ck_assert(apply_deadline(&s) == UINT64_MAX);
}
END_TEST

/* --- refusals --- */

START_TEST(ever_later_up_to_a_minute)
{
	static const uint64_t waits[] = { 2000, 4000, 8000, 16000, 32000, 60000, 60000 };
	struct apply_schedule s = { 0 };
	uint64_t now = 5000, since;

	ck_assert_int_eq(apply_holding(&s).is, PLAN_HELD);
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		apply_begin(&s);
		ck_assert_int_eq(apply_refused(&s, now, "no room"), i == 0);
		ck_assert_uint_eq(apply_deadline(&s), now + waits[i]);
		ck_assert(!apply_is_due(&s, now + waits[i] - 1));
		now += waits[i];
		ck_assert(apply_is_due(&s, now));
	}
	ck_assert_int_eq(apply_holding(&s).is, PLAN_REFUSED);
	ck_assert_uint_eq(apply_holding(&s).since, 5000);
	ck_assert_str_eq(apply_holding(&s).why, "no room");
	apply_begin(&s);
	ck_assert(apply_taken(&s, &since));
	ck_assert_uint_eq(since, 5000);
	ck_assert(!apply_taken(&s, &since));
	ck_assert_int_eq(apply_holding(&s).is, PLAN_HELD);
	ck_assert_uint_eq(apply_deadline(&s), UINT64_MAX);
	ck_assert(apply_refused(&s, now, "no room"));
	ck_assert_uint_eq(apply_deadline(&s), now + 2000);
	ck_assert_uint_eq(apply_holding(&s).since, now);
}
END_TEST

START_TEST(another_cause_is_told)
{
	struct apply_schedule s = { 0 };
	char long_text[600];

	ck_assert(apply_refused(&s, 1, "no room"));
	ck_assert(apply_refused(&s, 2, "no table"));
	ck_assert_uint_eq(apply_deadline(&s), 4002);
	ck_assert_uint_eq(apply_holding(&s).since, 1);
	ck_assert(apply_refused(&s, 3, ""));
	ck_assert_int_eq(apply_holding(&s).is, PLAN_REFUSED);
	ck_assert_str_eq(apply_holding(&s).why, "unknown");
	memset(long_text, 'x', sizeof(long_text));
	long_text[sizeof(long_text) - 1] = '\0';
	ck_assert(apply_refused(&s, 4, long_text));
	ck_assert(!apply_refused(&s, 5, long_text));
}
END_TEST

/* --- all causes together --- */

/* What is changed by the member itself waits for nothing, not even for the next attempt after a refusal. */
START_TEST(the_plan_has_changed)
{
	struct apply_schedule s = { 0 };

	(void)apply_refused(&s, NOW, "no room");
	ck_assert(!apply_is_due(&s, NOW));
	apply_want(&s);
	ck_assert(apply_is_due(&s, NOW));
	apply_begin(&s);
	ck_assert(!apply_is_due(&s, NOW + 60000));
}
END_TEST

START_TEST(a_conflict_is_looked_at_again)
{
	struct apply_schedule s = { 0 };

	ck_assert_int_eq(apply_conflict(&s, NOW, NULL), CONDITION_AS_BEFORE);
	ck_assert_uint_eq(apply_deadline(&s), UINT64_MAX);
	ck_assert_int_eq(apply_conflict(&s, NOW, "SPI 00000001"), CONDITION_BEGAN);
	ck_assert_uint_eq(apply_deadline(&s), NOW + CONFLICT_AGAIN_MS);
	ck_assert_int_eq(apply_holding(&s).is, PLAN_IN_CONFLICT);
	ck_assert_int_eq(apply_conflict(&s, NOW + 1, "SPI 00000001"), CONDITION_AS_BEFORE);
	ck_assert_uint_eq(apply_deadline(&s), NOW + 1 + CONFLICT_AGAIN_MS);
	ck_assert_int_eq(apply_conflict(&s, NOW + 2, "SPI 00000002"), CONDITION_BEGAN);
	ck_assert_uint_eq(apply_holding(&s).since, NOW);
	ck_assert_str_eq(apply_holding(&s).why, "SPI 00000002");
	apply_begin(&s);
	ck_assert_int_eq(apply_conflict(&s, NOW + 3, NULL), CONDITION_ENDED);
	ck_assert_int_eq(apply_holding(&s).is, PLAN_HELD);
	ck_assert_uint_eq(apply_deadline(&s), UINT64_MAX);
	ck_assert_int_eq(apply_conflict(&s, NOW + 4, "SPI 00000002"), CONDITION_BEGAN);
	ck_assert_uint_eq(apply_holding(&s).since, NOW + 4);
}
END_TEST

/* Keys with a window are left out for as long as their packets cannot be stamped, and tried again. */
START_TEST(what_cannot_be_stamped_is_tried_again)
{
	static const uint64_t waits[] = { 2000, 4000, 8000, 16000, 32000, 60000, 60000 };
	struct apply_schedule s = { 0 };
	uint64_t now = NOW;

	ck_assert_int_eq(apply_unstamped(&s, now, NULL), CONDITION_AS_BEFORE);
	ck_assert_uint_eq(apply_deadline(&s), UINT64_MAX);
	for (size_t i = 0; i < 7; i++) {
		apply_begin(&s);
		ck_assert_int_eq(apply_unstamped(&s, now, "no device"), i == 0 ? CONDITION_BEGAN : CONDITION_AS_BEFORE);
		ck_assert_uint_eq(apply_deadline(&s), now + waits[i]);
		now += waits[i];
	}
	ck_assert_int_eq(apply_holding(&s).is, PLAN_UNSTAMPED);
	ck_assert_uint_eq(apply_holding(&s).since, NOW);
	ck_assert_str_eq(apply_holding(&s).why, "no device");
	apply_begin(&s);
	ck_assert_int_eq(apply_unstamped(&s, now, "no memory"), CONDITION_BEGAN);
	apply_begin(&s);
	ck_assert_int_eq(apply_unstamped(&s, now, NULL), CONDITION_ENDED);
	ck_assert_int_eq(apply_holding(&s).is, PLAN_HELD);
	ck_assert_uint_eq(apply_deadline(&s), UINT64_MAX);
	/* Another time begins anew; the earlier one of two causes counts. */
	(void)apply_conflict(&s, now, "SPI 00000001");
	(void)apply_unstamped(&s, now, "no device");
	ck_assert_uint_eq(apply_deadline(&s), now + 2000);
	apply_begin(&s);
	for (size_t i = 0; i < 5; i++) {
		apply_begin(&s);
		(void)apply_conflict(&s, now, "SPI 00000001");
		(void)apply_unstamped(&s, now, "no device");
	}
	ck_assert_uint_eq(apply_deadline(&s), now + CONFLICT_AGAIN_MS);
}
END_TEST

/* The worst is told: what the kernel refuses, then what others changed, then what others have the place of. */
START_TEST(what_is_told)
{
	struct apply_schedule s = { 0 };
	uint64_t since;

	(void)apply_conflict(&s, NOW, "SPI 00000001");
	apply_want_repair(&s, NOW + 1);
	ck_assert_int_eq(apply_holding(&s).is, PLAN_CHANGED_BY_OTHERS);
	ck_assert_uint_eq(apply_holding(&s).since, NOW + 1);
	(void)apply_refused(&s, NOW + 2, "no room");
	ck_assert_int_eq(apply_holding(&s).is, PLAN_REFUSED);
	ck_assert(apply_taken(&s, &since));
	ck_assert_int_eq(apply_holding(&s).is, PLAN_CHANGED_BY_OTHERS);
	done(&s, NOW + 3, NOW + 4);
	ck_assert_int_eq(apply_holding(&s).is, PLAN_IN_CONFLICT);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("apply_schedule");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(t, at_once_after_a_quiet_time);
	tcase_add_test(t, a_fight_is_bounded);
	tcase_add_test(t, long_repairs_are_followed_by_rest);
	tcase_add_test(t, other_causes_do_not_wait);
	tcase_add_test(t, ever_later_up_to_a_minute);
	tcase_add_test(t, another_cause_is_told);
	tcase_add_test(t, the_plan_has_changed);
	tcase_add_test(t, a_conflict_is_looked_at_again);
	tcase_add_test(t, what_cannot_be_stamped_is_tried_again);
	tcase_add_test(t, what_is_told);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
