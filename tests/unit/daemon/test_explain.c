/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "gvpnctl explain" without a daemon: the path by a routing table of the test's own, and the answer as text.  What the
 * plan says to a question is policy/'s own test.
 */
#include "member/ctl/command.h"
#include "member/ctl/explain_text.h"
#include "member/daemon/explain.h"
#include "member/daemon/snapshot.h"
#include "policy/engine.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define ADDR(a, b, c, d) ((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))

/* --- paths --- */

/*
 * The routes of the guide's first member, with a second zone behind dmz0 (192.168.1.0/24) and a network behind "lab0",
 * which is in no zone; 203.0.113.0/24 is refused.
 */
static int routes(struct route *ret, uint32_t dst, uint32_t src, const char *interface, char err[static 256])
{
	static const struct {
		uint32_t net;
		uint8_t len;
		struct route route;
	} table[] = {
		{ 0xac106501, 32, { ROUTE_LOCAL, "lan0" } },     { 0xac1065ff, 32, { ROUTE_BROADCAST, "lan0" } },
		{ 0xac106500, 24, { ROUTE_UNICAST, "lan0" } },   { 0x0a126501, 32, { ROUTE_LOCAL, "wan0" } },
		{ 0xc0a80100, 24, { ROUTE_UNICAST, "dmz0" } },   { 0xc0a80900, 24, { ROUTE_UNICAST, "lab0" } },
		{ 0xe0000000, 4, { ROUTE_MULTICAST, "wan0" } },  { 0xcb007100, 24, { ROUTE_UNICAST, "" } },
		{ 0xffffffff, 32, { ROUTE_BROADCAST, "wan0" } }, { 0, 0, { ROUTE_UNICAST, "wan0" } },
	};

	(void)src, (void)interface;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		if ((dst & prefix_mask(table[i].len)) != table[i].net)
			continue;
		if (!table[i].route.interface[0])
			break;
		*ret = table[i].route;
		return 0;
	}
	snprintf(err, 256, "Network is unreachable");
	return -ENETUNREACH;
}

static const struct selector group_selector = {
	{ 0xac100000, 12 }, { 0xac100000, 12 }, 0, { 0, UINT16_MAX }, { 0, UINT16_MAX }
};

/* Zones LAN (lan0) and DMZ (dmz0) to WAN (wan0, wan1), each under a VPN of its own; the first has the key. */
static struct plan *make_plan(bool filter)
{
	static const char lan[][GVPN_IFNAME_MAX] = { "lan0" }, dmz[][GVPN_IFNAME_MAX] = { "dmz0" },
			  wan[][GVPN_IFNAME_MAX] = { "wan0", "wan1" };
	static const struct tek tek = { .spi = 0x1c548e4e };
	const struct engine_rule exclude = { "routing", { { 0 }, { 0 }, 89, { 0, UINT16_MAX }, { 0, UINT16_MAX } } };
	const struct engine_policy policy = { group_selector, 0x67760000, 49152, true };
	const struct engine_key key = { .tek = &tek, .reqid = 0x67760000, .in = true, .out = true };
	const struct engine_fit fit = { 0x67760000, 49152, group_selector };
	const struct engine_term term = { "group", true, group_selector };
	struct engine_scope s[2] = { 0 };
	struct plan *plan;

	s[0] = (struct engine_scope){ .vpn = "GROUP_ID-0001",
				      .from_zone = filter ? "" : "LAN",
				      .to_zone = filter ? "" : "WAN",
				      .external = "wan0",
				      .reqids = 0x67760000,
				      .filter = filter,
				      .output = &term,
				      .input = &term,
				      .n_output = filter,
				      .n_input = filter,
				      .from = lan,
				      .n_from = filter ? 0 : 1,
				      .to = wan,
				      .n_to = filter ? 0 : 2,
				      .local = 0x0a126501,
				      .servers = { 0x0a0a6401 },
				      .n_servers = 1,
				      .exclude = &exclude,
				      .n_exclude = 1,
				      .downloaded = true,
				      .policies = &policy,
				      .n_policies = 1,
				      .keys = &key,
				      .n_keys = 1,
				      .fits = &fit,
				      .n_fits = 1 };
	s[1] = s[0];
	s[1].vpn = "GROUP_ID-0002";
	s[1].from_zone = "DMZ";
	s[1].from = dmz;
	s[1].reqids = 0x67760000 + PLAN_REQIDS;
	s[1].n_keys = s[1].n_fits = s[1].n_policies = 0;
	ck_assert_int_eq(engine_plan(&plan, s, filter ? 1 : 2), 0);
	return plan;
}

