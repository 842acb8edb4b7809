/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A plan as the maps of the programs have it, without a kernel. */
#include "tests/unit/support/xfrm_plan.h"
#include "xfrm/bpf/owners.h"
#include "xfrm/plan/ids.h"

#include "lib/selector.h"

#include <arpa/inet.h>
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static struct sample *sample;
static struct tables *tables;
static struct tables_world world;

static struct link_item items[] = {
	{ .index = 1, .name = "wan0" }, { .index = 2, .name = "wan1" }, { .index = 3, .name = "lan0" },
	{ .index = 4, .name = "lan1" }, { .index = 5, .name = "lab0" },
};
static const struct link_list links = { .items = items, .n = ARRAY_SIZE(items) };

static void setup(void)
{
	sample = sample_new();
	tables = NULL;
	world = (struct tables_world){ .links = &links };
}

static void teardown(void)
{
	tables_free(tables);
	free(sample);
}

static void make(void)
{
	char err[256];

	tables_free(tables);
	tables = NULL;
	ck_assert_msg(tables_of(&tables, &sample->plan, &world, err) == 0, "%s", err);
}

static const struct dp_port *port(const char *name)
{
	for (size_t i = 0; i < tables->n_ports; i++)
		if (tables->ports[i].ifindex == link_list_index(&links, name))
			return &tables->ports[i];
	return NULL;
}

static const struct dp_sa *sa(const char *name, uint32_t spi)
{
	uint32_t ifindex = name ? link_list_index(&links, name) : 0;

	for (size_t i = 0; i < tables->n_sas; i++)
		if (tables->sas[i].key.ifindex == ifindex && tables->sas[i].key.spi == htonl(spi))
			return &tables->sas[i].value;
	return NULL;
}

/* Another VPN's scope, between lab0 and the same external interface. */
static struct plan_scope *second_scope(void)
{
	struct plan_scope *s = sample_scope(sample, "wan0", SAMPLE_LOCAL);

	s->reqids = KERNEL_REQID_MIN + PLAN_REQIDS;
	snprintf(s->vpn, sizeof(s->vpn), "second");
	snprintf(s->from[0], GVPN_IFNAME_MAX, "lab0");
	return s;
}

START_TEST(interfaces_know_their_scopes)
{
	second_scope();
	make();
	ck_assert_uint_eq(tables->n_ports, 3);
	ck_assert_uint_eq(port("wan0")->external, 3);
	ck_assert_uint_eq(port("wan0")->to, 3);
	ck_assert_uint_eq(port("wan0")->local[0], htonl(SAMPLE_LOCAL));
	ck_assert_uint_eq(port("lan0")->from, 1);
	ck_assert_uint_eq(port("lan0")->vpn, KERNEL_REQID_MIN);
	ck_assert_uint_eq(port("lab0")->from, 2);
	ck_assert_uint_eq(port("lab0")->vpn, KERNEL_REQID_MIN + PLAN_REQIDS);
	/* Each says that it is none of the other zone, and the external one that it is of neither. */
	ck_assert_uint_eq(port("lan0")->foreign_bits, 0x40000000);
	ck_assert_uint_eq(port("lab0")->foreign_bits, 0x80000000);
	ck_assert_uint_eq(port("wan0")->foreign_bits, 0xc0000000);
	ck_assert_uint_eq(tables->plan.zone_bits, 0xc0000000);
}
END_TEST

START_TEST(an_interface_of_two_vpns_has_no_only_one)
{
	snprintf(second_scope()->from[0], GVPN_IFNAME_MAX, "lan0");
	make();
	ck_assert_uint_eq(port("lan0")->from, 3);
	ck_assert_uint_eq(port("lan0")->vpn, 0);
}
END_TEST

START_TEST(an_interface_that_is_not_there)
{
	snprintf(sample->scopes[0].from[0], GVPN_IFNAME_MAX, "gone0");
	sample_sa(sample, SAMPLE_SPI, true, true);
	make();
	ck_assert_uint_eq(tables->n_ports, 1);
	ck_assert_uint_eq(sa("wan0", SAMPLE_SPI)->port, 0);
	snprintf(sample->scopes[0].external, GVPN_IFNAME_MAX, "gone1");
	make();
	ck_assert_ptr_null(sa("wan0", SAMPLE_SPI));
	ck_assert_ptr_nonnull(sa(NULL, SAMPLE_SPI)); /* what it makes has another way to be refused */
}
END_TEST

