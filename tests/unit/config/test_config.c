/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The member's configuration: what the guide's examples mean, in either form, and what is taken. */
#include "member/config/config.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/support/config_cases.h"
#include "tests/unit/support/config_described.h"

#define CONFIGS "tests/configs/"

static int load(const char *name, const char *text, size_t len, char err[static 512])
{
	struct config *c = NULL;
	struct config_error e = { .text = "" };
	int r = config_parse(&c, name, text, len, &e);

	ck_assert(r >= 0 || c == NULL);
	config_free(c);
	memcpy(err, e.text, 512);
	return r;
}

static void assert_same(const char *a, const char *b)
{
	struct config *ca = config_parsed(a), *cb = config_parsed(b);
	char *da = config_described(ca), *db = config_described(cb);

	ck_assert_str_eq(da, db);
	free(da);
	free(db);
	config_free(ca);
	config_free(cb);
}

START_TEST(guide_means_this)
{
	static const char *const want[] = {
		"zone LAN lan0\nzone WAN wan0\n"
		"gateway KeySrv mode 2 local 0a126501 doi 0 form 0 servers 0a0a6401\n"
		"  proposal 4 14 3 28800\n  psk 0:24414243313233\n  local-identity 0:\n  remote-identity 0:\n"
		"vpn GROUP_ID-0001 gateway 0 group 1 external wan0 used 1 probe 1 100/30 df 0 mtu 0 direction 0 keys 4 "
		"policies 10\n"
		" fail-open\npair 0 1 vpn 0\non-stop 0\n",
		"zone LAN lan0\nzone WAN wan0\n"
		"gateway KeySrv mode 2 local 0a126601 doi 0 form 0 servers 0a0a6401\n"
		"  proposal 4 14 3 28800\n  psk 0:24414243313233\n  local-identity 0:\n  remote-identity 0:\n"
		"vpn GROUP_ID-0001 gateway 0 group 1 external wan0 used 1 probe 1 100/30 df 0 mtu 0 direction 0 keys 4 "
		"policies 10\n"
		" fail-open\npair 0 1 vpn 0\non-stop 0\n",
		"gateway KeySrv mode 2 local 0a126701 doi 0 form 0 servers 0a0a6401\n"
		"  proposal 4 14 3 28800\n  psk 0:24414243313233\n  local-identity 0:\n  remote-identity 0:\n"
		"vpn GROUP_ID-0001 gateway 0 group 1 external wan0 used 1 probe 0 100/30 df 0 mtu 1400 direction 2 "
		"keys 4 "
		"policies 1\n"
		" fail-open\nservice GROUP_ID-0001 vpn 0\n output 'GroupVPN-KS'\n"
		"  skip inbound-ks 0a0a6401/32>0a0a6401/32 p0 0-65535>0-65535\n"
		"  skip outbound-ks 00000000/0>0a0a6401/32 p0 0-65535>0-65535\n"
		"  service GROUP_ID-0001 ac100000/12>ac100000/12 p0 0-65535>0-65535\n"
		" input 'GroupVPN-KS'\n"
		"  skip inbound-ks 0a0a6401/32>0a0a6401/32 p0 0-65535>0-65535\n"
		"  skip outbound-ks 00000000/0>0a0a6401/32 p0 0-65535>0-65535\n"
		"  service GROUP_ID-0001 ac100000/12>ac100000/12 p0 0-65535>0-65535\n"
		"on-stop 0\n",
		"gateway KeySrv mode 2 local 0a126801 doi 0 form 0 servers 0a0a6401\n"
		"  proposal 4 14 3 28800\n  psk 0:24414243313233\n  local-identity 0:\n  remote-identity 0:\n"
		"vpn GROUP_ID-0001 gateway 0 group 1 external wan0 used 1 probe 0 100/30 df 0 mtu 1400 direction 2 "
		"keys 4 "
		"policies 1\n"
		" fail-open\nservice GROUP_ID-0001 vpn 0\n output 'GroupVPN-KS'\n"
		"  skip inbound-ks 0a0a6501/32>0a0a6501/32 p0 0-65535>0-65535\n"
		"  skip outbound-ks 00000000/0>0a116501/32 p0 0-65535>0-65535\n"
		"  skip outbound-ks 00000000/0>0a116601/32 p0 0-65535>0-65535\n"
		"  skip outbound-ks 00000000/0>0a116701/32 p0 0-65535>0-65535\n"
		"  skip outbound-ks 00000000/0>0a116801/32 p0 0-65535>0-65535\n"
		"  service GROUP_ID-0001 ac100000/12>ac100000/12 p0 0-65535>0-65535\n"
		" input 'GroupVPN-KS'\n"
		"  skip inbound-ks 0a0a6501/32>0a0a6501/32 p0 0-65535>0-65535\n"
		"  skip outbound-ks 00000000/0>0a116501/32 p0 0-65535>0-65535\n"
		"  skip outbound-ks 00000000/0>0a116601/32 p0 0-65535>0-65535\n"
		"  skip outbound-ks 00000000/0>0a116701/32 p0 0-65535>0-65535\n"
		"  skip outbound-ks 00000000/0>0a116801/32 p0 0-65535>0-65535\n"
		"  service GROUP_ID-0001 ac100000/12>ac100000/12 p0 0-65535>0-65535\n"
		"on-stop 0\n",
	};
	static const char *const files[][2] = {
		{ CONFIGS "gm-0001.conf", CONFIGS "gm-0001-set.conf" },
		{ CONFIGS "gm-0002.conf", CONFIGS "gm-0002-set.conf" },
		{ CONFIGS "gm-0003.conf", CONFIGS "gm-0003-set.conf" },
		{ CONFIGS "gm-0004.conf", CONFIGS "gm-0004-set.conf" },
	};

	for (size_t k = 0; k < 2; k++) {
		struct config *c = config_loaded(files[_i][k]);
		char *have = config_described(c);

		ck_assert_str_eq(have, want[_i]);
		free(have);
		config_free(c);
	}
}
END_TEST

