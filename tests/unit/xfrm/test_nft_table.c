/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The nf_tables transaction, read back message by message and rule by rule. */
#include "tests/unit/support/xfrm_plan.h"
#include "xfrm/nft/table.h"
#include "xfrm/plan/check.h"
#include "xfrm/plan/ids.h"

#include <check.h>
#include <libnftnl/chain.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <limits.h>
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

static void build_state(struct table_state state)
{
	batch_free(batch);
	batch = NULL;
	ck_assert_int_eq(batch_new(&batch), 0);
	ck_assert_int_eq(table_build(batch, &sample->plan, &state), 0);
}

static void build(void)
{
	build_state((struct table_state){ 0 });
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

/* One transaction: begin, end, rising numbers, and one acknowledgement, for the last message. */
START_TEST(frame)
{
	const uint8_t *p, *end;
	uint32_t seq = 0, acked = 0;
	uint16_t type = 0;
	size_t n = 0;

	sample_full(sample);
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

/* What the first three rules of a gate's chain say of a packet under ESP's protection. */
#define REQID(way, bits, test) "load " way " 0 reqid", "& 0x" bits " )", "cmp " test " reg 8 0x67760000"
#define PROTECTED(way, counter)                                                                                        \
	REQID(way, "ffffff80", "eq"), "accept", REQID(way, "ffff0000", "neq"), "accept", REQID(way, "ffff0000", "eq"), \
		counter, "drop"

static const char *name_in(const struct nlmsghdr *nlh, uint16_t attr)
{
	return mnl_attr_get_str(attribute(nlh, sizeof(struct nfgenmsg), attr));
}

/* The listing explains itself: every chain and set has a comment, of the length that nft shows. */
START_TEST(chains_and_sets_have_comments)
{
	sample_full(sample);
	build_state((struct table_state){ .tracked = true, .inet6 = TABLE_INET6_DROP });
	for (const struct nlmsghdr *nlh = next(NULL, NFT_MSG_NEWCHAIN); nlh; nlh = next(nlh, NFT_MSG_NEWCHAIN)) {
		const struct nlattr *data = attribute(nlh, sizeof(struct nfgenmsg), NFTA_CHAIN_USERDATA);
		const uint8_t *octets = data ? mnl_attr_get_payload(data) : NULL;

		ck_assert_msg(octets, "chain %s has no comment", name_in(nlh, NFTA_CHAIN_NAME));
		/* Type, length with the zero at the end, text. */
		ck_assert_uint_eq(octets[0], 0);
		ck_assert_uint_eq(octets[1] + 2u, mnl_attr_get_payload_len(data));
		ck_assert_uint_le(octets[1], 128);
		ck_assert_uint_gt(octets[1], 10);
	}
	for (const struct nlmsghdr *nlh = next(NULL, NFT_MSG_NEWSET); nlh; nlh = next(nlh, NFT_MSG_NEWSET))
		ck_assert_ptr_nonnull(attribute(nlh, sizeof(struct nfgenmsg), NFTA_SET_USERDATA));
}
END_TEST

struct base {
	const char *name;
	uint32_t family, hook;
	int32_t priority;
};

static void expect_base(const struct base *expected, size_t n)
{
	size_t base = 0;

	for (const struct nlmsghdr *nlh = next(NULL, NFT_MSG_NEWCHAIN); nlh; nlh = next(nlh, NFT_MSG_NEWCHAIN)) {
		const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);
		struct nftnl_chain *c = nftnl_chain_alloc();

		ck_assert_int_eq(nftnl_chain_nlmsg_parse(nlh, c), 0);
		if (nftnl_chain_is_set(c, NFTNL_CHAIN_HOOKNUM)) {
			ck_assert_uint_lt(base, n);
			ck_assert_str_eq(nftnl_chain_get_str(c, NFTNL_CHAIN_NAME), expected[base].name);
			ck_assert_str_eq(nftnl_chain_get_str(c, NFTNL_CHAIN_TYPE), "filter");
			ck_assert_uint_eq(nfg->nfgen_family, expected[base].family);
			ck_assert_uint_eq(nftnl_chain_get_u32(c, NFTNL_CHAIN_HOOKNUM), expected[base].hook);
			ck_assert_int_eq(nftnl_chain_get_s32(c, NFTNL_CHAIN_PRIO), expected[base].priority);
			base++;
		}
		nftnl_chain_free(c);
	}
	ck_assert_uint_eq(base, n);
}

/* Two chains, and only where connections are tracked, or IPv6 is there, more. */
START_TEST(hooks)
{
	static const struct base two[] = { { "forward", NFPROTO_IPV4, NF_INET_FORWARD, 0 },
					   { "output", NFPROTO_IPV4, NF_INET_LOCAL_OUT, 1000 } };
	static const struct base all[] = {
		{ "forward", NFPROTO_IPV6, NF_INET_FORWARD, 0 },
		{ "output", NFPROTO_IPV6, NF_INET_LOCAL_OUT, 0 },
		{ "input", NFPROTO_IPV6, NF_INET_LOCAL_IN, 0 },
		{ "forward", NFPROTO_IPV4, NF_INET_FORWARD, 0 },
		{ "output", NFPROTO_IPV4, NF_INET_LOCAL_OUT, 1000 },
		{ "prerouting_notrack", NFPROTO_IPV4, NF_INET_PRE_ROUTING, -310 },
		{ "output_notrack", NFPROTO_IPV4, NF_INET_LOCAL_OUT, -310 },
	};

	sample_full(sample);
	build();
	expect_base(two, ARRAY_SIZE(two));
	build_state((struct table_state){ .tracked = true, .inet6 = TABLE_INET6_DROP });
	expect_base(all, ARRAY_SIZE(all));
	EXPECT(rules_of("prerouting_notrack"), "0x00000032", "0x0165120a", "iifname", "notrack", "accept");
	EXPECT(rules_of("output_notrack"), "0x080000c0", "notrack");
}
END_TEST

/* What this host sends: ESP first of all, since what is forwarded comes by; then both addresses are kept for it. */
START_TEST(addresses_ride_along)
{
	sample_full(sample);
	build();
	EXPECT(rules_of("output"), "0x00000032", "accept", "xfrm load out 0 reqid", "0xffff0000", "0x67760000",
	       "payload load 4b @ network header + 16", "meta set mark", "payload load 4b @ network header + 12",
	       "meta set priority", "accept", "rt load ipsec", "accept", "oifname", "fib saddr type",
	       "jump -> output_local");
	ck_assert_uint_eq(lines(rules_of("output")), 4);
	EXPECT(rules_of("output_local"), "fib saddr . oif type", "jump -> output_local_as_zone_0",
	       "jump -> output_local_own_0", "fib saddr . oif type", "fail_close_out", "drop");
	EXPECT(rules_of("output_local_own_0"), "0x0000b300 0x0000b400", "accept", "0x000010ac", "unprotected_out",
	       "drop");
	ck_assert_uint_eq(lines(rules_of("output_local_own_0")), 2);
	ck_assert_uint_eq(lines(rules_of("reassemble")), 1);
	EXPECT(rules_of("reassemble"), "tproxy");
}
END_TEST

START_TEST(df_bit_for_its_own_spis)
{
	sample_full(sample);
	sample_sa(sample, 0x11111111, true, true)->df = PLAN_DF_SET;
	build();
	ck_assert_str_eq(elements_of("spi_out_df"), "11111111 ");
	EXPECT(rules_of("output"), "0x00000032", "0x080000c0", "set spi_out_df", "0x00000040",
	       "@ network header + 6 csum_type 1 csum_off 10", "0x00000032", "accept");
}
END_TEST

/* Before any ESP passes, also that of an SA whose packets get the DF bit. */
START_TEST(ivs_of_counter_mode)
{
	struct plan_sa *sa;

	sample_full(sample);
	build();
	ck_assert_ptr_null(strstr(rules_of("output"), "output_iv"));
	sa = sample_sa(sample, 0x11111111, true, true);
	sa->df = PLAN_DF_SET;
	sa->tek.cipher = CIPHER_AES_GCM_128;
	sa->sender = (struct sender){ .bits = 8, .id = 0x5a, .has_prefix = true, .prefix = 0x5a123456 };
	*sample_sa(sample, 0x22222222, true, false) = *sa; /* one that only receives */
	sample->sas[sample->plan.n_sas - 1].out = sample->sas[sample->plan.n_sas - 1].sender.has_prefix = false;
	build();
	EXPECT(rules_of("output"), "0x00000032", "0x080000c0", "jump -> output_iv", "0x00000032", "set spi_out_df",
	       "0x00000032", "accept");
	ck_assert_uint_eq(lines(rules_of("output_iv")), 1);
	EXPECT(rules_of("output_iv"), "transport header + 0", "0x11111111", "transport header + 8", "neq", "0x5634125a",
	       "wrong_iv", "drop");
}
END_TEST

/* The good case is through after a rule or two; then the first match decides, and what is left is dropped. */
START_TEST(gate_order)
{
	sample_full(sample);
	build();
	EXPECT(rules_of("forward"), "secpath", "accept", "rt load ipsec", "accept", "jump -> forward_out_0",
	       "jump -> forward_in_0");
	ck_assert_uint_eq(lines(rules_of("forward")), 4);
	EXPECT(rules_of("forward_out_0"), "0x00000006", "transport header + 2", "0x0000b300 0x0000b400", "accept",
	       "0x0000f0ff", "0x000010ac", "fail_close_out", "drop", "fail_close_out", "drop");
	ck_assert_uint_eq(lines(rules_of("forward_out_0")), 3);
	EXPECT(rules_of("forward_in_0"), "transport header + 0", "0x0000b300 0x0000b400", "accept", "0x000010ac",
	       "fail_close_in", "drop", "fail_close_in", "drop");
}
END_TEST

/* The gate drops at its end whatever the plan's last rule is. */
START_TEST(gate_ends_closed)
{
	build();
	ck_assert_uint_eq(lines(rules_of("forward_out_0")), 1);
	EXPECT(rules_of("forward_out_0"), "fail_close_out", "drop");
	EXPECT(rules_of("forward_in_0"), "fail_close_in", "drop");
	EXPECT(rules_of("output_local"), "fail_close_out", "drop");
}
END_TEST

static void filter_plan(void)
{
	struct selector all = sample_selector((struct ip_prefix){ 0 }, (struct ip_prefix){ 0 });
	struct selector term = sample_selector(SAMPLE_GROUP, (struct ip_prefix){ 0x0a000000, 8 });

	sample->scopes[0].filter = true;
	sample->scopes[0].n_from = sample->scopes[0].n_to = 0;
	all.protocol = 89;
	sample_rule(sample, PLAN_CLEAR, PLAN_EXCLUDE, all)->way = PLAN_OUT;
	sample_rule(sample, PLAN_ENCRYPT, PLAN_GROUP_POLICY, sample_group())->way = PLAN_OUT;
	sample_rule(sample, PLAN_BLOCK, PLAN_FAIL_CLOSE, term)->way = PLAN_OUT;
	sample_rule(sample, PLAN_ENCRYPT, PLAN_GROUP_POLICY, sample_group())->way = PLAN_IN;
	term.src = (struct ip_prefix){ 0xc0a80000, 16 };
	sample_rule(sample, PLAN_BLOCK, PLAN_FAIL_CLOSE, term)->way = PLAN_IN;
	all.protocol = 0;
	sample_rule(sample, PLAN_CLEAR, PLAN_NOT_GOVERNED, all);
	sample_sa(sample, SAMPLE_SPI, true, true);
}

/* The scope of a service filter: each way has its own rules, fail-close in their order, and the rest goes its way. */
START_TEST(filters)
{
	filter_plan();
	build();
	EXPECT(rules_of("forward"), "secpath", "accept", "rt load ipsec", "accept", "meta load oifname",
	       "jump -> forward_out_0", "meta load iifname", "jump -> forward_in_0");
	EXPECT(rules_of("forward_out_0"), "0x00000059", "accept", "0x000010ac", "0x000010ac", "fail_close_out", "drop",
	       "0x000010ac", "0x0000000a", "fail_close_out", "drop", "return");
	ck_assert_uint_eq(lines(rules_of("forward_out_0")), 4);
	EXPECT(rules_of("forward_in_0"), "0x000010ac", "fail_close_in", "drop", "0x0000000a", "0x0000a8c0",
	       "fail_close_in", "drop", "return");
	ck_assert_uint_eq(lines(rules_of("forward_in_0")), 3);
	EXPECT(rules_of("output_local"), "oifname", "fib saddr . oif type", "jump -> output_local_as_zone_0", "oifname",
	       "jump -> output_local_own_0");
	ck_assert_uint_eq(lines(rules_of("output_local")), 2); /* what no term names is not governed */
	EXPECT(rules_of("output_local_as_zone_0"), "0x00000059", "accept", "fail_close_out", "drop", "return");
}
END_TEST

START_TEST(every_pair_of_interfaces)
{
	struct plan_scope *s = &sample->scopes[0];

	memcpy(s->from[1], "lan1", 5);
	memcpy(s->to[1], "wan1", 5);
	s->n_from = s->n_to = 2;
	build();
	EXPECT(rules_of("forward"), "jump -> forward_out_0", "jump -> forward_out_0", "jump -> forward_out_0",
	       "jump -> forward_out_0", "jump -> forward_in_0", "jump -> forward_in_0", "jump -> forward_in_0",
	       "jump -> forward_in_0");
	ck_assert_uint_eq(lines(rules_of("forward")), 10);
}
END_TEST

START_TEST(a_prefix_of_nothing_is_no_match)
{
	sample_rule(sample, PLAN_CLEAR, PLAN_EXCLUDE,
		    sample_selector((struct ip_prefix){ 0 }, (struct ip_prefix){ 0 }));
	build();
	ck_assert_ptr_null(strstr(rules_of("forward_out_0"), "network header"));
	EXPECT(rules_of("forward_out_0"), "accept", "drop");
}
END_TEST

/* IPv6 between the zones, and of the host between them; left alone when the plan says so, and without zones. */
START_TEST(inet6)
{
	sample_full(sample);
	build_state((struct table_state){ .inet6 = TABLE_INET6_DROP });
	EXPECT(rules_of("forward"), "0x306e616c", "0x306e6177", "drop", "0x306e6177", "0x306e616c", "drop");
	EXPECT(rules_of("input"), "iifname", "fib daddr type", "fib daddr . iif type", "drop");
	EXPECT(rules_of("output"), "oifname", "fib saddr type", "fib saddr . oif type", "drop");
	build_state((struct table_state){ .inet6 = TABLE_INET6_PASS });
	ck_assert_str_eq(rules_of("input"), "");
	ck_assert_uint_eq(count(NFT_MSG_DELTABLE), 2); /* of IPv6 nothing stays */
}
END_TEST

/* Anew: the table goes and comes.  Again: rules and elements do, counters stay. */
START_TEST(anew_or_again)
{
	struct table_objects have = { 0 };

	sample_full(sample);
	snprintf(sample_scope(sample, "wan1", SAMPLE_LOCAL + 1)->from[0], GVPN_IFNAME_MAX, "lan1");
	snprintf(sample_scope(sample, "wan2", SAMPLE_LOCAL + 2)->from[0], GVPN_IFNAME_MAX, "lan2");
	build();
	ck_assert_uint_eq(count(NFT_MSG_NEWTABLE), 2);
	ck_assert_uint_eq(count(NFT_MSG_DELTABLE), 1);
	ck_assert_uint_eq(count(NFT_MSG_NEWOBJ), 4);
	batch_take_objects(batch, &have);
	ck_assert_uint_eq(have.chains.n, count(NFT_MSG_NEWCHAIN));
	ck_assert_uint_eq(have.sets.n, 1);

	sample->plan.n_scopes = 1;
	build_state((struct table_state){ .have = &have });
	ck_assert_uint_eq(count(NFT_MSG_DELTABLE), 0);
	ck_assert_uint_eq(count(NFT_MSG_DELOBJ), 0);
	ck_assert_uint_eq(count(NFT_MSG_DELRULE), 1);
	ck_assert_uint_eq(count(NFT_MSG_DELSET), 0);
	ck_assert_uint_eq(count(NFT_MSG_DELCHAIN), 8);
	for (const struct nlmsghdr *nlh = next(NULL, NFT_MSG_DELCHAIN); nlh; nlh = next(nlh, NFT_MSG_DELCHAIN)) {
		const char *name = name_in(nlh, NFTA_CHAIN_NAME);

		ck_assert_msg(strchr("12", name[strlen(name) - 1]) != NULL, "%s is one of scope 0 or of the table",
			      name);
	}
	ck_assert_uint_eq(count(NFT_MSG_DELSETELEM), 1);
	/* What IPv6's table has is not noted as the other's. */
	build_state((struct table_state){ .inet6 = TABLE_INET6_DROP });
	table_objects_clear(&have);
	batch_take_objects(batch, &have);
	ck_assert_uint_eq(have.chains.n + 3, count(NFT_MSG_NEWCHAIN));
	batch_free(batch);
	batch = NULL;
	ck_assert_int_eq(batch_new(&batch), 0);
	ck_assert_int_eq(table_build_delete(batch, true), 0);
	ck_assert_uint_eq(count(NFT_MSG_DELTABLE), 2);
	ck_assert_uint_eq(count(NFT_MSG_NEWRULE), 0);
	table_objects_clear(&have);
}
END_TEST

static void fill(size_t n, struct port_range ports)
{
	for (uint32_t i = 0; i < n; i++) {
		struct selector s = sample_selector((struct ip_prefix){ 0x0a000000 | i << 8, 24 },
						    (struct ip_prefix){ 0x0b000000 | i << 8, 24 });

		s.sport = s.dport = ports;
		memset(sample_rule(sample, PLAN_CLEAR, PLAN_EXCLUDE, s)->name, 'n', GVPN_NAME_MAX - 1);
	}
	for (uint32_t i = 0; i < 300; i++)
		sample_sa(sample, 0x1000 + i, true, true);
}

/*
 * The largest plans, by the number of rules and with each in the longest form, fit; in a filter's scope, too.  The
 * rules have the longest names, which are in their comments.
 */
START_TEST(large_plans_fit)
{
	static const struct port_range any = { 0, UINT16_MAX }, some = { 1, 65534 };
	struct plan_scope *s = &sample->scopes[0];
	bool longest = _i & 1;

	if (_i & 2) {
		s->filter = true;
		s->n_from = s->n_to = 0;
	}
	fill(longest ? PLAN_FORMS_MAX / 5 : PLAN_RULES_MAX, longest ? some : any);
	if (s->filter)
		sample_rule(sample, PLAN_CLEAR, PLAN_NOT_GOVERNED,
			    sample_selector((struct ip_prefix){ 0 }, (struct ip_prefix){ 0 }));
	build();
	ck_assert_uint_gt(count(NFT_MSG_NEWRULE), PLAN_RULES_MAX * 4);
}
END_TEST

static size_t base_chains_made(void)
{
	size_t n = 0;

	for (const struct nlmsghdr *nlh = next(NULL, NFT_MSG_NEWCHAIN); nlh; nlh = next(nlh, NFT_MSG_NEWCHAIN)) {
		struct nftnl_chain *c = nftnl_chain_alloc();

		ck_assert_int_eq(nftnl_chain_nlmsg_parse(nlh, c), 0);
		n += nftnl_chain_is_set(c, NFTNL_CHAIN_HOOKNUM);
		nftnl_chain_free(c);
	}
	return n;
}

/* D3P: what goes to a carrier passes, what is too large by another address; nobody forwards to one. */
START_TEST(ways_to_a_stamp)
{
	size_t forward, output;

	sample_full(sample);
	build();
	forward = lines(rules_of("forward"));
	output = lines(rules_of("output"));
	ck_assert_uint_eq(base_chains_made(), 2);
	ck_assert_str_eq(rules_of("output_stamped"), "");
	sample->sas[0].window_ms = 1000;
	build_state((struct table_state){ .carrier_mtu = 1458, .tracked = true });
	ck_assert_uint_eq(base_chains_made(), 5);
	EXPECT(rules_of("output_stamped"), "payload load 4b @ network header + 16", "0x000076f7",
	       "payload load 2b @ network header + 2", "cmp gt reg 8 0x0000b205",
	       "bitwise reg 8 = ( reg 8 & 0xfffffeff ) ^ 0x00000100", "payload write reg 8 => 4b @ network header + 16",
	       "csum_type 1 csum_off 10", "accept");
	EXPECT(rules_of("forward"), "0x000076f7", "drop", "meta load secpath");
	EXPECT(rules_of("output"), "0x00000032", "accept", "0x000076f7", "rt load nexthop4 => reg 8", "0x000076f7",
	       "accept", "0x000076f7", "drop", "xfrm load out");
	ck_assert_uint_eq(lines(rules_of("forward")), forward + 1);
	ck_assert_uint_eq(lines(rules_of("output")), output + 2);
	EXPECT(rules_of("output_notrack"), "0x000076f7", "notrack");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("nft table");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, frame);
	tcase_add_test(t, hooks);
	tcase_add_test(t, addresses_ride_along);
	tcase_add_test(t, df_bit_for_its_own_spis);
	tcase_add_test(t, ivs_of_counter_mode);
	tcase_add_test(t, gate_order);
	tcase_add_test(t, gate_ends_closed);
	tcase_add_test(t, filters);
	tcase_add_test(t, every_pair_of_interfaces);
	tcase_add_test(t, a_prefix_of_nothing_is_no_match);
	tcase_add_test(t, inet6);
	tcase_add_test(t, anew_or_again);
	tcase_add_test(t, ways_to_a_stamp);
	tcase_add_test(t, chains_and_sets_have_comments);
	tcase_add_loop_test(t, large_plans_fit, 0, 4);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
