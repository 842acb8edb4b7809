/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/selector.h"

#include <check.h>
#include <stdlib.h>

START_TEST(masks)
{
	for (uint8_t len = 0; len <= 32; len++)
		ck_assert_int_eq(prefix_mask_len(prefix_mask(len)), len);
	ck_assert_int_eq(prefix_mask_len(0xff00ff00), -EINVAL);
	ck_assert_int_eq(prefix_mask_len(0x7fffffff), -EINVAL);
	ck_assert_int_eq(prefix_mask_len(1), -EINVAL);
}
END_TEST

START_TEST(validity)
{
	struct selector s = selector_any;

	ck_assert(prefix_valid((struct ip_prefix){ 0, 0 }));
	ck_assert(prefix_valid((struct ip_prefix){ UINT32_MAX, 32 }));
	ck_assert(!prefix_valid((struct ip_prefix){ 0x0a000001, 31 }));
	ck_assert(!prefix_valid((struct ip_prefix){ 0x80000000, 0 }));
	ck_assert(!prefix_valid((struct ip_prefix){ 0, 33 }));
	ck_assert(selector_valid(&s));
	s.dport = (struct port_range){ 2, 1 };
	ck_assert(!selector_valid(&s));
}
END_TEST

START_TEST(joins)
{
	static const struct {
		struct ip_prefix a, b, joined;
	} cases[] = {
		{ { 0x0a000000, 24 }, { 0x0a000100, 24 }, { 0x0a000000, 23 } },
		{ { 0x0a000000, 8 }, { 0x0a010203, 32 }, { 0x0a000000, 8 } },
		{ { 0x0a000001, 32 }, { 0x8a000001, 32 }, { 0, 0 } },
		{ { 0x0a000001, 32 }, { 0x0a000001, 32 }, { 0x0a000001, 32 } },
		{ { 0, 0 }, { 0x0a000001, 32 }, { 0, 0 } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ip_prefix one = prefix_join(cases[i].a, cases[i].b), two = prefix_join(cases[i].b, cases[i].a);

		ck_assert_uint_eq(one.addr, cases[i].joined.addr);
		ck_assert_uint_eq(one.len, cases[i].joined.len);
		ck_assert_uint_eq(two.addr, one.addr);
		ck_assert_uint_eq(two.len, one.len);
	}
}
END_TEST

/* In steps through small prefixes: what overlaps has an address in common, what is within has no other. */
START_TEST(overlaps_and_within)
{
	for (uint32_t i = 0; i < 15 * 15; i++) {
		struct selector s[2] = { selector_any, selector_any };
		bool common = false, other = false;

		for (int k = 0; k < 2; k++) {
			uint32_t n = k == 0 ? i / 15 + 1 : i % 15 + 1; /* a node of a tree of 8 addresses */
			uint8_t depth = n >= 8 ? 3 : n >= 4 ? 2 : n >= 2 ? 1 : 0;

			s[k].src = (struct ip_prefix){ (n - (1u << depth)) << (3 - depth), (uint8_t)(29 + depth) };
		}
		for (uint32_t address = 0; address < 8; address++) {
			bool in[2] = { prefix_covers(s[0].src, address), prefix_covers(s[1].src, address) };

			common |= in[0] && in[1];
			other |= in[0] && !in[1];
		}
		ck_assert(selector_overlaps(&s[0], &s[1]) == common);
		ck_assert(selector_within(&s[0], &s[1]) == !other);
		ck_assert(selector_equal(&s[0], &s[1]) == (i / 15 == i % 15));
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("selectors");
	TCase *t = tcase_create("selectors");
	SRunner *runner;
	int failed;

	tcase_add_test(t, masks);
	tcase_add_test(t, validity);
	tcase_add_test(t, joins);
	tcase_add_test(t, overlaps_and_within);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
