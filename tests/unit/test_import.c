/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The import of Junos configurations, the guide's members first.  Run from the root of the tree. */
#include "member/import.h"

#include "member/config.h"

#include <check.h>
#include <stdlib.h>

#define GUIDE "tests/configs/guide/"

static char *result, *report;

static void teardown(void)
{
	free(result);
	free(report);
	result = report = NULL;
}

static int import(const char *name, const char *text, size_t len, const char *const *maps, size_t n_maps)
{
	const struct import_options options = { .maps = maps, .n_maps = n_maps };
	size_t size;
	FILE *out, *err;

	teardown();
	out = open_memstream(&result, &size);
	err = open_memstream(&report, &size);
	ck_assert(out && err);
	int r = import_run(out, err, name, text, len, &options);
	fclose(out);
	fclose(err);
	return r;
}

static int import_text(const char *text)
{
	static const char *const maps[] = { "ge-0/0/0=lan0", "ge-0/0/1.0=wan0", "xe-0/0/1.100=vlan100" };

	return import("text", text, strlen(text), maps, ARRAY_SIZE(maps));
}

static char *read_file(const char *path)
{
	char *text = calloc(1, 65536);
	FILE *f = fopen(path, "r");

	ck_assert_msg(f != NULL, "%s: cannot be read; run the test from the root of the tree", path);
	ck_assert_ptr_nonnull(text);
	ck_assert_uint_lt(fread(text, 1, 65536, f), 65536);
	fclose(f);
	return text;
}

#define TOLD(part) ck_assert_msg(strstr(report, (part)) != NULL, "the report has no '%s'", (part))
#define NOT_TOLD(part) ck_assert_msg(strstr(report, (part)) == NULL, "the report has '%s'", (part))
#define PRINTED(part) ck_assert_msg(strstr(result, (part)) != NULL, "the result has no '%s'", (part))
#define NOT_PRINTED(part) ck_assert_msg(strstr(result, (part)) == NULL, "the result has '%s'", (part))

static const struct {
	const char *file;
	const char *maps[2];
	const char *note; /* what is odd in the guide's own text, NULL: nothing */
	uint32_t local;
	bool service;
} members[] = {
	{ "gm-0001.txt", { "ge-0/0/0=lan0", "ge-0/0/1.0=wan0" }, NULL, 0x0a126501, false },
	{ "gm-0002.txt",
	  { "ge-0/0/0=lan0", "ge-0/0/1.0=wan0" },
	  "no interface in this file has its local-address 10.18.102.1",
	  0x0a126601,
	  false },
	{ "gm-0003.txt",
	  { "xe-0/0/1=wan0", "xe-0/0/2=lan0" },
	  "speaks of packets from 10.10.100.1 to itself",
	  0x0a126701,
	  true },
	{ "gm-0004.txt",
	  { "xe-0/0/1=wan0", "xe-0/0/2=lan0" },
	  "no term of service-filter GroupVPN-KS skips the key server 10.10.100.1",
	  0x0a126801,
	  true },
};

START_TEST(the_guides_members)
{
	char path[64];
	struct config *c = NULL;
	struct config_error err = { "" };

	snprintf(path, sizeof(path), GUIDE "%s", members[_i].file);
	char *text = read_file(path);
	ck_assert_int_eq(import(path, text, strlen(text), members[_i].maps, 2), 0);
	free(text);
	TOLD("complete: ");
	TOLD("addresses and interfaces are the host's network configuration's");
	TOLD("routes are the host's network configuration's");
	if (members[_i].note)
		TOLD(members[_i].note);
	else
		NOT_TOLD("note:");
	NOT_TOLD("$ABC123");
	ck_assert_msg(config_parse(&c, "result", result, strlen(result), &err) == 0, "%s", err.text);
	ck_assert_uint_eq(c->n_vpns, 1);
	ck_assert_str_eq(c->vpns[0].name, "GROUP_ID-0001");
	ck_assert_str_eq(c->vpns[0].external, "wan0");
	ck_assert_uint_eq(c->gateways[0].local_address, members[_i].local);
	ck_assert_uint_eq(c->gateways[0].servers[0], 0x0a0a6401);
	ck_assert_uint_eq(c->gateways[0].psk.len, strlen("$ABC123"));
	if (members[_i].service) {
		ck_assert_uint_eq(c->n_services, 1);
		ck_assert_str_eq(c->services[0].output[c->services[0].n_output - 1].name, "GROUP_ID-0001");
		ck_assert(c->services[0].output[c->services[0].n_output - 1].service);
		ck_assert(!c->services[0].output[0].service);
		ck_assert_uint_eq(c->vpns[0].tunnel_mtu, 1400);
	} else {
		ck_assert_uint_eq(c->n_ipsec_policies, 1);
		ck_assert_uint_eq(c->n_zones, 2);
		ck_assert(c->vpns[0].recovery_probe);
		TOLD("security policies default-policy deny-all");
		TOLD("security zones security-zone WAN host-inbound-traffic system-services ping");
	}
	config_free(c);
}
END_TEST

