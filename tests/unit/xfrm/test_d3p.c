/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The decision about a packet with a stamp (xfrm/bpf/d3p.h): its edges as a table, and a million random packets against
 * a slow reference.
 */
#include "xfrm/bpf/d3p.h"

#include "lib/base.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

_Static_assert(sizeof(struct dp_d3p) == 12, "Length 12, the whole header");

#define NOW_S 1000000u
#define LAST UINT32_MAX /* the last second before the wrap, in 2106 */

static struct dp_d3p header(uint32_t seconds, uint32_t microseconds)
{
	struct dp_d3p h;

	dp_d3p_stamp(&h, DP_D3P_INET, &(struct dp_d3p_time){ seconds, microseconds });
	return h;
}

/* The octets of the draft's figure. */
START_TEST(as_drawn)
{
	static const uint8_t want[12] = { 4, 1, 0, 12, 0xfe, 0xdc, 0xba, 0x98, 0x00, 0x0f, 0x42, 0x3f };
	static const uint8_t want6[12] = { 41, 1, 0, 12, 0, 0, 0, 1, 0, 0, 0, 0 };
	struct dp_d3p h = header(0xfedcba98, 999999);

	ck_assert_int_eq(memcmp(&h, want, sizeof(want)), 0);
	dp_d3p_stamp(&h, DP_D3P_INET6, &(struct dp_d3p_time){ 1, 0 });
	ck_assert_int_eq(memcmp(&h, want6, sizeof(want6)), 0);
}
END_TEST

