/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/nft/rule.h"

#include "lib/selector.h"
#include "xfrm/plan/ids.h"

#include <arpa/inet.h>
#include <libnftnl/expr.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/xfrm.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <stddef.h>
#include <stdio.h>

#define REG NFT_REG32_00
#define REG2 NFT_REG32_04

/* IPv4 header (RFC 791 3.1). */
#define HEADER_LENGTH offsetof(struct iphdr, tot_len)
#define HEADER_FLAGS offsetof(struct iphdr, frag_off)
#define HEADER_PROTOCOL offsetof(struct iphdr, protocol)
#define HEADER_CHECKSUM offsetof(struct iphdr, check)
#define HEADER_SOURCE offsetof(struct iphdr, saddr)
#define HEADER_DESTINATION offsetof(struct iphdr, daddr)
/* In an ICMP error, the header of the packet that it is about (RFC 792). */
#define QUOTED 8

void rule_start(struct rule *b, const char *chain)
{
	b->err = 0;
	b->r = nftnl_rule_alloc();
	if (!b->r) {
		b->err = -ENOMEM;
		return;
	}
	nftnl_rule_set_u32(b->r, NFTNL_RULE_FAMILY, NFPROTO_IPV4);
	if (nftnl_rule_set_str(b->r, NFTNL_RULE_TABLE, KERNEL_TABLE) < 0 ||
	    nftnl_rule_set_str(b->r, NFTNL_RULE_CHAIN, chain) < 0)
		b->err = -ENOMEM;
}

/* As nft stores it: in the rule's user data. */
void rule_comment(struct rule *b, const char *text)
{
	struct nftnl_udata_buf *data = b->err == 0 ? nftnl_udata_buf_alloc(NFTNL_UDATA_COMMENT_MAXLEN + 8) : NULL;
	char cut[NFTNL_UDATA_COMMENT_MAXLEN];

	snprintf(cut, sizeof(cut), "%s", text);
	if (data && nftnl_udata_put_strz(data, NFTNL_UDATA_RULE_COMMENT, cut) &&
	    nftnl_rule_set_data(b->r, NFTNL_RULE_USERDATA, nftnl_udata_buf_data(data), nftnl_udata_buf_len(data)) ==
		    0) {
		nftnl_udata_buf_free(data);
		return;
	}
	if (data)
		nftnl_udata_buf_free(data);
	if (b->err == 0)
		b->err = -ENOMEM;
}

/* A new last expression; NULL after an error. */
static struct nftnl_expr *add_expr(struct rule *b, const char *name)
{
	struct nftnl_expr *e = b->err == 0 ? nftnl_expr_alloc(name) : NULL;

	if (!e) {
		b->err = b->err ? b->err : -ENOMEM;
		return NULL;
	}
	nftnl_rule_add_expr(b->r, e);
	return e;
}

static void set_u32(struct nftnl_expr *e, uint16_t attr, uint32_t v)
{
	if (e)
		nftnl_expr_set_u32(e, attr, v);
}

static void set_data(struct rule *b, struct nftnl_expr *e, uint16_t attr, const void *data, uint32_t len)
{
	if (e && nftnl_expr_set(e, attr, data, len) < 0)
		b->err = -ENOMEM;
}

static void set_str(struct rule *b, struct nftnl_expr *e, uint16_t attr, const char *text)
{
	if (e && nftnl_expr_set_str(e, attr, text) < 0)
		b->err = -ENOMEM;
}

static void compare_data(struct rule *b, bool equal, const void *data, uint32_t len)
{
	struct nftnl_expr *e = add_expr(b, "cmp");

	set_u32(e, NFTNL_EXPR_CMP_SREG, REG);
	set_u32(e, NFTNL_EXPR_CMP_OP, equal ? NFT_CMP_EQ : NFT_CMP_NEQ);
	set_data(b, e, NFTNL_EXPR_CMP_DATA, data, len);
}

static void load_meta(struct rule *b, enum nft_meta_keys key)
{
	struct nftnl_expr *e = add_expr(b, "meta");

	set_u32(e, NFTNL_EXPR_META_KEY, key);
	set_u32(e, NFTNL_EXPR_META_DREG, REG);
}

static void store_meta(struct rule *b, enum nft_meta_keys key)
{
	struct nftnl_expr *e = add_expr(b, "meta");

	set_u32(e, NFTNL_EXPR_META_KEY, key);
	set_u32(e, NFTNL_EXPR_META_SREG, REG);
}

