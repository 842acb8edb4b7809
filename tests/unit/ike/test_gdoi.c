/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The payloads of GDOI one by one: what is taken, what is refused alone, what is refused whole. */
#include "tests/unit/support/hex.h"
#include "tests/unit/support/words.h"

#include "ike/gdoi_gap.h"
#include "ike/gdoi_kd.h"
#include "ike/gdoi_sa.h"
#include "ike/gdoi_sak.h"
#include "ike/gdoi_sat.h"
#include "ike/gdoi_seq.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static struct ike_diag diag;

/* --- SAT ------------------------------------------------------------------------------------------------------- */

#define SAT_IDS "00 04 0000 08 0a000000ff000000 04 0000 08 ac100000fff00000"
#define SAT_SPI "11223344"
#define SAT_CBC "01" SAT_IDS "0c" SAT_SPI
#define SAT_GCM "01" SAT_IDS "14" SAT_SPI
#define SAT_ATTRS "80010001 00020004 00000e10 80040001 80050005 80060100"

#define REFUSED_ALGORITHM (int)REFUSAL_UNSUPPORTED_ALGORITHM
#define REFUSED_ATTRIBUTE (int)REFUSAL_UNSUPPORTED_ATTRIBUTE
#define REFUSED_SELECTOR (int)REFUSAL_UNSUPPORTED_SELECTOR
#define REFUSED_PROTOCOL (int)REFUSAL_UNSUPPORTED_PROTOCOL

START_TEST(sats)
{
	static const struct {
		const char *octets;
		int r; /* 0: taken; positive: refused alone, with this reason; negative: malformed */
	} t[] = {
		{ SAT_CBC SAT_ATTRS, 0 },
		{ SAT_CBC SAT_ATTRS "800e0004 800f0003", 0 },
		{ SAT_CBC SAT_ATTRS "800e0000 800f0000", 0 },                 /* reserved 0: as if absent */
		{ SAT_CBC SAT_ATTRS "80030013", 0 },                          /* Group Description: ignored */
		{ SAT_CBC SAT_ATTRS "80010001 00020004 00000e10", 0 },        /* the same life again */
		{ SAT_CBC SAT_ATTRS "80010002 000200080000000100000000", 0 }, /* more kilobytes than 32 bits */
		{ SAT_CBC "80050002 80060080", 0 },                           /* no life: 28800 s */
		{ SAT_GCM "80040001 80060100", 0 },
		{ "01" SAT_IDS "12" SAT_SPI "80060080", 0 }, /* GCM with 8 octets of ICV, with 12, and GMAC */
		{ "01" SAT_IDS "13" SAT_SPI "800600c0", 0 },
		{ "01" SAT_IDS "17" SAT_SPI "80060100", 0 },
		/* identities with lengths of two octets, and forms of a prefix */
		{ "01 00 04 0000 0008 0a000000ff000000 04 0000 0008 ac100000fff00000 0c" SAT_SPI SAT_ATTRS, 0 },
		{ "01 00 07 0000 08 0a0000000affffff 01 0000 04 0a000001 0c" SAT_SPI SAT_ATTRS, 0 },
		{ "01 00 04 0000 08 0000000000000000 04 0000 08 0000000000000000 0c" SAT_SPI SAT_ATTRS, 0 },
		/* refused alone */
		{ "02" SAT_IDS "0c" SAT_SPI SAT_ATTRS, REFUSED_PROTOCOL },
		{ "03 aabbcc", REFUSED_PROTOCOL },
		{ "80", REFUSED_PROTOCOL },
		{ "01" SAT_IDS "03" SAT_SPI SAT_ATTRS, REFUSED_ALGORITHM },           /* 3DES */
		{ "01" SAT_IDS "0b" SAT_SPI SAT_ATTRS, REFUSED_ALGORITHM },           /* NULL */
		{ "01" SAT_IDS "0d" SAT_SPI "80060080", REFUSED_ALGORITHM },          /* AES-CTR */
		{ "01" SAT_IDS "10" SAT_SPI "80060080", REFUSED_ALGORITHM },          /* AES-CCM */
		{ "01" SAT_IDS "15" SAT_SPI "80060080", REFUSED_ALGORITHM },          /* the number of GMAC in IKEv2 */
		{ "01" SAT_IDS "12" SAT_SPI "80060040", REFUSED_ALGORITHM },          /* GCM with 64 bits of key */
		{ "01" SAT_IDS "17" SAT_SPI "80050005 80060080", REFUSED_ALGORITHM }, /* GMAC and an HMAC */
		{ SAT_CBC "80060100", REFUSED_ALGORITHM },                            /* no integrity */
		{ SAT_CBC "80050001 80060100", REFUSED_ALGORITHM },                   /* MD5 */
		{ SAT_CBC "80050005", REFUSED_ALGORITHM },                            /* no key length */
		{ SAT_CBC "80050005 80060040", REFUSED_ALGORITHM },
		{ SAT_GCM "80050005 80060100", REFUSED_ALGORITHM }, /* GCM and an HMAC */
		{ SAT_CBC SAT_ATTRS "800e0005", REFUSED_ATTRIBUTE },
		{ SAT_CBC SAT_ATTRS "800f0004", REFUSED_ATTRIBUTE },
		{ SAT_CBC SAT_ATTRS "80070001", REFUSED_ATTRIBUTE },                  /* key rounds */
		{ SAT_CBC SAT_ATTRS "800b0001", REFUSED_ATTRIBUTE },                  /* 64 bit sequence numbers */
		{ SAT_CBC SAT_ATTRS "fd010001", REFUSED_ATTRIBUTE },                  /* private use */
		{ SAT_CBC SAT_ATTRS "80050002", REFUSED_ATTRIBUTE },                  /* a second integrity */
		{ SAT_CBC SAT_ATTRS "80010001", REFUSED_ATTRIBUTE },                  /* life type alone */
		{ SAT_CBC SAT_ATTRS "80020100", REFUSED_ATTRIBUTE },                  /* duration alone */
		{ SAT_CBC SAT_ATTRS "80010003 80020100", REFUSED_ATTRIBUTE },         /* life in what? */
		{ SAT_CBC SAT_ATTRS "80010001 80020e11", REFUSED_ATTRIBUTE },         /* another life */
		{ SAT_CBC "80010001 80020000 80050005 80060100", REFUSED_ATTRIBUTE }, /* a life of 0 s */
		{ SAT_CBC "80040003 80050005 80060100", REFUSED_ATTRIBUTE },          /* UDP encapsulation */
		{ "01" SAT_IDS "0c 00000000" SAT_ATTRS, REFUSED_SELECTOR },
		{ "01" SAT_IDS "0c 000000ff" SAT_ATTRS, REFUSED_SELECTOR },
		{ "01 00 01 0000 04 00000000 04 0000 08 ac100000fff00000 0c" SAT_SPI SAT_ATTRS, REFUSED_SELECTOR },
		{ "01 00 04 0000 08 00000000ffffffff 01 0000 04 e8010101 0c" SAT_SPI SAT_ATTRS, REFUSED_SELECTOR },
		{ "01 00 04 0000 00 04 0000 08 ac100000fff00000 0c" SAT_SPI SAT_ATTRS,
		  REFUSED_SELECTOR }, /* no source */
		{ "01 00 04 0000 03 000000 04 0000 08 ac100000fff00000 0c" SAT_SPI SAT_ATTRS, REFUSED_SELECTOR },
		{ "01 00 04 0000 08 0a000000ff00ff00 04 0000 08 ac100000fff00000 0c" SAT_SPI SAT_ATTRS,
		  REFUSED_SELECTOR },
		{ "01 00 07 0000 08 0a0000000a000002 04 0000 08 ac100000fff00000 0c" SAT_SPI SAT_ATTRS,
		  REFUSED_SELECTOR },
		{ "01 00 07 0000 08 0a0000020a000001 04 0000 08 ac100000fff00000 0c" SAT_SPI SAT_ATTRS,
		  REFUSED_SELECTOR },
		{ "01 00 05 0000 10 20010db8000000000000000000000001 04 0000 08 ac100000fff00000 0c" SAT_SPI SAT_ATTRS,
		  REFUSED_SELECTOR },
		{ "01 00 02 0000 03 616263 04 0000 08 ac100000fff00000 0c" SAT_SPI SAT_ATTRS, REFUSED_SELECTOR },
		/* malformed */
		{ "", -EBADMSG },
		{ "01", -EBADMSG },
		{ SAT_CBC "80", -EBADMSG },
		{ SAT_CBC "00020004 0000", -EBADMSG },
		{ "01" SAT_IDS "0c112233", -EBADMSG },
		{ "01 00 04 0000 08 0a000000ff0000", -EBADMSG },
		{ "01 00 01 0000 05 0a00000001 01 0000 04 0a000001 0c" SAT_SPI SAT_ATTRS, -EBADMSG },
		{ "01 00 04 0000 ff 0a000000ff000000 04 0000 08 ac100000fff00000 0c" SAT_SPI SAT_ATTRS, -EBADMSG },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		static struct download d;
		struct hex x = hex(t[i].octets);
		int r;

		memset(&d, 0, sizeof(d));
		r = gdoi_sat_read(&d, reader_of(x.data, x.len), &diag);
		ck_assert_msg(r == (t[i].r < 0 ? t[i].r : 0), "SAT %zu: %d %s", i, r, cause_words_of(&diag.cause));
		ck_assert_msg(d.n_teks == (t[i].r == 0), "SAT %zu: %s", i, cause_words_of(&d.refusals[0].cause));
		ck_assert_msg(d.n_refusals == (t[i].r > 0), "SAT %zu", i);
		if (t[i].r > 0) {
			ck_assert_msg((int)d.refusals[0].reason == t[i].r, "SAT %zu: %s", i,
				      cause_words_of(&d.refusals[0].cause));
			ck_assert_int_gt(d.refusals[0].cause.id, CAUSE_NONE);
		}
		free(x.data);
	}
}
END_TEST