START_TEST(time_of_the_clock)
{
	static const struct {
		uint64_t nanoseconds;
		uint32_t seconds, microseconds;
	} t[] = {
		{ 0, 0, 0 },
		{ 999, 0, 0 },
		{ 1000, 0, 1 },
		{ 999999999, 0, 999999 },
		{ 1000000000, 1, 0 },
		{ UINT64_C(1796022000123456789), 1796022000, 123456 },
		{ UINT64_C(2147483648000000000), 0x80000000, 0 },      /* 2038 */
		{ UINT64_C(4294967295999999999), 0xffffffff, 999999 }, /* 2106 */
		{ UINT64_C(4294967296000000000), 0, 0 },
		{ UINT64_MAX, (uint32_t)(UINT64_MAX / 1000000000), 709551 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct dp_d3p_time now = dp_d3p_time_of(t[i].nanoseconds);

		ck_assert_uint_eq(now.seconds, t[i].seconds);
		ck_assert_uint_eq(now.microseconds, t[i].microseconds);
	}
}
END_TEST

/* Both ends of the window belong to it; a microsecond beyond does not. */
START_TEST(window)
{
	static const struct {
		uint32_t window_ms;
		struct dp_d3p_time now, stamp;
		enum dp_d3p_verdict verdict;
	} t[] = {
		/* the guide's window: 500 ms to either side */
		{ 1000, { NOW_S, 0 }, { NOW_S, 0 }, DP_D3P_TAKEN },
		{ 1000, { NOW_S, 0 }, { NOW_S - 1, 500000 }, DP_D3P_TAKEN },
		{ 1000, { NOW_S, 0 }, { NOW_S - 1, 499999 }, DP_D3P_TOO_OLD },
		{ 1000, { NOW_S, 0 }, { NOW_S, 500000 }, DP_D3P_TAKEN },
		{ 1000, { NOW_S, 0 }, { NOW_S, 500001 }, DP_D3P_TOO_NEW },
		{ 1000, { NOW_S, 700000 }, { NOW_S, 200000 }, DP_D3P_TAKEN },
		{ 1000, { NOW_S, 700000 }, { NOW_S, 199999 }, DP_D3P_TOO_OLD },
		{ 1000, { NOW_S, 700000 }, { NOW_S + 1, 200000 }, DP_D3P_TAKEN },
		{ 1000, { NOW_S, 700000 }, { NOW_S + 1, 200001 }, DP_D3P_TOO_NEW },
		/* the smallest: half a millisecond */
		{ 1, { NOW_S, 500 }, { NOW_S, 0 }, DP_D3P_TAKEN },
		{ 1, { NOW_S, 501 }, { NOW_S, 0 }, DP_D3P_TOO_OLD },
		{ 1, { NOW_S, 0 }, { NOW_S, 500 }, DP_D3P_TAKEN },
		{ 1, { NOW_S, 0 }, { NOW_S, 501 }, DP_D3P_TOO_NEW },
		/* odd, so that a half is no whole millisecond */
		{ 3, { NOW_S, 1500 }, { NOW_S, 0 }, DP_D3P_TAKEN },
		{ 3, { NOW_S, 1501 }, { NOW_S, 0 }, DP_D3P_TOO_OLD },
		/* the vendor's largest */
		{ 60000, { NOW_S, 0 }, { NOW_S - 30, 0 }, DP_D3P_TAKEN },
		{ 60000, { NOW_S, 1 }, { NOW_S - 30, 0 }, DP_D3P_TOO_OLD },
		{ 60000, { NOW_S, 0 }, { NOW_S + 30, 0 }, DP_D3P_TAKEN },
		{ 60000, { NOW_S, 0 }, { NOW_S + 30, 1 }, DP_D3P_TOO_NEW },
		/* the draft's example: 5 s around 2^32 - 1 is 2^32 - 3 to 1 */
		{ 5000, { LAST, 0 }, { LAST - 2, 0 }, DP_D3P_TAKEN },
		{ 5000, { LAST, 0 }, { LAST - 3, 0 }, DP_D3P_TOO_OLD },
		{ 5000, { LAST, 0 }, { 1, 0 }, DP_D3P_TAKEN },
		{ 5000, { LAST, 0 }, { 2, 0 }, DP_D3P_TOO_NEW },
		{ 5000, { LAST, 0 }, { LAST - 3, 500000 }, DP_D3P_TAKEN },
		{ 5000, { LAST, 0 }, { LAST - 3, 499999 }, DP_D3P_TOO_OLD },
		{ 5000, { LAST, 0 }, { 1, 500000 }, DP_D3P_TAKEN },
		{ 5000, { LAST, 0 }, { 1, 500001 }, DP_D3P_TOO_NEW },
		/* behind the wrap */
		{ 1000, { 0, 0 }, { LAST, 500000 }, DP_D3P_TAKEN },
		{ 1000, { 0, 0 }, { LAST, 499999 }, DP_D3P_TOO_OLD },
		{ 1000, { LAST, 999999 }, { 0, 499999 }, DP_D3P_TAKEN },
		{ 1000, { LAST, 999999 }, { 0, 500000 }, DP_D3P_TOO_NEW },
		/* 2038 is nothing */
		{ 1000, { 0x80000000, 0 }, { 0x7fffffff, 500000 }, DP_D3P_TAKEN },
		{ 1000, { 0x80000000, 0 }, { 0x7fffffff, 499999 }, DP_D3P_TOO_OLD },
		{ 1000, { 0x7fffffff, 999999 }, { 0x80000000, 499999 }, DP_D3P_TAKEN },
		/* far away; half the circle away is too new, as nobody can say */
		{ UINT32_MAX, { 0, 0 }, { 0x80000001, 0 }, DP_D3P_TOO_OLD },
		{ UINT32_MAX, { 0, 0 }, { 0x80000000, 0 }, DP_D3P_TOO_NEW },
		{ UINT32_MAX, { 0, 0 }, { 0x7fffffff, 999999 }, DP_D3P_TOO_NEW },
		{ 60000, { NOW_S, 0 }, { 0, 0 }, DP_D3P_TOO_OLD },
		/* the largest number: 24 days to either side */
		{ UINT32_MAX, { NOW_S * 10, 500000 }, { NOW_S * 10 - 2147483, 852500 }, DP_D3P_TAKEN },
		{ UINT32_MAX, { NOW_S * 10, 500000 }, { NOW_S * 10 - 2147483, 852499 }, DP_D3P_TAKEN },
		{ UINT32_MAX, { NOW_S * 10, 500000 }, { NOW_S * 10 - 2147484, 852499 }, DP_D3P_TOO_OLD },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct dp_d3p h = header(t[i].stamp.seconds, t[i].stamp.microseconds);
		int v = (int)dp_d3p_judge(t[i].window_ms, DP_D3P_PROTOCOL, &h, DP_D3P_INET, &t[i].now);

		ck_assert_msg(v == (int)t[i].verdict, "%zu: %d", i, v);
	}
}
END_TEST

/* What is wrong in several ways is counted by the first of them. */
START_TEST(order)
{
	static const struct dp_d3p_time now = { NOW_S, 0 };
	static const struct {
		uint32_t window_ms;
		uint8_t protocol;
		bool none; /* the packet ends before the header does */
		uint8_t type, next_header, inner;
		uint16_t length;
		uint32_t seconds, microseconds;
		enum dp_d3p_verdict verdict;
	} t[] = {
		{ 1000, 253, false, 1, 4, 4, 12, NOW_S, 0, DP_D3P_TAKEN },
		{ 1000, 253, false, 1, 41, 41, 12, NOW_S, 0, DP_D3P_TAKEN },
		/* the policy and the packet */
		{ 1000, 4, true, 0, 0, 0, 0, 0, 0, DP_D3P_NO_TIMESTAMP },
		{ 1000, 41, true, 0, 0, 0, 0, 0, 0, DP_D3P_NO_TIMESTAMP },
		{ 1000, 252, false, 1, 4, 4, 12, NOW_S, 0, DP_D3P_NO_TIMESTAMP },
		{ 0, 253, false, 1, 4, 4, 12, NOW_S, 0, DP_D3P_UNEXPECTED },
		{ 0, 253, true, 2, 0, 0, 0, 0, 0, DP_D3P_UNEXPECTED },
		{ 0, 4, true, 0, 0, 0, 0, 0, 0, DP_D3P_TAKEN },
		{ 0, 41, false, 1, 4, 4, 12, 0, 0, DP_D3P_TAKEN },
		/* cut off */
		{ 1000, 253, true, 1, 4, 4, 12, NOW_S, 0, DP_D3P_LENGTH_ERROR },
		/* type, length, next header, time, window */
		{ 1000, 253, false, 0, 4, 4, 12, NOW_S, 0, DP_D3P_TYPE_ERROR },
		{ 1000, 253, false, 2, 4, 4, 12, NOW_S, 0, DP_D3P_TYPE_ERROR },
		{ 1000, 253, false, 255, 6, 4, 13, 0, 1000000, DP_D3P_TYPE_ERROR },
		{ 1000, 253, false, 1, 4, 4, 0, NOW_S, 0, DP_D3P_LENGTH_ERROR },
		{ 1000, 253, false, 1, 4, 4, 11, NOW_S, 0, DP_D3P_LENGTH_ERROR },
		{ 1000, 253, false, 1, 4, 4, 13, NOW_S, 0, DP_D3P_LENGTH_ERROR },
		{ 1000, 253, false, 1, 4, 4, 0x0c00, NOW_S, 0, DP_D3P_LENGTH_ERROR }, /* the other byte order */
		{ 1000, 253, false, 1, 6, 4, 16, 0, 1000000, DP_D3P_LENGTH_ERROR },
		{ 1000, 253, false, 1, 6, 4, 12, NOW_S, 0, DP_D3P_NEXT_HEADER_ERROR },
		{ 1000, 253, false, 1, 41, 4, 12, NOW_S, 0, DP_D3P_NEXT_HEADER_ERROR },
		{ 1000, 253, false, 1, 4, 41, 12, NOW_S, 0, DP_D3P_NEXT_HEADER_ERROR },
		{ 1000, 253, false, 1, 4, 0, 12, NOW_S, 0, DP_D3P_NEXT_HEADER_ERROR },
		{ 1000, 253, false, 1, 0, 0, 12, NOW_S, 0, DP_D3P_NEXT_HEADER_ERROR },
		{ 1000, 253, false, 1, 253, 4, 12, 0, 1000000, DP_D3P_NEXT_HEADER_ERROR },
		{ 1000, 253, false, 1, 4, 4, 12, NOW_S - 1, 1000000, DP_D3P_TYPE_ERROR },
		{ 1000, 253, false, 1, 4, 4, 12, NOW_S - 1, 999999, DP_D3P_TAKEN },
		{ 1000, 253, false, 1, 4, 4, 12, 0, UINT32_MAX, DP_D3P_TYPE_ERROR },
		{ 1000, 253, false, 1, 4, 4, 12, 0, 0, DP_D3P_TOO_OLD },
		{ 1000, 253, false, 1, 4, 4, 12, NOW_S + 1, 0, DP_D3P_TOO_NEW },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct dp_d3p h = header(t[i].seconds, 0);
		int v;

		h.type = t[i].type;
		h.next_header = t[i].next_header;
		h.length = dp_d3p_be16(t[i].length);
		h.microseconds = dp_d3p_be32(t[i].microseconds);
		v = (int)dp_d3p_judge(t[i].window_ms, t[i].protocol, t[i].none ? NULL : &h, t[i].inner, &now);
		ck_assert_msg(v == (int)t[i].verdict, "%zu: %d", i, v);
	}
}
END_TEST

/* --- the reference: octets, wide numbers, and a search for the nearest turn of the circle --- */

static uint64_t octets_at(const uint8_t *at, size_t n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v * 256 + *at++;
	return v;
}

/* Twice the time of the stamp in microseconds, at the turn of the circle of seconds that is nearest to NOW. */
static __int128 nearest(uint64_t seconds, uint64_t microseconds, const struct dp_d3p_time *now)
{
	const __int128 turn = (__int128)2 * 1000000 << 32,
		       here = 2 * ((__int128)now->seconds * 1000000 + now->microseconds);
	__int128 stamp = 2 * ((__int128)seconds * 1000000 + microseconds), best = stamp;

	for (int i = -1; i <= 1; i++) {
		__int128 other = stamp + i * turn, far = best > here ? best - here : here - best;

		if ((other > here ? other - here : here - other) < far)
			best = other;
	}
	return best;
}

static int reference(uint32_t window_ms, uint8_t protocol, const uint8_t *octets, uint8_t inner,
		     const struct dp_d3p_time *now)
{
	const __int128 here = 2 * ((__int128)now->seconds * 1000000 + now->microseconds);
	__int128 stamp;

	if (window_ms == 0 && protocol == 253)
		return DP_D3P_UNEXPECTED;
	if (window_ms == 0)
		return DP_D3P_TAKEN;
	if (protocol != 253)
		return DP_D3P_NO_TIMESTAMP;
	if (!octets)
		return DP_D3P_LENGTH_ERROR;
	if (octets[1] != 1)
		return DP_D3P_TYPE_ERROR;
	if (octets_at(octets + 2, 2) != 12)
		return DP_D3P_LENGTH_ERROR;
	if ((inner != 4 && inner != 41) || octets[0] != inner)
		return DP_D3P_NEXT_HEADER_ERROR;
	if (octets_at(octets + 8, 4) >= 1000000)
		return DP_D3P_TYPE_ERROR;
	stamp = nearest(octets_at(octets + 4, 4), octets_at(octets + 8, 4), now);
	if (stamp < here - (__int128)window_ms * 1000)
		return DP_D3P_TOO_OLD;
	if (stamp > here + (__int128)window_ms * 1000)
		return DP_D3P_TOO_NEW;
	return DP_D3P_TAKEN;
}

static uint64_t seed = 20;

static uint32_t draw(void)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 32);
}

