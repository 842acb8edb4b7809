/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an operator changes in the policies of a group, and what the members are told of it (row D5; RFC 6407 4). */
#include "tests/unit/support/gcks_members.h"

#include <check.h>
#include <stdlib.h>

START_TEST(policies)
{
	struct members *w = members_registered(1);
	const struct push *p = &w->gm[0].said;
	struct gdoi_policy_config c = w->policies[0];
	struct selector narrow = w->policies[1].sel;
	uint32_t spis[2] = { members_newest(w, 0), members_newest(w, 1) };
	struct gcks_error err;
	size_t i = 9;

	/* Added: a new SA TEK and its key, nothing else. */
	memcpy(c.name, "new", 4);
	c.sel.src = (struct ip_prefix){ 0x0a000000, 8 };
	ck_assert_int_eq(gdoi_group_add_policy(w->group, w->now, &c, &err), 1);
	members_step(w);
	ck_assert(p->has_policy && p->n_delete_spis == 0 && !p->delete_all_teks);
	ck_assert_uint_eq(p->download.n_teks, 1);
	ck_assert_uint_eq(p->download.teks[0].spi, members_newest(w, 2));
	ck_assert_uint_eq(p->download.teks[0].sel.src.addr, 0x0a000000);
	ck_assert_uint_eq(p->download.teks[0].key.len, 32);

	/* Changed: the key of the old selectors is deleted, one with the new ones comes in the same push. */
	ck_assert_int_eq(gdoi_group_find_policy(w->group, "SA/2", &i, &err), 0);
	narrow.dport = (struct port_range){ 80, 80 };
	ck_assert_int_eq(gdoi_group_change_policy(w->group, w->now, i, &narrow, &err), 1);
	members_step(w);
	ck_assert_uint_eq(p->n_delete_spis, 1);
	ck_assert_uint_eq(p->delete_spis[0], spis[1]);
	ck_assert_uint_eq(p->download.n_teks, 1);
	ck_assert_uint_eq(p->download.teks[0].sel.dport.min, 80);
	ck_assert_uint_eq(p->download.teks[0].spi, members_newest(w, 1));

	/* Removed, around a rekey: both of its keys are deleted. */
	ck_assert_int_eq(gdoi_group_rekey_teks(w->group, w->now, &err), 1);
	ck_assert_int_eq(gdoi_group_find_policy(w->group, "1", &i, &err), 0);
	ck_assert_int_eq(gdoi_group_remove_policy(w->group, w->now, i, &err), 1);
	members_step(w);
	ck_assert(!p->has_policy);
	ck_assert_uint_eq(p->n_delete_spis, 2);
	ck_assert_uint_eq(p->delete_spis[0], spis[0]);
	ck_assert_uint_eq(gdoi_group_config(w->group)->n_policies, 2);
	ck_assert_str_eq(gdoi_group_config(w->group)->policies[1].name, "new");
	ck_assert(members_hold(w, 0, members_newest(w, 0)) && members_hold(w, 0, members_newest(w, 1)));
	ck_assert_uint_eq(w->gm[0].n_spis, 4);
	ck_assert_uint_eq(gdoi_group_stats(w->group)->push_acknowledged, 4);

	/* The others live on: at the margin their keys are renewed. */
	members_run(w, START + 3090 * SECOND);
	ck_assert_uint_eq(p->download.n_teks, 2);
	members_free(w);
}
END_TEST

