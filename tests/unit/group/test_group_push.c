/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pushes as a member lives them, against the project's key server in memory: rekeys, losses, deletes, changed policies.
 */
#include "tests/unit/support/push_craft.h"
#include "tests/unit/support/world.h"

#include "ike/gdoi_kd.h"
#include "ike/gdoi_sa.h"
#include "member/daemon/planner.h"
#include "member/group/keyring_private.h"
#include "member/group/private.h"
#include "policy/engine.h"

#include <check.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#define SECOND 1000u

static struct world w;

static void setup(void)
{
	world_make(&w, 1, "");
	w.share = 500;
	/* A policy that is added has an SA of its own. */
	world_server(&w, 0, WORLD_PUSHES "set security group-vpn server group G test spi-per-policy\n");
	world_start(&w);
	ck_assert(world_run(&w, w.now + SECOND, world_registered));
}

static void teardown(void)
{
	world_free(&w);
}

static void command(const char *line)
{
	world_command(&w, 0, line);
}

static enum plan_verdict verdict(uint32_t src, uint32_t dst)
{
	struct packet_key packet = { src, dst, 17, 1, 1 };
	struct plan *plan = NULL;
	enum plan_verdict v;

	ck_assert_int_eq(planner_plan(&plan, w.config, &w.group, PLANNER_KEYS, w.now), 0);
	v = plan_decide(&plan->scopes[0], &packet, false)->verdict;
	plan_free(plan);
	return v;
}

#define SITE_A 0xac106501 /* 172.16.101.1 */
#define SITE_B 0xac106601

static const struct group_stats *stats(void)
{
	return group_stats(w.group);
}

START_TEST(a_day_of_pushes)
{
	uint64_t end = w.now + 86400 * SECOND;

	while (w.now < end) {
		world_run(&w, w.now + 5 * SECOND, NULL);
		ck_assert_msg(world_sender(&w) != NULL, "no key at %lu\n%s", (unsigned long)w.now, w.log);
	}
	ck_assert_uint_eq(stats()->pull_succeeded, 1); /* pushes came before any renewal was due */
	ck_assert_uint_ge(stats()->push_succeeded, 24 + 11);
	ck_assert_uint_eq(stats()->push_failed, 0);
	ck_assert_ptr_nonnull(group_kek(w.group));
}
END_TEST

START_TEST(a_new_key_receives_before_it_sends)
{
	uint32_t old = world_sender(&w)->tek.spi;
	const struct keyring_policy *p;

	command("rekey tek");
	p = keyring_policy(group_keyring(w.group), 0);
	ck_assert_uint_eq(stats()->push_succeeded, 1);
	ck_assert_uint_eq(p->n_keys, 2);
	world_run(&w, w.now + 24 * SECOND, NULL); /* the default: more than two retransmissions of the push */
	ck_assert_uint_eq(world_sender(&w)->tek.spi, old);
	world_run(&w, w.now + 2 * SECOND, NULL);
	ck_assert_uint_ne(world_sender(&w)->tek.spi, old);
	ck_assert_uint_eq(p->n_keys, 2); /* the old one still receives */
}
END_TEST

static unsigned to_lose;
static bool lose_pushes(struct world *unused, bool to_server, const uint8_t *data, size_t len)
{
	(void)unused;
	return !to_server && len > 18 && data[18] == 33 && to_lose > 0 && to_lose--;
}

static bool lose_acks(struct world *unused, bool to_server, const uint8_t *data, size_t len)
{
	(void)unused;
	return to_server && len > 18 && data[18] == 35 && to_lose > 0 && to_lose--;
}

START_TEST(a_lost_push_comes_again)
{
	w.drop = lose_pushes;
	to_lose = 2;
	command("rekey tek");
	ck_assert_uint_eq(stats()->push_succeeded, 0);
	world_run(&w, w.now + 21 * SECOND, NULL);
	ck_assert_uint_eq(stats()->push_succeeded, 1);
	ck_assert_uint_eq(keyring_policy(group_keyring(w.group), 0)->n_keys, 2);
}
END_TEST