static void load_payload(struct rule *b, enum nft_payload_bases base, uint32_t offset, uint32_t len)
{
	struct nftnl_expr *e = add_expr(b, "payload");

	set_u32(e, NFTNL_EXPR_PAYLOAD_BASE, base);
	set_u32(e, NFTNL_EXPR_PAYLOAD_OFFSET, offset);
	set_u32(e, NFTNL_EXPR_PAYLOAD_LEN, len);
	set_u32(e, NFTNL_EXPR_PAYLOAD_DREG, REG);
}

/* Into the IPv4 header, with its checksum. */
static void store_header(struct rule *b, uint32_t offset, uint32_t len)
{
	struct nftnl_expr *e = add_expr(b, "payload");

	set_u32(e, NFTNL_EXPR_PAYLOAD_BASE, NFT_PAYLOAD_NETWORK_HEADER);
	set_u32(e, NFTNL_EXPR_PAYLOAD_OFFSET, offset);
	set_u32(e, NFTNL_EXPR_PAYLOAD_LEN, len);
	set_u32(e, NFTNL_EXPR_PAYLOAD_SREG, REG);
	set_u32(e, NFTNL_EXPR_PAYLOAD_CSUM_TYPE, NFT_PAYLOAD_CSUM_INET);
	set_u32(e, NFTNL_EXPR_PAYLOAD_CSUM_OFFSET, HEADER_CHECKSUM);
}

static void load_value(struct rule *b, uint32_t reg, const void *data, uint32_t len)
{
	struct nftnl_expr *e = add_expr(b, "immediate");

	set_u32(e, NFTNL_EXPR_IMM_DREG, reg);
	set_data(b, e, NFTNL_EXPR_IMM_DATA, data, len);
}

static void mask_xor(struct rule *b, uint32_t value, uint32_t xor)
{
	struct nftnl_expr *e = add_expr(b, "bitwise");

	set_u32(e, NFTNL_EXPR_BITWISE_SREG, REG);
	set_u32(e, NFTNL_EXPR_BITWISE_DREG, REG);
	set_u32(e, NFTNL_EXPR_BITWISE_LEN, sizeof(value));
	set_data(b, e, NFTNL_EXPR_BITWISE_MASK, &value, sizeof(value));
	set_data(b, e, NFTNL_EXPR_BITWISE_XOR, &xor, sizeof(xor));
}

static void mask_bits(struct rule *b, uint32_t value)
{
	mask_xor(b, value, 0);
}

static void compare_name(struct rule *b, const char *name, bool equal)
{
	char padded[IFNAMSIZ] = { 0 };

	strncpy(padded, name, sizeof(padded) - 1);
	compare_data(b, equal, padded, sizeof(padded));
}

void rule_iifname(struct rule *b, const char *name)
{
	load_meta(b, NFT_META_IIFNAME);
	compare_name(b, name, true);
}

void rule_oifname(struct rule *b, const char *name)
{
	load_meta(b, NFT_META_OIFNAME);
	compare_name(b, name, true);
}

void rule_secpath(struct rule *b, bool exists)
{
	uint8_t v = exists;

	load_meta(b, NFT_META_SECPATH);
	compare_data(b, true, &v, sizeof(v));
}

void rule_rt_ipsec(struct rule *b, bool exists)
{
	struct nftnl_expr *e = add_expr(b, "rt");
	uint8_t v = exists;

	set_u32(e, NFTNL_EXPR_RT_KEY, NFT_RT_XFRM);
	set_u32(e, NFTNL_EXPR_RT_DREG, REG);
	compare_data(b, true, &v, sizeof(v));
}

static void match_reqid(struct rule *b, uint8_t way, uint32_t nth, uint32_t value, uint32_t bits, bool equal)
{
	struct nftnl_expr *e = add_expr(b, "xfrm");

	set_u32(e, NFTNL_EXPR_XFRM_DREG, REG);
	set_u32(e, NFTNL_EXPR_XFRM_KEY, NFT_XFRM_KEY_REQID);
	if (e)
		nftnl_expr_set_u8(e, NFTNL_EXPR_XFRM_DIR, way);
	set_u32(e, NFTNL_EXPR_XFRM_SPNUM, nth);
	if (bits != UINT32_MAX)
		mask_bits(b, bits);
	compare_data(b, equal, &value, sizeof(value));
}

void rule_in_reqid(struct rule *b, uint32_t nth, uint32_t value, uint32_t bits, bool equal)
{
	match_reqid(b, XFRM_POLICY_IN, nth, value, bits, equal);
}