START_TEST(sat_values)
{
	static struct download d;
	struct hex x = hex("01 11 07 0035 08 0a0000000affffff 04 1f90 08 ac100101fff00000 0c" SAT_SPI
			   "80010002 00020004 000186a0 80040002 80050007 800600c0 800e0003 800f0002");
	ck_assert_int_eq(gdoi_sat_read(&d, reader_of(x.data, x.len), &diag), 0);
	ck_assert_uint_eq(d.n_teks, 1);
	ck_assert_uint_eq(d.teks[0].spi, 0x11223344);
	ck_assert_uint_eq(d.teks[0].sel.protocol, 17);
	ck_assert_uint_eq(d.teks[0].sel.src.addr, 0x0a000000);
	ck_assert_uint_eq(d.teks[0].sel.src.len, 8);
	ck_assert_uint_eq(d.teks[0].sel.dst.addr, 0xac100000); /* bits beyond the mask do not count */
	ck_assert_uint_eq(d.teks[0].sel.dst.len, 12);
	ck_assert_uint_eq(d.teks[0].sel.sport.min, 53);
	ck_assert_uint_eq(d.teks[0].sel.sport.max, 53);
	ck_assert_uint_eq(d.teks[0].sel.dport.min, 8080);
	ck_assert_int_eq(d.teks[0].cipher, CIPHER_AES_CBC_192);
	ck_assert_int_eq(d.teks[0].auth, AUTH_HMAC_SHA512_256);
	ck_assert_uint_eq(d.teks[0].life_seconds, 28800);
	ck_assert_uint_eq(d.teks[0].life_kilobytes, 100000);
	ck_assert_int_eq(d.teks[0].preserve, PRESERVE_DESTINATION_ONLY);
	ck_assert_int_eq(d.teks[0].direction, SA_RECEIVER_ONLY);
	ck_assert(!d.teks[0].tunnel);
	free(x.data);
}
END_TEST

/* What is refused keeps its selector, so that the policy is known to be there. */
START_TEST(refused_sats_have_their_selector)
{
	static struct download d;
	struct hex x = hex(SAT_CBC SAT_ATTRS);

	ck_assert_int_eq(gdoi_sat_read(&d, reader_of(x.data, x.len), &diag), 0);
	free(x.data);
	x = hex("01" SAT_IDS "03" SAT_SPI SAT_ATTRS); /* 3DES */
	ck_assert_int_eq(gdoi_sat_read(&d, reader_of(x.data, x.len), &diag), 0);
	ck_assert_uint_eq(d.n_refusals, 1);
	ck_assert(d.refusals[0].has_sel);
	ck_assert_int_eq(memcmp(&d.refusals[0].sel, &d.teks[0].sel, sizeof(d.teks[0].sel)), 0);
	free(x.data);
	x = hex("00000000");
	ck_assert_int_eq(gdoi_kd_read(&d, false, reader_of(x.data, x.len), &diag), 0);
	ck_assert_uint_eq(d.n_refusals, 2); /* a policy without a key */
	ck_assert(d.refusals[1].has_sel);
	free(x.data);
	x = hex("80 aabbcc");
	ck_assert_int_eq(gdoi_sat_read(&d, reader_of(x.data, x.len), &diag), 0);
	ck_assert_uint_eq(d.n_refusals, 3);
	ck_assert(!d.refusals[2].has_sel);
	free(x.data);
}
END_TEST

/* Address Preservation and SA Direction 0 occur: taken for absent, told once, and 0 beside another value is twice. */
START_TEST(reserved_values)
{
	static struct download d;
	static struct ike_out out;
	struct ike_diag noting = { .out = &out };
	struct hex x = hex(SAT_CBC SAT_ATTRS "800e0000 800f0000");

	for (uint8_t i = 0; i < 9; i++) {
		x.data[30] = i; /* of the SPI */
		ck_assert_int_eq(gdoi_sat_read(&d, reader_of(x.data, x.len), &noting), 0);
	}
	ck_assert_uint_eq(d.n_teks, 9);
	ck_assert_int_eq(d.teks[0].preserve, PRESERVE_BOTH);
	ck_assert_int_eq(d.teks[0].direction, SA_SYMMETRIC);
	ck_assert_uint_eq(out.n_notes, 2);
	ck_assert_uint_eq(out.n_notes_dropped, 0);
	free(x.data);
	x = hex(SAT_CBC SAT_ATTRS "800e0000 800e0001");
	ck_assert_int_eq(gdoi_sat_read(&d, reader_of(x.data, x.len), &noting), 0);
	ck_assert_uint_eq(d.n_refusals, 1);
	ck_assert_ptr_nonnull(strstr(cause_words_of(&d.refusals[0].cause), "twice"));
	free(x.data);
	x = hex(SAT_CBC SAT_ATTRS "800f0001 800f0000");
	ck_assert_int_eq(gdoi_sat_read(&d, reader_of(x.data, x.len), &noting), 0);
	ck_assert_uint_eq(d.n_refusals, 2);
	free(x.data);
}
END_TEST

