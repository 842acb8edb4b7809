/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each way in which a registration can fail, and what the operator is told: the lines of the log, "show" and the status
 * text, as golden/failures.txt has them, with the remedy that fits that way and no other.  Run from the root of the
 * tree; GVPN_GOLDEN=FILE writes what was told to FILE.
 */
#include "tests/unit/support/world.h"

#include "ike/pull_state.h"
#include "member/ctl/output.h"
#include "member/daemon/notify.h"
#include "member/daemon/snapshot.h"
#include "member/group/private.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define SECOND 1000u
#define GOLDEN "tests/unit/golden/failures.txt"

static struct world w;
static FILE *told;

/* --- the network's part in it --- */

/* ISAKMP header (RFC 2408 3.1) */
#define NEXT_AT 16
#define EXCHANGE_AT 18
#define FLAGS_AT 19
#define MESSAGE_ID_AT 20
#define MAIN_MODE 2
#define PULL 32

static bool is(const uint8_t *data, uint8_t exchange, bool encrypted)
{
	return data[EXCHANGE_AT] == exchange && (data[FLAGS_AT] & 1) == encrypted;
}

/* As if it came from FROM. */
static void inject(uint32_t from, const uint8_t *data, size_t len)
{
	size_t n = w.n_wire++;

	ck_assert_uint_lt(n, ARRAY_SIZE(w.wire));
	w.wire[n].data = malloc(len);
	memcpy(w.wire[n].data, data, len);
	w.wire[n].len = len;
	w.wire[n].from = from;
	w.wire[n].to = WORLD_MEMBER;
	w.wire[n].port = GDOI_PORT;
}

static uint16_t notify_type;

static void inject_clear(const uint8_t *cookies)
{
	uint8_t *data;
	size_t len;

	ck_assert_int_eq(clear_notify(cookies, cookies + ISAKMP_COOKIE_LEN, notify_type, &data, &len), 0);
	inject(WORLD_SERVER(0), data, len);
	free(data);
}

/* In the place of every answer to message 1, to message 5, or to a pull's. */
static bool clear_at_first(struct world *unused, bool to_server, const uint8_t *data, size_t len)
{
	(void)unused;
	(void)len;
	if (to_server)
		inject_clear(data);
	return to_server;
}

static bool clear_at_proof(struct world *unused, bool to_server, const uint8_t *data, size_t len)
{
	(void)unused;
	(void)len;
	if (!to_server || !is(data, MAIN_MODE, true))
		return false;
	inject_clear(data);
	return true;
}

static bool clear_at_pull(struct world *unused, bool to_server, const uint8_t *data, size_t len)
{
	(void)unused;
	(void)len;
	if (!to_server || !is(data, PULL, true))
		return false;
	inject_clear(data);
	return true;
}

/* What a server says under phase 1 when it is asked for the group: a notify, or that it deletes the SA. */
static bool authentic_at_pull(struct world *unused, bool to_server, const uint8_t *data, size_t len)
{
	struct informational sa;
	uint8_t *answer;
	size_t n;

	(void)unused;
	(void)len;
	if (!to_server || !is(data, PULL, true))
		return false;
	sa = phase1_informational(w.group->registration.pull->phase1);
	ck_assert_int_eq(notify_type ? informational_notify(&sa, notify_type, &answer, &n)
				     : informational_delete(&sa, &answer, &n),
			 0);
	inject(WORLD_SERVER(0), answer, n);
	free(answer);
	return true;
}

static bool drop_values(struct world *unused, bool to_server, const uint8_t *data, size_t len)
{
	(void)unused;
	(void)len;
	return !to_server && is(data, MAIN_MODE, false) && data[NEXT_AT] == PAYLOAD_KE;
}

static bool drop_proofs(struct world *unused, bool to_server, const uint8_t *data, size_t len)
{
	(void)unused;
	(void)len;
	return !to_server && is(data, MAIN_MODE, true);
}

