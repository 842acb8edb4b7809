/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How often the kernel is brought back to the plan while other programs change what is ours. */
#include "member/daemon/repair.h"

#include <check.h>
#include <stdlib.h>

#define NOW 1000000u

/* One that did nothing but compute. */
static void done(struct repair *r, uint64_t began, uint64_t ended)
{
	repair_done(r, began, ended, ended - began);
}

/* Somebody who changes something in every millisecond, for SECONDS, where a repair takes TOOK; the number of repairs.
 */
static unsigned fight(struct repair *r, uint64_t now, uint64_t seconds, uint64_t took, uint64_t *ret_longest)
{
	uint64_t end = now + 1000 * seconds, last = now;
	unsigned n = 0;

	*ret_longest = 0;
	for (; now < end; now++) {
		repair_want(r, now);
		if (!repair_is_due(r, now))
			continue;
		if (now - last > *ret_longest)
			*ret_longest = now - last;
		done(r, now, now + took);
		now += took;
		last = now;
		n++;
	}
	return n;
}

START_TEST(at_once_after_a_quiet_time)
{
	struct repair r = { 0 };

	ck_assert(!repair_is_due(&r, NOW));
	repair_want(&r, NOW);
	ck_assert(repair_is_due(&r, NOW));
	done(&r, NOW, NOW + 5);
	ck_assert(!repair_wanted(&r));
	repair_want(&r, NOW + 6);
	ck_assert(!repair_is_due(&r, NOW + 6));
	ck_assert(repair_is_due(&r, NOW + 5 + REPAIR_FIRST_MS));
	done(&r, NOW + 200, NOW + 205);
	repair_want(&r, NOW + 206);
	ck_assert(!repair_is_due(&r, NOW + 205 + REPAIR_FIRST_MS));
	ck_assert(repair_is_due(&r, NOW + 205 + 2 * REPAIR_FIRST_MS));
	done(&r, NOW + 500, NOW + 505);
	repair_want(&r, NOW + 505 + REPAIR_QUIET_MS + 1);
	ck_assert(repair_is_due(&r, NOW + 505 + REPAIR_QUIET_MS + 1));
	done(&r, NOW + 505 + REPAIR_QUIET_MS + 1, NOW + 505 + REPAIR_QUIET_MS + 2);
	ck_assert_uint_eq(r.wait_ms, REPAIR_FIRST_MS);
}
END_TEST

/* Healed within two seconds, and not more often than every one and a half. */
START_TEST(a_fight_is_bounded)
{
	struct repair r = { 0 };
	uint64_t longest;
	unsigned n = fight(&r, NOW, 60, 1, &longest);

	ck_assert_uint_le(n, 8 + 60000 / REPAIR_MAX_MS);
	ck_assert_uint_ge(n, 60000 / (REPAIR_MAX_MS + 2));
	ck_assert_uint_le(longest, 2000);
}
END_TEST

/* Of a large plan, whose repair takes a second: a few at once, and then a tenth of the time. */
START_TEST(long_repairs_are_followed_by_rest)
{
	struct repair r = { 0 };
	uint64_t longest;

	ck_assert_uint_le(fight(&r, NOW, 5, 1000, &longest), 4);
	ck_assert_uint_ge(fight(&r, NOW + 5000, 1000, 1000, &longest), 90);
	ck_assert_uint_le(fight(&r, NOW + 1005000, 1000, 1000, &longest), 101);
	ck_assert_uint_le(longest, 1000 * REPAIR_SHARE + 2);
	/* Who has paid may borrow again. */
	repair_want(&r, NOW + 3000000);
	ck_assert(repair_is_due(&r, NOW + 3000000));
	done(&r, NOW + 3000000, NOW + 3001000);
	repair_want(&r, NOW + 3001000);
	ck_assert(repair_is_due(&r, NOW + 3001000 + REPAIR_FIRST_MS));
}
END_TEST

/* What the groups change is applied at once, whatever others do; it counts as a repair only when one was wanted. */
START_TEST(other_causes_do_not_wait)
{
	struct repair r = { 0 };

	done(&r, NOW, NOW + 500);
	repair_want(&r, NOW + 501);
	ck_assert(repair_is_due(&r, NOW + 501));
	done(&r, NOW + 501, NOW + 502);
	repair_want(&r, NOW + 503);
	ck_assert(!repair_is_due(&r, NOW + 503));
	done(&r, NOW + 504, NOW + 505);
	ck_assert(!repair_wanted(&r));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("repair");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(t, at_once_after_a_quiet_time);
	tcase_add_test(t, a_fight_is_bounded);
	tcase_add_test(t, long_repairs_are_followed_by_rest);
	tcase_add_test(t, other_causes_do_not_wait);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
