/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Anti-replay by time (doc/d3p.md) in a group: which window its keys have, what is refused by name, what an operator
 * reads.  First the keyring alone, pulls and pushes as they are read; then whole groups against the project's key
 * server.
 */
#include "lib/selector.h"
#include "member/daemon/planner.h"
#include "member/group/private.h"
#include "policy/engine.h"
#include "tests/unit/support/words.h"
#include "tests/unit/support/world.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define SECOND 1000u
#define T0 (1000 * SECOND)
#define REQID 100u

/* --- the keyring --- */

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
	struct tek *t = &download.teks[download.n_teks++];

	*t = (struct tek){ .spi = spi,
			   .sel = selector_any,
			   .cipher = CIPHER_AES_CBC_256,
			   .auth = AUTH_HMAC_SHA256_128,
			   .life_seconds = life,
			   .tunnel = true };
	t->sel.src = t->sel.dst = (struct ip_prefix){ 0x0a000000 | (uint32_t)net << 16, 16 };
	ck_assert_int_eq(secret_set(&t->key, "0123456789abcdef0123456789abcdef", 32), 0);
	ck_assert_int_eq(secret_set(&t->auth_key, "fedcba9876543210fedcba9876543210", 32), 0);
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
	for (size_t i = 0; i < keyring_sas(keys); i++)
		if (keyring_sa(keys, i)->tek.spi == spi)
			return keyring_sa(keys, i);
	return NULL;
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

/* --- whole groups --- */

#define SERVER "set security group-vpn server group G "
#define MEMBER "set security group-vpn member "
#define WINDOW SERVER "anti-replay-time-window 1000\n"
#define FAIL_OPEN MEMBER "ipsec vpn V fail-open rule R protocol udp\n"

static struct world w;

static void teardown(void)
{
	world_free(&w);
}

static void registered(const char *member, const char *server)
{
	world_make(&w, 1, member);
	w.share = 500;
	world_server(&w, 0, server);
	world_start(&w);
	ck_assert(world_run(&w, w.now + SECOND, world_registered));
}

static unsigned told(const char *words)
{
	unsigned n = 0;

	for (const char *at = w.log; (at = strstr(at, words)); at++)
		n++;
	return n;
}

static struct plan *plan(void)
{
	struct plan *p = NULL;

	ck_assert_int_eq(planner_plan(&p, w.config, &w.group, false, w.now), 0);
	return p;
}

static enum plan_verdict verdict(uint8_t protocol)
{
	struct packet_key packet = { 0xac106501, 0xac106601, protocol, 1, 1 };
	struct plan *p = plan();
	enum plan_verdict v = plan_decide(&p->scopes[0], &packet, false)->verdict;

	plan_free(p);
	return v;
}

START_TEST(the_servers_window_is_in_the_plan)
{
	struct plan *p;

	registered("", WORLD_PUSHES WINDOW);
	p = plan();
	ck_assert_uint_eq(p->n_sas, 1);
	ck_assert_uint_eq(p->sas[0].window_ms, 1000);
	plan_free(p);
	ck_assert(vendor_ids_d3p(&group_unknown(w.group)->vendor_ids));
	ck_assert_uint_eq(group_unknown(w.group)->n_gap, 0);
	ck_assert_uint_eq(told("within a window of 1000 ms, as the server says"), 1);
	/* A rekey says the same, and nothing is told again. */
	world_command(&w, 0, "rekey tek");
	world_run(&w, w.now + SECOND, NULL);
	p = plan();
	ck_assert_uint_eq(p->n_sas, 2);
	ck_assert_uint_eq(p->sas[1].window_ms, 1000);
	plan_free(p);
	ck_assert_uint_eq(told("D3P enabled"), 1);
	ck_assert_uint_eq(told("D3P disabled"), 0);
}
END_TEST

START_TEST(off_by_default)
{
	struct plan *p;

	registered("", WORLD_PUSHES);
	p = plan();
	ck_assert_uint_eq(p->sas[0].window_ms, 0);
	plan_free(p);
	ck_assert_uint_eq(group_unknown(w.group)->vendor_ids.n, 0);
	ck_assert_uint_eq(told("D3P"), 0);
}
END_TEST

/* By new keys, and by the present ones; on, other, off. */
START_TEST(pushes_change_it)
{
	static const struct {
		const char *command;
		uint32_t window;
		unsigned enabled, disabled;
	} t[] = {
		{ "anti-replay 1000", 1000, 1, 0 },
		{ "anti-replay 500 present-keys", 500, 2, 0 },
		{ "anti-replay off present-keys", 0, 2, 1 },
		{ "anti-replay 60000 present-keys", 60000, 3, 1 },
		{ "anti-replay off", 0, 3, 2 },
	};

	registered("", WORLD_PUSHES);
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		const struct keyring *k = group_keyring(w.group);

		world_command(&w, 0, t[i].command);
		world_run(&w, w.now + SECOND, NULL);
		ck_assert_uint_eq(group_stats(w.group)->push_succeeded, i + 1);
		ck_assert_uint_eq(keyring_sa(k, keyring_sas(k) - 1)->window_ms, t[i].window);
		ck_assert_msg(told("D3P enabled") == t[i].enabled && told("D3P disabled") == t[i].disabled, "%s: %s",
			      t[i].command, w.log);
		for (size_t j = 0; strstr(t[i].command, "present") && j < keyring_sas(k); j++)
			ck_assert_uint_eq(keyring_sa(k, j)->window_ms, t[i].window);
		ck_assert_ptr_nonnull(world_sender(&w));
	}
	ck_assert_uint_eq(group_stats(w.group)->refused, 0);
}
END_TEST

