/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules of the engine: which rule decides, in every state of the keys. */
#include "lib/selector.h"
#include "policy/engine.h"

#include <check.h>
#include <netinet/in.h>
#include <stdlib.h>

static struct ip_prefix prefix(const char *text)
{
	struct ip_prefix p;

	ck_assert_msg(prefix_parse(&p, text) == 0, "%s", text);
	return p;
}

static struct selector between(const char *src, const char *dst)
{
	struct selector s = selector_any;

	s.src = prefix(src);
	s.dst = prefix(dst);
	return s;
}

static uint32_t address(const char *text)
{
	return prefix(text).addr;
}

/* --- the engine --- */

static const char from[1][GVPN_IFNAME_MAX] = { "lan0" };
static const char to[1][GVPN_IFNAME_MAX] = { "wan0" };

static struct engine_scope scope(void)
{
	return (struct engine_scope){
		.vpn = "V",
		.from_zone = "LAN",
		.to_zone = "WAN",
		.external = "wan0",
		.from = from,
		.n_from = 1,
		.to = to,
		.n_to = 1,
		.local = address("10.18.101.1"),
		.servers = { address("10.10.100.1") },
		.n_servers = 1,
	};
}

static struct plan *plan_of(const struct engine_scope *s)
{
	struct plan *p = NULL;

	ck_assert_int_eq(engine_plan(&p, s, 1), 0);
	ck_assert_uint_eq(p->n_scopes, 1);
	return p;
}

static struct packet_key tcp(const char *src, const char *dst, uint16_t dport)
{
	return (struct packet_key){ address(src), address(dst), IPPROTO_TCP, 40000, dport };
}

static void decides(const struct plan *p, struct packet_key packet, enum plan_verdict verdict, enum plan_reason reason)
{
	const struct plan_rule *r = plan_decide(&p->scopes[0], &packet, false);

	ck_assert_ptr_nonnull(r);
	ck_assert_int_eq(r->verdict, verdict);
	ck_assert_int_eq(r->reason, reason);
}

START_TEST(before_download_all_is_closed)
{
	struct engine_scope s = scope();
	struct plan *p = plan_of(&s);
	struct packet_key ike = { address("10.18.101.1"), address("10.10.100.1"), IPPROTO_UDP, 848, 848 };

	decides(p, tcp("172.16.101.10", "172.16.102.10", 80), PLAN_BLOCK, PLAN_FAIL_CLOSE);
	decides(p, ike, PLAN_CLEAR, PLAN_OWN_IKE);
	ike.dport = 8481; /* an acknowledgement goes to the port a push came from */
	decides(p, ike, PLAN_CLEAR, PLAN_OWN_IKE);
	ike.sport = 53;
	decides(p, ike, PLAN_BLOCK, PLAN_FAIL_CLOSE);
	plan_free(p);
}
END_TEST

