/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Anti-replay by time as a key server says it (doc/d3p.md): the two GAP attributes, and the vendor ID. */
#include "tests/unit/support/hex.h"
#include "tests/unit/support/ike_pair.h"
#include "tests/unit/support/push_craft.h"
#include "tests/unit/support/words.h"

#include "ike/gdoi_gap.h"
#include "ike/vendor.h"

#include <check.h>
#include <openssl/evp.h>
#include <stdlib.h>

static struct ike_diag diag;

#define NONE UINT64_MAX /* the attribute is not there */
#define NUMBERS_4_32767                                                                                                \
	{                                                                                                              \
		4, 32767                                                                                               \
	}

START_TEST(attributes)
{
	static const struct {
		const char *octets;
		int r;
		uint64_t type, window;
		size_t unknown;
		struct gap_numbers numbers;
		const char *says; /* of a refusal */
	} t[] = {
		{ "", 0, NONE, NONE, 0, { 0 }, NULL },
		{ "8001000a", 0, NONE, NONE, 0, { 0 }, NULL },
		/* the form of the drafts: the type basic, the window variable */
		{ "80800001 00810004 000003e8", 0, 1, 1000, 0, { 0 }, NULL },
		/* either form of either, in any order, with leading zeros */
		{ "808103e8 80800001", 0, 1, 1000, 0, { 0 }, NULL },
		{ "00800001 01 00810002 03e8", 0, 1, 1000, 0, { 0 }, NULL },
		{ "00800008 0000000000000001 00810008 000000000000ea60", 0, 1, 60000, 0, { 0 }, NULL },
		{ "80800001 00810004 ffffffff", 0, 1, 0xffffffff, 0, { 0 }, NULL },
		{ "8001000a 80800001 80820007 808103e8 80020014", 0, 1, 1000, 1, { 0 }, NULL },
		/* values that the group refuses by name: they can be read */
		{ "80800000 808103e8", 0, 0, 1000, 0, { 0 }, NULL },
		{ "80800002 808103e8", 0, 2, 1000, 0, { 0 }, NULL },
		{ "80800001 80810000", 0, 1, 0, 0, { 0 }, NULL },
		{ "80800001", 0, 1, NONE, 0, { 0 }, NULL },
		{ "808103e8", 0, NONE, 1000, 0, { 0 }, NULL },
		/* no numbers */
		{ "00800000", -EBADMSG, 0, 0, 0, { 0 }, "GAP attribute 128 (0 octets" },
		{ "80800001 00810000", -EBADMSG, 0, 0, 0, { 0 }, "another number with d3p-window-attribute" },
		{ "80800001 00810009 000000000000000001", -EBADMSG, 0, 0, 0, { 0 }, "GAP attribute 129 (9 octets" },
		{ "80800001 00810005 0100000000", -EBADMSG, 0, 0, 0, { 0 }, "no number of 32 bits" },
		{ "00800005 0100000001", -EBADMSG, 0, 0, 0, { 0 }, "d3p-type-attribute" },
		/* twice, the same or not */
		{ "80800001 80800001 808103e8", -EBADMSG, 0, 0, 0, { 0 }, "GAP attribute 128 comes twice" },
		{ "80800001 808103e8 00810004 000003e8", -EBADMSG, 0, 0, 0, { 0 }, "GAP attribute 129 comes twice" },
		{ "80800001 808103e8 808103e9", -EBADMSG, 0, 0, 0, { 0 }, "with 1000 and with value 1001" },
		/* cut off */
		{ "80800001 00810004 0003e8", -EBADMSG, 0, 0, 0, { 0 }, "do not fit" },
		{ "80800001 0081", -EBADMSG, 0, 0, 0, { 0 }, "do not fit" },
		/* other numbers: what had the default ones is unknown */
		{ "80040001 ffff03e8", 0, 1, 1000, 0, NUMBERS_4_32767, NULL },
		{ "80800001 808103e8", 0, NONE, NONE, 2, NUMBERS_4_32767, NULL },
		{ "80c80001 808103e8", 0, 1, 1000, 0, { .d3p_type = 200 }, NULL },
		{ "80800001 80c803e8", 0, 1, 1000, 0, { .d3p_window = 200 }, NULL },
		{ "80800001 80c803e8 80c803e8", -EBADMSG, 0, 0, 0, { .d3p_window = 200 }, "attribute 200 comes twice" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		static struct download d;
		struct hex x = hex(t[i].octets);
		int r;

		memset(&d, 0, sizeof(d));
		r = gdoi_gap_read(&d, &t[i].numbers, reader_of(x.data, x.len), &diag);
		ck_assert_msg(r == t[i].r, "GAP %zu: %d", i, r);
		if (r < 0) {
			const char *words = cause_words_of(&diag.cause);

			ck_assert_msg(strstr(words, t[i].says) != NULL, "\"%s\" does not say \"%s\"", words, t[i].says);
			ck_assert(!d.has_gap && !d.d3p.has_type && !d.d3p.has_window);
		} else {
			ck_assert_msg(d.d3p.has_type == (t[i].type != NONE), "GAP %zu", i);
			ck_assert_msg(d.d3p.has_window == (t[i].window != NONE), "GAP %zu", i);
			ck_assert_uint_eq(d.d3p.type, d.d3p.has_type ? t[i].type : 0);
			ck_assert_uint_eq(d.d3p.window_ms, d.d3p.has_window ? t[i].window : 0);
			ck_assert_uint_eq(d.n_gap_unknown, t[i].unknown);
		}
		free(x.data);
	}
}
END_TEST

/* The numbers cannot be those of the attributes that have one, and are not each other's. */
START_TEST(default_numbers_are_private)
{
	ck_assert_int_ge(GAP_D3P_TYPE, 128);
	ck_assert_int_le(GAP_D3P_TYPE, 255);
	ck_assert_int_ge(GAP_D3P_WINDOW, 128);
	ck_assert_int_le(GAP_D3P_WINDOW, 255);
	ck_assert_int_ne(GAP_D3P_TYPE, GAP_D3P_WINDOW);
}
END_TEST

static void offer_d3p(struct download *d, uint32_t window_ms, struct gap_numbers numbers)
{
	d->has_gap = true;
	d->d3p = (struct gap_d3p){
		.has_type = true, .has_window = true, .type = D3P_POSIX_TIME, .window_ms = window_ms, .numbers = numbers
	};
}

/* A pull, with the numbers of both sides. */
START_TEST(a_pull_brings_it)
{
	static const struct gap_numbers t[][2] = { { { 0, 0 }, { 0, 0 } },
						   { { 0, 0 }, { GAP_D3P_TYPE, GAP_D3P_WINDOW } },
						   { { 4, 5 }, { 4, 5 } },
						   { { 129, 128 }, { 129, 128 } },
						   { { 4, 5 }, { 0, 0 } } };

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		bool same = i + 1 < ARRAY_SIZE(t);
		const struct download *d;
		struct pair p;

		pair_init(&p);
		offer_d3p(&p.offered, 60000, t[i][0]);
		p.params.gap_numbers = t[i][1];
		ck_assert_msg(pair_run(&p) == PULL_DONE, "%s", reason_of(p.pull));
		d = pull_download(p.pull);
		ck_assert(d->d3p.has_type == same && d->d3p.has_window == same);
		ck_assert_uint_eq(d->d3p.type, same ? D3P_POSIX_TIME : 0);
		ck_assert_uint_eq(d->d3p.window_ms, same ? 60000 : 0);
		ck_assert_uint_eq(d->n_gap_unknown, same ? 0 : 2);
		ck_assert(same ==
			  (strstr(p.log, "not known here are passed over: 4 = 0x0001, 5 = 0x0000ea60") == NULL));
		pair_free(&p);
	}
}
END_TEST

