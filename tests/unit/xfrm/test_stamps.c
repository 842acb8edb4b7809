/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Anti-replay by time beside SAs and policies: what counts as an unexpected stamp, what a failure leaves behind, and
 * the clock of the programs, in this machine's kernel.  Needs root and a kernel with BPF.
 */
#include "xfrm/stamps.h"

#include "tests/unit/support/datapath_run.h"
#include "tests/unit/support/xfrm_plan.h"
#include "xfrm/bpf/load.h"

#include <bpf/bpf.h>
#include <check.h>
#include <glob.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* The kernel counts for all SAs in tunnel mode: ours only while we have one. */
START_TEST(unexpected_ones)
{
	struct sample *plain = sample_new(), *windows = sample_new(), *none = sample_new();
	struct stamps s = { 0 };

	sample_sa(plain, SAMPLE_SPI, true, true);
	sample_sa(windows, SAMPLE_SPI, true, true)->window_ms = 1000;
	/* Before there is an SA, it is somebody else's business. */
	ck_assert_uint_eq(stamps_unexpected(&s, 70), 0);
	stamps_count_unexpected(&s, &none->plan, 71);
	ck_assert_uint_eq(stamps_unexpected(&s, 80), 0);
	stamps_count_unexpected(&s, &plain->plan, 90);
	ck_assert_uint_eq(stamps_unexpected(&s, 90), 0);
	ck_assert_uint_eq(stamps_unexpected(&s, 93), 3);
	stamps_count_unexpected(&s, &plain->plan, 94); /* a rekey */
	ck_assert_uint_eq(stamps_unexpected(&s, 95), 5);
	/* All keys have windows, then the window goes again. */
	stamps_count_unexpected(&s, &windows->plan, 96);
	ck_assert_uint_eq(stamps_unexpected(&s, 100), 6);
	stamps_count_unexpected(&s, &plain->plan, 200);
	ck_assert_uint_eq(stamps_unexpected(&s, 201), 7);
	stamps_count_unexpected(&s, &none->plan, 202);
	ck_assert_uint_eq(stamps_unexpected(&s, 999), 8);
	free(plain);
	free(windows);
	free(none);
}
END_TEST

/* After a failure a change without windows follows; news of the device matter until another change has none. */
START_TEST(a_failure_is_remembered)
{
	struct stamp_path path = { .reqid = SAMPLE_REQID, .mtu = 1400 };
	struct stamp_paths some = { &path, 1 }, none = { 0 };
	struct netlink *nft, *route;
	struct stamps s = { 0 };

	ck_assert_int_eq(netlink_open(&nft, NETLINK_NETFILTER), 0);
	ck_assert_int_eq(netlink_open(&route, NETLINK_ROUTE), 0);
	stamps_open(&s, NULL, route);
	stamps_begin(&s, nft, &none);
	ck_assert(!stamps_concern(&s));
	stamps_begin(&s, nft, &some);
	ck_assert(stamps_concern(&s));
	s.failed = true;
	for (int i = 0; i < 3; i++) { /* tried again, and it fails again */
		stamps_begin(&s, nft, &none);
		ck_assert(!s.wanted && stamps_concern(&s));
		stamps_begin(&s, nft, &some);
		ck_assert(!s.failed && stamps_concern(&s));
		s.failed = true;
	}
	stamps_begin(&s, nft, &none);
	stamps_begin(&s, nft, &none);
	ck_assert(!stamps_concern(&s));
	stamps_close(&s);
	netlink_close(nft);
	netlink_close(route);
}
END_TEST

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

	ck_assert_msg(geteuid() == 0, "run the test as root: it makes a network namespace");
	ck_assert_int_eq(unshare(CLONE_NEWNET), 0);
	ck_assert_int_eq(system("ip link add v0 type veth peer name v1"), 0);
	ck_assert_int_eq(netlink_open(&nft, NETLINK_NETFILTER), 0);
	ck_assert(!stamps_must_carry(nft));
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		snprintf(command, sizeof(command), "nft 'flush ruleset; table %s'", t[i].table);
		ck_assert_msg(system(command) == 0, "%s", command);
		ck_assert_msg(stamps_must_carry(nft) == t[i].wants, "%s", t[i].table);
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

	ck_assert_int_eq(unshare(CLONE_NEWNET), 0);
	ck_assert_int_eq(netlink_open(&nft, NETLINK_NETFILTER), 0);
	ck_assert_msg(!stamps_must_carry(nft), "root sees that there are none");
	netlink_close(nft);
	become_the_daemon();
	ck_assert_int_eq(netlink_open(&nft, NETLINK_NETFILTER), 0);
	ck_assert_int_eq(stamps_must_carry(nft), may_be);
	netlink_close(nft);
}
END_TEST

