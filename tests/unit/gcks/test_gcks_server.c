/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The key server as a whole, in memory: a configuration, members that pull, and what an operator is told. */
#include "ike/pull.h"
#include "tests/gcks/command.h"
#include "tests/gcks/server.h"
#include "tests/unit/support/words.h"

#include <check.h>
#include <stdlib.h>

#define SERVER 0x0a0a6401 /* 10.10.100.1 */
#define SERVER2 0x0a0a6402
#define GM(n) (0x0a126401u + ((uint32_t)(n) << 8)) /* 10.18.(100 + n).1 */
#define KEY "a key of the tests"

static const char text[] =
	"security { group-vpn { server {\n"
	"ike {\n"
	"  proposal P { authentication-method pre-shared-keys; authentication-algorithm sha-256; dh-group group19;"
	"               encryption-algorithm aes-128-cbc; }\n"
	"  policy GMs { mode main; proposals P; pre-shared-key ascii-text \"" KEY "\"; }\n"
	"  gateway GM-0001 { ike-policy GMs; address 10.18.101.1; local-address 10.10.100.1; }\n"
	"  gateway GM-0002 { ike-policy GMs; address 10.18.102.1; local-address 10.10.100.1; }\n"
	"  gateway GM-0003 { ike-policy GMs; address 10.18.103.1; local-address 10.10.100.2; }\n"
	"}\n"
	"ipsec { proposal AES { authentication-algorithm hmac-sha-256-128; encryption-algorithm aes-256-cbc; } }\n"
	"group ONE { group-id 1; member-threshold 1; ike-gateway GM-0001; ike-gateway GM-0002;\n"
	"  ipsec-sa S1 { proposal AES; match-policy A { source 172.16.0.0/12; destination 172.16.0.0/12; }\n"
	"                              match-policy B { source 10.0.0.0/8; destination 10.0.0.0/8; } } }\n"
	"group TWO { group-id 4294967295; ike-gateway GM-0001; ike-gateway GM-0003;\n"
	"  ipsec-sa S2 { proposal AES; match-policy A { source 172.16.0.0/12; destination 172.16.0.0/12; } } }\n"
	"} } }\n";

/* The SPIs that are drawn: the second group's first draw repeats one of the first group. */
static int draw(void *ctx, void *buf, size_t len)
{
	static const uint32_t spis[] = { 0x1000, 0x2000, 0x2000, 0x3000 };
	size_t *n = ctx;

	memset(buf, (int)(0x10 + *n), len);
	if (len == 4) {
		ck_assert_uint_lt(*n, ARRAY_SIZE(spis));
		memcpy(buf, &spis[(*n)++], len);
	}
	return 0;
}

struct fixture {
	struct gcks_config *config;
	struct gcks_server *server;
	size_t draws;
	uint64_t now;
};

static void start(struct fixture *f)
{
	const struct gcks_server_ops ops = { .random = draw, .ctx = &f->draws };
	struct config_error config_err = { .text = "" };
	struct gcks_error err = { "" };

	f->now = 1000;
	ck_assert_msg(gcks_config_parse(&f->config, "test", text, strlen(text), &config_err) == 0, "%s",
		      config_err.text);
	ck_assert_msg(gcks_server_new(&f->server, f->config, &ops, f->now, &err) == 0, "%s", err.text);
}

static void stop(struct fixture *f)
{
	gcks_server_free(f->server);
	gcks_config_free(f->config);
}

static size_t local_index(const struct gcks_server *s, uint32_t addr)
{
	size_t i = 0;

	while (i < gcks_server_n_locals(s) && gcks_server_local(s, i) != addr)
		i++;
	ck_assert_uint_lt(i, gcks_server_n_locals(s));
	return i;
}

/* Runs a pull to its end; datagrams go back and forth at once, and time passes when nobody speaks. */
static struct pull *run(struct fixture *f, uint32_t member, uint32_t server, uint32_t group)
{
	struct pull_params params = {
		.local = member,
		.server = server,
		.mode = IKE_MAIN,
		.proposals = { { IKE_SHA256, IKE_ECP256, CIPHER_AES_CBC_128, 28800 } },
		.n_proposals = 1,
		.group = group,
		.doi = IKE_DOI_GDOI,
	};
	struct ike_out out = { 0 };
	struct pull *p = NULL;