static uint32_t draw_window(void)
{
	static const uint32_t some[] = { 0, 1, 2, 3, 999, 1000, 1001, 60000, UINT32_MAX };

	return draw() % 2 ? some[draw() % ARRAY_SIZE(some)] : draw() >> draw() % 32;
}

/* Near one end of the window, or anywhere; mostly whole, sometimes with a field that is anything. */
static void draw_octets(uint8_t *octets, uint32_t window_ms, const struct dp_d3p_time *now)
{
	int64_t away = (int64_t)window_ms * 500 * (draw() % 2 ? 1 : -1) + (int64_t)(draw() % 7) - 3;
	int64_t at = (int64_t)now->seconds * 1000000 + now->microseconds + away;
	int64_t turn = INT64_C(1000000) << 32;
	struct dp_d3p h;

	at = ((at % turn) + turn) % turn;
	dp_d3p_stamp(&h, DP_D3P_INET, &(struct dp_d3p_time){ (uint32_t)(at / 1000000), (uint32_t)(at % 1000000) });
	memcpy(octets, &h, sizeof(h));
	if (draw() % 4 == 0)
		for (size_t i = 4; i < 8; i++)
			octets[i] = (uint8_t)draw();
	if (draw() % 8 == 0)
		octets[draw() % 12] = (uint8_t)draw();
}