static int64_t clock_ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static struct dp_live read_live(const char *folder)
{
	struct dp_live live;
	glob_t found;
	char pattern[128];
	uint32_t key = 0;
	int fd;

	snprintf(pattern, sizeof(pattern), "%s/*/live", folder);
	ck_assert_int_eq(glob(pattern, 0, NULL, &found), 0);
	fd = bpf_obj_get(found.gl_pathv[0]);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bpf_map_lookup_elem(fd, &key, &live), 0);
	close(fd);
	globfree(&found);
	return live;
}

/* What the programs add to the monotonic clock makes POSIX time of it: within a millisecond, on a busy machine. */
START_TEST(the_programs_get_the_clock)
{
	struct datapath_run *run = datapath_run_new();
	struct datapath *d = NULL;
	struct netlink *route;
	struct dp_live before, after;
	char err[256];
	int64_t off;

	if (!run)
		return;
	ck_assert_int_eq(netlink_open(&route, NETLINK_ROUTE), 0);
	ck_assert_msg(datapath_open(&d, run->folder, route, err) == 0, "%s", err);
	datapath_set_wall(d, 12345);
	before = read_live(run->folder);
	ck_assert_int_eq(before.wall, 12345);
	stamps_tell_clock(d);
	after = read_live(run->folder);
	off = after.wall - (clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC));
	ck_assert_msg(off > -1000000 && off < 1000000, "%lld ns", (long long)off);
	before.wall = after.wall;
	ck_assert_msg(memcmp(&before, &after, sizeof(after)) == 0, "and nothing else is changed");
	stamps_tell_clock(NULL);
	datapath_close(d);
	netlink_close(route);
	datapath_run_free(run);
}
END_TEST

/* For some seconds, and only while packets may pass by. */
START_TEST(vouched_for_a_while)
{
	struct datapath_run *run = datapath_run_new();
	struct stamps s = { .wanted = true };
	struct netlink *route;
	struct datapath *d = NULL;
	char err[256];
	int64_t left;

	if (!run)
		return;
	ck_assert_int_eq(netlink_open(&route, NETLINK_ROUTE), 0);
	ck_assert_msg(datapath_open(&d, run->folder, route, err) == 0, "%s", err);
	ck_assert_uint_eq(read_live(run->folder).vouched, 0);
	s.carry = true;
	stamps_vouch(&s, d);
	ck_assert_uint_eq(read_live(run->folder).vouched, 0);
	s.carry = false;
	stamps_vouch(&s, d);
	left = (int64_t)read_live(run->folder).vouched - clock_ns(CLOCK_MONOTONIC);
	ck_assert_msg(left > (STAMPS_VOUCHED_S - 1) * INT64_C(1000000000) &&
			      left <= STAMPS_VOUCHED_S * INT64_C(1000000000),
		      "%lld ns", (long long)left);
	stamps_vouch(&s, NULL);
	datapath_close(d);
	netlink_close(route);
	datapath_run_free(run);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stamps");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_test(t, unexpected_ones);
	tcase_add_test(t, a_failure_is_remembered);
	tcase_add_test(t, rules_that_want_to_see);
	tcase_add_test(t, tables_that_nobody_may_see);
	tcase_add_test(t, the_programs_get_the_clock);
	tcase_add_test(t, vouched_for_a_while);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
