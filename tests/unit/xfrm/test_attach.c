/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The programs' place on an interface, in this machine's kernel.  Needs root and a kernel with BPF. */
#include "tests/unit/support/datapath_run.h"
#include "tests/unit/support/xfrm_plan.h"

#include "lib/selector.h"
#include "xfrm/bpf/datapath.h"
#include "xfrm/bpf/load.h"
#include "xfrm/link/foreign.h"
#include "xfrm/plan/ids.h"

#include <check.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/rtnetlink.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static struct datapath_run *run;
static struct netlink *route;

static void setup(void)
{
	run = datapath_run_new();
	if (!run)
		return;
	ck_assert_int_eq(netlink_open(&route, NETLINK_ROUTE), 0);
	netlink_filter_dumps(route);
}

static void teardown(void)
{
	netlink_close(route);
	datapath_run_free(run);
}

static struct attached on(const char *name, enum attach_role role)
{
	return (struct attached){ .ifindex = if_nametoindex(name), .role = role };
}

/* Whether a program was missing. */
static bool put(struct attached to)
{
	bool missing;
	char err[256];

	ck_assert_msg(attach(run->maps, route, &to, &missing, err) == 0, "%s", err);
	return missing;
}

static void shell(const char *command)
{
	ck_assert_msg(system(command) == 0, "%s", command);
}

/* What tc shows of lan0 at ingress is WANT times a filter of ours. */
static void shows(const char *program, int want)
{
	char command[256];

	snprintf(command, sizeof(command), "test $(tc filter show dev lan0 ingress | grep -c 'handle 0x6776.*') = %d",
		 want);
	shell(command);
	snprintf(command, sizeof(command), "test $(tc filter show dev lan0 ingress | grep -cw 'name %s') = %d", program,
		 want);
	shell(command);
}

START_TEST(programs_are_replaced_in_place)
{
	NEEDS_BPF;
	ck_assert(put(on("lan0", ATTACH_LAN)));
	shows("lan_in", 1);
	ck_assert(!put(on("lan0", ATTACH_LAN)));
	ck_assert(!put(on("lan0", ATTACH_OTHER)));
	shows("other_in", 1);
}
END_TEST

/* What fail-close holds leaves the zone. */
static int leaves(void)
{
	struct frame f = frame_inet(0xac106501u, 0xc6336407u, IPPROTO_UDP, 1000, 53, 0);

	f.came_by = "lan0";
	f.dev = "wan0";
	return datapath_run(run, DP_PROGRAM_WAN_OUT, &f);
}

/* At an upgrade they take the place of another build's under traffic, and their maps are new. */
START_TEST(a_builds_programs_have_a_plan_before_they_are_attached)
{
	struct sample *sample;
	struct link_list links = { 0 };
	struct tables_world host = { .links = &links };
	struct plan_rule *rule;
	struct datapath *d;
	char err[256];

	NEEDS_BPF;
	sample = sample_new();
	rule = sample_rule(sample, PLAN_BLOCK, PLAN_FAIL_CLOSE, selector_any);
	sample_sa(sample, SAMPLE_SPI, true, true);
	ck_assert_int_eq(link_list_read(&links, route, err), 0);
	ck_assert_msg(datapath_open(&d, run->folder, route, err) == 0, "%s", err);
	ck_assert_int_eq(leaves(), PASSES); /* there is no plan yet */
	ck_assert_msg(datapath_prepare(d, &sample->plan, &host, err) == 0, "%s", err);
	shows("lan_in", 1);
	ck_assert_int_eq(leaves(), DROPS);
	ck_assert_msg(datapath_switch(d, err) == 0, "%s", err);
	ck_assert_int_eq(leaves(), DROPS);

	/* From then on a plan holds when it is switched to. */
	rule->verdict = PLAN_CLEAR;
	rule->reason = PLAN_EXCLUDE;
	ck_assert_msg(datapath_prepare(d, &sample->plan, &host, err) == 0, "%s", err);
	ck_assert_int_eq(leaves(), DROPS);
	ck_assert_msg(datapath_switch(d, err) == 0, "%s", err);
	ck_assert_int_eq(leaves(), PASSES);
	datapath_close(d);

	/* Also for the next run of the same build. */
	rule->verdict = PLAN_BLOCK;
	rule->reason = PLAN_FAIL_CLOSE;
	ck_assert_msg(datapath_open(&d, run->folder, route, err) == 0, "%s", err);
	ck_assert_msg(datapath_prepare(d, &sample->plan, &host, err) == 0, "%s", err);
	ck_assert_int_eq(leaves(), PASSES);
	datapath_close(d);
	link_list_clear(&links);
	free(sample);
}
END_TEST

