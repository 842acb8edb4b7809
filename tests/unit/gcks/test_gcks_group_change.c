/* SPDX-License-Identifier: GPL-2.0-or-later */
/* New keys and deletes by an operator, and what the members are told of them (row B5; RFC 6407 4 and 5.9). */
#include "tests/unit/support/gcks_group.h"
#include "tests/unit/support/gcks_members.h"

#include <check.h>
#include <stdlib.h>

static bool same_kek(const struct members *w, size_t i)
{
	struct gcks_kek_view k;

	gdoi_group_kek(w->group, w->now, gdoi_group_n_keks(w->group) - 1, &k);
	return memcmp(rekey_sa_kek(w->gm[i].sa)->spi, k.kek->spi, KEK_SPI_LEN) == 0;
}

static const struct {
	bool tek, teks, kek, replace;
} deletes[] = {
	{ .tek = true },
	{ .teks = true },
	{ .kek = true },
	{ .teks = true, .kek = true },
	{ .tek = true, .replace = true },
	{ .teks = true, .replace = true },
	{ .kek = true, .replace = true },
	{ .teks = true, .kek = true, .replace = true },
};

START_TEST(delete)
{
	struct members *w = members_registered(2);
	const struct push *p = &w->gm[1].said;
	uint32_t old[2] = { members_newest(w, 0), members_newest(w, 1) };
	const struct gdoi_delete d = { .spi = deletes[_i].tek ? old[1] : 0,
				       .teks = deletes[_i].teks,
				       .kek = deletes[_i].kek,
				       .replace = deletes[_i].replace };
	bool first_goes = d.teks, second_goes = d.teks || d.spi != 0;
	struct gcks_error err;

	ck_assert_int_eq(gdoi_group_delete(w->group, w->now, &d, &err), 2);
	members_step(w);
	ck_assert_uint_eq(w->sent, 2);
	ck_assert_uint_eq(gdoi_group_stats(w->group)->push_acknowledged,
			  2); /* RFC 8263 4: also with its own KEK gone */
	ck_assert_int_eq(p->delete_all_teks, d.teks);
	ck_assert_int_eq(p->delete_kek, d.kek);
	ck_assert_uint_eq(p->n_delete_spis, d.spi != 0);
	if (d.spi != 0)
		ck_assert_uint_eq(p->delete_spis[0], old[1]);
	/* 5.9: with no further SAs to send there is no SA and no KD. */
	ck_assert_int_eq(p->has_policy, d.replace);
	ck_assert_uint_eq(p->download.n_teks, !d.replace ? 0 : first_goes + second_goes);
	ck_assert_int_eq(p->download.has_kek, d.replace && d.kek);
	/* At the server the old ones are gone and there are new ones, pushed or not. */
	ck_assert_int_eq(gdoi_group_has_spi(w->group, old[0]), !first_goes);
	ck_assert_int_eq(gdoi_group_has_spi(w->group, old[1]), !second_goes);
	ck_assert_uint_eq(gdoi_group_n_teks(w->group, 0), 1);
	ck_assert_uint_eq(gdoi_group_n_teks(w->group, 1), 1);
	ck_assert_uint_eq(gdoi_group_n_keks(w->group), 1);
	ck_assert_int_eq(members_hold(w, 0, members_newest(w, 0)), !first_goes || d.replace);
	ck_assert_int_eq(members_hold(w, 0, members_newest(w, 1)), !second_goes || d.replace);
	ck_assert(!second_goes || !members_hold(w, 0, old[1]));
	ck_assert_int_eq(same_kek(w, 0), !d.kek || d.replace);

	/* The next push reaches who has the KEK: all, or those that have registered since. */
	members_pull(w, 0);
	ck_assert_int_eq(gdoi_group_rekey_teks(w->group, w->now, &err), d.kek && !d.replace ? 1 : 2);
	members_run(w, w->now + 100 * SECOND);
	ck_assert_uint_eq(gdoi_group_n_registered(w->group), 2);
	ck_assert(members_hold(w, 0, members_newest(w, 0)) && members_hold(w, 0, members_newest(w, 1)));
	ck_assert_uint_eq(w->gm[0].refused + w->gm[1].refused, 0);
	members_check_sums(w);
	members_free(w);
}
END_TEST

/* A deleted KEK goes on protecting, and its acknowledgements counting, for a member that missed the delete. */
START_TEST(delete_is_repeated)
{
	const struct gdoi_delete all = { .teks = true, .kek = true };
	struct members *w = members_registered(2);
	struct gcks_error err;

	w->gm[1].mute = true;
	ck_assert_int_eq(gdoi_group_delete(w->group, w->now, &all, &err), 2);
	members_step(w);
	w->gm[1].mute = false;
	members_run(w, w->now + 10 * SECOND);
	ck_assert(w->gm[1].said.delete_kek && w->gm[1].said.delete_all_teks);
	ck_assert_uint_eq(w->gm[1].n_spis, 0);
	ck_assert_uint_eq(gdoi_group_stats(w->group)->push_acknowledged, 2);
	members_free(w);
}
END_TEST

