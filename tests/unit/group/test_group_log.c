/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a group tells its operator: the event of each turn, once, with its server; few lines for a flood; no secret. */
#include "tests/unit/support/world.h"

#include "ike/phase1_state.h"
#include "ike/pull_state.h"
#include "member/group/private.h"

#include <check.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#define SECOND 1000u
#define LIFE "set security group-vpn server ipsec proposal AES lifetime-seconds "

static struct world w;

static void teardown(void)
{
	world_free(&w);
}

static void registered(size_t n_servers, const char *member_lines, const char *server_lines)
{
	world_make(&w, n_servers, member_lines);
	world_server(&w, 0, server_lines);
	world_start(&w);
	ck_assert(world_run(&w, w.now + SECOND, world_registered));
}

static void command_at(size_t server, const char *line)
{
	world_command(&w, server, line);
}

static void command(const char *line)
{
	command_at(0, line);
}

static unsigned times(const char *text)
{
	unsigned n = 0;

	for (const char *at = w.log; (at = strstr(at, text)) != NULL; at++)
		n++;
	return n;
}

START_TEST(registration)
{
	registered(1, "", WORLD_PUSHES);
	ck_assert_uint_eq(w.events[EVENT_REGISTERED], 1);
	ck_assert_uint_eq(w.event_server[EVENT_REGISTERED], WORLD_SERVER(0));
	command("rekey tek");
	ck_assert_uint_eq(w.events[EVENT_REKEYED], 1);
	ck_assert_uint_eq(w.event_server[EVENT_REKEYED], WORLD_SERVER(0));
	command("delete teks");
	ck_assert_uint_eq(w.events[EVENT_KEYS_DELETED], 1);
	ck_assert_uint_eq(w.events[EVENT_REKEYED], 1);
	ck_assert_uint_eq(times("1 policies have no key: its traffic is blocked (fail-close)"), 1);
	ck_assert(world_run(&w, w.now + 10 * SECOND, world_registered));
	world_clear(&w);
	ck_assert_uint_eq(w.events[EVENT_KEYS_CLEARED], 1);
	ck_assert_uint_eq(w.events[EVENT_KEYS_EXPIRED], 0);
	ck_assert_uint_eq(w.events[EVENT_SERVER_FAILED], 0);
}
END_TEST

/* A KEK that comes again is not told like one that is new. */
START_TEST(new_and_repeated_kek)
{
	registered(1, "", WORLD_PUSHES);
	ck_assert_uint_eq(times("with a new KEK; next registration"), 1);
	world_clear(&w);
	ck_assert(world_run(&w, w.now + SECOND, world_registered));
	world_start(&w);
	world_run(&w, w.now + SECOND, NULL);
	ck_assert_uint_eq(times("with the KEK that is held; next registration"), 1);
	ck_assert_uint_eq(times("push "), 0);
	command("rekey kek");
	ck_assert_uint_eq(times("deleted, with a new KEK"), 1);
	command("rekey tek");
	ck_assert_uint_eq(times("deleted, with a new KEK"), 1);
	ck_assert_uint_eq(times("with a KEK"), 0);
}
END_TEST

START_TEST(servers_fail)
{
	world_make(&w, 3, "");
	world_start(&w);
	ck_assert(world_run(&w, w.now + 300 * SECOND, world_waiting));
	ck_assert_uint_eq(w.events[EVENT_SERVER_FAILED], 3);
	ck_assert_uint_eq(w.event_server[EVENT_SERVER_FAILED], WORLD_SERVER(2));
	ck_assert_uint_eq(w.events[EVENT_SERVERS_FAILED], 1);
	ck_assert_uint_eq(w.event_server[EVENT_SERVERS_FAILED], 0);
	ck_assert_uint_eq(times("UDP port 848 passes both ways"), 4); /* and with what the group waits for */
	ck_assert_uint_eq(times("; next try in "), 1);
}
END_TEST

/* Lines name the server that speaks, not the one that is preferred. */
START_TEST(second_server)
{
	world_make(&w, 2, "");
	world_server(&w, 1, WORLD_PUSHES);
	world_start(&w);
	ck_assert(world_run(&w, w.now + 300 * SECOND, world_registered));
	ck_assert_uint_eq(w.event_server[EVENT_REGISTERED], WORLD_SERVER(1));
	command_at(1, "rekey tek");
	ck_assert_uint_eq(w.events[EVENT_REKEYED], 1);
	ck_assert_uint_eq(w.event_server[EVENT_REKEYED], WORLD_SERVER(1));
}
END_TEST

