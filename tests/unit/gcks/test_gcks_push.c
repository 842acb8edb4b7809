/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The key server's pushes: when they are made, what they have, and which members get them (rows B1, B4, G; RFC 6407 4).
 * Repetitions and acknowledgements are in test_gcks_push_repeat.c, the pushes of an operator in
 * test_gcks_group_change.c.
 */
#include "tests/unit/support/gcks_members.h"

#include <check.h>
#include <stdlib.h>

START_TEST(tek_at_the_margin)
{
	struct members *w = members_all_registered(3);
	uint32_t old = members_newest(w, 0);
	struct gcks_kek_view k;

	members_run(w, START + 3090 * SECOND - 1);
	ck_assert_uint_eq(w->sent, 0);
	members_run(w, START + 3090 * SECOND);
	ck_assert_uint_eq(w->sent, 3);
	members_check_stats(w, 3, 3, 0);
	ck_assert_uint_eq(gdoi_group_n_pushes(w->group), 0);
	for (size_t i = 0; i < 3; i++) {
		const struct push *p = &w->gm[i].said;

		ck_assert_uint_eq(w->gm[i].last_push, START + 3090 * SECOND);
		ck_assert_uint_eq(p->seq, 1); /* RFC 6407 5.7 */
		ck_assert(p->has_policy && !p->download.has_kek && !p->download.has_gap);
		ck_assert_uint_eq(p->download.n_teks, 1); /* the new one alone */
		ck_assert_uint_eq(p->download.teks[0].spi, members_newest(w, 0));
		ck_assert_uint_eq(p->download.teks[0].life_seconds, 3600);
		ck_assert_uint_eq(p->download.sender_id_bits, 0); /* 5.4: in pulls only */
		ck_assert(!p->delete_all_teks && !p->delete_kek && p->n_delete_spis == 0);
		ck_assert(members_hold(w, i, old));
	}
	gdoi_group_kek(w->group, w->now, 0, &k);
	ck_assert_uint_eq(k.output_packets, 3);
	ck_assert_uint_eq(k.output_bytes, 3 * w->last_len);
	ck_assert_uint_eq(k.input_packets, 3);
	ck_assert_uint_eq(k.input_bytes, 3 * w->ack_len);
	ck_assert_uint_eq(k.kek->seq, 1);
	members_run(w, START + 3600 * SECOND);
	ck_assert_uint_eq(w->sent, 3); /* acknowledged: never again, and an end is no change */
	members_free(w);
}
END_TEST

static const struct {
	enum sig_algorithm algorithm;
	enum sig_hash hash;
	enum cipher cipher;
	uint16_t ack_type;
	size_t ack_len;
	bool id_length_2;
} algorithms[] = {
	{ SIG_RSA, SIG_HASH_SHA256, CIPHER_AES_CBC_256, 0, 28 + 36 + 8 + 12, false },
	{ SIG_RSA, SIG_HASH_SHA384, CIPHER_AES_CBC_192, GCKS_ACK_SHA512, 28 + 68 + 8 + 12, true },
	{ SIG_RSA, SIG_HASH_SHA512, CIPHER_AES_CBC_128, GCKS_ACK_SHA256, 28 + 36 + 8 + 12, true },
	{ SIG_ECDSA_384, SIG_HASH_SHA256, CIPHER_AES_CBC_128, GCKS_ACK_SHA512, 28 + 68 + 8 + 12, false },
	{ SIG_ECDSA_521, SIG_HASH_SHA256, CIPHER_AES_CBC_256, GCKS_ACK_SHA256, 28 + 36 + 8 + 12, false },
};

