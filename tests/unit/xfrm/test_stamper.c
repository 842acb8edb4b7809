/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The device of the carriers and the routes to it, in a network namespace of this program's own, by real netlink.  What
 * needs an XFRM interface is tested where this kernel has them (the VM of scenario d3p runs this program, too); a
 * kernel without them is tested for what it must say.  Run as root.
 */
#include "tests/unit/support/own_network.h"
#include "tests/unit/support/xfrm_plan.h"
#include "xfrm/link/carrier_rule.h"
#include "xfrm/link/names.h"
#include "xfrm/link/stamper.h"
#include "xfrm/link/watch.h"
#include "xfrm/plan/ids.h"

#include <bpf/bpf.h>
#include <check.h>
#include <errno.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define REQID_A (KERNEL_REQID_MIN + 1)
#define REQID_B (KERNEL_REQID_MIN + 2)
#define ROUTES "ip route show table main proto 214"

static struct netlink *route;
static struct stamper stamper;
static struct stamper_route want[2];
static char err[256];
static int program = -1;
static bool has_xfrm;

static void run(const char *command)
{
	ck_assert_msg(system(command) == 0, "%s", command);
}

/* What COMMAND prints, of lines. */
static unsigned lines(const char *command)
{
	FILE *f = popen(command, "r");
	unsigned n = 0;
	int c;

	ck_assert_ptr_nonnull(f);
	while ((c = fgetc(f)) != EOF)
		n += c == '\n';
	pclose(f);
	return n;
}

/* A program for a route: "drop". */
static int load_program(void)
{
	static const struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = BPF_DROP },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(BPF_PROG_TYPE_LWT_XMIT, "test", "GPL", code, ARRAY_SIZE(code), NULL);
}

static uint32_t program_id(int fd)
{
	struct bpf_prog_info info = { 0 };
	uint32_t len = sizeof(info);

	ck_assert_int_eq(bpf_obj_get_info_by_fd(fd, &info, &len), 0);
	return info.id;
}

static void setup(void)
{
	bool own = own_network();

	ck_assert_int_eq(netlink_open(&route, NETLINK_ROUTE), 0);
	if (!own)
		return;
	run("ip link set lo up; ip link add wan0 type veth peer name far0; ip link set wan0 up; ip link set far0 up");
	program = load_program();
	if (program < 0)
		not_run("cannot load a BPF program for a route");
	stamper = (struct stamper){ 0 };
	want[0] = (struct stamper_route){ REQID_A, if_nametoindex("wan0"), 1458 };
	want[1] = (struct stamper_route){ REQID_B, if_nametoindex("wan0"), 1442 };
}

static void teardown(void)
{
	stamper_clear(&stamper);
	netlink_close(route);
	if (program >= 0)
		close(program);
}

/* The first statement of each test: setup() has said why not. */
#define NEEDS_A_KERNEL                                                                                                 \
	if (program < 0)                                                                                               \
	return

static int raise_to(size_t n)
{
	err[0] = '\0';
	struct stamper_program way = { program, program_id(program) };

	return stamper_raise(&stamper, route, &way, want, n, err);
}

static int lower(size_t n)
{
	return stamper_lower(&stamper, route, want, n, err);
}

static bool is_up(const char *name)
{
	char command[128];

	snprintf(command, sizeof(command), "ip link show %s up 2>/dev/null", name);
	return lines(command) > 0;
}

/* --- on every kernel --- */

START_TEST(a_foreign_device_is_named_and_left_alone)
{
	uint32_t index;

	NEEDS_A_KERNEL;
	run("ip link add gvpn-d3p type veth peer name far1");
	index = if_nametoindex("gvpn-d3p");
	ck_assert_msg(stamper_probe(route), "the name may be free again later");
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(raise_to(2), -EBUSY);
		ck_assert_msg(strstr(err, "ip link set gvpn-d3p name"), "%s", err);
		ck_assert_uint_eq(stamper.index, 0);
		ck_assert_uint_eq(stamper_index(&stamper, route), 0);
		ck_assert_uint_eq(lines(ROUTES), 0);
		ck_assert_int_eq(lower(0), 0);
	}
	ck_assert_uint_eq(if_nametoindex("gvpn-d3p"), index);
	ck_assert(!is_up("gvpn-d3p"));
}
END_TEST