START_TEST(sas_by_direction)
{
	static const struct tables_sending old[] = { { .spi = 0x2222, .reqid = KERNEL_REQID_MIN },
						     { .spi = 0x3333, .reqid = KERNEL_REQID_MAX } };

	second_scope();
	sample_sa(sample, SAMPLE_SPI, true, true)->scope = 0;
	world.sending = old;
	world.n_sending = ARRAY_SIZE(old);
	make();
	/* Opened on its way to any zone behind the uplink, and sent from those of its own VPN alone. */
	ck_assert_uint_eq(sa("wan0", SAMPLE_SPI)->scopes, 3);
	ck_assert_uint_eq(sa("wan0", SAMPLE_SPI)->local[0], htonl(SAMPLE_LOCAL));
	ck_assert_uint_eq(sa(NULL, SAMPLE_SPI)->scopes, 1);
	ck_assert_uint_eq(sa(NULL, SAMPLE_SPI)->port, link_list_index(&links, "lan0"));
	ck_assert_uint_eq(sa(NULL, 0x2222)->scopes, 1);
	ck_assert_ptr_null(sa(NULL, 0x3333)); /* of no VPN of the plan */
	ck_assert_uint_eq(tables->n_sas, 3);
}
END_TEST

/* With or without stamps, of a plan and of the one before. */
START_TEST(ivs_of_counter_mode)
{
	static const struct tables_sending old = {
		.spi = 0x2222, .reqid = KERNEL_REQID_MIN, .counter_mode = true, .prefix = 0xa5123456, .stamps = true
	};
	static const uint32_t windows[] = { 0, 1000 };

	sample_sa(sample, SAMPLE_SPI, true, true);
	world.sending = &old;
	world.n_sending = 1;
	for (size_t i = 0; i < ARRAY_SIZE(windows); i++) {
		struct plan_sa *p = &sample->sas[0];

		p->tek.cipher = CIPHER_AES_GCM_8_128;
		p->window_ms = windows[i];
		p->sender = (struct sender){ .bits = 8, .id = 0x5a, .has_prefix = true, .prefix = 0x5a123456 };
		p->out = false; /* before its time */
		make();
		ck_assert_uint_eq(sa(NULL, SAMPLE_SPI)->iv, htonl(0x5a123456));
		ck_assert_uint_eq(sa(NULL, SAMPLE_SPI)->iv_mask, UINT32_MAX);
		ck_assert_uint_eq(sa(NULL, SAMPLE_SPI)->window_ms, windows[i]);
		ck_assert_uint_eq(sa("wan0", SAMPLE_SPI)->iv_mask, 0);
		ck_assert_uint_eq(sa(NULL, 0x2222)->iv, htonl(0xa5123456));
		ck_assert_uint_eq(sa(NULL, 0x2222)->iv_mask, UINT32_MAX);
		ck_assert_uint_ne(sa(NULL, 0x2222)->window_ms, 0);
	}
}
END_TEST

START_TEST(what_an_sa_carries_in_either_sense_once)
{
	struct selector one_way = sample_selector((struct ip_prefix){ 0x0a000000, 8 }, SAMPLE_GROUP);

	sample_sa(sample, SAMPLE_SPI, true, true); /* its policy reads the same in both senses */
	sample_fit(sample, SAMPLE_REQID, one_way);
	sample_sa_of(sample, 0x1111, false, true, SAMPLE_REQID + 1, one_way); /* does not receive */
	make();
	ck_assert_uint_eq(tables->n_reqids, 1);
	ck_assert_uint_eq(tables->reqids[0].reqid, SAMPLE_REQID);
	ck_assert_uint_eq(tables->reqids[0].value.n, 3);
}
END_TEST

START_TEST(rules_as_the_plan_has_them)
{
	struct selector s = sample_group();

	s.dport = (struct port_range){ 53, 53 };
	sample_rule(sample, PLAN_CLEAR, PLAN_EXCLUDE, s)->way = PLAN_IN;
	sample_rule(sample, PLAN_ENCRYPT, PLAN_GROUP_POLICY, sample_group());
	make();
	ck_assert_uint_eq(tables->scopes[0].n, 2);
	ck_assert_uint_eq(tables->rules[0].ways, DP_WAY_IN);
	ck_assert_uint_eq(tables->rules[0].sel.ports, 1);
	ck_assert_uint_eq(tables->rules[0].sel.src_mask[0], htonl(0xfff00000));
	ck_assert_uint_eq(tables->rules[1].ways, DP_WAY_IN | DP_WAY_OUT);
	ck_assert_uint_eq(tables->rules[1].sel.ports, 0);
	ck_assert_uint_ne(tables->rules[0].count, tables->rules[1].count);
}
END_TEST

/* A rule keeps its counter over plans, whatever stands before it, and whether it has a key. */
START_TEST(counters_keep_their_owners)
{
	uint64_t owners[DP_COUNTS];
	uint32_t count;

	sample_rule(sample, PLAN_ENCRYPT, PLAN_GROUP_POLICY, sample_group());
	make();
	count = tables->rules[0].count;
	ck_assert(count > 0 && tables->fresh[count]);
	memcpy(owners, tables->owners, sizeof(owners));
	world.owners = owners;
	sample->rules[0][1] = sample->rules[0][0];
	sample->rules[0][0].reason = PLAN_EXCLUDE;
	sample->rules[0][1].verdict = PLAN_BLOCK;
	sample->scopes[0].n_rules = 2;
	make();
	ck_assert_uint_eq(tables->rules[1].count, count);
	ck_assert(!tables->fresh[count]);
	ck_assert(tables->fresh[tables->rules[0].count]);
	/* All places are taken: one whose rule is gone is given away, and begins at 0. */
	for (uint32_t i = 1; i < DP_COUNTS; i++)
		if (owners[i] == 0)
			owners[i] = UINT64_MAX - i;
	make();
	ck_assert_uint_eq(tables->rules[1].count, count);
	ck_assert(tables->rules[0].count != count && tables->fresh[tables->rules[0].count]);
}
END_TEST