START_TEST(what_is_gone_is_put_back)
{
	NEEDS_BPF;
	ck_assert(put(on("lan0", ATTACH_LAN)));
	shell("ip link del lan0 && ip link add lan0 type veth peer name far-lan0 && ip link set lan0 up");
	ck_assert(put(on("lan0", ATTACH_LAN)));
	shell("tc filter del dev lan0 egress");
	ck_assert(put(on("lan0", ATTACH_LAN)));
	shell("tc qdisc del dev lan0 clsact");
	ck_assert(put(on("lan0", ATTACH_LAN)));
	detach(route, if_nametoindex("lan0"));
	shows("lan_in", 0);
	ck_assert(put(on("lan0", ATTACH_LAN)));
	shows("lan_in", 1);
}
END_TEST

START_TEST(an_interface_that_is_gone)
{
	struct attached gone = { .ifindex = 4711, .role = ATTACH_LAN };
	bool missing;
	char err[256];

	NEEDS_BPF;
	ck_assert_int_eq(attach(run->maps, route, &gone, &missing, err), -ENODEV);
	detach(route, gone.ifindex);
	detach_clsact(route, gone.ifindex);
}
END_TEST

static bool told(struct mnl_socket *events)
{
	_Alignas(struct nlmsghdr) char buf[8192];
	bool seen = false;
	ssize_t len;

	while ((len = recv(mnl_socket_get_fd(events), buf, sizeof(buf), MSG_DONTWAIT)) > 0) {
		int left = (int)len;

		for (const struct nlmsghdr *nlh = (const void *)buf; mnl_nlmsg_ok(nlh, left);
		     nlh = mnl_nlmsg_next(nlh, &left))
			seen |= foreign_changes_programs(nlh);
	}
	return seen;
}

/* Each way in which a filter goes reaches the daemon as an event. */
START_TEST(what_goes_is_told)
{
	static const char *const ways[] = { "tc qdisc del dev lan0 clsact", "tc filter del dev lan0 ingress",
					    "tc filter del dev lan0 egress pref 1",
					    "tc filter del dev lan0 ingress pref 1 handle 0x6776 bpf" };
	struct mnl_socket *events;
	int group = RTNLGRP_TC;

	NEEDS_BPF;
	events = mnl_socket_open(NETLINK_ROUTE);
	ck_assert_ptr_nonnull(events);
	ck_assert_int_eq(mnl_socket_bind(events, 0, MNL_SOCKET_AUTOPID), 0);
	ck_assert_int_eq(mnl_socket_setsockopt(events, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)), 0);
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		put(on("lan0", ATTACH_LAN));
		told(events);
		ck_assert(!told(events));
		shell(ways[i]);
		ck_assert_msg(told(events), "%s", ways[i]);
	}
	mnl_socket_close(events);
}
END_TEST

#define OTHERS "/mnt/gvpn/*/lan_out"

static void shows_others(const char *where, int want)
{
	char command[256];

	snprintf(command, sizeof(command), "test $(tc filter show dev lan0 %s | grep -c 'lan_out.*direct-action') = %d",
		 where, want);
	shell(command);
}

START_TEST(filters_of_others_stay)
{
	bool missing;
	char err[256];
	struct attached lan;

	NEEDS_BPF;
	lan = on("lan0", ATTACH_LAN);
	put(lan);
	shell("tc filter add dev lan0 ingress pref 10 bpf da object-pinned " OTHERS);
	shell("tc filter add dev lan0 ingress pref 1 handle 0x1 bpf da object-pinned " OTHERS);
	detach(route, lan.ifindex);
	detach_clsact(route, lan.ifindex);
	shows_others("ingress", 2);
	shell("tc filter add dev lan0 egress protocol ip pref 1 bpf da object-pinned " OTHERS);
	ck_assert_int_eq(attach(run->maps, route, &lan, &missing, err), -EBUSY);
	ck_assert_msg(strstr(err, "priority 1"), "%s", err);
	detach(route, lan.ifindex);
	shows_others("egress", 1);
	shell("tc filter del dev lan0 egress; tc filter del dev lan0 ingress");
	detach_clsact(route, lan.ifindex);
	shell("! tc qdisc show dev lan0 | grep -q clsact");
}
END_TEST

/* Linux 6.6; the headers of Debian 12 are older. */
struct tcx_create {
	uint32_t program, ifindex, attach_type, flags, relative, pad;
	uint64_t revision;
};

START_TEST(tcx_links_of_others_are_seen)
{
	enum { INGRESS = 46, EGRESS };
	char names[64];

	NEEDS_BPF;
	put(on("lan0", ATTACH_LAN));
	ck_assert(!attach_tcx_names(names, sizeof(names)));
	for (uint32_t type = INGRESS; type <= EGRESS; type++) {
		struct tcx_create create = { .program = (uint32_t)maps_program(run->maps, DP_PROGRAM_LAN_IN),
					     .ifindex = if_nametoindex("lan0"),
					     .attach_type = type };
		int link = (int)syscall(SYS_bpf, BPF_LINK_CREATE, &create, sizeof(create));

		ck_assert(link >= 0 || errno == EINVAL); /* EINVAL: a kernel without tcx */
		ck_assert(attach_tcx_names(names, sizeof(names)) == (link >= 0));
		ck_assert_str_eq(names, link >= 0 ? "lan0" : "");
		if (link >= 0)
			close(link);
		ck_assert(!attach_tcx_names(names, sizeof(names)));
	}
}
END_TEST