START_TEST(a_kernel_without_the_device_says_so)
{
	NEEDS_A_KERNEL;
	if (has_xfrm) {
		ck_assert(stamper_probe(route));
		ck_assert_uint_eq(if_nametoindex("gvpn-d3p"), 0);
		return;
	}
	ck_assert(!stamper_probe(route));
	ck_assert_int_eq(raise_to(2), -EOPNOTSUPP);
	ck_assert_msg(strstr(err, "module xfrm_interface (CONFIG_XFRM_INTERFACE)"), "%s", err);
	ck_assert_uint_eq(lines(ROUTES), 0);
	ck_assert_int_eq(lower(0), 0);
}
END_TEST

START_TEST(routes_of_an_earlier_run_go_and_others_stay)
{
	char command[256];

	NEEDS_A_KERNEL;
	run("ip route add unreachable 247.118.0.0/15 proto 214 metric 99");
	run("ip route add 247.118.0.7/32 dev wan0 proto static");
	run("ip route add 192.0.0.8/32 dev wan0 proto 214");
	run("ip route add 247.116.0.0/15 dev wan0 proto 214");
	/* More than are found at once */
	for (unsigned i = 0; i < 600; i++) {
		snprintf(command, sizeof(command),
			 "echo route add 247.118.%u.%u/32 dev wan0 proto 214 >>/tmp/routes.%d", i / 200 + 1,
			 i % 200 + 1, (int)getpid());
		run(command);
	}
	snprintf(command, sizeof(command), "ip -batch /tmp/routes.%d; rm /tmp/routes.%d", (int)getpid(), (int)getpid());
	run(command);
	ck_assert_uint_eq(lines(ROUTES), 603);
	ck_assert_msg(lower(0) == 0, "%s", err);
	ck_assert_uint_eq(lines(ROUTES), 2);
	ck_assert_uint_eq(lines("ip route show 247.118.0.7 proto static"), 1);
	ck_assert(stamper.read);
}
END_TEST

/* --- news --- */

static struct links_news news_after(struct links *l, const char *command)
{
	struct links_news news;

	run(command);
	ck_assert_int_eq(links_read(l, &news), 0);
	return news;
}

START_TEST(news_of_the_device)
{
	struct names names = { 0 };
	struct links_ports own = { 1, 1, netlink_port(route) };
	struct links *l;

	NEEDS_A_KERNEL;
	ck_assert_int_eq(links_new(&l, &own, &names), 0);
	ck_assert(!news_after(l, "ip link add other type veth peer name far2; ip link set other up").stamper);
	ck_assert(news_after(l, "ip link add gvpn-d3p type veth peer name far1").stamper);
	ck_assert(!news_after(l, "ip link set far1 up; ip link set gvpn-d3p up").stamper);
	links_watch_stamper(l, if_nametoindex("gvpn-d3p"), false);
	ck_assert(!news_after(l, "ip link set other down; ip link del other").stamper);
	ck_assert(news_after(l, "ip link set gvpn-d3p down").stamper);
	ck_assert_msg(!news_after(l, "ip link set gvpn-d3p up").stamper, "it was told when it went down");
	/* By another name it is the same. */
	ck_assert(
		news_after(l, "ip link set gvpn-d3p down; ip link set gvpn-d3p name d3p; ip link set d3p up").stamper);
	ck_assert(!news_after(l, "true").stamper);
	ck_assert(news_after(l, "ip link set d3p down").stamper);
	ck_assert(news_after(l, "ip link del d3p").stamper);
	/* Another one that has the name, and gets another name */
	run("ip link add gvpn-d3p type veth peer name far1; ip link set gvpn-d3p up");
	(void)news_after(l, "true");
	links_watch_stamper(l, if_nametoindex("gvpn-d3p"), true);
	ck_assert(!news_after(l, "ip link set gvpn-d3p mtu 1400").stamper);
	ck_assert(news_after(l, "ip link property add dev gvpn-d3p altname d3p; ip link set gvpn-d3p down; "
				"ip link set gvpn-d3p name free; ip link set free up")
			  .stamper);
	ck_assert_msg(news_after(l, "ip link set free mtu 1300").stamper, "as long as nobody looks, it is news");
	links_watch_stamper(l, 0, false);
	ck_assert(!news_after(l, "ip link set free mtu 1200").stamper);
	links_free(l);
}
END_TEST