static const char *const open_lines[] = { "",
					  "set security group-vpn member ipsec vpn V fail-open rule R protocol udp\n" };
static const char *const open_says[] = { "its traffic is blocked (fail-close)",
					 "what its fail-open rules name passes in the clear" };

START_TEST(keys_end)
{
	registered(1, open_lines[_i], LIFE "3600\n");
	world_server_down(&w, 0);
	world_run(&w, w.now + 8000 * SECOND, NULL);
	ck_assert_uint_eq(w.events[EVENT_KEYS_EXPIRED], 1);
	ck_assert_uint_eq(times("the last key has ended and none replaces it"), 1);
	ck_assert_uint_eq(times(open_says[_i]), 1);
	ck_assert_uint_eq(times(open_says[!_i]), 0);
	ck_assert_uint_gt(w.events[EVENT_SERVERS_FAILED], 1);
}
END_TEST

/* One of two policies ends: it is told with its name, and nothing of the other. */
START_TEST(keys_of_one_policy_end)
{
	struct download d = { .n_teks = 2 };

	world_make(&w, 1, "");
	for (size_t i = 0; i < 2; i++) {
		d.teks[i] = (struct tek){ .spi = 0x1000 + (uint32_t)i,
					  .sel = { .src = { 0x0a000000u + ((uint32_t)i << 16), 16 },
						   .dst = { 0x0a000000u + ((uint32_t)i << 16), 16 },
						   .sport = { 0, UINT16_MAX },
						   .dport = { 0, UINT16_MAX } },
					  .cipher = CIPHER_AES_CBC_128,
					  .auth = AUTH_HMAC_SHA256_128,
					  .life_seconds = i == 0 ? 100 : 1000,
					  .tunnel = true };
		ck_assert_int_eq(secret_set(&d.teks[i].key, "0123456789abcdef", 16), 0);
	}
	keyring_pull(w.group->keys, &d, w.now, &(struct keyring_outcome){ 0 });
	world_run(&w, w.now + 101 * SECOND, NULL);
	ck_assert_uint_eq(w.events[EVENT_KEYS_EXPIRED], 1);
	ck_assert_uint_eq(times("the last key of policy 10.0.0.0/16"), 1);
	world_run(&w, w.now + 1000 * SECOND, NULL);
	ck_assert_uint_eq(w.events[EVENT_KEYS_EXPIRED], 2);
	ck_assert_uint_eq(times("the last key has ended"), 1);
}
END_TEST

START_TEST(refused_policies)
{
	world_make(&w, 1, "set security group-vpn member ipsec vpn V max-policies 1\n");
	world_server(&w, 0,
		     "set security group-vpn server group G ipsec-sa S match-policy 2 source 10.0.0.0/8\n"
		     "set security group-vpn server group G ipsec-sa S match-policy 2 destination 10.0.0.0/8\n");
	world_start(&w);
	ck_assert(world_run(&w, w.now + SECOND, world_registered));
	ck_assert_uint_eq(w.events[EVENT_POLICY_REFUSED], 1);
	ck_assert_uint_eq(w.event_server[EVENT_POLICY_REFUSED], WORLD_SERVER(0));
	ck_assert_uint_eq(times("raise max-policies"), 1);
}
END_TEST

START_TEST(tolerated_once)
{
	registered(1, "", "set security group-vpn server test doi-only 1\n");
	ck_assert_uint_eq(w.events[EVENT_PEER_TOLERATED], 1);
	ck_assert_uint_eq(w.event_server[EVENT_PEER_TOLERATED], WORLD_SERVER(0));
	for (int i = 0; i < 3; i++) {
		memset(w.group->servers.learnt_doi, 0, sizeof(w.group->servers.learnt_doi));
		world_start(&w);
		ck_assert(world_run(&w, w.now + SECOND, world_registered));
	}
	ck_assert_uint_eq(w.events[EVENT_PEER_TOLERATED], 1);
}
END_TEST