START_TEST(the_statement_counts_where_the_server_is_silent)
{
	struct plan *p;

	registered(MEMBER "ipsec vpn V anti-replay-time-window 700\n", WORLD_PUSHES);
	p = plan();
	ck_assert_uint_eq(p->sas[0].window_ms, 700);
	plan_free(p);
	ck_assert_uint_eq(told("as anti-replay-time-window says; the server says nothing of it"), 1);
	/* The server says another: its word counts, and the difference is told once. */
	for (int i = 0; i < 3; i++) {
		world_command(&w, 0, "anti-replay 1000 present-keys");
		world_run(&w, w.now + SECOND, NULL);
		p = plan();
		ck_assert_uint_eq(p->sas[0].window_ms, 1000);
		plan_free(p);
	}
	ck_assert_uint_eq(told("anti-replay window of 1000 ms counts, and not the 700 ms"), 1);
	world_command(&w, 0, "anti-replay 900 present-keys");
	world_run(&w, w.now + SECOND, NULL);
	ck_assert_uint_eq(told("ms counts, and not the 700 ms"), 2);
	world_command(&w, 0, "anti-replay 700 present-keys"); /* no difference */
	world_run(&w, w.now + SECOND, NULL);
	ck_assert_uint_eq(told("ms counts, and not the 700 ms"), 2);
}
END_TEST

/* Another statement counts by the registration that follows at once; nothing is lost meanwhile. */
START_TEST(a_reload_changes_the_statement)
{
	struct config *other, *before;
	struct world more;
	struct plan *p;

	registered("", WORLD_PUSHES);
	world_make(&more, 1, MEMBER "ipsec vpn V anti-replay-time-window 700\n");
	other = more.config;
	group_rebind(w.group, other, 0, w.now);
	before = w.config;
	w.config = other;
	world_carry_out(&w);
	world_run(&w, w.now + SECOND, NULL);
	ck_assert(world_registered(&w));
	p = plan();
	ck_assert_uint_eq(p->n_sas, 1);
	ck_assert_uint_eq(p->sas[0].window_ms, 700);
	plan_free(p);
	group_rebind(w.group, before, 0, w.now);
	w.config = before;
	world_carry_out(&w);
	world_run(&w, w.now + SECOND, NULL);
	p = plan();
	ck_assert_uint_eq(p->sas[0].window_ms, 0);
	plan_free(p);
	world_free(&more);
}
END_TEST

static bool unusable(const struct world *world)
{
	return group_state(world->group) == GROUP_UNUSABLE;
}

/* By name, with what traffic has to expect: blocked, and fail-open as configured. */
START_TEST(a_pull_is_refused_by_name)
{
	world_make(&w, 1, FAIL_OPEN);
	world_server(&w, 0, WINDOW SERVER "test d3p-type 2\n");
	world_start(&w);
	ck_assert(world_run(&w, w.now + 200 * SECOND, unusable));
	ck_assert_msg(strstr(world_reason(&w), "anti-replay by time with D3P-TYPE 2; only 1, POSIX time, is known"),
		      "%s", world_reason(&w));
	ck_assert_uint_eq(group_stats(w.group)->pull_succeeded, 0);
	ck_assert_uint_eq(group_stats(w.group)->refused, 1);
	ck_assert_uint_gt(w.events[EVENT_POLICY_REFUSED], 0);
	ck_assert_int_eq((int)verdict(6), (int)PLAN_BLOCK);
	ck_assert_int_eq((int)verdict(17), (int)PLAN_CLEAR);
}
END_TEST

/* The new keys are refused; the member registers again at once, and then the old ones go too. */
START_TEST(a_push_is_refused_by_name)
{
	registered(FAIL_OPEN, WORLD_PUSHES SERVER "test d3p-type 2\n");
	ck_assert_int_eq((int)verdict(6), (int)PLAN_ENCRYPT);
	world_command(&w, 0, "anti-replay 1000 present-keys");
	world_run(&w, w.now, NULL);
	ck_assert_uint_eq(group_stats(w.group)->push_succeeded, 1);
	ck_assert_uint_ge(told("D3P-TYPE 2"), 1);
	ck_assert_uint_eq(told("the push cannot be followed: none of its keys can be used"), 1);
	ck_assert_int_eq((int)verdict(6), (int)PLAN_BLOCK);
	ck_assert_int_eq((int)verdict(17), (int)PLAN_CLEAR);
	ck_assert(world_run(&w, w.now + 10 * SECOND, unusable));
}
END_TEST

