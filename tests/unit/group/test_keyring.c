/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys of a group: what a download does, which key sends when, limits, ends. */
#include "lib/selector.h"
#include "member/group/group.h"
#include "tests/unit/support/download_tek.h"
#include "tests/unit/support/words.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

#define SECOND 1000u
#define T0 (1000 * SECOND)

static struct keyring *keys;
static struct download download;
static struct keyring_outcome outcome;

static void setup(void)
{
	ck_assert_int_eq(keyring_new(&keys, &(struct keyring_limits){ .max_keys = 4,
								      .max_policies = 2,
								      .first_tunnel_id = 49152,
								      .first_reqid = 100 }),
			 0);
	download_wipe(&download);
}

static void teardown(void)
{
	keyring_free(keys);
	keys = NULL;
}

/* Adds a TEK for 10.N.0.0/16 both ways. */
static struct tek *add_tek(uint32_t spi, uint8_t net, uint32_t life)
{
	return download_tek(&download, spi, net, life);
}

static void pull(uint64_t now)
{
	keyring_pull(keys, &download, now, &outcome);
	download_wipe(&download);
}

static void push(uint64_t now)
{
	static const struct keyring_deletes nothing;

	keyring_push(keys, &download, &nothing, true, now, &outcome);
	download_wipe(&download);
}

static const struct keyring_sa *key(size_t policy, size_t i)
{
	return keyring_policy(keys, policy)->keys[i].sa;
}

static size_t n_keys(size_t policy)
{
	return keyring_policy(keys, policy)->n_keys;
}

static uint32_t sender(size_t policy, uint64_t now)
{
	const struct keyring_sa *k = keyring_sender(keyring_policy(keys, policy), now);

	return k ? k->tek.spi : 0;
}

START_TEST(first_key_sends_at_once)
{
	ck_assert(!keyring_downloaded(keys));
	add_tek(1, 1, 3600);
	pull(T0);
	ck_assert(keyring_downloaded(keys));
	ck_assert_uint_eq(outcome.new_keys, 1);
	ck_assert_uint_eq(keyring_policies(keys), 1);
	ck_assert_uint_eq(keyring_policy(keys, 0)->keys[0].sa->reqid, 100);
	ck_assert_uint_eq(keyring_policy(keys, 0)->tunnel_id, 49152);
	ck_assert_uint_eq(sender(0, T0), 1);
	/* the guide's numbers: 3600 s, soft end 139 s before the hard one */
	ck_assert_uint_eq(keyring_policy(keys, 0)->keys[0].sa->soft_at, T0 + (3600 - 139) * SECOND);
	ck_assert_uint_eq(keyring_deadline(keys), T0 + 3600 * SECOND);
}
END_TEST

START_TEST(end_of_a_key)
{
	add_tek(1, 1, 60);
	pull(T0);
	ck_assert(!keyring_expire(keys, T0 + 60 * SECOND - 1));
	ck_assert_uint_eq(sender(0, T0 + 60 * SECOND - 1), 1);
	ck_assert(keyring_expire(keys, T0 + 60 * SECOND));
	ck_assert_uint_eq(sender(0, T0 + 60 * SECOND), 0);
	ck_assert_uint_eq(keyring_policies(keys), 1); /* the selector stays known, so that it is blocked */
	ck_assert_uint_eq(keyring_deadline(keys), UINT64_MAX);
}
END_TEST

START_TEST(pull_rollover_waits_for_the_last_member)
{
	uint64_t sends = T0 + 3570 * SECOND, renew = T0 + 3200 * SECOND;

	add_tek(1, 1, 3600);
	pull(T0);
	add_tek(1, 1, 400);
	add_tek(2, 1, 3500);
	pull(renew);
	ck_assert_uint_eq(outcome.new_keys, 1);
	ck_assert_uint_eq(outcome.known_keys, 1);
	ck_assert_uint_eq(keyring_policy(keys, 0)->n_keys, 2);
	ck_assert_uint_eq(sender(0, renew), 1);
	ck_assert_uint_eq(keyring_deadline(keys), sends); /* activation */
	ck_assert(keyring_expire(keys, sends));
	ck_assert_uint_eq(sender(0, sends), 2);
	ck_assert_uint_eq(keyring_policy(keys, 0)->n_keys, 2); /* the old one still receives */
	ck_assert(keyring_expire(keys, T0 + 3600 * SECOND));
	ck_assert_uint_eq(keyring_policy(keys, 0)->n_keys, 1);
}
END_TEST

START_TEST(activation_delay_counts_only_with_a_predecessor)
{
	download.has_gap = download.has_atd = true;
	download.activation_delay = 7;
	add_tek(1, 1, 600);
	pull(T0);
	ck_assert_uint_eq(sender(0, T0), 1);
	ck_assert_uint_eq(keyring_policy(keys, 0)->keys[0].send_at, T0);
	download.has_gap = download.has_atd = true;
	download.activation_delay = 7;
	add_tek(1, 1, 500);
	add_tek(2, 1, 1200);
	pull(T0 + 100 * SECOND);
	ck_assert_uint_eq(sender(0, T0 + 107 * SECOND - 1), 1);
	ck_assert_uint_eq(sender(0, T0 + 107 * SECOND), 2);
}
END_TEST

START_TEST(two_keys_at_once_the_older_sends)
{
	add_tek(2, 1, 3500); /* the order in the payload says nothing */
	add_tek(1, 1, 400);
	pull(T0);
	ck_assert_uint_eq(sender(0, T0), 1);
	ck_assert_uint_eq(keyring_policy(keys, 0)->keys[1].sa->tek.spi, 2);
}
END_TEST

START_TEST(sender_ends_before_its_successor_is_active)
{
	add_tek(1, 1, 60);
	pull(T0);
	download.has_gap = download.has_atd = true;
	download.activation_delay = 100;
	add_tek(2, 1, 600);
	pull(T0 + 10 * SECOND);
	ck_assert_uint_eq(sender(0, T0 + 59 * SECOND), 1);
	ck_assert_uint_eq(sender(0, T0 + 60 * SECOND), 2); /* rather than none */
}
END_TEST

START_TEST(limits)
{
	for (uint8_t i = 0; i < 3; i++)
		add_tek(20u + i, i, 600);
	pull(T0);
	ck_assert_uint_eq(keyring_policies(keys), 2);
	ck_assert_uint_eq(outcome.exceed_policies, 1);
	ck_assert_ptr_nonnull(strstr(refusal_words_of(&outcome.refusals[0]), "10.2.0.0/16 -> 10.2.0.0/16"));
}
END_TEST

