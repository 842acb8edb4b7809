/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table that an earlier run left, of this version or of one that called its chains and sets otherwise. */
#include "tests/unit/support/xfrm_plan.h"
#include "xfrm/nft/adopt.h"
#include "xfrm/nft/chains.h"
#include "xfrm/nft/table.h"

#include <check.h>
#include <endian.h>
#include <libnftnl/chain.h>
#include <libnftnl/common.h>
#include <libnftnl/set.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>

static struct sample *sample;
static struct found_table found;
static struct batch *batch;

static void setup(void)
{
	sample = sample_new();
	found = (struct found_table){ 0 };
	ck_assert_int_eq(batch_new(&batch), 0);
}

static void teardown(void)
{
	table_objects_clear(&found.objects);
	batch_free(batch);
	free(sample);
}

/* A chain as the kernel dumps it; TYPE NULL: not a base chain. */
static void has_chain(const char *table, const char *name, uint64_t handle, const char *type, uint32_t hook,
		      int32_t priority)
{
	_Alignas(uint64_t) uint8_t buf[1024];
	struct nftnl_chain *c = nftnl_chain_alloc();
	struct nlmsghdr *nlh = nftnl_nlmsg_build_hdr((char *)buf, NFT_MSG_NEWCHAIN, NFPROTO_IPV4, 0, 0);

	nftnl_chain_set_str(c, NFTNL_CHAIN_TABLE, table);
	nftnl_chain_set_str(c, NFTNL_CHAIN_NAME, name);
	nftnl_chain_set_u64(c, NFTNL_CHAIN_HANDLE, handle);
	if (type) {
		nftnl_chain_set_str(c, NFTNL_CHAIN_TYPE, type);
		nftnl_chain_set_u32(c, NFTNL_CHAIN_HOOKNUM, hook);
		nftnl_chain_set_s32(c, NFTNL_CHAIN_PRIO, priority);
	}
	nftnl_chain_nlmsg_build_payload(nlh, c);
	nftnl_chain_free(c);
	ck_assert_int_eq(found_take_chain(nlh, &found), 0);
}

static void has_set(const char *table, const char *name)
{
	_Alignas(uint64_t) uint8_t buf[1024];
	struct nftnl_set *s = nftnl_set_alloc();
	struct nlmsghdr *nlh = nftnl_nlmsg_build_hdr((char *)buf, NFT_MSG_NEWSET, NFPROTO_IPV4, 0, 0);

	nftnl_set_set_str(s, NFTNL_SET_TABLE, table);
	nftnl_set_set_str(s, NFTNL_SET_NAME, name);
	nftnl_set_nlmsg_build_payload(nlh, s);
	nftnl_set_free(s);
	ck_assert_int_eq(found_take_set(nlh, &found), 0);
}

/* The base chains, under names that another version may give them. */
static const struct {
	const char *name, *type;
	uint32_t hook;
	int32_t priority;
} former[] = {
	{ "gate", "filter", NF_INET_FORWARD, 0 },
	{ "own", "filter", NF_INET_LOCAL_OUT, 1000 },
};

static void has_former(const char *without)
{
	for (size_t i = 0; i < ARRAY_SIZE(former); i++)
		if (!without || strcmp(without, former[i].name) != 0)
			has_chain("gvpn", former[i].name, 100 + i, former[i].type, former[i].hook, former[i].priority);
}

static const struct nlmsghdr *next(const struct nlmsghdr *nlh, uint16_t type)
{
	const uint8_t *end = (const uint8_t *)batch_data(batch) + batch_len(batch);

	nlh = nlh ? (const void *)((const uint8_t *)nlh + MNL_ALIGN((int)nlh->nlmsg_len)) : batch_data(batch);
	while ((const uint8_t *)nlh < end && nlh->nlmsg_type != ((NFNL_SUBSYS_NFTABLES << 8) | type))
		nlh = (const void *)((const uint8_t *)nlh + MNL_ALIGN((int)nlh->nlmsg_len));
	return (const uint8_t *)nlh < end ? nlh : NULL;
}

/* The names in the messages of a type, in their order. */
static const char *names_of(uint16_t type)
{
	static char text[4096];
	size_t at = 0;

	text[0] = '\0';
	for (const struct nlmsghdr *nlh = next(NULL, type); nlh; nlh = next(nlh, type)) {
		/* The same number for a chain and a set. */
		const struct nlattr *name = attribute(nlh, sizeof(struct nfgenmsg),
						      type == NFT_MSG_DELSET ? NFTA_SET_NAME : NFTA_CHAIN_NAME);

		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s ", mnl_attr_get_str(name));
	}
	return text;
}