/* --- without bpf(2), as the unit has it --- */

#define KEPT_MAX 32
#define STORE "FDSTORE=1\nFDPOLL=0\nFDNAME="
#define KEPT_FIRST 200 /* where they wait, above all others */

struct kept {
	char names[KEPT_MAX][64];
	int n;
};

/* What a service manager does with a message to it; false: it was the last one. */
static bool take_message(int manager, struct kept *kept)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	char text[256] = "", *name;
	struct iovec iov = { text, sizeof(text) - 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)
	};
	ssize_t len = recvmsg(manager, &msg, 0);
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	int fd = -1;

	ck_assert_int_gt(len, 0);
	if (c)
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	if (strncmp(text, STORE, strlen(STORE)) == 0) {
		name = text + strlen(STORE);
		ck_assert_int_lt(kept->n, KEPT_MAX);
		ck_assert_int_ge(fd, 0);
		snprintf(kept->names[kept->n], sizeof(kept->names[0]), "%.63s", name);
		ck_assert_int_eq(dup2(fd, KEPT_FIRST + kept->n++), KEPT_FIRST + kept->n - 1);
	} else {
		ck_assert_msg(strncmp(text, "FDSTOREREMOVE=1\n", 16) == 0 || strcmp(text, "BARRIER=1") == 0, "%s",
			      text);
	}
	if (fd >= 0)
		close(fd);
	return strcmp(text, "BARRIER=1") != 0;
}

static void forbid_bpf(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_bpf, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { ARRAY_SIZE(code), code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		_exit(10);
}

/* The step that fails, or 0. */
static int without_bpf(const struct kept *kept)
{
	char all[KEPT_MAX * 64] = "", number[16], err[256];
	struct dp_counter c[DP_COUNT_N];
	struct datapath_run here = *run;
	struct sample *sample = sample_new();
	struct attached lan = on("lan0", ATTACH_LAN);
	struct netlink *own = NULL;
	bool missing;

	for (int i = 0; i < kept->n; i++) {
		if (dup2(KEPT_FIRST + i, 3 + i) < 0)
			return 11;
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s", i ? ":" : "", kept->names[i]);
	}
	snprintf(number, sizeof(number), "%d", getpid());
	setenv("LISTEN_PID", number, 1);
	snprintf(number, sizeof(number), "%d", kept->n);
	setenv("LISTEN_FDS", number, 1);
	setenv("LISTEN_FDNAMES", all, 1);
	forbid_bpf();
	if (syscall(SYS_bpf, BPF_MAP_CREATE, NULL, 0) == 0 || errno != EPERM)
		return 12;
	here.maps = NULL;
	if (maps_open(&here.maps, "/nowhere", err) < 0)
		return 13;
	datapath_run_apply(&here, &sample->plan);
	maps_counters(here.maps, c);
	if (netlink_open(&own, NETLINK_ROUTE) < 0 || attach(here.maps, own, &lan, &missing, err) < 0)
		return 14;
	return missing ? 0 : 15;
}

START_TEST(what_is_handed_over_needs_no_bpf)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX, .sun_path = "/tmp/test-attach-manager" };
	struct kept kept = { 0 };
	int manager, status;
	char err[256];
	pid_t pid;

	NEEDS_BPF;
	unlink(at.sun_path);
	manager = socket(AF_UNIX, SOCK_DGRAM, 0);
	ck_assert_int_eq(bind(manager, (struct sockaddr *)&at, sizeof(at)), 0);
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		setenv("NOTIFY_SOCKET", at.sun_path, 1);
		_exit(datapath_load(run->folder, 0, 0, err) == 0 ? 0 : 1);
	}
	while (take_message(manager, &kept))
		;
	unlink(at.sun_path);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	pid = fork();
	if (pid == 0)
		_exit(without_bpf(&kept));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "step %d fails", WEXITSTATUS(status));
	shows("lan_in", 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("attach");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, programs_are_replaced_in_place);
	tcase_add_test(t, a_builds_programs_have_a_plan_before_they_are_attached);
	tcase_add_test(t, what_is_gone_is_put_back);
	tcase_add_test(t, an_interface_that_is_gone);
	tcase_add_test(t, what_goes_is_told);
	tcase_add_test(t, filters_of_others_stay);
	tcase_add_test(t, tcx_links_of_others_are_seen);
	tcase_add_test(t, what_is_handed_over_needs_no_bpf);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
