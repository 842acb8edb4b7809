/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The key server's commands that change something, as an operator types them, and pushes through the server as a whole:
 * from the right address, acknowledged, and with the ISAKMP SA of a removed member forgotten (row B3).
 */
#include "ike/pull.h"
#include "ike/push.h"
#include "tests/gcks/command.h"
#include "tests/unit/support/words.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define SERVER 0x0a0a6401                          /* 10.10.100.1 */
#define GM(n) (0x0a126401u + ((uint32_t)(n) << 8)) /* 10.18.(100 + n).1 */
#define KEY "a key of the tests"

static const char text[] =
	"security { group-vpn { server {\n"
	"ike {\n"
	"  proposal P { authentication-method pre-shared-keys; authentication-algorithm sha-256; dh-group group19;"
	"               encryption-algorithm aes-128-cbc; }\n"
	"  policy GMs { mode main; proposals P; pre-shared-key ascii-text \"" KEY "\"; }\n"
	"  gateway GM-0001 { ike-policy GMs; address 10.18.101.1; local-address 10.10.100.1; }\n"
	"  gateway GM-0002 { ike-policy GMs; address 10.18.102.1; local-address 10.10.100.2; }\n"
	"}\n"
	"ipsec { proposal AES { authentication-algorithm hmac-sha-256-128; encryption-algorithm aes-256-cbc; } }\n"
	"group ONE { group-id 1; ike-gateway GM-0001; ike-gateway GM-0002;\n"
	"  server-member-communication { communication-type unicast; encryption-algorithm aes-256-cbc;\n"
	"    sig-hash-algorithm sha-384; number-of-retransmission 1; retransmission-period 5; }\n"
	"  test { signature-algorithm ecdsa-256; acknowledgement sha-512; }\n"
	"  ipsec-sa S1 { proposal AES; match-policy A { source 172.16.0.0/12; destination 172.16.0.0/12; } } }\n"
	"%s} } }\n";

static const char second[] =
	"group TWO { group-id 2; ike-gateway GM-0001;\n"
	"  ipsec-sa S2 { proposal AES; match-policy A { source 10.0.0.0/8; destination 10.0.0.0/8; } } }\n";

struct fixture {
	struct gcks_config *config;
	struct gcks_server *server;
	uint32_t draws;
	uint64_t now;
	uint8_t last[2000]; /* the member's last datagram of the pull */
	size_t last_len;
};

static int draw(void *ctx, void *buf, size_t len)
{
	struct fixture *f = ctx;

	for (size_t i = 0; i < len; i += 4) {
		uint32_t x = ++f->draws * 2654435761u;

		memcpy((uint8_t *)buf + i, &x, len - i < 4 ? len - i : 4);
	}
	return 0;
}

static void start(struct fixture *f, bool two)
{
	const struct gcks_server_ops ops = { .random = draw, .ctx = f };
	struct config_error config_err = { .text = "" };
	struct gcks_error err = { "" };
	char all[sizeof(text) + sizeof(second)];

	*f = (struct fixture){ .now = 1000 };
	snprintf(all, sizeof(all), text, two ? second : "");
	ck_assert_msg(gcks_config_parse(&f->config, "test", all, strlen(all), &config_err) == 0, "%s", config_err.text);
	ck_assert_msg(gcks_server_new(&f->server, f->config, &ops, f->now, &err) == 0, "%s", err.text);
}

static void stop(struct fixture *f)
{
	gcks_server_free(f->server);
	gcks_config_free(f->config);
}

static struct gdoi_group *group(const struct fixture *f, size_t i)
{
	size_t n;
	struct gdoi_group *const *groups = gcks_server_groups(f->server, &n);

	ck_assert_uint_lt(i, n);
	return groups[i];
}

/* Without the exchange: that is tested elsewhere. */
static void take_keys(struct fixture *f, const char *member, struct download *d)
{
	ck_assert_int_eq(gdoi_group_pull(group(f, 0), f->now, member, d), 0);
	gdoi_group_registered(group(f, 0), f->now, member);
}