#define MEMBER                                                                                                         \
	"security { group-vpn { member { ike {\n"                                                                      \
	"proposal P { authentication-method pre-shared-keys; dh-group group14; authentication-algorithm sha-256;\n"    \
	" encryption-algorithm aes-256-cbc; }\n"                                                                       \
	"policy K { mode main; proposals P; pre-shared-key ascii-text \"a \\\"b\\\\c #d\"; }\n"                        \
	"gateway G { ike-policy K; server-address [ 10.0.0.1 10.0.0.2 ]; local-address 10.1.0.1; } }\n"                \
	"ipsec { vpn V { ike-gateway G; group-vpn-external-interface ge-0/0/1.0; group 1; } } } }\n"                   \
	"ipsec-policy { from-zone L to-zone W { ipsec-group-vpn V; } }\n"                                              \
	"zones { security-zone L { interfaces { ge-0/0/0.0 { host-inbound-traffic { system-services { all; } } } } "   \
	"}\n"                                                                                                          \
	"security-zone W { interfaces { ge-0/0/1.0; } } } }\n"

START_TEST(braces_of_a_device)
{
	struct config *c = NULL;
	struct config_error err = { "" };

	ck_assert_int_eq(
		import_text("## Last commit: 2026-01-01 00:00:00 UTC by root\nversion 15.1X49;\n"
			    "system { root-authentication { encrypted-password \"$6$geheim\"; } host-name r1;\n"
			    " services { ssh; } }\n" MEMBER "snmp { community geheim2 { authorization read-only; } }\n"
			    "interfaces { ge-0/0/1 { unit 0 { family inet { address 10.1.0.1/24; } } } }\n"),
		0);
	/* what was a list is a line of each, and the key keeps what had to be quoted */
	PRINTED("server-address 10.0.0.1\n");
	PRINTED("server-address 10.0.0.2\n");
	PRINTED("\"a \\\"b\\\\c #d\"");
	PRINTED("set security zones security-zone L interfaces lan0\n");
	TOLD("security zones security-zone L interfaces ge-0/0/0.0 host-inbound-traffic system-services all");
	TOLD("  system host-name\n");
	TOLD("  snmp community\n");
	NOT_TOLD("geheim");
	NOT_TOLD("note:");
	ck_assert_msg(config_parse(&c, "result", result, strlen(result), &err) == 0, "%s", err.text);
	ck_assert_uint_eq(c->gateways[0].psk.len, strlen("a \"b\\c #d"));
	config_free(c);
}
END_TEST

START_TEST(interfaces_that_are_not_mapped)
{
	ck_assert_int_eq(import("text", MEMBER, strlen(MEMBER), NULL, 0), 1);
	TOLD("incomplete: say which interfaces of this host these are, with --map ge-0/0/1.0=NAME: ge-0/0/1.0, "
	     "ge-0/0/0.0\n");
	NOT_TOLD("complete: 1");
}
END_TEST

START_TEST(units)
{
	import_text("set interfaces xe-0/0/1 unit 100 family inet service output service-set S service-filter F\n"
		    "set interfaces ge-0/0/1 unit 7 family inet service output service-set S service-filter F\n"
		    "set security zones security-zone L interfaces xe-0/0/1.100\n"
		    "set security zones security-zone L interfaces ge-0/0/1\n"
		    "set security zones security-zone L interfaces eth3\n");
	PRINTED("set interfaces vlan100 unit 0 family");
	PRINTED("interfaces vlan100\n");
	PRINTED("interfaces wan0\n");
	PRINTED("interfaces eth3\n");
	PRINTED("set interfaces ge-0/0/1 unit 7 ");
	TOLD("--map ge-0/0/1.7=NAME: ge-0/0/1.7\n");
	import_text("set security zones security-zone L interfaces eth3 host-inbound-traffic system-services ping\n"
		    "set security zones security-zone L interfaces eth3 host-inbound-traffic system-services ssh\n");
	ck_assert_ptr_null(strstr(strstr(result, "interfaces eth3\n") + strlen("interfaces eth3\n"), "eth3"));
}
END_TEST