static const char every_statement[] =
	"zone LAN lan0 lan1\nzone WAN wan0 wan1\nzone LAB lab0\n"
	"gateway FOUR mode 4 local 0a126501 doi 1 situation 0 d3p 4 32767 form 1 servers 0a0a6401 0a0a6402 0a0a6403 "
	"0a0a6404\n"
	"  proposal 5 20 2 86400\n  proposal 2 24 1 28800\n"
	"  psk 0:71756f74656420226b65792220776974682"
	"05c20696e206974\n"
	"  local-identity 3:676d31406578616d706c652e6e6574\n  remote-identity 2:6b732e6578616d706c652e6e6574\n"
	"gateway ONE mode 2 local 0a12c901 doi 2 form 2 servers 0a0ac801\n"
	"  proposal 2 24 1 28800\n  psk 0:00ff10aa\n  local-identity 11:0102ff\n  remote-identity 1:0a0ac809\n"
	"gateway MX mode 2 local 0a12ca01 doi 0 form 0 servers 0a0ac802\n"
	"  proposal 2 24 1 28800\n  psk 0:00ff10aa\n  local-identity 0:\n  remote-identity 0:\n"
	"vpn A gateway 0 group 4294967295 external wan0 used 1 probe 1 50/20 df 2 mtu 1400 direction 2 keys 8 policies "
	"64\n anti-replay 60000\n"
	"  rule routing 00000000/0>00000000/0 p6 0-65535>179-179 'bgp'\n"
	"  rule routing 00000000/0>00000000/0 p6 179-179>0-65535 'bgp'\n"
	"  rule ospf 00000000/0>00000000/0 p89 0-65535>0-65535 ''\n"
	"  rule management ac106505/32>0a000000/8 p6 1024-65535>22-22 ''\n"
	" fail-open\n"
	"  rule phones 00000000/0>ac140000/16 p17 0-65535>0-65535 ''\n"
	"vpn B gateway 1 group 2 external wan1 used 1 probe 0 100/30 df 1 mtu 0 direction 0 keys 4 policies 10\n"
	" fail-open\n"
	"vpn C gateway 2 group 3 external mx0.7 used 1 probe 0 100/30 df 0 mtu 0 direction 0 keys 4 policies 1\n"
	" fail-open\n"
	"pair 0 1 vpn 0\npair 2 1 vpn 1\n"
	"service OVER vpn 2\n output 'WHAT'\n"
	"  skip not-these ac1e0000/16>c0a80000/16 p6 1025-65535>53-53\n"
	"  skip not-these ac1e0000/16>c0a80000/16 p6 1025-65535>67-68\n"
	"  skip not-these ac1e0000/16>c0a80000/16 p17 1025-65535>53-53\n"
	"  skip not-these ac1e0000/16>c0a80000/16 p17 1025-65535>67-68\n"
	"  skip not-these ac1f0000/16>c0a80000/16 p6 1025-65535>53-53\n"
	"  skip not-these ac1f0000/16>c0a80000/16 p6 1025-65535>67-68\n"
	"  skip not-these ac1f0000/16>c0a80000/16 p17 1025-65535>53-53\n"
	"  skip not-these ac1f0000/16>c0a80000/16 p17 1025-65535>67-68\n"
	"  service these 00000000/0>ac100000/12 p0 0-65535>0-65535\n"
	"  service these 00000000/0>c0a80000/16 p0 0-65535>0-65535\n"
	" input ''\n"
	"  service any 00000000/0>00000000/0 p0 0-65535>0-65535\n"
	"on-stop 1\n";

