/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The nf_tables transaction, read back message by message and rule by rule; the plan's checks; the description. */
#include "xfrm/check.h"
#include "xfrm/describe.h"
#include "xfrm/kernel.h"
#include "xfrm/table.h"
#include "xfrm_plan.h"

#include <check.h>
#include <libnftnl/chain.h>
#include <libnftnl/rule.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>

static struct sample *sample;
static struct batch *batch;

static void setup(void)
{
	sample = sample_new();
	batch = NULL;
}

static void teardown(void)
{
	batch_free(batch);
	free(sample);
}

static void build_with(const uint32_t *sending, size_t n, bool fresh, size_t old_scopes)
{
	batch_free(batch);
	batch = NULL;
	ck_assert_int_eq(batch_new(&batch), 0);
	ck_assert_int_eq(table_build(batch, &sample->plan, sending, n, fresh, old_scopes), 0);
}

static void build(void)
{
	build_with(NULL, 0, true, 0);
}

/* The messages of a type (NFT_MSG_...) of the transaction, one after the other: NULL begins, NULL ends. */
static const struct nlmsghdr *next(const struct nlmsghdr *nlh, uint16_t type)
{
	const uint8_t *end = (const uint8_t *)batch_data(batch) + batch_len(batch);

	nlh = nlh ? (const void *)((const uint8_t *)nlh + MNL_ALIGN((int)nlh->nlmsg_len)) : batch_data(batch);
	while ((const uint8_t *)nlh < end && nlh->nlmsg_type != ((NFNL_SUBSYS_NFTABLES << 8) | type))
		nlh = (const void *)((const uint8_t *)nlh + MNL_ALIGN((int)nlh->nlmsg_len));
	return (const uint8_t *)nlh < end ? nlh : NULL;
}

static size_t count(uint16_t type)
{
	size_t n = 0;

	for (const struct nlmsghdr *nlh = next(NULL, type); nlh; nlh = next(nlh, type))
		n++;
	return n;
}

/* The rules of a chain, each as libnftnl writes it, a line each. */
static const char *rules_of(const char *chain)
{
	static char text[64 * 1024];
	size_t at = 0;

	text[0] = '\0';
	for (const struct nlmsghdr *nlh = next(NULL, NFT_MSG_NEWRULE); nlh; nlh = next(nlh, NFT_MSG_NEWRULE)) {
		struct nftnl_rule *r = nftnl_rule_alloc();
		char one[4096];

		ck_assert_int_eq(nftnl_rule_nlmsg_parse(nlh, r), 0);
		ck_assert_str_eq(nftnl_rule_get_str(r, NFTNL_RULE_TABLE), "gvpn");
		if (strcmp(nftnl_rule_get_str(r, NFTNL_RULE_CHAIN), chain) == 0) {
			ck_assert_int_gt(nftnl_rule_snprintf(one, sizeof(one), r, NFTNL_OUTPUT_DEFAULT, 0), 0);
			for (char *c = one; *c; c++)
				if (*c == '\n')
					*c = ' ';
			at += (size_t)snprintf(text + at, sizeof(text) - at, "%s\n", one);
			ck_assert_uint_lt(at, sizeof(text));
		}
		nftnl_rule_free(r);
	}
	return text;
}