/* A keyring with room for more policies than one download may have TEKs. */
static void setup_wide(void)
{
	teardown();
	ck_assert_int_eq(keyring_new(&keys, &(struct keyring_limits){ .max_keys = 4,
								      .max_policies = 10,
								      .first_tunnel_id = 49152,
								      .first_reqid = 100 }),
			 0);
	download_wipe(&download);
}

static uint32_t newest(uint8_t net)
{
	for (size_t i = 0; i < keyring_policies(keys); i++) {
		const struct keyring_policy *p = keyring_policy(keys, i);

		if (p->sel.src.addr == (0x0a000000 | (uint32_t)net << 16) && p->n_keys > 0)
			return p->keys[p->n_keys - 1].sa->tek.spi;
	}
	return 0;
}

/* More TEKs than max-keys, one a policy: the first of them in the server's order are taken. */
START_TEST(limit_of_keys)
{
	setup_wide();
	for (uint8_t i = 0; i < 6; i++)
		add_tek(10u + i, i, 600u - i);
	pull(T0);
	ck_assert_uint_eq(outcome.new_keys, 4);
	ck_assert_uint_eq(outcome.exceed_keys, 2);
	ck_assert_uint_eq(outcome.n_refusals, 2);
	ck_assert_ptr_nonnull(strstr(refusal_words_of(&outcome.refusals[0]), "max-keys"));
	for (uint8_t i = 0; i < 6; i++)
		ck_assert_uint_eq(newest(i), i < 4 ? 10u + i : 0);
	/* a policy that the server puts before them takes no key from those that work */
	for (uint8_t i = 0; i < 4; i++)
		add_tek(30u + i, (uint8_t)(3 + i), 600);
	for (uint8_t i = 0; i < 4; i++)
		add_tek(20u + i, i, 1200);
	pull(T0 + 300 * SECOND);
	ck_assert_uint_eq(outcome.exceed_keys, 3);
	for (uint8_t i = 0; i < 4; i++)
		ck_assert_uint_eq(newest(i), 20u + i);
	ck_assert_uint_eq(newest(4) + newest(5) + newest(6), 0);
	/* what is refused counts for nothing; so does what cannot be used at all */
	for (uint8_t i = 0; i < 4; i++)
		add_tek(40u + i, (uint8_t)(10 + i), 600)->tunnel = false;
	for (uint8_t i = 0; i < 4; i++)
		add_tek(50u + i, i, 2400);
	pull(T0 + 600 * SECOND);
	ck_assert_uint_eq(outcome.exceed_keys, 0);
	ck_assert_uint_eq(outcome.new_keys, 4);
}
END_TEST

/* A6: old keys still live during a rollover do not count, in pulls and pushes, whether they are held or not. */
START_TEST(rollover_at_the_limit)
{
	for (int pushed = 0; pushed < 2; pushed++)
		for (int held = 0; held < 2; held++) {
			uint64_t now = T0 + 3300 * SECOND;

			setup_wide();
			for (uint8_t i = 0; held && i < 4; i++)
				add_tek(10u + i, i, 3600);
			pull(T0);
			for (uint8_t i = 0; i < 4; i++) {
				add_tek(20u + i, i, 3600);
				add_tek(10u + i, i, 300);
			}
			if (pushed)
				keyring_push(keys, &download, &(struct keyring_deletes){ 0 }, true, now, &outcome);
			else
				keyring_pull(keys, &download, now, &outcome);
			download_wipe(&download);
			ck_assert_uint_eq(outcome.exceed_keys, 0);
			ck_assert_uint_eq(outcome.new_keys, held ? 4 : 8);
			ck_assert_uint_eq(outcome.known_keys, held ? 4 : 0);
			for (uint8_t i = 0; i < 4; i++)
				ck_assert_uint_eq(newest(i), 20u + i);
		}
}
END_TEST

/*
 * The new key of a policy may have the shorter life, when it was lowered at the server.  Listed beside the old one,
 * which everybody holds then, it receives; a message that replaces the old one has it sent with.
 */
START_TEST(rollover_to_a_shorter_life)
{
	setup_wide();
	for (uint8_t i = 0; i < 4; i++)
		add_tek(10u + i, i, 28800);
	pull(T0);
	for (uint8_t i = 0; i < 4; i++) {
		add_tek(10u + i, i, 28000);
		add_tek(20u + i, i, 3600);
	}
	pull(T0 + 800 * SECOND);
	ck_assert_uint_eq(outcome.exceed_keys, 0);
	for (uint8_t i = 0; i < 4; i++) {
		ck_assert_uint_eq(newest(i), 10u + i);
		ck_assert_uint_eq(n_keys(i), 2);
		ck_assert_uint_eq(sender(i, T0 + 4000 * SECOND), 10u + i);
	}
	for (uint8_t i = 0; i < 4; i++)
		add_tek(30u + i, i, 3600);
	push(T0 + 900 * SECOND);
	for (uint8_t i = 0; i < 4; i++) {
		ck_assert_uint_eq(newest(i), 30u + i);
		ck_assert_uint_eq(sender(i, T0 + 924 * SECOND), 10u + i);
		ck_assert_uint_eq(sender(i, T0 + 925 * SECOND), 30u + i);
	}
}
END_TEST

START_TEST(refused_by_name)
{
	static const struct {
		const char *words;
		int what;
	} cases[] = { { "Address Preservation", 0 }, { "SA Direction", 1 },
		      { "transport mode", 2 },       { "multicast", 3 },
		      { "lifetime of 0", 4 },        { "ports without", 5 },
		      { "sender id (RFC 6054)", 6 } };

	add_tek(1, 1, 600);
	pull(T0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct tek *t = add_tek(50, 2, 600);

		switch (cases[i].what) {
		case 0:
			t->preserve = PRESERVE_DESTINATION_ONLY;
			break;
		case 1:
			t->direction = SA_SENDER_ONLY;
			break;
		case 2:
			t->tunnel = false;
			break;
		case 3:
			t->sel.dst = (struct ip_prefix){ 0xefc00101, 32 };
			break;
		case 4:
			t->life_seconds = 0;
			break;
		case 6:
			t->cipher = CIPHER_AES_GCM_256;
			break;
		case 5:
			t->sel.dport = (struct port_range){ 1, 2 };
			break;
		}
		add_tek(1, 1, 600);
		pull(T0);
		ck_assert_uint_eq(outcome.unsupported, cases[i].what == 6);
		ck_assert_uint_eq(outcome.refused, cases[i].what != 6);
		ck_assert_msg(strstr(refusal_words_of(&outcome.refusals[0]), cases[i].words) != NULL, "%s",
			      refusal_words_of(&outcome.refusals[0]));
		ck_assert_uint_eq(sender(0, T0), 1); /* what works is kept */
	}
}
END_TEST