START_TEST(a_lost_acknowledgement_is_given_again)
{
	unsigned sent;

	w.drop = lose_acks;
	to_lose = 2;
	command("rekey kek");
	ck_assert_uint_eq(stats()->push_succeeded, 1);
	sent = w.sent;
	world_run(&w, w.now + 60 * SECOND, NULL);
	ck_assert_uint_eq(w.sent - sent, 2);           /* for two retransmissions, under the old KEK */
	ck_assert_uint_eq(stats()->push_succeeded, 1); /* installed once */
	ck_assert_uint_eq(stats()->push_failed, 0);
	ck_assert_uint_eq(group_kek_stats(w.group)->input_packets, 0); /* nothing of that was the new KEK's */
	ck_assert_uint_eq(group_kek_stats(w.group)->output_packets, 0);
	command("rekey tek"); /* under the new KEK, still a member */
	ck_assert_uint_eq(group_kek_stats(w.group)->input_packets, 1);
	ck_assert_uint_eq(group_kek_stats(w.group)->output_packets, 1);
	ck_assert_uint_eq(stats()->push_succeeded, 2);
}
END_TEST

/* RFC 8263 6: only what the kernel holds is acknowledged, and then with the next retransmission. */
START_TEST(a_push_that_the_kernel_refuses_is_acknowledged_later)
{
	unsigned sent = w.sent;

	w.kernel_refuses = true;
	command("rekey tek");
	ck_assert_uint_eq(stats()->push_succeeded, 1);
	ck_assert_uint_eq(w.sent, sent);
	w.kernel_refuses = false;
	world_run(&w, w.now + 60 * SECOND, NULL);
	ck_assert_uint_eq(w.sent, sent + 1);
	ck_assert_uint_eq(stats()->push_succeeded, 1);
	command("rekey tek"); /* still a member */
	ck_assert_uint_eq(stats()->push_succeeded, 2);
}
END_TEST

static struct {
	uint8_t data[4096];
	size_t len;
} kept[4];
static size_t n_kept;
static unsigned acks;

/* Acknowledgements are counted, and pushes kept to come again. */
static bool count_acks(struct world *unused, bool to_server, const uint8_t *data, size_t len)
{
	(void)unused;
	acks += to_server && len > 18 && data[18] == 35;
	if (to_server || len <= 18 || data[18] != 33 || n_kept == ARRAY_SIZE(kept))
		return false;
	ck_assert_uint_le(len, sizeof(kept[0].data));
	memcpy(kept[n_kept].data, data, len);
	kept[n_kept++].len = len;
	return false;
}

static void receive(const uint8_t *data, size_t len)
{
	const struct udp_ends ends = {
		.local = WORLD_MEMBER, .local_port = GDOI_PORT, .remote = WORLD_SERVER(0), .remote_port = GDOI_PORT
	};

	acks = 0;
	ck_assert(group_datagram(w.group, w.now, &ends, data, len));
	world_carry_out(&w);
}

/* The kernel refuses one push and takes the next, which holds what both brought: each has its acknowledgement. */
START_TEST(a_push_is_acknowledged_after_a_later_one)
{
	EVP_PKEY *pair = craft_pair("2048");
	static struct push what;
	uint8_t *data[2];
	size_t len[2];
	struct kek kek;

	craft_kek(&kek, CIPHER_AES_CBC_256, SIG_RSA, SIG_HASH_SHA256, pair);
	kek.ack_type = KEK_ACK_SHA256;
	group_forget_keks(w.group);
	w.group->keks.sa = craft_sa(&kek, false);
	w.drop = count_acks;
	for (uint32_t i = 0; i < 2; i++) {
		what = (struct push){ .seq = i + 1, .delete_spis = { 0x77777777 }, .n_delete_spis = 1 };
		data[i] = craft_from_server(&kek, pair, &what, &len[i]);
		w.kernel_refuses = i == 0;
		receive(data[i], len[i]);
		ck_assert_uint_eq(acks, i);
	}
	for (size_t i = 2; i-- > 0;) {
		receive(data[i], len[i]);
		ck_assert_uint_eq(acks, 1);
		receive(data[i], len[i]);
		ck_assert_uint_eq(acks, 1);
		free(data[i]);
	}
	ck_assert_uint_eq(stats()->push_succeeded, 2);
	EVP_PKEY_free(pair);
}
END_TEST