START_TEST(news_of_the_routes)
{
	struct names names = { 0 };
	struct links_ports own = { 1, 1, netlink_port(route) };
	struct links *l;

	NEEDS_A_KERNEL;
	ck_assert_int_eq(links_new(&l, &own, &names), 0);
	ck_assert(!news_after(l, "ip route add unreachable 247.118.0.0/15 proto 214; ip route add 10.0.0.0/8 dev wan0")
			   .route);
	ck_assert(!news_after(l, "ip route del 10.0.0.0/8").route);
	ck_assert(news_after(l, "ip route replace unreachable 247.118.0.0/15 proto 215").route);
	ck_assert(!news_after(l, "ip route replace 247.120.0.0/15 dev wan0").route);
	ck_assert(!news_after(l, "ip route add 247.118.0.9/32 dev wan0 proto 214").route);
	ck_assert(news_after(l, "ip route flush proto 214").route);
	links_free(l);
}
END_TEST

START_TEST(news_of_the_rule)
{
	struct names names = { 0 };
	struct links_ports own = { 1, 1, netlink_port(route) };
	struct links *l;
	struct links_news news;
	bool ruled;

	NEEDS_A_KERNEL;
	run("ip rule add pref 9 from 192.0.2.9 table 101");
	ck_assert_int_eq(carrier_rule_set(route, &ruled, err), 0);
	ck_assert_int_eq(links_new(&l, &own, &names), 0);
	ck_assert(!news_after(l, "ip rule add from 192.0.2.1 table 101; ip rule del from 192.0.2.1").route);
	ck_assert(news_after(l, "ip rule add from 192.0.2.1 table 101").rule);
	ck_assert(!news_after(l, "ip rule del from 192.0.2.1").rule);
	ck_assert(news_after(l, "ip rule del pref 1").route);
	ck_assert_int_eq(carrier_rule_set(route, &ruled, err), 0);
	ck_assert_int_eq(carrier_rule_remove(route, err), 0);
	news = news_after(l, "true");
	ck_assert_msg(!news.route && !news.rule, "our own doing");
	links_free(l);
}
END_TEST

/* A router with several uplinks has rules for their addresses, and default routes in tables of their own. */
START_TEST(the_rule_stands_before_others)
{
	bool ruled = true;

	NEEDS_A_KERNEL;
	/* Without others the kernel asks the tables alone, which is faster for all that this host sends. */
	ck_assert_msg(carrier_rule_set(route, &ruled, err) == 0, "%s", err);
	ck_assert(!ruled);
	ck_assert_uint_eq(lines("ip rule show"), 3);
	run("ip addr add 192.0.2.1/32 dev wan0; ip rule add pref 2 from 192.0.2.1 table 101; "
	    "ip route add default dev wan0 table 101; ip route add unreachable 247.118.0.0/15");
	run("ip route get 247.118.0.1 from 192.0.2.1 | grep -q 'table 101'");
	for (int i = 0; i < 2; i++)
		ck_assert_msg(carrier_rule_set(route, &ruled, err) == 0, "%s", err);
	ck_assert(ruled);
	ck_assert_uint_eq(lines("ip rule show pref 1"), 1);
	run("! ip route get 247.118.0.1 from 192.0.2.1 2>/dev/null");
	run("! ip route get 247.119.255.255 from 192.0.2.1 2>/dev/null");
	run("ip route get 247.120.0.1 from 192.0.2.1 | grep -q 'table 101'");
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(carrier_rule_remove(route, err), 0);
	ck_assert_uint_eq(lines("ip rule show pref 1"), 0);
	ck_assert_uint_eq(lines("ip rule show pref 2"), 1);
	run("ip rule del pref 2; ip rule add pref 32767 from all table 253; ip rule del pref 32766");
	ck_assert_msg(carrier_rule_set(route, &ruled, err) == 0, "%s", err);
	ck_assert_msg(ruled, "one that another program made in the place of the kernel's");
}
END_TEST

