/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What others do to what is ours: which messages say so, and which the kernel is told to leave out. */
#include "xfrm/link/foreign.h"
#include "xfrm/plan/ids.h"

#include <arpa/inet.h>
#include <check.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/xfrm.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define OWN 77
#define OTHER 78

static struct message m;

static void make(uint16_t type, uint32_t port)
{
	message_start(&m, type, 0);
	m.hdr.nlmsg_pid = port;
}

static void make_state(uint32_t reqid, uint32_t port)
{
	struct xfrm_usersa_info info = { .reqid = reqid, .family = AF_INET };

	make(XFRM_MSG_DELSA, port);
	message_extra(&m, sizeof(struct xfrm_usersa_id));
	message_put(&m, XFRMA_SA, &info, sizeof(info));
}

static void make_policy(uint32_t priority, uint16_t family)
{
	struct xfrm_userpolicy_info info = { .priority = priority, .sel.family = family };

	make(XFRM_MSG_DELPOLICY, OTHER);
	message_extra(&m, sizeof(struct xfrm_userpolicy_id));
	message_put(&m, XFRMA_POLICY, &info, sizeof(info));
}

static void make_table(uint8_t family, const char *name, uint16_t type, uint32_t port)
{
	struct nfgenmsg *nfg;

	make((uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), port);
	nfg = message_extra(&m, sizeof(*nfg));
	nfg->nfgen_family = family;
	message_put(&m, NFTA_TABLE_NAME, name, strlen(name) + 1);
}

static void make_elements(const char *set, uint16_t type, uint32_t port)
{
	make_table(NFPROTO_IPV4, KERNEL_TABLE, type, port);
	message_put(&m, NFTA_SET_ELEM_LIST_SET, set, strlen(set) + 1);
}

typedef int (*filter_fn)(int fd, uint32_t own_port);

/* The kernel's filter on a pair of sockets, given the same octets. */
static bool passes(filter_fn filter)
{
	uint8_t back[MESSAGE_MAX];
	int fd[2];
	bool passed;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, fd), 0);
	ck_assert_int_eq(filter(fd[1], OWN), 0);
	/* What a filter refuses is refused to the sender here; a netlink broadcast goes on without it. */
	passed = send(fd[0], m.octets, m.hdr.nlmsg_len, MSG_DONTWAIT) == (ssize_t)m.hdr.nlmsg_len;
	passed = passed && recv(fd[1], back, sizeof(back), MSG_DONTWAIT) == (ssize_t)m.hdr.nlmsg_len;
	close(fd[0]);
	close(fd[1]);
	return passed;
}

static bool filter_passes(void)
{
	return passes(foreign_filter_xfrm);
}

START_TEST(flushes)
{
	static const uint16_t types[] = { XFRM_MSG_FLUSHSA, XFRM_MSG_FLUSHPOLICY };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		make(types[i], OTHER);
		ck_assert(foreign_changes_xfrm(&m.hdr, OWN));
		ck_assert(filter_passes());
		make(types[i], OWN);
		ck_assert(!foreign_changes_xfrm(&m.hdr, OWN));
		ck_assert(!filter_passes());
	}
}
END_TEST

START_TEST(states)
{
	static const struct {
		uint32_t reqid;
		bool ours;
	} cases[] = { { KERNEL_REQID_MIN, true },
		      { KERNEL_REQID_MAX, true },
		      { KERNEL_REQID_MIN - 1, false },
		      { KERNEL_REQID_MAX + 1, false },
		      { 42, false } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		make_state(cases[i].reqid, OTHER);
		ck_assert_int_eq(foreign_changes_xfrm(&m.hdr, OWN), cases[i].ours);
		ck_assert_int_eq(filter_passes(), cases[i].ours);
		make_state(cases[i].reqid, OWN);
		ck_assert(!foreign_changes_xfrm(&m.hdr, OWN));
		ck_assert(!filter_passes());
	}
	make_state(KERNEL_REQID_MIN, OTHER);
	m.hdr.nlmsg_type = XFRM_MSG_NEWSA;
	ck_assert(!foreign_changes_xfrm(&m.hdr, OWN));
	ck_assert(!filter_passes());
	make_state(KERNEL_REQID_MIN, OTHER);
	m.hdr.nlmsg_len = sizeof(m.hdr) + sizeof(struct xfrm_usersa_id);
	ck_assert(!foreign_changes_xfrm(&m.hdr, OWN));
	ck_assert(!filter_passes());
	m.hdr.nlmsg_len = sizeof(m.hdr);
	ck_assert(!foreign_changes_xfrm(&m.hdr, OWN));
}
END_TEST

