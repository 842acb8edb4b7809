/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/selector.h"

#include <check.h>
#include <netinet/in.h>
#include <stdlib.h>

static struct ip_prefix prefix(const char *text)
{
	struct ip_prefix p;

	ck_assert_msg(prefix_parse(&p, text) == 0, "%s", text);
	return p;
}

static struct selector between(const char *src, const char *dst)
{
	struct selector s = selector_any;

	s.src = prefix(src);
	s.dst = prefix(dst);
	return s;
}

static uint32_t address(const char *text)
{
	return prefix(text).addr;
}

/* --- the engine --- */

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

START_TEST(prefixes)
{
	static const char *const bad[] = { "",           "1.2.3",      "1.2.3.4/", "1.2.3.4/33", "1.2.3.4/031",
					   "1.2.3.4/-1", "10.0.0.1/8", "1.2.3.4 ", "1.2.3.4/2x", "256.1.1.1",
					   "1.2.3.4.5",  "::1" };
	struct ip_prefix p;
	char text[PREFIX_TEXT_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_msg(prefix_parse(&p, bad[i]) == -EINVAL, "accepted: %s", bad[i]);
	ck_assert_str_eq(prefix_format(prefix("172.16.0.0/12"), text), "172.16.0.0/12");
	ck_assert_str_eq(prefix_format(prefix("0.0.0.0/0"), text), "0.0.0.0/0");
	ck_assert_uint_eq(prefix("10.1.2.3").len, 32);
	ck_assert_uint_eq(prefix_last(prefix("172.16.0.0/12")), address("172.31.255.255"));
	ck_assert_uint_eq(prefix_last(prefix("0.0.0.0/0")), UINT32_MAX);
	ck_assert(prefix_covers(prefix("172.16.0.0/12"), address("172.31.0.1")));
	ck_assert(!prefix_covers(prefix("172.16.0.0/12"), address("172.32.0.1")));
}
END_TEST

START_TEST(matching)
{
	struct selector s = between("10.0.0.0/8", "192.168.0.0/16");
	struct packet_key p = { .src = address("10.1.1.1"),
				.dst = address("192.168.1.1"),
				.protocol = IPPROTO_TCP,
				.sport = 1024,
				.dport = 179 };
	struct selector back = selector_reverse(&s);

	ck_assert(selector_matches(&s, &p));
	ck_assert(!selector_matches(&back, &p));
	s.protocol = IPPROTO_UDP;
	ck_assert(!selector_matches(&s, &p));
	s.protocol = IPPROTO_TCP;
	s.dport = (struct port_range){ 179, 179 };
	ck_assert(selector_matches(&s, &p));
	p.dport = 180;
	ck_assert(!selector_matches(&s, &p));
	s.protocol = 0; /* a port range without a protocol never matches one that has no ports */
	p.protocol = IPPROTO_ICMP;
	p.dport = 179;
	ck_assert(!selector_matches(&s, &p));
}
END_TEST

START_TEST(intersections)
{
	struct selector a = between("10.0.0.0/8", "0.0.0.0/0"), b = between("10.1.0.0/16", "192.168.0.0/16"), r;
	char text[SELECTOR_TEXT_MAX];

	ck_assert(selector_intersect(&r, &a, &b));
	ck_assert_str_eq(selector_format(&r, text), "10.1.0.0/16 -> 192.168.0.0/16");
	a.protocol = IPPROTO_TCP;
	a.dport = (struct port_range){ 100, 200 };
	b.dport = (struct port_range){ 150, 300 };
	ck_assert(selector_intersect(&r, &a, &b));
	ck_assert_str_eq(selector_format(&r, text), "10.1.0.0/16 -> 192.168.0.0/16:150-200 protocol 6");
	b.protocol = IPPROTO_UDP;
	ck_assert(!selector_intersect(&r, &a, &b));
	b.protocol = 0;
	b.dport = (struct port_range){ 201, 300 };
	ck_assert(!selector_intersect(&r, &a, &b));
	b = between("11.0.0.0/8", "0.0.0.0/0");
	ck_assert(!selector_intersect(&r, &a, &b));
	b = between("10.0.0.0/8", "0.0.0.0/0");
	b.protocol = 0;
	a.protocol = IPPROTO_ICMP; /* with ports: nothing can match */
	ck_assert(!selector_intersect(&r, &a, &b));
}
END_TEST

START_TEST(within)
{
	struct selector wide = between("10.0.0.0/8", "0.0.0.0/0"), narrow = between("10.1.0.0/16", "192.168.0.0/16");

	ck_assert(selector_within(&narrow, &wide));
	ck_assert(selector_within(&wide, &wide));
	ck_assert(!selector_within(&wide, &narrow));
	narrow.protocol = IPPROTO_TCP;
	narrow.dport = (struct port_range){ 22, 22 };
	ck_assert(selector_within(&narrow, &wide));
	wide.protocol = IPPROTO_UDP;
	ck_assert(!selector_within(&narrow, &wide));
	wide.protocol = IPPROTO_TCP;
	wide.dport = (struct port_range){ 20, 22 };
	ck_assert(selector_within(&narrow, &wide));
	wide.dport.max = 21;
	ck_assert(!selector_within(&narrow, &wide));
	narrow.protocol = 0; /* any protocol is more than one */
	wide.dport.max = 22;
	ck_assert(!selector_within(&narrow, &wide));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("selectors");
	TCase *t = tcase_create("selectors");
	SRunner *runner;
	int failed;

	tcase_add_test(t, prefixes);
	tcase_add_test(t, matching);
	tcase_add_test(t, intersections);
	tcase_add_test(t, within);
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