/* B3: also when the push took its own KEK away, and a pull has brought another since. */
START_TEST(a_delete_is_acknowledged_after_the_registration)
{
	w.drop = count_acks;
	n_kept = 0;
	command("delete all");
	ck_assert(world_run(&w, w.now + 10 * SECOND, world_registered));
	ck_assert_uint_eq(n_kept, 1);
	receive(kept[0].data, kept[0].len);
	ck_assert_uint_eq(acks, 1);
	ck_assert_uint_eq(stats()->delete_received, 1);
}
END_TEST

START_TEST(a_kek_change_is_acknowledged_after_another)
{
	w.drop = count_acks;
	n_kept = 0;
	command("rekey kek");
	command("rekey kek");
	command("rekey kek");
	ck_assert_uint_eq(n_kept, 3);
	for (size_t i = 0; i < n_kept; i++) {
		receive(kept[i].data, kept[i].len);
		ck_assert_uint_eq(acks, 1);
	}
	ck_assert_uint_eq(stats()->push_succeeded, 3);
	ck_assert_uint_eq(stats()->push_failed, 0);
	ck_assert_uint_eq(w.group->keks.n_retired, 3);
	world_run(&w, w.now + 301 * SECOND, NULL); /* no server resends that late: nothing is kept for it */
	ck_assert_uint_eq(w.group->keks.n_retired, 0);
	ck_assert_ptr_nonnull(group_kek(w.group));
}
END_TEST

/* A pull under the same KEK does not make the member forget what it has acknowledged. */
START_TEST(a_retransmission_after_a_pull_is_acknowledged)
{
	uint64_t failed = stats()->push_failed;

	w.drop = lose_acks;
	to_lose = 1;
	command("rekey tek");
	world_start(&w);
	ck_assert(world_run(&w, w.now + 5 * SECOND, world_registered));
	world_run(&w, w.now + 30 * SECOND, NULL);
	ck_assert_uint_eq(stats()->push_failed, failed);
	ck_assert_uint_eq(stats()->push_succeeded, 1);
	command("rekey tek"); /* still a member */
	ck_assert_uint_eq(stats()->push_succeeded, 2);
}
END_TEST

START_TEST(cut_off_and_back)
{
	w.drop = lose_pushes;
	to_lose = 1000;
	command("rekey tek");
	world_run(&w, w.now + 60 * SECOND, NULL); /* removed by the server, without a word */
	to_lose = 0;
	world_run(&w, w.now + 3600 * SECOND, NULL);
	ck_assert_uint_ge(stats()->pull_succeeded, 2);
	ck_assert_ptr_nonnull(world_sender(&w));
	command("rekey tek");
	ck_assert_uint_ge(stats()->push_succeeded, 1);
}
END_TEST

START_TEST(delete_all_teks)
{
	command("delete teks");
	ck_assert_uint_eq(stats()->delete_received, 1);
	ck_assert_ptr_null(world_sender(&w));
	ck_assert_int_eq(verdict(SITE_A, SITE_B), PLAN_BLOCK);
	ck_assert(world_run(&w, w.now + 10 * SECOND, world_registered));
	ck_assert_uint_eq(stats()->pull_succeeded, 2);
	ck_assert_int_eq(verdict(SITE_A, SITE_B), PLAN_ENCRYPT);
}
END_TEST