START_TEST(kinds_of_note)
{
	static const struct {
		enum ike_note_id id;
		enum event event;
		unsigned lines; /* of two */
	} notes[] = {
		{ NOTE_PUSH_REFUSED, EVENT_PUSH_REFUSED, 2 },
		{ NOTE_KEK_WITHOUT_SIGNATURE_KEY, EVENT_POLICY_REFUSED, 2 },
		{ NOTE_KEK_WITHOUT_KEY, EVENT_POLICY_REFUSED, 2 },
		{ NOTE_ACK_TYPE, EVENT_POLICY_REFUSED, 2 },
		{ NOTE_DOI_GDOI_UNSUPPORTED, EVENT_PEER_TOLERATED, 1 },
		{ NOTE_VENDOR_IDS, EVENT_PEER_TOLERATED, 1 },
		{ NOTE_SA_SITUATION, EVENT_PEER_TOLERATED, 1 },
		{ NOTE_GAP_UNKNOWN, EVENT_PEER_TOLERATED, 1 },
		{ NOTE_KEK_MANAGEMENT, EVENT_PEER_TOLERATED, 1 },
		{ NOTE_KEK_WITHOUT_SEQ, EVENT_PEER_TOLERATED, 1 },
		{ NOTE_KEK_WITHOUT_POLICY, EVENT_PEER_TOLERATED, 1 },
		{ NOTE_PACKET_TYPE, EVENT_PEER_TOLERATED, 1 },
		{ NOTE_DELETE_PROTOCOL, EVENT_PEER_TOLERATED, 1 },
		{ NOTE_DELETE_OTHER_KEK, EVENT_PEER_TOLERATED, 1 },
		{ NOTE_PRESERVATION_0, EVENT_PEER_TOLERATED, 1 },
		{ NOTE_DIRECTION_0, EVENT_PEER_TOLERATED, 1 },
		{ NOTE_TEK_REFUSED, EVENT_NONE, 2 },
	};
	const struct udp_ends ends = { WORLD_MEMBER, WORLD_SERVER(0), GDOI_PORT, GDOI_PORT };

	world_make(&w, 1, "");
	for (size_t i = 0; i < ARRAY_SIZE(notes); i++) {
		unsigned before = w.events[notes[i].event];

		for (int j = 0; j < 2; j++) {
			struct ike_out out = { .n_notes = 1 };

			out.notes[0].level = IKE_NOTE_WARNING;
			out.notes[0].id = notes[i].id;
			group_put_out(w.group, w.now, &out, &ends);
			world_carry_out(&w);
		}
		ck_assert_msg(w.events[notes[i].event] - before == notes[i].lines, "note %d", (int)notes[i].id);
	}
}
END_TEST

static uint8_t kept[4096];
static size_t kept_len;

static bool keep_push(struct world *unused, bool to_server, const uint8_t *data, size_t len)
{
	(void)unused;
	if (to_server || len <= 18 || data[18] != 33 || len > sizeof(kept))
		return false;
	memcpy(kept, data, len);
	kept_len = len;
	return true;
}

/* Anybody can send what looks like a push: it makes five lines and a number, whatever there is of it. */
START_TEST(flood_of_pushes)
{
	const struct udp_ends ends = { WORLD_MEMBER, WORLD_SERVER(1), GDOI_PORT, GDOI_PORT };

	registered(2, "", WORLD_PUSHES);
	w.drop = keep_push;
	command("rekey tek");
	w.drop = NULL;
	ck_assert_uint_gt(kept_len, 0);
	kept[kept_len - 1] ^= 1;
	for (int i = 0; i < 1000; i++)
		ck_assert(group_datagram(w.group, w.now + (uint64_t)i, &ends, kept, kept_len));
	world_carry_out(&w);
	ck_assert_uint_eq(group_stats(w.group)->push_failed, 1000);
	ck_assert_uint_eq(w.events[EVENT_PUSH_REFUSED], RATE_LIMIT_LINES);
	ck_assert_uint_eq(times("push refused: "), RATE_LIMIT_LINES);
	ck_assert_uint_eq(times("; from 10.10.100.2, nothing has changed"), RATE_LIMIT_LINES);
	ck_assert_uint_eq(w.event_server[EVENT_PUSH_REFUSED], WORLD_SERVER(1));
	ck_assert_uint_eq(w.events[EVENT_REKEYED], 0);
	world_run(&w, w.now + RATE_LIMIT_MS + SECOND, NULL); /* the server's own retransmissions are taken meanwhile */
	ck_assert_uint_eq(w.events[EVENT_REKEYED], 1);
	ck_assert_uint_eq(times("995 more lines push-refused were not logged within 30 s"), 1);
	ck_assert_uint_eq(w.events[EVENT_PUSH_REFUSED], RATE_LIMIT_LINES + 1);
}
END_TEST