START_TEST(as_the_reference)
{
	unsigned seen[DP_D3P_VERDICTS] = { 0 };

	for (unsigned n = 0; n < 1000000; n++) {
		struct dp_d3p_time now = { draw() % 3 ? draw() : draw() % 8 - 4, draw() % 1000000 };
		uint32_t window_ms = draw_window();
		uint8_t protocol = draw() % 8 ? 253 : (uint8_t)draw(), octets[12];
		uint8_t inner = draw() % 8 ? 4 : (uint8_t)(draw() % 2 ? 41 : 0);
		bool none = draw() % 64 == 0;
		struct dp_d3p h;
		int v, want;

		draw_octets(octets, window_ms, &now);
		memcpy(&h, octets, sizeof(h));
		v = (int)dp_d3p_judge(window_ms, protocol, none ? NULL : &h, inner, &now);
		/* half the circle away it is dropped, by either name */
		if (now.seconds - dp_d3p_be32(h.seconds) == 0x80000000 && v == DP_D3P_TOO_NEW)
			v = DP_D3P_TOO_OLD;
		want = reference(window_ms, protocol, none ? NULL : octets, inner, &now);
		if (now.seconds - dp_d3p_be32(h.seconds) == 0x80000000 && want == DP_D3P_TOO_NEW)
			want = DP_D3P_TOO_OLD;
		ck_assert_msg(v == want, "packet %u: %d, and the reference says %d", n, v, want);
		seen[v]++;
	}
	for (size_t i = 0; i < DP_D3P_VERDICTS; i++)
		ck_assert_uint_gt(seen[i], 2500); /* every verdict was tried */
	printf("1000000 packets: %u taken, %u too old, %u too new\n", seen[DP_D3P_TAKEN], seen[DP_D3P_TOO_OLD],
	       seen[DP_D3P_TOO_NEW]);
}
END_TEST