START_TEST(delete_one_tek)
{
	char line[64];

	snprintf(line, sizeof(line), "delete tek %08x", world_sender(&w)->tek.spi);
	command(line);
	ck_assert_uint_eq(stats()->delete_received, 1);
	ck_assert_int_eq(verdict(SITE_A, SITE_B), PLAN_BLOCK);
	ck_assert(world_run(&w, w.now + 10 * SECOND, world_registered));
	ck_assert_int_eq(verdict(SITE_A, SITE_B), PLAN_ENCRYPT);
}
END_TEST

START_TEST(delete_with_replacement_never_stops)
{
	uint32_t old = world_sender(&w)->tek.spi;

	command("delete teks with-replacement");
	ck_assert_int_eq(verdict(SITE_A, SITE_B), PLAN_ENCRYPT);
	world_run(&w, w.now + 51 * SECOND, NULL);
	ck_assert_int_eq(verdict(SITE_A, SITE_B), PLAN_ENCRYPT);
	ck_assert_uint_ne(world_sender(&w)->tek.spi, old);
	ck_assert_uint_eq(keyring_policy(group_keyring(w.group), 0)->n_keys, 1);
	ck_assert_uint_eq(stats()->pull_succeeded, 1);
}
END_TEST

START_TEST(delete_the_kek)
{
	command("delete kek");
	ck_assert_ptr_null(group_kek(w.group));
	ck_assert_int_eq(verdict(SITE_A, SITE_B), PLAN_ENCRYPT); /* the TEKs stand */
	world_run(&w, w.now + 10 * SECOND, NULL);
	ck_assert_ptr_nonnull(group_kek(w.group));
	ck_assert_uint_eq(stats()->pull_succeeded, 2);
}
END_TEST

START_TEST(delete_everything)
{
	command("delete all");
	ck_assert_ptr_null(world_sender(&w));
	ck_assert(world_run(&w, w.now + 10 * SECOND, world_registered));
	ck_assert_ptr_nonnull(group_kek(w.group));
	ck_assert_ptr_nonnull(world_sender(&w));
}
END_TEST

#define GROUP "set security group-vpn server group G "

/* One policy of two loses its key, by a push or by its end: the member does not wait for the other one's renewal. */
START_TEST(a_policy_without_a_key_is_asked_for_soon)
{
	char line[64];

	/* Each policy has a key of its own, so that one can go without the other. */
	teardown();
	world_make(&w, 1, "");
	w.share = 500;
	world_server(&w, 0,
		     WORLD_PUSHES GROUP "test spi-per-policy\n" GROUP
					"ipsec-sa S match-policy 2 source 10.0.0.0/8\n" GROUP
					"ipsec-sa S match-policy 2 destination 10.0.0.0/8\n");
	world_start(&w);
	ck_assert(world_run(&w, w.now + SECOND, world_registered));
	snprintf(line, sizeof(line), "delete tek %08x", world_sender(&w)->tek.spi);
	ck_assert_int_eq(verdict(0x0a010001, 0x0a020001), PLAN_ENCRYPT);
	command(line);
	ck_assert_int_eq(verdict(SITE_A, SITE_B), PLAN_BLOCK);
	ck_assert_int_eq(verdict(0x0a010001, 0x0a020001), PLAN_ENCRYPT);
	ck_assert_uint_le(group_next_registration(w.group), w.now + 2 * SECOND);
	world_run(&w, w.now + 5 * SECOND, NULL);
	ck_assert_int_eq(verdict(SITE_A, SITE_B), PLAN_ENCRYPT);
}
END_TEST