/* One SPI for all policies of an ipsec-sa: they are renewed, deleted, split and merged together. */
START_TEST(policies_of_one_sa)
{
	struct members *w = members_new(1);
	const struct push *p = &w->gm[0].said;
	struct gdoi_policy_config c;
	struct gcks_error err;
	uint32_t spi;

	w->config.spi_per_policy = false;
	for (uint8_t i = 1; i < 4; i++) {
		w->policies[i] = w->policies[0];
		w->policies[i].name[0] = (char)('1' + i);
		w->policies[i].sel.protocol = i;
	}
	w->config.n_policies = 4;
	members_start(w);
	members_pull(w, 0);
	spi = members_newest(w, 0);
	for (size_t i = 1; i < 4; i++)
		ck_assert_uint_eq(members_newest(w, i), spi);
	ck_assert_int_eq(gdoi_group_rekey_teks(w->group, w->now, &err), 1);
	members_step(w);
	ck_assert_uint_eq(p->download.n_teks, 4);
	for (size_t i = 0; i < 4; i++) {
		ck_assert_uint_eq(p->download.teks[i].spi, members_newest(w, 0));
		ck_assert_uint_eq(p->download.teks[i].sel.protocol, i);
		ck_assert_uint_eq(p->download.teks[i].key.len, 32);
	}
	ck_assert_uint_ne(members_newest(w, 0), spi);

	/* split: each part has a new SPI, and nothing is deleted */
	spi = members_newest(w, 0);
	ck_assert_int_eq(gdoi_group_move_policies(w->group, w->now, (size_t[]){ 1, 3 }, 2, "S2", &err), 1);
	members_step(w);
	ck_assert_uint_eq(p->n_delete_spis, 0);
	ck_assert_uint_eq(p->download.n_teks, 4);
	ck_assert_uint_eq(members_newest(w, 0), members_newest(w, 2));
	ck_assert_uint_eq(members_newest(w, 1), members_newest(w, 3));
	ck_assert_uint_ne(members_newest(w, 0), members_newest(w, 1));
	ck_assert(gdoi_group_has_spi(w->group, spi));

	/* merged: one again; a policy that comes to it has all of them rekeyed */
	ck_assert_int_eq(gdoi_group_move_policies(w->group, w->now, (size_t[]){ 3, 1 }, 2, "SA", &err), 1);
	members_step(w);
	ck_assert_uint_eq(p->download.n_teks, 4);
	for (size_t i = 1; i < 4; i++)
		ck_assert_uint_eq(members_newest(w, i), members_newest(w, 0));
	c = w->policies[0];
	memcpy(c.name, "new", 4);
	c.sel.protocol = 17;
	ck_assert_int_eq(gdoi_group_add_policy(w->group, w->now, &c, &err), 1);
	members_step(w);
	ck_assert_uint_eq(p->download.n_teks, 5);
	ck_assert_uint_eq(members_newest(w, 4), members_newest(w, 0));

	/* removed: the members learn it by the end of the SA, and the rest has a new one */
	spi = members_newest(w, 0);
	ck_assert_int_eq(gdoi_group_remove_policy(w->group, w->now, 4, &err), 1);
	members_step(w);
	ck_assert(!gdoi_group_has_spi(w->group, spi));
	ck_assert_uint_eq(p->download.n_teks, 4);
	ck_assert_uint_ge(p->n_delete_spis, 1);
	ck_assert_uint_eq(members_newest(w, 3), members_newest(w, 0));

	/* deleted: for all */
	ck_assert_int_eq(gdoi_group_delete(w->group, w->now,
					   &(struct gdoi_delete){ .spi = members_newest(w, 2), .replace = true }, &err),
			 1);
	members_step(w);
	ck_assert_uint_eq(p->n_delete_spis, 1);
	ck_assert_uint_eq(p->download.n_teks, 4);
	ck_assert_int_eq(gdoi_group_move_policies(w->group, w->now, (size_t[]){ 1 }, 1, "S2", &err), 1);
	members_free(w);
}
END_TEST

/* The forms that other servers have: a multicast policy before the others of its SA. */
START_TEST(an_unusable_policy_first)
{
	struct members *w = members_new(1);
	const struct push *p = &w->gm[0].said;
	struct gcks_error err;

	w->config.spi_per_policy = false;
	w->config.unusable_policy_first = true;
	w->config.key_packets = KEY_PACKETS_REPEATED;
	w->policies[1] = w->policies[0];
	w->policies[1].name[0] = '2';
	w->policies[1].sel.protocol = 6;
	w->config.n_policies = 2;
	members_start(w);
	members_pull(w, 0);
	ck_assert_int_eq(gdoi_group_rekey_teks(w->group, w->now, &err), 1);
	members_step(w);
	ck_assert_uint_eq(p->download.n_teks, 3);
	ck_assert_uint_eq(p->download.teks[0].sel.dst.addr, 0xefc00101);
	for (size_t i = 0; i < 3; i++)
		ck_assert_uint_eq(p->download.teks[i].spi, members_newest(w, 0));
	members_free(w);
}
END_TEST