/* Each of PARTS stands in TEXT, behind the one before it. */
static void expect_order(const char *text, const char *const *parts, size_t n)
{
	const char *at = text;

	for (size_t i = 0; i < n; i++) {
		const char *found = strstr(at, parts[i]);

		ck_assert_msg(found != NULL, "\"%s\" is not (or not there) in:\n%s", parts[i], text);
		at = found + strlen(parts[i]);
	}
}
#define EXPECT(text, ...)                                                                                              \
	expect_order(text, (const char *const[]){ __VA_ARGS__ },                                                       \
		     sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

static size_t lines(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

/* The next attribute behind PREVIOUS within PARENT; NULL begins, NULL ends. */
static const struct nlattr *next_nested(const struct nlattr *parent, const struct nlattr *previous)
{
	const char *end = (const char *)mnl_attr_get_payload(parent) + mnl_attr_get_payload_len(parent);
	const struct nlattr *attr = previous ? mnl_attr_next(previous) : mnl_attr_get_payload(parent);

	return mnl_attr_ok(attr, (int)(end - (const char *)attr)) ? attr : NULL;
}

static const struct nlattr *nested(const struct nlattr *parent, uint16_t type)
{
	const struct nlattr *attr = next_nested(parent, NULL);

	while (attr && mnl_attr_get_type(attr) != type)
		attr = next_nested(parent, attr);
	ck_assert_msg(attr != NULL, "no attribute %u", type);
	return attr;
}

/* The SPIs of a set, as hexadecimal numbers in the order of the messages. */
static const char *elements_of(const char *set)
{
	static char text[8192];
	size_t at = 0;

	text[0] = '\0';
	for (const struct nlmsghdr *nlh = next(NULL, NFT_MSG_NEWSETELEM); nlh; nlh = next(nlh, NFT_MSG_NEWSETELEM)) {
		const struct nlattr *name = attribute(nlh, sizeof(struct nfgenmsg), NFTA_SET_ELEM_LIST_SET);
		const struct nlattr *list = attribute(nlh, sizeof(struct nfgenmsg), NFTA_SET_ELEM_LIST_ELEMENTS);

		if (strcmp(mnl_attr_get_str(name), set) != 0)
			continue;
		for (const struct nlattr *e = next_nested(list, NULL); e; e = next_nested(list, e)) {
			const struct nlattr *value = nested(nested(e, NFTA_SET_ELEM_KEY), NFTA_DATA_VALUE);
			const uint8_t *k = mnl_attr_get_payload(value);

			ck_assert_uint_eq(mnl_attr_get_payload_len(value), 4);
			at += (size_t)snprintf(text + at, sizeof(text) - at, "%02x%02x%02x%02x ", k[0], k[1], k[2],
					       k[3]);
		}
	}
	return text;
}

static void full_plan(void)
{
	struct selector bgp = sample_selector((struct ip_prefix){ 0 }, (struct ip_prefix){ 0 });

	bgp.protocol = 6;
	bgp.dport = (struct port_range){ 179, 180 };
	sample_rule(sample, PLAN_CLEAR, PLAN_EXCLUDE, bgp);
	sample_rule(sample, PLAN_ENCRYPT, PLAN_GROUP_POLICY, sample_group());
	sample_rule(sample, PLAN_BLOCK, PLAN_FAIL_CLOSE,
		    sample_selector((struct ip_prefix){ 0 }, (struct ip_prefix){ 0 }));
	sample_sa(sample, SAMPLE_SPI, true, true);
}

/* One transaction: begin, end, rising numbers, and one acknowledgement, for the last message. */
START_TEST(frame)
{
	const uint8_t *p, *end;
	uint32_t seq = 0, acked = 0;
	uint16_t type = 0;
	size_t n = 0;

	full_plan();
	build();
	p = batch_data(batch);
	for (end = p + batch_len(batch); p < end; n++) {
		const struct nlmsghdr *nlh = (const void *)p;

		ck_assert_uint_ge(nlh->nlmsg_len, sizeof(*nlh));
		ck_assert_uint_le(nlh->nlmsg_len, (size_t)(end - p));
		ck_assert_uint_gt(nlh->nlmsg_seq, seq);
		seq = nlh->nlmsg_seq;
		type = nlh->nlmsg_type;
		ck_assert((n == 0) == (type == NFNL_MSG_BATCH_BEGIN));
		if (nlh->nlmsg_flags & NLM_F_ACK) {
			ck_assert_uint_eq(acked, 0);
			acked = seq;
		}
		p += MNL_ALIGN((int)nlh->nlmsg_len);
	}
	ck_assert_uint_eq(type, NFNL_MSG_BATCH_END);
	ck_assert_uint_eq(acked, batch_last_seq(batch));
	ck_assert_uint_eq(acked, seq - 1);
}
END_TEST

START_TEST(hooks)
{
	static const struct {
		const char *name, *type;
		uint32_t hook;
		int32_t priority;
	} expected[] = {
		{ "in", "filter", NF_INET_PRE_ROUTING, -310 },
		{ "gate", "filter", NF_INET_FORWARD, 0 },
		{ "out", "route", NF_INET_LOCAL_OUT, -310 },
		{ "seal", "filter", NF_INET_POST_ROUTING, 1000 },
	};
	size_t base = 0;

	full_plan();
	build();
	for (const struct nlmsghdr *nlh = next(NULL, NFT_MSG_NEWCHAIN); nlh; nlh = next(nlh, NFT_MSG_NEWCHAIN)) {
		struct nftnl_chain *c = nftnl_chain_alloc();

		ck_assert_int_eq(nftnl_chain_nlmsg_parse(nlh, c), 0);
		if (nftnl_chain_is_set(c, NFTNL_CHAIN_HOOKNUM)) {
			ck_assert_uint_lt(base, ARRAY_SIZE(expected));
			ck_assert_str_eq(nftnl_chain_get_str(c, NFTNL_CHAIN_NAME), expected[base].name);
			ck_assert_str_eq(nftnl_chain_get_str(c, NFTNL_CHAIN_TYPE), expected[base].type);
			ck_assert_uint_eq(nftnl_chain_get_u32(c, NFTNL_CHAIN_HOOKNUM), expected[base].hook);
			ck_assert_int_eq(nftnl_chain_get_s32(c, NFTNL_CHAIN_PRIO), expected[base].priority);
			base++;
		}
		nftnl_chain_free(c);
	}
	ck_assert_uint_eq(base, ARRAY_SIZE(expected));
}
END_TEST

/* Rules that are not of the plan stand as they are meant: seal keeps both addresses, out puts them back. */
START_TEST(addresses_ride_along)
{
	full_plan();
	build();
	EXPECT(rules_of("seal"), "xfrm load out 0 reqid", "0xffff0000", "0x67760000",
	       "payload load 4b @ network header + 16", "meta set mark", "payload load 4b @ network header + 12",
	       "meta set priority", "accept");
	EXPECT(rules_of("out"), "cmp neq reg 8 0x00000032", "accept", "0x080000c0", "meta load mark", "0x00000000",
	       "drop", "0x080000c0", "meta load priority", "@ network header + 12 csum_type 1 csum_off 10",
	       "meta load mark", "@ network header + 16 csum_type 1 csum_off 10", "meta set mark", "meta set priority",
	       "notrack", "esp_out", "accept");
	ck_assert_ptr_null(strstr(rules_of("out"), "network header + 6 "));
}
END_TEST

START_TEST(df_bit_for_its_own_spis)
{
	full_plan();
	sample_sa(sample, 0x11111111, true, true)->df = PLAN_DF_SET;
	build();
	ck_assert_str_eq(elements_of("spi_df"), "11111111 ");
	ck_assert_str_eq(elements_of("spi_out"), "1c548e4e 11111111 ");
	EXPECT(rules_of("out"), "set spi_df", "0x00000040", "@ network header + 6 csum_type 1 csum_off 10");
}
END_TEST

/* First match decides: exclude passes, what the group covers and what is left are dropped, out and back. */
START_TEST(gate_order)
{
	full_plan();
	build();
	EXPECT(rules_of("out_0"), "rt load ipsec", "accept", "0x00000006", "transport header + 2",
	       "0x0000b300 0x0000b400", "accept", "0x0000f0ff", "0x000010ac", "fail_close_out", "drop",
	       "fail_close_out", "drop");
	ck_assert_uint_eq(lines(rules_of("out_0")), 4);
	EXPECT(rules_of("in_0"), "meta load secpath", "accept", "transport header + 0", "0x0000b300 0x0000b400",
	       "accept", "0x000010ac", "fail_close_in", "drop", "fail_close_in", "drop");
	EXPECT(rules_of("in"), "meta load secpath", "accept", "set spi_in_0", "fib daddr oifname", "esp_in", "accept",
	       "unknown", "unknown_spi", "drop", "0x00000032", "accept", "0x0000b300 0x0000b400", "accept",
	       "0x000010ac", "clear_in_dropped", "drop");
	EXPECT(rules_of("local"), "jump -> local_0", "fail_close_out", "drop");
	ck_assert_uint_eq(lines(rules_of("fragments")), 1);
	EXPECT(rules_of("fragments"), "tproxy");
}
END_TEST

/* The gate drops at its end whatever the plan's last rule is. */
START_TEST(gate_ends_closed)
{
	build();
	EXPECT(rules_of("out_0"), "rt load ipsec", "accept", "fail_close_out", "drop");
	EXPECT(rules_of("in_0"), "meta load secpath", "accept", "fail_close_in", "drop");
	EXPECT(rules_of("local"), "fail_close_out", "drop");
}
END_TEST

START_TEST(every_pair_of_interfaces)
{
	struct plan_scope *s = &sample->scopes[0];

	memcpy(s->from[1], "lan1", 5);
	memcpy(s->to[1], "wan1", 5);
	s->n_from = s->n_to = 2;
	build();
	ck_assert_uint_eq(lines(rules_of("gate")), 8);
	EXPECT(rules_of("gate"), "jump -> out_0", "jump -> out_0", "jump -> out_0", "jump -> out_0", "jump -> in_0");
}
END_TEST

START_TEST(a_prefix_of_nothing_is_no_match)
{
	sample_rule(sample, PLAN_CLEAR, PLAN_EXCLUDE,
		    sample_selector((struct ip_prefix){ 0 }, (struct ip_prefix){ 0 }));
	build();
	ck_assert_ptr_null(strstr(rules_of("out_0"), "network header"));
	EXPECT(rules_of("out_0"), "accept", "accept", "drop");
}
END_TEST

/* SPIs are a matter of the address that they come to: two scopes share it or not. */
START_TEST(sets_of_spis)
{
	static const uint32_t sending[] = { 0x22222222, SAMPLE_SPI };

	sample_sa(sample, SAMPLE_SPI, true, true);
	sample_sa(sample, SAMPLE_SPI, true, true);
	sample_scope(sample, "wan0", SAMPLE_LOCAL);
	sample_sa(sample, 0x33333333, true, false);
	sample_scope(sample, "wan0", SAMPLE_LOCAL + 1);
	sample_sa(sample, 0x44444444, false, true);
	build_with(sending, ARRAY_SIZE(sending), true, 0);
	ck_assert_str_eq(elements_of("spi_in_0"), "1c548e4e 33333333 ");
	ck_assert_str_eq(elements_of("spi_in_1"), "1c548e4e 33333333 ");
	ck_assert_str_eq(elements_of("spi_in_2"), "");
	ck_assert_str_eq(elements_of("spi_out"), "1c548e4e 44444444 22222222 ");
}
END_TEST

/* Anew: the table goes and comes.  Again: rules and elements do, counters and remembered SPIs stay. */
START_TEST(anew_or_again)
{
	full_plan();
	build();
	ck_assert_uint_eq(count(NFT_MSG_NEWTABLE), 2);
	ck_assert_uint_eq(count(NFT_MSG_DELTABLE), 1);
	ck_assert_uint_eq(count(NFT_MSG_NEWOBJ), 6);
	build_with(NULL, 0, false, 3);
	ck_assert_uint_eq(count(NFT_MSG_DELTABLE), 0);
	ck_assert_uint_eq(count(NFT_MSG_DELOBJ), 0);
	ck_assert_uint_eq(count(NFT_MSG_DELRULE), 1);
	ck_assert_uint_eq(count(NFT_MSG_DELSET), 2);
	ck_assert_uint_eq(count(NFT_MSG_DELCHAIN), 6);
	batch_free(batch);
	batch = NULL;
	ck_assert_int_eq(batch_new(&batch), 0);
	ck_assert_int_eq(table_build_delete(batch), 0);
	ck_assert_uint_eq(count(NFT_MSG_DELTABLE), 1);
	ck_assert_uint_eq(count(NFT_MSG_NEWRULE), 0);
}
END_TEST

/* The largest plan that the priorities allow, every rule in the longest form, fits. */
START_TEST(large_plans_fit)
{
	for (uint32_t i = 0; i < 256; i++) {
		struct selector s = sample_selector((struct ip_prefix){ 0x0a000000 | i << 8, 24 },
						    (struct ip_prefix){ 0x0b000000 | i << 8, 24 });

		s.sport = s.dport = (struct port_range){ 1, 65534 };
		sample_rule(sample, PLAN_CLEAR, PLAN_EXCLUDE, s);
	}
	for (uint32_t i = 0; i < 300; i++)
		sample_sa(sample, 0x1000 + i, true, true);
	build();
	ck_assert_uint_gt(count(NFT_MSG_NEWRULE), 256 * 5 * 4);
	ck_assert_uint_eq(strlen(elements_of("spi_in_0")) / 9, 300);
}
END_TEST

static void expect_refused(int expected)
{
	char err[256] = "";

	ck_assert_int_eq(plan_check(&sample->plan, err), expected);
	ck_assert_msg(strlen(err) > 20, "\"%s\"", err);
}

START_TEST(plans_are_checked)
{
	char err[256];

	full_plan();
	ck_assert_int_eq(plan_check(&sample->plan, err), 0);
	sample->sas[0].scope = 1;
	expect_refused(-EINVAL);
	sample->sas[0].scope = 0;
	sample->sas[0].reqid = KERNEL_REQID_MAX + 1;
	expect_refused(-EINVAL);
	sample->sas[0].reqid = SAMPLE_REQID;
	sample->sas[0].tek.spi = 255;
	expect_refused(-EINVAL);
	sample->sas[0].tek.spi = 256;
	sample->rules[0][1].reqid = 7;
	expect_refused(-EINVAL);
	sample->rules[0][1].reqid = SAMPLE_REQID;
	sample->rules[0][0].sel.src = (struct ip_prefix){ 0x0a000001, 24 };
	expect_refused(-EINVAL);
	sample->rules[0][0].sel.src = (struct ip_prefix){ 0, 33 };
	expect_refused(-EINVAL);
	sample->rules[0][0].sel.src = (struct ip_prefix){ 0 };
	sample->rules[0][0].sel.dport = (struct port_range){ 2, 1 };
	expect_refused(-EINVAL);
	sample->rules[0][0].sel.dport = (struct port_range){ 1, 1 };
	sample->scopes[0].n_from = PLAN_INTERFACES_MAX + 1;
	expect_refused(-EINVAL);
	sample->scopes[0].n_from = 1;
	memset(sample->scopes[0].external, 'x', GVPN_IFNAME_MAX);
	expect_refused(-EINVAL);
	memcpy(sample->scopes[0].external, "wan0", 5);
	ck_assert_int_eq(plan_check(&sample->plan, err), 0);
	sample->plan.n_scopes = PLAN_SCOPES_MAX + 1;
	expect_refused(-E2BIG);
}
END_TEST

START_TEST(description_has_no_keys)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	full_plan();
	ck_assert_ptr_nonnull(out);
	kernel_describe(&sample->plan, out);
	ck_assert_int_eq(fclose(out), 0);
	EXPECT(text, "vpn group", "wan0", "clear", "port 179-180", "protocol 6", "encrypt",
	       "172.16.0.0/12 -> 172.16.0.0/12", "block", "0.0.0.0/0", "SPI 1c548e4e");
	ck_assert_ptr_null(strstr(text, "40414243"));
	free(text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("xfrm table");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, frame);
	tcase_add_test(t, hooks);
	tcase_add_test(t, addresses_ride_along);
	tcase_add_test(t, df_bit_for_its_own_spis);
	tcase_add_test(t, gate_order);
	tcase_add_test(t, gate_ends_closed);
	tcase_add_test(t, every_pair_of_interfaces);
	tcase_add_test(t, a_prefix_of_nothing_is_no_match);
	tcase_add_test(t, sets_of_spis);
	tcase_add_test(t, anew_or_again);
	tcase_add_test(t, large_plans_fit);
	tcase_add_test(t, plans_are_checked);
	tcase_add_test(t, description_has_no_keys);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
