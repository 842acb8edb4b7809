/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/nft/rule.h"

#include "lib/selector.h"
#include "xfrm/plan/ids.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <linux/xfrm.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <stdio.h>

#define REG NFT_REG32_00
#define REG2 NFT_REG32_04

/* IPv4 header (RFC 791 3.1). */
#define HEADER_FLAGS offsetof(struct iphdr, frag_off)
#define HEADER_PROTOCOL offsetof(struct iphdr, protocol)
#define HEADER_CHECKSUM offsetof(struct iphdr, check)
#define HEADER_SOURCE offsetof(struct iphdr, saddr)
#define HEADER_DESTINATION offsetof(struct iphdr, daddr)

void nft_message(struct message *m, uint16_t type, uint16_t flags, uint8_t family)
{
	struct nfgenmsg *nfg;

	message_start(m, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), NLM_F_REQUEST | flags);
	nfg = message_extra(m, sizeof(*nfg));
	nfg->nfgen_family = family;
	nfg->version = NFNETLINK_V0;
}

size_t nft_comment(char ret[static NFT_COMMENT_MAX], const char *text)
{
	snprintf(ret, NFT_COMMENT_MAX, "%s", text);
	return strlen(ret) + 1;
}

/* An octet of type, 0 for a comment, and one of length. */
void nft_put_comment(struct message *m, uint16_t attr, const char *text)
{
	uint8_t data[2 + NFT_COMMENT_MAX] = { 0 };

	data[1] = (uint8_t)nft_comment((char *)data + 2, text);
	message_put(m, attr, data, 2u + data[1]);
}

void rule_start(struct rule *b, const char *chain)
{
	b->comment[0] = '\0';
	nft_message(&b->m, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, NFPROTO_IPV4);
	message_put_text(&b->m, NFTA_RULE_TABLE, KERNEL_TABLE);
	message_put_text(&b->m, NFTA_RULE_CHAIN, chain);
	b->expressions = message_nest(&b->m, NFTA_RULE_EXPRESSIONS);
}

void rule_end(struct rule *b)
{
	message_nest_end(&b->m, b->expressions);
	if (b->comment[0])
		nft_put_comment(&b->m, NFTA_RULE_USERDATA, b->comment);
}

void rule_comment(struct rule *b, const char *text)
{
	nft_comment(b->comment, text);
}

/* --- expressions --- */

/* An attribute: a NUMBER of 32 bits, octets as they are, or octets as a VALUE, which is nested. */
struct attribute {
	uint16_t type;
	uint32_t number;
	const void *data;
	size_t len;
	bool nested;
};
#define NUMBER(t, v) ((struct attribute){ .type = (t), .number = (uint32_t)(v) })
#define OCTETS(t, p, n) ((struct attribute){ .type = (t), .data = (p), .len = (n) })
#define TEXT(t, s) ((struct attribute){ .type = (t), .data = (s), .len = strlen(s) + 1 })
#define VALUE(t, p, n) ((struct attribute){ .type = (t), .data = (p), .len = (n), .nested = true })
/* A last expression of the rule. */
#define EXPRESSION(b, name, ...) put_expression((b), (name), (const struct attribute[]){ __VA_ARGS__, { 0 } })

static void put_expression(struct rule *b, const char *name, const struct attribute *attributes)
{
	struct message *m = &b->m;
	struct nlattr *all = message_nest(m, NFTA_LIST_ELEM), *data;

	message_put_text(m, NFTA_EXPR_NAME, name);
	data = message_nest(m, NFTA_EXPR_DATA);
	for (const struct attribute *a = attributes; a->type; a++) {
		struct nlattr *nest = a->nested ? message_nest(m, a->type) : NULL;

		if (a->data)
			message_put(m, nest ? NFTA_DATA_VALUE : a->type, a->data, a->len);
		else
			message_put_u32(m, a->type, htonl(a->number));
		message_nest_end(m, nest);
	}
	message_nest_end(m, data);
	message_nest_end(m, all);
}

static void compare_data(struct rule *b, bool equal, const void *data, size_t len)
{
	EXPRESSION(b, "cmp", NUMBER(NFTA_CMP_SREG, REG), NUMBER(NFTA_CMP_OP, equal ? NFT_CMP_EQ : NFT_CMP_NEQ),
		   VALUE(NFTA_CMP_DATA, data, len));
}

static void load_meta(struct rule *b, enum nft_meta_keys key)
{
	EXPRESSION(b, "meta", NUMBER(NFTA_META_KEY, key), NUMBER(NFTA_META_DREG, REG));
}