/* A KEK by push and a push under it, with everything that can be configured. */
START_TEST(every_algorithm)
{
	struct members *w = members_new(1);
	struct gcks_error err;

	w->config.push.sig_algorithm = algorithms[_i].algorithm;
	w->config.push.sig_hash = algorithms[_i].hash;
	w->config.push.cipher = algorithms[_i].cipher;
	w->config.push.ack_type = algorithms[_i].ack_type;
	w->config.id_length_2 = algorithms[_i].id_length_2;
	members_start(w);
	members_pull(w, 0);
	ck_assert_int_eq(gdoi_group_rekey_kek(w->group, w->now, &err), 1);
	members_step(w);
	ck_assert_int_eq(gdoi_group_rekey_teks(w->group, w->now, &err), 1);
	members_step(w);
	ck_assert_uint_eq(w->gm[0].accepted, 2);
	ck_assert_uint_eq(w->ack_len, algorithms[_i].ack_len);
	members_check_stats(w, 2, 2, 0);
	members_free(w);
}
END_TEST

START_TEST(kek_at_the_margin)
{
	struct members *w = members_new(2);
	uint8_t spi[KEK_SPI_LEN];
	struct gcks_kek_view k;

	w->policies[0].life_seconds = 86400;
	members_start(w);
	members_pull(w, 0);
	members_pull(w, 1);
	members_run(w, START + 6690 * SECOND);
	ck_assert_uint_eq(w->sent, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct push *p = &w->gm[i].said;

		ck_assert(p->has_policy && p->download.has_kek && p->download.n_teks == 0 && !p->delete_kek);
		ck_assert_uint_eq(p->download.kek.life_seconds, 7200);
		ck_assert_uint_eq(p->download.kek.ack_type, 1); /* RFC 8263 5: each time an SA KEK is sent */
		ck_assert_uint_eq(p->seq, 1);
	}
	ck_assert_uint_eq(gdoi_group_n_keks(w->group), 2);
	gdoi_group_kek(w->group, w->now, 0, &k);
	ck_assert_mem_eq(w->last, k.kek->spi, KEK_SPI_LEN); /* under the old one */
	gdoi_group_kek(w->group, w->now, 1, &k);
	memcpy(spi, k.kek->spi, sizeof(spi));
	ck_assert_mem_eq(rekey_sa_kek(w->gm[0].sa)->spi, spi, KEK_SPI_LEN);
	members_run(w, START + (2 * 6690) * SECOND); /* the next under the new one, counted from 1 (RFC 6407 4.3) */
	ck_assert_mem_eq(w->last, spi, KEK_SPI_LEN);
	ck_assert_uint_eq(w->gm[1].said.seq, 1);
	members_check_stats(w, 4, 4, 0);
	members_free(w);
}
END_TEST

START_TEST(tek_and_kek_together)
{
	struct members *w = members_new(1);

	w->config.push.life_seconds = 3600;
	w->config.has_activation_delay = w->config.has_deactivation_delay = true;
	w->config.activation_delay = 5;
	w->config.deactivation_delay = 30;
	members_start(w);
	members_pull(w, 0);
	members_run(w, START + 3090 * SECOND);
	ck_assert_uint_eq(w->sent, 1);
	ck_assert(w->gm[0].said.download.has_kek && w->gm[0].said.download.n_teks == 1);
	ck_assert(w->gm[0].said.download.has_gap && w->gm[0].said.download.has_atd && w->gm[0].said.download.has_dtd);
	ck_assert_uint_eq(w->gm[0].said.download.activation_delay, 5);
	ck_assert_uint_eq(w->gm[0].said.download.deactivation_delay, 30);
	members_free(w);
}
END_TEST

