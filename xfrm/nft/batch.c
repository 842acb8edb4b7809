/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/nft/batch.h"

#include "xfrm/plan/ids.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <sys/mman.h>

#define BATCH_LIMIT (16 * 1024 * 1024) /* the largest plan takes five sixths: test_nft_table */

#define SET_KEY_INTEGER 4 /* nft's name for the type, for its listing */
#define SPIS_PER_MESSAGE 128

const char *const table_counters[COUNT_N] = {
	[COUNT_FAIL_CLOSE_IN] = "fail_close_in",
	[COUNT_FAIL_CLOSE_OUT] = "fail_close_out",
	[COUNT_UNPROTECTED_OUT] = "unprotected_out",
	[COUNT_INET6_DROPPED] = "inet6_dropped",
};

struct batch {
	uint8_t *data;
	size_t len, last; /* where the last message begins */
	uint32_t seq;
	int err;
	uint8_t family;
};

int batch_new(struct batch **ret)
{
	struct batch *b = calloc(1, sizeof(*b));
	void *map;

	if (!b)
		return -ENOMEM;
	/* A mapping of its own: pages that are not written cost nothing, and all go back at once. */
	map = mmap(NULL, BATCH_LIMIT, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED) {
		free(b);
		return -ENOMEM;
	}
	b->data = map;
	b->family = NFPROTO_IPV4;
	*ret = b;
	return 0;
}

void batch_free(struct batch *b)
{
	if (b)
		munmap(b->data, BATCH_LIMIT);
	free(b);
}

const void *batch_data(const struct batch *b)
{
	return b->data;
}

size_t batch_len(const struct batch *b)
{
	return b->len;
}

uint32_t batch_last_seq(const struct batch *b)
{
	return b->seq - 1; /* the end is behind it */
}

void batch_family(struct batch *b, uint8_t family)
{
	b->family = family;
}

static void add_message(struct batch *b, struct message *m)
{
	if (b->err == 0)
		b->err = m->err;
	if (b->err == 0 && m->hdr.nlmsg_len > BATCH_LIMIT - b->len)
		b->err = -EMSGSIZE;
	if (b->err < 0)
		return;
	m->hdr.nlmsg_seq = ++b->seq;
	b->last = b->len;
	memcpy(b->data + b->last, m->octets, m->hdr.nlmsg_len);
	b->len += m->hdr.nlmsg_len; /* attributes end at multiples of 4 octets, and headers do */
}

static void add_frame(struct batch *b, uint16_t type)
{
	struct nfgenmsg *nfg;
	struct message m;

	message_start(&m, type, NLM_F_REQUEST);
	nfg = message_extra(&m, sizeof(*nfg));
	nfg->version = NFNETLINK_V0;
	nfg->res_id = htons(NFNL_SUBSYS_NFTABLES);
	add_message(b, &m);
}

void batch_begin(struct batch *b)
{
	add_frame(b, NFNL_MSG_BATCH_BEGIN);
}

int batch_end(struct batch *b)
{
	if (b->err < 0)
		return b->err;
	((struct nlmsghdr *)(void *)(b->data + b->last))->nlmsg_flags |= NLM_F_ACK;
	add_frame(b, NFNL_MSG_BATCH_END);
	return b->err;
}

/* About something in our table, whose name is attribute 1 of every kind of message. */
static void start_message(const struct batch *b, struct message *m, uint16_t type, uint16_t flags)
{
	nft_message(m, type, flags, b->family);
	message_put_text(m, NFTA_TABLE_NAME, KERNEL_TABLE);
}

/* --- tables, counters, chains --- */

void batch_table(struct batch *b, uint16_t type, uint16_t flags)
{
	struct message m;

	start_message(b, &m, type, flags);
	if (type == NFT_MSG_NEWTABLE)
		nft_put_comment(&m, NFTA_TABLE_USERDATA,
				"group VPN member: gvpnd makes and changes this table, see gvpnd(8)");
	add_message(b, &m);
}

uint8_t table_counter_family(enum table_counter c)
{
	return c == COUNT_INET6_DROPPED ? NFPROTO_IPV6 : NFPROTO_IPV4;
}

void batch_counters(struct batch *b)
{
	for (size_t i = 0; i < COUNT_N; i++) {
		struct message m;

		if (table_counter_family(i) != b->family)
			continue;
		start_message(b, &m, NFT_MSG_NEWOBJ, NLM_F_CREATE);
		message_put_text(&m, NFTA_OBJ_NAME, table_counters[i]);
		message_put_u32(&m, NFTA_OBJ_TYPE, htonl(NFT_OBJECT_COUNTER));
		message_nest_end(&m, message_nest(&m, NFTA_OBJ_DATA));
		add_message(b, &m);
	}
}

static void start_chain(const struct batch *b, struct message *m, uint16_t type, const char *name)
{
	start_message(b, m, type, type == NFT_MSG_NEWCHAIN ? NLM_F_CREATE : 0);
	message_put_text(m, NFTA_CHAIN_NAME, name);
}

void batch_chain(struct batch *b, const char *name, const char *comment)
{
	struct message m;

	start_chain(b, &m, NFT_MSG_NEWCHAIN, name);
	nft_put_comment(&m, NFTA_CHAIN_USERDATA, comment);
	add_message(b, &m);
}