START_TEST(every_statement_means_this)
{
	struct config *c = config_loaded(CONFIGS "every-statement.conf");
	char *have = config_described(c);

	ck_assert_str_eq(have, every_statement);
	free(have);
	config_free(c);
	config_free(NULL);
}
END_TEST

START_TEST(set_lines_mean_the_same)
{
	static const char *const files[] = { CONFIGS "every-statement.conf", CONFIGS "gm-0001.conf",
					     CONFIGS "gm-0002.conf", CONFIGS "gm-0003.conf", CONFIGS "gm-0004.conf" };
	char *braces = config_file(files[_i]), *lines = config_as_set_lines(braces);
	char *mixed;

	assert_same(braces, lines);
	/* Either half in either form, in one file: blocks of one name are one block. */
	ck_assert_int_gt(asprintf(&mixed,
				  "%s\nset security group-vpn member ike proposal LAST lifetime-seconds 200\n"
				  "security { group-vpn { member { ike { proposal LAST { authentication-method "
				  "pre-shared-keys; authentication-algorithm sha-256; dh-group group14; "
				  "encryption-algorithm aes-128-cbc; } } } } }\n",
				  lines),
			 0);
	assert_same(braces, mixed);
	free(mixed);
	free(lines);
	free(braces);
}
END_TEST

/* The gateway of vpn A sends the group as an address, and so it may be written. */
START_TEST(group_as_an_address)
{
	char *text = config_with("group 4294967295;", "group 10.0.0.1;");
	struct config *c = config_parsed(text);

	ck_assert_uint_eq(c->vpns[0].group, 0x0a000001);
	config_free(c);
	free(text);
}
END_TEST

static void write_file(const char *path, const char *text, size_t len, mode_t mode)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(text, 1, len, f), len);
	fclose(f);
	ck_assert_int_eq(chmod(path, mode), 0);
}