START_TEST(what_is_too_much_is_refused)
{
	char err[256] = "";

	for (size_t i = 0; i < 3; i++) {
		if (i > 0)
			second_scope();
		for (size_t j = 0; j < 2000; j++)
			sample_rule(sample, PLAN_CLEAR, PLAN_EXCLUDE, sample_group());
	}
	ck_assert_int_eq(tables_of(&tables, &sample->plan, &world, err), -E2BIG);
	ck_assert_msg(strstr(err, "6000 rules") != NULL, "%s", err);
	ck_assert_ptr_null(tables);
}
END_TEST

/* As many as there is room for are taken, one more is refused by name, and nothing is written behind the end. */
START_TEST(more_policies_of_sas_than_there_is_room)
{
	struct plan_fit *fits = calloc(DP_FITS / 2 + 1, sizeof(*fits));
	char err[256] = "";

	ck_assert_ptr_nonnull(fits);
	sample_sa(sample, SAMPLE_SPI, true, true);
	sample->plan.fits = fits;
	for (uint32_t i = 0; i < DP_FITS / 2 + 1; i++)
		fits[i] = (struct plan_fit){ .reqid = SAMPLE_REQID,
					     .sel = sample_selector((struct ip_prefix){ 0x0a000000 | i, 32 },
								    (struct ip_prefix){ 0x0b000000 | i, 32 }) };
	sample->plan.n_fits = DP_FITS / 2;
	make();
	ck_assert_uint_eq(tables->n_fits, DP_FITS);
	tables_free(tables);
	tables = NULL;
	sample->plan.n_fits++;
	ck_assert_int_eq(tables_of(&tables, &sample->plan, &world, err), -E2BIG);
	ck_assert_msg(strstr(err, "policies of SAs") != NULL, "%s", err);
	free(fits);
}
END_TEST

/* How many octets of the tables are in memory, in whole pages (mincore(2)). */
static size_t octets_in_memory(void)
{
	static unsigned char pages[sizeof(struct tables) / 4096 + 2];
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *begin = (uint8_t *)tables - (uintptr_t)tables % page, *end = (uint8_t *)(tables + 1);
	size_t n = 0;

	ck_assert_int_eq(mincore(begin, (size_t)(end - begin), pages), 0);
	for (size_t i = 0; i < ((size_t)(end - begin) + page - 1) / page; i++)
		n += pages[i] & 1 ? page : 0;
	return n;
}

/* Tables are as large as the maps, and a daemon makes them for every change: a small plan takes little of that. */
START_TEST(a_small_plan_takes_little_memory)
{
	sample_rule(sample, PLAN_BLOCK, PLAN_FAIL_CLOSE, selector_any);
	make();
	for (int i = 0; i < 5; i++) {
		struct tables *had =
			tables; /* as datapath_prepare() does: the old ones go when the new ones are there */

		ck_assert_uint_lt(octets_in_memory(), sizeof(struct tables) / 8);
		tables = NULL;
		make();
		tables_free(had);
	}
}
END_TEST

START_TEST(the_neighbour_that_nobody_is)
{
	static const uint8_t ids[] = KERNEL_DUMMY_NEIGHBOUR, shapes[] = DP_NOBODY;

	ck_assert_mem_eq(ids, shapes, sizeof(ids));
	ck_assert_uint_eq(DP_DUMMY, KERNEL_DUMMY);
	ck_assert_uint_eq(DP_REQID_FIRST, KERNEL_REQID_MIN);
	ck_assert_uint_eq(DP_REQID_MASK, KERNEL_REQID_MASK);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bpf tables");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, interfaces_know_their_scopes);
	tcase_add_test(t, an_interface_of_two_vpns_has_no_only_one);
	tcase_add_test(t, an_interface_that_is_not_there);
	tcase_add_test(t, sas_by_direction);
	tcase_add_test(t, ivs_of_counter_mode);
	tcase_add_test(t, what_an_sa_carries_in_either_sense_once);
	tcase_add_test(t, rules_as_the_plan_has_them);
	tcase_add_test(t, counters_keep_their_owners);
	tcase_add_test(t, what_is_too_much_is_refused);
	tcase_add_test(t, more_policies_of_sas_than_there_is_room);
	tcase_add_test(t, a_small_plan_takes_little_memory);
	tcase_add_test(t, the_neighbour_that_nobody_is);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
