/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/support/hex.h"

#include "ike/message.h"

#include <check.h>
#include <stdlib.h>

static struct ike_diag diag;

START_TEST(headers)
{
	static const char *const bad[] = {
		"",
		"0102030405060708 1112131415161718 01 10 02 00 00000000 000000",   /* short */
		"0102030405060708 1112131415161718 01 20 02 00 00000000 0000001c", /* version 2.0 */
		"0102030405060708 1112131415161718 01 11 02 00 00000000 0000001c", /* version 1.1 */
		"0102030405060708 1112131415161718 01 10 02 02 00000000 0000001c", /* commit */
		"0102030405060708 1112131415161718 01 10 02 80 00000000 0000001c", /* no such flag */
		"0102030405060708 1112131415161718 01 10 02 00 00000000 0000001b", /* too little */
		"0102030405060708 1112131415161718 01 10 02 00 00000000 0000001d", /* too much */
		"0102030405060708 1112131415161718 01 10 02 00 00000000 8000001c",
		"0102030405060708 1112131415161718 01 10 02 00 00000000 0000001c 00", /* trailing octet */
	};
	struct isakmp_header h;
	struct hex x = hex("0102030405060708 1112131415161718 01 10 20 01 a1a2a3a4 0000001c");

	ck_assert_int_eq(isakmp_header_read(&h, x.data, x.len, &diag), 0);
	ck_assert_uint_eq(h.cookie_i[0], 1);
	ck_assert_uint_eq(h.cookie_r[7], 0x18);
	ck_assert_uint_eq(h.exchange, EXCHANGE_GROUPKEY_PULL);
	ck_assert_uint_eq(h.message_id, 0xa1a2a3a4);
	free(x.data);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		x = hex(bad[i]);
		ck_assert_msg(isakmp_header_read(&h, x.data, x.len, &diag) == -EBADMSG, "header %zu", i);
		free(x.data);
	}
}
END_TEST

START_TEST(chains)
{
	static const struct {
		const char *octets;
		size_t padding;
		int n; /* payloads, or the error */
	} t[] = {
		{ "00000004", 0, 1 },
		{ "00000005aa", 0, 1 },
		{ "0a000004 00000004", 0, 2 },
		{ "", 0, -EBADMSG }, /* announced and not there */
		{ "000000", 0, -EBADMSG },
		{ "00000003", 0, -EBADMSG }, /* shorter than its header */
		{ "00000000", 0, -EBADMSG },
		{ "00000005", 0, -EBADMSG }, /* longer than what holds it */
		{ "0000ffff aa", 0, -EBADMSG },
		{ "00010004", 0, -EBADMSG },                                   /* reserved octet */
		{ "0a000004", 0, -EBADMSG },                                   /* names another that is not there */
		{ "00000004 00", 0, -EBADMSG },                                /* trailing octet */
		{ "00000004 000000000000000000000000000000", 15, 1 },          /* one block less one */
		{ "00000004 00000000000000000000000000000000", 15, -EBADMSG }, /* a whole block */
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct hex x = hex(t[i].octets);
		struct payloads p;
		int r = payloads_read(&p, PAYLOAD_NONCE, reader_of(x.data, x.len), t[i].padding, &diag);

		ck_assert_msg(r < 0 ? r == t[i].n : (int)p.n == t[i].n, "chain %zu: %d", i, r);
		free(x.data);
	}
}
END_TEST

/* The one door for whatever is encrypted: phase 1, informational exchanges, pulls, pushes. */
START_TEST(at_most_a_block_of_padding)
{
	static const struct {
		size_t body, padding;
		bool good;
	} t[] = {
		{ 12, 0, true },   { 12, 16, true }, { 12, 32, false }, { 11, 1, true },
		{ 11, 17, false }, { 13, 15, true }, { 13, 31, false }, { 28, 16, true },
	};
	struct isakmp_header h = { .next = PAYLOAD_NONCE };
	const uint8_t iv[CRYPTO_BLOCK_LEN] = { 7 };
	struct secret key = { .len = 16 };

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		uint8_t data[ISAKMP_HEADER_LEN + 96] = { 0 }, *text = data + ISAKMP_HEADER_LEN;
		size_t len = 4 + t[i].body + t[i].padding;
		struct opened o;
		int r;

		text[3] = (uint8_t)(4 + t[i].body);
		ck_assert_int_eq(crypto_cbc(true, &key, iv, text, len, text), 0);
		r = message_open(&o, &h, data, ISAKMP_HEADER_LEN + len, &key, iv, &diag);
		ck_assert_msg(r == (t[i].good ? 0 : -EBADMSG), "%zu octets and %zu of padding: %d", 4 + t[i].body,
			      t[i].padding, r);
		if (r == 0)
			opened_clear(&o);
	}
}
END_TEST

