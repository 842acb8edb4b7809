/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table that an earlier run left, of this version or of one that called its chains otherwise. */
#include "tests/unit/support/xfrm_plan.h"
#include "xfrm/nft/adopt.h"
#include "xfrm/nft/chains.h"

#include <check.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>

static struct found_table found;

static void setup(void)
{
	found = (struct found_table){ 0 };
}

/* A chain as the kernel dumps it. */
static void has_chain(const char *table, const char *name)
{
	struct message m;

	nft_message(&m, NFT_MSG_NEWCHAIN, 0, NFPROTO_IPV4);
	message_put_text(&m, NFTA_CHAIN_TABLE, table);
	message_put_u32(&m, NFTA_CHAIN_USE, 0);
	message_put_text(&m, NFTA_CHAIN_NAME, name);
	ck_assert_int_eq(found_take_chain(&m.hdr, &found), 0);
}

/* All that table_build() makes of a plan, as a dump of it. */
static void has_built(const struct plan *plan, bool tracked)
{
	struct table_state state = { .tracked = tracked, .inet6 = TABLE_INET6_DROP };
	const struct nlmsghdr *nlh;
	struct batch *b = NULL;
	int len;

	ck_assert_int_eq(batch_new(&b), 0);
	ck_assert_int_eq(table_build(b, plan, &state), 0);
	len = (int)batch_len(b);
	for (nlh = batch_data(b); mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len)) {
		const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);

		if (nlh->nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWCHAIN) &&
		    nfg->nfgen_family == NFPROTO_IPV4)
			ck_assert_int_eq(found_take_chain(nlh, &found), 0);
	}
	batch_free(b);
}

/* What this version makes is what it finds again, for every number of scopes and with tracking or without. */
START_TEST(what_was_made_is_found)
{
	struct sample *sample = sample_new();
	bool tracked = _i & 1;

	for (int i = 0; i < _i / 2; i++)
		snprintf(sample_scope(sample, "wan1", SAMPLE_LOCAL + 1)->from[0], GVPN_IFNAME_MAX, "lan%d", i + 1);
	has_built(&sample->plan, tracked);
	ck_assert_uint_eq(found.base, BASE_CHAINS);
	ck_assert(!found.unknown);
	ck_assert_uint_eq(found.shape.n_scopes, sample->plan.n_scopes);
	ck_assert_int_eq(found.shape.tracked, tracked);
	free(sample);
}
END_TEST

/* Chains of another version, and names that are nearly ours: such a table is made anew. */
static const char *const others[] = {
	"gate",
	"out_0",
	"forward_out",
	"forward_out_",
	"forward_out_x",
	"forward_out_0x",
	"forward_out_-1",
	"forward_out_+1",
	"forward_out_ 1",
	"forward_out_64",
	"forward_out_18446744073709551617",
	"forward2",
	"",
};

START_TEST(another_versions_chain)
{
	struct sample *sample = sample_new();

	has_built(&sample->plan, false);
	ck_assert(!found.unknown);
	has_chain("gvpn", others[_i]);
	ck_assert(found.unknown);
	ck_assert_uint_eq(found.shape.n_scopes, 1);
	free(sample);
}
END_TEST

START_TEST(a_table_without_a_base_chain)
{
	for (size_t i = 0; i < BASE_CHAINS; i++)
		if ((int)i != _i)
			has_chain("gvpn", base_chains[i].name);
	has_chain("gvpn", "forward_out_0");
	ck_assert_uint_lt(found.base, BASE_CHAINS);
}
END_TEST

START_TEST(nothing_of_ours)
{
	struct message m;

	for (size_t i = 0; i < BASE_CHAINS; i++)
		has_chain("filter", base_chains[i].name);
	has_chain("filter", "theirs");
	nft_message(&m, NFT_MSG_NEWCHAIN, 0, NFPROTO_IPV4);
	ck_assert_int_eq(found_take_chain(&m.hdr, &found), 0);
	m.hdr.nlmsg_len = sizeof(m.hdr);
	ck_assert_int_eq(found_take_chain(&m.hdr, &found), 0);
	ck_assert_uint_eq(found.base, 0);
	ck_assert(!found.unknown);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("nft adopt");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_loop_test(t, what_was_made_is_found, 0, 6);
	tcase_add_loop_test(t, another_versions_chain, 0, ARRAY_SIZE(others));
	tcase_add_loop_test(t, a_table_without_a_base_chain, 0, BASE_CHAINS);
	tcase_add_test(t, nothing_of_ours);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