START_TEST(order_of_rules)
{
	struct engine_rule exclude = { "bgp", selector_any },
			   open = { "mgmt", between("172.16.101.0/24", "0.0.0.0/0") };
	struct engine_policy policies[2] = {
		{ .sel = between("172.16.0.0/12", "172.16.0.0/12"), .reqid = 1, .tunnel_id = 49152, .keyed = true },
		{ .sel = between("10.0.0.0/8", "10.0.0.0/8"), .reqid = 2, .tunnel_id = 49153, .keyed = false },
	};
	struct engine_scope s = scope();
	struct plan *p;

	exclude.sel.protocol = IPPROTO_TCP;
	exclude.sel.dport = (struct port_range){ 179, 179 };
	open.sel.src = prefix("0.0.0.0/0");
	open.sel.protocol = IPPROTO_TCP;
	open.sel.dport = (struct port_range){ 22, 22 };
	s.exclude = &exclude;
	s.n_exclude = 1;
	s.fail_open = &open;
	s.n_fail_open = 1;
	s.policies = policies;
	s.n_policies = 2;
	s.downloaded = true;
	p = plan_of(&s);
	decides(p, tcp("172.16.1.1", "172.17.1.1", 179), PLAN_CLEAR, PLAN_EXCLUDE);
	decides(p, tcp("172.16.1.1", "172.17.1.1", 22), PLAN_ENCRYPT, PLAN_GROUP_POLICY);
	decides(p, tcp("10.1.1.1", "10.2.1.1", 22), PLAN_CLEAR, PLAN_FAIL_OPEN);
	decides(p, tcp("10.1.1.1", "10.2.1.1", 80), PLAN_BLOCK, PLAN_GROUP_POLICY);
	decides(p, tcp("192.168.1.1", "192.168.2.1", 22), PLAN_BLOCK, PLAN_FAIL_CLOSE); /* no SA is concerned */
	plan_free(p);

	policies[1].keyed = true; /* its key came: the fail-open rule is gone */
	p = plan_of(&s);
	decides(p, tcp("10.1.1.1", "10.2.1.1", 22), PLAN_ENCRYPT, PLAN_GROUP_POLICY);
	plan_free(p);

	s.downloaded = false; /* before the first download nobody knows which SA is concerned */
	s.n_policies = 0;
	p = plan_of(&s);
	decides(p, tcp("192.168.1.1", "192.168.2.1", 22), PLAN_CLEAR, PLAN_FAIL_OPEN);
	plan_free(p);
}
END_TEST

START_TEST(both_senses_of_a_policy)
{
	struct engine_policy policy = { .sel = between("10.1.0.0/16", "10.2.0.0/16"), .reqid = 1, .keyed = true };
	struct engine_scope s = scope();
	struct plan *p;

	s.policies = &policy;
	s.n_policies = 1;
	s.downloaded = true;
	p = plan_of(&s);
	decides(p, tcp("10.1.0.1", "10.2.0.1", 1), PLAN_ENCRYPT, PLAN_GROUP_POLICY);
	decides(p, tcp("10.2.0.1", "10.1.0.1", 1), PLAN_ENCRYPT, PLAN_GROUP_POLICY);
	decides(p, tcp("10.1.0.1", "10.1.0.2", 1), PLAN_BLOCK, PLAN_FAIL_CLOSE);
	plan_free(p);
}
END_TEST

/* The very list of rules of a filter's scope: its terms in their order, the input ones turned, nothing that is empty.
 */
