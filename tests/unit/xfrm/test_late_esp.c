/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A witness as the kernel shows it: whole ESP, or what is still to become it.  The kernel itself is in scenario gcm. */
#include "lib/gvpn.h"
#include "xfrm/late_esp.h"
#include "xfrm/sa.h"

#include <check.h>
#include <linux/xfrm.h>
#include <netinet/in.h>
#include <stdlib.h>

#define IP_AT 14
#define ESP_AT 34
#define TRAILER_AT 54
#define ICV 16
#define WHOLE (58 + ICV)

static uint8_t frame[WHOLE + 16];

/* Of a kernel 6.1: Ethernet, IP, ESP of SPI 1111, UDP, a word, the trailer, and an ICV */
static void setup(void)
{
	static const uint8_t ip[] = { 0x45, 0, 0, WHOLE - IP_AT, 0, 0, 0x40, 0, 64, IPPROTO_ESP };
	static const uint8_t trailer[] = { 1, 2, 2, IPPROTO_UDP };

	memset(frame, 0, sizeof(frame));
	frame[12] = 8;
	memcpy(frame + IP_AT, ip, sizeof(ip));
	frame[ESP_AT + 2] = frame[ESP_AT + 3] = 0x11;
	memcpy(frame + TRAILER_AT, trailer, sizeof(trailer));
}

START_TEST(whole)
{
	ck_assert_int_eq(late_esp_judge(frame, WHOLE), 0);
}
END_TEST

/* The trailer comes with the encryption. */
START_TEST(still_to_come)
{
	for (size_t len = 0; len <= sizeof(frame); len++)
		ck_assert_int_eq(late_esp_judge(frame, len), len == WHOLE ? 0 : -EBADMSG);
	for (size_t i = 0; i < 2; i++) {
		setup();
		frame[TRAILER_AT + 2 + i] ^= 1;
		ck_assert_int_eq(late_esp_judge(frame, WHOLE), -EBADMSG);
	}
	memset(frame + TRAILER_AT, 0, 4);
	ck_assert_int_eq(late_esp_judge(frame, WHOLE), -EBADMSG);
}
END_TEST

START_TEST(no_esp)
{
	frame[IP_AT + 9] = IPPROTO_UDP; /* the policy was not asked */
	ck_assert_int_eq(late_esp_judge(frame, WHOLE), -EBADMSG);
	setup();
	frame[IP_AT] = 0x46;
	ck_assert_int_eq(late_esp_judge(frame, WHOLE), -EBADMSG);
}
END_TEST

/* It reaches nobody, encrypts nothing, and whoever finds it after a crash knows it for ours. */
START_TEST(its_sa)
{
	struct sa_id id = sa_witness_id(0x1111), back = sa_return_id(0x1111);
	const struct xfrm_usersa_info *info;
	const struct nlattr *attr;
	bool authenticated = false;
	struct sa_seen seen;
	struct message m;

	ck_assert_int_eq(sa_build_witness(&m, 0x1111), 0);
	message_for_each(attr, &m.hdr, sizeof(*info)) authenticated |= mnl_attr_get_type(attr) == XFRMA_ALG_AUTH_TRUNC;
	ck_assert_msg(authenticated, "nothing comes in by it");
	ck_assert_uint_eq(m.hdr.nlmsg_type, XFRM_MSG_NEWSA);
	info = mnl_nlmsg_get_payload(&m.hdr);
	ck_assert_uint_eq(info->mode, XFRM_MODE_TRANSPORT);
	ck_assert(sa_parse(&m.hdr, &seen));
	ck_assert(sa_id_equal(&seen.id, &id));
	ck_assert(!seen.counter_mode && !seen.larval && !sa_is_candidate(&seen));
	ck_assert_uint_eq(id.src >> 24, IN_LOOPBACKNET);
	ck_assert_uint_eq(id.dst, id.src);
	ck_assert_uint_ne(id.dst, back.dst); /* they are there together */
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("late esp");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, whole);
	tcase_add_test(t, still_to_come);
	tcase_add_test(t, no_esp);
	tcase_add_test(t, its_sa);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