START_TEST(sats_are_bounded)
{
	struct hex x = hex(SAT_CBC SAT_ATTRS);
	static struct download d;

	for (size_t i = 0; i < DOWNLOAD_TEKS_MAX + 40; i++) {
		x.data[30] = (uint8_t)i; /* of the SPI */
		ck_assert_int_eq(gdoi_sat_read(&d, reader_of(x.data, x.len), &diag), 0);
	}
	ck_assert_uint_eq(d.n_teks, DOWNLOAD_TEKS_MAX);
	ck_assert_uint_eq(d.n_refusals, 40);
	free(x.data);
}
END_TEST

/* --- SAK, GAP, SEQ, SA ----------------------------------------------------------------------------------------- */

#define SAK_IDS "11 01 2121 04 7f000051 01 2120 04 7f000052"
#define SAK_SPI "a605d9aac93989d0270abd028b80645a 00000000"
#define SAK_ATTRS "80020003 80030080 80040032 80050003 80060001"

START_TEST(saks)
{
	static const struct {
		const char *octets;
		int r;
	} t[] = {
		{ SAK_IDS SAK_SPI SAK_ATTRS, 0 },
		{ SAK_IDS "a605d9aac93989d0270abd028b80645a deadbeef" SAK_ATTRS, 0 }, /* RESERVED2 */
		{ SAK_IDS SAK_SPI "80020003 80030100 00040004 00015180 80050004 80060001 80070800 80090001", 0 },
		{ SAK_IDS SAK_SPI "80020003 800300c0 80060004", 0 },                       /* ECDSA: hash implied */
		{ SAK_IDS SAK_SPI "80010001" SAK_ATTRS, 0 },                               /* LKH in a pull: ignored */
		{ "11 01 2121 0004 7f000051 01 2120 0004 7f000052" SAK_SPI SAK_ATTRS, 0 }, /* lengths of 2 octets */
		{ "11 01 0000 00 01 0000 00" SAK_SPI SAK_ATTRS, 0 },
		{ SAK_IDS SAK_SPI "80020001 80030040 80050003 80060001", -EPROTONOSUPPORT }, /* DES */
		{ SAK_IDS SAK_SPI "80020002 80050003 80060001", -EPROTONOSUPPORT },          /* 3DES */
		{ SAK_IDS SAK_SPI "80020003 80030040 80050003 80060001", -EPROTONOSUPPORT },
		{ SAK_IDS SAK_SPI "80020003 80030080 80050001 80060001", -EPROTONOSUPPORT }, /* MD5 */
		{ SAK_IDS SAK_SPI "80020003 80030080 80050006 80060001", -EPROTONOSUPPORT },
		{ SAK_IDS SAK_SPI "80020003 80030080 80050003 80060002", -EPROTONOSUPPORT }, /* DSS */
		{ SAK_IDS SAK_SPI "80020003 80030080 80050003 80060003", -EPROTONOSUPPORT }, /* ECDSS */
		{ SAK_IDS SAK_SPI SAK_ATTRS "80080001", -EPROTONOSUPPORT },
		{ SAK_IDS SAK_SPI SAK_ATTRS "800a0001", -EPROTONOSUPPORT },
		{ SAK_IDS SAK_SPI SAK_ATTRS "ff000001", -EPROTONOSUPPORT },
		{ SAK_IDS SAK_SPI "80030080 80050003 80060001", -EBADMSG }, /* no algorithm */
		{ SAK_IDS SAK_SPI "80020003 80050003 80060001", -EBADMSG }, /* no key length */
		{ SAK_IDS SAK_SPI "80020003 80030080 80060001", -EBADMSG }, /* RSA, no hash */
		{ SAK_IDS SAK_SPI "80020003 80030080 80050003", -EBADMSG }, /* no signature */
		{ SAK_IDS SAK_SPI SAK_ATTRS "80020003", -EBADMSG },         /* twice */
		{ SAK_IDS SAK_SPI SAK_ATTRS "8002", -EBADMSG },
		{ SAK_IDS "a605d9aac93989d0270abd028b80645a", -EBADMSG },
		{ SAK_IDS, -EBADMSG },
		{ "", -EBADMSG },
	};
	struct kek kek;
	struct hex x;

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		x = hex(t[i].octets);
		kek = (struct kek){ .port = 7 };
		ck_assert_msg(gdoi_sak_read(&kek, reader_of(x.data, x.len), false, &diag) == t[i].r, "SAK %zu: %s", i,
			      cause_words_of(&diag.cause));
		ck_assert((kek.port == 7) == (t[i].r != 0));
		free(x.data);
	}
	x = hex(SAK_IDS SAK_SPI "80010001" SAK_ATTRS);
	ck_assert_int_eq(gdoi_sak_read(&kek, reader_of(x.data, x.len), true, &diag), -EPROTONOSUPPORT);
	ck_assert_ptr_nonnull(strstr(cause_words_of(&diag.cause), "LKH"));
	free(x.data);
}
END_TEST

START_TEST(gaps_and_seqs)
{
	static const struct {
		const char *octets;
		int r;
		size_t unknown;
		const char *last; /* of the unknown ones */
	} t[] = {
		{ "", 0, 0, NULL },
		{ "8001000a 80020028", 0, 0, NULL },
		{ "80030002", 0, 0, NULL },
		{ "00010004 0000000a", 0, 0, NULL },
		{ "00010004 00010000", -EBADMSG, 0, NULL },
		{ "8001000a 8001000a", -EBADMSG, 0, NULL },
		{ "80040001", 0, 1, "4 0x0001" },
		{ "8001000a 00820003 010203 ffff0000", 0, 2, "32767 0x0000" },
		{ "00ff0014 000102030405060708090a0b0c0d0e0f10111213", 0, 1,
		  "255 0x000102030405060708090a0b0c0d0e0f... (20 octets)" },
		{ "80040001 80050001 80060001 80070001 80080001", 0, 5, NULL },
		{ "00820000", 0, 1, "130 no value" },
		{ "00820005 01020304", -EBADMSG, 0, NULL },
		{ "800100", -EBADMSG, 0, NULL },
	};
	uint32_t seq = 5;

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		static struct download d;
		struct hex x = hex(t[i].octets);

		memset(&d, 0, sizeof(d));
		ck_assert_msg(gdoi_gap_read(&d, NULL, reader_of(x.data, x.len), &diag) == t[i].r, "GAP %zu", i);
		ck_assert(d.has_gap == (t[i].r == 0));
		ck_assert_uint_eq(d.n_gap_unknown, t[i].unknown);
		for (size_t k = 0; k < t[i].unknown && k < GAP_UNKNOWN_MAX && t[i].last; k++) {
			char text[GAP_VALUE_TEXT_MAX], all[GAP_VALUE_TEXT_MAX + 10];

			snprintf(all, sizeof(all), "%u %s", d.gap_unknown[k].type,
				 gdoi_gap_value_text(&d.gap_unknown[k], text));
			if (k + 1 == t[i].unknown)
				ck_assert_str_eq(all, t[i].last);
		}
		if (i == 1) {
			ck_assert(d.has_atd && d.has_dtd);
			ck_assert_uint_eq(d.activation_delay, 10);
			ck_assert_uint_eq(d.deactivation_delay, 40);
		}
		free(x.data);
	}
	ck_assert_int_eq(gdoi_seq_read(&seq, reader_of("\0\0\1", 3), &diag), -EBADMSG);
	ck_assert_int_eq(gdoi_seq_read(&seq, reader_of("\0\0\0\1\0", 5), &diag), -EBADMSG);
	ck_assert_uint_eq(seq, 5);
	ck_assert_int_eq(gdoi_seq_read(&seq, reader_of("\0\0\1\1", 4), &diag), 0);
	ck_assert_uint_eq(seq, 257);
}
END_TEST

