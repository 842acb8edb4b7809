/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The members of a group: who is given keys, the member threshold, sender IDs (rows A8, G; RFC 6407 3.2, 3.5). */
#include "tests/gcks/group_change.h"
#include "tests/unit/support/gcks_group.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static struct gdoi_policy_config gcm;

/* A group with pushes whose only policy has AES-GCM. */
static struct gdoi_group_config config_gcm(void)
{
	struct gdoi_group_config c = group_config_one();

	gcm = group_policies[0];
	gcm.cipher = CIPHER_AES_GCM_256;
	gcm.auth = AUTH_NONE;
	c.policies = &gcm;
	c.has_push = true;
	return c;
}

/* RFC 6407 3.5: a sender id for each pull from 0 on; before one is given again all keys are new. */
START_TEST(sender_ids)
{
	static const uint8_t widths[] = { 0, 1, 2, 8, 12, 16 };
	struct group_source s = { 0 };
	struct gdoi_group_config c = config_gcm();
	static struct download d;

	for (size_t w = 0; w < ARRAY_SIZE(widths); w++) {
		struct gdoi_group *g;
		uint32_t spi = 0, bits = widths[w] == 0 ? GCKS_SENDER_ID_BITS : widths[w];

		c.sender_id_bits = widths[w];
		g = group_made(&s, &c);
		for (uint32_t i = 0; i < 1u << bits; i++) {
			ck_assert_int_eq(group_pull_with_ids(g, START, "GM-0001", 0, &d), 0);
			ck_assert_uint_eq(d.sender_id_bits, bits);
			ck_assert_uint_eq(d.n_sender_ids, 1);
			ck_assert_uint_eq(d.sender_ids[0], i);
			spi = d.teks[0].spi;
		}
		ck_assert_int_eq(group_pull_with_ids(g, START, "GM-0001", 1, &d), 0);
		ck_assert_uint_eq(d.sender_ids[0], 0);
		ck_assert_uint_eq(d.n_teks, 1);
		ck_assert_uint_ne(d.teks[0].spi, spi);
		ck_assert(!gdoi_group_has_spi(g, spi));
		ck_assert_uint_eq(gdoi_group_n_keks(g), 1);
		gdoi_group_free(g);
	}
}
END_TEST

/* RFC 6407 7.2.5: who has not confirmed a pull uses up no id. */
START_TEST(a_pull_alone_uses_no_sender_id)
{
	struct group_source s = { 0 };
	struct gdoi_group_config c = config_gcm();
	struct gdoi_group *g = group_made(&s, &c);
	static struct download d;

	for (size_t i = 0; i < 100; i++)
		ck_assert_int_eq(gdoi_group_pull(g, START, "GM-0001", &d), 0);
	ck_assert_uint_eq(d.sender_id_bits, 0);
	ck_assert_int_eq(gdoi_group_give_sender_ids(g, START, "GM-0001", 0, &d), 0);
	ck_assert_uint_eq(d.sender_ids[0], 0);
	gdoi_group_free(g);
}
END_TEST

START_TEST(as_many_sender_ids_as_asked_for)
{
	struct group_source s = { 0 };
	struct gdoi_group_config c = config_gcm();
	static struct download d;
	struct gdoi_group *g;

	c.sender_id_bits = 6;
	g = group_made(&s, &c);
	ck_assert_int_eq(group_pull_with_ids(g, START, "GM-0001", 3, &d), 0);
	ck_assert_uint_eq(d.n_sender_ids, 3);
	ck_assert_uint_eq(d.sender_ids[2], 2);
	for (uint32_t given = 3; given < 64; given += SENDER_IDS_MAX) { /* the last pull gets what is left */
		ck_assert_int_eq(group_pull_with_ids(g, START, "GM-0002", UINT16_MAX, &d), 0);
		ck_assert_uint_eq(d.n_sender_ids, 64 - given < SENDER_IDS_MAX ? 64 - given : SENDER_IDS_MAX);
		ck_assert_uint_eq(d.sender_ids[0], given);
	}
	gdoi_group_free(g);
}
END_TEST

