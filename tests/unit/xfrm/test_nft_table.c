/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The nf_tables transaction, read back message by message and rule by rule. */
#include "tests/unit/support/xfrm_plan.h"
#include "xfrm/nft/mark_match.h"
#include "xfrm/nft/table.h"
#include "xfrm/plan/check.h"
#include "xfrm/plan/ids.h"

#include <check.h>
#include <libnftnl/chain.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/xt_bpf.h>
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

static void build_with(const uint32_t *sending, size_t n)
{
	build_state((struct table_state){ .sending = sending, .n_sending = n });
}

static void build_untracked(void)
{
	build_state((struct table_state){ .untrack = true });
}

static void build(void)
{
	build_with(NULL, 0);
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

START_TEST(hooks)
{
	static const struct {
		const char *name, *type;
		uint32_t hook;
		int32_t priority;
	} expected[] = {
		{ "prerouting_fragments", "filter", NF_INET_PRE_ROUTING, -450 },
		{ "prerouting", "filter", NF_INET_PRE_ROUTING, -310 },
		{ "input", "filter", NF_INET_LOCAL_IN, 1000 },
		{ "forward", "filter", NF_INET_FORWARD, 0 },
		{ "output_mark", "filter", NF_INET_LOCAL_OUT, -311 },
		{ "output_esp", "route", NF_INET_LOCAL_OUT, -310 },
		{ "postrouting", "filter", NF_INET_POST_ROUTING, 1000 },
	};
	size_t base = 0;

	sample_full(sample);
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

/* Before this host's own chains and behind them ESP is counted: what is missing there, its firewall has dropped. */
START_TEST(esp_is_counted_at_both_ends)
{
	sample_full(sample);
	build();
	EXPECT(rules_of("prerouting_esp_to_local_0"), "esp_in");
	EXPECT(rules_of("input"), "0x00000032", "spi_in_0", "esp_delivered");
	EXPECT(rules_of("output_esp"), "esp_out");
	EXPECT(rules_of("postrouting"), "spi_out", "esp_left", "accept");
}
END_TEST

/* Rules that are not of the plan stand as they are meant: seal keeps both addresses, out puts them back. */
START_TEST(addresses_ride_along)
{
	sample_full(sample);
	build();
	EXPECT(rules_of("postrouting"), "xfrm load out 0 reqid", "0xffff0000", "0x67760000",
	       "payload load 4b @ network header + 16", "meta set mark", "payload load 4b @ network header + 12",
	       "meta set priority", "accept");
	EXPECT(rules_of("output_esp"), "cmp neq reg 8 0x00000032", "accept", "0x080000c0", "meta load mark",
	       "0x00000000", "drop", "0x080000c0", "meta load priority",
	       "@ network header + 12 csum_type 1 csum_off 10", "meta load mark",
	       "@ network header + 16 csum_type 1 csum_off 10", "meta set mark", "meta set priority", "notrack",
	       "esp_out", "accept");
	ck_assert_ptr_null(strstr(rules_of("output_esp"), "network header + 6 "));
}
END_TEST

START_TEST(df_bit_for_its_own_spis)
{
	sample_full(sample);
	sample_sa(sample, 0x11111111, true, true)->df = PLAN_DF_SET;
	build();
	ck_assert_str_eq(elements_of("spi_out_df"), "11111111 ");
	ck_assert_str_eq(elements_of("spi_out"), "1c548e4e 11111111 ");
	EXPECT(rules_of("output_esp"), "set spi_out_df", "0x00000040", "@ network header + 6 csum_type 1 csum_off 10");
}
END_TEST

/* What the first three rules of a gate's chain say of a packet under ESP's protection. */
#define REQID(way, bits, test) "load " way " 0 reqid", "& 0x" bits " )", "cmp " test " reg 8 0x67760000"
#define PROTECTED(way, counter)                                                                                        \
	REQID(way, "ffffff80", "eq"), "accept", REQID(way, "ffff0000", "neq"), "accept", REQID(way, "ffff0000", "eq"), \
		counter, "drop"

/* First match decides: exclude passes, what the group covers and what is left are dropped, out and back. */
START_TEST(gate_order)
{
	sample_full(sample);
	build();
	EXPECT(rules_of("forward_out_0"), PROTECTED("out", "fail_close_out"), "0x00000006", "transport header + 2",
	       "0x0000b300 0x0000b400", "accept", "0x0000f0ff", "0x000010ac", "fail_close_out", "drop",
	       "fail_close_out", "drop");
	ck_assert_uint_eq(lines(rules_of("forward_out_0")), 6);
	EXPECT(rules_of("forward_in_0"), PROTECTED("in", "misfit"), "transport header + 0", "0x0000b300 0x0000b400",
	       "accept", "0x000010ac", "fail_close_in", "drop", "fail_close_in", "drop");
	EXPECT(rules_of("prerouting"), "meta load secpath", "goto -> prerouting_decrypted", "set spi_in_0",
	       "jump -> prerouting_esp_for_us_0", "neq", "oifname", "meta set mark",
	       "goto -> prerouting_esp_unknown_spi", "0x00000032", "accept", "0x0000b300 0x0000b400", "accept",
	       "0x000010ac", "goto -> prerouting_clear_covered_0");
	EXPECT(rules_of("prerouting_clear_covered_0"), "fib daddr oifname", "clear_in_dropped", "drop",
	       "fib daddr type", "0x00000002", "clear_in_dropped", "drop");
	ck_assert_uint_eq(lines(rules_of("prerouting_clear_covered_0")), 2); /* other zones are not its */
	/* A rule of its own adds to the set: one that is full ends the rule, not the counting. */
	EXPECT(rules_of("prerouting_esp_unknown_spi"), "dynset update", "set spi_unknown", "\n", "unknown_spi", "drop");
	ck_assert_uint_eq(lines(rules_of("prerouting_esp_unknown_spi")), 2);
	EXPECT(rules_of("postrouting_local"), "fib saddr . oif type", "jump -> postrouting_local_as_zone_0",
	       "jump -> postrouting_local_own_0", "fib saddr . oif type", "fail_close_out", "drop");
	ck_assert_uint_eq(lines(rules_of("prerouting_reassemble")), 1);
	EXPECT(rules_of("prerouting_reassemble"), "tproxy");
}
END_TEST

/* What an SA was chosen for is marked, and whoever comes to the end with the mark and without the SA is dropped. */
START_TEST(what_loses_its_sa_is_dropped)
{
	sample_full(sample);
	build();
	EXPECT(rules_of("forward_out_0"), REQID("out", "ffffff80", "eq"), "& 0xfeffffff ) ^ 0x01000000",
	       "meta set mark", "accept");
	EXPECT(rules_of("output_mark"), "oifname", "0x01000000", "cmp neq reg 8 0x00000032", "meta set mark", "\n",
	       REQID("out", "ffff0000", "eq"), "^ 0x01000000", "meta set mark");
	EXPECT(rules_of("postrouting"), "accept", "accept", "rt load ipsec", "0x00000001", "accept", "& 0x01000000",
	       "unprotected_out", "drop", "jump -> postrouting_icmp_errors", "oifname", "cmp neq reg 8 0x00000032",
	       "fib saddr type", "jump -> postrouting_local");
	/* By the address of the interface itself a policy holds it all the same, but not fail-close (D4). */
	EXPECT(rules_of("postrouting_local_own_0"), "0x00000006", "transport header + 2", "accept", "0x000010ac",
	       "unprotected_out", "drop");
	ck_assert_uint_eq(lines(rules_of("postrouting_local_own_0")), 2);
}
END_TEST

/* An error that quotes what came out of ESP: the policy is held against the quoted header, turned round. */
START_TEST(quotes_are_judged)
{
	sample_full(sample);
	build();
	EXPECT(rules_of("postrouting_icmp_errors"), "transport header + 0", "0x00000000", "return", "0x00000008",
	       "return", "transport header + 17", "0x00000032", "return", "oifname",
	       "jump -> postrouting_icmp_quotes_0");
	/* An exclude rule lets its own packets and errors about them pass; ports are read behind a plain header only.
	 */
	EXPECT(rules_of("postrouting_icmp_quotes_0"), "0x00000006", "transport header + 2", "return", "\n",
	       "transport header + 17", "0x00000006", "transport header + 8", "0x00000045", "transport header + 28",
	       "0x0000b300 0x0000b400", "return", "\n", "transport header + 20", "0x000010ac", "transport header + 24",
	       "icmp_quoted", "drop");
	ck_assert_uint_eq(lines(rules_of("postrouting_icmp_quotes_0")), 3);
}
END_TEST

/* ESP that passes through to others stays as it is: it is taken on its way to a zone of ours, or to this host. */
START_TEST(esp_is_taken_for_our_zones)
{
	memcpy(sample->scopes[0].from[1], "lan1", 5);
	sample->scopes[0].n_from = 2;
	build();
	EXPECT(rules_of("prerouting"), "set spi_in_0", "jump -> prerouting_esp_for_us_0");
	EXPECT(rules_of("prerouting_esp_for_us_0"), "fib daddr oifname", "cmp eq", "goto -> prerouting_esp_to_local_0",
	       "fib daddr oifname", "cmp eq", "goto -> prerouting_esp_to_local_0", "fib daddr type", "0x00000002",
	       "goto -> prerouting_esp_to_local_0");
	ck_assert_uint_eq(lines(rules_of("prerouting_esp_for_us_0")), 3);
	EXPECT(rules_of("forward"), "jump -> forward_out_0", "jump -> forward_in_0", REQID("in", "ffffff80", "eq"),
	       "misfit", "drop");
}
END_TEST

/* The gate drops at its end whatever the plan's last rule is. */
START_TEST(gate_ends_closed)
{
	build();
	EXPECT(rules_of("forward_out_0"), PROTECTED("out", "fail_close_out"), "fail_close_out", "drop");
	EXPECT(rules_of("forward_in_0"), PROTECTED("in", "misfit"), "fail_close_in", "drop");
	EXPECT(rules_of("postrouting_local"), "fail_close_out", "drop");
}
END_TEST

/* RFC 5374 5.2: the outer addresses are kept as numbers before the destination is changed, and compared afterwards. */
START_TEST(outer_addresses_are_compared)
{
	sample_full(sample);
	build();
	EXPECT(rules_of("prerouting_esp_to_local_0"), "network header + 16 => reg 8",
	       "byteorder reg 8 = ntoh(reg 8, 4, 4)", "meta set mark with reg 8", "network header + 12 => reg 8",
	       "byteorder reg 8 = ntoh(reg 8, 4, 4)", "meta set priority with reg 8",
	       "payload write reg 8 => 4b @ network header + 16", "accept");
	EXPECT(rules_of("prerouting_decrypted"), "0xffff0000", "neq reg 8 0x67760000",
	       "goto -> prerouting_decrypted_not_ours", "match name bpf rev 0", "meta load priority", "meta set mark",
	       "match name bpf rev 0", "meta set mark", "meta set priority", "goto -> prerouting_decrypted_selectors",
	       "xfrm load in 1 reqid", "neq reg 8 0x67760000", "accept", "readdressed", "drop");
	ck_assert_uint_eq(lines(rules_of("prerouting_decrypted")), 4);
}
END_TEST

/* The program itself: it loads the address that it is for, and the mark; only when they are equal it matches. */
START_TEST(program_compares)
{
	const struct nftnl_expr *e;
	struct nftnl_expr_iter *iter;
	struct rule r;

	for (int source = 0; source < 2; source++) {
		const struct xt_bpf_info *info;
		uint32_t len;

		rule_start(&r, "prerouting_decrypted");
		rule_mark_is_address(&r, source == 1);
		ck_assert_int_eq(r.err, 0);
		iter = nftnl_expr_iter_create(r.r);
		e = nftnl_expr_iter_next(iter);
		info = nftnl_expr_get(e, NFTNL_EXPR_MT_INFO, &len);
		ck_assert_uint_eq(len, sizeof(*info));
		ck_assert_uint_eq(info->bpf_program_num_elem, 6);
		ck_assert_uint_eq(info->bpf_program[0].code, BPF_LD | BPF_W | BPF_ABS);
		ck_assert_uint_eq(info->bpf_program[0].k, source == 1 ? 12 : 16);
		ck_assert_uint_eq(info->bpf_program[2].k, (uint32_t)(SKF_AD_OFF + SKF_AD_MARK));
		ck_assert_uint_eq(info->bpf_program[3].code, BPF_JMP | BPF_JEQ | BPF_X);
		ck_assert_uint_eq(info->bpf_program[4 + info->bpf_program[3].jt].k, 1);
		ck_assert_msg(info->bpf_program[4 + info->bpf_program[3].jf].k == 0, "unequal is no match");
		nftnl_expr_iter_destroy(iter);
		nftnl_rule_free(r.r);
	}
}
END_TEST

/* Before reassembly no fragment in clear joins those that came out of ESP, nor one that was re-addressed. */
START_TEST(fragments_are_judged_alone)
{
	struct selector http = sample_group();

	sample_full(sample);
	http.protocol = 6;
	http.dport = (struct port_range){ 80, 80 };
	sample->rules[0][2].reason = PLAN_GROUP_POLICY;
	sample->rules[0][2].sel = http;
	build();
	EXPECT(rules_of("prerouting_fragments"), "network header + 6", "0x0000ff3f", "eq reg 8 0x00000000", "accept",
	       "secpath", "goto -> prerouting_fragments_decrypted", "0x00000032", "accept", "0x00000006", "accept",
	       "0x000010ac", "0x000010ac", "goto -> prerouting_fragments_covered_0");
	EXPECT(rules_of("prerouting_fragments_covered_0"), "fib daddr oifname", "goto -> prerouting_fragments_drop",
	       "fib daddr type", "goto -> prerouting_fragments_drop");
	ck_assert_msg(!strstr(rules_of("prerouting_fragments"), "transport header"), "fragments have no ports");
	ck_assert_msg(lines(rules_of("prerouting_fragments")) == 5, "what names ports drops none:\n%s",
		      rules_of("prerouting_fragments"));
	EXPECT(rules_of("prerouting_fragments_decrypted"), "accept", "match name bpf", "meta load priority",
	       "match name bpf", "byteorder reg 8 = ntoh", "meta set mark", "accept", "accept", "readdressed", "drop");
	EXPECT(rules_of("prerouting_fragments_drop"), "0x0000ff1f", "clear_in_dropped", "drop");
}
END_TEST

/* RFC 4301 5.2: what an SA may carry, by its reqid, in either sense; each selector once. */
START_TEST(inner_fits_its_sa)
{
	sample_full(sample);
	sample_sa(sample, 0x11111111, true, false); /* the successor: the same reqid and selector */
	sample_sa_of(sample, 0x22222222, true, true, SAMPLE_REQID + 1,
		     sample_selector((struct ip_prefix){ 0x0a010000, 16 }, (struct ip_prefix){ 0x0a020000, 16 }));
	sample_fit(sample, SAMPLE_REQID + 1, /* another policy of that SA */
		   sample_selector((struct ip_prefix){ 0x0a030000, 16 }, (struct ip_prefix){ 0x0a030000, 16 }));
	sample_sa_of(sample, 0x33333333, false, true, SAMPLE_REQID + 2, sample_group());
	build();
	EXPECT(rules_of("prerouting_decrypted_selectors"), "xfrm load in 0 reqid", "eq reg 8 0x67760007", "0x000010ac",
	       "0x000010ac", "accept", "eq reg 8 0x67760008", "0x0000010a", "0x0000020a", "accept",
	       "eq reg 8 0x67760008", "0x0000020a", "0x0000010a", "accept", "eq reg 8 0x67760008", "0x0000030a",
	       "0x0000030a", "accept", "misfit", "drop");
	ck_assert_uint_eq(lines(rules_of("prerouting_decrypted_selectors")), 5);
}
END_TEST

/* Two zones behind one interface: bits for what is not of a zone, taken off at the gate; D3 by where a packet goes. */
START_TEST(two_zones)
{
	sample_full(sample);
	snprintf(sample_scope(sample, "wan0", SAMPLE_LOCAL)->from[0], GVPN_IFNAME_MAX, "lab0");
	sample_rule(sample, PLAN_ENCRYPT, PLAN_GROUP_POLICY, sample_group());
	build();
	EXPECT(rules_of("prerouting"), "jump -> prerouting_esp_for_us_0", "meta load iifname", "neq reg 8 0x306e616c",
	       "fib daddr oifname", "0x7fffffff ) ^ 0x80000000", "meta set mark", "meta load iifname",
	       "neq reg 8 0x3062616c", "fib daddr oifname", "0xbfffffff ) ^ 0x40000000", "meta set mark",
	       "goto -> prerouting_esp_unknown_spi", "fib daddr oifname", "eq reg 8 0x306e616c",
	       "goto -> prerouting_clear_0", "fib daddr oifname", "eq reg 8 0x3062616c", "goto -> prerouting_clear_1",
	       "jump -> prerouting_clear_0", "jump -> prerouting_clear_1");
	ck_assert_ptr_null(strstr(rules_of("prerouting"), "clear_in_dropped"));
	EXPECT(rules_of("prerouting_clear_0"), "0x0000b300 0x0000b400", "accept", "goto -> prerouting_clear_covered_0");
	EXPECT(rules_of("prerouting_clear_1"), "goto -> prerouting_clear_covered_1");
	EXPECT(rules_of("prerouting_decrypted_not_ours"), "0x80000000", "0x40000000");
	EXPECT(rules_of("forward"), "meta load mark", "0xc1000000", "neq reg 8 0x00000000", "0x3effffff",
	       "meta set mark", "jump -> forward_out_0");
}
END_TEST

/* The scope of a service filter: each way has its own rules, fail-close in their order, and the rest goes its way. */
START_TEST(filters)
{
	const char *text;

	sample_filter(sample);
	build();
	EXPECT(rules_of("forward"), "meta load oifname", "jump -> forward_out_0", "meta load iifname",
	       "jump -> forward_in_0");
	ck_assert_uint_eq(lines(rules_of("forward")), 3);
	EXPECT(rules_of("forward_out_0"), "0xffffff80", "accept", "neq", "accept", "0x00000059", "accept", "0x000010ac",
	       "0x000010ac", "fail_close_out", "drop", "0x000010ac", "0x0000000a", "fail_close_out", "drop", "return");
	ck_assert_uint_eq(lines(rules_of("forward_out_0")), 6);
	EXPECT(rules_of("forward_in_0"), "0xffffff80", "accept", "neq", "accept", "0x000010ac", "fail_close_in", "drop",
	       "0x0000000a", "0x0000a8c0", "fail_close_in", "drop", "return");
	ck_assert_uint_eq(lines(rules_of("forward_in_0")), 5);
	text = rules_of("prerouting");
	EXPECT(text, "goto -> prerouting_decrypted", "jump -> prerouting_esp_for_us_0", "0x00000032",
	       "fib daddr oifname", "neq", "fib daddr type", "0x00000001", "goto -> prerouting_esp_unknown_spi",
	       "0x0000000a", "0x0000a8c0", "0x00000032", "goto -> prerouting_esp_unknown_spi", "0x00000032", "accept",
	       "0x000010ac", "goto -> prerouting_clear_covered_0", "0x0000000a", "0x0000a8c0", "accept");
	EXPECT(rules_of("prerouting_clear_covered_0"), "clear_in_dropped", "drop");
	ck_assert_msg(!strstr(text, "0x00000059"), "a rule of the way out is none of the way in:\n%s", text);
	ck_assert_msg(!strstr(text, "meta set mark with reg 8 ]  [ imm"), "a filter has no zone");
	EXPECT(rules_of("postrouting"), "xfrm load out", "spi_out", "rt load ipsec", "oifname",
	       "jump -> postrouting_local");
	EXPECT(rules_of("postrouting_local"), "oifname", "fib saddr . oif type", "jump -> postrouting_local_as_zone_0",
	       "oifname", "jump -> postrouting_local_own_0");
	ck_assert_uint_eq(lines(rules_of("postrouting_local")), 2); /* what no term names is not governed */
	EXPECT(rules_of("postrouting_local_as_zone_0"), "0x00000059", "accept", "fail_close_out", "drop", "return");
}
END_TEST

START_TEST(every_pair_of_interfaces)
{
	struct plan_scope *s = &sample->scopes[0];

	memcpy(s->from[1], "lan1", 5);
	memcpy(s->to[1], "wan1", 5);
	s->n_from = s->n_to = 2;
	build();
	ck_assert_uint_eq(lines(rules_of("forward")), 11);
	EXPECT(rules_of("forward"), "meta set mark", "jump -> forward_out_0", "jump -> forward_out_0",
	       "jump -> forward_out_0", "jump -> forward_out_0", "jump -> forward_in_0");
}
END_TEST

START_TEST(a_prefix_of_nothing_is_no_match)
{
	sample_rule(sample, PLAN_CLEAR, PLAN_EXCLUDE,
		    sample_selector((struct ip_prefix){ 0 }, (struct ip_prefix){ 0 }));
	build();
	ck_assert_ptr_null(strstr(rules_of("forward_out_0"), "network header"));
	EXPECT(rules_of("forward_out_0"), "accept", "accept", "drop", "accept", "drop");
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
	build_with(sending, ARRAY_SIZE(sending));
	ck_assert_str_eq(elements_of("spi_in_0"), "1c548e4e 33333333 ");
	ck_assert_str_eq(elements_of("spi_in_1"), "1c548e4e 33333333 ");
	ck_assert_str_eq(elements_of("spi_in_2"), "");
	ck_assert_str_eq(elements_of("spi_out"), "1c548e4e 44444444 22222222 ");
}
END_TEST

static const char *name_in(const struct nlmsghdr *nlh, uint16_t attr)
{
	return mnl_attr_get_str(attribute(nlh, sizeof(struct nfgenmsg), attr));
}

/* Anew: the table goes and comes.  Again: rules and elements do, counters and remembered SPIs stay. */
START_TEST(anew_or_again)
{
	struct table_objects have = { 0 };

	sample_full(sample);
	snprintf(sample_scope(sample, "wan1", SAMPLE_LOCAL + 1)->from[0], GVPN_IFNAME_MAX, "lan1");
	snprintf(sample_scope(sample, "wan2", SAMPLE_LOCAL + 2)->from[0], GVPN_IFNAME_MAX, "lan2");
	build();
	ck_assert_uint_eq(count(NFT_MSG_NEWTABLE), 2);
	ck_assert_uint_eq(count(NFT_MSG_DELTABLE), 1);
	ck_assert_uint_eq(count(NFT_MSG_NEWOBJ), 12);
	batch_take_objects(batch, &have);
	ck_assert_uint_eq(have.chains.n, count(NFT_MSG_NEWCHAIN));
	ck_assert_uint_eq(have.sets.n, 6);

	sample->plan.n_scopes = 1;
	build_state((struct table_state){ .have = &have });
	ck_assert_uint_eq(count(NFT_MSG_DELTABLE), 0);
	ck_assert_uint_eq(count(NFT_MSG_DELOBJ), 0);
	ck_assert_uint_eq(count(NFT_MSG_DELRULE), 1);
	ck_assert_uint_eq(count(NFT_MSG_DELSET), 2);
	ck_assert_uint_eq(count(NFT_MSG_DELCHAIN), 18);
	for (const struct nlmsghdr *nlh = next(NULL, NFT_MSG_DELCHAIN); nlh; nlh = next(nlh, NFT_MSG_DELCHAIN)) {
		const char *name = name_in(nlh, NFTA_CHAIN_NAME);

		ck_assert_msg(strchr("12", name[strlen(name) - 1]) != NULL, "%s is one of scope 0 or of the table",
			      name);
	}
	/* A set that stays gets its elements anew; the one that the kernel fills keeps them. */
	ck_assert_uint_eq(count(NFT_MSG_DELSETELEM), 3);
	batch_free(batch);
	batch = NULL;
	ck_assert_int_eq(batch_new(&batch), 0);
	ck_assert_int_eq(table_build_delete(batch), 0);
	ck_assert_uint_eq(count(NFT_MSG_DELTABLE), 1);
	ck_assert_uint_eq(count(NFT_MSG_NEWRULE), 0);
	table_objects_clear(&have);
}
END_TEST

/* The listing explains itself: every chain and set has a comment, of the length that nft shows. */
START_TEST(chains_and_sets_have_comments)
{
	sample_full(sample);
	build_untracked();
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
	ck_assert_uint_eq(strlen(elements_of("spi_in_0")) / 9, 300);
}
END_TEST

/* Beside a flowtable nothing that is governed is tracked, in either direction; what a rule admits in clear is. */
START_TEST(untracked_beside_a_flowtable)
{
	struct selector dns = sample_group();

	dns.protocol = 17;
	dns.dport = (struct port_range){ 53, 53 };
	sample_rule(sample, PLAN_CLEAR, PLAN_EXCLUDE, dns);
	sample_rule(sample, PLAN_ENCRYPT, PLAN_GROUP_POLICY, sample_group());
	sample_sa(sample, SAMPLE_SPI, true, true);
	build();
	ck_assert_uint_eq(lines(rules_of("prerouting_notrack_0")), 0);
	ck_assert_uint_eq(lines(rules_of("prerouting_notrack")), 0);
	ck_assert_ptr_null(strstr(rules_of("prerouting_decrypted"), "notrack"));
	ck_assert_ptr_null(strstr(rules_of("prerouting"), "prerouting_notrack_0"));

	build_untracked();
	EXPECT(rules_of("prerouting"), "jump -> prerouting_notrack_0");
	ck_assert_uint_eq(lines(rules_of("prerouting_notrack_0")), 2);
	EXPECT(rules_of("prerouting_notrack_0"), "return", "\n", "goto -> prerouting_notrack");
	EXPECT(rules_of("prerouting_notrack"), "notrack");
	EXPECT(rules_of("prerouting_decrypted"), "notrack", "goto -> prerouting_decrypted_selectors");
}
END_TEST

/* A filter governs what its rules name, and no more. */
START_TEST(untracked_of_a_filter)
{
	struct selector all = { .sport = { 0, UINT16_MAX }, .dport = { 0, UINT16_MAX } };

	sample->scopes[0].filter = true;
	sample->scopes[0].n_from = sample->scopes[0].n_to = 0;
	sample_rule(sample, PLAN_ENCRYPT, PLAN_GROUP_POLICY, sample_group());
	sample_rule(sample, PLAN_CLEAR, PLAN_NOT_GOVERNED, all);
	build_untracked();
	EXPECT(rules_of("prerouting"), "jump -> prerouting_notrack_0");
	ck_assert_uint_eq(lines(rules_of("prerouting_notrack_0")), 2);
	EXPECT(rules_of("prerouting_notrack_0"), "goto -> prerouting_notrack", "\n", "return");
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
	tcase_add_test(t, gate_order);
	tcase_add_test(t, gate_ends_closed);
	tcase_add_test(t, what_loses_its_sa_is_dropped);
	tcase_add_test(t, quotes_are_judged);
	tcase_add_test(t, esp_is_taken_for_our_zones);
	tcase_add_test(t, outer_addresses_are_compared);
	tcase_add_test(t, program_compares);
	tcase_add_test(t, fragments_are_judged_alone);
	tcase_add_test(t, inner_fits_its_sa);
	tcase_add_test(t, two_zones);
	tcase_add_test(t, filters);
	tcase_add_test(t, every_pair_of_interfaces);
	tcase_add_test(t, a_prefix_of_nothing_is_no_match);
	tcase_add_test(t, sets_of_spis);
	tcase_add_test(t, anew_or_again);
	tcase_add_test(t, chains_and_sets_have_comments);
	tcase_add_loop_test(t, large_plans_fit, 0, 4);
	tcase_add_test(t, untracked_beside_a_flowtable);
	tcase_add_test(t, untracked_of_a_filter);
	tcase_add_test(t, esp_is_counted_at_both_ends);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