void rule_out_reqid(struct rule *b, uint32_t value, uint32_t bits, bool equal)
{
	match_reqid(b, XFRM_POLICY_OUT, 0, value, bits, equal);
}

static void match_protocol(struct rule *b, uint8_t number, bool equal)
{
	load_payload(b, NFT_PAYLOAD_NETWORK_HEADER, HEADER_PROTOCOL, 1);
	compare_data(b, equal, &number, sizeof(number));
}

void rule_protocol(struct rule *b, uint8_t number)
{
	match_protocol(b, number, true);
}

void rule_daddr(struct rule *b, uint32_t addr)
{
	uint32_t v = htonl(addr);

	load_payload(b, NFT_PAYLOAD_NETWORK_HEADER, HEADER_DESTINATION, sizeof(v));
	compare_data(b, true, &v, sizeof(v));
}

static void match_prefix(struct rule *b, enum nft_payload_bases base, uint32_t offset, struct ip_prefix p)
{
	uint32_t v = htonl(p.addr);

	if (p.len == 0)
		return;
	load_payload(b, base, offset, sizeof(v));
	if (p.len < 32)
		mask_bits(b, htonl(prefix_mask(p.len)));
	compare_data(b, true, &v, sizeof(v));
}

void rule_destination_in(struct rule *b, struct ip_prefix p)
{
	match_prefix(b, NFT_PAYLOAD_NETWORK_HEADER, HEADER_DESTINATION, p);
}

void rule_nexthop_in(struct rule *b, struct ip_prefix p)
{
	struct nftnl_expr *e = add_expr(b, "rt");
	uint32_t v = htonl(p.addr);

	set_u32(e, NFTNL_EXPR_RT_KEY, NFT_RT_NEXTHOP4);
	set_u32(e, NFTNL_EXPR_RT_DREG, REG);
	mask_bits(b, htonl(prefix_mask(p.len)));
	compare_data(b, true, &v, sizeof(v));
}

void rule_longer(struct rule *b, uint16_t octets)
{
	uint16_t most = htons(octets);
	struct nftnl_expr *e;

	load_payload(b, NFT_PAYLOAD_NETWORK_HEADER, HEADER_LENGTH, sizeof(most));
	e = add_expr(b, "cmp");
	set_u32(e, NFTNL_EXPR_CMP_SREG, REG);
	set_u32(e, NFTNL_EXPR_CMP_OP, NFT_CMP_GT);
	set_data(b, e, NFTNL_EXPR_CMP_DATA, &most, sizeof(most));
}

static void match_ports(struct rule *b, uint32_t offset, struct port_range r)
{
	uint16_t min = htons(r.min), max = htons(r.max);
	struct nftnl_expr *e;

	if (port_any(r))
		return;
	load_payload(b, NFT_PAYLOAD_TRANSPORT_HEADER, offset, sizeof(min));
	if (r.min == r.max) {
		compare_data(b, true, &min, sizeof(min));
		return;
	}
	e = add_expr(b, "range");
	set_u32(e, NFTNL_EXPR_RANGE_SREG, REG);
	set_u32(e, NFTNL_EXPR_RANGE_OP, NFT_RANGE_EQ);
	set_data(b, e, NFTNL_EXPR_RANGE_FROM_DATA, &min, sizeof(min));
	set_data(b, e, NFTNL_EXPR_RANGE_TO_DATA, &max, sizeof(max));
}

void rule_selector(struct rule *b, const struct selector *s)
{
	match_prefix(b, NFT_PAYLOAD_NETWORK_HEADER, HEADER_SOURCE, s->src);
	match_prefix(b, NFT_PAYLOAD_NETWORK_HEADER, HEADER_DESTINATION, s->dst);
	if (s->protocol != 0)
		rule_protocol(b, s->protocol);
	match_ports(b, 0, s->sport);
	match_ports(b, 2, s->dport);
}

static void match_word(struct rule *b, uint32_t at, uint32_t word, bool equal)
{
	word = htonl(word);
	load_payload(b, NFT_PAYLOAD_TRANSPORT_HEADER, at, sizeof(word));
	compare_data(b, equal, &word, sizeof(word));
}

void rule_spi(struct rule *b, uint32_t spi)
{
	match_word(b, 0, spi, true);
}

void rule_iv_begins(struct rule *b, uint32_t prefix, bool equal)
{
	match_word(b, 8, prefix, equal); /* behind SPI and sequence number (RFC 4303 2) */
}

