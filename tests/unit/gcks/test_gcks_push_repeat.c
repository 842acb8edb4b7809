/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pushes that are repeated, acknowledged, lost or overtaken by a pull (rows B2, B3; RFC 8263 5 and 6): what becomes of
 * the push, and of the member.
 */
#include "tests/unit/support/gcks_members.h"

#include <check.h>
#include <stdlib.h>

/* Row B3: again after 10 s, twice, the identical datagram; then the member goes, without a word. */
START_TEST(retransmissions)
{
	static uint8_t first[65536];
	struct members *w = members_all_registered(3);
	struct gdoi_member_config gone;
	struct gcks_member_view v;
	size_t len;

	w->gm[1].mute = true;
	members_run(w, START + 3090 * SECOND);
	ck_assert_uint_eq(w->sent, 3);
	ck_assert_uint_eq(gdoi_group_n_pushes(w->group), 1);
	members_check_stats(w, 3, 2, 0);
	memcpy(first, w->last, w->last_len);
	len = w->last_len;
	for (unsigned n = 1; n <= 2; n++) {
		ck_assert_uint_eq(gdoi_group_deadline(w->group), START + (3090 + 10 * n) * SECOND);
		memset(w->last, 0, sizeof(w->last));
		members_run(w, START + (3090 + 10 * n) * SECOND);
		ck_assert_uint_eq(w->sent, 3 + n);
		ck_assert_uint_eq(w->last_len, len);
		ck_assert_mem_eq(w->last, first, len);
		members_check_stats(w, 3, 2, 0);
	}
	ck_assert_uint_eq(gdoi_group_deadline(w->group), START + 3120 * SECOND);
	gdoi_group_step(w->group, START + 3120 * SECOND - 1);
	ck_assert_uint_eq(gdoi_group_n_registered(w->group), 3);
	ck_assert(!gdoi_group_removed(w->group, &gone));
	w->now = START + 3120 * SECOND;
	gdoi_group_step(w->group, w->now);
	ck_assert_uint_eq(gdoi_group_n_registered(w->group), 2);
	ck_assert(gdoi_group_removed(w->group, &gone));
	ck_assert_str_eq(gone.name, "GM-0002");
	ck_assert_uint_eq(gone.addr, MEMBER_ADDR(1));
	ck_assert_uint_eq(gone.local, LOCAL);
	ck_assert(!gdoi_group_removed(w->group, &gone));
	members_check_stats(w, 3, 2, 1);
	gdoi_group_member(w->group, 1, &v);
	ck_assert_uint_eq(v.stats->push_unacknowledged, 1);
	members_run(w, START + 3600 * SECOND);
	ck_assert_uint_eq(w->sent, 5);

	/* It is back by its own pull, and gets the next push. */
	w->gm[1].mute = false;
	members_pull(w, 1);
	members_run(w, START + 6200 * SECOND);
	ck_assert_uint_eq(w->gm[1].accepted, 1);
	members_check_stats(w, 6, 5, 1);
	members_free(w);
}
END_TEST

/* The guide's other values, none among them. */
START_TEST(retransmission_values)
{
	struct members *w = members_new(1);

	w->config.push.retransmissions = (uint32_t)_i;
	w->config.push.retransmission_period = 2;
	members_start(w);
	members_pull(w, 0);
	w->gm[0].mute = true;
	members_run(w, START + (3090 + 2 * (uint64_t)(_i + 1)) * SECOND - 1);
	ck_assert_uint_eq(w->sent, (size_t)_i + 1);
	ck_assert_uint_eq(gdoi_group_n_registered(w->group), 1);
	members_run(w, START + (3090 + 2 * (uint64_t)(_i + 1)) * SECOND);
	ck_assert_uint_eq(gdoi_group_n_registered(w->group), 0);
	members_free(w);
}
END_TEST

START_TEST(lost_acknowledgements)
{
	struct members *w = members_all_registered(1);

	w->lose_acks = true;
	members_run(w, START + 3105 * SECOND);
	ck_assert_uint_eq(w->sent, 2);
	ck_assert_uint_eq(w->gm[0].accepted, 1);
	ck_assert_uint_eq(w->gm[0].again, 1);
	w->lose_acks = false;
	members_run(w, START + 3200 * SECOND);
	ck_assert_uint_eq(w->sent, 3);
	ck_assert_uint_eq(w->gm[0].accepted, 1);
	ck_assert_uint_eq(gdoi_group_n_registered(w->group), 1);
	members_check_stats(w, 1, 1, 0);
	members_free(w);
}
END_TEST

static int acknowledge(struct members *w, uint32_t local, uint32_t addr)
{
	return gdoi_group_acknowledge(w->group, w->now, local, addr, w->ack, w->ack_len);
}