START_TEST(rules_of_a_filter)
{
	static const struct {
		enum plan_verdict verdict;
		enum plan_reason reason;
		enum plan_way way;
		const char *sel, *name;
	} expected[] = {
		{ PLAN_CLEAR, PLAN_OWN_IKE, PLAN_BOTH, "10.18.101.1/32:848 -> 10.10.100.1/32 protocol 17", "" },
		{ PLAN_CLEAR, PLAN_EXCLUDE, PLAN_BOTH, "0.0.0.0/0 -> 0.0.0.0/0 protocol 89", "ospf" },
		{ PLAN_CLEAR, PLAN_EXCLUDE, PLAN_OUT, "0.0.0.0/0 -> 10.10.100.1/32", "ks" },
		{ PLAN_CLEAR, PLAN_FAIL_OPEN, PLAN_OUT, "172.16.0.0/16 -> 172.16.0.0/16 protocol 1", "ping" },
		{ PLAN_BLOCK, PLAN_GROUP_POLICY, PLAN_OUT, "172.16.0.0/16 -> 172.16.0.0/16", "" },
		{ PLAN_ENCRYPT, PLAN_GROUP_POLICY, PLAN_OUT, "172.16.0.0/12 -> 172.16.0.0/12", "" },
		{ PLAN_BLOCK, PLAN_FAIL_CLOSE, PLAN_OUT, "172.16.0.0/12 -> 172.16.0.0/12", "site" },
		{ PLAN_CLEAR, PLAN_FAIL_OPEN, PLAN_IN, "172.16.1.0/24 -> 172.16.0.0/16 protocol 1", "ping" },
		{ PLAN_BLOCK, PLAN_GROUP_POLICY, PLAN_IN, "172.16.1.0/24 -> 172.16.0.0/16", "" },
		{ PLAN_ENCRYPT, PLAN_GROUP_POLICY, PLAN_IN, "172.16.1.0/24 -> 172.16.0.0/12", "" },
		{ PLAN_BLOCK, PLAN_FAIL_CLOSE, PLAN_IN, "172.16.1.0/24 -> 172.16.0.0/12", "back" },
		{ PLAN_CLEAR, PLAN_NOT_GOVERNED, PLAN_BOTH, "0.0.0.0/0 -> 0.0.0.0/0", "" },
	};
	struct engine_rule exclude = { "ospf", selector_any },
			   open = { "ping", between("172.16.0.0/16", "172.16.0.0/16") };
	const struct engine_term output[] = { { "ks", false, between("0.0.0.0/0", "10.10.100.1/32") },
					      { "site", true, between("172.16.0.0/12", "172.16.0.0/12") } };
	const struct engine_term input[] = { { "back", true, between("172.16.0.0/12", "172.16.1.0/24") } };
	const struct engine_policy policies[] = {
		{ .sel = between("172.16.0.0/16", "172.16.0.0/16"), .reqid = 1 },
		{ .sel = between("10.1.0.0/16", "10.2.0.0/16"), .reqid = 2, .keyed = true },
		{ .sel = between("172.16.0.0/12", "172.16.0.0/12"), .reqid = 3, .keyed = true },
	};
	struct engine_scope s = scope();
	struct plan *p;

	exclude.sel.protocol = 89;
	open.sel.protocol = IPPROTO_ICMP;
	s.filter = true;
	s.from_zone = s.to_zone = "";
	s.n_from = s.n_to = 0;
	s.exclude = &exclude;
	s.fail_open = &open;
	s.n_exclude = s.n_fail_open = 1;
	s.output = output;
	s.n_output = ARRAY_SIZE(output);
	s.input = input;
	s.n_input = ARRAY_SIZE(input);
	s.policies = policies;
	s.n_policies = ARRAY_SIZE(policies);
	s.downloaded = true;
	p = plan_of(&s);
	ck_assert(p->scopes[0].filter);
	ck_assert_uint_eq(p->scopes[0].n_rules, ARRAY_SIZE(expected));
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		const struct plan_rule *r = &p->scopes[0].rules[i];
		char text[SELECTOR_TEXT_MAX];

		ck_assert_str_eq(selector_format(&r->sel, text), expected[i].sel);
		ck_assert_str_eq(r->name, expected[i].name);
		ck_assert_int_eq(r->verdict, expected[i].verdict);
		ck_assert_int_eq(r->reason, expected[i].reason);
		ck_assert_int_eq(r->way, expected[i].way);
	}
	plan_free(p);
}
END_TEST

START_TEST(keys_become_sas)
{
	struct tek tek = { .spi = 0x1c548e4e, .cipher = CIPHER_AES_CBC_256, .auth = AUTH_HMAC_SHA256_128 };
	struct engine_key keys[2] = { { .tek = &tek, .reqid = 7, .in = true, .out = false, .hard_seconds = 60 },
				      { .tek = &tek, .reqid = 7, .in = true, .out = true, .hard_seconds = 3600 } };
	struct engine_scope s = scope();
	struct plan *p;

	s.keys = keys;
	s.n_keys = 2;
	p = plan_of(&s);
	ck_assert_uint_eq(p->n_sas, 2);
	ck_assert(!p->sas[0].out && p->sas[0].in && p->sas[1].out);
	ck_assert_uint_eq(p->sas[1].tek.spi, 0x1c548e4e);
	ck_assert_uint_eq(p->sas[1].hard_seconds, 3600);
	plan_free(p);
	s.n_from = PLAN_INTERFACES_MAX + 1;
	ck_assert_int_eq(engine_plan(&p, &s, 1), -E2BIG);
	plan_free(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("policy");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(t, before_download_all_is_closed);
	tcase_add_test(t, order_of_rules);
	tcase_add_test(t, both_senses_of_a_policy);
	tcase_add_test(t, rules_of_a_filter);
	tcase_add_test(t, keys_become_sas);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