static bool drop_pulls(struct world *unused, bool to_server, const uint8_t *data, size_t len)
{
	(void)unused;
	(void)len;
	return !to_server && is(data, PULL, true);
}

static uint8_t exchange[4];

/* The first message of each exchange of a pull passes: it has the policy. */
static bool drop_keys(struct world *unused, bool to_server, const uint8_t *data, size_t len)
{
	(void)unused;
	(void)len;
	if (to_server || !is(data, PULL, true))
		return false;
	if (memcmp(exchange, data + MESSAGE_ID_AT, sizeof(exchange)) == 0)
		return true;
	memcpy(exchange, data + MESSAGE_ID_AT, sizeof(exchange));
	return false;
}

/* The answer chooses group14 in place of group19, which was offered. */
static bool other_choice(struct world *unused, bool to_server, const uint8_t *data, size_t len)
{
	static const uint8_t group19[] = { 0x80, 0x04, 0x00, 0x13 };
	uint8_t changed[1024];
	uint8_t *at;

	(void)unused;
	if (to_server || !is(data, MAIN_MODE, false) || data[NEXT_AT] != PAYLOAD_SA)
		return false;
	ck_assert_uint_le(len, sizeof(changed));
	memcpy(changed, data, len);
	at = memmem(changed, len, group19, sizeof(group19));
	ck_assert_ptr_nonnull(at);
	at[3] = 14;
	inject(WORLD_SERVER(0), changed, len);
	return true;
}

static bool spoiled_proofs(struct world *unused, bool to_server, const uint8_t *data, size_t len)
{
	uint8_t changed[1024];

	(void)unused;
	if (to_server || !is(data, MAIN_MODE, true))
		return false;
	ck_assert_uint_le(len, sizeof(changed));
	memcpy(changed, data, len);
	changed[len - 1] ^= 1;
	changed[ISAKMP_HEADER_LEN] ^= 1;
	inject(WORLD_SERVER(0), changed, len);
	return true;
}

static bool from_elsewhere(struct world *unused, bool to_server, const uint8_t *data, size_t len)
{
	(void)unused;
	if (to_server)
		return false;
	inject(0x0a0a6409, data, len); /* 10.10.100.9 */
	return true;
}

/* --- statements that the member's text has, with another value --- */

static void in_aggressive_mode(void)
{
	w.config->gateways[0].mode = IKE_AGGRESSIVE;
}

static void with_another_cipher(void)
{
	w.config->gateways[0].proposals[0].cipher = CIPHER_AES_CBC_256;
}

static void with_another_key(void)
{
	w.config->gateways[0].psk.data[0] ^= 1;
}

static void in_another_group(void)
{
	w.config->vpns[0].group = 7;
}

static void in_the_second_group(void)
{
	w.config->vpns[0].group = 2;
}

/* --- the ways --- */

enum remedy {
	PATH,
	PROPOSALS,
	KEYS,
	IDENTITY,
	GROUP,
	NO_GDOI,
	DOI,
	SITUATION,
	REMOTE_IDENTITY,
	ELSEWHERE,
	POLICY,
	SERVER_LOG,
	REMEDIES
};
#define R(x) (1u << (x))

/* Words of each that are in no other. */
static const char *const remedies[REMEDIES] = {
	[PATH] = "UDP port 848 passes",
	[PROPOSALS] = "authentication-algorithm and encryption-algorithm against the server's",
	[KEYS] = "the pre-shared keys differ",
	[IDENTITY] = "expects this member's local-identity",
	[GROUP] = "check the group's number",
	[NO_GDOI] = "knows no GROUPKEY-PULL",
	[DOI] = "'doi ipsec'",
	[SITUATION] = "'situation' in the gateway",
	[REMOTE_IDENTITY] = "the gateway needs: remote-identity",
	[ELSEWHERE] = "must answer from the address at which it is asked, or be named",
	[POLICY] = "what the server gives must be what this member supports",
	[SERVER_LOG] = "the server's own log says why",
};

#define MEMBER "set security group-vpn member "
#define SERVER "set security group-vpn server "

