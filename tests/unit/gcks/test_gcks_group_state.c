/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of a group on its way from the leader to a follower: whole, cut and damaged. */
#include "tests/unit/support/gcks_servers.h"

#include <check.h>
#include <stdlib.h>

/* A state of every kind comes out as it went in. */
START_TEST(state_is_whole)
{
	struct servers *w = servers_running(2);
	struct writer a = { 0 }, b = { 0 };

	servers_run(w, 3100); /* two TEKs */
	ck_assert_int_eq(servers_pull(w, 1, 1), 0);
	servers_run(w, 10);
	gdoi_group_export(w->servers[0].group, w->now, &a);
	gdoi_group_export(w->servers[1].group, w->now, &b);
	ck_assert_int_eq(a.err, 0);
	ck_assert_uint_eq(a.len, b.len);
	ck_assert_mem_eq(a.data, b.data, a.len);
	writer_clear(&a);
	writer_clear(&b);
	servers_free(w);
}
END_TEST

/* Cut or damaged anywhere: refused whole, or taken whole. */
START_TEST(state_is_damaged)
{
	struct servers *w = servers_running(2);
	struct gdoi_group *g = w->servers[1].group;
	struct writer s = { 0 }, before = { 0 };
	struct gcks_error err;

	gdoi_group_export(w->servers[0].group, w->now, &s);
	gdoi_group_export(g, w->now, &before);
	for (size_t i = 0; i < s.len; i++) {
		struct writer after = { 0 };
		uint8_t *copy = malloc(s.len);
		int r;

		memcpy(copy, s.data, s.len);
		ck_assert_int_eq(gdoi_group_import(g, w->now, 99, copy, i, &err), -EBADMSG);
		copy[i] ^= 0xff;
		r = gdoi_group_import(g, w->now, 99, copy, s.len, &err);
		if (r < 0) {
			ck_assert_int_eq(r, -EBADMSG);
			ck_assert_uint_ne(gdoi_group_version(g), 99);
			gdoi_group_export(g, w->now, &after);
			ck_assert_uint_eq(after.len, before.len);
			ck_assert_mem_eq(after.data, before.data, before.len);
		} else {
			ck_assert_uint_eq(gdoi_group_version(g), 99);
			ck_assert_int_eq(gdoi_group_import(g, w->now, 1, s.data, s.len, &err), 0);
			writer_clear(&before);
			gdoi_group_export(g, w->now, &before);
		}
		writer_clear(&after);
		free(copy);
	}
	writer_clear(&s);
	writer_clear(&before);
	servers_free(w);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gcks group state");
	TCase *tc = tcase_create("state");
	SRunner *sr = srunner_create(suite);
	int failed;

	tcase_add_test(tc, state_is_whole);
	tcase_add_test(tc, state_is_damaged);
	tcase_set_timeout(tc, 120);
	suite_add_tcase(suite, tc);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