static void say(struct fixture *f, const char *line, int r, const char *needle)
{
	char *said = NULL;
	struct gcks_error err = { "" };
	size_t len = 0;
	FILE *out = open_memstream(&said, &len);
	int got = gcks_command(f->server, f->now, 0, line, out, &err);

	fclose(out);
	ck_assert_msg(got == r, "%s: %d: %s%s", line, got, said, err.text);
	ck_assert_msg(strstr(r == 0 ? said : err.text, needle) != NULL, "%s: %s%s", line, said, err.text);
	ck_assert_msg(r == 0 || said[0] == '\0', "%s: %s", line, said);
	free(said);
}

/* What local address I sends now; its first datagram is in RET. */
static size_t sends(struct fixture *f, size_t i, struct ike_out *ret)
{
	ike_out_clear(ret);
	gcks_server_step(f->server, f->now, i, 0, 0, NULL, 0, ret);
	return ret->n_datagrams;
}

START_TEST(pushes)
{
	struct download *d = calloc(1, sizeof(*d));
	struct push *said = calloc(1, sizeof(*said));
	struct rekey_sa *sa = NULL;
	struct ike_out out = { 0 }, ack = { 0 }, none = { 0 };
	struct fixture f;
	struct ike_cause why;

	start(&f, false);
	say(&f, "rekey tek", 0, "group ONE: new TEKs; no push, because no registered member");
	take_keys(&f, "GM-0001", d);
	take_keys(&f, "GM-0002", d);
	ck_assert_uint_gt(gcks_server_deadline(f.server), f.now);
	say(&f, "rekey tek", 0, "group ONE: new TEKs; a push goes to 2 members");
	ck_assert_uint_le(gcks_server_deadline(f.server), f.now);
	say(&f, "show kek security-associations detail", 0, "PUSH negotiations in progress: 2\n");
	/* Each from the address that its gateway names. */
	ck_assert_uint_eq(sends(&f, 1, &out), 1);
	ck_assert_uint_eq(out.datagrams[0].addr, GM(2));
	ck_assert_uint_eq(sends(&f, 0, &out), 1);
	ck_assert_uint_eq(out.datagrams[0].addr, GM(1));
	ck_assert_uint_eq(out.datagrams[0].port, 848);
	ck_assert_uint_eq(gcks_server_deadline(f.server), f.now + 5000);
	/* The first member answers, as RFC 8263 with SHA-512 has it. */
	d->kek.seq = d->seq;
	ck_assert_int_eq(d->kek.ack_type, 3);
	ck_assert_int_eq(rekey_sa_new(&sa, &d->kek, false, false, NULL, &why), 0);
	ck_assert_int_eq(rekey_sa_receive(sa, out.datagrams[0].data, out.datagrams[0].len, said, &none), PUSH_ACCEPTED);
	ck_assert_int_eq(rekey_sa_acknowledge(sa, GM(1), &ack), 0);
	gcks_server_step(f.server, f.now, 1, GM(1), 848, ack.datagrams[0].data, ack.datagrams[0].len, &none);
	say(&f, "show statistics", 0, "Push Acknowledged            : 0\n"); /* it came to another address */
	for (int i = 0; i < 2; i++)
		gcks_server_step(f.server, f.now, 0, GM(1), 848, ack.datagrams[0].data, ack.datagrams[0].len, &none);
	ck_assert_uint_eq(none.n_datagrams, 0);
	say(&f, "show statistics", 0, "Push Sent                    : 2\n      Push Acknowledged            : 1\n");
	say(&f, "show kek security-associations detail", 0, "PUSH negotiations in progress: 1\n");
	/* The other one does not: once more, and then it goes. */
	f.now += 5000;
	ck_assert_uint_eq(sends(&f, 0, &out), 0);
	ck_assert_uint_eq(sends(&f, 1, &out), 1);
	f.now += 5000;
	ck_assert_uint_eq(sends(&f, 1, &out), 0);
	say(&f, "show statistics", 0, "Push Unacknowledged          : 1\n");
	say(&f, "show registered-members", 0, "Total number of registered members: 1\n");
	say(&f, "show kek security-associations detail", 0, "PUSH negotiations in progress: 0\n");
	ike_out_clear(&out);
	ike_out_clear(&ack);
	ike_out_clear(&none);
	rekey_sa_free(sa);
	free(said);
	free(d);
	stop(&f);
}
END_TEST