START_TEST(loads_files)
{
	char path[] = "/tmp/gvpn-test-XXXXXX", *text = config_file(CONFIGS "gm-0001.conf");
	struct config *c = NULL;
	struct config_error err;
	size_t n;

	close(mkstemp(path));
	write_file(path, text, strlen(text), 0600);
	ck_assert_int_eq(config_load(&c, path, &err), 0);
	n = c->n_warnings;
	config_free(c);
	write_file(path, text, strlen(text), 0644);
	ck_assert_int_eq(config_load(&c, path, &err), 0);
	ck_assert_uint_eq(c->n_warnings, n + 1);
	ck_assert_ptr_nonnull(strstr(c->warnings[n].text, "open to everybody (mode 0644)"));
	config_free(c);
	c = NULL;
	write_file(path, "security {", 10, 0600);
	ck_assert_int_eq(config_load(&c, path, &err), -EINVAL);
	ck_assert(strncmp(err.text, path, strlen(path)) == 0 && strstr(err.text, ":1:10: "));
	unlink(path);
	ck_assert_int_eq(config_load(&c, path, &err), -ENOENT);
	ck_assert_int_eq(config_load(&c, "/tmp", &err), -EISDIR);
	ck_assert_ptr_null(c);
	free(text);
}
END_TEST

START_TEST(names_up_to_their_bound)
{
	char name[GVPN_NAME_MAX + 1], find[] = "ike-gateway ONE;", text[256], err[512];
	char *a, *b;

	memset(name, 'n', GVPN_NAME_MAX);
	for (size_t len = GVPN_NAME_MAX - 1; len <= GVPN_NAME_MAX; len++) {
		name[len] = '\0';
		snprintf(text, sizeof(text), "ike-gateway %s;", name);
		a = config_with(find, text);
		snprintf(text, sizeof(text), "gateway %s {", name);
		ck_assert_int_gt(asprintf(&b, "%.*s%s%s", (int)(strstr(a, "gateway ONE {") - a), a, text,
					  strstr(a, "gateway ONE {") + 13),
				 0);
		ck_assert_int_eq(load("f.conf", b, strlen(b), err), len < GVPN_NAME_MAX ? 0 : -EINVAL);
		ck_assert(len < GVPN_NAME_MAX || strstr(err, "f.conf:54:13: security group-vpn member ike: "));
		ck_assert(len < GVPN_NAME_MAX || strstr(err, "64 characters; expected 1 to 63"));
		free(a);
		free(b);
		name[len] = 'n';
	}
}
END_TEST

static char *many_rules(const char *block, unsigned n)
{
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	fprintf(f, "df-bit set; %s {", block);
	for (unsigned i = 1; i <= n; i++)
		fprintf(f, " rule r%u { application bgp; }", i);
	fprintf(f, " }");
	fclose(f);
	return text;
}

START_TEST(ten_rules_and_no_more)
{
	static const char *const blocks[] = { "exclude", "fail-open" };

	for (size_t i = 0; i < 2; i++) {
		char *ten = many_rules(blocks[i], 10), *eleven = many_rules(blocks[i], 11), *text, err[512];
		struct config *c;

		text = config_with("df-bit set;", ten);
		c = config_parsed(text);
		ck_assert_uint_eq(i ? c->vpns[1].n_fail_open : c->vpns[1].n_exclude, 20);
		config_free(c);
		free(text);
		text = config_with("df-bit set;", eleven);
		ck_assert_int_eq(load("f.conf", text, strlen(text), err), -EINVAL);
		ck_assert_msg(strstr(err, "11th 'rule'; expected at most 10") != NULL, "%s", err);
		ck_assert_msg(strstr(err, blocks[i]) != NULL, "%s", err);
		free(text);
		free(ten);
		free(eleven);
	}
}
END_TEST

