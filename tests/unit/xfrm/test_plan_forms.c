/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A plan's zones as bits of the mark, its ports as pairs of value and mask, its protocols one by one. */
#include "tests/unit/support/xfrm_plan.h"
#include "xfrm/plan/forms.h"
#include "xfrm/plan/ids.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

/* Every range: the pairs cover each of its ports once and no other. */
START_TEST(port_pairs)
{
	static const uint16_t edges[] = { 0,    1,    2,    3,     7,     8,     22,    79,   80,
					  1023, 1024, 5000, 32767, 32768, 65533, 65534, 65535 };
	static uint8_t covered[0x10000];

	for (size_t a = 0; a < ARRAY_SIZE(edges); a++)
		for (size_t b = a; b < ARRAY_SIZE(edges); b++) {
			uint16_t value, mask;
			size_t pairs = 0;

			memset(covered, 0, sizeof(covered));
			for (uint32_t at = edges[a]; port_pair_next(&at, edges[b], &value, &mask); pairs++) {
				ck_assert_uint_eq(value & (uint16_t)~mask, 0);
				for (uint32_t port = value; port <= (value | (uint16_t)~mask); port++)
					covered[port]++;
			}
			ck_assert_uint_le(pairs, 30);
			for (uint32_t port = 0; port < 0x10000; port++)
				if (covered[port] != (port >= edges[a] && port <= edges[b]))
					ck_abort_msg("%u-%u: port %u", edges[a], edges[b], port);
		}
}
END_TEST

START_TEST(protocols_of_a_selector)
{
	struct selector s = sample_group();
	uint8_t p[SELECTOR_PROTOCOLS_MAX];

	ck_assert_uint_eq(selector_protocols(&s, p), 1);
	ck_assert_uint_eq(p[0], 0);
	s.protocol = 1;
	ck_assert_uint_eq(selector_protocols(&s, p), 1);
	s.dport = (struct port_range){ 179, 179 };
	ck_assert_msg(selector_protocols(&s, p) == 0, "ICMP has no ports");
	s.protocol = 6;
	ck_assert_uint_eq(selector_protocols(&s, p), 1);
	s.protocol = 0;
	ck_assert_msg(selector_protocols(&s, p) == 5, "ports of any protocol: each that has them");
}
END_TEST

/* A zone is the set of its interfaces, in whatever order. */
START_TEST(zones_are_sets)
{
	struct plan_scope scopes[10] = { 0 };
	struct plan plan = { .scopes = scopes, .n_scopes = 2 };
	struct zones z;

	for (size_t i = 0; i < ARRAY_SIZE(scopes); i++) {
		scopes[i].n_from = 2;
		memcpy(scopes[i].from[i % 2], "lan0", 5);
		memcpy(scopes[i].from[1 - i % 2], "lan1", 5);
	}
	ck_assert_int_eq(zones_of(&plan, &z), 0);
	ck_assert_uint_eq(z.n, 1);
	ck_assert_uint_eq(zone_bit(&z, &scopes[0]), zone_bit(&z, &scopes[1]));
	for (size_t i = 0; i < ARRAY_SIZE(scopes); i++)
		scopes[i].from[0][3] = (char)('a' + i);
	plan.n_scopes = ZONES_MAX;
	ck_assert_int_eq(zones_of(&plan, &z), 0);
	ck_assert_uint_eq(zones_bits(&z), KERNEL_MARK_ZONES);
	ck_assert_uint_eq(zone_bit(&z, &scopes[ZONES_MAX - 1]), 0x02000000); /* the last bit is KERNEL_MARK_PROTECT */
	plan.n_scopes++;
	ck_assert_int_eq(zones_of(&plan, &z), -E2BIG);
	scopes[ZONES_MAX].filter = true;
	ck_assert_int_eq(zones_of(&plan, &z), 0);
	ck_assert_uint_eq(zone_bit(&z, &scopes[ZONES_MAX]), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("plan forms");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(t, port_pairs);
	tcase_add_test(t, protocols_of_a_selector);
	tcase_add_test(t, zones_are_sets);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