START_TEST(spi_with_another_key)
{
	struct tek *t;

	add_tek(1, 1, 600);
	pull(T0);
	t = add_tek(1, 1, 600);
	t->key.data[0] ^= 1;
	pull(T0);
	ck_assert_uint_eq(outcome.new_keys + outcome.known_keys, 0);
	ck_assert_uint_eq(outcome.refused, 1);
	ck_assert_uint_eq(outcome.n_refusals, 1);
	ck_assert_mem_eq(keyring_policy(keys, 0)->keys[0].sa->tek.key.data, "0123", 4);
}
END_TEST

static void push_deleting_all(uint64_t now)
{
	keyring_push(keys, &download, &(struct keyring_deletes){ .all = true }, true, now, &outcome);
	download_wipe(&download);
}

START_TEST(policies_come_and_go)
{
	uint32_t reqid, tunnel_id;

	add_tek(1, 1, 600);
	add_tek(2, 2, 600);
	pull(T0);
	reqid = keyring_policy(keys, 1)->keys[0].sa->reqid;
	tunnel_id = keyring_policy(keys, 1)->tunnel_id;
	add_tek(2, 2, 500);
	add_tek(3, 3, 600);
	pull(T0 + 100 * SECOND); /* 10.1 is gone, 10.3 new, and the place is free for it only after */
	ck_assert_uint_eq(outcome.removed_policies, 1);
	ck_assert_uint_eq(keyring_policies(keys), 2);
	ck_assert_uint_eq(keyring_policy(keys, 0)->keys[0].sa->reqid,
			  reqid); /* 10.2 is undisturbed, and first as the server has it */
	ck_assert_uint_eq(keyring_policy(keys, 0)->tunnel_id, tunnel_id);
	ck_assert_uint_eq(sender(0, T0 + 100 * SECOND), 2);
	/* a pull without TEKs is legal: a push will bring them (RFC 6407 5.6.1) */
	pull(T0 + 200 * SECOND);
	ck_assert_uint_eq(keyring_policies(keys), 2);
	/* a part was refused: what is not named may be what was refused, so it stays */
	download.n_refusals = 1;
	download.refusals[0] = (struct refusal){ .reason = REFUSAL_UNSUPPORTED_ALGORITHM,
						 .spi = 9,
						 .has_sel = true,
						 .sel = keyring_policy(keys, 0)->sel,
						 .cause = { .id = CAUSE_TEK_KEY_USE } };
	add_tek(3, 3, 400);
	pull(T0 + 200 * SECOND);
	ck_assert_uint_eq(outcome.unsupported, 1);
	ck_assert_uint_eq(outcome.refused, 0);
	ck_assert_uint_eq(keyring_policies(keys), 2);
	/* ... a push keeps it too, without its deleted key when its time is over */
	download.n_refusals = 1;
	download.refusals[0] = (struct refusal){
		.reason = REFUSAL_NO_KEY, .spi = 9, .has_sel = true, .sel = keyring_policy(keys, 0)->sel
	};
	ck_assert_uint_eq(keyring_policy(keys, 0)->keys[0].sa->tek.spi, 2); /* in its place */
	add_tek(3, 3, 400);
	push_deleting_all(T0 + 200 * SECOND);
	ck_assert_uint_eq(outcome.refused, 1);
	ck_assert_uint_eq(keyring_policies(keys), 2);
	keyring_expire(keys, T0 + 251 * SECOND);
	ck_assert_uint_eq(keyring_policies(keys), 2);
	ck_assert_uint_eq(sender(0, T0 + 251 * SECOND), 0);
	/* more were refused than are told apart: any policy may be one of them */
	download.n_refusals = DOWNLOAD_REFUSALS_MAX + 2;
	add_tek(3, 3, 300);
	pull(T0 + 300 * SECOND);
	ck_assert_uint_eq(outcome.refused, DOWNLOAD_REFUSALS_MAX + 2);
	ck_assert_uint_eq(outcome.n_refusals, KEYRING_REFUSALS_MAX);
	ck_assert_uint_eq(outcome.more_refusals, DOWNLOAD_REFUSALS_MAX + 2 - KEYRING_REFUSALS_MAX);
	ck_assert_uint_eq(keyring_policies(keys), 2);
	/* a refusal that cannot be of a policy that is held keeps none */
	download.n_refusals = 1;
	download.refusals[0] =
		(struct refusal){ .reason = REFUSAL_UNSUPPORTED_PROTOCOL, .cause = { .id = CAUSE_TEK_POLICY_ALONE } };
	add_tek(3, 3, 300);
	pull(T0 + 300 * SECOND);
	ck_assert_uint_eq(outcome.refused, 1);
	ck_assert_uint_eq(keyring_policies(keys), 1);
}
END_TEST

START_TEST(renewal_window)
{
	uint64_t soft;

	ck_assert_uint_eq(keyring_renew_at(keys, 0, 1), UINT64_MAX);
	add_tek(1, 1, 3600);
	pull(T0);
	soft = T0 + (3600 - 139) * SECOND;
	ck_assert_uint_eq(keyring_renew_at(keys, 0, 1), soft - 30 * SECOND);
	ck_assert_uint_eq(keyring_renew_at(keys, 1000, 1), soft - 330 * SECOND);
	ck_assert_uint_eq(keyring_renew_at(keys, 500, 1), soft - 180 * SECOND);
	/* four servers: three may be silent, 62 s each, of which a twentieth of the life is given; never earlier than
	 * before */
	ck_assert_uint_eq(keyring_renew_at(keys, 0, 4), soft - (30 + 180) * SECOND);
	ck_assert_uint_eq(keyring_renew_at(keys, 1000, 4), soft - 330 * SECOND);
	ck_assert_uint_eq(keyring_renew_at(keys, 0, 2), soft - (30 + 62) * SECOND);
	add_tek(2, 2, 30); /* the earliest policy decides; short lives keep a margin of 8 s */
	add_tek(1, 1, 3600);
	pull(T0);
	ck_assert_uint_eq(keyring_renew_at(keys, 0, 1), T0 + 18250);
	ck_assert_uint_eq(keyring_renew_at(keys, 1000, 1), T0 + 15750);
}
END_TEST

START_TEST(a_long_rollover_is_bounded)
{
	for (uint32_t i = 1; i <= 3 * KEYRING_KEYS_MAX; i++) {
		add_tek(i, 1, 3600 + i);
		pull(T0 + i);
		ck_assert_uint_le(keyring_policy(keys, 0)->n_keys, KEYRING_KEYS_MAX);
	}
	ck_assert_uint_eq(keyring_policy(keys, 0)->keys[KEYRING_KEYS_MAX - 1].sa->tek.spi, 3 * KEYRING_KEYS_MAX);
	keyring_clear_keys(keys);
	ck_assert_uint_eq(keyring_policies(keys), 1);
	ck_assert_uint_eq(sender(0, T0), 0);
}
END_TEST