/* RFC 6054 4: "MUST refuse to allow new group members to join". */
START_TEST(used_up_sender_ids_are_refused)
{
	struct group_source s = { 0 };
	struct gdoi_group_config c = config_gcm();
	static struct download d, late;
	struct gdoi_group *g;
	struct gcks_error err;
	size_t warnings;

	c.sender_id_bits = 1;
	c.sender_ids_refuse = true;
	g = group_made(&s, &c);
	ck_assert_int_eq(group_pull_with_ids(g, START, "GM-0001", 0, &d), 0);
	ck_assert_int_eq(gdoi_group_pull(g, START, "GM-0003", &late), 0);
	ck_assert_int_eq(group_pull_with_ids(g, START, "GM-0002", 0, &d), 0);
	warnings = s.warnings;
	ck_assert_int_eq(gdoi_group_give_sender_ids(g, START, "GM-0003", 1, &late), -EACCES);
	ck_assert_uint_eq(late.sender_id_bits, 0);
	ck_assert_uint_eq(s.warnings, warnings + 1);
	ck_assert_int_eq(gdoi_group_pull(g, START, "GM-0003", &late), -EACCES);
	ck_assert_uint_eq(s.warnings, warnings + 2);
	ck_assert(gdoi_group_has_spi(g, d.teks[0].spi));
	ck_assert_int_ge(gdoi_group_delete(g, START, &(struct gdoi_delete){ .teks = true }, &err), 0);
	ck_assert_int_eq(gdoi_group_pull(g, START, "GM-0003", &late), -EACCES); /* members keep their ids */
	ck_assert_int_ge(
		gdoi_group_delete(g, START, &(struct gdoi_delete){ .teks = true, .kek = true, .replace = true }, &err),
		0);
	ck_assert_int_eq(gdoi_group_pull(g, START, "GM-0003", &late), -EACCES); /* so they do here */
	ck_assert_int_ge(gdoi_group_delete(g, START, &(struct gdoi_delete){ .teks = true, .kek = true }, &err), 0);
	ck_assert_int_eq(group_pull_with_ids(g, START, "GM-0003", 0, &late), 0);
	ck_assert_uint_eq(late.sender_ids[0], 0);
	gdoi_group_free(g);
}
END_TEST

/* Between the two halves of a pull all keys were replaced, so the count began anew: its old keys get no new id. */
START_TEST(keys_replaced_within_a_pull)
{
	struct group_source s = { 0 };
	struct gdoi_group_config c = config_gcm();
	static struct download slow, d;
	struct gdoi_group *g;

	c.sender_id_bits = 1;
	g = group_made(&s, &c);
	ck_assert_int_eq(gdoi_group_pull(g, START, "GM-0003", &slow), 0);
	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq(group_pull_with_ids(g, START, "GM-0001", 0, &d), 0);
	ck_assert_uint_eq(d.sender_ids[0], 0);
	ck_assert_int_eq(gdoi_group_give_sender_ids(g, START, "GM-0003", 0, &slow), -EAGAIN);
	ck_assert_uint_eq(slow.sender_id_bits, 0);
	ck_assert_int_eq(group_pull_with_ids(g, START, "GM-0003", 0, &d), 0);
	ck_assert_uint_eq(d.sender_ids[0], 1);
	gdoi_group_free(g);
}
END_TEST

/* Other ciphers need none. */
START_TEST(no_sender_ids_without_counter_mode)
{
	struct group_source s = { 0 };
	struct gdoi_group_config c = group_config_one();
	struct gdoi_group *g = group_made(&s, &c);
	static struct download d;

	ck_assert_int_eq(group_pull_with_ids(g, START, "GM-0001", 4, &d), 0);
	ck_assert_uint_eq(d.sender_id_bits, 0);
	ck_assert_uint_eq(d.n_sender_ids, 0);
	gdoi_group_free(g);
}
END_TEST

START_TEST(not_a_member)
{
	struct group_source s = { 0 };
	struct gdoi_group_config c = group_config_one();
	struct gdoi_group *g = group_made(&s, &c);
	static struct download d;

	memset(&d, 0x5a, sizeof(d));
	ck_assert_int_eq(gdoi_group_pull(g, START, "GM-0009", &d), -EACCES);
	ck_assert_uint_eq(d.n_teks, (size_t)0x5a5a5a5a5a5a5a5a); /* no output with an error */
	ck_assert_uint_eq(gdoi_group_stats(g)->pull_failed, 1);
	ck_assert_uint_eq(s.warnings, 1);
	gdoi_group_registered(g, START, "GM-0009");
	ck_assert_uint_eq(gdoi_group_n_registered(g), 0);
	ck_assert_uint_eq(gdoi_group_stats(g)->pull_succeeded, 0);
	gdoi_group_free(g);
}
END_TEST

