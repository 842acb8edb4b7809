/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What other programs have in nf_tables, asked in a network namespace of this machine's kernel.  Needs root. */
#include "xfrm/nft/query.h"

#include "lib/base.h"
#include "tests/unit/support/own_network.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static struct netlink *nft;

static void setup(void)
{
	nft = NULL;
	if (own_network())
		ck_assert_int_eq(netlink_open(&nft, NETLINK_NETFILTER), 0);
}

static void teardown(void)
{
	netlink_close(nft);
}

static void table(const char *words, const char *text)
{
	char command[256];

	snprintf(command, sizeof(command), "nft '%s table %s'", words, text);
	ck_assert_msg(system(command) == 0, "%s", command);
}

/* A chain that drops what its rules do not accept, where this host's own packets of IPv4 pass. */
START_TEST(chains_that_close_output)
{
	static const struct {
		const char *name, *chains, *closed;
	} t[] = {
		{ "ip f", "chain c { type filter hook output priority 0; policy drop; }", "chain c of table ip f" },
		{ "inet filter", "chain output { type filter hook output priority 0; policy drop; }",
		  "chain output of table inet filter" },
		{ "ip f",
		  "chain a { type filter hook output priority 0; policy accept; }; "
		  "chain b { type route hook output priority 1; policy drop; }",
		  "chain b of table ip f" },
		{ "ip f", "chain c { type filter hook output priority 0; policy accept; drop; }", "" },
		{ "ip f", "chain c { type filter hook output priority 0; }", "" },
		{ "ip f", "chain c { type filter hook input priority 0; policy drop; }", "" },
		{ "inet f", "chain c { type filter hook forward priority 0; policy drop; }", "" },
		{ "ip6 f", "chain c { type filter hook output priority 0; policy drop; }", "" },
		{ "ip f", "chain c { drop; }", "" },
	};
	struct query_chains chains;
	char text[256];

	if (!nft)
		return;
	query_chains(nft, &chains);
	ck_assert_str_eq(chains.closed_output, "");
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		snprintf(text, sizeof(text), "%s { %s; }", t[i].name, t[i].chains);
		table("add", text);
		query_chains(nft, &chains);
		ck_assert_msg(strcmp(chains.closed_output, t[i].closed) == 0, "%s: '%s'", text, chains.closed_output);
		table("delete", t[i].name);
	}
}
END_TEST

/* Names may be as long as nf_tables has them. */
START_TEST(long_names)
{
	struct query_chains chains;
	char text[256], name[100];

	if (!nft)
		return;
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	snprintf(text, sizeof(text), "ip %.60s { chain %s { type filter hook output priority 0; policy drop; }; }",
		 name, name);
	table("add", text);
	query_chains(nft, &chains);
	ck_assert_uint_lt(strlen(chains.closed_output), sizeof(chains.closed_output) - 1);
	ck_assert_ptr_nonnull(strstr(chains.closed_output, " of table ip n"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("query");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, chains_that_close_output);
	tcase_add_test(t, long_names);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
