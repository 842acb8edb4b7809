/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The key server's show outputs, against the guide's samples word for word (their line breaks are lost in the guide, so
 * blanks are compared as one), and against the layout as we restored it, octet for octet.
 */
#include "tests/gcks/show.h"

#include <check.h>
#include <ctype.h>
#include <stdlib.h>

#define SECOND UINT64_C(1000)
#define START (UINT64_C(100000) * SECOND)
#define WALL 1447950669 /* Thu Nov 19 2015 16:31:09 UTC */

/* Draws what the guide's samples show. */
struct source {
	unsigned four, sixteen;
};

static int sample_random(void *ctx, void *buf, size_t len)
{
	static const uint8_t cookies[16] = { 0xa4, 0x71, 0x51, 0x34, 0x92, 0xdb, 0x1e, 0x13,
					     0x24, 0x04, 0x57, 0x92, 0xa4, 0xb3, 0xdd, 0x64 };
	static const uint32_t words[] = { 0x1c548e4e, 738879, 0x00c0ffee, 0x0badcafe };
	struct source *s = ctx;

	memset(buf, 0x5e, len);
	if (len == 4) {
		ck_assert_uint_lt(s->four, ARRAY_SIZE(words));
		memcpy(buf, &words[s->four++], len);
	}
	if (len == 16 && s->sixteen++ == 0)
		memcpy(buf, cookies, len);
	return 0;
}

static int quick_signature(void *ctx, enum sig_algorithm algorithm, EVP_PKEY **ret)
{
	(void)ctx;
	(void)algorithm;
	return gcks_keys_signature(ret, SIG_ECDSA_256);
}

static struct gdoi_member_config members[] = {
	{ "GM-0001", 0x0a126501, 0x0a0a6401 },
	{ "GM-0002", 0x0a126601, 0x0a0a6401 },
	{ "GM-0003", 0x0a126701, 0x0a0a6401 },
};

static struct gdoi_policy_config policy = {
	.sa = "GROUP_ID-0001",
	.name = "1",
	.sel = { .src = { 0xac100000, 12 }, .dst = { 0xac100000, 12 }, .sport = { 0, 65535 }, .dport = { 0, 65535 } },
	.cipher = CIPHER_AES_CBC_256,
	.auth = AUTH_HMAC_SHA256_128,
	.life_seconds = 3600,
};

static struct gdoi_group *make(bool has_push, uint32_t window)
{
	static struct source s;
	const struct gdoi_group_ops ops = { .random = sample_random, .signature = quick_signature, .ctx = &s };
	const struct gdoi_group_config c = {
		.name = "GROUP_ID-0001",
		.id = 1,
		.member_threshold = 2000,
		.anti_replay_window_ms = window,
		.members = members,
		.n_members = ARRAY_SIZE(members),
		.policies = &policy,
		.n_policies = 1,
		.has_push = has_push,
		.push = { .cipher = CIPHER_AES_CBC_256,
			  .sig_hash = SIG_HASH_SHA256,
			  .sig_algorithm = SIG_RSA,
			  .life_seconds = 7200,
			  .retransmission_period = 10,
			  .retransmissions = 2 },
	};
	struct gdoi_group *g = NULL;
	struct gcks_error err = { "" };

	s = (struct source){ 0 };
	ck_assert_msg(gdoi_group_new(&g, &c, &ops, START, &err) == 0, "%s", err.text);
	return g;
}

/* The caller frees it.  WORDS is one line. */
static char *show(struct gdoi_group *g, uint64_t now, const char *line, int expected, struct gcks_error *err)
{
	const struct gcks_show_source src = { .groups = &g, .n_groups = 1, .now = now, .wall = WALL };
	char *text = NULL, copy[200];
	const char *words[16];
	size_t n = 0, len = 0;
	FILE *out = open_memstream(&text, &len);

	ck_assert_uint_lt(strlen(line), sizeof(copy));
	memcpy(copy, line, strlen(line) + 1);
	for (char *save, *w = strtok_r(copy, " ", &save); w != NULL; w = strtok_r(NULL, " ", &save))
		words[n++] = w;
	ck_assert_int_eq(gcks_show(out, words, n, &src, err), expected);
	fclose(out);
	return text;
}