/* What fits with a stamp follows from it, and so does the MSS. */
START_TEST(news_of_the_mtu)
{
	struct names names = { 0 };
	struct links_ports own = { 1, 1, netlink_port(route) };
	struct link_list list = { 0 };
	struct sample *sample = sample_new();
	struct links *l;

	NEEDS_A_KERNEL;
	ck_assert_int_eq(links_new(&l, &own, &names), 0);
	ck_assert_int_eq(link_list_read(&list, route, err), 0);
	ck_assert_msg(links_follow(l, route, &sample->plan, &list, err) == 0, "%s", err);
	(void)news_after(l, "true");
	ck_assert(!news_after(l, "ip link set wan0 mtu 1500; ip link set far0 mtu 1400").interfaces);
	ck_assert(news_after(l, "ip link set wan0 mtu 1400").interfaces);
	links_free(l);
	link_list_clear(&list);
	free(sample);
}
END_TEST

/* --- where there are XFRM interfaces --- */

static void has_all(size_t n)
{
	ck_assert_uint_ne(stamper.index, 0);
	ck_assert_uint_eq(lines(ROUTES), 2 + n); /* the network by the device, and unreachable; carriers */
	ck_assert_uint_eq(lines("ip -d route show table main proto 214 | grep 'encap bpf'"), n);
	ck_assert_uint_eq(lines("ip -6 addr show dev gvpn-d3p 2>/dev/null"), 0);
}

START_TEST(made_kept_and_removed)
{
	uint32_t index;

	NEEDS_A_KERNEL;
	ck_assert_msg(raise_to(2) == 0, "%s", err);
	has_all(2);
	index = if_nametoindex("gvpn-d3p");
	ck_assert_uint_eq(stamper.index, index);
	ck_assert(is_up("gvpn-d3p"));
	ck_assert_msg(stamper_own_news(&stamper, route), "it was made here");
	ck_assert_msg(!stamper_own_news(&stamper, route), "and nothing was done since");
	ck_assert_int_eq(raise_to(2), 0);
	has_all(2);
	ck_assert_uint_eq(if_nametoindex("gvpn-d3p"), index);
	/* Another run of the daemon finds it. */
	stamper_clear(&stamper);
	ck_assert_int_eq(raise_to(1), 0);
	ck_assert_uint_eq(stamper.index, index);
	ck_assert_int_eq(lower(1), 0);
	has_all(1);
	ck_assert_int_eq(lower(0), 0);
	ck_assert_uint_eq(if_nametoindex("gvpn-d3p"), 0);
	ck_assert_uint_eq(lines(ROUTES), 0);
}
END_TEST