START_TEST(policy_refusals)
{
	struct members *w = members_registered(1);
	struct gdoi_policy_config c = w->policies[0];
	struct gcks_error err = { "" };
	size_t i;

	c.sel.protocol = 17;
	ck_assert_int_eq(gdoi_group_add_policy(w->group, w->now, &c, &err), -EEXIST); /* the name */
	c = w->policies[0];
	memcpy(c.name, "new", 4);
	ck_assert_int_eq(gdoi_group_add_policy(w->group, w->now, &c, &err), -EEXIST); /* D5: the selector */
	ck_assert_ptr_nonnull(strstr(err.text, "policy new is the same as SA/1"));
	ck_assert_int_eq(gdoi_group_change_policy(w->group, w->now, 1, &c.sel, &err), -EEXIST);
	ck_assert_ptr_nonnull(strstr(err.text, "policy 2 is the same as SA/1"));
	ck_assert_int_eq(gdoi_group_find_policy(w->group, "3", &i, &err), -ENOENT);
	ck_assert_int_eq(gdoi_group_find_policy(w->group, "AS/1", &i, &err), -ENOENT);
	memcpy(c.sa, "S2", 3);
	c.name[0] = '1';
	c.name[1] = '\0';
	c.sel.protocol = 17;
	ck_assert_int_eq(gdoi_group_add_policy(w->group, w->now, &c, &err), 1);
	ck_assert_int_eq(gdoi_group_find_policy(w->group, "1", &i, &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "IPSEC-SA/NAME"));
	ck_assert_int_eq(gdoi_group_find_policy(w->group, "S2/1", &i, &err), 0);
	ck_assert_int_eq(gdoi_group_remove_policy(w->group, w->now, i, &err), 1);
	ck_assert_int_eq(gdoi_group_remove_policy(w->group, w->now, 0, &err), 1);
	ck_assert_int_eq(gdoi_group_remove_policy(w->group, w->now, 0, &err), -EBUSY);
	ck_assert_uint_eq(gdoi_group_config(w->group)->n_policies, 1);
	members_free(w);
}
END_TEST

/* As many as there may be, each with as many keys as there may be: all still fits into a download. */
START_TEST(most_policies)
{
	struct members *w = members_registered(1);
	struct download *d = calloc(1, sizeof(*d));
	struct gdoi_policy_config c = w->policies[0];
	struct gcks_error err = { "" };

	for (int i = 0; i < 6; i++)
		ck_assert_int_eq(gdoi_group_rekey_teks(w->group, w->now, &err), 1);
	for (uint8_t i = 2; i < GCKS_POLICIES_MAX; i++) {
		c.name[0] = (char)('A' + i);
		c.sel.protocol = (uint8_t)(100 + i);
		ck_assert_int_eq(gdoi_group_add_policy(w->group, w->now, &c, &err), 1);
		ck_assert_int_eq(gdoi_group_rekey_teks(w->group, w->now, &err), 1);
		ck_assert_int_eq(gdoi_group_pull(w->group, w->now, "GM-0001", d), 0);
		members_step(w);
	}
	ck_assert_uint_eq(d->n_teks, DOWNLOAD_TEKS_MAX);
	ck_assert_uint_eq(w->gm[0].said.download.n_teks, GCKS_POLICIES_MAX);
	c.name[0] = 'x';
	c.sel.protocol = 99;
	ck_assert_int_eq(gdoi_group_add_policy(w->group, w->now, &c, &err), -ENOSPC);
	free(d);
	members_free(w);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gcks group policies");
	TCase *tc = tcase_create("policies");
	SRunner *sr = srunner_create(suite);
	int failed;

	tcase_add_test(tc, policies);
	tcase_add_test(tc, policies_of_one_sa);
	tcase_add_test(tc, an_unusable_policy_first);
	tcase_add_test(tc, policy_refusals);
	tcase_add_test(tc, most_policies);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(suite, tc);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