static void squeeze(char *s)
{
	char *to = s;

	for (const char *p = s; *p != '\0'; p++) {
		if (!isspace((unsigned char)*p))
			*to++ = *p;
		else if (to > s && to[-1] != ' ')
			*to++ = ' ';
	}
	if (to > s && to[-1] == ' ')
		to--;
	*to = '\0';
}

static void expect(struct gdoi_group *g, uint64_t now, const char *line, const char *guide, const char *layout)
{
	struct gcks_error err = { "" };
	char *text = show(g, now, line, 0, &err);

	ck_assert_str_eq(text, layout);
	squeeze(text);
	ck_assert_str_eq(text, guide);
	free(text);
}

static void pull(struct gdoi_group *g, uint64_t now, const char *member)
{
	static struct download d;

	ck_assert_int_eq(gdoi_group_pull(g, now, member, &d), 0);
	gdoi_group_registered(g, now, member);
}

START_TEST(registered_members)
{
	struct gdoi_group *g = make(true, 0);

	pull(g, START, "GM-0001");
	pull(g, START + 18 * SECOND, "GM-0003");
	pull(g, START + 100 * SECOND, "GM-0001");
	expect(g, START + 100 * SECOND, "security group-vpn server registered-members",
	       "Group: GROUP_ID-0001, Group Id: 1 Total number of registered members: 2 Member Gateway Member IP Last "
	       "Update Vsys GM-0001 10.18.101.1 Thu Nov 19 2015 16:31:09 root GM-0003 10.18.103.1 Thu Nov 19 2015 "
	       "16:29:47 "
	       "root",
	       "Group: GROUP_ID-0001, Group Id: 1\n"
	       "  Total number of registered members: 2\n"
	       "Member Gateway           Member IP       Last Update              Vsys\n"
	       "GM-0001                  10.18.101.1     Thu Nov 19 2015 16:31:09 root\n"
	       "GM-0003                  10.18.103.1     Thu Nov 19 2015 16:29:47 root\n");
	expect(g, START + 100 * SECOND, "security group-vpn server registered-members detail",
	       "Group: GROUP_ID-0001, Group Id: 1 Total number of registered members: 2 Member gateway: GM-0001, "
	       "Member IP: "
	       "10.18.101.1, Vsys: root Last Update: Thu Nov 19 2015 16:31:09 Stats: Pull Succeeded : 2 Pull Failed : "
	       "0 Push "
	       "Sent : 0 Push Acknowledged : 0 Push Unacknowledged : 0 Member gateway: GM-0003, Member IP: "
	       "10.18.103.1, "
	       "Vsys: root Last Update: Thu Nov 19 2015 16:29:47 Stats: Pull Succeeded : 1 Pull Failed : 0 Push Sent : "
	       "0 Push "
	       "Acknowledged : 0 Push Unacknowledged : 0",
	       "Group: GROUP_ID-0001, Group Id: 1\n"
	       "  Total number of registered members: 2\n"
	       "\n"
	       "Member gateway: GM-0001, Member IP: 10.18.101.1, Vsys: root\n"
	       "  Last Update: Thu Nov 19 2015 16:31:09\n"
	       "  Stats:\n"
	       "      Pull Succeeded             : 2\n"
	       "      Pull Failed                : 0\n"
	       "      Push Sent                  : 0\n"
	       "      Push Acknowledged          : 0\n"
	       "      Push Unacknowledged        : 0\n"
	       "\n"
	       "Member gateway: GM-0003, Member IP: 10.18.103.1, Vsys: root\n"
	       "  Last Update: Thu Nov 19 2015 16:29:47\n"
	       "  Stats:\n"
	       "      Pull Succeeded             : 1\n"
	       "      Pull Failed                : 0\n"
	       "      Push Sent                  : 0\n"
	       "      Push Acknowledged          : 0\n"
	       "      Push Unacknowledged        : 0\n");
	gdoi_group_free(g);
}
END_TEST