static const struct {
	const char *line; /* of gvpnctl explain */
	bool filter;
	const char *direction, *inside, *outside; /* "": null */
	bool local;
	const char *vpn, *type, *verdict, *because; /* "": null, or nothing to look for */
} paths[] = {
	{ "172.16.101.10 172.16.102.10 tcp any 80", false, "out", "lan0", "wan0", false, "GROUP_ID-0001", "Secure",
	  "esp", "" },
	{ "172.16.102.10 172.16.101.10 tcp any 80", false, "in", "lan0", "wan0", false, "GROUP_ID-0001", "Secure",
	  "esp", "" },
	{ "172.16.101.10 172.16.102.10 ospf", false, "out", "lan0", "wan0", false, "GROUP_ID-0001", "Exclude", "clear",
	  "routing" },
	{ "172.16.101.10 8.8.8.8 udp", false, "out", "lan0", "wan0", false, "GROUP_ID-0001", "Fail-close", "drop", "" },
	{ "8.8.8.8 172.16.101.10 udp", false, "in", "lan0", "wan0", false, "GROUP_ID-0001", "Fail-close", "drop", "" },
	{ "192.168.1.7 172.16.102.10", false, "out", "dmz0", "wan0", false, "GROUP_ID-0002", "Fail-close", "drop", "" },
	/* this host's own: with a protected address, and with the one outside */
	{ "172.16.101.1 172.16.102.10 icmp", false, "out", "lan0", "wan0", true, "GROUP_ID-0001", "Secure", "esp", "" },
	{ "172.16.102.10 172.16.101.1 icmp", false, "in", "lan0", "wan0", true, "GROUP_ID-0001", "Secure", "esp", "" },
	{ "10.18.101.1 10.10.100.1 udp 848 848", false, "out", "wan0", "wan0", true, "GROUP_ID-0001", "Own GDOI",
	  "clear", "" },
	{ "10.18.101.1 10.18.101.254 tcp", false, "out", "wan0", "wan0", true, "", "", "not governed", "" },
	{ "10.18.101.254 10.18.101.1 tcp", false, "in", "wan0", "wan0", true, "", "", "not governed", "" },
	{ "10.18.101.254 224.0.0.5 ospf", false, "in", "wan0", "wan0", true, "", "", "not governed", "" },
	/* not ours */
	{ "172.16.101.10 172.16.101.11", false, "", "", "", false, "", "", "not governed", "on the same side" },
	{ "172.16.101.10 192.168.1.7", false, "", "", "", false, "", "", "not governed",
	  "no ipsec-policy and no service filter" },
	{ "8.8.8.8 9.9.9.9", false, "", "", "", false, "", "", "not governed", "both ends are outside" },
	{ "172.16.101.1 10.18.101.1", false, "", "", "", false, "", "", "not governed", "does not leave this host" },
	{ "192.168.9.1 172.16.102.10", false, "", "", "", false, "", "", "not governed",
	  "no ipsec-policy and no service filter" },
	{ "172.16.101.10 203.0.113.1", false, "", "", "", false, "", "", "not governed",
	  "no route to 203.0.113.1 (Network is unreachable)" },
	{ "203.0.113.1 172.16.101.10", false, "", "", "", false, "", "", "not governed", "no route to 203.0.113.1" },
	/* said by the operator */
	{ "8.8.8.8 172.16.102.10 udp out on lan0", false, "out", "lan0", "wan0", false, "GROUP_ID-0001", "Fail-close",
	  "drop", "" },
	{ "172.16.200.1 172.16.102.10 udp on lan0", false, "out", "lan0", "wan0", false, "GROUP_ID-0001", "Secure",
	  "esp", "" },
	{ "172.16.102.10 172.16.101.10 udp on lan0", false, "in", "lan0", "wan0", false, "GROUP_ID-0001", "Secure",
	  "esp", "" },
	{ "203.0.113.1 172.16.102.10 udp out on dmz0", false, "out", "dmz0", "wan0", false, "GROUP_ID-0002",
	  "Fail-close", "drop", "" },
	{ "8.8.8.8 9.9.9.9 in on dmz0", false, "in", "dmz0", "wan0", false, "GROUP_ID-0002", "Fail-close", "drop", "" },
	{ "172.16.102.10 172.16.101.10 udp out", false, "out", "wan0", "lan0", false, "", "", "not governed", "" },
	/* a service filter: whatever leaves by the external interface or comes by it */
	{ "172.16.101.10 172.16.102.10", true, "out", "lan0", "wan0", false, "GROUP_ID-0001", "Secure", "esp", "" },
	{ "172.16.102.10 192.168.9.1", true, "in", "lab0", "wan0", false, "GROUP_ID-0001", "Not governed",
	  "not governed", "" },
	{ "192.168.9.1 8.8.8.8", true, "out", "lab0", "wan0", false, "GROUP_ID-0001", "Not governed", "not governed",
	  "" },
	{ "192.168.9.1 192.168.1.1", true, "", "", "", false, "", "", "not governed",
	  "no ipsec-policy and no service filter" },
};