static void give(struct fixture *f, const uint8_t *data, size_t len, struct ike_out *ret)
{
	ike_out_clear(ret);
	gcks_server_step(f->server, f->now, 0, GM(1), 848, data, len, ret);
}

static void register_by_exchange(struct fixture *f)
{
	struct pull_params params = {
		.local = GM(1),
		.server = SERVER,
		.mode = IKE_MAIN,
		.proposals = { { IKE_SHA256, IKE_ECP256, CIPHER_AES_CBC_128, 28800 } },
		.n_proposals = 1,
		.group = 1,
		.doi = IKE_DOI_GDOI,
	};
	struct ike_out out = { 0 }, answers = { 0 };
	struct pull *p = NULL;

	ck_assert_int_eq(secret_set(&params.psk, KEY, strlen(KEY)), 0);
	ck_assert_int_eq(pull_new(&p, &params, f->now, &out), 0);
	for (int i = 0; i < 100 && pull_state(p) == PULL_RUNNING; i++) {
		ck_assert_uint_eq(out.n_datagrams, 1);
		ck_assert_uint_le(out.datagrams[0].len, sizeof(f->last));
		f->last_len = out.datagrams[0].len;
		memcpy(f->last, out.datagrams[0].data, f->last_len);
		ike_out_clear(&out);
		give(f, f->last, f->last_len, &answers);
		ck_assert_uint_eq(answers.n_datagrams, 1);
		pull_step(p, f->now, answers.datagrams[0].data, answers.datagrams[0].len, &out);
	}
	ck_assert_msg(pull_state(p) == PULL_DONE, "%s", reason_of(p));
	ike_out_clear(&out);
	ike_out_clear(&answers);
	pull_free(p);
}

/* A repeated message 3 is answered while the ISAKMP SA is there, and met with silence when it is forgotten. */
START_TEST(isakmp_sa_is_forgotten)
{
	struct ike_out out = { 0 };
	struct fixture f;

	start(&f, false);
	register_by_exchange(&f);
	give(&f, f.last, f.last_len, &out);
	ck_assert_uint_eq(out.n_datagrams, 1);
	if (_i == 0) {
		say(&f, "member remove GM-0001", 0, "group ONE: GM-0001 is removed\n");
		say(&f, "member remove GM-0001", -ENOENT, "not registered");
		ck_assert_uint_le(gcks_server_deadline(f.server), f.now);
		sends(&f, 0, &out);
	} else {
		say(&f, "rekey kek", 0, "group ONE: a new KEK; a push goes to 1 member\n");
		for (int i = 0; i <= 2; i++, f.now += 5000)
			ck_assert_uint_eq(sends(&f, 0, &out), i < 2 ? 1 : 0);
	}
	give(&f, f.last, f.last_len, &out);
	ck_assert_uint_eq(out.n_datagrams, 0);
	ck_assert_uint_eq(gdoi_group_n_registered(group(&f, 0)), 0);
	register_by_exchange(&f);
	ck_assert_uint_eq(gdoi_group_n_registered(group(&f, 0)), 1);
	ike_out_clear(&out);
	stop(&f);
}
END_TEST