START_TEST(statistics)
{
	static struct download d;
	struct gdoi_group *g = make(true, 0);

	for (int i = 0; i < 4; i++)
		pull(g, START, "GM-0001");
	expect(g, START, "statistics",
	       "Group: GROUP_ID-0001, Group Id: 1 Stats: Pull Succeeded : 4 Pull Failed : 0 Pull Exceed Member "
	       "Threshold : 0 "
	       "Push Sent : 0 Push Acknowledged : 0 Push Unacknowledged : 0",
	       "Group: GROUP_ID-0001, Group Id: 1\n"
	       "  Stats:\n"
	       "      Pull Succeeded               : 4\n"
	       "      Pull Failed                  : 0\n"
	       "      Pull Exceed Member Threshold : 0\n"
	       "      Push Sent                    : 0\n"
	       "      Push Acknowledged            : 0\n"
	       "      Push Unacknowledged          : 0\n");
	ck_assert_int_eq(gdoi_group_pull(g, START, "GM-0009", &d), -EACCES);
	expect(g, START, "statistics",
	       "Group: GROUP_ID-0001, Group Id: 1 Stats: Pull Succeeded : 4 Pull Failed : 1 Pull Exceed Member "
	       "Threshold : 0 "
	       "Push Sent : 0 Push Acknowledged : 0 Push Unacknowledged : 0",
	       "Group: GROUP_ID-0001, Group Id: 1\n"
	       "  Stats:\n"
	       "      Pull Succeeded               : 4\n"
	       "      Pull Failed                  : 1\n"
	       "      Pull Exceed Member Threshold : 0\n"
	       "      Push Sent                    : 0\n"
	       "      Push Acknowledged            : 0\n"
	       "      Push Unacknowledged          : 0\n");
	gdoi_group_free(g);
}
END_TEST

START_TEST(kek)
{
	struct gdoi_group *g = make(true, 0);

	expect(g, START + (7200 - 1206) * SECOND, "security group-vpn server kek security-associations",
	       "Index Life:sec Initiator cookie Responder cookie GroupId 738879 1206 a471513492db1e13 24045792a4b3dd64 "
	       "1",
	       "Index   Life:sec  Initiator cookie  Responder cookie  GroupId\n"
	       "738879  1206      a471513492db1e13  24045792a4b3dd64  1\n");
	expect(g, START + (7200 - 1204) * SECOND, "security group-vpn server kek security-associations detail",
	       "Index 738879, Group Name: GROUP_ID-0001, Group Id: 1 Initiator cookie: a471513492db1e13, Responder "
	       "cookie: "
	       "24045792a4b3dd64 Authentication method: RSA Lifetime: Expires in 1204 seconds, Activated Rekey in 694 "
	       "seconds Algorithms: Sig-hash : sha256 Encryption : aes256-cbc Traffic statistics: Input bytes : 0 "
	       "Output "
	       "bytes : 0 Input packets: 0 Output packets: 0 Server Member Communication: Unicast Retransmission "
	       "Period: 10, "
	       "Number of Retransmissions: 2 Group Key Push sequence number: 0 PUSH negotiations in progress: 0",
	       "Index 738879, Group Name: GROUP_ID-0001, Group Id: 1\n"
	       "Initiator cookie: a471513492db1e13, Responder cookie: 24045792a4b3dd64\n"
	       "Authentication method: RSA\n"
	       "Lifetime: Expires in 1204 seconds, Activated\n"
	       "Rekey in 694 seconds\n"
	       "  Algorithms:\n"
	       "   Sig-hash            : sha256\n"
	       "   Encryption          : aes256-cbc\n"
	       "  Traffic statistics:\n"
	       "   Input  bytes  :                    0\n"
	       "   Output bytes  :                    0\n"
	       "   Input  packets:                    0\n"
	       "   Output packets:                    0\n"
	       "  Server Member Communication: Unicast\n"
	       "  Retransmission Period: 10, Number of Retransmissions: 2\n"
	       "  Group Key Push sequence number: 0\n"
	       "\n"
	       "PUSH negotiations in progress: 0\n");
	gdoi_group_free(g);
}
END_TEST

START_TEST(no_kek)
{
	struct gdoi_group *g = make(false, 0);

	expect(g, START, "kek security-associations", "Index Life:sec Initiator cookie Responder cookie GroupId",
	       "Index   Life:sec  Initiator cookie  Responder cookie  GroupId\n");
	gdoi_group_free(g);
}
END_TEST