	ck_assert_int_eq(secret_set(&params.psk, KEY, strlen(KEY)), 0);
	ck_assert_int_eq(pull_new(&p, &params, f->now, &out), 0);
	for (int i = 0; i < 100 && (pull_state(p) == PULL_RUNNING || out.n_datagrams > 0); i++) {
		struct ike_out answers = { 0 };

		for (size_t j = 0; j < out.n_datagrams; j++)
			gcks_server_step(f->server, f->now, local_index(f->server, server), member, 848,
					 out.datagrams[j].data, out.datagrams[j].len, &answers);
		ike_out_clear(&out);
		if (answers.n_datagrams == 0 && pull_state(p) == PULL_RUNNING) {
			f->now = pull_deadline(p);
			pull_step(p, f->now, NULL, 0, &out);
		}
		for (size_t j = 0; j < answers.n_datagrams; j++) {
			ck_assert_uint_eq(answers.datagrams[j].addr, member);
			ck_assert_uint_eq(answers.datagrams[j].port, 848);
			pull_step(p, f->now, answers.datagrams[j].data, answers.datagrams[j].len, &out);
		}
		ike_out_clear(&answers);
	}
	ike_out_clear(&out);
	return p;
}

static void expect(struct fixture *f, uint32_t member, uint32_t server, uint32_t group, enum pull_state state)
{
	struct pull *p = run(f, member, server, group);

	ck_assert_msg(pull_state(p) == state, "state %d: %s", pull_state(p), reason_of(p));
	if (state == PULL_REFUSED)
		ck_assert_uint_eq(pull_finding(p)->notify, 18); /* RFC 6407 3.2: INVALID-ID-INFORMATION */
	pull_free(p);
}

static const struct gcks_stats *stats(const struct fixture *f, size_t group)
{
	size_t n;

	return gdoi_group_stats(gcks_server_groups(f->server, &n)[group]);
}

static void expect_line(struct fixture *f, const char *line, int r, const char *needle)
{
	char *said = NULL;
	struct gcks_error err = { "" };
	size_t len = 0;
	FILE *out = open_memstream(&said, &len);

	ck_assert_int_eq(gcks_command(f->server, f->now, 0, line, out, &err), r);
	fclose(out);
	ck_assert_msg(strstr(r == 0 ? said : err.text, needle) != NULL, "%s%s", said, err.text);
	free(said);
}

START_TEST(registration)
{
	struct fixture f = { 0 };
	const struct download *d;
	struct pull *p;

	start(&f);
	p = run(&f, GM(1), SERVER, 1);
	ck_assert_msg(pull_state(p) == PULL_DONE, "%s", reason_of(p));
	d = pull_download(p);
	ck_assert_uint_eq(d->n_teks, 2);
	ck_assert_uint_eq(d->teks[0].spi, 0x1000);
	ck_assert_uint_eq(d->teks[1].spi, 0x1000); /* one ipsec-sa */
	ck_assert_uint_eq(d->teks[0].sel.src.addr, 0xac100000);
	ck_assert_uint_eq(d->teks[1].sel.dst.addr, 0x0a000000);
	ck_assert_int_eq(d->teks[0].cipher, CIPHER_AES_CBC_256);
	ck_assert_int_eq(d->teks[0].auth, AUTH_HMAC_SHA256_128);
	ck_assert_int_eq(d->teks[0].preserve, PRESERVE_BOTH);
	ck_assert_int_eq(d->teks[0].direction, SA_SYMMETRIC);
	ck_assert_uint_eq(d->teks[0].life_seconds, 3600);
	ck_assert(!d->has_kek);
	pull_free(p);
	ck_assert_uint_eq(stats(&f, 0)->pull_succeeded, 1);
	ck_assert_uint_eq(stats(&f, 1)->pull_succeeded, 0);
	expect_line(&f, "show registered-members", 0, "GM-0001                  10.18.101.1");
	expect_line(&f, "  show  security group-vpn server\tstatistics ", 0, "Pull Succeeded               : 1");
	stop(&f);
}
END_TEST

/* The same member in another group, by another key; and another local address of the server. */
START_TEST(second_group)
{
	struct fixture f = { 0 };
	struct pull *p;

	start(&f);
	expect(&f, GM(1), SERVER, 1, PULL_DONE);
	p = run(&f, GM(1), SERVER, 4294967295);
	ck_assert_msg(pull_state(p) == PULL_DONE, "%s", reason_of(p));
	ck_assert_uint_eq(pull_download(p)->teks[0].spi, 0x2000); /* not the first group's 0x1000 */
	pull_free(p);
	expect(&f, GM(3), SERVER2, 4294967295, PULL_DONE);
	ck_assert_uint_eq(stats(&f, 1)->pull_succeeded, 2);
	stop(&f);
}
END_TEST