/* Without a delay from the server: the last member may have the push 20 s later. */
START_TEST(a_pushed_key_waits_for_two_retransmissions)
{
	add_tek(1, 1, 3600);
	pull(T0);
	add_tek(2, 1, 3600);
	push(T0 + 3000 * SECOND);
	ck_assert_uint_eq(sender(0, T0 + 3025 * SECOND - 1), 1);
	ck_assert_uint_eq(sender(0, T0 + 3025 * SECOND), 2);
}
END_TEST

/*
 * A group without pushes: one member has the old key from its start, another joined later and was told what remained.
 * Whenever the second learns the successor, the first must not have begun to send with it, with room for a registration
 * that needs a retransmission where the lifetime allows it.
 */
START_TEST(the_last_member_has_the_pulled_key_before_the_first_sends)
{
	static const uint32_t lives[] = { 20, 30, 60, 180, 600, 3600, 28800, 86400 };

	for (size_t i = 0; i < ARRAY_SIZE(lives); i++) {
		const uint32_t life = lives[i], made = life / 2 < 510 ? life / 2 : 510;

		for (uint32_t left = life; left > made; left -= (life + 99) / 100) {
			uint64_t end = T0 + life * SECOND, learns, sends;

			add_tek(1, 1, left);
			pull(end - left * SECOND);
			learns = keyring_renew_at(keys, 0, 1);
			keyring_clear(keys);
			add_tek(1, 1, life);
			pull(T0);
			add_tek(2, 1, life);
			pull(end - made * SECOND);
			sends = keyring_policy(keys, 0)->keys[1].send_at;
			ck_assert_msg(learns + (life < 600 ? 1 : 15) * SECOND <= sends,
				      "a key of %u s: who joined with %u s left learns its successor %d ms before "
				      "others send with it",
				      life, left, (int)(sends - learns));
			/* ... and it was told the end in whole seconds, so its own may be one earlier */
			ck_assert_uint_le(sends + 2 * SECOND, end);
			keyring_clear(keys);
			if (left <= (life + 99) / 100)
				break;
		}
	}
}
END_TEST

START_TEST(a_late_push_activates_at_the_soft_end)
{
	uint64_t soft;

	add_tek(1, 1, 60);
	pull(T0);
	soft = keyring_policy(keys, 0)->keys[0].sa->soft_at;
	add_tek(2, 1, 60);
	push(soft - 10 * SECOND);
	ck_assert_uint_eq(sender(0, soft - 1), 1);
	ck_assert_uint_eq(sender(0, soft), 2);
	add_tek(3, 1, 60); /* past the next soft end, not at once either */
	soft = keyring_policy(keys, 0)->keys[1].sa->soft_at;
	push(soft + 1);
	ck_assert_uint_eq(sender(0, soft + 5 * SECOND), 2);
	ck_assert_uint_eq(sender(0, soft + 5 * SECOND + 1), 3);
}
END_TEST

/* Rekeys faster than their activation: many wait, and whatever goes to make room, the key that sends stays. */
START_TEST(the_key_that_sends_is_never_dropped)
{
	add_tek(1, 1, 3600);
	pull(T0);
	for (uint32_t i = 2; i <= 4 * KEYRING_KEYS_MAX; i++) {
		uint64_t now = T0 + i * SECOND / 2;
		uint32_t sends;

		keyring_expire(keys, now);
		sends = sender(0, now);
		add_tek(i, 1, 3600);
		push(now);
		ck_assert_uint_ne(sends, 0);
		ck_assert_uint_eq(sender(0, now), sends);
		ck_assert_uint_le(keyring_policy(keys, 0)->n_keys, KEYRING_KEYS_MAX);
	}
}
END_TEST

/* What a killed daemon left in the kernel: the keys go on by their SPIs, and the next pull brings what they are made
 * of. */
START_TEST(keys_of_an_earlier_run)
{
	struct keyring_sa sa;
	struct keyring_key key;
	struct keyring_policy old;

	add_tek(1, 1, 3600);
	pull(T0);
	key = keyring_policy(keys, 0)->keys[0];
	sa = *key.sa;
	key.sa = &sa;
	old = *keyring_policy(keys, 0);
	explicit_bzero(&sa.tek.key, sizeof(sa.tek.key));
	explicit_bzero(&sa.tek.auth_key, sizeof(sa.tek.auth_key));
	old.keys = &key;
	keyring_clear(keys);
	keyring_restore(keys, &old, 1, T0 + 10 * SECOND);
	ck_assert(keyring_downloaded(keys));
	ck_assert_uint_eq(sender(0, T0 + 10 * SECOND), 1);
	ck_assert_uint_eq(keyring_policy(keys, 0)->keys[0].sa->reqid, 100);
	ck_assert_uint_eq(keyring_deadline(keys), T0 + 3600 * SECOND);
	add_tek(1, 1, 3590);
	pull(T0 + 11 * SECOND);
	ck_assert_uint_eq(outcome.known_keys, 1);
	ck_assert_uint_eq(outcome.new_keys, 0);
	ck_assert_uint_eq(keyring_policy(keys, 0)->keys[0].sa->tek.key.len, 32);
	ck_assert_uint_eq(keyring_policy(keys, 0)->keys[0].sa->hard_at, T0 + 3600 * SECOND);
	add_tek(1, 1, 3590)->key.data[0] ^= 1; /* from here on it is known */
	pull(T0 + 12 * SECOND);
	ck_assert_uint_eq(outcome.known_keys, 0);
}
END_TEST

/* SPI 0 means what was held before the message; a key that the message brings again is none of that (gdoi-wire.md). */
START_TEST(a_key_that_is_deleted_and_brought_again)
{
	uint64_t renew;

	add_tek(1, 1, 3600);
	pull(T0);
	renew = keyring_renew_at(keys, 500, 1);
	add_tek(1, 1, 3000);
	push_deleting_all(T0 + 600 * SECOND);
	ck_assert_uint_eq(outcome.deleted_keys, 0);
	ck_assert_uint_eq(outcome.known_keys, 1);
	ck_assert_uint_eq(keyring_policy(keys, 0)->keys[0].sa->hard_at, T0 + 3600 * SECOND);
	ck_assert_uint_eq(keyring_renew_at(keys, 500, 1), renew);
	/* under the same SPI another key is none that was held */
	add_tek(1, 1, 3000)->key.data[0] ^= 1;
	push_deleting_all(T0 + 700 * SECOND);
	ck_assert_uint_eq(outcome.deleted_keys, 1);
}
END_TEST