START_TEST(what_is_off)
{
	ck_assert_int_eq(import_text(MEMBER "deactivate security group-vpn member ipsec vpn V\n"), 1);
	NOT_PRINTED("ipsec vpn V");
	TOLD("left out, it is inactive on the device:\n  security group-vpn (3 statements)\n");
	import_text("inactive: security { zones { security-zone L { interfaces { ge-0/0/0.0; } } } }\n");
	NOT_PRINTED("zones");
	import_text("set security zones security-zone L interfaces ge-0/0/0.0\n"
		    "delete security zones security-zone L\n");
	TOLD("what is taken back must be gone before");
}
END_TEST

START_TEST(groups_are_told)
{
	import_text("set groups g system x geheim\nset apply-groups g\n" MEMBER);
	TOLD("display inheritance");
	NOT_TOLD("geheim");
}
END_TEST

static const struct {
	const char *text;
	int r;
	const char *told;
} refused[] = {
	{ "", 1, "there is no group VPN member in it" },
	{ "set security group-vpn server group G group-id 1\n", 1, "there is no group VPN member in it" },
	{ "security { zones {\n", -EINVAL, "text:" },
	{ "set security \"open\nset x y\n", -EINVAL, "text:1:" },
	{ "set security group-vpn member ipsec vpn V ike-gateway G\n", 1, "incomplete: what is printed:" },
	{ "set security group-vpn member ipsec vpn V frobnicate 7\n", 1, "incomplete: what is printed:2:" },
	{ "set security group-vpn member traceoptions flag all\n", 1, "gvpnd knows nothing like it" },
};

START_TEST(refusals)
{
	ck_assert_int_eq(import_text(refused[_i].text), refused[_i].r);
	TOLD(refused[_i].told);
	if (refused[_i].r < 0)
		ck_assert_str_eq(result, "");
}
END_TEST

START_TEST(wrong_maps)
{
	static const char *const wrong[] = { "ge-0/0/1.0",   "=wan0",        "ge-0/0/1=",
					     "ge-0/0/1=a/b", "ge-0/0/1=a b", "ge-0/0/1=abcdefghijklmnop",
					     "ge-0/0/1=a;b" };

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		ck_assert_int_eq(import("text", MEMBER, strlen(MEMBER), &wrong[i], 1), -EINVAL);
		TOLD("expected JUNOS=LINUX");
		ck_assert_str_eq(result, "");
	}
}
END_TEST

/* Prompts on lines of their own, with another user; and operational commands between them. */
START_TEST(a_session_that_was_copied)
{
	import_text("admin@srx-1> show configuration\nadmin@srx-1# set security zones security-zone L interfaces "
		    "ge-0/0/0.0\n"
		    "[edit security zones security-zone W]\nadmin@srx-1# set interfaces ge-0/0/1.0\n");
	PRINTED("set security zones security-zone L interfaces lan0\n");
	PRINTED("set security zones security-zone W interfaces wan0\n");
}
END_TEST

/* Every beginning of the guide's text, and every octet of it changed: refused or taken, never anything worse. */
START_TEST(hostile_text)
{
	char *text = read_file(GUIDE "gm-0003.txt");
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i += 7)
		import("text", text, i, NULL, 0);
	for (size_t i = 0; i < len; i += 5) {
		char was = text[i];

		text[i] = "\n[]\"{};#@\\\x01\xff"[i / 5 % 12];
		import("text", text, len, NULL, 0);
		text[i] = was;
	}
	free(text);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("import");
	TCase *t = tcase_create("import");
	SRunner *r;

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_loop_test(t, the_guides_members, 0, ARRAY_SIZE(members));
	tcase_add_test(t, braces_of_a_device);
	tcase_add_test(t, interfaces_that_are_not_mapped);
	tcase_add_test(t, units);
	tcase_add_test(t, what_is_off);
	tcase_add_test(t, groups_are_told);
	tcase_add_loop_test(t, refusals, 0, ARRAY_SIZE(refused));
	tcase_add_test(t, wrong_maps);
	tcase_add_test(t, a_session_that_was_copied);
	tcase_add_test(t, hostile_text);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