/* Group 2, with a cipher that no member takes. */
#define GCM_GROUP                                                                                                      \
	SERVER "ipsec proposal GCM encryption-algorithm aes-256-gcm\n" SERVER "group H group-id 2\n" SERVER            \
	       "group H ike-gateway GM-0001\n" SERVER "group H ipsec-sa S proposal GCM\n" SERVER                       \
	       "group H ipsec-sa S match-policy 1 source 172.16.0.0/12\n" SERVER                                       \
	       "group H ipsec-sa S match-policy 1 destination 172.16.0.0/12\n"

static const struct {
	const char *name, *member, *server; /* SERVER NULL: nobody is there */
	void (*edit)(void);
	bool (*hook)(struct world *w, bool to_server, const uint8_t *data, size_t len);
	uint16_t notify;
	unsigned remedies;
} ways[] = {
	{ "nobody answers", "", NULL, NULL, NULL, 0, R(PATH) | R(PROPOSALS) | R(DOI) | R(SITUATION) },
	{ "nobody answers, in aggressive mode", "", NULL, in_aggressive_mode, NULL, 0,
	  R(PATH) | R(PROPOSALS) | R(IDENTITY) | R(DOI) },
	{ "the server has other proposals, and says so in the clear", "", "", with_another_cipher, NULL, 0,
	  R(PROPOSALS) },
	{ "the server refuses in the clear: 14", "", "", NULL, clear_at_first, 14, R(PROPOSALS) },
	{ "the server refuses in the clear: 2, and DOI 1 too", "", "", NULL, clear_at_first, 2, R(DOI) },
	{ "the server refuses in the clear: 3", "", "", NULL, clear_at_first, 3, R(SITUATION) },
	{ "the server refuses in the clear: 7, this mode", "", "", NULL, clear_at_first, 7, 0 },
	{ "the server refuses in the clear: 24", "", "", NULL, clear_at_proof, 24, R(KEYS) | R(IDENTITY) },
	{ "the server refuses in the clear: 18, this identity", "", "", NULL, clear_at_proof, 18, R(IDENTITY) },
	{ "the server cannot read message 5, and says so: 16", "", "", NULL, clear_at_proof, 16, R(KEYS) },
	{ "the DOI is fixed, and the server knows the other", MEMBER "ike gateway KeySrv doi gdoi\n",
	  SERVER "test doi-only 1\n", NULL, NULL, 0, R(DOI) },
	{ "an answer chooses what was not offered", "", "", NULL, other_choice, 0, R(PROPOSALS) },
	{ "message 4 does not come", "", "", NULL, drop_values, 0, R(SERVER_LOG) },
	{ "message 6 does not come", "", "", NULL, drop_proofs, 0, R(KEYS) | R(IDENTITY) },
	{ "message 6 cannot be read", "", "", NULL, spoiled_proofs, 0, R(KEYS) },
	{ "the pre-shared keys differ", "", "", with_another_key, NULL, 0, R(KEYS) | R(IDENTITY) },
	{ "the server proves to be another", MEMBER "ike gateway KeySrv remote-identity hostname ks.example.net\n", "",
	  NULL, NULL, 0, R(REMOTE_IDENTITY) },
	{ "the pull is not answered", "", "", NULL, drop_pulls, 0, R(GROUP) },
	{ "the group is not the server's", "", "", in_another_group, NULL, 0, R(GROUP) },
	{ "the server refuses the pull: 18", "", "", NULL, authentic_at_pull, 18, R(GROUP) },
	{ "the server refuses the pull: 24", "", "", NULL, authentic_at_pull, 24, R(GROUP) },
	{ "the server refuses the pull: 1, it is no GDOI server", "", "", NULL, authentic_at_pull, 1, R(NO_GDOI) },
	{ "the server refuses the pull in the clear: 29", "", "", NULL, clear_at_pull, 29, R(NO_GDOI) },
	{ "the server deletes the ISAKMP SA", "", "", NULL, authentic_at_pull, 0, R(GROUP) },
	{ "the keys do not come", "", "", NULL, drop_keys, 0, R(SERVER_LOG) },
	{ "the server denies every pull", "", SERVER "test answer denial\n", NULL, NULL, 0, R(GROUP) },
	{ "nothing that the server gives can be used", "", GCM_GROUP, in_the_second_group, NULL, 0, R(POLICY) },
	{ "the server answers from another address", "", "", NULL, from_elsewhere, 0, R(ELSEWHERE) },
};