void batch_base_chain(struct batch *b, const struct base_chain *base)
{
	struct nlattr *hook;
	struct message m;

	start_chain(b, &m, NFT_MSG_NEWCHAIN, base->name);
	hook = message_nest(&m, NFTA_CHAIN_HOOK);
	message_put_u32(&m, NFTA_HOOK_HOOKNUM, htonl(base->hook));
	message_put_u32(&m, NFTA_HOOK_PRIORITY, htonl((uint32_t)base->priority));
	message_nest_end(&m, hook);
	message_put_u32(&m, NFTA_CHAIN_POLICY, htonl(NF_ACCEPT));
	message_put_text(&m, NFTA_CHAIN_TYPE, base->type);
	nft_put_comment(&m, NFTA_CHAIN_USERDATA, base->comment);
	add_message(b, &m);
}

void batch_drop_chain(struct batch *b, const char *name)
{
	struct message m;

	start_chain(b, &m, NFT_MSG_DELCHAIN, name);
	add_message(b, &m);
}

void batch_rule(struct batch *b, struct rule *r)
{
	struct nfgenmsg *nfg = mnl_nlmsg_get_payload(&r->m.hdr);

	rule_end(r);
	nfg->nfgen_family = b->family;
	add_message(b, &r->m);
}

void batch_flush_rules(struct batch *b)
{
	struct message m;

	start_message(b, &m, NFT_MSG_DELRULE, 0);
	add_message(b, &m);
}

/* --- sets --- */

/*
 * What a set holds, as nft stores "typeof esp spi" in a set's user data: octets of type, length and value, with numbers
 * in the host's byte order.  The key is big endian; its type nests a payload expression, of the header "esp", the field
 * "spi"; the comment follows.  The numbers are those of nft's own files, and do not change.  Without them a listing
 * says "type 0".
 */
struct __attribute__((packed)) data_number {
	uint8_t type, len;
	uint32_t value;
};
#define DATA_NUMBER(t, v) ((struct data_number){ .type = (t), .len = sizeof(uint32_t), .value = (v) })

struct __attribute__((packed)) data_spi {
	struct data_number byteorder;
	uint8_t key, key_len;
	struct data_number expression;
	uint8_t payload, payload_len;
	struct data_number header, field;
	uint8_t comment, comment_len;
	char text[NFT_COMMENT_MAX];
};
#define DATA_FROM(from, to) (offsetof(struct data_spi, to) - offsetof(struct data_spi, from))

static void put_set_text(struct message *m, const char *comment)
{
	struct data_spi d = {
		.byteorder = DATA_NUMBER(0, 2),
		.key = 3,
		.key_len = DATA_FROM(expression, comment),
		.expression = DATA_NUMBER(0, 7),
		.payload = 1,
		.payload_len = DATA_FROM(header, comment),
		.header = DATA_NUMBER(0, 2),
		.field = DATA_NUMBER(1, 1),
		.comment = 7,
	};

	d.comment_len = (uint8_t)nft_comment(d.text, comment);
	message_put(m, NFTA_SET_USERDATA, &d, DATA_FROM(byteorder, text) + d.comment_len);
}

void batch_set(struct batch *b, const char *name, const char *comment)
{
	struct message m;

	start_message(b, &m, NFT_MSG_NEWSET, NLM_F_CREATE);
	message_put_text(&m, NFTA_SET_NAME, name);
	message_put_u32(&m, NFTA_SET_KEY_TYPE, htonl(SET_KEY_INTEGER));
	message_put_u32(&m, NFTA_SET_KEY_LEN, htonl(sizeof(uint32_t)));
	message_put_u32(&m, NFTA_SET_ID, htonl(1)); /* within the transaction; there is no other */
	put_set_text(&m, comment);
	add_message(b, &m);
}

static void put_spi(struct message *m, uint32_t spi)
{
	struct nlattr *element = message_nest(m, NFTA_LIST_ELEM), *key = message_nest(m, NFTA_SET_ELEM_KEY);

	message_put_u32(m, NFTA_DATA_VALUE, htonl(spi));
	message_nest_end(m, key);
	message_nest_end(m, element);
}

void batch_spis(struct batch *b, const char *name, const struct spi_list *spis)
{
	for (size_t i = 0; i < spis->n;) {
		struct nlattr *list;
		struct message m;

		start_message(b, &m, NFT_MSG_NEWSETELEM, NLM_F_CREATE);
		message_put_text(&m, NFTA_SET_ELEM_LIST_SET, name);
		list = message_nest(&m, NFTA_SET_ELEM_LIST_ELEMENTS);
		for (size_t n = 0; i < spis->n && n < SPIS_PER_MESSAGE; n++)
			put_spi(&m, spis->items[i++]);
		message_nest_end(&m, list);
		add_message(b, &m);
	}
}

void batch_flush_set(struct batch *b, const char *name)
{
	struct message m;

	start_message(b, &m, NFT_MSG_DELSETELEM, 0);
	message_put_text(&m, NFTA_SET_ELEM_LIST_SET, name);
	add_message(b, &m);
}