static const char *text_of(struct json_object *o, const char *key)
{
	struct json_object *v = NULL;

	if (!json_object_object_get_ex(o, key, &v) || !v)
		return "";
	return json_object_get_string(v);
}

static struct explain_request parse(const char *line)
{
	struct command_error err = { .with_usage = false };
	struct command c;
	const char *words[12];
	char copy[128];
	size_t n = 0;

	snprintf(copy, sizeof(copy), "%s", line);
	for (char *save = NULL, *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save))
		words[n++] = w;
	ck_assert_msg(command_parse(&c, VERB_EXPLAIN, words, n, &err) == 0, "%s", err.text);
	return c.packet;
}

START_TEST(path)
{
	struct plan *plan = make_plan(paths[_i].filter);
	struct explain_request q = parse(paths[_i].line);
	struct json_object *o, *inside, *rule, *spis;
	struct record why = { .id = RECORD_NOTHING };
	char words[RECORD_TEXT_MAX];

	ck_assert_msg(explain_make(&o, plan, &q, routes, &why) == 0, "%s: %s", paths[_i].line,
		      record_words(&why, words));
	const char *all = json_object_to_json_string(o);
	inside = json_object_object_get(o, "inside");
	rule = json_object_object_get(o, "rule");
	spis = json_object_object_get(o, "spis");
	ck_assert_msg(strcmp(text_of(o, "direction"), paths[_i].direction) == 0, "%s", all);
	ck_assert_msg(strcmp(text_of(inside, "interface"), paths[_i].inside) == 0, "%s", all);
	ck_assert_msg(strcmp(text_of(json_object_object_get(o, "outside"), "interface"), paths[_i].outside) == 0, "%s",
		      all);
	ck_assert_msg(json_object_get_boolean(json_object_object_get(inside, "local")) == paths[_i].local, "%s", all);
	ck_assert_msg(strcmp(text_of(o, "vpn"), paths[_i].vpn) == 0, "%s", all);
	ck_assert_msg(strcmp(text_of(rule, "type"), paths[_i].type) == 0, "%s", all);
	ck_assert_msg(strcmp(text_of(o, "verdict"), paths[_i].verdict) == 0, "%s", all);
	ck_assert_msg(strstr(text_of(o, "because"), paths[_i].because), "%s", all);
	ck_assert_msg(text_of(o, "because")[0], "%s", all);
	if (strcmp(paths[_i].verdict, "esp") == 0)
		ck_assert_str_eq(json_object_get_string(json_object_array_get_idx(spis, 0)), "1c548e4e");
	else
		ck_assert_uint_eq(json_object_array_length(spis), 0);
	json_object_put(o);
	plan_free(plan);
}
END_TEST

START_TEST(impossible)
{
	static const struct {
		struct explain_request q;
		int r;
		const char *err;
	} cases[] = {
		{ { { 0xe0000005, 0x0a000001, 89, 0, 0 }, EXPLAIN_WAY_ANY, "" },
		  -EINVAL,
		  "224.0.0.5 cannot be the source" },
		{ { { 0, 0x0a000001, 6, 0, 0 }, EXPLAIN_WAY_ANY, "" }, -EINVAL, "0.0.0.0 cannot be the source" },
		{ { { 0x0a000001, 0, 6, 0, 0 }, EXPLAIN_WAY_ANY, "" }, -EINVAL, "0.0.0.0 cannot be the destination" },
		{ { { 0x0a000001, 0x0a000002, 1, 8, 0 }, EXPLAIN_WAY_ANY, "" }, -EINVAL, "protocol 1 has no ports" },
		{ { { 0x0a000001, 0x0a000002, 6, 8, 0 }, EXPLAIN_WAY_OUT, "gone9" },
		  -ENODEV,
		  "has an interface gone9" },
	};
	struct plan *plan = make_plan(false);

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct json_object *o = NULL;
		struct record why = { .id = RECORD_NOTHING };
		char words[RECORD_TEXT_MAX];

		ck_assert_int_eq(explain_make(&o, plan, &cases[i].q, routes, &why), cases[i].r);
		ck_assert_msg(strstr(record_words(&why, words), cases[i].err), "%s", words);
		ck_assert_ptr_null(o);
	}
	plan_free(plan);
}
END_TEST

/* --- text --- */

/* Of a kernel that holds the plan as HOLDING says. */
static struct plan_holding holding;
static bool programmed = true;

