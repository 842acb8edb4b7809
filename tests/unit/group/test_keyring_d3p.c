/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Anti-replay by time (doc/d3p.md) in a keyring: which window its keys have, and what is refused by name; pulls and
 * pushes as they are read.
 */
#include "lib/selector.h"
#include "member/group/group.h"
#include "tests/unit/support/download_tek.h"
#include "tests/unit/support/words.h"

#include <check.h>
#include <stdlib.h>

#define SECOND 1000u
#define T0 (1000 * SECOND)
#define REQID 100u

static struct keyring *keys;
static struct download download;
static struct keyring_outcome outcome;

static void begin(uint32_t configured, bool has_d3p)
{
	keyring_free(keys);
	ck_assert_int_eq(keyring_new(&keys, &(struct keyring_limits){ .max_keys = 4,
								      .max_policies = 2,
								      .first_tunnel_id = 49152,
								      .first_reqid = REQID,
								      .window_ms = configured,
								      .has_d3p = has_d3p }),
			 0);
	download_wipe(&download);
}

static void end(void)
{
	keyring_free(keys);
	keys = NULL;
}

/* A TEK for 10.N.0.0/16 both ways. */
static void add_tek(uint32_t spi, uint8_t net, uint32_t life)
{
	(void)download_tek(&download, spi, net, life);
}

static void say(uint32_t window_ms)
{
	download.has_gap = true;
	download.d3p = (struct gap_d3p){
		.has_type = true, .has_window = true, .type = D3P_POSIX_TIME, .window_ms = window_ms
	};
}

static void take(bool push, uint64_t now)
{
	static const struct keyring_deletes nothing;

	if (push)
		keyring_push(keys, &download, &nothing, true, now, &outcome);
	else
		keyring_pull(keys, &download, now, &outcome);
	download_wipe(&download);
}

static const struct keyring_sa *sa(uint32_t spi)
{
	return keyring_sa_with(keys, spi);
}

static uint32_t window(uint32_t spi)
{
	ck_assert_msg(sa(spi) != NULL, "SPI %u is not held", spi);
	return sa(spi)->window_ms;
}