/* Row G: without server-member-communication no push is ever sent. */
START_TEST(without_communication)
{
	const struct gdoi_delete all = { .teks = true, .replace = true };
	struct members *w = members_new(3);
	struct gdoi_policy_config p;
	struct gcks_error err;

	w->config.has_push = false;
	members_start(w);
	for (size_t i = 0; i < 3; i++)
		members_pull(w, i);
	members_run(w, START + 100000 * SECOND);
	ck_assert_int_eq(gdoi_group_rekey_teks(w->group, w->now, &err), 0);
	ck_assert_int_eq(gdoi_group_rekey_kek(w->group, w->now, &err), -ENOKEY);
	ck_assert_int_eq(gdoi_group_delete(w->group, w->now, &all, &err), 0);
	p = w->policies[0];
	p.name[0] = '2';
	p.sel.protocol = 6;
	ck_assert_int_eq(gdoi_group_add_policy(w->group, w->now, &p, &err), 0);
	p.sel.protocol = 17;
	ck_assert_int_eq(gdoi_group_change_policy(w->group, w->now, 1, &p.sel, &err), 0);
	ck_assert_int_eq(gdoi_group_remove_policy(w->group, w->now, 0, &err), 0);
	members_run(w, START + 200000 * SECOND);
	ck_assert_uint_eq(w->sent, 0);
	members_check_stats(w, 0, 0, 0);
	ck_assert_uint_eq(gdoi_group_n_registered(w->group), 3);
	members_free(w);
}
END_TEST

START_TEST(nobody_registered)
{
	struct members *w = members_new(2);
	struct gcks_error err;

	members_start(w);
	members_run(w, START + 20000 * SECOND);
	ck_assert_int_eq(gdoi_group_rekey_teks(w->group, w->now, &err), 0);
	ck_assert_uint_eq(w->sent, 0);
	members_pull(w, 0);
	ck_assert_int_eq(gdoi_group_rekey_teks(w->group, w->now, &err), 1);
	members_step(w);
	ck_assert_uint_eq(w->gm[0].accepted, 1);
	members_free(w);
}
END_TEST

/* A machine that slept: the KEK that members hold has ended, nothing can be pushed under it. */
START_TEST(late_step)
{
	struct members *w = members_all_registered(2);

	w->now = START + 1000000 * SECOND;
	members_step(w);
	ck_assert_uint_eq(w->sent, 0);
	members_pull(w, 0);
	members_run(w, w->now + 3090 * SECOND);
	ck_assert_uint_eq(w->gm[0].accepted, 1);
	ck_assert_uint_eq(w->gm[1].accepted, 0);
	members_check_stats(w, 1, 1, 0);
	members_free(w);
}
END_TEST

/* More members than one step has room for: each gets it, in the same moment. */
START_TEST(many_members)
{
	struct members *w = members_all_registered(MEMBERS_MAX);
	struct ike_out out = { 0 };

	w->now = START + 3090 * SECOND;
	gdoi_group_step(w->group, w->now);
	gdoi_group_send(w->group, w->now, LOCAL + 1, &out); /* they speak to another of our addresses */
	ck_assert_uint_eq(out.n_datagrams, 0);
	gdoi_group_send(w->group, w->now, LOCAL, &out);
	ck_assert_uint_eq(out.n_datagrams, IKE_OUT_DATAGRAMS);
	ck_assert_uint_le(gdoi_group_deadline(w->group), w->now);
	ck_assert_uint_eq(gdoi_group_n_pushes(w->group), MEMBERS_MAX);
	ike_out_clear(&out); /* those are lost */
	members_step(w);
	ck_assert_uint_eq(w->sent, MEMBERS_MAX - IKE_OUT_DATAGRAMS);
	members_run(w, w->now + 10 * SECOND);
	ck_assert_uint_eq(w->sent, MEMBERS_MAX);
	members_check_stats(w, MEMBERS_MAX, MEMBERS_MAX, 0);
	members_free(w);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gcks push");
	TCase *tc = tcase_create("push");
	SRunner *sr = srunner_create(suite);
	int failed;

	tcase_add_test(tc, tek_at_the_margin);
	tcase_add_loop_test(tc, every_algorithm, 0, ARRAY_SIZE(algorithms));
	tcase_add_test(tc, kek_at_the_margin);
	tcase_add_test(tc, tek_and_kek_together);
	tcase_add_test(tc, without_communication);
	tcase_add_test(tc, nobody_registered);
	tcase_add_test(tc, late_step);
	tcase_add_test(tc, many_members);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(suite, tc);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