#define SA_HEAD "00000002 00000000"

START_TEST(sas)
{
	static const struct {
		const char *octets;
		int r;
	} t[] = {
		{ SA_HEAD "0010 0000 0000003b" SAT_CBC SAT_ATTRS, 0 },
		{ SA_HEAD "0010 0000 1000003b" SAT_CBC SAT_ATTRS "0000003b" SAT_CBC SAT_ATTRS, 0 },
		{ "00000002 00000001 0010 0000 0000003b" SAT_CBC SAT_ATTRS, 0 },
		{ "00000001 00000000 0010 0000 0000003b" SAT_CBC SAT_ATTRS, -EBADMSG }, /* DOI */
		{ SA_HEAD "0000 0000", -EBADMSG },                                      /* neither SAK nor SAT */
		{ SA_HEAD "0110 0000 0000003b" SAT_CBC SAT_ATTRS, -EBADMSG },
		{ SA_HEAD "0010 0000 1000003b" SAT_CBC SAT_ATTRS, -EBADMSG },          /* one announced, not there */
		{ SA_HEAD "0010 0000 0000003b" SAT_CBC SAT_ATTRS "00", -EBADMSG },     /* no padding inside */
		{ SA_HEAD "000a 0000 00000004", -EBADMSG },                            /* a nonce among them */
		{ SA_HEAD "0016 0000 16000008 8001000a 00000008 8001000a", -EBADMSG }, /* two GAPs */
		{ SA_HEAD "0010", -EBADMSG },
		{ "", -EBADMSG },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		static struct download d;
		struct hex x = hex(t[i].octets);
		bool sak;

		memset(&d, 0, sizeof(d));
		ck_assert_msg(gdoi_sa_read(&d, &sak, reader_of(x.data, x.len), false, NULL, &diag) == t[i].r,
			      "SA %zu: %s", i, cause_words_of(&diag.cause));
		free(x.data);
	}
}
END_TEST

START_TEST(one_sak_at_most)
{
	struct hex one = hex(SAK_IDS SAK_SPI SAK_ATTRS);
	static struct download d;
	struct message m = { 0 };
	struct chain c = { .next_at = 9 };
	bool sak;

	for (int n = 1; n <= 2; n++) {
		struct hex head = hex(SA_HEAD "0000 0000");

		memset(&d, 0, sizeof(d));
		writer_clear(&m.w);
		write_bytes(&m.w, head.data, head.len);
		c.next_at = 9;
		for (int i = 0; i < n; i++) {
			chain_begin(&c, &m.w, PAYLOAD_SAK);
			write_bytes(&m.w, one.data, one.len);
			chain_end(&c, &m.w);
		}
		ck_assert_int_eq(gdoi_sa_read(&d, &sak, reader_of(m.w.data, m.w.len), false, NULL, &diag),
				 n == 1 ? 0 : -EBADMSG);
		if (n == 1)
			ck_assert(sak && !d.has_kek);
		free(head.data);
	}
	writer_clear(&m.w);
	free(one.data);
}
END_TEST

/* --- KD -------------------------------------------------------------------------------------------------------- */

#define K16 "000102030405060708090a0b0c0d0e0f"
#define K16_OTHER "ff0102030405060708090a0b0c0d0e0f"
#define K32 K16 K16
#define TEK_PACKET "01 00 0035 04 00001001 00010010" K16 "00020014 000102030405060708090a0b0c0d0e0f10111213"

/* Two policies: 00001001 is AES-128 with SHA-1, 00001002 AES-GCM-128; and a KEK of AES-128. */
static void kd_policies(struct download *d)
{
	memset(d, 0, sizeof(*d));
	d->n_teks = 2;
	d->teks[0] = (struct tek){ .spi = 0x1001, .cipher = CIPHER_AES_CBC_128, .auth = AUTH_HMAC_SHA1_96 };
	d->teks[1] = (struct tek){ .spi = 0x1002, .cipher = CIPHER_AES_GCM_128 };
	d->kek.cipher = CIPHER_AES_CBC_128;
	memset(d->kek.spi, 0x77, sizeof(d->kek.spi));
}

#define KEK_SPI "10 77777777777777777777777777777777"
#define KEK_PACKET "02 00 0041 " KEK_SPI "00010020" K32 "00020004 30020500"
#define OTHER_TEK_PACKET "01 00 0035 04 00001001 00010010" K16_OTHER "00020014 000102030405060708090a0b0c0d0e0f10111213"
#define OTHER_AUTH_PACKET "01 00 0035 04 00001001 00010010" K16 "00020014 000102030405060708090a0b0c0d0e0f10111214"
#define OTHER_KEK_PACKET "02 00 0041 " KEK_SPI "00010020" K16 K16_OTHER "00020004 30020500"
#define GCM_PACKET "01 00 0021 04 00001002 00010014" K16 "00aabbcc"