START_TEST(a_policy_whose_key_ends_is_asked_for_soon)
{
	struct selector sel = keyring_policy(group_keyring(w.group), 0)->sel;
	struct keyring_policy *p;

	command("policy add wide source 10.0.0.0/8 destination 10.0.0.0/8");
	p = keyring_policy_find(w.group->keys, &sel);
	for (size_t i = 0; i < p->n_keys; i++)
		p->keys[i].sa->hard_at = w.now + SECOND;
	ck_assert_uint_gt(group_next_registration(w.group), w.now + 600 * SECOND);
	world_run(&w, w.now + SECOND, NULL);
	ck_assert_int_eq(verdict(SITE_A, SITE_B), PLAN_BLOCK);
	ck_assert_uint_le(group_next_registration(w.group), w.now + 2 * SECOND);
	ck_assert_ptr_nonnull(strstr(w.log, "the next registration is in 1 s"));
	world_run(&w, w.now + 5 * SECOND, NULL);
	ck_assert_int_eq(verdict(SITE_A, SITE_B), PLAN_ENCRYPT);
}
END_TEST

/* A fleet whose KEK ends renews before that, each at its own time, also when the server has no successor yet. */
START_TEST(renewal_before_the_kek_ends)
{
	static uint64_t planned[3];
	uint64_t end;

	for (unsigned i = 0; i < 3; i++) {
		world_free(&w);
		world_make(&w, 1, "");
		w.share = i * 500;
		world_server(&w, 0, WORLD_PUSHES);
		world_start(&w);
		ck_assert(world_run(&w, w.now + SECOND, world_registered));
		w.group->keks.life = 600; /* the TEK has an hour */
		w.group->keks.ends = w.now + 600 * SECOND;
		schedule_renewal(w.group, w.now, true);
		planned[i] = group_next_registration(w.group) - w.now;
	}
	ck_assert_uint_lt(planned[0], 600 * SECOND - 20 * SECOND);
	ck_assert_uint_gt(planned[2], 400 * SECOND);
	ck_assert_uint_ge(planned[0] - planned[1], 20 * SECOND);
	ck_assert_uint_ge(planned[1] - planned[2], 20 * SECOND);
	end = w.group->keks.ends;
	planned[0] = 0;
	for (uint64_t now = end - 100 * SECOND; now < end; planned[0]++) { /* pulls that bring the same KEK again */
		schedule_renewal(w.group, now, true);
		ck_assert_uint_ge(group_next_registration(w.group), now + 3 * SECOND);
		now = group_next_registration(w.group);
	}
	ck_assert_uint_le(planned[0], 8);
}
END_TEST

START_TEST(policies_by_push)
{
	ck_assert_int_eq(verdict(0x0a010001, 0x0a020001), PLAN_BLOCK);
	command("policy add wide source 10.0.0.0/8 destination 10.0.0.0/8");
	ck_assert_int_eq(verdict(0x0a010001, 0x0a020001), PLAN_ENCRYPT);
	ck_assert_int_eq(verdict(SITE_A, SITE_B), PLAN_ENCRYPT);
	command("policy change wide source 10.1.0.0/16 destination 10.1.0.0/16");
	ck_assert_int_eq(verdict(0x0a010001, 0x0a010002), PLAN_ENCRYPT);
	ck_assert_int_eq(verdict(0x0a010001, 0x0a020001), PLAN_BLOCK);
	command("policy remove wide");
	ck_assert_int_eq(verdict(0x0a010001, 0x0a010002), PLAN_BLOCK);
	ck_assert_int_eq(verdict(SITE_A, SITE_B), PLAN_ENCRYPT);
	ck_assert_uint_eq(stats()->pull_succeeded, 1);
}
END_TEST

