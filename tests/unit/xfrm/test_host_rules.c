/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which rules of the host keep packets on the way by the stack, in this machine's kernel.  Needs root. */
#include "xfrm/host_rules.h"

#include "tests/unit/support/datapath_run.h"
#include "tests/unit/support/own_network.h"

#include <check.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static bool want_to_see(struct netlink *nft)
{
	struct host_rules rules;

	host_rules_look(&rules, nft);
	return rules.see_forwarded;
}

/* Which rules of the host want to see what it forwards, before a program takes it away at tc. */
START_TEST(rules_that_want_to_see)
{
	static const struct {
		const char *table;
		bool wants;
	} t[] = {
		{ "ip f { chain c { type filter hook prerouting priority 0; }; }", true },
		{ "ip f { chain c { type filter hook forward priority 0; }; }", true },
		{ "inet f { chain c { type filter hook postrouting priority 0; }; }", true },
		{ "inet f { chain c { type filter hook forward priority 0; }; }", true },
		{ "netdev f { chain c { type filter hook ingress device v0 priority 0; }; }", true },
		{ "inet f { chain c { type filter hook ingress device v0 priority 0; }; }", true },
		{ "ip f { chain c { type filter hook input priority 0; }; }", false },
		{ "inet f { chain c { type filter hook output priority 0; }; }", false },
		{ "ip6 f { chain c { type filter hook forward priority 0; }; }", false },
		{ "ip f { chain c { }; }", false },
		{ "ip gvpn { chain c { type filter hook forward priority 0; }; }", false },
	};
	struct netlink *nft;
	char command[256];

	if (!own_network())
		return;
	ck_assert_int_eq(system("ip link add v0 type veth peer name v1"), 0);
	ck_assert_int_eq(netlink_open(&nft, NETLINK_NETFILTER), 0);
	ck_assert(!want_to_see(nft));
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		snprintf(command, sizeof(command), "nft 'flush ruleset; table %s'", t[i].table);
		ck_assert_msg(system(command) == 0, "%s", command);
		ck_assert_msg(want_to_see(nft) == t[i].wants, "%s", t[i].table);
	}
	netlink_close(nft);
}
END_TEST

/* As the unit has it: not root, with the one capability that rules need. */
static void become_the_daemon(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { .effective = 1u << CAP_NET_ADMIN,
						    .permitted = 1u << CAP_NET_ADMIN } };

	ck_assert_int_eq(prctl(PR_SET_KEEPCAPS, 1), 0);
	ck_assert_int_eq(setgroups(0, NULL), 0);
	ck_assert_int_eq(setresgid(65534, 65534, 65534), 0);
	ck_assert_int_eq(setresuid(65534, 65534, 65534), 0);
	ck_assert_int_eq((int)syscall(SYS_capset, &head, data), 0);
}

/* The kernel names the tables of the older iptables to root alone: where there may be some, they want to see. */
START_TEST(tables_that_nobody_may_see)
{
	bool may_be = access("/proc/net/ip_tables_names", F_OK) == 0;
	struct netlink *nft;

	if (!own_network())
		return;
	ck_assert_int_eq(netlink_open(&nft, NETLINK_NETFILTER), 0);
	ck_assert_msg(!want_to_see(nft), "root sees that there are none");
	netlink_close(nft);
	become_the_daemon();
	ck_assert_int_eq(netlink_open(&nft, NETLINK_NETFILTER), 0);
	ck_assert_int_eq(want_to_see(nft), may_be);
	netlink_close(nft);
}
END_TEST

/* For some seconds, and only while packets may pass by. */
START_TEST(vouched_for_a_while)
{
	struct datapath_run *run = datapath_run_new();
	struct host_rules rules = { .see_forwarded = true };
	struct netlink *route;
	struct datapath *d = NULL;
	char err[256];
	int64_t left;

	if (!run)
		return;
	ck_assert_int_eq(netlink_open(&route, NETLINK_ROUTE), 0);
	ck_assert_msg(datapath_open(&d, run->folder, route, err) == 0, "%s", err);
	ck_assert_uint_eq(datapath_run_live(run).vouched, 0);
	host_rules_vouch(&rules, d);
	ck_assert_uint_eq(datapath_run_live(run).vouched, 0);
	rules.see_forwarded = false;
	host_rules_vouch(&rules, d);
	left = (int64_t)datapath_run_live(run).vouched - datapath_run_clock(CLOCK_MONOTONIC);
	ck_assert_msg(left > (HOST_RULES_VOUCHED_S - 1) * INT64_C(1000000000) &&
			      left <= HOST_RULES_VOUCHED_S * INT64_C(1000000000),
		      "%lld ns", (long long)left);
	host_rules_vouch(&rules, NULL);
	datapath_close(d);
	netlink_close(route);
	datapath_run_free(run);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("host rules");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_test(t, rules_that_want_to_see);
	tcase_add_test(t, tables_that_nobody_may_see);
	tcase_add_test(t, vouched_for_a_while);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