/* A deleted key whose replacement cannot be used ends at the deactivation delay: the renewal is before that, spread. */
START_TEST(a_deleted_key_without_a_usable_successor)
{
	const uint64_t now = T0 + 600 * SECOND;
	const struct keyring_sa *key;

	add_tek(1, 1, 3600);
	pull(T0);
	add_tek(2, 1, 3600)->tunnel = false;
	push_deleting_all(now);
	ck_assert_uint_eq(outcome.new_keys, 0);
	ck_assert_uint_eq(outcome.deleted_keys, 1);
	ck_assert_uint_eq(keyring_policy(keys, 0)->n_keys, 1);
	key = keyring_policy(keys, 0)->keys[0].sa;
	ck_assert_uint_eq(key->hard_at, now + 50 * SECOND);
	ck_assert_uint_lt(key->soft_at, key->hard_at);
	ck_assert_uint_lt(keyring_renew_at(keys, 0, 1), key->soft_at);
	ck_assert_uint_lt(keyring_renew_at(keys, 1000, 1), now + 10 * SECOND);
	ck_assert_uint_gt(keyring_renew_at(keys, 1000, 1), now);
	ck_assert_uint_ge(keyring_renew_at(keys, 0, 1) - keyring_renew_at(keys, 1000, 1), 20 * SECOND);
	/* the server has it again after all */
	add_tek(1, 1, 2990);
	push(now + 10 * SECOND);
	ck_assert_uint_eq(keyring_policy(keys, 0)->keys[0].sa->hard_at, T0 + 3600 * SECOND);
	ck_assert_uint_gt(keyring_renew_at(keys, 0, 1), now + 2000 * SECOND);
}
END_TEST

static void push_deleting(uint32_t spi, uint64_t now)
{
	const struct keyring_deletes one = { .spis = &spi, .n_spis = 1 };

	keyring_push(keys, &download, &one, true, now, &outcome);
	download_wipe(&download);
}

static void delays(uint16_t activation, uint16_t deactivation)
{
	download.has_gap = download.has_atd = download.has_dtd = true;
	download.activation_delay = activation;
	download.deactivation_delay = deactivation;
}

/* The deactivation delay has retired the old key before its own end; the server lists it beside the new one until then.
 */
START_TEST(a_retired_key_that_is_listed_again_only_receives)
{
	/* listed with its successor, or alone by a server that lags behind; while it is held still, or after */
	for (int alone = 0; alone < 2; alone++)
		for (uint64_t again = T0 + 3040 * SECOND; again <= T0 + 3080 * SECOND; again += 10 * SECOND) {
			uint32_t left = (uint32_t)((T0 + 3600 * SECOND - again) / SECOND);

			keyring_clear(keys);
			delays(20, 60);
			add_tek(1, 1, 3600);
			pull(T0);
			delays(20, 60);
			add_tek(2, 1, 3600);
			push(T0 + 3000 * SECOND);
			keyring_expire(keys, again);
			ck_assert_uint_eq(n_keys(0), again < T0 + 3060 * SECOND ? 2 : 1);
			delays(20, 60);
			add_tek(1, 1, left);
			if (!alone)
				add_tek(2, 1, left + 3000);
			pull(again);
			ck_assert_uint_eq(n_keys(0), 2);
			for (uint64_t now = again; now < T0 + 3600 * SECOND; now += SECOND) {
				keyring_expire(keys, now);
				ck_assert_msg(sender(0, now) == 2, "%u sends after %u s", sender(0, now),
					      (unsigned)((now - T0) / SECOND));
				ck_assert_uint_eq(n_keys(0), 2); /* what is listed is not retired by the delay */
			}
			keyring_expire(keys, T0 + 3600 * SECOND);
			ck_assert_uint_eq(n_keys(0), 1);
			ck_assert_uint_eq(sender(0, T0 + 6000 * SECOND - 1), 2);
			ck_assert_uint_gt(keyring_renew_at(keys, 1000, 1), T0 + 6000 * SECOND);
		}
}
END_TEST

/*
 * Who joins after a rekey is given both keys, and cannot know how old the new one is: where the server names a
 * deactivation delay the others may have retired the old one long ago, and all of them hold the new one.
 */
START_TEST(a_member_that_joins_during_a_rollover)
{
	for (int delayed = 0; delayed < 2; delayed++) {
		keyring_clear(keys);
		if (delayed)
			delays(20, 60);
		add_tek(1, 1, 400);
		add_tek(2, 1, 3500);
		pull(T0);
		ck_assert_uint_eq(n_keys(0), 2);
		ck_assert_uint_eq(sender(0, T0), delayed ? 2 : 1);
		ck_assert_uint_eq(key(0, 0)->hard_at, T0 + 400 * SECOND);
	}
}
END_TEST

/* ... not even while the newer one still waits for its activation: others have retired it. */
START_TEST(a_retired_key_does_not_send_while_its_successor_waits)
{
	delays(50, 20);
	add_tek(1, 1, 3600);
	pull(T0);
	delays(50, 20);
	add_tek(2, 1, 3600);
	push(T0 + 3000 * SECOND);
	keyring_expire(keys, T0 + 3020 * SECOND);
	ck_assert_uint_eq(sender(0, T0 + 3020 * SECOND), 2);
	delays(50, 20);
	add_tek(1, 1, 570);
	add_tek(2, 1, 3570);
	pull(T0 + 3030 * SECOND);
	ck_assert_uint_eq(sender(0, T0 + 3030 * SECOND), 2);
	ck_assert_uint_eq(sender(0, T0 + 3060 * SECOND), 2);
}
END_TEST

/* A key of which the member has missed the push, and the next one's came. */
START_TEST(a_missed_key_that_ends_before_the_held_one_only_receives)
{
	add_tek(3, 1, 3600);
	pull(T0);
	delays(20, 60);
	add_tek(2, 1, 600);
	add_tek(3, 1, 3500);
	pull(T0 + 100 * SECOND);
	for (uint32_t s = 100; s < 3600; s += 10) {
		keyring_expire(keys, T0 + s * SECOND);
		ck_assert_uint_eq(sender(0, T0 + s * SECOND), 3);
	}
}
END_TEST

