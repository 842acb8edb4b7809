/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/support/hex.h"

#include "ike/diag.h"
#include "ike/ident.h"

#include <check.h>
#include <stdlib.h>

static struct ike_diag diag;

START_TEST(identities)
{
	static const struct {
		const char *octets;
		int r;
	} t[] = {
		{ "01000000 0a0a6401", 0 },
		{ "01110000 0a0a6401", 0 },
		{ "011101f4 0a0a6401", 0 },
		{ "01110350 0a0a6401", 0 },
		{ "02000000 6b73", 0 },
		{ "0b000000 00", 0 },
		{ "01060000 0a0a6401", -EBADMSG },
		{ "01110351 0a0a6401", -EBADMSG },
		{ "010001f4 0a0a6401", -EBADMSG },
		{ "01000000 0a0a64", -EBADMSG },
		{ "01000000 0a0a640101", -EBADMSG },
		{ "02000000", -EBADMSG },
		{ "020000", -EBADMSG },
		{ "", -EBADMSG },
	};
	struct ike_id id, other;

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct hex x = hex(t[i].octets);
		struct octets o;

		ck_assert_int_eq(octets_set(&o, x.data, x.len), 0);
		ck_assert_msg(ident_read(&id, &o, &diag) == t[i].r, "identity %zu", i);
		free(x.data);
	}
	id = ident_of_address(0x0a0a6401);
	other = ident_of_address(0x0a0a6401);
	ck_assert(ident_equal(&id, &other));
	other.data[3]++;
	ck_assert(!ident_equal(&id, &other));
	other = (struct ike_id){ IKE_ID_KEY_ID, 4, { 10, 10, 100, 1 } };
	ck_assert(!ident_equal(&id, &other)); /* the same octets of another type */
}
END_TEST

/* RFC 2407 4.6.2.1: what a host may prove, as the statement that takes it. */
START_TEST(identities_as_statements)
{
	static const struct {
		const char *octets, *text;
	} t[] = {
		{ "01000000 0a0a6401", "inet 10.10.100.1" },
		{ "02000000 6b732e6e6574", "hostname ks.net" },
		{ "02000000 6b7320220a", "hostname \"ks \"?\"" },
		{ "03000000 61406b73", "user-at-hostname a@ks" },
		{ "05000000 20010db8000000000000000000000001", "inet6 2001:db8::1" },
		{ "09000000 300d310b3009060355040313026b73", "distinguished-name \"CN=ks\"" },
		{ "09000000 3082", "distinguished-name 0x3082" },
		{ "0a000000 82026b73", "general-name 0x82026b73" },
		{ "0b000000 6b73", "key-id ks" },
		{ "0b000000 0102ff", "key-id 0x0102ff" },
		{ "0b000000 3078", "key-id 0x3078" },
		{ "0c000000 01", "identity of type 12 0x01" },
	};
	static const char dn[] = "C=DE, O=Example\\, Ltd, CN=ks1";
	char text[IDENT_TEXT_MAX];
	struct ike_id id, other;

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct hex x = hex(t[i].octets);
		struct octets o;

		ck_assert_int_eq(octets_set(&o, x.data, x.len), 0);
		ck_assert_int_eq(ident_read(&id, &o, &diag), 0);
		ck_assert_str_eq(ident_text(&id, text), t[i].text);
		free(x.data);
	}
	for (unsigned len = 1; len <= IKE_ID_MAX; len++)
		for (uint8_t type = 0; type < 14; type++) {
			id = (struct ike_id){ .type = type, .len = (uint8_t)len };
			memset(id.data, 'a', len);
			ck_assert_uint_lt(strlen(ident_text(&id, text)), IDENT_TEXT_MAX);
		}
	/* The same name, as PrintableString and as UTF8String. */
	ck_assert_int_eq(ident_dn_read(&id, "CN=ks"), 0);
	other = (struct ike_id){ IKE_ID_DER_ASN1_DN, 15, "\x30\x0d\x31\x0b\x30\x09\x06\x03\x55\x04\x03\x13\x02ks" };
	ck_assert(ident_equal(&id, &other));
	other.data[14]++;
	ck_assert(!ident_equal(&id, &other));
	ck_assert_int_eq(ident_dn_read(&id, dn), 0);
	ck_assert_str_eq(ident_text(&id, text), "distinguished-name \"C=DE,O=Example\\, Ltd,CN=ks1\"");
	ck_assert_int_eq(ident_dn_read(&other, "C=DE,O=example\\, ltd,CN=KS1"), 0);
	ck_assert(ident_equal(&id, &other)); /* names are compared without regard to case */
	ck_assert_int_eq(ident_dn_read(&other, "CN=ks1, O=Example\\, Ltd, C=DE"), 0);
	ck_assert(!ident_equal(&id, &other));
	ck_assert_int_eq(ident_dn_read(&id, ""), -EINVAL);
	ck_assert_int_eq(ident_dn_read(&id, "ks"), -EINVAL);
	ck_assert_int_eq(ident_dn_read(&id, "CN="), -EINVAL);
	ck_assert_int_eq(ident_dn_read(&id, "CN=a,"), -EINVAL);
	ck_assert_int_eq(ident_dn_read(&id, "NOSUCH=a"), -EINVAL);
}
END_TEST

START_TEST(group_ids)
{
	static const struct {
		const char *octets;
		int r;
		uint32_t group;
	} t[] = {
		{ "0b000000 000004d2", 0, 1234 },
		{ "01000000 e8010101", 0, 0xe8010101 },
		{ "0b000000 3132333435", 0, 12345 },
		{ "0b000000 34323934393637323935", 0, UINT32_MAX },
		{ "0b000000 34323934393637323936", -EBADMSG, 0 }, /* one more */
		{ "0b000000 3939393939393939393939393939393939393939393939393939", -EBADMSG, 0 },
		{ "0b000000 31322d", -EBADMSG, 0 },
		{ "0b000000", -EBADMSG, 0 },
		{ "01000000 e80101", -EBADMSG, 0 },
		{ "02000000 6162", -EBADMSG, 0 },
		{ "0b0000", -EBADMSG, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct hex x = hex(t[i].octets);
		uint32_t group = 0;

		ck_assert_msg(group_read(&group, reader_of(x.data, x.len), &diag) == t[i].r, "group id %zu", i);
		ck_assert_uint_eq(group, t[i].group);
		free(x.data);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("identities");
	TCase *t = tcase_create("identities");
	SRunner *runner;
	int failed;

	tcase_add_test(t, identities);
	tcase_add_test(t, identities_as_statements);
	tcase_add_test(t, group_ids);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