/* --- the age in the middle --- */

static int by_number(const void *a, const void *b)
{
	const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* Around CENTRE by some milliseconds; EVIL of 100 are far away. */
static int64_t draw_age(int64_t centre, unsigned evil)
{
	if (draw() % 100 < evil)
		return centre + 400000 + (int64_t)(draw() % 100000);
	return centre + (int64_t)(draw() % 2001) - 1000;
}

START_TEST(the_middle)
{
	static const struct {
		int64_t centre;
		unsigned evil;
	} t[] = {
		{ 0, 0 }, { 300, 0 }, { -250000, 0 }, { 450000, 0 }, { 1000, 10 }, { -30000, 30 }, { 15000000000, 0 }
	};
	struct dp_d3p_middle m = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		int64_t ages[2000], off;

		m = (struct dp_d3p_middle){ 0 };
		dp_d3p_middle_add(&m, t[i].centre);
		ck_assert_int_eq(m.age, t[i].centre); /* the first is as good as any */
		for (size_t k = 0; k < ARRAY_SIZE(ages); k++)
			dp_d3p_middle_add(&m, ages[k] = draw_age(t[i].centre, t[i].evil));
		qsort(ages, ARRAY_SIZE(ages), sizeof(ages[0]), by_number);
		off = m.age - ages[ARRAY_SIZE(ages) / 2];
		ck_assert_msg(off > -2500 && off < 2500, "case %zu: %" PRId64 " microseconds from the median", i, off);
	}
	/* A clock that was set: the median follows within 200 packets, and not at the first one. */
	m = (struct dp_d3p_middle){ 0 };
	for (unsigned k = 0; k < 1000; k++)
		dp_d3p_middle_add(&m, draw_age(0, 0));
	dp_d3p_middle_add(&m, 400000);
	ck_assert_int_lt(m.age, 20000);
	for (unsigned k = 0; k < 200; k++)
		dp_d3p_middle_add(&m, draw_age(400000, 0));
	ck_assert_int_gt(m.age, 390000);
	ck_assert_int_lt(m.age, 410000);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("D3P");
	TCase *t = tcase_create("decisions");
	SRunner *runner;
	int failed;

	tcase_add_test(t, as_drawn);
	tcase_add_test(t, time_of_the_clock);
	tcase_add_test(t, window);
	tcase_add_test(t, order);
	tcase_add_test(t, as_the_reference);
	tcase_add_test(t, the_middle);
	tcase_set_timeout(t, 60);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