/* All that a server can say, and all that a configuration can: by a pull and by a push. */
START_TEST(who_says_what)
{
	static const struct {
		struct gap_d3p said;
		uint32_t configured;
		bool without; /* the datapath has no D3P */
		enum record_id refused;
		uint32_t window;
		const char *words;
	} t[] = {
		/* nothing */
		{ { 0 }, 0, false, RECORD_NOTHING, 0, NULL },
		{ { 0 }, 0, true, RECORD_NOTHING, 0, NULL },
		/* the statement alone */
		{ { 0 }, 700, false, RECORD_NOTHING, 700, NULL },
		{ { 0 }, 700, true, REFUSED_D3P_DATAPATH, 0, "take anti-replay-time-window away" },
		/* the server's word wins */
		{ { .has_type = true, .has_window = true, .type = 1, .window_ms = 1000 },
		  0,
		  false,
		  RECORD_NOTHING,
		  1000,
		  NULL },
		{ { .has_type = true, .has_window = true, .type = 1, .window_ms = 1000 },
		  700,
		  false,
		  RECORD_NOTHING,
		  1000,
		  NULL },
		{ { .has_type = true, .has_window = true, .type = 1, .window_ms = UINT32_MAX },
		  0,
		  false,
		  RECORD_NOTHING,
		  UINT32_MAX,
		  NULL },
		{ { .has_type = true, .has_window = true, .type = 1, .window_ms = 1 },
		  0,
		  true,
		  REFUSED_D3P_DATAPATH,
		  0,
		  "datapath cannot stamp and check" },
		/* what cannot be done is refused, whatever the statement says; the type is looked at first */
		{ { .has_type = true, .has_window = true, .type = 2, .window_ms = 0 },
		  700,
		  false,
		  REFUSED_D3P_TYPE,
		  0,
		  "D3P-TYPE 2; only 1" },
		{ { .has_type = true, .has_window = true, .type = 0, .window_ms = 1000 },
		  0,
		  true,
		  REFUSED_D3P_TYPE,
		  0,
		  "D3P-TYPE 0" },
		{ { .has_type = true, .type = 3 }, 0, false, REFUSED_D3P_TYPE, 0, "D3P-TYPE 3" },
		{ { .has_type = true, .type = 1 }, 700, false, REFUSED_D3P_NO_WINDOW, 0, "without a window" },
		{ { .has_window = true, .window_ms = 1000 }, 700, false, REFUSED_D3P_NO_TYPE, 0, "without a D3P-TYPE" },
		{ { .has_window = true }, 0, false, REFUSED_D3P_NO_TYPE, 0, "d3p-window-attribute in the gateway" },
		{ { .has_type = true, .has_window = true, .type = 1 },
		  700,
		  false,
		  REFUSED_D3P_WINDOW_0,
		  0,
		  "a window of 0 ms" },
	};

	for (size_t i = 0; i < 2 * ARRAY_SIZE(t); i++) {
		const size_t n = i / 2;
		bool refused = t[n].refused != RECORD_NOTHING;

		begin(t[n].configured, !t[n].without);
		add_tek(0x1000, 1, 3600);
		add_tek(0x1001, 2, 3600);
		download.has_gap = t[n].said.has_type || t[n].said.has_window;
		download.d3p = t[n].said;
		take(i & 1, T0);
		ck_assert_msg(outcome.refused == (refused ? 2 : 0), "case %zu: %u", i, outcome.refused);
		ck_assert_uint_eq(outcome.new_keys, refused ? 0 : 2);
		ck_assert_uint_eq(keyring_sas(keys), refused ? 0 : 2);
		/* Either way the policies are known: without a key they block, and their fail-open rules count. */
		ck_assert_uint_eq(keyring_policies(keys), 2);
		ck_assert(keyring_usable(keyring_policy(keys, 0)) == !refused);
		for (size_t k = 0; k < outcome.n_refusals; k++) {
			const char *words = refusal_words_of(&outcome.refusals[k]);

			ck_assert_int_eq((int)outcome.refusals[k].id, (int)t[n].refused);
			ck_assert_msg(strstr(words, t[n].words) != NULL, "\"%s\" does not say \"%s\"", words,
				      t[n].words);
		}
		if (!refused) {
			ck_assert_uint_eq(window(0x1000), t[n].window);
			ck_assert_uint_eq(window(0x1001), t[n].window);
		}
	}
	end();
}
END_TEST

/* What changes holds for all TEKs of the message, those that are held too, and for no other. */
START_TEST(a_change_is_for_all_that_the_message_lists)
{
	for (int push = 0; push < 2; push++) {
		uint32_t reqid;

		begin(0, true);
		add_tek(0x1000, 1, 3600);
		take(false, T0);
		ck_assert_uint_eq(window(0x1000), 0);
		reqid = sa(0x1000)->reqid;

		add_tek(0x1000, 1, 3600); /* from none to some: the SA is made anew, under another reqid */
		say(1000);
		take(push, T0 + SECOND);
		ck_assert_uint_eq(outcome.known_keys, 1);
		ck_assert_uint_eq(window(0x1000), 1000);
		ck_assert_uint_ne(sa(0x1000)->reqid, reqid);
		reqid = sa(0x1000)->reqid;

		add_tek(0x1000, 1, 3600); /* another window alone changes no SA of the kernel */
		say(500);
		take(push, T0 + 2 * SECOND);
		ck_assert_uint_eq(window(0x1000), 500);
		ck_assert_uint_eq(sa(0x1000)->reqid, reqid);

		add_tek(0x1001, 1, 3600); /* a new key follows with the same: one reqid for both, as in any rollover */
		say(250);
		take(true, T0 + 3 * SECOND);
		ck_assert_uint_eq(window(0x1000), 500);
		ck_assert_uint_eq(window(0x1001), 250);
		ck_assert_uint_eq(sa(0x1001)->reqid, sa(0x1000)->reqid);

		add_tek(0x1002, 1, 3600); /* a message that says nothing turns it off for its keys */
		take(true, T0 + 4 * SECOND);
		ck_assert_uint_eq(window(0x1001), 250);
		ck_assert_uint_eq(window(0x1002), 0);
		ck_assert_uint_ne(sa(0x1002)->reqid, sa(0x1001)->reqid);

		add_tek(0x1001, 1, 3600);
		add_tek(0x1002, 1, 3600);
		take(push, T0 + 5 * SECOND);
		ck_assert_uint_eq(window(0x1001), 0);
		ck_assert_uint_eq(window(0x1002), 0);
		ck_assert_uint_eq(window(0x1000), 500); /* not listed */
		ck_assert_uint_ne(sa(0x1000)->reqid, sa(0x1002)->reqid);
	}
	end();
}
END_TEST