/* Numbers that change while a KEK lives count from the next push on. */
START_TEST(a_push_brings_it)
{
	static const struct gap_numbers other = { 4, 5 };
	EVP_PKEY *pair = craft_pair("2048");
	static struct push what, got;
	struct rekey_sa *sa;
	struct kek kek;

	craft_kek(&kek, CIPHER_AES_CBC_128, SIG_RSA, SIG_HASH_SHA256, pair);
	sa = craft_sa(&kek, false);
	for (uint32_t seq = 1; seq <= 3; seq++) {
		struct ike_out out = { 0 };
		uint8_t *data;
		size_t len;

		what = (struct push){ .seq = seq, .has_policy = true, .download = { .n_teks = 1 } };
		craft_tek(&what.download.teks[0], 0x1000 + seq, 7);
		offer_d3p(&what.download, 500, seq > 1 ? other : (struct gap_numbers){ 0 });
		if (seq == 3)
			rekey_sa_set_gap_numbers(sa, &other);
		data = craft_from_server(&kek, pair, &what, &len);
		ck_assert_msg(rekey_sa_receive(sa, data, len, &got, &out) == PUSH_ACCEPTED, "%s", last_note(&out));
		ck_assert(got.download.d3p.has_type == (seq != 2));
		ck_assert_uint_eq(got.download.d3p.window_ms, seq == 2 ? 0 : 500);
		ck_assert_uint_eq(got.download.n_gap_unknown, seq == 2 ? 2 : 0);
		ike_out_clear(&out);
		free(data);
	}
	rekey_sa_free(sa);
	EVP_PKEY_free(pair);
}
END_TEST