START_TEST(policies)
{
	static const struct {
		uint32_t priority;
		bool ours;
	} cases[] = { { KERNEL_PRIORITY_MIN, true },        { KERNEL_PRIORITY_MAX, true },
		      { KERNEL_PRIORITY_IN_MIN, true },     { KERNEL_PRIORITY_IN_MAX, true },
		      { KERNEL_PRIORITY_MIN - 1, false },   { KERNEL_PRIORITY_MAX + 1, false },
		      { KERNEL_PRIORITY_IN_MAX + 1, false } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		make_policy(cases[i].priority, AF_INET);
		ck_assert_int_eq(foreign_changes_xfrm(&m.hdr, OWN), cases[i].ours);
		make_policy(cases[i].priority, AF_INET6);
		ck_assert(!foreign_changes_xfrm(&m.hdr, OWN));
	}
	make_policy(KERNEL_PRIORITY_MIN, AF_INET);
	ck_assert(filter_passes());
	m.hdr.nlmsg_pid = OWN;
	ck_assert(!foreign_changes_xfrm(&m.hdr, OWN));
	m.hdr.nlmsg_pid = OTHER;
	m.hdr.nlmsg_len = sizeof(m.hdr) + 4;
	ck_assert(!foreign_changes_xfrm(&m.hdr, OWN));
}
END_TEST

START_TEST(tables)
{
	make_table(NFPROTO_IPV4, KERNEL_TABLE, NFT_MSG_DELTABLE, OTHER);
	ck_assert(foreign_changes_table(&m.hdr, OWN));
	make_table(NFPROTO_IPV4, KERNEL_TABLE, NFT_MSG_DELTABLE, OWN);
	ck_assert(!foreign_changes_table(&m.hdr, OWN));
	make_table(NFPROTO_IPV4, KERNEL_TABLE "x", NFT_MSG_DELTABLE, OTHER);
	ck_assert(!foreign_changes_table(&m.hdr, OWN));
	make_table(NFPROTO_INET, KERNEL_TABLE, NFT_MSG_DELTABLE, OTHER);
	ck_assert_msg(!foreign_changes_table(&m.hdr, OWN), "inet gvpn is another table than ip gvpn");
	make_table(NFPROTO_IPV6, KERNEL_TABLE, NFT_MSG_DELTABLE, OTHER);
	ck_assert(foreign_changes_table(&m.hdr, OWN));
	make_elements("spi_out_df", NFT_MSG_DELSETELEM, OTHER);
	ck_assert(foreign_changes_table(&m.hdr, OWN));
	make_elements("spi_out_df", NFT_MSG_NEWSETELEM, OWN);
	ck_assert(!foreign_changes_table(&m.hdr, OWN));
	make_table(NFPROTO_IPV4, KERNEL_TABLE, NFT_MSG_NEWRULE, OTHER);
	ck_assert(foreign_changes_table(&m.hdr, OWN));
	m.hdr.nlmsg_len = sizeof(m.hdr) + 1;
	ck_assert(!foreign_changes_table(&m.hdr, OWN));
}
END_TEST

static void make_tc(uint16_t type, uint32_t parent, uint32_t priority)
{
	struct tcmsg *tc;

	message_start(&m, type, 0);
	tc = message_extra(&m, sizeof(*tc));
	tc->tcm_parent = parent;
	tc->tcm_info = priority << 16;
}

/* clsact, and filters in the place of ours; other queueing disciplines and other filters change nothing. */
START_TEST(programs)
{
	make_tc(RTM_DELQDISC, TC_H_CLSACT, 0);
	ck_assert(foreign_changes_programs(&m.hdr));
	make_tc(RTM_DELQDISC, TC_H_ROOT, 0);
	ck_assert(!foreign_changes_programs(&m.hdr));
	make_tc(RTM_NEWQDISC, TC_H_CLSACT, 0);
	ck_assert(!foreign_changes_programs(&m.hdr));
	make_tc(RTM_DELTFILTER, TC_H_CLSACT, 0); /* all of them */
	ck_assert(foreign_changes_programs(&m.hdr));
	make_tc(RTM_DELTFILTER, TC_H_CLSACT, 1);
	ck_assert(foreign_changes_programs(&m.hdr));
	make_tc(RTM_NEWTFILTER, TC_H_CLSACT, 1);
	ck_assert(foreign_changes_programs(&m.hdr));
	make_tc(RTM_NEWTFILTER, TC_H_CLSACT, 49152);
	ck_assert(!foreign_changes_programs(&m.hdr));
	m.hdr.nlmsg_len = sizeof(m.hdr) + 1;
	ck_assert(!foreign_changes_programs(&m.hdr));
}
END_TEST

/* What our transactions tell never comes to the socket, however large they are. */
START_TEST(own_transactions)
{
	make_table(NFPROTO_IPV4, KERNEL_TABLE, NFT_MSG_NEWRULE, OWN);
	ck_assert(!passes(foreign_filter_table));
	make_table(NFPROTO_IPV4, KERNEL_TABLE, NFT_MSG_NEWGEN, OWN);
	ck_assert(!passes(foreign_filter_table));
	make_table(NFPROTO_IPV4, KERNEL_TABLE, NFT_MSG_DELTABLE, OTHER);
	ck_assert(passes(foreign_filter_table));
	make_table(NFPROTO_IPV4, KERNEL_TABLE, NFT_MSG_DELTABLE, 0);
	ck_assert_msg(passes(foreign_filter_table), "the kernel's own changes are not ours");
}
END_TEST