START_TEST(what_others_do_to_it_is_mended)
{
	static const char *const harm[] = {
		"ip link set gvpn-d3p down",
		"ip link set gvpn-d3p down; ip link set gvpn-d3p up",
		"ip link del gvpn-d3p",
		"ip route flush proto 214",
		"ip route del 247.118.0.1",
		"ip route del 247.118.0.0/15; ip link del gvpn-d3p",
		"ip link set wan0 down; ip link set wan0 up",
	};

	NEEDS_A_KERNEL;
	for (size_t i = 0; i < ARRAY_SIZE(harm); i++) {
		ck_assert_int_eq(raise_to(2), 0);
		has_all(2);
		(void)stamper_own_news(&stamper, route);
		run(harm[i]);
		ck_assert_msg(!stamper_own_news(&stamper, route), "%s: by others", harm[i]);
		stamper_clear(&stamper); /* as the kernel's event asks */
		ck_assert_msg(raise_to(2) == 0, "%s: %s", harm[i], err);
		has_all(2);
		ck_assert(is_up("gvpn-d3p"));
	}
}
END_TEST

/* Of an upgrade: the kernel compares programs of routes by their names alone. */
START_TEST(another_builds_program)
{
	char command[128];
	int old = program;

	NEEDS_A_KERNEL;
	ck_assert_int_eq(raise_to(1), 0);
	stamper_clear(&stamper);
	program = load_program();
	ck_assert_int_ne(program, -1);
	ck_assert_uint_ne(program_id(program), program_id(old));
	ck_assert_int_eq(raise_to(1), 0);
	has_all(1);
	snprintf(command, sizeof(command), "ip route show table main proto 214 | grep 'xmit gvpn-%u '",
		 program_id(program));
	ck_assert_uint_eq(lines(command), 1);
	close(old);
	ck_assert_int_eq(lower(0), 0);
}
END_TEST

/* The kernel has one XFRM interface of each if_id, so it is the same by another name. */
START_TEST(by_another_name)
{
	uint32_t index;

	NEEDS_A_KERNEL;
	ck_assert_int_eq(raise_to(2), 0);
	index = stamper.index;
	run("ip link set gvpn-d3p down; ip link set gvpn-d3p name mine; ip link set mine up");
	run("ip link add gvpn-d3p type veth peer name far1");
	stamper_clear(&stamper);
	ck_assert_uint_eq(stamper_index(&stamper, route), index);
	ck_assert_msg(raise_to(2) == 0, "%s", err);
	ck_assert_uint_eq(stamper.index, index);
	has_all(2);
	ck_assert_int_eq(lower(0), 0);
	ck_assert_uint_eq(if_nametoindex("mine"), 0);
	ck_assert_uint_ne(if_nametoindex("gvpn-d3p"), 0);
	ck_assert_int_eq(raise_to(2), -EBUSY);
	run("ip link del gvpn-d3p");
	ck_assert_int_eq(raise_to(2), 0);
	has_all(2);
}
END_TEST

/* In a namespace of a child's own, since the tests make theirs later. */
static bool has_xfrm_interfaces(void)
{
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(unshare(CLONE_NEWNET) == 0 && system("ip link add probe type xfrm if_id 1 2>/dev/null") == 0 ? 0
														   : 1);
	return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

int main(void)
{
	Suite *suite = suite_create("the device of the carriers");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	has_xfrm = has_xfrm_interfaces();
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_foreign_device_is_named_and_left_alone);
	tcase_add_test(t, a_kernel_without_the_device_says_so);
	tcase_add_test(t, routes_of_an_earlier_run_go_and_others_stay);
	tcase_add_test(t, news_of_the_device);
	tcase_add_test(t, news_of_the_routes);
	tcase_add_test(t, news_of_the_rule);
	tcase_add_test(t, the_rule_stands_before_others);
	tcase_add_test(t, news_of_the_mtu);
	if (has_xfrm) {
		tcase_add_test(t, made_kept_and_removed);
		tcase_add_test(t, what_others_do_to_it_is_mended);
		tcase_add_test(t, another_builds_program);
		tcase_add_test(t, by_another_name);
	} else {
		printf("NOT RUN in this kernel, which has no XFRM interfaces: four tests; scenario d3p.watch runs "
		       "them\n");
	}
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