/* A key that runs cannot go on as it is when its server wants of it what cannot be done. */
START_TEST(a_held_key_goes_when_its_demand_is_refused)
{
	for (int push = 0; push < 2; push++) {
		begin(0, true);
		add_tek(0x1000, 1, 3600);
		add_tek(0x1001, 2, 3600);
		say(1000);
		take(false, T0);
		ck_assert_uint_eq(keyring_sas(keys), 2);

		add_tek(0x1000, 1, 3600);
		add_tek(0x1001, 2, 3600);
		say(1000);
		download.d3p.type = 2;
		take(push, T0 + SECOND);
		ck_assert_uint_eq(outcome.refused, 2);
		ck_assert_uint_eq(keyring_sas(keys), 0);
		ck_assert_uint_eq(keyring_policies(keys), 2);

		/* The same key may come again with what can be done. */
		add_tek(0x1000, 1, 3600);
		say(1000);
		take(push, T0 + 2 * SECOND);
		ck_assert_uint_eq(window(0x1000), 1000);
		ck_assert_uint_eq(keyring_sender(keyring_policy(keys, 0), T0 + 2 * SECOND)->tek.spi, 0x1000);
	}
	end();
}
END_TEST

/* Another key under the SPI of one that is held is no word about the held one. */
START_TEST(a_refused_demand_touches_no_other_key)
{
	begin(0, true);
	add_tek(0x1000, 1, 3600);
	take(false, T0);
	add_tek(0x1000, 1, 3600);
	download.teks[0].key.data[3] ^= 1;
	say(0);
	take(true, T0 + SECOND);
	ck_assert_uint_eq(outcome.refused, 1);
	ck_assert_uint_eq(window(0x1000), 0);

	add_tek(0x1001, 1, 3600); /* a new key alone: the old one, which is not listed, goes on */
	say(0);
	take(true, T0 + 2 * SECOND);
	ck_assert_uint_eq(outcome.refused, 1);
	ck_assert_ptr_null(sa(0x1001));
	ck_assert_uint_eq(window(0x1000), 0);
	end();
}
END_TEST

/* A push that deletes a key and lists it again with a demand that is refused has deleted it. */
START_TEST(a_deleted_key_is_not_brought_again_by_a_refusal)
{
	static const uint32_t spi = 0x1000;
	static const struct keyring_deletes one = { .spis = &spi, .n_spis = 1 };

	begin(0, true);
	add_tek(spi, 1, 3600);
	take(false, T0);
	add_tek(spi, 1, 3600);
	say(1000);
	download.d3p.has_window = false;
	keyring_push(keys, &download, &one, true, T0 + SECOND, &outcome);
	ck_assert_uint_eq(outcome.deleted_keys, 1);
	ck_assert_ptr_null(sa(spi));
	end();
}
END_TEST

/* 5000 random messages: whatever comes, a reqid is of SAs with a window or of SAs without, and all have what was
 * said. */