START_TEST(the_deactivation_delay_is_for_what_a_message_replaces)
{
	delays(20, 60);
	add_tek(1, 1, 3600);
	pull(T0);
	delays(20, 60);
	add_tek(1, 1, 3500); /* listed: it is not replaced */
	add_tek(2, 1, 7200);
	pull(T0 + 100 * SECOND);
	ck_assert_uint_eq(key(0, 0)->hard_at, T0 + 3600 * SECOND);
	delays(20, 60);
	add_tek(3, 1, 7200); /* both of them are */
	push(T0 + 200 * SECOND);
	ck_assert_uint_eq(key(0, 0)->hard_at, T0 + 260 * SECOND);
	ck_assert_uint_eq(key(0, 1)->hard_at, T0 + 260 * SECOND);
	ck_assert_uint_eq(sender(0, T0 + 219 * SECOND), 2);
	ck_assert_uint_eq(sender(0, T0 + 221 * SECOND), 3);
}
END_TEST

static uint8_t net_of(size_t policy)
{
	return (uint8_t)(keyring_policy(keys, policy)->sel.src.addr >> 16);
}

/* The order between overlapping policies is that of the last complete download: a push tells what changes. */
START_TEST(a_push_leaves_the_order)
{
	static const uint8_t want[] = { 1, 2, 3, 9, 8 };

	setup_wide();
	for (uint8_t i = 1; i <= 3; i++)
		add_tek(10u + i, i, 3600);
	pull(T0);
	add_tek(23, 3, 3600);
	add_tek(19, 9, 3600);
	add_tek(18, 8, 600);
	add_tek(22, 2, 3600);
	push(T0 + 100 * SECOND);
	ck_assert_uint_eq(keyring_policies(keys), 5);
	for (size_t i = 0; i < ARRAY_SIZE(want); i++)
		ck_assert_uint_eq(net_of(i), want[i]);
	/* a pull has the order anew; what it names only by a refusal stays behind the one that it stood behind */
	add_tek(18, 8, 500);
	add_tek(23, 3, 3500);
	add_tek(22, 2, 3500);
	download.n_refusals = 1;
	download.refusals[0] = (struct refusal){
		.reason = REFUSAL_NO_KEY, .spi = 5, .has_sel = true, .sel = keyring_policy(keys, 3)->sel
	};
	pull(T0 + 200 * SECOND);
	ck_assert_uint_eq(keyring_policies(keys), 4);
	ck_assert_uint_eq(net_of(0), 8);
	ck_assert_uint_eq(net_of(1), 3);
	ck_assert_uint_eq(net_of(2), 9);
	ck_assert_uint_eq(net_of(3), 2);
}
END_TEST

/* Times of a key that was deleted when its soft end had passed. */
START_TEST(a_deleted_key_past_its_soft_end_is_renewed_at_once)
{
	for (unsigned share = 0; share <= 1000; share += 250)
		for (uint32_t at = 3400; at < 3600; at++) {
			const uint64_t now = T0 + at * SECOND;
			uint64_t renew;

			keyring_clear(keys);
			add_tek(1, 1, 3600);
			pull(T0);
			add_tek(2, 1, 3600)->tunnel = false; /* the successor cannot be used */
			push_deleting(1, now);
			ck_assert_uint_eq(outcome.deleted_keys, 1);
			renew = keyring_renew_at(keys, share, 1);
			ck_assert_msg(renew < key(0, 0)->hard_at, "deleted at %u s: renewed %lld ms after its end", at,
				      (long long)(renew - key(0, 0)->hard_at));
			ck_assert_uint_le(key(0, 0)->soft_at, key(0, 0)->hard_at);
		}
}
END_TEST

START_TEST(a_key_that_the_delay_cuts_has_its_soft_end_before_its_end)
{
	const uint64_t now = T0 + 600 * SECOND;

	delays(20, 60);
	add_tek(1, 1, 3600);
	pull(T0);
	delays(20, 60);
	add_tek(2, 1, 3600);
	push(now);
	ck_assert_uint_eq(key(0, 0)->hard_at, now + 60 * SECOND);
	ck_assert_uint_le(key(0, 0)->soft_at, key(0, 0)->hard_at);
	/* its successor goes: 20 s are left, and the next registration is before that */
	keyring_push(keys, &download, &(struct keyring_deletes){ .spis = (uint32_t[]){ 2 }, .n_spis = 1 }, false,
		     now + 40 * SECOND, &outcome);
	ck_assert_uint_eq(n_keys(0), 1);
	ck_assert_uint_lt(keyring_renew_at(keys, 0, 1), now + 60 * SECOND);
}
END_TEST

/* Sending with a key that the server has deleted and replaced in one message (RFC 6407 5.9, 5.4.1). */
START_TEST(a_deleted_and_replaced_key)
{
	for (int all = 0; all < 2; all++)
		for (int delayed = 0; delayed < 2; delayed++) {
			uint64_t now = T0 + 600 * SECOND;
			bool stays = delayed && !all; /* the others keep it as long as the server's delay says */

			keyring_clear(keys);
			add_tek(1, 1, 3600);
			pull(T0);
			add_tek(2, 1, 3600);
			if (delayed)
				delays(20, 60);
			if (all)
				push_deleting_all(now);
			else
				push_deleting(1, now);
			ck_assert_uint_eq(sender(0, now), stays ? 1 : 2);
			ck_assert_uint_eq(sender(0, now + 19 * SECOND), stays ? 1 : 2);
			ck_assert_uint_eq(sender(0, now + 20 * SECOND), 2);
			ck_assert_uint_eq(n_keys(0), 2); /* what is under way under it arrives */
			ck_assert_uint_eq(key(0, 0)->hard_at, now + (delayed ? 60 : 50) * SECOND);
		}
	/* without a successor that can be used nothing is sent */
	keyring_clear(keys);
	add_tek(1, 1, 3600);
	pull(T0);
	add_tek(2, 1, 3600)->tunnel = false;
	push_deleting_all(T0 + 600 * SECOND);
	ck_assert_uint_eq(n_keys(0), 1);
	ck_assert_uint_eq(sender(0, T0 + 600 * SECOND), 0);
	/* listed again it lives, and sends */
	add_tek(1, 1, 2990);
	pull(T0 + 610 * SECOND);
	ck_assert_uint_eq(sender(0, T0 + 610 * SECOND), 1);
}
END_TEST