/* The member that pulls in the very moment in which it would be removed is not cut off amid its pull. */
START_TEST(pull_at_the_last_moment)
{
	struct ike_out out = { 0 };
	struct fixture f;

	start(&f, false);
	register_by_exchange(&f);
	say(&f, "rekey tek", 0, "a push goes to 1 member");
	sends(&f, 0, &out);
	f.now += 5000;
	sends(&f, 0, &out);
	f.now += 5000;
	register_by_exchange(&f);
	ck_assert_uint_eq(gdoi_group_n_registered(group(&f, 0)), 1);
	give(&f, f.last, f.last_len, &out);
	ck_assert_uint_eq(out.n_datagrams, 1);
	ck_assert_uint_eq(gdoi_group_stats(group(&f, 0))->push_unacknowledged, 1);
	ike_out_clear(&out);
	stop(&f);
}
END_TEST

static const struct {
	const char *line;
	int r;
	const char *needle;
} lines[] = {
	{ "rekey", -EINVAL, "rekey tek [GROUP]" },
	{ "rekey keks", -EINVAL, "rekey keks" },
	{ "rekey tek", -ENOENT, "there are 2 groups" },
	{ "rekey tek THREE", -ENOENT, "THREE" },
	{ "rekey tek ONE", 0, "group ONE: new TEKs" },
	{ "rekey tek 2", 0, "group TWO: new TEKs; no push, because the group has no server-member-communication" },
	{ "rekey tek group ONE", 0, "group ONE" },
	{ "rekey tek ONE TWO", -EINVAL, "\"TWO\" is not expected" },
	{ "rekey kek group", -EINVAL, "a value is expected after \"group\"" },
	{ "rekey kek group ONE group TWO", -EINVAL, "twice" },
	{ "rekey kek 1", 0, "a new KEK" },
	{ "rekey kek TWO", -ENOKEY, "has no KEK" },
	{ "delete", -EINVAL, "\"tek SPI\", \"teks\", \"kek\" or \"all\"" },
	{ "delete tek", -EINVAL, "(nothing)" },
	{ "delete tek 0", -EINVAL, "SPI" },
	{ "delete tek 123456789", -EINVAL, "SPI" },
	{ "delete tek -1", -EINVAL, "SPI" },
	{ "delete tek deadbeef", -ENOENT, "deadbeef" },
	{ "delete teks ONE with-replacement", 0, "all TEKs are deleted" },
	{ "delete teks with-replacement group TWO", 0, "group TWO" },
	{ "delete kek ONE", 0, "the KEK is deleted" },
	{ "delete kek TWO", -ENOKEY, "has no KEK" },
	{ "delete all ONE", 0, "all keys are deleted" },
	{ "delete all TWO", 0, "all keys are deleted" },
	{ "delete all", -ENOENT, "there are 2 groups" },
	{ "policy", -EINVAL, "policy add NAME" },
	{ "policy add", -EINVAL, "policy add NAME" },
	{ "policy add B group ONE", -EINVAL, "source" },
	{ "policy add B source 10.0.0.0/8 group ONE", -EINVAL, "destination" },
	{ "policy add B source 10.0.0.1/8 destination any group ONE", -EINVAL, "10.0.0.1/8" },
	{ "policy add B source 10.0.0.0/8 destination any destination-port 80 group ONE", -EINVAL, "protocol" },
	{ "policy add B source 10.0.0.0/8 destination any colour red group ONE", -EINVAL,
	  "\"colour\" is not expected" },
	{ "policy add B source 10/8;} destination any group ONE", -EINVAL, "policy:" },
	{ "policy add B;C source 10.0.0.0/8 destination any group ONE", -EINVAL, "name" },
	{ "policy add B source 172.16.0.0/12 destination 172.16.0.0/12 group ONE", -EEXIST, "the same as S1/A" },
	{ "policy add A source 10.0.0.0/8 destination any group ONE", -EEXIST, "already" },
	{ "policy add B source 10.0.0.0/8 destination any ipsec-sa S2 group ONE", -ENOENT, "S2" },
	{ "policy add B source 10.0.0.0/8 destination any protocol tcp source-port 1-9 destination-port 80 ipsec-sa S1 "
	  "group ONE",
	  0, "the policy is added" },
	{ "policy change A destination-port 80 group ONE", -EINVAL, "protocol" },
	{ "policy change A protocol tcp destination-port 80 group ONE", 0, "the policy is changed" },
	{ "policy change B source any group ONE", -ENOENT, "B" },
	{ "policy remove A group ONE", -EBUSY, "only one" },
	{ "policy remove B group ONE", -ENOENT, "B" },
	{ "policy remove A source any group ONE", -EINVAL, "not expected" },
	{ "anti-replay", -EINVAL, "anti-replay (nothing): 1 to 60000 milliseconds, or \"off\", is expected" },
	{ "anti-replay 0 ONE", -EINVAL, "anti-replay 0: 1 to 60000" },
	{ "anti-replay 60001 ONE", -EINVAL, "60001" },
	{ "anti-replay 123456 ONE", -EINVAL, "123456" },
	{ "anti-replay -1 ONE", -EINVAL, "-1" },
	{ "anti-replay on ONE", -EINVAL, "anti-replay on" },
	{ "anti-replay 1000", -ENOENT, "there are 2 groups" },
	{ "anti-replay 1000 with-replacement ONE", -EINVAL, "present-keys, group NAME-OR-ID may follow" },
	{ "anti-replay 1000 ONE", 0, "group ONE: D3P enabled; no push, because no registered member holds the KEK" },
	{ "anti-replay 60000 present-keys group ONE", 0, "group ONE: D3P enabled" },
	{ "anti-replay off group TWO", 0, "group TWO: D3P disabled" },
	{ "member", -EINVAL, "member remove NAME" },
	{ "member remove GM-0001", -ENOENT, "not registered" },
	{ "member remove GM-0001 group THREE", -ENOENT, "THREE" },
};