/* The guide's own group, with its anti-replay window. */
START_TEST(ipsec)
{
	struct gdoi_group *g = make(true, 1000);

	expect(g, START + (3600 - 1156) * SECOND, "security group-vpn server ipsec security-associations",
	       "Group: GROUP_ID-0001, Group Id: 1 Total IPsec SAs: 1 IPsec SA Algorithm SPI Lifetime GROUP_ID-0001 "
	       "ESP:aes-256/sha256 1c548e4e 1156",
	       "Group: GROUP_ID-0001, Group Id: 1\n"
	       "  Total IPsec SAs: 1\n"
	       "  IPsec SA                 Algorithm               SPI        Lifetime\n"
	       "  GROUP_ID-0001            ESP:aes-256/sha256      1c548e4e   1156\n");
	expect(g, START + (3600 - 1152) * SECOND, "security group-vpn server ipsec security-associations detail",
	       "Group: GROUP_ID-0001, Group Id: 1 Total IPsec SAs: 1 IPsec SA: GROUP_ID-0001 Protocol: ESP, "
	       "Authentication: "
	       "sha256, Encryption: aes-256 Anti-replay: D3P enabled SPI: 1c548e4e Lifetime: Expires in 1152 seconds, "
	       "Activated Rekey in 642 seconds Policy Name: 1 Source: 172.16.0.0/12 Destination: 172.16.0.0/12 Source "
	       "Port: 0 "
	       "Destination Port: 0 Protocol: 0",
	       "Group: GROUP_ID-0001, Group Id: 1\n"
	       "  Total IPsec SAs: 1\n"
	       "IPsec SA: GROUP_ID-0001\n"
	       "  Protocol: ESP, Authentication: sha256, Encryption: aes-256\n"
	       "  Anti-replay: D3P enabled\n"
	       "  SPI: 1c548e4e\n"
	       "    Lifetime: Expires in 1152 seconds, Activated\n"
	       "    Rekey in 642 seconds\n"
	       "  Policy Name: 1\n"
	       "    Source: 172.16.0.0/12\n"
	       "    Destination: 172.16.0.0/12\n"
	       "    Source Port: 0\n"
	       "    Destination Port: 0\n"
	       "    Protocol: 0\n");
	gdoi_group_free(g);
}
END_TEST

START_TEST(anti_replay_is_off_by_default)
{
	struct gdoi_group *g = make(false, 0);
	struct gcks_error err;
	char *text = show(g, START, "ipsec security-associations detail", 0, &err);

	ck_assert_ptr_nonnull(strstr(text, "  Anti-replay: D3P disabled\n"));
	free(text);
	gdoi_group_free(g);
}
END_TEST

START_TEST(both_keys)
{
	struct gdoi_group *g = make(false, 0);
	struct gcks_error err;
	char *text, *old, *new;

	/* The group without a KEK has drawn one word, so the next SPI is the second. */
	gdoi_group_step(g, START + 3090 * SECOND);
	text = show(g, START + 3090 * SECOND, "ipsec security-associations", 0, &err);
	ck_assert_ptr_nonnull(strstr(text, "Total IPsec SAs: 2\n"));
	old = strstr(text, "1c548e4e   510\n");
	new = strstr(text, "000b463f   3600\n");
	ck_assert_ptr_nonnull(old);
	ck_assert_ptr_nonnull(new);
	ck_assert(old < new);
	free(text);
	text = show(g, START + 3090 * SECOND, "ipsec security-associations detail", 0, &err);
	ck_assert_ptr_nonnull(strstr(text, "Expires in 510 seconds, Replaced\n  Policy Name"));
	ck_assert_ptr_nonnull(strstr(text, "Expires in 3600 seconds, Activated\n    Rekey in 3090 seconds\n"));
	free(text);
	gdoi_group_free(g);
}
END_TEST