/* A lifetime in kilobytes: nearly used it is a reason to renew, used up the key is gone, and is not taken again. */
START_TEST(kilobytes_that_are_used)
{
	add_tek(1, 1, 3600)->life_kilobytes = 5000;
	add_tek(2, 2, 3600);
	pull(T0);
	ck_assert(!keyring_wear(keys, 9, false, T0 + SECOND));
	ck_assert(keyring_wear(keys, 1, false, T0 + SECOND));
	ck_assert(!keyring_wear(keys, 1, false, T0 + SECOND)); /* the other direction: nothing new */
	ck_assert_uint_le(keyring_renew_at(keys, 0, 1), T0 + SECOND);
	ck_assert_uint_eq(sender(0, T0 + SECOND), 1);
	ck_assert(keyring_wear(keys, 1, true, T0 + 2 * SECOND));
	ck_assert_uint_eq(sender(0, T0 + 2 * SECOND), 0);
	ck_assert_uint_eq(sender(1, T0 + 2 * SECOND), 2);
	ck_assert_uint_gt(keyring_renew_at(keys, 1000, 1), T0 + 3000 * SECOND);
	/* what knows nothing of it gives it again */
	add_tek(1, 1, 3590)->life_kilobytes = 5000;
	add_tek(2, 2, 3590);
	pull(T0 + 10 * SECOND);
	ck_assert_uint_eq(outcome.refused, 1);
	ck_assert_ptr_nonnull(strstr(refusal_words_of(&outcome.refusals[0]), "5000 kilobytes"));
	ck_assert_uint_eq(sender(0, T0 + 10 * SECOND), 0);
	add_tek(3, 1, 3600)->life_kilobytes = 5000;
	add_tek(2, 2, 3580);
	pull(T0 + 20 * SECOND);
	ck_assert_uint_eq(sender(0, T0 + 20 * SECOND), 3);
	/* retired by the delay, and listed again: the kernel would count anew */
	for (int worn = 0; worn < 2; worn++) {
		keyring_clear(keys);
		add_tek(1, 1, 3600)->life_kilobytes = 5000;
		pull(T0);
		if (worn)
			ck_assert(keyring_wear(keys, 1, false, T0));
		delays(2, 4);
		add_tek(2, 1, 3600)->life_kilobytes = 5000;
		push(T0);
		keyring_expire(keys, T0 + 5 * SECOND);
		ck_assert_uint_eq(n_keys(0), 1);
		add_tek(1, 1, 3500)->life_kilobytes = 5000;
		add_tek(2, 1, 3500)->life_kilobytes = 5000;
		pull(T0 + 100 * SECOND);
		ck_assert_uint_eq(outcome.refused, worn ? 1 : 0);
		ck_assert_uint_eq(n_keys(0), worn ? 1 : 2);
		ck_assert_uint_eq(key(0, 0)->tek.life_kilobytes, worn ? 5000 : 1000);
	}
}
END_TEST

/* A TEK of the SA for each of the policies FROM to TO - 1. */
static void add_sa(uint32_t spi, uint8_t from, uint8_t to, uint32_t life)
{
	for (uint8_t i = from; i < to; i++)
		add_tek(spi, i, life);
}

/* max-keys counts SPIs, max-policies policies. */
START_TEST(limits_of_shared_sas)
{
	teardown();
	ck_assert_int_eq(keyring_new(&keys, &(struct keyring_limits){ .max_keys = 2,
								      .max_policies = 10,
								      .first_tunnel_id = 49152,
								      .first_reqid = 100 }),
			 0);
	add_sa(1, 0, 6, 3600);
	add_sa(2, 6, 11, 3600); /* one policy too many */
	add_sa(3, 11, 13, 3600);
	pull(T0);
	ck_assert_uint_eq(outcome.new_keys, 2);
	ck_assert_uint_eq(outcome.exceed_keys, 1);
	ck_assert_uint_eq(outcome.exceed_policies, 1);
	ck_assert_uint_eq(keyring_policies(keys), 10);
	ck_assert_uint_eq(keyring_sas(keys), 2);
	for (size_t i = 0; i < 10; i++) {
		ck_assert_uint_eq(keyring_policy(keys, i)->tunnel_id, 49152 + i);
		ck_assert_uint_eq(sender(i, T0), i < 6 ? 1 : 2);
	}
	/* old keys that are listed beside the new ones do not count */
	add_sa(1, 0, 6, 600);
	add_sa(4, 0, 6, 3600);
	add_sa(2, 6, 10, 600);
	add_sa(5, 6, 10, 3600);
	pull(T0 + 3000 * SECOND);
	ck_assert_uint_eq(outcome.exceed_keys + outcome.exceed_policies, 0);
	ck_assert_uint_eq(outcome.new_keys, 2);
	ck_assert_uint_eq(outcome.known_keys, 2);
}
END_TEST

static uint32_t reqid(uint32_t spi)
{
	const struct keyring_sa *sa = keyring_sa_with(keys, spi);

	return sa ? sa->reqid : 0;
}

/* A rollover of the whole SA changes no reqid; what is split or merged has another, so that each policy can be turned
 * alone. */
START_TEST(shared_sas_are_split_and_merged)
{
	uint64_t now = T0 + 100 * SECOND;

	setup_wide();
	add_sa(1, 0, 4, 3600);
	pull(T0);
	add_sa(2, 0, 4, 3600);
	push(now);
	ck_assert_uint_eq(reqid(2), reqid(1));
	for (size_t i = 0; i < 4; i++) {
		ck_assert_uint_eq(sender(i, now + 24 * SECOND), 1);
		ck_assert_uint_eq(sender(i, now + 25 * SECOND), 2);
	}
	now += 100 * SECOND; /* split */
	add_sa(3, 0, 2, 3600);
	add_sa(4, 2, 4, 3600);
	push(now);
	ck_assert(reqid(3) != reqid(4) && reqid(3) != reqid(2) && reqid(4) != reqid(2));
	for (size_t i = 0; i < 4; i++) {
		ck_assert_uint_eq(n_keys(i), 3);
		ck_assert_uint_eq(sender(i, now + 24 * SECOND), 2);
		ck_assert_uint_eq(sender(i, now + 25 * SECOND), i < 2 ? 3 : 4);
		ck_assert_uint_eq(keyring_policy(keys, i)->tunnel_id, 49152 + i);
	}
	now += 100 * SECOND; /* merged, with one policy more */
	add_sa(5, 0, 5, 3600);
	push(now);
	ck_assert(reqid(5) != reqid(3) && reqid(5) != reqid(4));
	for (size_t i = 0; i < 4; i++)
		ck_assert_uint_eq(sender(i, now + 25 * SECOND), 5);
	ck_assert_uint_eq(sender(4, now), 5); /* it had none */
	/* one of its policies goes to an SA of its own, and the SA stays for the others */
	now += 100 * SECOND;
	delays(5, 20);
	add_tek(6, 1, 3600);
	push(now);
	keyring_expire(keys, now + 21 * SECOND);
	for (size_t i = 0; i < 5; i++)
		ck_assert_uint_eq(sender(i, now + 21 * SECOND), i == 1 ? 6 : 5);
	ck_assert_uint_gt(key(0, n_keys(0) - 1)->hard_at, now + 3000 * SECOND);
}
END_TEST