/* The server's phase 1 says it in either mode, and only when it is to. */
START_TEST(the_vendor_id_is_sent_and_known)
{
	for (int i = 0; i < 4; i++) {
		struct pair p;
		bool d3p = i & 1;

		pair_init(&p);
		p.peer.d3p = d3p;
		p.params.mode = i & 2 ? IKE_AGGRESSIVE : IKE_MAIN;
		p.peer.main_mode = !(i & 2);
		p.peer.aggressive_mode = i & 2;
		ck_assert_msg(pair_run(&p) == PULL_DONE, "%s", reason_of(p.pull));
		ck_assert(vendor_ids_d3p(pull_vendor_ids(p.pull)) == d3p);
		ck_assert_uint_eq(pull_vendor_ids(p.pull)->n, d3p);
		ck_assert((strstr(p.log, "the server's vendor IDs: " VENDOR_D3P_NAME) != NULL) == d3p);
		pair_free(&p);
	}
}
END_TEST

/* However many vendor IDs a peer sends, the one that means something is found. */
START_TEST(the_vendor_id_is_found_among_many)
{
	static const uint8_t d3p[VENDOR_D3P_LEN] = VENDOR_D3P;
	char text[VENDOR_ID_TEXT_MAX];

	for (size_t at = 0; at < VENDOR_IDS_MAX + 4; at++) {
		uint8_t octets[VENDOR_IDS_MAX + 4][VENDOR_D3P_LEN] = { 0 };
		struct payloads payloads = { .n = ARRAY_SIZE(octets) };
		struct vendor_ids v = { .n = 0 };
		size_t found = 0;

		for (size_t i = 0; i < ARRAY_SIZE(octets); i++) {
			memset(octets[i], (int)i + 1, VENDOR_D3P_LEN);
			if (i >= at) /* from there on it comes again and again */
				memcpy(octets[i], d3p, sizeof(d3p));
			payloads.list[i] = (struct payload){ .type = PAYLOAD_VENDOR_ID,
							     .body = reader_of(octets[i], VENDOR_D3P_LEN) };
		}
		vendor_ids_take(&v, &payloads);
		ck_assert_uint_le(v.n, VENDOR_IDS_MAX);
		ck_assert(vendor_ids_d3p(&v));
		for (size_t i = 0; i < v.n; i++)
			found += strcmp(vendor_id_text(&v.list[i], text), VENDOR_D3P_NAME) == 0;
		ck_assert_uint_eq(found, 1);
	}
}
END_TEST

/* The octets of doc/d3p.md: the MD5 of the draft's name. */
START_TEST(the_vendor_id_is_the_drafts)
{
	static const uint8_t d3p[VENDOR_D3P_LEN] = VENDOR_D3P;
	static const char name[] = "draft-weis-delay-detection-01";
	uint8_t md[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	ck_assert_int_eq(EVP_Digest(name, strlen(name), md, &len, EVP_md5(), NULL), 1);
	ck_assert_uint_eq(len, sizeof(d3p));
	ck_assert_int_eq(memcmp(md, d3p, len), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("D3P in GDOI");
	TCase *t = tcase_create("D3P in GDOI");
	SRunner *runner;
	int failed;

	tcase_add_test(t, attributes);
	tcase_add_test(t, default_numbers_are_private);
	tcase_add_test(t, a_pull_brings_it);
	tcase_add_test(t, a_push_brings_it);
	tcase_add_test(t, the_vendor_id_is_sent_and_known);
	tcase_add_test(t, the_vendor_id_is_found_among_many);
	tcase_add_test(t, the_vendor_id_is_the_drafts);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