/* The kernel's word about a lifetime in kilobytes: for this group alone, and the group goes for another key. */
START_TEST(a_lifetime_in_kilobytes)
{
	uint32_t spi = world_sender(&w)->tek.spi;
	unsigned changed = w.changed;

	group_sa_worn(w.group, w.now, WORLD_MEMBER + 1, spi, true);
	world_carry_out(&w);
	group_sa_worn(w.group, w.now, WORLD_MEMBER, spi + 1, true);
	world_carry_out(&w);
	ck_assert_uint_eq(world_sender(&w)->tek.spi, spi);
	ck_assert_uint_gt(group_next_registration(w.group), w.now + 600 * SECOND);
	group_sa_worn(w.group, w.now, WORLD_MEMBER, spi, false);
	world_carry_out(&w);
	ck_assert_uint_eq(world_sender(&w)->tek.spi, spi);
	ck_assert_uint_le(group_next_registration(w.group), w.now + 2 * SECOND);
	world_run(&w, w.now + 10 * SECOND, NULL); /* the server has no newer key yet */
	ck_assert_uint_eq(stats()->pull_succeeded, 2);
	changed = w.changed;
	group_sa_worn(w.group, w.now, WORLD_MEMBER, spi, true);
	world_carry_out(&w);
	ck_assert_uint_gt(w.changed, changed);
	ck_assert_int_eq(verdict(SITE_A, SITE_B), PLAN_BLOCK);
	world_run(&w, w.now + 10 * SECOND, NULL); /* ... and gives it again: it stays blocked */
	ck_assert_int_eq(verdict(SITE_A, SITE_B), PLAN_BLOCK);
	command("rekey tek");
	world_run(&w, w.now + 90 * SECOND, NULL);
	ck_assert_int_eq(verdict(SITE_A, SITE_B), PLAN_ENCRYPT);
}
END_TEST

/* --- pushes that leave the member without what it needs --- */

static EVP_PKEY *own_pair;
static struct kek own_kek;

/* The KEK is one whose keys the test has. */
static void use_own_kek(void)
{
	own_pair = craft_pair("2048");
	craft_kek(&own_kek, CIPHER_AES_CBC_256, SIG_RSA, SIG_HASH_SHA256, own_pair);
	group_forget_keks(w.group);
	w.group->keks.sa = craft_sa(&own_kek, false);
	w.group->keks.ends = UINT64_MAX;
}

/* SA is said by POLICY and KD by KEYS, which a server's half would not do. */
static void receive_push(const struct download *policy, const struct download *keys_, uint8_t seq)
{
	static const struct gdoi_style style = { WORLD_SERVER(0), WORLD_MEMBER, false };
	const struct isakmp_header h = { 0 };
	struct message sa, kd;
	struct craft c;
	uint8_t *data;
	size_t len;

	message_begin(&sa, &h);
	gdoi_sa_write(&sa, policy, &style);
	message_begin(&kd, &h);
	gdoi_kd_write(&kd, keys_);
	ck_assert_int_eq(sa.w.err | kd.w.err, 0);
	craft_begin(&c, &own_kek, own_pair);
	craft_add_seq(&c, seq);
	craft_add(&c, PAYLOAD_SA, sa.w.data + ISAKMP_HEADER_LEN + 4, sa.w.len - ISAKMP_HEADER_LEN - 4);
	craft_add(&c, PAYLOAD_KD, kd.w.data + ISAKMP_HEADER_LEN + 4, kd.w.len - ISAKMP_HEADER_LEN - 4);
	data = craft_push(&c, &len);
	receive(data, len);
	free(data);
	message_clear(&sa);
	message_clear(&kd);
	EVP_PKEY_free(own_pair);
}

/* The next registration is soon, and not of all members at the same moment. */
static void assert_registers_soon(uint64_t before)
{
	uint64_t at = group_next_registration(w.group);

	ck_assert_uint_eq(stats()->push_succeeded, 1);
	ck_assert_uint_gt(before, w.now + 600 * SECOND);
	ck_assert(at > w.now && at <= w.now + 2000);
	ck_assert_ptr_nonnull(world_sender(&w)); /* the present key goes on */
}

START_TEST(a_push_that_announces_a_kek_without_its_key)
{
	static struct download sa, kd;
	uint64_t before = group_next_registration(w.group);

	use_own_kek();
	memset(&sa, 0, sizeof(sa));
	craft_tek(&sa.teks[0], 0x1234, 7);
	sa.n_teks = 1;
	kd = sa;
	sa.has_kek = true;
	sa.kek = own_kek;
	sa.kek.spi[0] ^= 1;
	receive_push(&sa, &kd, 1);
	assert_registers_soon(before);
}
END_TEST