void rule_spi_in_set(struct rule *b, const char *set, bool in)
{
	struct nftnl_expr *e;

	load_payload(b, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 4);
	e = add_expr(b, "lookup");
	set_u32(e, NFTNL_EXPR_LOOKUP_SREG, REG);
	set_str(b, e, NFTNL_EXPR_LOOKUP_SET, set);
	if (!in)
		set_u32(e, NFTNL_EXPR_LOOKUP_FLAGS, NFT_LOOKUP_F_INV);
}

static void load_fib(struct rule *b, enum nft_fib_result result, uint32_t flags)
{
	struct nftnl_expr *e = add_expr(b, "fib");

	set_u32(e, NFTNL_EXPR_FIB_DREG, REG);
	set_u32(e, NFTNL_EXPR_FIB_RESULT, result);
	set_u32(e, NFTNL_EXPR_FIB_FLAGS, flags);
}

void rule_source_local(struct rule *b)
{
	uint32_t type = 2; /* RTN_LOCAL */

	load_fib(b, NFT_FIB_RESULT_ADDRTYPE, NFTA_FIB_F_SADDR);
	compare_data(b, true, &type, sizeof(type));
}

void rule_destination_local(struct rule *b)
{
	uint32_t type = 2; /* RTN_LOCAL */

	load_fib(b, NFT_FIB_RESULT_ADDRTYPE, NFTA_FIB_F_DADDR);
	compare_data(b, true, &type, sizeof(type));
}

void rule_source_not_of_output(struct rule *b)
{
	uint32_t type = 2; /* RTN_LOCAL */

	load_fib(b, NFT_FIB_RESULT_ADDRTYPE, NFTA_FIB_F_SADDR | NFTA_FIB_F_OIF);
	compare_data(b, false, &type, sizeof(type));
}

void rule_destination_not_of_input(struct rule *b)
{
	uint32_t type = 2; /* RTN_LOCAL */

	load_fib(b, NFT_FIB_RESULT_ADDRTYPE, NFTA_FIB_F_DADDR | NFTA_FIB_F_IIF);
	compare_data(b, false, &type, sizeof(type));
}

void rule_address_to_meta(struct rule *b, bool source, enum nft_meta_keys key)
{
	load_payload(b, NFT_PAYLOAD_NETWORK_HEADER, source ? HEADER_SOURCE : HEADER_DESTINATION, 4);
	store_meta(b, key);
}

void rule_set_df(struct rule *b)
{
	uint16_t v = htons(IP_DF);

	load_value(b, REG, &v, sizeof(v));
	store_header(b, HEADER_FLAGS, sizeof(v));
}

void rule_destination_or(struct rule *b, uint32_t bits)
{
	load_payload(b, NFT_PAYLOAD_NETWORK_HEADER, HEADER_DESTINATION, sizeof(bits));
	mask_xor(b, ~htonl(bits), htonl(bits));
	store_header(b, HEADER_DESTINATION, sizeof(bits));
}

void rule_notrack(struct rule *b)
{
	add_expr(b, "notrack");
}

void rule_count(struct rule *b, const char *counter)
{
	struct nftnl_expr *e = add_expr(b, "objref");

	set_u32(e, NFTNL_EXPR_OBJREF_IMM_TYPE, NFT_OBJECT_COUNTER);
	set_str(b, e, NFTNL_EXPR_OBJREF_IMM_NAME, counter);
}

void rule_defragment(struct rule *b)
{
	struct nftnl_expr *e;
	uint8_t tcp = IPPROTO_TCP;
	uint16_t port = htons(1);

	/* No interface has an empty name. */
	rule_iifname(b, "");
	load_meta(b, NFT_META_L4PROTO);
	compare_data(b, true, &tcp, sizeof(tcp));
	load_value(b, REG2, &port, sizeof(port));
	e = add_expr(b, "tproxy");
	set_u32(e, NFTNL_EXPR_TPROXY_FAMILY, NFPROTO_IPV4);
	set_u32(e, NFTNL_EXPR_TPROXY_REG_PORT, REG2);
}

void rule_verdict(struct rule *b, int verdict, const char *chain)
{
	struct nftnl_expr *e = add_expr(b, "immediate");

	set_u32(e, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	set_u32(e, NFTNL_EXPR_IMM_VERDICT, (uint32_t)verdict);
	if (chain)
		set_str(b, e, NFTNL_EXPR_IMM_CHAIN, chain);
}