static void load_payload(struct rule *b, enum nft_payload_bases base, size_t offset, size_t len)
{
	EXPRESSION(b, "payload", NUMBER(NFTA_PAYLOAD_DREG, REG), NUMBER(NFTA_PAYLOAD_BASE, base),
		   NUMBER(NFTA_PAYLOAD_OFFSET, offset), NUMBER(NFTA_PAYLOAD_LEN, len));
}

static void load_value(struct rule *b, uint32_t reg, const void *data, size_t len)
{
	EXPRESSION(b, "immediate", NUMBER(NFTA_IMMEDIATE_DREG, reg), VALUE(NFTA_IMMEDIATE_DATA, data, len));
}

static void mask_bits(struct rule *b, uint32_t mask)
{
	static const uint32_t zero = 0;

	EXPRESSION(b, "bitwise", NUMBER(NFTA_BITWISE_SREG, REG), NUMBER(NFTA_BITWISE_DREG, REG),
		   NUMBER(NFTA_BITWISE_LEN, sizeof(mask)), VALUE(NFTA_BITWISE_MASK, &mask, sizeof(mask)),
		   VALUE(NFTA_BITWISE_XOR, &zero, sizeof(zero)));
}

/* --- matches --- */

static void match_name(struct rule *b, enum nft_meta_keys key, const char *name)
{
	char padded[GVPN_IFNAME_MAX] = { 0 };

	strncpy(padded, name, sizeof(padded) - 1);
	load_meta(b, key);
	compare_data(b, true, padded, sizeof(padded));
}

void rule_iifname(struct rule *b, const char *name)
{
	match_name(b, NFT_META_IIFNAME, name);
}

void rule_oifname(struct rule *b, const char *name)
{
	match_name(b, NFT_META_OIFNAME, name);
}

void rule_secpath(struct rule *b, bool exists)
{
	uint8_t v = exists;

	load_meta(b, NFT_META_SECPATH);
	compare_data(b, true, &v, sizeof(v));
}

void rule_rt_ipsec(struct rule *b, bool exists)
{
	uint8_t v = exists;

	EXPRESSION(b, "rt", NUMBER(NFTA_RT_KEY, NFT_RT_XFRM), NUMBER(NFTA_RT_DREG, REG));
	compare_data(b, true, &v, sizeof(v));
}

void rule_out_reqid(struct rule *b, uint32_t value, uint32_t mask, bool equal)
{
	uint8_t way = XFRM_POLICY_OUT;

	EXPRESSION(b, "xfrm", NUMBER(NFTA_XFRM_DREG, REG), NUMBER(NFTA_XFRM_KEY, NFT_XFRM_KEY_REQID),
		   OCTETS(NFTA_XFRM_DIR, &way, sizeof(way)), NUMBER(NFTA_XFRM_SPNUM, 0));
	mask_bits(b, mask);
	compare_data(b, equal, &value, sizeof(value));
}

void rule_protocol(struct rule *b, uint8_t number)
{
	load_payload(b, NFT_PAYLOAD_NETWORK_HEADER, HEADER_PROTOCOL, sizeof(number));
	compare_data(b, true, &number, sizeof(number));
}

static void match_prefix(struct rule *b, size_t offset, struct ip_prefix p)
{
	uint32_t v = htonl(p.addr);

	if (p.len == 0)
		return;
	load_payload(b, NFT_PAYLOAD_NETWORK_HEADER, offset, sizeof(v));
	if (p.len < 32)
		mask_bits(b, htonl(prefix_mask(p.len)));
	compare_data(b, true, &v, sizeof(v));
}

void rule_daddr(struct rule *b, uint32_t addr)
{
	match_prefix(b, HEADER_DESTINATION, (struct ip_prefix){ addr, 32 });
}

static void match_ports(struct rule *b, size_t offset, struct port_range r)
{
	uint16_t min = htons(r.min), max = htons(r.max);

	if (port_any(r))
		return;
	load_payload(b, NFT_PAYLOAD_TRANSPORT_HEADER, offset, sizeof(min));
	if (r.min == r.max)
		compare_data(b, true, &min, sizeof(min));
	else
		EXPRESSION(b, "range", NUMBER(NFTA_RANGE_SREG, REG), NUMBER(NFTA_RANGE_OP, NFT_RANGE_EQ),
			   VALUE(NFTA_RANGE_FROM_DATA, &min, sizeof(min)),
			   VALUE(NFTA_RANGE_TO_DATA, &max, sizeof(max)));
}

void rule_selector(struct rule *b, const struct selector *s)
{
	match_prefix(b, HEADER_SOURCE, s->src);
	match_prefix(b, HEADER_DESTINATION, s->dst);
	if (s->protocol != 0)
		rule_protocol(b, s->protocol);
	match_ports(b, 0, s->sport);
	match_ports(b, 2, s->dport);
}