START_TEST(refusals)
{
	struct fixture f = { 0 };

	start(&f);
	expect(&f, GM(1), SERVER, 7, PULL_REFUSED);          /* unknown group */
	expect(&f, GM(2), SERVER, 4294967295, PULL_REFUSED); /* not a gateway of that group */
	ck_assert_uint_eq(stats(&f, 1)->pull_failed, 1);
	expect(&f, GM(4), SERVER, 1, PULL_TIMEOUT);  /* no gateway at all */
	expect(&f, GM(1), SERVER2, 1, PULL_TIMEOUT); /* a gateway of another local address */
	ck_assert_uint_eq(stats(&f, 0)->pull_failed + stats(&f, 0)->pull_succeeded, 0);
	stop(&f);
}
END_TEST

START_TEST(threshold)
{
	struct fixture f = { 0 };

	start(&f);
	expect(&f, GM(1), SERVER, 1, PULL_DONE);
	expect(&f, GM(2), SERVER, 1, PULL_TIMEOUT); /* A8: silence, to five requests of one exchange */
	ck_assert_uint_eq(stats(&f, 0)->pull_exceed_threshold, 1);
	expect(&f, GM(2), SERVER, 1, PULL_TIMEOUT);
	ck_assert_uint_eq(stats(&f, 0)->pull_exceed_threshold, 2);
	ck_assert_uint_eq(stats(&f, 0)->pull_failed, 0);
	expect(&f, GM(1), SERVER, 1, PULL_DONE);
	ck_assert_uint_eq(stats(&f, 0)->pull_succeeded, 2);
	stop(&f);
}
END_TEST

START_TEST(commands)
{
	struct fixture f = { 0 };
	char line[1200];

	start(&f);
	expect_line(
		&f, "", -EINVAL,
		"\"show\", \"rekey\", \"delete\", \"policy\", \"member\", \"anti-replay\" or \"answer\" is expected");
	expect_line(&f, "shutdown now", -EINVAL, "shutdown");
	expect_line(&f, "show", -EINVAL, "registered-members");
	expect_line(&f, "show a b c d e f g h i j k l m n o p q r s t u v w x y", -EINVAL, "words");
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	expect_line(&f, line, -EINVAL, "longer");
	expect_line(&f, "show ipsec security-associations", 0, "Group: TWO, Group Id: 4294967295");
	stop(&f);
}
END_TEST

/* Row A3: what a member can make of a server that does not answer as it should. */
START_TEST(answers)
{
	static const struct {
		const char *command;
		enum pull_state state;
	} modes[] = {
		{ "answer silence", PULL_TIMEOUT }, { "answer garbage", PULL_TIMEOUT },
		{ "answer refusal", PULL_TIMEOUT }, { "answer denial", PULL_REFUSED },
		{ "answer normal", PULL_DONE },
	};
	struct fixture f = { 0 };

	start(&f);
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		expect_line(&f, modes[i].command, 0, "members are answered with");
		expect(&f, GM(1), SERVER, 1, modes[i].state);
	}
	ck_assert_uint_eq(stats(&f, 0)->pull_succeeded, 1);
	expect_line(&f, "answer", -EINVAL, "\"denial\" is expected");
	expect_line(&f, "answer nothing", -EINVAL, "answer nothing: \"normal\"");
	expect_line(&f, "answer normal now", -EINVAL, "is expected");
	expect_line(&f, "show server-cluster", 0, "No server-cluster is configured");
	stop(&f);
}
END_TEST

/* Octets that are no ISAKMP, from a member and from a stranger: no answer, and a pull still succeeds. */
START_TEST(noise)
{
	struct fixture f = { 0 };
	uint8_t datagram[64];

	start(&f);
	for (size_t len = 0; len <= sizeof(datagram); len++) {
		struct ike_out out = { 0 };

		memset(datagram, (int)len, sizeof(datagram));
		gcks_server_step(f.server, f.now, 0, len % 2 ? GM(1) : GM(9), 848, datagram, len, &out);
		ck_assert_uint_eq(out.n_datagrams, 0);
		ike_out_clear(&out);
	}
	expect(&f, GM(1), SERVER, 1, PULL_DONE);
	stop(&f);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gcks server");
	TCase *tc = tcase_create("server");
	SRunner *sr = srunner_create(suite);
	int failed;

	tcase_add_test(tc, registration);
	tcase_add_test(tc, second_group);
	tcase_add_test(tc, refusals);
	tcase_add_test(tc, threshold);
	tcase_add_test(tc, commands);
	tcase_add_test(tc, answers);
	tcase_add_test(tc, noise);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(suite, tc);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
