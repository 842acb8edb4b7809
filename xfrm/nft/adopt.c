/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/nft/adopt.h"

#include "xfrm/nft/chains.h"

#include <libnftnl/chain.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

/* The number of the base chain of ours that C is; BASE_CHAINS when it is none. */
static size_t base_number(const struct nftnl_chain *c)
{
	const char *type = nftnl_chain_get_str(c, NFTNL_CHAIN_TYPE);
	size_t i = 0;

	if (!type || !nftnl_chain_is_set(c, NFTNL_CHAIN_HOOKNUM))
		return BASE_CHAINS;
	while (i < BASE_CHAINS && (nftnl_chain_get_u32(c, NFTNL_CHAIN_HOOKNUM) != base_chains[i].hook ||
				   nftnl_chain_get_s32(c, NFTNL_CHAIN_PRIO) != base_chains[i].priority ||
				   strcmp(type, base_chains[i].type) != 0))
		i++;
	return i;
}

static int add_chain(struct found_table *f, const struct nftnl_chain *c)
{
	const char *name = nftnl_chain_get_str(c, NFTNL_CHAIN_NAME);
	size_t base = base_number(c);
	int r = name ? name_list_add(&f->objects.chains, name) : 0;

	if (r < 0 || !name || base == BASE_CHAINS)
		return r;
	if (f->n_base == FOUND_BASE_MAX)
		return -E2BIG;
	f->base[f->n_base] = (struct found_chain){ .handle = nftnl_chain_get_u64(c, NFTNL_CHAIN_HANDLE), .base = base };
	memcpy(f->base[f->n_base++].name, name, strlen(name) + 1); /* name_list_add() has seen its length */
	return 0;
}

int found_take_chain(const struct nlmsghdr *nlh, void *data)
{
	struct nftnl_chain *c = nftnl_chain_alloc();
	const char *table;
	int r = 0;

	if (!c)
		return -ENOMEM;
	if (nftnl_chain_nlmsg_parse(nlh, c) == 0) {
		table = nftnl_chain_get_str(c, NFTNL_CHAIN_TABLE);
		if (table && strcmp(table, KERNEL_TABLE) == 0)
			r = add_chain(data, c);
	}
	nftnl_chain_free(c);
	return r;
}

int found_take_set(const struct nlmsghdr *nlh, void *data)
{
	const char *table = "", *name = NULL;
	struct found_table *f = data;
	const struct nlattr *attr;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(struct nfgenmsg))
		return 0;
	message_for_each(attr, nlh, sizeof(struct nfgenmsg))
	{
		uint16_t type = mnl_attr_get_type(attr);

		if (type != NFTA_SET_TABLE && type != NFTA_SET_NAME)
			continue;
		if (mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) < 0)
			return 0;
		if (type == NFTA_SET_TABLE)
			table = mnl_attr_get_str(attr);
		else
			name = mnl_attr_get_str(attr);
	}
	return name && strcmp(table, KERNEL_TABLE) == 0 ? name_list_add(&f->objects.sets, name) : 0;
}

static int dump_table(struct netlink *nft, uint16_t type, int (*take)(const struct nlmsghdr *, void *),
		      struct found_table *f)
{
	struct nfgenmsg *nfg;
	struct message m;
	char err[256];

	message_start(&m, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), NLM_F_REQUEST | NLM_F_DUMP);
	nfg = message_extra(&m, sizeof(*nfg));
	nfg->nfgen_family = NFPROTO_IPV4;
	return netlink_request(nft, &m, take, f, err);
}

static int read_table(struct netlink *nft, struct found_table *f)
{
	int r = -EINTR;

	for (unsigned i = 0; r == -EINTR && i < NETLINK_DUMPS; i++) {
		table_objects_clear(&f->objects);
		f->n_base = 0;
		r = dump_table(nft, NFT_MSG_GETCHAIN, found_take_chain, f);
		if (r == 0)
			r = dump_table(nft, NFT_MSG_GETSET, found_take_set, f);
	}
	return r;
}

static bool has_base_chains(const struct found_table *f)
{
	for (size_t i = 0; i < BASE_CHAINS; i++) {
		bool has = false;

		for (size_t j = 0; j < f->n_base; j++)
			has |= f->base[j].base == i;
		if (!has)
			return false;
	}
	return true;
}

static void replace_name(struct name_list *l, const char *old, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->items[i], old) == 0)
			strcpy(l->items[i], name);
}

bool found_rename(struct found_table *found, struct batch *b, size_t *ret_n)
{
	size_t n = 0;

	if (!has_base_chains(found))
		return false;
	batch_begin(b);
	for (size_t i = 0; i < found->n_base; i++) {
		const char *name = base_chains[found->base[i].base].name;

		if (strcmp(found->base[i].name, name) == 0)
			continue;
		/* Another chain has the name, or the hook has two such chains. */
		if (name_list_has(&found->objects.chains, name))
			return false;
		batch_rename_chain(b, found->base[i].handle, name);
		replace_name(&found->objects.chains, found->base[i].name, name);
		n++;
	}
	*ret_n = n;
	return true;
}

static bool rename_base_chains(struct netlink *nft, struct found_table *f)
{
	struct batch *b = NULL;
	char err[256];
	size_t n = 0;
	bool good = batch_new(&b) == 0 && found_rename(f, b, &n);

	if (good && n > 0)
		good = batch_end(b) == 0 &&
		       netlink_batch(nft, batch_data(b), batch_len(b), batch_last_seq(b), err) == 0;
	batch_free(b);
	return good;
}

bool table_exists(struct netlink *nft)
{
	struct found_table f = { 0 };
	bool is = read_table(nft, &f) == 0 && has_base_chains(&f);

	table_objects_clear(&f.objects);
	return is;
}

bool table_adopt(struct netlink *nft, struct table_objects *ret)
{
	struct found_table f = { 0 };

	if (read_table(nft, &f) < 0 || !rename_base_chains(nft, &f)) {
		table_objects_clear(&f.objects);
		return false;
	}
	table_objects_clear(ret);
	*ret = f.objects;
	return true;
}
