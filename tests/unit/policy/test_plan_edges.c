/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Corners of the plan, of what explain says of it, and of what the kernel gets of it, that whole configurations seldom
 * reach. */
#include "policy/engine.h"
#include "policy/explain.h"
#include "tests/unit/support/xfrm_plan.h"
#include "xfrm/plan/ids.h"
#include "xfrm/sa.h"
#include "xfrm/spd.h"

#include <arpa/inet.h>
#include <check.h>
#include <linux/xfrm.h>
#include <netinet/in.h>
#include <stdlib.h>

#define ANY ((struct ip_prefix){ 0 })

static struct sample *sample;
static struct spd_list list;
static struct message m;

static void setup(void)
{
	sample = sample_new();
}

static void teardown(void)
{
	free(sample);
	spd_list_clear(&list);
	message_wipe(&m);
}

static void compile(void)
{
	uint32_t priority = KERNEL_PRIORITY_MIN;

	spd_list_clear(&list);
	ck_assert_int_eq(spd_list_add_scope(&list, &sample->plan, 0, 5, 0, &priority), 0);
}

static const struct spd_policy *first(uint8_t dir)
{
	for (size_t i = 0; i < list.n; i++)
		if (list.items[i].dir == dir)
			return &list.items[i];
	return NULL;
}

/* --- the engine --- */

/* D4: another VPN's server is reached through this scope; its policy covers the way there in the reverse sense only. */
START_TEST(own_traffic_against_the_sense_of_a_policy)
{
	struct engine_policy policy = {
		.sel = sample_selector((struct ip_prefix){ 0x0a0a0000, 16 }, (struct ip_prefix){ 0x0a120000, 16 }),
	};
	struct engine_scope scopes[2] = {
		{ .vpn = "A",
		  .from_zone = "LAN",
		  .to_zone = "WAN",
		  .external = "wan0",
		  .local = SAMPLE_LOCAL,
		  .servers = { 0xc0000201 },
		  .n_servers = 1,
		  .downloaded = true,
		  .policies = &policy,
		  .n_policies = 1 },
		{ .vpn = "B",
		  .from_zone = "LAB",
		  .to_zone = "WAN",
		  .external = "wan0",
		  .local = SAMPLE_LOCAL,
		  .servers = { 0x0a0a6402 },
		  .n_servers = 1 },
	};
	const struct packet_key gdoi = { SAMPLE_LOCAL, 0x0a0a6402, IPPROTO_UDP, 848, 848 };
	const struct packet_key other = { SAMPLE_LOCAL, 0x0a0a6402, IPPROTO_UDP, 849, 848 };
	struct plan *p;

	ck_assert_int_eq(engine_plan(&p, scopes, ARRAY_SIZE(scopes)), 0);
	ck_assert_int_eq(plan_decide(&p->scopes[0], &gdoi, false)->reason, PLAN_OWN_IKE);
	ck_assert_int_eq(plan_decide(&p->scopes[0], &other, false)->reason, PLAN_GROUP_POLICY);
	plan_free(p);
}
END_TEST

/* --- explain --- */

/* This host's own traffic, with the address of lan0, which both scopes would drop: named is the one for lan0's zone. */
static void closed_by(const char *from_first, const char *from_second, size_t expected)
{
	struct explain_question q = { .packet = { 0xac106501, 0x08080808, IPPROTO_ICMP, 0, 0 },
				      .local = true,
				      .inside = "lan0",
				      .outside = "wan0" };
	struct explain_answer a;

	snprintf(sample->scopes[0].from[0], GVPN_IFNAME_MAX, "%s", from_first);
	sample_rule(sample, PLAN_BLOCK, PLAN_FAIL_CLOSE, sample_selector(ANY, ANY));
	snprintf(sample_scope(sample, "wan0", SAMPLE_LOCAL)->from[0], GVPN_IFNAME_MAX, "%s", from_second);
	sample_rule(sample, PLAN_BLOCK, PLAN_FAIL_CLOSE, sample_selector(ANY, ANY));
	plan_explain(&sample->plan, &q, &a);
	ck_assert_int_eq(a.verdict, EXPLAIN_DROP);
	ck_assert_ptr_eq(a.scope, &sample->scopes[expected]);
}

START_TEST(the_scope_of_the_zone_closes_first)
{
	closed_by("lan0", "lab0", 0);
}
END_TEST

START_TEST(the_scope_of_the_zone_closes_second)
{
	closed_by("lab0", "lan0", 1);
}
END_TEST

/* --- XFRM --- */