/* The KEK that is held may be said again without its key: it is known. */
START_TEST(a_push_that_repeats_the_kek_without_its_key)
{
	static struct download sa, kd;

	use_own_kek();
	memset(&sa, 0, sizeof(sa));
	craft_tek(&sa.teks[0], 0x1234, 7);
	sa.n_teks = 1;
	kd = sa;
	sa.has_kek = true;
	sa.kek = own_kek;
	receive_push(&sa, &kd, 1);
	ck_assert_uint_eq(stats()->push_succeeded, 1);
	ck_assert_uint_gt(group_next_registration(w.group), w.now + 600 * SECOND);
}
END_TEST

START_TEST(a_push_whose_every_tek_is_refused)
{
	static struct download sa;
	uint64_t before = group_next_registration(w.group);

	use_own_kek();
	memset(&sa, 0, sizeof(sa));
	for (size_t i = 0; i < 2; i++)
		craft_tek(&sa.teks[i], 0x1234 + (uint32_t)i, 7);
	sa.teks[0].tunnel = false; /* refused by the keyring, the other one below it */
	sa.teks[1].cipher = CIPHER_AES_GCM_128;
	sa.teks[1].auth = AUTH_NONE;
	sa.teks[1].key.len = 20;
	sa.teks[1].auth_key.len = 0;
	sa.n_teks = 2;
	receive_push(&sa, &sa, 1);
	assert_registers_soon(before);
}
END_TEST

START_TEST(a_push_of_which_one_tek_is_taken)
{
	static struct download sa;

	use_own_kek();
	memset(&sa, 0, sizeof(sa));
	for (size_t i = 0; i < 2; i++)
		craft_tek(&sa.teks[i], 0x1234 + (uint32_t)i, 7);
	sa.teks[0].tunnel = false;
	sa.n_teks = 2;
	receive_push(&sa, &sa, 1);
	ck_assert_uint_eq(stats()->push_succeeded, 1);
	ck_assert_uint_gt(group_next_registration(w.group), w.now + 600 * SECOND);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("group push");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, a_day_of_pushes);
	tcase_add_test(t, a_new_key_receives_before_it_sends);
	tcase_add_test(t, a_lost_push_comes_again);
	tcase_add_test(t, a_lost_acknowledgement_is_given_again);
	tcase_add_test(t, a_push_that_the_kernel_refuses_is_acknowledged_later);
	tcase_add_test(t, a_push_is_acknowledged_after_a_later_one);
	tcase_add_test(t, a_delete_is_acknowledged_after_the_registration);
	tcase_add_test(t, a_kek_change_is_acknowledged_after_another);
	tcase_add_test(t, a_retransmission_after_a_pull_is_acknowledged);
	tcase_add_test(t, cut_off_and_back);
	tcase_add_test(t, delete_all_teks);
	tcase_add_test(t, delete_one_tek);
	tcase_add_test(t, delete_with_replacement_never_stops);
	tcase_add_test(t, delete_the_kek);
	tcase_add_test(t, delete_everything);
	tcase_add_test(t, a_policy_without_a_key_is_asked_for_soon);
	tcase_add_test(t, a_policy_whose_key_ends_is_asked_for_soon);
	tcase_add_test(t, renewal_before_the_kek_ends);
	tcase_add_test(t, policies_by_push);
	tcase_add_test(t, a_lifetime_in_kilobytes);
	tcase_add_test(t, a_push_that_announces_a_kek_without_its_key);
	tcase_add_test(t, a_push_that_repeats_the_kek_without_its_key);
	tcase_add_test(t, a_push_whose_every_tek_is_refused);
	tcase_add_test(t, a_push_of_which_one_tek_is_taken);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