static bool ended(const struct world *world)
{
	enum group_state s = group_state(world->group);

	return s == GROUP_WAITING || s == GROUP_UNUSABLE || s == GROUP_REGISTERED;
}

static void check_remedies(const char *where, const char *text, unsigned want)
{
	for (unsigned i = 0; i < REMEDIES; i++) {
		bool has = strstr(text, remedies[i]) != NULL;

		ck_assert_msg(has == (want >> i & 1), "%s: '%s' is %s:\n%s", where, remedies[i],
			      has ? "told" : "not told", text);
	}
}

/* The line of "show" that says how the registration stands. */
static char *shown(void)
{
	struct json_object *snapshot =
		snapshot_make(&(struct snapshot_input){ .config = w.config, .groups = &w.group, .now = w.now });
	char *text, *line;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	ck_assert(out && snapshot);
	ck_assert_int_eq(output_text.snapshot(out, SHOW_IPSEC_DETAIL, snapshot), 0);
	fclose(out);
	json_object_put(snapshot);
	line = strstr(text, "Registration state: ");
	ck_assert_msg(line != NULL, "%s", text);
	line = strndup(line, strcspn(line, "\n"));
	free(text);
	return line;
}

/* The lines that were logged, but for what chance decides. */
static void put_log(FILE *out)
{
	for (const char *p = w.log; *p;) {
		size_t n = strcspn(p, "\n");

		if (strncmp(p, "phase 1 is begun anew: ", 23) != 0)
			fprintf(out, "  log:    %.*s\n", (int)n, p);
		p += n + (p[n] == '\n');
	}
}

static void tell(FILE *out, const char *name)
{
	struct group *items[] = { w.group };
	const struct groups groups = { .config = w.config, .items = items, .n = 1 };
	char status[DAEMON_STATUS_MAX], *line = shown();

	daemon_status(&groups, NULL, status);
	fprintf(out, "%s\n", name);
	put_log(out);
	fprintf(out, "  show:   %s\n  status: %s\n\n", line, status);
	free(line);
}

/* SPIs are the server's draw, which depends on how often it drew before. */
static void mask_spis(char *text)
{
	static const char before[] = "TEK ";

	for (char *p = text; (p = strstr(p, before)); p += strlen(before))
		if (strspn(p + strlen(before), "0123456789abcdef") == 8)
			memset(p + strlen(before), 'x', 8);
}

/* What golden/failures.txt has of NAME; freed by the caller. */
static char *golden_of(const char *name)
{
	char *all = calloc(1, 1 << 20), *at, *end, *ret, key[256];
	FILE *f = fopen(GOLDEN, "r");

	ck_assert_msg(f && all, GOLDEN ": cannot be read; run the test from the root of the tree");
	ck_assert_uint_lt(fread(all, 1, 1 << 20, f), 1 << 20);
	fclose(f);
	snprintf(key, sizeof(key), "\n\n%s\n", name);
	at = strncmp(all, key + 2, strlen(key + 2)) == 0 ? all : strstr(all, key);
	ck_assert_msg(at != NULL, GOLDEN " has nothing of '%s'", name);
	at += at == all ? 0 : 2;
	end = strstr(at, "\n\n");
	ret = strndup(at, end ? (size_t)(end + 2 - at) : strlen(at));
	free(all);
	return ret;
}