START_TEST(a_chain_is_bounded)
{
	uint8_t many[4 * (PAYLOADS_MAX + 1)] = { 0 };
	struct payloads p;

	for (size_t i = 0; i < PAYLOADS_MAX + 1; i++) {
		many[4 * i] = i < PAYLOADS_MAX ? PAYLOAD_VENDOR_ID : 0;
		many[4 * i + 3] = 4;
	}
	ck_assert_int_eq(payloads_read(&p, 13, reader_of(many, sizeof(many)), 0, &diag), -EBADMSG);
	many[4 * (PAYLOADS_MAX - 1)] = 0;
	ck_assert_int_eq(payloads_read(&p, 13, reader_of(many, sizeof(many) - 4), 0, &diag), 0);
	ck_assert_uint_eq(p.n, PAYLOADS_MAX);
}
END_TEST

START_TEST(attributes)
{
	static const struct {
		const char *octets;
		int r, number; /* of attribute_next() and attribute_u32() */
		uint32_t value;
	} t[] = {
		{ "80010002", 1, 0, 2 },
		{ "00010001 07", 1, 0, 7 },
		{ "00010004 00015180", 1, 0, 86400 },
		{ "00010008 00000000ffffffff", 1, 0, UINT32_MAX },
		{ "00010008 00000001ffffffff", 1, -ERANGE, 0 },
		{ "00010009 000000000000000001", 1, -ERANGE, 0 },
		{ "00010000", 1, -ERANGE, 0 },
		{ "", 0, 0, 0 },
		{ "80", -EBADMSG, 0, 0 },
		{ "800100", -EBADMSG, 0, 0 },
		{ "0001000400", -EBADMSG, 0, 0 },
		{ "0001ffff00", -EBADMSG, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct hex x = hex(t[i].octets);
		struct reader r = reader_of(x.data, x.len);
		struct attribute a;
		uint32_t value = 0;
		int got = attribute_next(&r, &a);

		ck_assert_msg(got == t[i].r, "attribute %zu", i);
		if (got > 0) {
			ck_assert_msg(attribute_u32(&a, &value) == t[i].number, "attribute %zu", i);
			ck_assert_uint_eq(value, t[i].value);
		}
		free(x.data);
	}
}
END_TEST

START_TEST(notifies_and_deletes)
{
	static const char *const bad_notify[] = { "", "00000002 01 00 00", "00000002 01 10 0018 aabb" };
	static const char *const bad_delete[] = {
		"",
		"00000002 01 10 00",
		"00000002 01 10 0001 aabb",        /* an SPI missing */
		"00000002 01 04 0001 aabbccdd ee", /* more than it counts */
		"00000002 01 04 0000",             /* none */
		"00000002 01 00 0001",             /* of no length */
		"00000002 01 ff ffff aabbccdd",
	};
	struct hex x = hex("00000002 01 04 0012 aabbccdd eeff");
	struct notify n;
	struct delete d;

	ck_assert_int_eq(notify_read(&n, reader_of(x.data, x.len), &diag), 0);
	ck_assert_uint_eq(n.type, 18);
	ck_assert_uint_eq(n.spi.len, 4);
	ck_assert_uint_eq(n.data.len, 2);
	free(x.data);
	for (size_t i = 0; i < ARRAY_SIZE(bad_notify); i++) {
		x = hex(bad_notify[i]);
		ck_assert_int_eq(notify_read(&n, reader_of(x.data, x.len), &diag), -EBADMSG);
		free(x.data);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad_delete); i++) {
		x = hex(bad_delete[i]);
		ck_assert_msg(delete_read(&d, reader_of(x.data, x.len), &diag) == -EBADMSG, "delete %zu", i);
		free(x.data);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("framing");
	TCase *t = tcase_create("framing");
	SRunner *runner;
	int failed;

	tcase_add_test(t, headers);
	tcase_add_test(t, chains);
	tcase_add_test(t, at_most_a_block_of_padding);
	tcase_add_test(t, a_chain_is_bounded);
	tcase_add_test(t, attributes);
	tcase_add_test(t, notifies_and_deletes);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