/* Base chains of an older version get the names of today by their handles, and are never unhooked. */
START_TEST(another_versions_base_chains_are_renamed)
{
	const struct nlmsghdr *nlh;
	size_t n = 0, i = 0;

	has_former(NULL);
	ck_assert(found_rename(&found, batch, &n));
	ck_assert_int_eq(batch_end(batch), 0);
	ck_assert_uint_eq(n, 2);
	ck_assert_str_eq(names_of(NFT_MSG_NEWCHAIN), "forward output ");
	ck_assert_str_eq(names_of(NFT_MSG_DELCHAIN), "");
	for (nlh = next(NULL, NFT_MSG_NEWCHAIN); nlh; nlh = next(nlh, NFT_MSG_NEWCHAIN), i++) {
		const struct nlattr *handle = attribute(nlh, sizeof(struct nfgenmsg), NFTA_CHAIN_HANDLE);

		ck_assert_ptr_nonnull(handle);
		ck_assert_uint_eq(be64toh(mnl_attr_get_u64(handle)), 100 + i);
		ck_assert_ptr_null(attribute(nlh, sizeof(struct nfgenmsg), NFTA_CHAIN_HOOK));
	}
}
END_TEST

/* And everything else that this version does not make goes in the transaction that makes what it does. */
START_TEST(another_versions_objects_go)
{
	size_t n = 0;

	has_former(NULL);
	has_chain("gvpn", "opened", 1, NULL, 0, 0);
	has_chain("gvpn", "out_0", 2, NULL, 0, 0);
	has_chain("gvpn", "ingress", 3, "filter", NF_INET_LOCAL_IN, 7); /* a base chain that this version has not */
	has_chain("gvpn", "forward_in_0", 4, NULL, 0, 0);
	has_chain("filter", "opened_too", 5, NULL, 0, 0);
	has_chain("filter", "theirs", 6, "filter", NF_INET_FORWARD, 0);
	has_set("gvpn", "unknown");
	has_set("gvpn", "spi_out_df");
	has_set("filter", "spi_theirs");
	ck_assert(found_rename(&found, batch, &n));
	ck_assert_uint_eq(n, 2);
	batch_free(batch);
	ck_assert_int_eq(batch_new(&batch), 0);
	sample_rule(sample, PLAN_ENCRYPT, PLAN_GROUP_POLICY, sample_group());
	sample_sa(sample, SAMPLE_SPI, true, true);
	ck_assert_int_eq(table_build(batch, &sample->plan, &(struct table_state){ .have = &found.objects }), 0);
	ck_assert_ptr_null(next(NULL, NFT_MSG_DELTABLE));
	ck_assert_str_eq(names_of(NFT_MSG_DELCHAIN), "opened out_0 ingress ");
	ck_assert_str_eq(names_of(NFT_MSG_DELSET), "unknown ");
}
END_TEST

START_TEST(the_same_version_changes_no_name)
{
	size_t n = 1;

	for (size_t i = 0; i < BASE_CHAINS; i++)
		has_chain("gvpn", base_chains[i].name, i, base_chains[i].type, base_chains[i].hook,
			  base_chains[i].priority);
	ck_assert(found_rename(&found, batch, &n));
	ck_assert_uint_eq(n, 0);
}
END_TEST

/* Without one of them the table is made anew. */
START_TEST(a_table_without_a_base_chain)
{
	size_t n;

	has_former(former[_i].name);
	ck_assert(!found_rename(&found, batch, &n));
}
END_TEST

START_TEST(a_name_that_is_taken)
{
	size_t n;

	has_chain("gvpn", "forward", 1, NULL, 0, 0);
	has_former(NULL);
	ck_assert(!found_rename(&found, batch, &n));
}
END_TEST

START_TEST(nothing_of_ours)
{
	size_t n;

	ck_assert(!found_rename(&found, batch, &n));
	has_chain("filter", "gate", 1, "filter", NF_INET_FORWARD, 0);
	ck_assert_uint_eq(found.objects.chains.n, 0);
	ck_assert(!found_rename(&found, batch, &n));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("nft adopt");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, another_versions_base_chains_are_renamed);
	tcase_add_test(t, another_versions_objects_go);
	tcase_add_test(t, the_same_version_changes_no_name);
	tcase_add_loop_test(t, a_table_without_a_base_chain, 0, ARRAY_SIZE(former));
	tcase_add_test(t, a_name_that_is_taken);
	tcase_add_test(t, nothing_of_ours);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