START_TEST(acknowledgement_counts_once)
{
	struct members *w = members_all_registered(2);
	struct kek old;
	struct gcks_kek_view k;
	struct gcks_error err;

	gdoi_group_kek(w->group, w->now, 0, &k);
	old = *k.kek;
	ck_assert_int_eq(acknowledge(w, LOCAL, MEMBER_ADDR(0)), -ENOENT); /* nothing was pushed */
	w->lose_acks = true;
	w->gm[1].mute = true;
	members_run(w, START + 3090 * SECOND);
	/* From a stranger, at another of our addresses, for another member: RFC 8263 3.4 binds it to the address. */
	ck_assert_int_eq(acknowledge(w, LOCAL, MEMBER_ADDR(9)), -ENOENT);
	ck_assert_int_eq(acknowledge(w, LOCAL + 1, MEMBER_ADDR(0)), -ENOENT);
	ck_assert_int_eq(acknowledge(w, LOCAL, MEMBER_ADDR(1)), -EBADMSG);
	members_check_stats(w, 2, 0, 0);
	for (size_t bit = 0; bit < 8 * w->ack_len; bit++) {
		w->ack[bit / 8] ^= (uint8_t)(1u << bit % 8);
		ck_assert_int_lt(acknowledge(w, LOCAL, MEMBER_ADDR(0)), 0);
		w->ack[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (w->ack_len = 0; w->ack_len < 28 + 36 + 8 + 12; w->ack_len++)
		ck_assert_int_lt(acknowledge(w, LOCAL, MEMBER_ADDR(0)), 0);
	members_check_stats(w, 2, 0, 0);
	ck_assert_int_eq(acknowledge(w, LOCAL, MEMBER_ADDR(0)), 0);
	members_check_stats(w, 2, 1, 0);
	ck_assert_int_eq(acknowledge(w, LOCAL, MEMBER_ADDR(0)), -EALREADY);
	/* The old one does not acknowledge the next push. */
	ck_assert_int_eq(gdoi_group_rekey_teks(w->group, w->now, &err), 2);
	members_step(w);
	ck_assert_int_eq(push_ack_verify(&old, MEMBER_ADDR(0), 2, w->ack, w->ack_len), 0);
	ck_assert_int_eq(acknowledge(w, LOCAL, MEMBER_ADDR(0)), 0);
	members_check_stats(w, 3, 2, 0);
	members_free(w);
}
END_TEST

/* A member refuses a push older than one it has taken, so the next one waits for the answer to the one before. */
START_TEST(one_after_the_other)
{
	struct members *w = members_all_registered(2);
	struct gcks_error err;

	w->gm[1].mute = true;
	ck_assert_int_eq(gdoi_group_rekey_teks(w->group, w->now, &err), 2);
	members_step(w);
	ck_assert_int_eq(gdoi_group_rekey_kek(w->group, w->now, &err), 2);
	members_step(w);
	ck_assert_int_eq(gdoi_group_rekey_teks(w->group, w->now, &err), 2);
	members_step(w);
	ck_assert_uint_eq(w->gm[0].accepted, 3);
	ck_assert_uint_eq(w->sent, 4); /* of the mute one only the first */
	members_check_stats(w, 4, 3, 0);
	w->gm[1].mute = false;
	members_run(w, START + 10 * SECOND);
	ck_assert_uint_eq(w->gm[1].accepted, 3);
	ck_assert_uint_eq(w->gm[1].refused, 0);
	ck_assert_uint_eq(w->gm[1].last_push, START + 10 * SECOND);
	ck_assert(members_hold(w, 1, members_newest(w, 0)));
	members_check_stats(w, 6, 6, 0);
	members_free(w);
}
END_TEST

START_TEST(pull_overtakes_push)
{
	struct members *w = members_all_registered(2);

	w->gm[0].mute = true;
	members_run(w, START + 3095 * SECOND);
	members_check_stats(w, 2, 1, 0);
	w->gm[0].mute = false;
	members_pull(w, 0); /* with sequence number 1 already */
	members_run(w, START + 3300 * SECOND);
	ck_assert_uint_eq(w->gm[0].refused + w->gm[0].accepted, 0);
	members_check_stats(w, 2, 1, 1);
	ck_assert_uint_eq(gdoi_group_n_registered(w->group), 2);
	ck_assert(members_hold(w, 0, members_newest(w, 0)));
	members_run(w, START + 6200 * SECOND);
	ck_assert_uint_eq(w->gm[0].accepted, 1);
	members_free(w);
}
END_TEST

/* What is pushed between a pull and its confirmation is in neither, so it comes right after. */
START_TEST(push_amid_a_pull)
{
	struct download *d = calloc(1, sizeof(*d));
	struct members *w = members_new(1);
	struct gcks_error err;

	members_start(w);
	ck_assert_int_eq(gdoi_group_pull(w->group, w->now, "GM-0001", d), 0);
	ck_assert_int_eq(gdoi_group_rekey_kek(w->group, w->now, &err), 0);
	ck_assert_int_eq(gdoi_group_rekey_teks(w->group, w->now, &err), 0);
	members_step(w);
	ck_assert_uint_eq(w->sent, 0);
	members_take(w, 0, d);
	gdoi_group_registered(w->group, w->now, "GM-0001");
	members_step(w);
	ck_assert_uint_eq(w->gm[0].accepted, 2);
	ck_assert(members_hold(w, 0, members_newest(w, 0)));

	/* Confirmed so late that they are gone: no push can reach it, and it is not removed for it. */
	ck_assert_int_eq(gdoi_group_remove(w->group, "GM-0001"), 0);
	ck_assert_int_eq(gdoi_group_pull(w->group, w->now, "GM-0001", d), 0);
	w->now += GCKS_RESERVATION_MS;
	ck_assert_int_eq(gdoi_group_rekey_teks(w->group, w->now, &err), 0);
	gdoi_group_registered(w->group, w->now, "GM-0001");
	ck_assert_int_eq(gdoi_group_rekey_teks(w->group, w->now, &err), 0);
	members_run(w, w->now + 100 * SECOND);
	ck_assert_uint_eq(w->sent, 2);
	ck_assert_uint_eq(gdoi_group_n_registered(w->group), 1);
	members_free(w);
	free(d);
}
END_TEST

START_TEST(too_far_behind)
{
	struct members *w = members_new(2);
	struct gcks_error err;

	w->config.push.retransmissions = 60;
	w->config.push.retransmission_period = 60;
	members_start(w);
	members_pull(w, 0);
	members_pull(w, 1);
	w->gm[1].mute = true;
	for (int i = 0; i < 200; i++) {
		ck_assert_int_ge(gdoi_group_rekey_teks(w->group, w->now, &err), 1);
		members_step(w);
		ck_assert_uint_eq(gdoi_group_n_registered(w->group), i < 64 ? 2 : 1);
	}
	ck_assert_uint_eq(w->gm[0].accepted, 200);
	members_check_stats(w, 201, 200, 1);
	members_free(w);
}
END_TEST

/*
 * 100 TEK rekeys and the KEK rekeys among them, with every third datagram lost either way: no push is refused, and a
 * member that is registered holds the newest key as soon as nothing is under way.  A member that was removed registers
 * again.
 */
START_TEST(hundred_rekeys_with_losses)
{
	struct members *w = members_new(3);
	uint32_t newest = 0;
	unsigned rekeys = 0, removed = 0;

	w->policies[0].life_seconds = 200;
	w->config.push.life_seconds = 1000;
	w->config.push.retransmissions = 4;
	w->loss_percent = 33;
	members_start(w);
	while (rekeys < 100) {
		for (size_t i = 0; i < 3; i++) {
			struct gcks_member_view v;

			gdoi_group_member(w->group, i, &v);
			removed += !v.registered && rekeys > 0;
			if (!v.registered)
				members_pull(w, i);
		}
		w->now = gdoi_group_deadline(w->group);
		members_step(w);
		rekeys += members_newest(w, 0) != newest;
		newest = members_newest(w, 0);
		members_check_sums(w);
		for (size_t i = 0; i < 3 && gdoi_group_n_pushes(w->group) == 0; i++) {
			struct gcks_member_view v;

			gdoi_group_member(w->group, i, &v);
			ck_assert(!v.registered || members_hold(w, i, newest));
		}
	}
	for (size_t i = 0; i < 3; i++) {
		ck_assert_uint_eq(w->gm[i].refused, 0);
		ck_assert_uint_ge(w->gm[i].accepted, 80);
		ck_assert_uint_gt(w->gm[i].again, 0);
	}
	ck_assert_uint_gt(gdoi_group_stats(w->group)->push_acknowledged, 240);
	ck_assert_uint_eq(gdoi_group_stats(w->group)->push_unacknowledged, removed);
	members_free(w);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gcks push repeat");
	TCase *tc = tcase_create("push");
	SRunner *sr = srunner_create(suite);
	int failed;

	tcase_add_test(tc, retransmissions);
	tcase_add_loop_test(tc, retransmission_values, 0, 4);
	tcase_add_test(tc, lost_acknowledgements);
	tcase_add_test(tc, acknowledgement_counts_once);
	tcase_add_test(tc, one_after_the_other);
	tcase_add_test(tc, pull_overtakes_push);
	tcase_add_test(tc, push_amid_a_pull);
	tcase_add_test(tc, too_far_behind);
	tcase_add_test(tc, hundred_rekeys_with_losses);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(suite, tc);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