/* A delete of a shared SA: what the push names keeps receiving, a policy that it does not name is gone. */
START_TEST(a_shared_sa_is_deleted)
{
	setup_wide();
	add_sa(1, 0, 3, 3600);
	pull(T0);
	add_sa(2, 0, 2, 3600);
	push_deleting(1, T0 + 100 * SECOND);
	ck_assert_uint_eq(outcome.deleted_keys, 1);
	ck_assert_uint_eq(outcome.removed_policies, 1);
	ck_assert_uint_eq(keyring_policies(keys), 2);
	for (size_t i = 0; i < 2; i++) {
		ck_assert_uint_eq(n_keys(i), 2);
		ck_assert_uint_eq(sender(i, T0 + 100 * SECOND), 2);
	}
	/* alone: at once, and the policies stay known */
	keyring_push(keys, &download, &(struct keyring_deletes){ .spis = (uint32_t[]){ 2 }, .n_spis = 1 }, false,
		     T0 + 200 * SECOND, &outcome);
	ck_assert_uint_eq(keyring_policies(keys), 2);
	ck_assert_uint_eq(sender(0, T0 + 200 * SECOND), 0);
}
END_TEST

/* The whole sentence of each refusal, as it stands in the log and in the outputs. */
START_TEST(words_of_refusals)
{
#define FOR "TEK 0000abcd for 10.1.0.0/16 -> 10.2.0.0/16 refused: "
#define OFFER "; the server must offer another"
	static const struct {
		enum record_id id;
		const char *words;
	} cases[] = {
		{ REFUSED_COUNTER_MODE,
		  FOR "aes-192-gcm: the kernel's ESP cannot put this member's sender id (RFC 6054) into "
		      "its IVs, and a repeated IV gives the key away" OFFER },
		{ REFUSED_PRESERVATION, FOR "Address Preservation other than Source-and-Destination" OFFER },
		{ REFUSED_DIRECTION, FOR "an SA Direction other than Symmetric" OFFER },
		{ REFUSED_TRANSPORT_MODE, FOR "transport mode" OFFER },
		{ REFUSED_MULTICAST, FOR "a multicast selector (this member carries unicast only)" OFFER },
		{ REFUSED_PORTS_ALONE, FOR "ports without a protocol" OFFER },
		{ REFUSED_PORTS_OF_NO_PROTOCOL, FOR "ports with a protocol that has none" OFFER },
		{ REFUSED_NO_LIFETIME, FOR "a lifetime of 0" OFFER },
		{ REFUSED_SPI_TWICE, FOR "the same download has its SPI with another key" },
		{ REFUSED_SPI_IN_USE,
		  FOR "the SPI is in use with another key; the server must give each key an SPI of its own" },
		{ REFUSED_KILOBYTES_USED,
		  FOR "its lifetime of 12 kilobytes is used up here; the server must make a new key" },
		{ REFUSED_MAX_KEYS,
		  FOR "more than 12 keys in one download; raise max-keys, or give the group fewer keys at "
		      "the server" },
		{ REFUSED_MAX_POLICIES,
		  "policy 10.1.0.0/16 -> 10.2.0.0/16 refused: more than 12 policies in the group; raise "
		  "max-policies" },
		{ REFUSED_ERROR, "TEK 0000abcd refused: Cannot allocate memory" },
		{ REFUSED_UNUSABLE, FOR "out of memory" },
	};
	struct keyring_refusal r = { .spi = 0xabcd,
				     .has_sel = true,
				     .sel = { .src = { 0x0a010000, 16 },
					      .dst = { 0x0a020000, 16 },
					      .sport = { 0, 65535 },
					      .dport = { 0, 65535 } },
				     .cause = { .id = CAUSE_MEMORY } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		r.id = cases[i].id;
		r.number = r.id == REFUSED_ERROR ? ENOMEM : r.id == REFUSED_COUNTER_MODE ? CIPHER_AES_GCM_192 : 12;
		ck_assert_str_eq(refusal_words_of(&r), cases[i].words);
	}
	r.has_sel = false;
	ck_assert_str_eq(refusal_words_of(&r), "TEK 0000abcd refused: out of memory");
	r.spi = 0;
	ck_assert_str_eq(refusal_words_of(&r), "TEK without an SPI refused: out of memory");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("keyring");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, first_key_sends_at_once);
	tcase_add_test(t, end_of_a_key);
	tcase_add_test(t, pull_rollover_waits_for_the_last_member);
	tcase_add_test(t, activation_delay_counts_only_with_a_predecessor);
	tcase_add_test(t, two_keys_at_once_the_older_sends);
	tcase_add_test(t, sender_ends_before_its_successor_is_active);
	tcase_add_test(t, limits);
	tcase_add_test(t, limit_of_keys);
	tcase_add_test(t, rollover_at_the_limit);
	tcase_add_test(t, rollover_to_a_shorter_life);
	tcase_add_test(t, refused_by_name);
	tcase_add_test(t, spi_with_another_key);
	tcase_add_test(t, policies_come_and_go);
	tcase_add_test(t, renewal_window);
	tcase_add_test(t, a_long_rollover_is_bounded);
	tcase_add_test(t, a_pushed_key_waits_for_two_retransmissions);
	tcase_add_test(t, the_last_member_has_the_pulled_key_before_the_first_sends);
	tcase_add_test(t, a_late_push_activates_at_the_soft_end);
	tcase_add_test(t, the_key_that_sends_is_never_dropped);
	tcase_add_test(t, keys_of_an_earlier_run);
	tcase_add_test(t, a_key_that_is_deleted_and_brought_again);
	tcase_add_test(t, a_deleted_key_without_a_usable_successor);
	tcase_add_test(t, a_retired_key_that_is_listed_again_only_receives);
	tcase_add_test(t, a_member_that_joins_during_a_rollover);
	tcase_add_test(t, a_retired_key_does_not_send_while_its_successor_waits);
	tcase_add_test(t, a_missed_key_that_ends_before_the_held_one_only_receives);
	tcase_add_test(t, the_deactivation_delay_is_for_what_a_message_replaces);
	tcase_add_test(t, a_push_leaves_the_order);
	tcase_add_test(t, kilobytes_that_are_used);
	tcase_add_test(t, limits_of_shared_sas);
	tcase_add_test(t, shared_sas_are_split_and_merged);
	tcase_add_test(t, a_shared_sa_is_deleted);
	tcase_add_test(t, a_deleted_key_past_its_soft_end_is_renewed_at_once);
	tcase_add_test(t, a_key_that_the_delay_cuts_has_its_soft_end_before_its_end);
	tcase_add_test(t, a_deleted_and_replaced_key);
	tcase_add_test(t, words_of_refusals);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