/* 0 would be "never". */
START_TEST(an_end_that_the_clock_makes_0)
{
	struct plan_sa *sa = sample_sa(sample, SAMPLE_SPI, true, true);
	struct sa_seen seen = { .added = 1260, .hard_seconds = 500 };
	const struct xfrm_usersa_info *i = mnl_nlmsg_get_payload(&m.hdr);

	sa->hard_seconds = 60;
	ck_assert_int_eq(sa_build_add(&m, sa, SAMPLE_LOCAL, true, &seen, 1200), 0);
	ck_assert_uint_eq(i->lft.hard_add_expires_seconds, 1);
	seen.added = 1259;
	ck_assert_int_eq(sa_build_add(&m, sa, SAMPLE_LOCAL, true, &seen, 1200), 0);
	ck_assert_uint_eq(i->lft.hard_add_expires_seconds, 1);
	seen.added = 1258;
	ck_assert_int_eq(sa_build_add(&m, sa, SAMPLE_LOCAL, true, &seen, 1200), 0);
	ck_assert_uint_eq(i->lft.hard_add_expires_seconds, 2);
	sa->hard_seconds = 0;
	ck_assert_int_eq(sa_build_add(&m, sa, SAMPLE_LOCAL, true, &seen, 1200), 0);
	ck_assert_uint_eq(i->lft.hard_add_expires_seconds, 0);
}
END_TEST

START_TEST(policies_with_other_templates_differ)
{
	struct spd_policy a, b;

	sample_rule(sample, PLAN_ENCRYPT, PLAN_GROUP_POLICY, sample_group());
	compile();
	a = b = *first(XFRM_POLICY_OUT);
	ck_assert(spd_equal(&a, &b));
	b.tmpl_src++;
	ck_assert(!spd_equal(&a, &b));
	b = a;
	b.tmpl_dst++;
	ck_assert(!spd_equal(&a, &b));
	b = a;
	b.reqids[0]++;
	ck_assert(!spd_equal(&a, &b));
	b = a;
	b.required = !b.required;
	ck_assert(!spd_equal(&a, &b));
}
END_TEST

/* What an SA covers and what a rule covers meet when either holds the other, wherever it lies in it. */
START_TEST(a_part_in_the_middle_of_a_rule)
{
	struct selector rule =
		sample_selector((struct ip_prefix){ 0x0a010000, 16 }, (struct ip_prefix){ 0x0a020000, 16 });

	sample_rule(sample, PLAN_BLOCK, PLAN_GROUP_POLICY, rule);
	sample_sa_of(sample, SAMPLE_SPI, true, false, SAMPLE_REQID + 1,
		     sample_selector((struct ip_prefix){ 0x0a018000, 24 }, (struct ip_prefix){ 0x0a028000, 24 }));
	compile();
	ck_assert_ptr_nonnull(first(XFRM_POLICY_IN));
	ck_assert_uint_eq(first(XFRM_POLICY_IN)->reqids[0], SAMPLE_REQID + 1);
	sample->fits[0].sel.dst.addr = 0x0a038000; /* beside it */
	compile();
	ck_assert_ptr_null(first(XFRM_POLICY_IN));
}
END_TEST

/* What comes in clear is the gate's affair: a policy that asked for ESP would drop it. */
START_TEST(what_passes_in_clear_has_no_way_in)
{
	sample_rule(sample, PLAN_CLEAR, PLAN_EXCLUDE, sample_group());
	sample_sa(sample, SAMPLE_SPI, true, true);
	compile();
	ck_assert_uint_eq(list.n, 1);
	ck_assert_ptr_nonnull(first(XFRM_POLICY_OUT));
}
END_TEST

/* A plan that was applied is kept for its rules: the keys are the keyring's. */
START_TEST(an_applied_plan_has_no_keys)
{
	struct plan *p = calloc(1, sizeof(*p));

	ck_assert_ptr_nonnull(p);
	p->scopes = calloc(1, sizeof(*p->scopes));
	p->sas = calloc(2, sizeof(*p->sas));
	ck_assert(p->scopes && p->sas);
	p->n_scopes = 1;
	p->n_sas = 2;
	for (size_t i = 0; i < 2; i++) {
		p->sas[i] = (struct plan_sa){ .reqid = 7, .tek = { .spi = 9, .key.len = 16, .auth_key.len = 20 } };
		memset(p->sas[i].tek.key.data, 1, 16);
		memset(p->sas[i].tek.auth_key.data, 2, 20);
	}
	plan_forget_keys(p);
	for (size_t i = 0; i < 2; i++) {
		ck_assert_mem_eq(&p->sas[i].tek.key, &(struct secret){ 0 }, sizeof(struct secret));
		ck_assert_mem_eq(&p->sas[i].tek.auth_key, &(struct secret){ 0 }, sizeof(struct secret));
		ck_assert_uint_eq(p->sas[i].tek.spi, 9); /* "gvpnctl explain" names it */
		ck_assert_uint_eq(p->sas[i].reqid, 7);
	}
	plan_free(p);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("plan_edges");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, own_traffic_against_the_sense_of_a_policy);
	tcase_add_test(t, the_scope_of_the_zone_closes_first);
	tcase_add_test(t, the_scope_of_the_zone_closes_second);
	tcase_add_test(t, an_end_that_the_clock_makes_0);
	tcase_add_test(t, policies_with_other_templates_differ);
	tcase_add_test(t, a_part_in_the_middle_of_a_rule);
	tcase_add_test(t, what_passes_in_clear_has_no_way_in);
	tcase_add_test(t, an_applied_plan_has_no_keys);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
