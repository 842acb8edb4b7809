/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/nft/batch.h"

#include "xfrm/plan/ids.h"

#include <arpa/inet.h>
#include <libnftnl/chain.h>
#include <libnftnl/common.h>
#include <libnftnl/object.h>
#include <libnftnl/set.h>
#include <libnftnl/table.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <sys/mman.h>

#define BATCH_LIMIT (16 * 1024 * 1024) /* the largest plan takes five sixths: test_nft_table */
#define BATCH_ROOM (64 * 1024)         /* more than the largest single message that is built here */

#define SET_KEY_INTEGER 4 /* nft's name for the type, for its listing */
#define SPIS_PER_MESSAGE 128

const char *const table_counters[COUNT_N] = {
	[COUNT_FAIL_CLOSE_IN] = "fail_close_in",     [COUNT_FAIL_CLOSE_OUT] = "fail_close_out",
	[COUNT_UNPROTECTED_OUT] = "unprotected_out", [COUNT_WRONG_IV] = "wrong_iv",
	[COUNT_INET6_DROPPED] = "inet6_dropped",
};

struct batch {
	uint8_t *buffer;
	struct mnl_nlmsg_batch *b;
	uint32_t seq;
	struct nlmsghdr *last;
	struct table_objects made;
	int err;
	uint8_t family;
};

void table_objects_clear(struct table_objects *o)
{
	free(o->chains.items);
	free(o->sets.items);
	*o = (struct table_objects){ 0 };
}

int name_list_add(struct name_list *l, const char *name)
{
	if (strlen(name) >= TABLE_NAME_MAX)
		return -ENAMETOOLONG;
	if (l->n == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 64;
		char(*items)[TABLE_NAME_MAX] = reallocarray(l->items, cap, sizeof(*items));

		if (!items)
			return -ENOMEM;
		l->items = items;
		l->cap = cap;
	}
	strcpy(l->items[l->n++], name);
	return 0;
}

bool name_list_has(const struct name_list *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->items[i], name) == 0)
			return true;
	return false;
}