/* --- secrets --- */

static struct secret secrets[512];
static size_t n_secrets;

static void secret_keep(const struct secret *s)
{
	if (s->len == 0)
		return;
	for (size_t i = 0; i < n_secrets; i++)
		if (secret_equal(&secrets[i], s))
			return;
	ck_assert_uint_lt(n_secrets, ARRAY_SIZE(secrets));
	secrets[n_secrets++] = *s;
}

static void keep_all(void)
{
	const struct group *g = w.group;

	secret_keep(&g->gateway->psk);
	if (g->registration.pull && g->registration.pull->phase1) {
		const struct ike_keys *k = &phase1_newest(g->registration.pull->phase1)->keys;

		secret_keep(&k->skeyid);
		secret_keep(&k->skeyid_d);
		secret_keep(&k->skeyid_a);
		secret_keep(&k->skeyid_e);
		secret_keep(&k->cipher_key);
	}
	if (group_kek(g))
		secret_keep(&group_kek(g)->key);
	for (size_t i = 0; i < keyring_policies(g->keys); i++)
		for (size_t j = 0; j < keyring_policy(g->keys, i)->n_keys; j++) {
			secret_keep(&keyring_policy(g->keys, i)->keys[j].sa->tek.key);
			secret_keep(&keyring_policy(g->keys, i)->keys[j].sa->tek.auth_key);
		}
}

static bool keep_on_the_way(struct world *unused, bool to_server, const uint8_t *data, size_t len)
{
	(void)unused;
	(void)to_server;
	(void)data;
	(void)len;
	keep_all();
	return false;
}

#define WINDOW 12 /* octets: shorter pieces may be there by chance, or as a word */

static void assert_not_logged(const struct secret *s)
{
	static char plain[sizeof(w.log)]; /* only what hex could consist of, whatever stands between */
	char hex[2 * WINDOW + 1];
	size_t n = 0;

	for (size_t i = 0; i < w.log_len; i++)
		if (isalnum((unsigned char)w.log[i]))
			plain[n++] = (char)tolower((unsigned char)w.log[i]);
	plain[n] = '\0';
	for (size_t i = 0; i + WINDOW <= s->len; i++) {
		for (size_t j = 0; j < WINDOW; j++)
			snprintf(hex + 2 * j, 3, "%02x", s->data[i + j]);
		ck_assert_ptr_null(strstr(plain, hex));
		ck_assert_ptr_null(memmem(w.log, w.log_len, s->data + i, WINDOW));
	}
}

START_TEST(no_secret)
{
	world_make(&w, 1, "");
	world_server(&w, 0, WORLD_PUSHES);
	w.drop = keep_on_the_way;
	world_start(&w);
	ck_assert(world_run(&w, w.now + SECOND, world_registered));
	command("rekey tek");
	command("rekey kek");
	command("delete teks");
	world_run(&w, w.now + 20 * SECOND, NULL);
	world_clear(&w);
	world_run(&w, w.now + 5000 * SECOND, NULL);
	memset(w.config->gateways[0].psk.data, 'x', 4); /* the server refuses what this gives */
	world_clear(&w);
	world_run(&w, w.now + 200 * SECOND, NULL);
	keep_all();
	ck_assert_uint_gt(group_stats(w.group)->push_succeeded, 3);
	ck_assert_uint_gt(group_stats(w.group)->pull_failed, 0);
	ck_assert_uint_ge(n_secrets, 2 + 5 * 4 + 2 * 3); /* PSKs, pulls, TEKs: the test has seen them */
	ck_assert_uint_gt(w.log_len, 1000);
	for (size_t i = 0; i < n_secrets; i++)
		assert_not_logged(&secrets[i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("group log");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, registration);
	tcase_add_test(t, new_and_repeated_kek);
	tcase_add_test(t, servers_fail);
	tcase_add_test(t, second_server);
	tcase_add_loop_test(t, keys_end, 0, 2);
	tcase_add_test(t, keys_of_one_policy_end);
	tcase_add_test(t, refused_policies);
	tcase_add_test(t, tolerated_once);
	tcase_add_test(t, kinds_of_note);
	tcase_add_test(t, flood_of_pushes);
	tcase_add_test(t, no_secret);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