START_TEST(delete_older_key)
{
	struct members *w = members_registered(1);
	uint32_t old = members_newest(w, 0), new;
	struct gdoi_delete d = { .spi = old, .replace = true };
	struct gcks_error err;

	ck_assert_int_eq(gdoi_group_rekey_teks(w->group, w->now, &err), 1);
	members_step(w);
	new = members_newest(w, 0);
	ck_assert_uint_ne(new, old);
	ck_assert_int_eq(gdoi_group_delete(w->group, w->now, &d, &err), 1);
	members_step(w);
	ck_assert(!w->gm[0].said.has_policy); /* its successor is there already */
	ck_assert_uint_eq(members_newest(w, 0), new);
	ck_assert(members_hold(w, 0, new) && !members_hold(w, 0, old));
	ck_assert_int_eq(gdoi_group_delete(w->group, w->now, &d, &err), -ENOENT);
	ck_assert_uint_eq(w->sent, 2);
	members_free(w);
}
END_TEST

/* The delete stands although no new key can be made; that is tried again, and pushed then. */
START_TEST(delete_without_randomness)
{
	const struct gdoi_delete teks = { .teks = true, .replace = true };
	struct members *w = members_registered(1);
	struct gcks_error err = { "" };

	w->random_error = -EIO;
	ck_assert_int_eq(gdoi_group_delete(w->group, w->now, &teks, &err), -EIO);
	ck_assert_ptr_nonnull(strstr(err.text, "tried again"));
	members_step(w);
	ck_assert_uint_eq(w->gm[0].n_spis, 0);
	ck_assert(w->gm[0].said.delete_all_teks && !w->gm[0].said.has_policy);
	w->random_error = 0;
	members_run(w, w->now + 1 * SECOND);
	ck_assert_uint_eq(w->gm[0].n_spis, 2);
	ck_assert_uint_eq(w->gm[0].said.download.n_teks, 2);
	members_free(w);
}
END_TEST

/* What cannot be made changes nothing, and nothing is said. */
START_TEST(change_without_randomness)
{
	struct members *w = members_registered(1);
	struct gdoi_policy_config p = w->policies[0];
	uint32_t old = members_newest(w, 0);
	struct gcks_error err;

	p.sel.protocol = 17;
	p.name[0] = '3';
	w->random_error = -EIO;
	ck_assert_int_eq(gdoi_group_rekey_teks(w->group, w->now, &err), -EIO);
	ck_assert_int_eq(gdoi_group_rekey_kek(w->group, w->now, &err), -EIO);
	ck_assert_int_eq(gdoi_group_add_policy(w->group, w->now, &p, &err), -EIO);
	ck_assert_int_eq(gdoi_group_change_policy(w->group, w->now, 0, &p.sel, &err), -EIO);
	ck_assert_uint_eq(gdoi_group_config(w->group)->n_policies, 2);
	ck_assert_uint_eq(gdoi_group_config(w->group)->policies[0].sel.protocol, 0);
	ck_assert_uint_eq(members_newest(w, 0), old);
	members_step(w);
	ck_assert_uint_eq(w->sent, 0);
	members_free(w);
}
END_TEST

/* RFC 6407 3.5: the last sender id is given, so all is deleted and every member asks again. */
START_TEST(sender_ids_start_over)
{
	struct members *w = members_new(2);
	struct download *d = calloc(1, sizeof(*d));

	w->policies[0].cipher = CIPHER_AES_GCM_256;
	w->policies[0].auth = AUTH_NONE;
	members_start(w);
	members_pull(w, 0);
	members_pull(w, 1);
	for (uint32_t i = 0; i < 65536; i++)
		ck_assert_int_eq(group_pull_with_ids(w->group, w->now, "GM-0001", 0, d), 0);
	ck_assert_uint_eq(w->sent, 0);
	members_pull(w, 0);
	members_step(w);
	ck_assert_uint_eq(w->sent, 1); /* not to the one that has just pulled */
	ck_assert(w->gm[1].said.delete_all_teks && w->gm[1].said.delete_kek && !w->gm[1].said.has_policy);
	ck_assert_uint_eq(w->gm[0].accepted, 0);
	free(d);
	members_free(w);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gcks change");
	TCase *tc = tcase_create("change");
	SRunner *sr = srunner_create(suite);
	int failed;

	tcase_add_loop_test(tc, delete, 0, ARRAY_SIZE(deletes));
	tcase_add_test(tc, delete_is_repeated);
	tcase_add_test(tc, delete_older_key);
	tcase_add_test(tc, delete_without_randomness);
	tcase_add_test(tc, change_without_randomness);
	tcase_add_test(tc, sender_ids_start_over);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(suite, tc);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