START_TEST(threshold)
{
	struct group_source s = { 0 };
	struct gdoi_group_config c = group_config_one();
	struct gcks_member_view v;
	static struct download d;
	struct gdoi_group *g;

	c.member_threshold = 2;
	g = group_made(&s, &c);
	group_pull_confirmed(g, START, "GM-0001", &d);
	ck_assert_int_eq(gdoi_group_pull(g, START, "GM-0002", &d), 0); /* not confirmed yet, and its place is kept */
	ck_assert_int_eq(gdoi_group_pull(g, START + 59 * SECOND, "GM-0003", &d), -EAGAIN);
	ck_assert_int_eq(gdoi_group_pull(g, START + 59 * SECOND, "GM-0002", &d), 0);
	gdoi_group_registered(g, START + 59 * SECOND, "GM-0002");
	ck_assert_int_eq(gdoi_group_pull(g, START + 1000 * SECOND, "GM-0003", &d), -EAGAIN);
	group_pull_confirmed(g, START + 1000 * SECOND, "GM-0001", &d); /* registered members go on */
	group_pull_confirmed(g, START + 1000 * SECOND, "GM-0002", &d);
	ck_assert_uint_eq(gdoi_group_n_registered(g), 2);
	ck_assert_uint_eq(gdoi_group_stats(g)->pull_exceed_threshold, 0);
	gdoi_group_unanswered(g, "GM-0003"); /* two requests, of one exchange */
	gdoi_group_unanswered(g, "GM-0002");
	gdoi_group_unanswered(g, "GM-0009");
	ck_assert_uint_eq(gdoi_group_stats(g)->pull_exceed_threshold, 1);
	ck_assert_uint_eq(gdoi_group_stats(g)->pull_failed, 0);
	ck_assert_uint_eq(gdoi_group_stats(g)->pull_succeeded, 4);
	gdoi_group_member(g, 0, &v);
	ck_assert(v.registered);
	ck_assert_uint_eq(v.last_update, START + 1000 * SECOND);
	ck_assert_uint_eq(v.stats->pull_succeeded, 2);
	ck_assert_int_eq(gdoi_group_remove(g, "GM-0001"), 0);
	ck_assert_int_eq(gdoi_group_remove(g, "GM-0001"), -ENOENT);
	group_pull_confirmed(g, START + 1001 * SECOND, "GM-0003", &d);
	ck_assert_int_eq(gdoi_group_pull(g, START + 1001 * SECOND, "GM-0001", &d), -EAGAIN);
	gdoi_group_free(g);
}
END_TEST

/* A member in a loop does not fill the log; the others' lines stay. */
START_TEST(a_looping_member_is_told_of_seldom)
{
	struct group_source s = { 0 };
	struct gdoi_group_config c = group_config_one();
	static struct download d;
	struct gdoi_group *g = group_made(&s, &c);

	s.lines = 0;
	for (unsigned i = 0; i < 1500; i++) /* 150 s */
		group_pull_confirmed(g, START + i * 100, "GM-0001", &d);
	for (unsigned i = 0; i < 1500; i++)
		ck_assert_int_eq(gdoi_group_pull(g, START + i * 100, "GM-0009", &d), -EACCES);
	printf("%u lines for 3000 pulls in 150 s\n", s.lines);
	ck_assert_uint_ge(s.lines, 2 * 5);
	ck_assert_uint_le(s.lines, 1 + 2 * 6 * 6);
	s.lines = 0;
	group_pull_confirmed(g, START + 150 * SECOND, "GM-0002", &d);
	ck_assert_uint_eq(s.lines, 1);
	gdoi_group_free(g);
}
END_TEST

START_TEST(reservation_lapses)
{
	struct group_source s = { 0 };
	struct gdoi_group_config c = group_config_one();
	static struct download d;
	struct gdoi_group *g;

	c.member_threshold = 1;
	g = group_made(&s, &c);
	ck_assert_int_eq(gdoi_group_pull(g, START, "GM-0001", &d), 0);
	ck_assert_int_eq(gdoi_group_pull(g, START + GCKS_RESERVATION_MS - 1, "GM-0002", &d), -EAGAIN);
	ck_assert_int_eq(gdoi_group_pull(g, START + GCKS_RESERVATION_MS, "GM-0002", &d), 0);
	gdoi_group_free(g);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gcks group pull");
	TCase *tc = tcase_create("pull");
	SRunner *sr = srunner_create(suite);
	int failed;

	tcase_add_test(tc, sender_ids);
	tcase_add_test(tc, a_pull_alone_uses_no_sender_id);
	tcase_add_test(tc, as_many_sender_ids_as_asked_for);
	tcase_add_test(tc, used_up_sender_ids_are_refused);
	tcase_add_test(tc, keys_replaced_within_a_pull);
	tcase_add_test(tc, no_sender_ids_without_counter_mode);
	tcase_add_test(tc, not_a_member);
	tcase_add_test(tc, threshold);
	tcase_add_test(tc, a_looping_member_is_told_of_seldom);
	tcase_add_test(tc, reservation_lapses);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(suite, tc);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