START_TEST(words)
{
	struct fixture f;

	start(&f, true);
	say(&f, lines[_i].line, lines[_i].r, lines[_i].needle);
	stop(&f);
}
END_TEST

START_TEST(policies_are_shown)
{
	struct gcks_tek_view v;
	struct fixture f;
	char line[64];

	start(&f, true);
	say(&f, "policy add B source 10.0.0.0/8 destination any protocol tcp destination-port 80 group ONE", 0,
	    "added");
	say(&f, "show ipsec security-associations detail", 0,
	    "  Policy Name: B\n    Source: 10.0.0.0/8\n    Destination: 0.0.0.0/0\n    Source Port: 0\n"
	    "    Destination Port: 80\n    Protocol: 6\n");
	say(&f, "policy change B source 10.1.0.0/16 group 1", 0, "changed");
	say(&f, "show ipsec security-associations detail", 0,
	    "  Policy Name: B\n    Source: 10.1.0.0/16\n    Destination: 0.0.0.0/0\n    Source Port: 0\n"
	    "    Destination Port: 80\n    Protocol: 6\n");
	say(&f, "policy remove S1/A group 1", 0, "removed");
	ck_assert_uint_eq(gdoi_group_config(group(&f, 0))->n_policies, 1);
	/* An SPI names its group; in another one it is not. */
	gdoi_group_tek(group(&f, 1), f.now, 0, 0, &v);
	snprintf(line, sizeof(line), "delete tek 0x%08X group ONE", v.tek->spi);
	say(&f, line, -ENOENT, "no live TEK");
	snprintf(line, sizeof(line), "delete tek %08x with-replacement", v.tek->spi);
	say(&f, line, 0, "group TWO: the TEK is deleted");
	say(&f, line, -ENOENT, "no live TEK");
	stop(&f);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gcks operate");
	TCase *tc = tcase_create("operate");
	SRunner *sr = srunner_create(suite);
	int failed;

	tcase_add_test(tc, pushes);
	tcase_add_loop_test(tc, isakmp_sa_is_forgotten, 0, 2);
	tcase_add_test(tc, pull_at_the_last_moment);
	tcase_add_loop_test(tc, words, 0, ARRAY_SIZE(lines));
	tcase_add_test(tc, policies_are_shown);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(suite, tc);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