START_TEST(reqids_are_never_mixed)
{
	static const uint32_t windows[] = { 0, 0, 500, 1000 };
	uint32_t said[8] = { 0 };
	unsigned shared = 0, changes = 0;

	srandom(20);
	begin(0, true);
	for (unsigned n = 0; n < 5000; n++) {
		uint64_t now = T0 + n * (uint64_t)SECOND;
		uint32_t said_now = windows[random() % 4];
		bool used[8] = { false };

		for (long i = 1 + random() % 3; i > 0; i--) {
			unsigned spi = (unsigned)(random() % 8);

			if (used[spi])
				continue;
			used[spi] = true;
			add_tek(0x1000 + spi, (uint8_t)(spi % 2), 20 + (uint32_t)(random() % 100));
		}
		if (said_now > 0)
			say(said_now);
		if (random() % 4 == 0) {
			download.has_gap = download.has_atd = true;
			download.activation_delay = (uint16_t)(random() % 30);
		}
		take(random() % 2, now);
		ck_assert_uint_eq(outcome.refused, 0);
		for (uint32_t i = 0; i < 8; i++) {
			if (used[i] && sa(0x1000 + i))
				said[i] = said_now;
			if (sa(0x1000 + i))
				ck_assert_uint_eq(window(0x1000 + i), said[i]);
		}
		for (size_t i = 0; i < keyring_sas(keys); i++)
			for (size_t j = 0; j < i; j++)
				if (keyring_sa(keys, i)->reqid == keyring_sa(keys, j)->reqid) {
					ck_assert_uint_eq(!keyring_sa(keys, i)->window_ms,
							  !keyring_sa(keys, j)->window_ms);
					shared++;
				}
		changes += outcome.known_keys;
	}
	ck_assert_uint_gt(shared, 1000); /* SAs do share reqids, and known keys do change */
	ck_assert_uint_gt(changes, 1000);
	end();
}
END_TEST

/* More policies than the group may have are not made known by a refusal either. */
START_TEST(limits_hold_for_refused_keys)
{
	begin(0, false);
	for (uint8_t i = 0; i < 4; i++)
		add_tek(0x1000u + i, i, 3600);
	say(1000);
	take(false, T0);
	ck_assert_uint_eq(keyring_policies(keys), 2);
	ck_assert_uint_eq(outcome.refused, 4);
	ck_assert_uint_eq(outcome.exceed_policies, 2);
	end();
}
END_TEST

/* What an earlier run has left: its window stays until the key comes again; without D3P it is not taken up. */
START_TEST(a_restart_keeps_the_window)
{
	for (int has_d3p = 0; has_d3p < 2; has_d3p++) {
		struct keyring_sa left[2] = { { .tek = { .spi = 0x1000, .life_seconds = 3600 },
						.reqid = REQID + 3,
						.window_ms = 1000,
						.received = T0,
						.hard_at = T0 + 3600 * SECOND },
					      { .tek = { .spi = 0x1001, .life_seconds = 3600 },
						.reqid = REQID + 4,
						.received = T0,
						.hard_at = T0 + 3600 * SECOND } };
		struct keyring_key of[2] = { { .sa = &left[1] }, { .sa = &left[0] } };
		struct keyring_policy policy = { .sel = selector_any, .tunnel_id = 49152, .keys = of, .n_keys = 2 };

		begin(700, has_d3p);
		keyring_restore(keys, &policy, 1, T0 + SECOND);
		ck_assert_uint_eq(keyring_sas(keys), has_d3p ? 2 : 1);
		ck_assert_uint_eq(window(0x1001), 0);
		ck_assert_uint_eq(sa(0x1001)->reqid, REQID + 4);
		if (has_d3p) {
			ck_assert_uint_eq(window(0x1000), 1000);
			ck_assert_uint_eq(sa(0x1000)->reqid, REQID + 3);
		}
	}
	end();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("D3P of a keyring");
	TCase *k = tcase_create("keyring");
	SRunner *runner;
	int failed;

	tcase_add_test(k, who_says_what);
	tcase_add_test(k, a_change_is_for_all_that_the_message_lists);
	tcase_add_test(k, a_held_key_goes_when_its_demand_is_refused);
	tcase_add_test(k, a_refused_demand_touches_no_other_key);
	tcase_add_test(k, a_deleted_key_is_not_brought_again_by_a_refusal);
	tcase_add_test(k, reqids_are_never_mixed);
	tcase_add_test(k, limits_hold_for_refused_keys);
	tcase_add_test(k, a_restart_keeps_the_window);
	suite_add_tcase(suite, k);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
