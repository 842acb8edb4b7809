/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A kernel that has not what the group has: what is acknowledged then, and what is not. */
#include "tests/unit/support/world.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define SECOND 1000u

static struct world w;

static void setup(void)
{
	world_make(&w, 1, "");
	w.share = 500;
	world_server(&w, 0, WORLD_PUSHES);
	world_start(&w);
	ck_assert(world_run(&w, w.now + SECOND, world_registered));
}

static void teardown(void)
{
	world_free(&w);
}

static void rekey(void)
{
	world_command(&w, 0, "rekey tek");
}

static uint32_t newest_spi(void)
{
	const struct keyring_policy *p = keyring_policy(group_keyring(w.group), 0);

	return p->keys[p->n_keys - 1].sa->tek.spi;
}

static uint32_t known;

static bool new_ones(const struct world *world, uint32_t spi, bool out)
{
	(void)world;
	return !out && spi != known;
}

static bool old_ones(const struct world *world, uint32_t spi, bool out)
{
	(void)world;
	(void)out;
	return spi == known;
}

static bool what_sends(const struct world *world, uint32_t spi, bool out)
{
	(void)world;
	(void)spi;
	return out;
}

/* RFC 8263 6: a pushed SA whose place is somebody else's is not acknowledged, before the kernel has it. */
START_TEST(a_blocked_sa_is_acknowledged_when_it_is_there)
{
	unsigned sent = w.sent;

	known = newest_spi();
	w.sa_missing = new_ones;
	rekey();
	ck_assert_uint_eq(group_stats(w.group)->push_succeeded, 1);
	ck_assert_uint_ne(newest_spi(), known);
	ck_assert_uint_eq(w.sent, sent);
	w.sa_missing = NULL;
	world_run(&w, w.now + 60 * SECOND, NULL);
	ck_assert_uint_eq(w.sent, sent + 1);
	ck_assert_uint_eq(group_stats(w.group)->push_succeeded, 1);
}
END_TEST

/* An older key of the same policy is not what the push brought; neither is the way out of one that only receives. */
START_TEST(others_do_not_matter)
{
	unsigned sent = w.sent;

	known = newest_spi();
	w.sa_missing = _i == 0 ? old_ones : what_sends;
	rekey();
	ck_assert_uint_eq(w.sent, sent + 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("group kernel");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, a_blocked_sa_is_acknowledged_when_it_is_there);
	tcase_add_loop_test(t, others_do_not_matter, 0, 2);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