static void make_route(uint16_t type, uint16_t flags, uint32_t dst, uint8_t protocol, uint32_t port)
{
	struct rtmsg *rtm;

	make(type, port);
	m.hdr.nlmsg_flags = flags;
	rtm = message_extra(&m, sizeof(*rtm));
	rtm->rtm_family = AF_INET;
	rtm->rtm_dst_len = 32;
	rtm->rtm_protocol = protocol;
	message_put_u32(&m, RTA_TABLE, RT_TABLE_MAIN);
	message_put_u32(&m, RTA_DST, htonl(dst));
	message_put_u32(&m, RTA_OIF, 3);
}

static bool route_passes(void)
{
	return passes(foreign_filter_route);
}

START_TEST(routes_to_the_dummy_address)
{
	make_route(RTM_DELROUTE, 0, KERNEL_DUMMY, KERNEL_RTPROT, OTHER);
	ck_assert(foreign_changes_route(&m.hdr, OWN));
	ck_assert(route_passes());
	make_route(RTM_DELROUTE, 0, KERNEL_DUMMY, KERNEL_RTPROT, OWN);
	ck_assert(!foreign_changes_route(&m.hdr, OWN));
	ck_assert(!route_passes());
	make_route(RTM_DELROUTE, 0, KERNEL_DUMMY, RTPROT_STATIC, OTHER);
	ck_assert_msg(!foreign_changes_route(&m.hdr, OWN), "it was not ours");
	make_route(RTM_NEWROUTE, NLM_F_REPLACE, KERNEL_DUMMY, RTPROT_STATIC, OTHER);
	ck_assert_msg(foreign_changes_route(&m.hdr, OWN), "it may have replaced ours");
	ck_assert(route_passes());
	make_route(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, KERNEL_DUMMY, RTPROT_STATIC, OTHER);
	ck_assert_msg(!foreign_changes_route(&m.hdr, OWN), "it stands beside ours");
	make_route(RTM_DELROUTE, 0, KERNEL_DUMMY, KERNEL_RTPROT, OTHER);
	m.hdr.nlmsg_len = sizeof(m.hdr) + 4;
	ck_assert(!foreign_changes_route(&m.hdr, OWN));
}
END_TEST

/* The network of the carriers, and each of them */
START_TEST(routes_to_carriers)
{
	for (uint8_t len = 0; len <= 32; len++) {
		make_route(RTM_DELROUTE, 0, KERNEL_CARRIERS, KERNEL_RTPROT, OTHER);
		((struct rtmsg *)mnl_nlmsg_get_payload(&m.hdr))->rtm_dst_len = len;
		ck_assert_int_eq(foreign_changes_route(&m.hdr, OWN), len >= KERNEL_CARRIERS_LEN);
		ck_assert(route_passes());
	}
	make_route(RTM_DELROUTE, 0, kernel_carrier(KERNEL_REQID_MAX), KERNEL_RTPROT, OTHER);
	ck_assert(foreign_changes_route(&m.hdr, OWN));
	ck_assert(route_passes());
	make_route(RTM_DELROUTE, 0, kernel_carrier(KERNEL_REQID_MAX), KERNEL_RTPROT, OWN);
	ck_assert(!foreign_changes_route(&m.hdr, OWN));
	ck_assert(!route_passes());
	make_route(RTM_DELROUTE, 0, KERNEL_CARRIERS + 0x20000, KERNEL_RTPROT, OTHER);
	ck_assert(!foreign_changes_route(&m.hdr, OWN));
	ck_assert(!route_passes());
}
END_TEST

/* A million routes of a router's: none wakes us. */
START_TEST(routes_to_elsewhere_are_left_out)
{
	struct rtmsg *rtm;

	make_route(RTM_DELROUTE, 0, KERNEL_DUMMY + 1, KERNEL_RTPROT, OTHER);
	ck_assert(!foreign_changes_route(&m.hdr, OWN));
	ck_assert(!route_passes());
	make_route(RTM_NEWROUTE, NLM_F_REPLACE, 0x0a000000, RTPROT_BGP, OTHER);
	ck_assert(!route_passes());
	make_route(RTM_DELROUTE, 0, KERNEL_DUMMY, KERNEL_RTPROT, OTHER);
	rtm = mnl_nlmsg_get_payload(&m.hdr);
	rtm->rtm_dst_len = 24;
	ck_assert(!foreign_changes_route(&m.hdr, OWN));
	ck_assert(!route_passes());
	make(RTM_DELROUTE, OTHER);
	rtm = message_extra(&m, sizeof(*rtm));
	rtm->rtm_dst_len = 32;
	ck_assert_msg(!route_passes(), "no destination");
	make(RTM_NEWLINK, OWN);
	ck_assert_msg(route_passes(), "links and addresses are not filtered");
	make(RTM_DELADDR, OTHER);
	ck_assert(route_passes());
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("foreign");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(t, flushes);
	tcase_add_test(t, states);
	tcase_add_test(t, policies);
	tcase_add_test(t, tables);
	tcase_add_test(t, programs);
	tcase_add_test(t, own_transactions);
	tcase_add_test(t, routes_to_the_dummy_address);
	tcase_add_test(t, routes_to_carriers);
	tcase_add_test(t, routes_to_elsewhere_are_left_out);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