static char *printed(const char *line, bool filter)
{
	struct plan *plan = make_plan(filter);
	struct explain_request q = parse(line);
	struct json_object *o;
	struct record why;
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	ck_assert_int_eq(explain_make(&o, plan, &q, routes, &why), 0);
	/* The sentence is policy/'s. */
	json_object_object_add(o, "because", json_object_new_string("so"));
	snapshot_add_kernel(o, programmed, &holding, 9000);
	explain_print(f, o);
	fclose(f);
	json_object_put(o);
	plan_free(plan);
	return text;
}

START_TEST(text)
{
	char *t = printed("172.16.101.10 172.16.102.10 tcp any 80", false);

	ck_assert_str_eq(t, "  Packet     : 172.16.101.10 -> 172.16.102.10, tcp, port any -> 80\n"
			    "  Direction  : out\n"
			    "  Interfaces : inside lan0, outside wan0\n"
			    "  VPN        : GROUP_ID-0001\n"
			    "  Zones      : from LAN to WAN\n"
			    "  Rule       : Secure, Tunnel-id: 49152, 172.16.0.0/12 -> 172.16.0.0/12\n"
			    "  SPI        : 1c548e4e\n"
			    "  Verdict    : esp\n"
			    "  Because    : so\n");
	free(t);
	t = printed("172.16.101.1 10.18.101.1 ospf", false);
	ck_assert_str_eq(t, "  Packet     : 172.16.101.1 -> 10.18.101.1, protocol 89\n"
			    "  Direction  : -\n"
			    "  Interfaces : -\n"
			    "  VPN        : -\n"
			    "  Zones      : -\n"
			    "  Rule       : -\n"
			    "  SPI        : -\n"
			    "  Verdict    : not governed\n"
			    "  Because    : so\n");
	free(t);
	t = printed("172.16.102.10 172.16.101.1", true);
	ck_assert_ptr_nonnull(strstr(t, "of a protocol that no rule names\n  Direction  : in\n"
					"  Interfaces : inside lan0 (this host itself), outside wan0\n"));
	ck_assert_ptr_nonnull(strstr(t, "  Zones      : none, a service filter\n"));
	free(t);
}
END_TEST

/* What the plan says is not what happens while the kernel does not hold it. */
START_TEST(the_kernel_does_not_hold_it)
{
	static const char packet[] = "  Packet     : 172.16.101.10 -> 172.16.102.10";
	char *t;

	holding = (struct plan_holding){ PLAN_REFUSED, 2000, "no memory" };
	t = printed("172.16.101.10 172.16.102.10", false);
	ck_assert_ptr_eq(strstr(t, "The kernel does not hold the plan, for 7 s now: no memory\n\n"), t);
	ck_assert_ptr_nonnull(strstr(t, packet));
	free(t);
	holding = (struct plan_holding){ 0 };
	programmed = false;
	t = printed("172.16.101.10 172.16.102.10", false);
	ck_assert_ptr_eq(strstr(t, "The kernel is not programmed (gvpnd --no-kernel): "), t);
	ck_assert_ptr_nonnull(strstr(t, packet));
	free(t);
	programmed = true;
}
END_TEST

/* An answer of a daemon of another version: no crash, and what is there is printed. */
START_TEST(foreign)
{
	static const char *const answers[] = { "{}",
					       "[]",
					       "1",
					       "null",
					       "{\"packet\":3,\"spis\":{},\"rule\":[1]}",
					       "{\"packet\":{\"protocol\":-6},\"spis\":[1,null,\"x\"],\"zones\":1}" };

	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		struct json_object *o = json_tokener_parse(answers[i]);
		char *t;
		size_t size;
		FILE *f = open_memstream(&t, &size);

		explain_print(f, o);
		fclose(f);
		ck_assert_ptr_nonnull(strstr(t, "  Because    : "));
		free(t);
		json_object_put(o);
	}
}
END_TEST

/* --- the kernel's routes, of whatever host this runs on --- */

START_TEST(kernel_routes)
{
	struct route r;
	char err[256] = "";

	ck_assert_msg(route_lookup(&r, ADDR(127, 0, 0, 1), 0, "", err) == 0, "%s", err);
	ck_assert_int_eq(r.kind, ROUTE_LOCAL);
	ck_assert_str_eq(r.interface, "lo");
	ck_assert_int_eq(route_lookup(&r, ADDR(127, 0, 0, 1), 0, "gone9", err), -ENODEV);
	ck_assert_ptr_nonnull(strstr(err, "gone9"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("explain");
	TCase *tc = tcase_create("explain");
	SRunner *runner = srunner_create(suite);

	tcase_add_loop_test(tc, path, 0, (int)ARRAY_SIZE(paths));
	tcase_add_test(tc, impossible);
	tcase_add_test(tc, text);
	tcase_add_test(tc, the_kernel_does_not_hold_it);
	tcase_add_test(tc, foreign);
	tcase_add_test(tc, kernel_routes);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