START_TEST(kds)
{
	static const struct {
		const char *octets;
		int r;
		size_t teks, refusals;
		bool kek;
	} t[] = {
		{ "0001 0000" TEK_PACKET, 0, 1, 1, false }, /* the other has no key */
		{ "0002 0000" TEK_PACKET GCM_PACKET, 0, 2, 0, false },
		{ "0000 0000", 0, 0, 2, false },
		{ "0003 0000" KEK_PACKET TEK_PACKET GCM_PACKET, 0, 2, 0, true },
		{ "0002 0000" TEK_PACKET "09 00 0007 00 abcd", 0, 1, 1, false }, /* a type not known */
		{ "0002 0000" TEK_PACKET "04 00 0011 00 80010008 00020004 00000003", 0, 1, 1, false },
		{ "0001 0000 01 00 0009 04 00009999", 0, 0, 3, false },              /* key without policy */
		{ "0001 0000 01 00 001d 04 00001001 00010010" K16, 0, 0, 2, false }, /* no integrity key */
		{ "0001 0000 01 00 001d 04 00001002 00010010" K16, 0, 0, 2, false }, /* GCM without salt */
		{ "0001 0000 02 00 0039 " KEK_SPI "00010020" K32, 0, 0, 2, false },  /* nothing to verify with */
		{ "0001 0000 02 00 0041 10 78777777777777777777777777777777 00010020" K32 "00020004 30020500", 0, 0, 2,
		  false },                                                        /* another KEK */
		{ "0003 0000" TEK_PACKET GCM_PACKET TEK_PACKET, 0, 2, 0, false }, /* the same once more */
		{ "0004 0000" TEK_PACKET TEK_PACKET TEK_PACKET GCM_PACKET, 0, 2, 0, false },
		{ "0003 0000" TEK_PACKET OTHER_TEK_PACKET GCM_PACKET, 0, 1, 1, false }, /* another: refused alone */
		{ "0004 0000" TEK_PACKET OTHER_TEK_PACKET TEK_PACKET GCM_PACKET, 0, 1, 1, false },
		{ "0003 0000" TEK_PACKET OTHER_AUTH_PACKET GCM_PACKET, 0, 1, 1, false },
		{ "0003 0000" TEK_PACKET "01 00 001d 04 00001001 00010010" K16 GCM_PACKET, 0, 1, 1, false },
		{ "0003 0000" TEK_PACKET "01 00 0009 04 00001001" GCM_PACKET, 0, 1, 1, false },
		{ "0002 0000" KEK_PACKET KEK_PACKET, 0, 0, 2, true },
		{ "0002 0000" KEK_PACKET OTHER_KEK_PACKET, -EBADMSG, 0, 0, false },
		{ "0001 0000 02 00 0031 " KEK_SPI "00010010" K16 "00020004 30020500", -EBADMSG, 0, 0,
		  false }, /* no IV */
		{ "0001 0000 02 00 0010 04 00000000 8001 0000 8002 00", -EBADMSG, 0, 0, false },
		{ "0001 0000 03 00 0005 00", -EPROTONOSUPPORT, 0, 0, false },                    /* LKH */
		{ "0001 0000 04 00 0009 00 80010008", -EBADMSG, 0, 0, false },                   /* no SID value */
		{ "0001 0000 04 00 0011 00 80010008 00020004 00000100", -EBADMSG, 0, 0, false }, /* too large */
		{ "0001 0000 04 00 0011 00 80010021 00020004 00000100", -EBADMSG, 0, 0, false }, /* 33 bits */
		{ "0001 0000 04 00 0015 04 00000000 80010008 00020004 00000001", -EBADMSG, 0, 0, false }, /* an SPI */
		{ "0002 0000" TEK_PACKET, -EBADMSG, 0, 0, false }, /* counts one more */
		{ "0000 0000" TEK_PACKET, -EBADMSG, 0, 0, false }, /* counts one less */
		{ "ffff 0000" TEK_PACKET, -EBADMSG, 0, 0, false },
		{ "0001 0000 01 00 0004 04", -EBADMSG, 0, 0, false },    /* shorter than its header */
		{ "0001 0000 01 00 0006 04 00", -EBADMSG, 0, 0, false }, /* SPI beyond its end */
		{ "0001 0000 01 00 ffff 04 00001001", -EBADMSG, 0, 0, false },
		{ "0001 0000 01 00 0008 03 000010", -EBADMSG, 0, 0, false }, /* an SPI of 3 octets */
		{ "0001 0000 01 00 000d 04 00001001 00010010", -EBADMSG, 0, 0, false },
		{ "0001 00", -EBADMSG, 0, 0, false },
		{ "", -EBADMSG, 0, 0, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		static struct download d;
		struct hex x = hex(t[i].octets);
		int r;

		kd_policies(&d);
		r = gdoi_kd_read(&d, true, reader_of(x.data, x.len), &diag);
		ck_assert_msg(r == t[i].r, "KD %zu: %d %s", i, r, cause_words_of(&diag.cause));
		if (r == 0) {
			ck_assert_msg(d.n_teks == t[i].teks, "KD %zu: %zu TEKs", i, d.n_teks);
			ck_assert_msg(d.n_refusals == t[i].refusals, "KD %zu: %zu refusals", i, d.n_refusals);
			ck_assert_msg(d.has_kek == t[i].kek, "KD %zu", i);
			for (size_t k = 0; k < d.n_teks; k++) {
				ck_assert_uint_eq(d.teks[k].key.len, d.teks[k].spi == 0x1001 ? 16 : 20);
				ck_assert_uint_eq(d.teks[k].key.data[0], 0);
			}
			/* a push must be able to tell which KEK it was that came without its key */
			ck_assert_int_eq(d.kek_missing, !t[i].kek);
			ck_assert_uint_eq(d.kek.spi[0], 0x77);
		}
		free(x.data);
	}
}
END_TEST

/* --- sender ids (RFC 6407 5.6.4, RFC 6054 3) -------------------------------------------------------------------- */

START_TEST(sids)
{
	static const struct {
		const char *octets;
		enum ike_cause_id cause; /* CAUSE_NONE: taken */
		uint16_t bits;
		size_t n;
		uint32_t first, last;
	} t[] = {
		{ "0000 0000", CAUSE_NONE, 0, 0, 0, 0 },
		{ "0001 0000 04 00 0011 00 80010008 00020004 000000ff", CAUSE_NONE, 8, 1, 255, 255 },
		{ "0001 0000 04 00 000e 00 80010008 00020001 ff", CAUSE_NONE, 8, 1, 255, 255 }, /* an octet is enough */
		{ "0001 0000 04 00 000f 00 8001000c 00020002 0fff", CAUSE_NONE, 12, 1, 4095, 4095 },
		{ "0001 0000 04 00 000d 00 80010010 80020007", CAUSE_NONE, 16, 1, 7, 7 }, /* a basic attribute */
		{ "0001 0000 04 00 0011 00 00020004 0000000a 80010008", CAUSE_NONE, 8, 1, 10, 10 }, /* the width last */
		{ "0001 0000 04 00 0015 00 80010008 80010008 00020004 0000000a", CAUSE_NONE, 8, 1, 10, 10 },
		{ "0001 0000 04 00 0015 00 80010010 80020007 80020009 80020007", CAUSE_NONE, 16, 2, 7, 9 },
		{ "0001 0000 04 00 0015 00 80010010 80020000 8003abcd 80020001", CAUSE_NONE, 16, 2, 0,
		  1 }, /* unknown */
		{ "0002 0000 04 00 000d 00 80010008 80020001 04 00 000d 00 80010008 80020002", CAUSE_NONE, 8, 2, 1, 2 },
		{ "0001 0000 04 00 0015 00 80010020 00020008 00000000ffffffff", CAUSE_NONE, 32, 1, UINT32_MAX,
		  UINT32_MAX },
		/* two widths, in one packet or in two */
		{ "0001 0000 04 00 0011 00 80010008 8001000c 80020001", CAUSE_SID_WIDTHS, 0, 0, 0, 0 },
		{ "0002 0000 04 00 000d 00 80010008 80020001 04 00 000d 00 80010010 80020002", CAUSE_SID_WIDTHS, 0, 0,
		  0, 0 },
		{ "0001 0000 04 00 000d 00 80010000 80020000", CAUSE_SID_BITS, 0, 0, 0, 0 },
		{ "0001 0000 04 00 000d 00 80010021 80020000", CAUSE_SID_BITS, 0, 0, 0, 0 },
		{ "0001 0000 04 00 0009 00 80020001", CAUSE_SID_INCOMPLETE, 0, 0, 0, 0 },
		{ "0001 0000 04 00 0009 00 80010008", CAUSE_SID_INCOMPLETE, 0, 0, 0, 0 },
		{ "0001 0000 04 00 0005 00", CAUSE_SID_INCOMPLETE, 0, 0, 0, 0 },
		{ "0001 0000 04 00 000d 00 80010008 80020100", CAUSE_SID_VALUE, 0, 0, 0, 0 },
		{ "0001 0000 04 00 0011 00 80010008 80020001 80020100", CAUSE_SID_VALUE, 0, 0, 0, 0 }, /* the second */
		{ "0001 0000 04 00 0011 00 80020100 80020001 80010008", CAUSE_SID_VALUE, 0, 0, 0, 0 },
		{ "0001 0000 04 00 000d 00 80010008 00020000", CAUSE_SID_ATTRIBUTE, 0, 0, 0, 0 }, /* no octet */
		{ "0001 0000 04 00 0016 00 80010008 00020009 000000000000000001", CAUSE_SID_ATTRIBUTE, 0, 0, 0, 0 },
		{ "0001 0000 04 00 0015 00 80010020 00020008 0000000100000000", CAUSE_SID_ATTRIBUTE, 0, 0, 0, 0 },
		{ "0001 0000 04 00 000b 00 80010008 0002", CAUSE_PACKET_ATTRIBUTES, 0, 0, 0, 0 }, /* cut */
		{ "0001 0000 04 00 000f 00 80010008 0002 0004 0000", CAUSE_PACKET_ATTRIBUTES, 0, 0, 0, 0 },
		{ "0001 0000 04 00 0011 04 00000000 80010008 80020001", CAUSE_SID_SPI, 0, 0, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		static struct download d;
		struct ike_diag diag_of = { 0 };
		struct hex x = hex(t[i].octets);
		int r;

		memset(&d, 0, sizeof(d));
		r = gdoi_kd_read(&d, false, reader_of(x.data, x.len), &diag_of);
		ck_assert_msg(r == (t[i].cause == CAUSE_NONE ? 0 : -EBADMSG) && diag_of.cause.id == t[i].cause,
			      "SID %zu: %d %s", i, r, cause_words_of(&diag_of.cause));
		if (r == 0) {
			ck_assert_msg(d.sender_id_bits == t[i].bits && d.n_sender_ids == t[i].n, "SID %zu", i);
			ck_assert_msg(t[i].n == 0 ||
					      (d.sender_ids[0] == t[i].first && d.sender_ids[t[i].n - 1] == t[i].last),
				      "SID %zu", i);
		}
		free(x.data);
	}
}
END_TEST

/* What a member asks for, as a server reads it. */
START_TEST(sender_id_requests)
{
	static const struct {
		const char *octets;
		int r;
		uint16_t n;
	} t[] = {
		{ "", 0, 0 },
		{ "80030001", 0, 1 },
		{ "80030000", 0, 0 },
		{ "8003ffff", 0, 65535 },
		{ "00030004 00000002", 0, 2 },
		{ "8001000a 80030003 80990001", 0, 3 }, /* what means nothing from a member */
		{ "80030001 80030001", -EBADMSG, 0 },
		{ "00030004 00010000", -EBADMSG, 0 },
		{ "00030000", -EBADMSG, 0 },
		{ "00030004 0000", -EBADMSG, 0 },
		{ "8003", -EBADMSG, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct hex x = hex(t[i].octets);
		uint16_t n = 4711;

		ck_assert_msg(gdoi_gap_read_request(&n, reader_of(x.data, x.len), &diag) == t[i].r, "GAP %zu", i);
		ck_assert_uint_eq(n, t[i].r == 0 ? t[i].n : 4711);
		free(x.data);
	}
}
END_TEST

/* --- one SA, many policies ------------------------------------------------------------------------------------- */

/* A SAT for 10.N.0.0/16 both ways; WHAT follows: the transform, the SPI and attributes. */
#define NET(n) "04 0000 08 0a" n "0000ffff0000"
#define SAT(n, what) "01 00" NET(n) NET(n) what
#define CBC(spi) "0c 0000" spi
#define GCM(spi) "14 0000" spi
#define ATTRS "80010001 80020e10 80050002 80060080"       /* 3600 s, SHA-1, 128 bits: as TEK_PACKET has it */
#define ATTRS_LATER "80010001 80020e0f 80050002 80060080" /* ... a second later */
#define ATTRS_LIFE "80010001 80020708 80050002 80060080"  /* 1800 s */
#define ATTRS_KB "80010001 80020e10 80010002 80020100 80050002 80060080"
#define ATTRS_256 "80010001 80020e10 80050002 80060100"
#define ATTRS_SHA256 "80010001 80020e10 80050005 80060080"
#define MULTICAST "01 00 04 0000 08 0000000000000000 01 0000 04 efc00101" /* a selector that nobody here can use */
#define IPV6 "01 00 05 0000 10 20010db8000000000000000000000001" NET("01")

#define SATS_MAX 4
#define KEY_OF(spi) "01 00 0035 04 0000" spi "00010010" K16 "00020014 000102030405060708090a0b0c0d0e0f10111213"

static void read_sats(struct download *d, const char *const octets[static SATS_MAX])
{
	struct hex head = hex(SA_HEAD "0010 0000");
	struct message m = { 0 };
	bool sak;

	write_bytes(&m.w, head.data, head.len);
	for (size_t i = 0; i < SATS_MAX && octets[i]; i++) {
		struct hex x = hex(octets[i]);
		bool last = i + 1 == SATS_MAX || !octets[i + 1];

		write_u8(&m.w, last ? 0 : PAYLOAD_SAT);
		write_u8(&m.w, 0);
		write_u16(&m.w, (uint16_t)(x.len + 4));
		write_bytes(&m.w, x.data, x.len);
		free(x.data);
	}
	memset(d, 0, sizeof(*d));
	ck_assert_msg(gdoi_sa_read(d, &sak, reader_of(m.w.data, m.w.len), false, NULL, &diag) == 0, "%s",
		      cause_words_of(&diag.cause));
	writer_clear(&m.w);
	free(head.data);
}

static size_t with_spi(const struct download *d, uint32_t spi)
{
	size_t n = 0;

	for (size_t i = 0; i < d->n_teks; i++) {
		if (d->teks[i].spi != spi)
			continue;
		ck_assert_uint_eq(d->teks[i].key.len, 16);
		ck_assert_uint_eq(d->teks[i].auth_key.len, 20);
		n++;
	}
	return n;
}

START_TEST(one_sa_many_policies)
{
	static const struct {
		const char *octets[SATS_MAX], *kd;
		size_t one, two, refusals; /* TEKs with SPI 1001 and 1002 */
	} t[] = {
		/* the key once; once for each; in another order; amid others */
		{ { SAT("01", CBC("1001") ATTRS), SAT("02", CBC("1001") ATTRS), SAT("03", CBC("1002") ATTRS) },
		  "0002 0000" KEY_OF("1001") KEY_OF("1002"),
		  2,
		  1,
		  0 },
		{ { SAT("01", CBC("1001") ATTRS), SAT("02", CBC("1001") ATTRS), SAT("03", CBC("1002") ATTRS) },
		  "0003 0000" KEY_OF("1001") KEY_OF("1001") KEY_OF("1002"),
		  2,
		  1,
		  0 },
		{ { SAT("01", CBC("1001") ATTRS), SAT("02", CBC("1002") ATTRS), SAT("03", CBC("1001") ATTRS) },
		  "0003 0000" KEY_OF("1001") KEY_OF("1002") KEY_OF("1001"),
		  2,
		  1,
		  0 },
		/* a policy that comes twice counts once */
		{ { SAT("01", CBC("1001") ATTRS), SAT("01", CBC("1001") ATTRS) }, "0001 0000" KEY_OF("1001"), 1, 0, 0 },
		/* the clock has gone on between two payloads */
		{ { SAT("01", CBC("1001") ATTRS), SAT("02", CBC("1001") ATTRS_LATER) },
		  "0001 0000" KEY_OF("1001"),
		  2,
		  0,
		  0 },
		/* what contradicts itself is refused as a whole, in any order and number; the rest stands */
		{ { SAT("01", CBC("1001") ATTRS), SAT("02", CBC("1001") ATTRS_LIFE), SAT("03", CBC("1002") ATTRS) },
		  "0002 0000" KEY_OF("1001") KEY_OF("1002"),
		  0,
		  1,
		  2 },
		{ { SAT("03", CBC("1002") ATTRS), SAT("01", CBC("1001") ATTRS_256), SAT("02", CBC("1001") ATTRS),
		    SAT("03", CBC("1001") ATTRS) },
		  "0002 0000" KEY_OF("1001") KEY_OF("1002"),
		  0,
		  1,
		  3 },
		{ { SAT("01", CBC("1001") ATTRS), SAT("02", CBC("1001") ATTRS_SHA256) },
		  "0001 0000" KEY_OF("1001"),
		  0,
		  0,
		  2 },
		{ { SAT("01", CBC("1001") ATTRS), SAT("02", CBC("1001") ATTRS_KB) },
		  "0001 0000" KEY_OF("1001"),
		  0,
		  0,
		  2 },
		{ { SAT("01", CBC("1001") ATTRS), SAT("02", GCM("1001") "80060080") },
		  "0001 0000" KEY_OF("1001"),
		  0,
		  0,
		  2 },
		{ { SAT("01", "03 00001001" ATTRS), SAT("02", CBC("1001") ATTRS), SAT("03", CBC("1002") ATTRS) },
		  "0002 0000" KEY_OF("1001") KEY_OF("1002"),
		  0,
		  1,
		  2 },
		{ { SAT("02", CBC("1001") ATTRS), SAT("01", "03 00001001" ATTRS) },
		  "0001 0000" KEY_OF("1001"),
		  0,
		  0,
		  2 },
		/* a policy that cannot be used does not take the SPI from the others */
		{ { IPV6 CBC("1001") ATTRS, SAT("02", CBC("1001") ATTRS) }, "0001 0000" KEY_OF("1001"), 1, 0, 1 },
		{ { SAT("02", CBC("1001") ATTRS), IPV6 CBC("1001") ATTRS }, "0001 0000" KEY_OF("1001"), 1, 0, 1 },
		{ { MULTICAST CBC("1001") ATTRS, SAT("02", CBC("1001") ATTRS) }, "0001 0000" KEY_OF("1001"), 2, 0, 0 },
		{ { SAT("01", CBC("1001") "80040002" ATTRS), SAT("02", CBC("1001") ATTRS) }, /* transport: above */
		  "0001 0000" KEY_OF("1001"),
		  2,
		  0,
		  0 },
		/* no key: a refusal for each policy, so that both are known */
		{ { SAT("01", CBC("1001") ATTRS), SAT("02", CBC("1001") ATTRS) }, "0000 0000", 0, 0, 2 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		static struct download d;
		struct hex x = hex(t[i].kd);

		read_sats(&d, t[i].octets);
		ck_assert_msg(gdoi_kd_read(&d, false, reader_of(x.data, x.len), &diag) == 0, "%zu: %s", i,
			      cause_words_of(&diag.cause));
		ck_assert_msg(with_spi(&d, 0x1001) == t[i].one, "%zu: %zu with the first SPI", i, with_spi(&d, 0x1001));
		ck_assert_msg(with_spi(&d, 0x1002) == t[i].two, "%zu: %zu with the second", i, with_spi(&d, 0x1002));
		ck_assert_msg(d.n_refusals == t[i].refusals, "%zu: %zu refusals", i, d.n_refusals);
		for (size_t k = 0; k < d.n_teks && i == 4; k++)
			ck_assert_uint_eq(d.teks[k].life_seconds, 3599); /* one SA has one end */
		free(x.data);
	}
}
END_TEST

/* RFC 8052 and private protocols: their SAT is skipped, and whatever their key packet has. */
START_TEST(key_packets_of_other_protocols)
{
	static const char *const others[] = {
		"01 00 0015 08 0102030405060708 00010004 00000000", /* an SPI of 8 octets */
		"01 00 0011 00 00010004 00000000 00000000",         /* none */
		"01 00 0011 04 11223399 8001 0000 8001 0000",       /* an attribute twice */
		"01 00 000d 04 11223399 0001 00ff",                 /* no attributes at all */
	};
	static struct download d;

	for (size_t skipped = 0; skipped < 2; skipped++)
		for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
			char text[512];
			struct hex sat = hex("80 aabbcc"), x;

			snprintf(text, sizeof(text), "0002 0000 %s %s", TEK_PACKET, others[i]);
			x = hex(text);
			kd_policies(&d);
			d.n_teks = 1;
			if (skipped)
				ck_assert_int_eq(gdoi_sat_read(&d, reader_of(sat.data, sat.len), &diag), 0);
			ck_assert_msg(gdoi_kd_read(&d, false, reader_of(x.data, x.len), &diag) ==
					      (skipped ? 0 : -EBADMSG),
				      "packet %zu: %s", i, cause_words_of(&diag.cause));
			if (skipped) {
				ck_assert_uint_eq(d.n_teks, 1);
				ck_assert_uint_eq(d.n_refusals, 1);
			}
			free(x.data);
			free(sat.data);
		}
}
END_TEST

/* --- every octet ----------------------------------------------------------------------------------------------- */

static void fill(struct download *d)
{
	memset(d, 0, sizeof(*d));
	d->n_teks = 3;
	for (size_t i = 0; i < d->n_teks; i++)
		d->teks[i] =
			(struct tek){ .spi = 0x1000 + (uint32_t)i,
				      .sel = { { 0x0a000000, 8 }, { 0xac100000, 12 }, 6, { 0, 65535 }, { 80, 80 } },
				      .cipher = i == 0 ? CIPHER_AES_GCM_256 : CIPHER_AES_CBC_256,
				      .auth = i == 0 ? AUTH_NONE : AUTH_HMAC_SHA256_128,
				      .life_seconds = 3600,
				      .life_kilobytes = 1000,
				      .direction = SA_RECEIVER_ONLY,
				      .key = { .len = i == 0 ? 36 : 32 },
				      .auth_key = { .len = i == 0 ? 0 : 32 },
				      .tunnel = true };
	d->has_kek = d->has_gap = d->has_atd = d->has_dtd = true;
	d->kek = (struct kek){ .cipher = CIPHER_AES_CBC_128,
			       .iv = { .len = 16 },
			       .key = { .len = 16 },
			       .sig_hash = SIG_HASH_SHA256,
			       .sig_algorithm = SIG_RSA,
			       .pubkey_len = 300,
			       .life_seconds = 60,
			       .ack_type = 1,
			       .port = 848 };
	d->sender_id_bits = 8;
	d->sender_ids[0] = 3;
	d->n_sender_ids = 1;
}

/* The body of the only payload of a message that was written. */
static struct hex body_of(struct message *m)
{
	struct hex h = { .len = m->w.len - ISAKMP_HEADER_LEN - 4 };

	ck_assert_int_eq(m->w.err, 0);
	h.data = malloc(h.len);
	ck_assert_ptr_nonnull(h.data);
	memcpy(h.data, m->w.data + ISAKMP_HEADER_LEN + 4, h.len);
	message_clear(m);
	return h;
}

static void assert_bounded(const struct download *d)
{
	ck_assert_uint_le(d->n_teks, 3);
	ck_assert_uint_le(d->n_refusals, 8);
	for (size_t i = 0; i < d->n_teks; i++) {
		ck_assert_uint_ge(d->teks[i].spi, 256);
		ck_assert_uint_le(d->teks[i].sel.src.len, 32);
		ck_assert_int_ne(d->teks[i].cipher, CIPHER_NONE);
	}
}

START_TEST(every_octet_changed)
{
	static const uint8_t flips[] = { 0x01, 0x02, 0x04, 0x10, 0x80, 0xff };
	static struct download full, d;
	struct gdoi_style style = { 0x0a0a6401, 0x0a126501, false };
	struct isakmp_header h = { 0 };
	struct message m;
	struct hex sa, kd;
	unsigned n = 0, refused = 0;
	bool sak;

	fill(&full);
	message_begin(&m, &h);
	gdoi_sa_write(&m, &full, &style);
	sa = body_of(&m);
	message_begin(&m, &h);
	gdoi_kd_write(&m, &full);
	kd = body_of(&m);
	for (size_t i = 0; i < (sa.len + kd.len) * ARRAY_SIZE(flips); i++, n++) {
		size_t octet = i / ARRAY_SIZE(flips);
		uint8_t *at = octet < sa.len ? &sa.data[octet] : &kd.data[octet - sa.len];
		int r;

		*at ^= flips[i % ARRAY_SIZE(flips)];
		memset(&d, 0, sizeof(d));
		r = gdoi_sa_read(&d, &sak, reader_of(sa.data, sa.len), false, NULL, &diag);
		if (r == 0)
			r = gdoi_kd_read(&d, sak, reader_of(kd.data, kd.len), &diag);
		*at ^= flips[i % ARRAY_SIZE(flips)];
		if (r < 0)
			refused++;
		else
			assert_bounded(&d);
	}
	printf("%u changes of an SA and a KD payload: %u refused whole\n", n, refused);
	memset(&d, 0, sizeof(d));
	ck_assert_int_eq(gdoi_sa_read(&d, &sak, reader_of(sa.data, sa.len), false, NULL, &diag), 0);
	ck_assert_int_eq(gdoi_kd_read(&d, sak, reader_of(kd.data, kd.len), &diag), 0);
	ck_assert_uint_eq(d.n_teks, 3);
	ck_assert(d.has_kek);
	free(sa.data);
	free(kd.data);
}
END_TEST

/* What cannot be said on the wire is not said wrongly. */
START_TEST(a_port_range_cannot_be_written)
{
	static struct download d;
	struct gdoi_style style = { 0 };
	struct isakmp_header h = { 0 };
	struct message m;

	fill(&d);
	d.teks[1].sel.dport = (struct port_range){ 80, 90 };
	message_begin(&m, &h);
	gdoi_sa_write(&m, &d, &style);
	ck_assert_int_eq(message_finish(&m), -EINVAL);
	message_clear(&m);
}
END_TEST

/* What is refused is named with its value, so that it can be found on the server. */
START_TEST(refusals_name_values)
{
	static const struct {
		const char *octets, *says;
	} sat[] = {
		{ SAT_CBC SAT_ATTRS "80070001", "IPsec attribute 7 (value 1) is not known here" },
		{ SAT_CBC SAT_ATTRS "80050002", "IPsec attribute 5 twice, with 5 and with 2" },
		{ SAT_CBC SAT_ATTRS "80010001 80020e11", "conflicting SA lives: 3600 and 3601 seconds" },
		{ SAT_CBC SAT_ATTRS "80010001", "SA life type 1 without its duration" },
		{ SAT_CBC SAT_ATTRS "80010003 80020100", "SA life duration 256 after life type 3" },
		{ SAT_CBC "80040003 80050005 80060100", "encapsulation mode 3" },
		{ SAT_CBC "0005000a 00000000000000000001", "IPsec attribute 5 (10 octets 0000000000000000...)" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(sat); i++) {
		static struct download d;
		struct hex x = hex(sat[i].octets);

		memset(&d, 0, sizeof(d));
		ck_assert_int_eq(gdoi_sat_read(&d, reader_of(x.data, x.len), &diag), 0);
		ck_assert_msg(strstr(cause_words_of(&d.refusals[0].cause), sat[i].says) != NULL, "%s",
			      cause_words_of(&d.refusals[0].cause));
		free(x.data);
	}
}
END_TEST

/* A TEK of another protocol has no SPI that could be told. */
START_TEST(a_tek_without_an_spi)
{
	static struct download d;
	static struct ike_out out;
	struct ike_diag told = { .out = &out };
	struct hex x = hex("02" SAT_IDS "0c" SAT_SPI SAT_ATTRS);

	memset(&d, 0, sizeof(d));
	ck_assert_int_eq(gdoi_sat_read(&d, reader_of(x.data, x.len), &told), 0);
	ck_assert_uint_eq(out.n_notes, 1);
	ck_assert_str_eq(note_words_of(&out.notes[0]),
			 "TEK without an SPI refused: TEK protocol 2 (AH), only ESP is supported");
	ike_out_clear(&out);
	free(x.data);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ike gdoi");
	SRunner *runner = srunner_create(suite);
	TCase *tcase;
	int failed;

	tcase = tcase_create("policies");
	tcase_add_test(tcase, sats);
	tcase_add_test(tcase, refusals_name_values);
	tcase_add_test(tcase, a_tek_without_an_spi);
	tcase_add_test(tcase, sat_values);
	tcase_add_test(tcase, refused_sats_have_their_selector);
	tcase_add_test(tcase, sats_are_bounded);
	tcase_add_test(tcase, reserved_values);
	tcase_add_test(tcase, saks);
	tcase_add_test(tcase, gaps_and_seqs);
	tcase_add_test(tcase, sids);
	tcase_add_test(tcase, sender_id_requests);
	tcase_add_test(tcase, sas);
	tcase_add_test(tcase, one_sak_at_most);
	suite_add_tcase(suite, tcase);
	tcase = tcase_create("keys");
	tcase_add_test(tcase, kds);
	tcase_add_test(tcase, one_sa_many_policies);
	tcase_add_test(tcase, key_packets_of_other_protocols);
	suite_add_tcase(suite, tcase);
	tcase = tcase_create("whole");
	tcase_add_test(tcase, every_octet_changed);
	tcase_add_test(tcase, a_port_range_cannot_be_written);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