void rule_spi_in_set(struct rule *b, const char *set, bool in)
{
	load_payload(b, NFT_PAYLOAD_TRANSPORT_HEADER, 0, sizeof(uint32_t));
	EXPRESSION(b, "lookup", TEXT(NFTA_LOOKUP_SET, set), NUMBER(NFTA_LOOKUP_SREG, REG),
		   NUMBER(NFTA_LOOKUP_FLAGS, in ? 0 : NFT_LOOKUP_F_INV));
}

/* Whether the address, which FLAGS name, is one of this host's; IS: or is not. */
static void match_local(struct rule *b, uint32_t flags, bool is)
{
	uint32_t type = RTN_LOCAL;

	EXPRESSION(b, "fib", NUMBER(NFTA_FIB_DREG, REG), NUMBER(NFTA_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE),
		   NUMBER(NFTA_FIB_FLAGS, flags));
	compare_data(b, is, &type, sizeof(type));
}

void rule_source_local(struct rule *b)
{
	match_local(b, NFTA_FIB_F_SADDR, true);
}

void rule_destination_local(struct rule *b)
{
	match_local(b, NFTA_FIB_F_DADDR, true);
}

void rule_source_not_of_output(struct rule *b)
{
	match_local(b, NFTA_FIB_F_SADDR | NFTA_FIB_F_OIF, false);
}

void rule_destination_not_of_input(struct rule *b)
{
	match_local(b, NFTA_FIB_F_DADDR | NFTA_FIB_F_IIF, false);
}

/* --- statements --- */

void rule_address_to_meta(struct rule *b, bool source, enum nft_meta_keys key)
{
	load_payload(b, NFT_PAYLOAD_NETWORK_HEADER, source ? HEADER_SOURCE : HEADER_DESTINATION, sizeof(uint32_t));
	EXPRESSION(b, "meta", NUMBER(NFTA_META_KEY, key), NUMBER(NFTA_META_SREG, REG));
}

/* Into the IPv4 header, with its checksum. */
void rule_set_df(struct rule *b)
{
	uint16_t v = htons(IP_DF);

	load_value(b, REG, &v, sizeof(v));
	EXPRESSION(b, "payload", NUMBER(NFTA_PAYLOAD_BASE, NFT_PAYLOAD_NETWORK_HEADER),
		   NUMBER(NFTA_PAYLOAD_OFFSET, HEADER_FLAGS), NUMBER(NFTA_PAYLOAD_LEN, sizeof(v)),
		   NUMBER(NFTA_PAYLOAD_SREG, REG), NUMBER(NFTA_PAYLOAD_CSUM_TYPE, NFT_PAYLOAD_CSUM_INET),
		   NUMBER(NFTA_PAYLOAD_CSUM_OFFSET, HEADER_CHECKSUM));
}

void rule_notrack(struct rule *b)
{
	put_expression(b, "notrack", &(struct attribute){ 0 });
}

void rule_count(struct rule *b, const char *counter)
{
	EXPRESSION(b, "objref", NUMBER(NFTA_OBJREF_IMM_TYPE, NFT_OBJECT_COUNTER), TEXT(NFTA_OBJREF_IMM_NAME, counter));
}

void rule_defragment(struct rule *b)
{
	uint8_t tcp = IPPROTO_TCP;
	uint16_t port = htons(1);

	rule_iifname(b, ""); /* no interface has an empty name */
	load_meta(b, NFT_META_L4PROTO);
	compare_data(b, true, &tcp, sizeof(tcp));
	load_value(b, REG2, &port, sizeof(port));
	EXPRESSION(b, "tproxy", NUMBER(NFTA_TPROXY_FAMILY, NFPROTO_IPV4), NUMBER(NFTA_TPROXY_REG_PORT, REG2));
}

void rule_verdict(struct rule *b, int verdict, const char *chain)
{
	struct message *m = &b->m;
	struct nlattr *all = message_nest(m, NFTA_LIST_ELEM), *data, *value, *code;

	message_put_text(m, NFTA_EXPR_NAME, "immediate");
	data = message_nest(m, NFTA_EXPR_DATA);
	message_put_u32(m, NFTA_IMMEDIATE_DREG, htonl(NFT_REG_VERDICT));
	value = message_nest(m, NFTA_IMMEDIATE_DATA);
	code = message_nest(m, NFTA_DATA_VERDICT);
	message_put_u32(m, NFTA_VERDICT_CODE, htonl((uint32_t)verdict));
	if (chain)
		message_put_text(m, NFTA_VERDICT_CHAIN, chain);
	message_nest_end(m, code);
	message_nest_end(m, value);
	message_nest_end(m, data);
	message_nest_end(m, all);
}