/* A key is never shown, and neither is any part of one. */
START_TEST(no_secrets)
{
	static const char *const lines[] = {
		"reg det", "stat", "kek sec", "kek sec det", "ipsec sec", "ipsec sec det"
	};
	struct gdoi_group *g = make(true, 1000);

	pull(g, START, "GM-0001");
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct gcks_error err;
		char *text = show(g, START, lines[i], 0, &err);

		ck_assert_ptr_null(strstr(text, "5e5e"));
		ck_assert_ptr_null(strstr(text, "^^"));
		free(text);
	}
	gdoi_group_free(g);
}
END_TEST

static const struct {
	const char *line, *word;
	int r;
} lines[] = {
	{ "registered-members", "", 0 },
	{ "security group-vpn server stat", "", 0 },
	{ "sec gr ser kek sec det", "", 0 },
	{ "i s", "", 0 },
	{ "", "registered-members [detail]", -EINVAL },
	{ "security group-vpn server", "registered-members [detail]", -EINVAL },
	{ "security group-vpn member ipsec security-associations", "registered-members [detail]", -EINVAL },
	{ "kek", "kek security-associations [detail]", -EINVAL },
	{ "kek detail", "kek security-associations [detail]", -EINVAL },
	{ "statistics detail", "\"detail\" is too much", -EINVAL },
	{ "registered-members details", "\"detail\" or nothing", -EINVAL },
	{ "registered-members detail detail", "too much", -EINVAL },
	{ "secrets", "show secrets", -EINVAL },
};

START_TEST(words)
{
	struct gdoi_group *g = make(true, 0);
	struct gcks_error err = { "" };
	char *text = show(g, START, lines[_i].line, lines[_i].r, &err);

	ck_assert_int_eq(lines[_i].r < 0, text[0] == '\0');
	ck_assert_msg(strstr(err.text, lines[_i].word) != NULL, "%s", err.text);
	free(text);
	gdoi_group_free(g);
}
END_TEST

/* Ports, protocols and other algorithms. */
START_TEST(selectors)
{
	const struct gdoi_policy_config saved = policy;
	struct download *d = calloc(1, sizeof(*d));
	struct gdoi_group *g;
	struct gcks_error err;
	char *text;

	policy.sel = (struct selector){
		.src = { 0x0a010203, 32 }, .dst = { 0, 0 }, .protocol = 17, .sport = { 5000, 5010 }, .dport = { 53, 53 }
	};
	policy.cipher = CIPHER_AES_GCM_128;
	policy.auth = AUTH_NONE;
	g = make(false, 0);
	text = show(g, START, "ipsec security-associations detail", 0, &err);
	ck_assert_ptr_nonnull(strstr(text, "Authentication: none, Encryption: aes-gcm-128\n"));
	ck_assert_ptr_nonnull(strstr(text,
				     "    Source: 10.1.2.3/32\n    Destination: 0.0.0.0/0\n    Source Port: 5000-5010\n"
				     "    Destination Port: 53\n    Protocol: 17\n"));
	ck_assert_ptr_nonnull(strstr(text, "\n  Sender ids: 0 of 65536 given, 16 bits\n"));
	free(text);
	ck_assert_int_eq(gdoi_group_pull(g, START, "GM-0001", d), 0);
	ck_assert_int_eq(gdoi_group_give_sender_ids(g, START, "GM-0001", 3, d), 0);
	text = show(g, START, "ipsec security-associations detail", 0, &err);
	ck_assert_ptr_nonnull(strstr(text, "\n  Sender ids: 3 of 65536 given, 16 bits\n"));
	free(text);
	free(d);
	gdoi_group_free(g);
	policy = saved;
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gcks show");
	TCase *tc = tcase_create("show");
	SRunner *sr = srunner_create(suite);
	int failed;

	setenv("TZ", "UTC", 1);
	tcase_add_test(tc, registered_members);
	tcase_add_test(tc, statistics);
	tcase_add_test(tc, kek);
	tcase_add_test(tc, no_kek);
	tcase_add_test(tc, ipsec);
	tcase_add_test(tc, anti_replay_is_off_by_default);
	tcase_add_test(tc, both_keys);
	tcase_add_test(tc, no_secrets);
	tcase_add_loop_test(tc, words, 0, ARRAY_SIZE(lines));
	tcase_add_test(tc, selectors);
	suite_add_tcase(suite, tc);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