START_TEST(accepts_every_choice)
{
	static const struct {
		const char *find, *replace;
	} good[] = {
		{ "algorithm sha-384;", "algorithm sha-512;" },
		{ "algorithm sha-384;", "algorithm sha-256;" },
		{ "group group20;", "dh-group group14;" },
		{ "group group20;", "group group19;" },
		{ "group group20;", "group group21;" },
		{ "seconds 86400;", "seconds 180;" },
		{ "192-cbc", "256-cbc" },
		{ "on-stop keep;", "on-stop remove;" },
		{ "on-stop keep;", "on-stop fail-close;" },
		{ "on-stop keep;", "" },
		{ "version 15.1X49;", "set security flow tcp-mss ipsec-vpn mss 64" },
		{ "version 15.1X49;", "set security flow tcp-mss ipsec-vpn mss 65535" },
		{ "version 15.1X49;", "set security flow tcp-mss ipsec-vpn mss auto" },
		{ "version 15.1X49;", "set security flow tcp-mss all-tcp mss 1350" },
		{ "version 15.1X49;", "set security forwarding-options family inet6 mode drop" },
		{ "version 15.1X49;", "set security forwarding-options family inet6 mode flow-based" },
		{ "version 15.1X49;", "set security forwarding-options family mpls mode packet-based" },
		{ "situation 0;", "situation 4294967295;" },
		{ "anti-replay-time-window 60000;", "anti-replay-time-window 1;" },
		{ "d3p-type-attribute 4; d3p-window-attribute 32767;", "" },
		{ "d3p-type-attribute 4; d3p-window-attribute 32767;", "d3p-type-attribute 255;" },
		{ "d3p-type-attribute 4; d3p-window-attribute 32767;", "d3p-window-attribute 127;" },
		{ "d3p-type-attribute 4; d3p-window-attribute 32767;",
		  "d3p-type-attribute 129; d3p-window-attribute 128;" },
		{ "group 4294967295;", "group 1;" },
		{ "tunnel-mtu 1400;", "tunnel-mtu 256;" },
		{ "tunnel-mtu 1400;", "tunnel-mtu 9192;" },
		{ "max-keys 8;", "max-keys 1;" },
		{ "application bgp;", "application junos-ospf;" },
		{ "application bgp;", "application any;" },
		{ "protocol ospf;", "protocol 0; source-address any;" },
		{ "form inet;", "form key-id;" },
		{ "key-id 0x0102ff;", "key-id member-1;" },
		{ "port 22;", "port 0;" },
		{ "port 22;", "port 22-22;" },
		{ "port 22;", "port 0-65535;" },
		{ "address 10.0.0.0/8;", "address 0.0.0.0/0;" },
		{ "protocol 17;", "protocol 255;" },
		{ "mode aggressive;", "mode main;" },
		{ "mode aggressive;", "" },
		{ "recovery-probe { outbound-threshold-packets 50; outbound-threshold-seconds 20; }", "" },
		{ "recovery-probe { outbound-threshold-packets 50; outbound-threshold-seconds 20; }",
		  "recovery-probe;" },
		{ "recovery-probe { outbound-threshold-packets 50; outbound-threshold-seconds 20; }",
		  "recovery-probe outbound-threshold-seconds 3600;" },
		{ "protocol ospf;", "application ospf;" },
		{ "protocol ospf;", "protocol 89;" },
		{ "external-interface wan1;", "external-interface wan0;" },
		{ "df-bit copy;", "df-bit clear;" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		char *text = config_with(good[i].find, good[i].replace), err[512];

		ck_assert_msg(load("f.conf", text, strlen(text), err) == 0, "%s: %s", good[i].replace, err);
		free(text);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("config");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(t, guide_means_this, 0, 4);
	tcase_add_test(t, every_statement_means_this);
	tcase_add_loop_test(t, set_lines_mean_the_same, 0, 5);
	tcase_add_test(t, group_as_an_address);
	tcase_add_test(t, loads_files);
	tcase_add_test(t, names_up_to_their_bound);
	tcase_add_test(t, ten_rules_and_no_more);
	tcase_add_test(t, accepts_every_choice);
	tcase_set_timeout(t, 60);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
