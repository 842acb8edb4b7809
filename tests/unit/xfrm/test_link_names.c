/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's names of the interfaces that a plan names. */
#include "xfrm/link/names.h"

#include <check.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

static struct message m;
static struct named items[4];
static const struct names names = { .items = items, .n = ARRAY_SIZE(items) };
static struct plan_scope scope;

static void is_seen(size_t i, const char *name, uint32_t index, const char *now)
{
	items[i] = (struct named){ .seen.index = index };
	snprintf(items[i].name, sizeof(items[i].name), "%s", name);
	snprintf(items[i].seen.name, sizeof(items[i].seen.name), "%s", now);
}

static void has_master(size_t i, uint32_t index, const char *name, const char *kind)
{
	items[i].seen.master = index;
	snprintf(items[i].seen.master_name, sizeof(items[i].seen.master_name), "%s", name);
	snprintf(items[i].seen.kind, sizeof(items[i].seen.kind), "%s", kind);
}

static void setup(void)
{
	is_seen(0, "wan0", 3, "wan0");
	is_seen(1, "wan1", 0, "");
	is_seen(2, "lan0", 4, "lan0");
	is_seen(3, "lan1", 5, "lan1");
	scope = (struct plan_scope){
		.external = "wan0", .from = { "lan0", "lan1" }, .n_from = 2, .to = { "wan0", "wan1" }, .n_to = 2
	};
}

/* "EXTERNAL | FROM... | TO..." */
static const char *text_of(const struct plan_scope *s)
{
	static char text[256];
	int n = snprintf(text, sizeof(text), "%s |", s->external);

	for (size_t i = 0; i < s->n_from; i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n, " %s", s->from[i]);
	n += snprintf(text + n, sizeof(text) - (size_t)n, " |");
	for (size_t i = 0; i < s->n_to; i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n, " %s", s->to[i]);
	return text;
}

static const char *rewritten(void)
{
	ck_assert_int_eq(names_rewrite(&names, &scope), 0);
	return text_of(&scope);
}

START_TEST(plain)
{
	ck_assert_str_eq(rewritten(), "wan0 | lan0 lan1 | wan0 wan1");
}
END_TEST

START_TEST(renamed)
{
	is_seen(0, "wan0", 3, "up0");
	is_seen(3, "lan1", 5, "down0");
	ck_assert_str_eq(rewritten(), "up0 | lan0 lan1 down0 | wan0 wan1 up0");
}
END_TEST

START_TEST(ports_of_a_bridge)
{
	has_master(2, 9, "br0", "bridge");
	has_master(3, 9, "br0", "bridge");
	has_master(0, 10, "bond0", "bond");
	ck_assert_str_eq(rewritten(), "bond0 | lan0 lan1 br0 | wan0 wan1 bond0");
}
END_TEST

START_TEST(within_a_vrf)
{
	has_master(0, 9, "red", "vrf");
	has_master(2, 9, "red", "vrf");
	ck_assert_str_eq(rewritten(), "wan0 | lan0 lan1 red | wan0 wan1 red");
	ck_assert(names_in_vrf(&names, &scope));
	items[0].seen.master = 0;
	ck_assert(names_in_vrf(&names, &scope));
	items[2].seen.master = 0;
	ck_assert(!names_in_vrf(&names, &scope));
	has_master(2, 9, "red", "vrf");
	scope.n_from = PLAN_INTERFACES_MAX;
	for (size_t i = 0; i < PLAN_INTERFACES_MAX; i++)
		snprintf(scope.from[i], sizeof(scope.from[i]), i == 0 ? "lan0" : "x%zu", i);
	ck_assert_int_eq(names_rewrite(&names, &scope), -E2BIG);
}
END_TEST

static bool concerns(uint16_t type, uint8_t family, int index, const char *name, uint32_t master)
{
	struct ifinfomsg *ifi;

	message_start(&m, type, 0);
	ifi = message_extra(&m, sizeof(*ifi));
	ifi->ifi_family = family;
	ifi->ifi_index = index;
	message_put(&m, IFLA_IFNAME, name, strlen(name) + 1);
	if (master != 0)
		message_put_u32(&m, IFLA_MASTER, master);
	return names_concerned(&names, &m.hdr);
}

START_TEST(news)
{
	ck_assert(!concerns(RTM_NEWLINK, AF_UNSPEC, 3, "wan0", 0));
	ck_assert_msg(concerns(RTM_NEWLINK, AF_UNSPEC, 3, "up0", 0), "renamed");
	ck_assert_msg(concerns(RTM_NEWLINK, AF_UNSPEC, 3, "wan0", 9), "put into a bridge");
	ck_assert_msg(!concerns(RTM_DELLINK, AF_BRIDGE, 3, "wan0", 9), "the bridge's own news");
	ck_assert_msg(concerns(RTM_DELLINK, AF_UNSPEC, 3, "wan0", 0), "gone");
	ck_assert_msg(concerns(RTM_NEWLINK, AF_UNSPEC, 7, "wan1", 0), "come");
	ck_assert_msg(concerns(RTM_NEWLINK, AF_UNSPEC, 7, "wan0", 0), "another of the name");
	ck_assert(!concerns(RTM_NEWLINK, AF_UNSPEC, 7, "eth0", 0));
	ck_assert(!concerns(RTM_DELLINK, AF_UNSPEC, 7, "eth0", 0));
	is_seen(0, "wan0", 3, "up0");
	ck_assert(!concerns(RTM_NEWLINK, AF_UNSPEC, 3, "up0", 0));
	ck_assert_msg(concerns(RTM_NEWLINK, AF_UNSPEC, 3, "wan0", 0), "renamed back");
	m.hdr.nlmsg_len = sizeof(m.hdr) + 4;
	ck_assert(!names_concerned(&names, &m.hdr));
}
END_TEST

START_TEST(the_kind_of_a_master)
{
	struct link_item s;
	struct nlattr *info;

	ck_assert(!concerns(RTM_NEWLINK, AF_UNSPEC, 7, "eth0", 12));
	info = message_nest(&m, IFLA_LINKINFO);
	message_put(&m, IFLA_INFO_KIND, "veth", 5);
	message_put(&m, IFLA_INFO_SLAVE_KIND, "vrf", 4);
	message_nest_end(&m, info);
	ck_assert(link_parse(&m.hdr, &s));
	ck_assert_uint_eq(s.index, 7);
	ck_assert_uint_eq(s.master, 12);
	ck_assert_str_eq(s.name, "eth0");
	ck_assert_str_eq(s.kind, "vrf");
	ck_assert(!s.up);
	message_put_u32(&m, IFLA_MTU, 1400);
	((struct ifinfomsg *)mnl_nlmsg_get_payload(&m.hdr))->ifi_flags = IFF_UP | IFF_RUNNING;
	ck_assert(link_parse(&m.hdr, &s));
	ck_assert(s.up);
	ck_assert_uint_eq(s.mtu, 1400);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("link names");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, plain);
	tcase_add_test(t, renamed);
	tcase_add_test(t, ports_of_a_bridge);
	tcase_add_test(t, within_a_vrf);
	tcase_add_test(t, news);
	tcase_add_test(t, the_kind_of_a_master);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
