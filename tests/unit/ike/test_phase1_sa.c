/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/support/hex.h"
#include "tests/unit/support/words.h"

#include "ike/phase1_sa.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static struct ike_diag diag;

#define ATTRS_OK "80010007 800e0080 80020004 80040013 80030001 800b0001 000c0004 00000e10"

START_TEST(phase1_answers)
{
	static const struct ike_proposal ours[] = { { IKE_SHA512, IKE_ECP521, CIPHER_AES_CBC_256, 3600 },
						    { IKE_SHA256, IKE_ECP256, CIPHER_AES_CBC_128, 3600 } };
	static const struct {
		const char *octets;
		int r;
	} t[] = {
		{ "00000002 00000001 00000030 01010001 00000028 02010000" ATTRS_OK, 0 },
		{ "00000002 00000000 00000030 01010001 00000028 02010000" ATTRS_OK, 0 },          /* situation 0 */
		{ "00000002 00000001 00000030 01010001 00000028 01010000" ATTRS_OK, 0 },          /* numbered 1 */
		{ "00000002 00000001 00000034 01010401 aabbccdd 00000028 02010000" ATTRS_OK, 0 }, /* with an SPI */
		{ "00000002 00000001 0000002c 01010001 00000024 02010000 80010007 800e0080 80020004 80040013 80030001"
		  "800b0001 800c0e10",
		  0 },                                                                                  /* life as TV */
		{ "00000001 00000001 00000030 01010001 00000028 02010000" ATTRS_OK, -EPROTONOSUPPORT }, /* DOI 1 */
		{ "00000003 00000001 00000030 01010001 00000028 02010000" ATTRS_OK, -EBADMSG },         /* DOI 3 */
		{ "00000002 00000001 00000030 01010001 00000028 03010000" ATTRS_OK, -ENOENT },          /* number */
		{ "00000002 00000001 00000030 01020001 00000028 02010000" ATTRS_OK, -EBADMSG }, /* protocol AH */
		{ "00000002 00000001 00000030 01010001 00000028 02020000" ATTRS_OK, -ENOENT },  /* not KEY_IKE */
		{ "00000002 00000001 02000030 01010001 00000028 02010000" ATTRS_OK, -EBADMSG }, /* another proposal */
		{ "00000002 00000001 00000030 01010001 03000028 02010000" ATTRS_OK, -EBADMSG }, /* another transform */
		{ "00000002 00000001 00000030 01010001 00000027 02010000" ATTRS_OK, -EBADMSG },
		{ "00000002 00000001 00000008 01010000", -EBADMSG }, /* no transform */
		{ "00000002 00000001", -EBADMSG },
		{ "0000000200", -EBADMSG },
		{ "00000002 00000001 00000024 01010001 0000001c 02010000 80010007 800e0100 80020004 80040013 80030001",
		  -ENOENT }, /* 256 bits */
		{ "00000002 00000001 00000024 01010001 0000001c 02010000 80010007 800e0080 80020004 80040013 8003fde9",
		  -ENOENT }, /* not PSK */
		{ "00000002 00000001 00000028 01010001 00000020 02010000 80010007 800e0080 80020004 80040013 80030001"
		  "800d0001",
		  -ENOENT }, /* an attribute that was not offered */
		{ "00000002 00000001 00000028 01010001 00000020 02010000 80010007 800e0080 80020004 80040013 80030001"
		  "80020002",
		  -ENOENT }, /* two hashes */
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct hex x = hex(t[i].octets);
		struct ike_proposal got = { 0 };
		int r = phase1_sa_answer(&got, reader_of(x.data, x.len), 2, ours, 2, &diag);

		ck_assert_msg(r == t[i].r, "answer %zu: %d %s", i, r, cause_words_of(&diag.cause));
		ck_assert_int_eq(got.group, r == 0 ? IKE_ECP256 : 0);
		free(x.data);
	}
}
END_TEST

/* Two proposals that differ in the lifetime only: the answer's number says which was chosen. */
START_TEST(answers_by_number)
{
	static const struct ike_proposal ours[] = { { IKE_SHA256, IKE_MODP2048, CIPHER_AES_CBC_256, 3600 },
						    { IKE_SHA256, IKE_MODP2048, CIPHER_AES_CBC_256, 86400 } };
	static const struct {
		const char *number;
		uint32_t life;
		int r;
	} t[] = { { "01", 3600, 0 }, { "02", 86400, 0 }, { "03", 0, -ENOENT } };

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		char text[256];
		struct ike_proposal got = { 0 };
		struct ike_diag why = { 0 };
		struct hex x;

		snprintf(text, sizeof(text),
			 "00000002 00000001 00000024 01010001 0000001c %s010000 80010007 800e0100 80020004 8004000e "
			 "80030001",
			 t[i].number);
		x = hex(text);
		ck_assert_msg(phase1_sa_answer(&got, reader_of(x.data, x.len), 2, ours, 2, &why) == t[i].r, "%s",
			      cause_words_of(&why.cause));
		ck_assert_uint_eq(got.lifetime_seconds, t[i].life);
		free(x.data);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("SA payloads of phase 1");
	TCase *t = tcase_create("SA payloads of phase 1");
	SRunner *runner;
	int failed;

	tcase_add_test(t, phase1_answers);
	tcase_add_test(t, answers_by_number);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