START_TEST(new_keys_of_a_push_are_refused_by_name)
{
	registered(FAIL_OPEN, WORLD_PUSHES SERVER "test d3p-type 2\n");
	world_command(&w, 0, "anti-replay 1000");
	world_run(&w, w.now, NULL);
	ck_assert_int_eq((int)verdict(6), (int)PLAN_ENCRYPT); /* the old key, of which the push says nothing */
	ck_assert_uint_ge(told("D3P-TYPE 2"), 1);
	ck_assert(world_run(&w, w.now + 10 * SECOND, unusable));
	ck_assert_int_eq((int)verdict(6), (int)PLAN_BLOCK);
	ck_assert_int_eq((int)verdict(17), (int)PLAN_CLEAR);
}
END_TEST

/* A host that cannot stamp takes no keys that want it; without the demand all is as ever. */
START_TEST(a_datapath_without_it_refuses_by_name)
{
	world_make_without_d3p(&w, 1, FAIL_OPEN);
	w.share = 500;
	world_server(&w, 0, WORLD_PUSHES);
	world_start(&w);
	ck_assert(world_run(&w, w.now + SECOND, world_registered));
	ck_assert_int_eq((int)verdict(6), (int)PLAN_ENCRYPT);
	world_command(&w, 0, "anti-replay 1000");
	ck_assert(world_run(&w, w.now + 10 * SECOND, unusable));
	ck_assert_msg(strstr(world_reason(&w), "this host's datapath cannot stamp and check packets"), "%s",
		      world_reason(&w));
	ck_assert_int_eq((int)verdict(6), (int)PLAN_BLOCK);
	ck_assert_int_eq((int)verdict(17), (int)PLAN_CLEAR);
	world_command(&w, 0, "anti-replay off");
	ck_assert(world_run(&w, w.now + 70 * SECOND, world_registered));
	ck_assert_int_eq((int)verdict(6), (int)PLAN_ENCRYPT);
}
END_TEST

/* Other numbers on one side: what came is told as unknown, and the vendor ID says what it may be; once. */
START_TEST(other_numbers)
{
	registered("", WORLD_PUSHES WINDOW SERVER "d3p-type-attribute 200\n" SERVER "d3p-window-attribute 201\n");
	ck_assert_uint_eq(told("not known here are passed over: 200 = 0x0001, 201 = 0x000003e8"), 1);
	ck_assert_uint_eq(told("its GAP payload has neither attribute 128 nor 129"), 1);
	ck_assert_uint_eq(group_unknown(w.group)->n_gap, 2);
	ck_assert_uint_eq(keyring_sa(group_keyring(w.group), 0)->window_ms, 0);
	group_start(w.group, w.now);
	world_carry_out(&w);
	world_run(&w, w.now + SECOND, NULL);
	ck_assert_uint_eq(group_stats(w.group)->pull_succeeded, 2);
	ck_assert_uint_eq(told("its GAP payload has neither attribute 128 nor 129"), 1);
	teardown();

	registered(MEMBER "ike gateway KeySrv d3p-type-attribute 200\n" MEMBER
			  "ike gateway KeySrv d3p-window-attribute 201\n",
		   WORLD_PUSHES WINDOW SERVER "d3p-type-attribute 200\n" SERVER "d3p-window-attribute 201\n");
	ck_assert_uint_eq(group_unknown(w.group)->n_gap, 0);
	ck_assert_uint_eq(keyring_sa(group_keyring(w.group), 0)->window_ms, 1000);
	world_command(&w, 0, "anti-replay 500"); /* pushes are read by the same numbers */
	world_run(&w, w.now + SECOND, NULL);
	ck_assert_uint_eq(keyring_sa(group_keyring(w.group), 1)->window_ms, 500);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("D3P of a group");
	TCase *k = tcase_create("keyring"), *g = tcase_create("groups");
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
	tcase_add_checked_fixture(g, NULL, teardown);
	tcase_add_test(g, the_servers_window_is_in_the_plan);
	tcase_add_test(g, off_by_default);
	tcase_add_test(g, pushes_change_it);
	tcase_add_test(g, the_statement_counts_where_the_server_is_silent);
	tcase_add_test(g, a_reload_changes_the_statement);
	tcase_add_test(g, a_pull_is_refused_by_name);
	tcase_add_test(g, a_push_is_refused_by_name);
	tcase_add_test(g, new_keys_of_a_push_are_refused_by_name);
	tcase_add_test(g, a_datapath_without_it_refuses_by_name);
	tcase_add_test(g, other_numbers);
	tcase_set_timeout(g, 60);
	suite_add_tcase(suite, k);
	suite_add_tcase(suite, g);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