START_TEST(failure)
{
	const char *reason, *file = getenv("GVPN_GOLDEN");
	char *text, *want;
	size_t len;
	FILE *out;

	notify_type = ways[_i].notify;
	memset(exchange, 0, sizeof(exchange));
	world_make(&w, 1, ways[_i].member);
	if (ways[_i].edit)
		ways[_i].edit();
	w.no_debug = true;
	if (ways[_i].server)
		world_server(&w, 0, ways[_i].server);
	w.drop = ways[_i].hook;
	world_start(&w);
	ck_assert_msg(world_run(&w, w.now + 1000 * SECOND, ended), "%s: no end", ways[_i].name);
	ck_assert_int_ne(group_state(w.group), GROUP_REGISTERED);
	ck_assert_uint_eq(w.events[EVENT_SERVER_FAILED], 1);
	reason = strstr(w.log, "registration failed: ");
	ck_assert_ptr_nonnull(reason);
	want = strndup(reason, strcspn(reason, "\n"));
	check_remedies("log", want, ways[_i].remedies);
	free(want);
	check_remedies("reason", world_reason(&w), ways[_i].remedies);

	out = open_memstream(&text, &len);
	tell(out, ways[_i].name);
	fclose(out);
	mask_spis(text);
	if (file) {
		told = fopen(file, _i == 0 ? "w" : "a");
		ck_assert_ptr_nonnull(told);
		fputs(text, told);
		fclose(told);
	} else {
		want = golden_of(ways[_i].name);
		ck_assert_msg(strcmp(text, want) == 0, "--- is\n%s--- was to be\n%s", text, want);
		free(want);
	}
	free(text);
}
END_TEST

/* What is waited for is told when the first repetition goes out, and the counter moves, long before the end. */
START_TEST(told_while_it_fails)
{
	notify_type = 14;
	world_make(&w, 1, "");
	world_server(&w, 0, "");
	w.drop = clear_at_first;
	world_start(&w);
	ck_assert(!world_run(&w, w.now + 3 * SECOND, ended));
	ck_assert_ptr_nonnull(strstr(w.log,
				     "no usable answer yet from 10.10.100.1: waiting for the server's first answer, "
				     "sent 2 times; last came: notify 14 NO-PROPOSAL-CHOSEN in the clear\n"));
	ck_assert_ptr_nonnull(strstr(world_reason(&w), "; last came: notify 14 NO-PROPOSAL-CHOSEN in the clear"));
	ck_assert_uint_ge(group_stats(w.group)->clear_notifies, 2);
	ck_assert_uint_eq(w.events[EVENT_SERVER_FAILED], 0);
}
END_TEST

/* A working exchange, as --debug shows it. */
START_TEST(details)
{
	static const char *const lines[] = {
		"phase 1 begins: main mode, DOI 2, situation 0, 1 proposals\n",
		"offered as 1: encryption aes-128-cbc, hash sha-256, group19, pre-shared key, lifetime 28800 s\n",
		"this member's identity is inet 10.18.101.1\n",
		"the server is to prove itself as inet 10.10.100.1\n",
		"phase 1 stands, the server chose: encryption aes-128-cbc, hash sha-256, group19, pre-shared key, "
		"lifetime 28800 s\n",
		"phase 1 stands with DOI 2; group 1 is asked for as a key id of four octets\n",
		"the server gives a KEK: aes-256-cbc, lifetime 7200 s (0: until it is replaced)\n",
		": encryption aes-256-cbc, integrity hmac-sha-256-128, lifetime 3600 s, 0 kilobytes (0: any)\n",
	};

	world_make(&w, 1, "");
	world_server(&w, 0, WORLD_PUSHES);
	world_start(&w);
	ck_assert(world_run(&w, w.now + SECOND, world_registered));
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		ck_assert_msg(strstr(w.log, lines[i]) != NULL, "the log has no '%s':\n%s", lines[i], w.log);
}
END_TEST

static void teardown(void)
{
	world_free(&w);
}

int main(void)
{
	Suite *suite = suite_create("group failures");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, failure, 0, ARRAY_SIZE(ways));
	tcase_add_test(t, told_while_it_fails);
	tcase_add_test(t, details);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