int batch_new(struct batch **ret)
{
	struct batch *b = calloc(1, sizeof(*b));
	void *map;

	if (!b)
		return -ENOMEM;
	/* A mapping of its own: pages that are not written cost nothing, and all go back at once. */
	map = mmap(NULL, BATCH_LIMIT + BATCH_ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	b->buffer = map == MAP_FAILED ? NULL : map;
	b->b = b->buffer ? mnl_nlmsg_batch_start(b->buffer, BATCH_LIMIT) : NULL;
	if (!b->b) {
		batch_free(b);
		return -ENOMEM;
	}
	b->family = NFPROTO_IPV4;
	*ret = b;
	return 0;
}

void batch_free(struct batch *b)
{
	if (!b)
		return;
	if (b->b)
		mnl_nlmsg_batch_stop(b->b);
	if (b->buffer)
		munmap(b->buffer, BATCH_LIMIT + BATCH_ROOM);
	table_objects_clear(&b->made);
	free(b);
}

void batch_take_objects(struct batch *b, struct table_objects *ret)
{
	table_objects_clear(ret);
	*ret = b->made;
	b->made = (struct table_objects){ 0 };
}

const void *batch_data(const struct batch *b)
{
	return mnl_nlmsg_batch_head(b->b);
}

size_t batch_len(const struct batch *b)
{
	return mnl_nlmsg_batch_size(b->b);
}

uint32_t batch_last_seq(const struct batch *b)
{
	return b->last->nlmsg_seq;
}

static struct nlmsghdr *start_message(struct batch *b, uint16_t type, uint16_t flags)
{
	return nftnl_nlmsg_build_hdr(mnl_nlmsg_batch_current(b->b), type, b->family, flags, ++b->seq);
}

static void finish_message(struct batch *b, struct nlmsghdr *nlh)
{
	b->last = nlh;
	if (b->err == 0 && !mnl_nlmsg_batch_next(b->b))
		b->err = -EMSGSIZE;
}

static void fail_batch(struct batch *b, int err)
{
	if (b->err == 0)
		b->err = err;
}

static void note_made(struct batch *b, struct name_list *l, const char *name)
{
	int r = b->family == NFPROTO_IPV4 ? name_list_add(l, name) : 0;

	if (r < 0)
		fail_batch(b, r);
}

/* A comment as nft stores one in an object's user data; NULL, and the batch has failed, without memory. */
static struct nftnl_udata_buf *comment_data(struct batch *b, uint8_t type, const char *text)
{
	struct nftnl_udata_buf *data = nftnl_udata_buf_alloc(NFTNL_UDATA_COMMENT_MAXLEN + 8);

	if (!data || !nftnl_udata_put_strz(data, type, text))
		fail_batch(b, -ENOMEM);
	return data;
}

void batch_family(struct batch *b, uint8_t family)
{
	b->family = family;
}

void batch_begin(struct batch *b)
{
	nftnl_batch_begin(mnl_nlmsg_batch_current(b->b), ++b->seq);
	mnl_nlmsg_batch_next(b->b);
}

/* The last message asks for the acknowledgement of the whole. */
int batch_end(struct batch *b)
{
	if (b->err < 0)
		return b->err;
	b->last->nlmsg_flags |= NLM_F_ACK;
	nftnl_batch_end(mnl_nlmsg_batch_current(b->b), ++b->seq);
	return mnl_nlmsg_batch_next(b->b) ? 0 : -EMSGSIZE;
}

static void put_table_comment(struct batch *b, struct nftnl_table *t)
{
	struct nftnl_udata_buf *data = comment_data(
		b, NFTNL_UDATA_TABLE_COMMENT, "group VPN member: gvpnd makes and changes this table, see gvpnd(8)");

	if (data &&
	    nftnl_table_set_data(t, NFTNL_TABLE_USERDATA, nftnl_udata_buf_data(data), nftnl_udata_buf_len(data)) < 0)
		fail_batch(b, -ENOMEM);
	if (data)
		nftnl_udata_buf_free(data);
}

void batch_table(struct batch *b, uint16_t type, uint16_t flags)
{
	struct nftnl_table *t = nftnl_table_alloc();
	struct nlmsghdr *nlh;

	if (!t) {
		b->err = -ENOMEM;
		return;
	}
	nftnl_table_set_u32(t, NFTNL_TABLE_FAMILY, b->family);
	nftnl_table_set_str(t, NFTNL_TABLE_NAME, KERNEL_TABLE);
	if (type == NFT_MSG_NEWTABLE)
		put_table_comment(b, t);
	nlh = start_message(b, type, flags);
	nftnl_table_nlmsg_build_payload(nlh, t);
	finish_message(b, nlh);
	nftnl_table_free(t);
}

uint8_t table_counter_family(enum table_counter c)
{
	return c == COUNT_INET6_DROPPED ? NFPROTO_IPV6 : NFPROTO_IPV4;
}

void batch_counters(struct batch *b)
{
	for (size_t i = 0; i < COUNT_N; i++) {
		struct nftnl_obj *o;
		struct nlmsghdr *nlh;

		if (table_counter_family(i) != b->family)
			continue;
		o = nftnl_obj_alloc();
		if (!o) {
			b->err = -ENOMEM;
			return;
		}
		nftnl_obj_set_str(o, NFTNL_OBJ_TABLE, KERNEL_TABLE);
		nftnl_obj_set_str(o, NFTNL_OBJ_NAME, table_counters[i]);
		nftnl_obj_set_u32(o, NFTNL_OBJ_TYPE, NFT_OBJECT_COUNTER);
		nftnl_obj_set_u64(o, NFTNL_OBJ_CTR_BYTES, 0);
		nftnl_obj_set_u64(o, NFTNL_OBJ_CTR_PKTS, 0);
		nlh = start_message(b, NFT_MSG_NEWOBJ, NLM_F_CREATE);
		nftnl_obj_nlmsg_build_payload(nlh, o);
		finish_message(b, nlh);
		nftnl_obj_free(o);
	}
}

static struct nftnl_set *set_alloc(const char *name)
{
	struct nftnl_set *s = nftnl_set_alloc();

	if (!s)
		return NULL;
	nftnl_set_set_u32(s, NFTNL_SET_FAMILY, NFPROTO_IPV4);
	nftnl_set_set_str(s, NFTNL_SET_TABLE, KERNEL_TABLE);
	nftnl_set_set_str(s, NFTNL_SET_NAME, name);
	return s;
}

/*
 * What a set holds, as nft stores "typeof esp spi" in a set's user data: a payload expression, of the header "esp", the
 * field "spi".  The numbers are those of nft's own files, and do not change.  Without it a listing says "type 0".
 */
#define NFT_EXPR_PAYLOAD 7
#define NFT_PROTO_DESC_ESP 2
#define NFT_ESPHDR_SPI 1
#define NFT_BYTEORDER_BIG_ENDIAN 2
#define NFT_PAYLOAD_DESC 0
#define NFT_PAYLOAD_TYPE 1

static bool put_typeof_spi(struct nftnl_udata_buf *data)
{
	struct nftnl_udata *key, *payload;

	if (!nftnl_udata_put_u32(data, NFTNL_UDATA_SET_KEYBYTEORDER, NFT_BYTEORDER_BIG_ENDIAN))
		return false;
	key = nftnl_udata_nest_start(data, NFTNL_UDATA_SET_KEY_TYPEOF);
	if (!key || !nftnl_udata_put_u32(data, NFTNL_UDATA_SET_TYPEOF_EXPR, NFT_EXPR_PAYLOAD))
		return false;
	payload = nftnl_udata_nest_start(data, NFTNL_UDATA_SET_TYPEOF_DATA);
	if (!payload || !nftnl_udata_put_u32(data, NFT_PAYLOAD_DESC, NFT_PROTO_DESC_ESP) ||
	    !nftnl_udata_put_u32(data, NFT_PAYLOAD_TYPE, NFT_ESPHDR_SPI))
		return false;
	nftnl_udata_nest_end(data, payload);
	nftnl_udata_nest_end(data, key);
	return true;
}

static void put_set_text(struct batch *b, struct nftnl_set *s, const char *comment)
{
	struct nftnl_udata_buf *data = nftnl_udata_buf_alloc(NFTNL_UDATA_COMMENT_MAXLEN + 64);

	if (!data || !put_typeof_spi(data) || !nftnl_udata_put_strz(data, NFTNL_UDATA_SET_COMMENT, comment) ||
	    nftnl_set_set_data(s, NFTNL_SET_USERDATA, nftnl_udata_buf_data(data), nftnl_udata_buf_len(data)) < 0)
		fail_batch(b, -ENOMEM);
	if (data)
		nftnl_udata_buf_free(data);
}

void batch_set(struct batch *b, const char *name, uint32_t id, const char *comment)
{
	struct nftnl_set *s = set_alloc(name);
	struct nlmsghdr *nlh;

	if (!s) {
		b->err = -ENOMEM;
		return;
	}
	nftnl_set_set_u32(s, NFTNL_SET_KEY_TYPE, SET_KEY_INTEGER);
	nftnl_set_set_u32(s, NFTNL_SET_KEY_LEN, sizeof(uint32_t));
	nftnl_set_set_u32(s, NFTNL_SET_ID, id);
	put_set_text(b, s, comment);
	nlh = start_message(b, NFT_MSG_NEWSET, NLM_F_CREATE);
	nftnl_set_nlmsg_build_payload(nlh, s);
	finish_message(b, nlh);
	nftnl_set_free(s);
	note_made(b, &b->made.sets, name);
}

static void put_elements(struct batch *b, uint16_t type, uint16_t flags, struct nftnl_set *s)
{
	struct nlmsghdr *nlh = start_message(b, type, flags);

	nftnl_set_elems_nlmsg_build_payload(nlh, s);
	finish_message(b, nlh);
}

static void put_element(struct batch *b, struct nftnl_set *s, uint32_t spi)
{
	struct nftnl_set_elem *e = nftnl_set_elem_alloc();
	uint32_t key = htonl(spi);

	if (!e) {
		b->err = -ENOMEM;
		return;
	}
	if (nftnl_set_elem_set(e, NFTNL_SET_ELEM_KEY, &key, sizeof(key)) < 0)
		b->err = -ENOMEM;
	nftnl_set_elem_add(s, e);
}

void batch_spis(struct batch *b, const char *name, const struct spi_list *spis)
{
	for (size_t i = 0; i < spis->n;) {
		struct nftnl_set *s = set_alloc(name);

		if (!s) {
			b->err = -ENOMEM;
			return;
		}
		for (size_t n = 0; i < spis->n && n < SPIS_PER_MESSAGE; n++)
			put_element(b, s, spis->items[i++]);
		put_elements(b, NFT_MSG_NEWSETELEM, NLM_F_CREATE, s);
		nftnl_set_free(s);
	}
}

void batch_flush_set(struct batch *b, const char *name)
{
	struct nftnl_set *s = set_alloc(name);

	if (!s) {
		b->err = -ENOMEM;
		return;
	}
	put_elements(b, NFT_MSG_DELSETELEM, 0, s);
	nftnl_set_free(s);
}

static void drop_set(struct batch *b, const char *name)
{
	struct nftnl_set *s = set_alloc(name);
	struct nlmsghdr *nlh;

	if (!s) {
		b->err = -ENOMEM;
		return;
	}
	nlh = start_message(b, NFT_MSG_DELSET, 0);
	nftnl_set_nlmsg_build_payload(nlh, s);
	finish_message(b, nlh);
	nftnl_set_free(s);
}

static struct nftnl_chain *chain_alloc(const struct batch *b, const char *name)
{
	struct nftnl_chain *c = nftnl_chain_alloc();

	if (!c)
		return NULL;
	nftnl_chain_set_u32(c, NFTNL_CHAIN_FAMILY, b->family);
	nftnl_chain_set_str(c, NFTNL_CHAIN_TABLE, KERNEL_TABLE);
	nftnl_chain_set_str(c, NFTNL_CHAIN_NAME, name);
	return c;
}

static void put_chain(struct batch *b, uint16_t type, struct nftnl_chain *c)
{
	struct nlmsghdr *nlh;

	if (!c) {
		b->err = -ENOMEM;
		return;
	}
	nlh = start_message(b, type, type == NFT_MSG_NEWCHAIN ? NLM_F_CREATE : 0);
	nftnl_chain_nlmsg_build_payload(nlh, c);
	finish_message(b, nlh);
	nftnl_chain_free(c);
}

static void put_chain_comment(struct batch *b, struct nftnl_chain *c, const char *comment)
{
	struct nftnl_udata_buf *data = comment_data(b, NFTNL_UDATA_CHAIN_COMMENT, comment);

	if (data &&
	    nftnl_chain_set_data(c, NFTNL_CHAIN_USERDATA, nftnl_udata_buf_data(data), nftnl_udata_buf_len(data)) < 0)
		fail_batch(b, -ENOMEM);
	if (data)
		nftnl_udata_buf_free(data);
}

static void drop_chain(struct batch *b, const char *name)
{
	put_chain(b, NFT_MSG_DELCHAIN, chain_alloc(b, name));
}

void batch_chain(struct batch *b, const char *name, const char *comment)
{
	struct nftnl_chain *c = chain_alloc(b, name);

	if (c)
		put_chain_comment(b, c, comment);
	put_chain(b, NFT_MSG_NEWCHAIN, c);
	note_made(b, &b->made.chains, name);
}

void batch_base_chain(struct batch *b, const struct base_chain *base)
{
	struct nftnl_chain *c = chain_alloc(b, base->name);

	if (c) {
		nftnl_chain_set_str(c, NFTNL_CHAIN_TYPE, base->type);
		nftnl_chain_set_u32(c, NFTNL_CHAIN_HOOKNUM, base->hook);
		nftnl_chain_set_s32(c, NFTNL_CHAIN_PRIO, base->priority);
		nftnl_chain_set_u32(c, NFTNL_CHAIN_POLICY, NF_ACCEPT);
		put_chain_comment(b, c, base->comment);
	}
	put_chain(b, NFT_MSG_NEWCHAIN, c);
	note_made(b, &b->made.chains, base->name);
}

void batch_rename_chain(struct batch *b, uint64_t handle, const char *name)
{
	struct nftnl_chain *c = chain_alloc(b, name);

	if (c)
		nftnl_chain_set_u64(c, NFTNL_CHAIN_HANDLE, handle);
	put_chain(b, NFT_MSG_NEWCHAIN, c);
}

void batch_drop_others(struct batch *b, const struct table_objects *have)
{
	for (size_t i = 0; i < have->chains.n; i++)
		if (!name_list_has(&b->made.chains, have->chains.items[i]))
			drop_chain(b, have->chains.items[i]);
	for (size_t i = 0; i < have->sets.n; i++)
		if (!name_list_has(&b->made.sets, have->sets.items[i]))
			drop_set(b, have->sets.items[i]);
}

void batch_rule(struct batch *b, struct rule *r)
{
	struct nlmsghdr *nlh;

	if (r->err < 0 && b->err == 0)
		b->err = r->err;
	if (b->err == 0) {
		nftnl_rule_set_u32(r->r, NFTNL_RULE_FAMILY, b->family);
		nlh = start_message(b, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
		nftnl_rule_nlmsg_build_payload(nlh, r->r);
		finish_message(b, nlh);
	}
	nftnl_rule_free(r->r);
}

void batch_flush_rules(struct batch *b)
{
	struct nftnl_rule *r = nftnl_rule_alloc();
	struct nlmsghdr *nlh;

	if (!r) {
		b->err = -ENOMEM;
		return;
	}
	nftnl_rule_set_u32(r, NFTNL_RULE_FAMILY, b->family);
	nftnl_rule_set_str(r, NFTNL_RULE_TABLE, KERNEL_TABLE);
	nlh = start_message(b, NFT_MSG_DELRULE, 0);
	nftnl_rule_nlmsg_build_payload(nlh, r);
	finish_message(b, nlh);
	nftnl_rule_free(r);
}
