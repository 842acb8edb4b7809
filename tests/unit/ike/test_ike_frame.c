/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Framing, phase 1 payloads and algorithms one by one: what they refuse, by table, and known answers. */
#include "tests/unit/support/hex.h"
#include "tests/unit/support/words.h"

#include "ike/crypto.h"
#include "ike/ident.h"
#include "ike/message.h"
#include "ike/phase1_sa.h"

#include <check.h>
#include <openssl/bn.h>
#include <stdlib.h>

static struct ike_diag diag;

/* --- buf ------------------------------------------------------------------------------------------------------- */

START_TEST(a_reader_stays_inside)
{
	const uint8_t b[] = { 1, 2, 3, 4, 5 };
	struct reader r = reader_of(b, sizeof(b)), sub;

	ck_assert_uint_eq(read_u16(&r), 0x0102);
	sub = read_sub(&r, 2);
	ck_assert_uint_eq(read_u8(&sub), 3);
	ck_assert_uint_eq(read_u32(&sub), 0);
	ck_assert(sub.failed);
	ck_assert(!r.failed);
	ck_assert_uint_eq(r.left, 1);
	ck_assert_ptr_null(read_bytes(&r, 2));
	ck_assert(r.failed);
	ck_assert_uint_eq(read_u8(&r), 0); /* and it stays so, though an octet was left */
	sub = read_sub(&r, 0);
	ck_assert(sub.failed);
}
END_TEST

START_TEST(a_writer_keeps_its_first_error)
{
	static const uint8_t block[4096];
	struct writer w = { 0 };

	for (size_t i = 0; i < 15; i++)
		write_bytes(&w, block, sizeof(block));
	ck_assert_int_eq(w.err, 0);
	ck_assert_uint_eq(w.len, 15 * sizeof(block));
	write_zeros(&w, sizeof(block));
	ck_assert_int_eq(w.err, -EMSGSIZE); /* more than a datagram */
	write_u8(&w, 1);
	ck_assert_uint_eq(w.len, 15 * sizeof(block));
	writer_clear(&w);
	write_u8(&w, 1);
	write_u16_at(&w, 0, 2);
	ck_assert_int_eq(w.err, -EMSGSIZE);
	writer_clear(&w);
}
END_TEST

/* --- isakmp ---------------------------------------------------------------------------------------------------- */

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

START_TEST(peer_text_is_made_printable)
{
	struct ike_id id = { IKE_ID_FQDN, 6, "a\033[2J\n" };
	struct ike_out out = { 0 };
	struct ike_diag d = { .out = &out };
	char text[IDENT_TEXT_MAX];

	diag_note(&d, IKE_NOTE_INFO, NOTE_LOCAL_IDENTITY, ident_text(&id, text));
	ck_assert_str_eq(note_words_of(&out.notes[0]), "this member's identity is hostname \"a?[2J?\"");
	for (unsigned i = 0; i < 20; i++) {
		diag_note(&d, IKE_NOTE_INFO, NOTE_PUSH_AGAIN, i);
		diag_note(&d, IKE_NOTE_INFO, NOTE_PUSH_AGAIN, i < IKE_OUT_NOTES - 1 ? i : 0); /* told already */
	}
	ck_assert_uint_eq(out.n_notes, IKE_OUT_NOTES);
	ck_assert_uint_eq(out.n_notes_dropped, 21 - IKE_OUT_NOTES);
	ike_out_clear(&out);
}
END_TEST

/* --- crypto ---------------------------------------------------------------------------------------------------- */

static const enum ike_group groups[] = { IKE_MODP2048, IKE_ECP256, IKE_ECP384, IKE_ECP521, IKE_MODP2048_256 };

START_TEST(diffie_hellman_agrees)
{
	static const size_t secrets[] = { 256, 32, 48, 66, 256 };

	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		struct dh *a, *b;
		struct secret ab, ba;

		ck_assert_int_eq(dh_new(&a, groups[i]), 0);
		ck_assert_int_eq(dh_new(&b, groups[i]), 0);
		ck_assert_uint_eq(dh_public(a)->len, ike_public_len(groups[i]));
		ck_assert_int_eq(dh_shared(a, dh_public(b)->data, dh_public(b)->len, &ab), 0);
		ck_assert_int_eq(dh_shared(b, dh_public(a)->data, dh_public(a)->len, &ba), 0);
		ck_assert(secret_equal(&ab, &ba));
		ck_assert_uint_eq(ab.len, secrets[i]);
		dh_free(a);
		dh_free(b);
	}
}
END_TEST

/* A point off the curve, the wrong length, 0, 1 and what is above p are refused. */
START_TEST(bad_public_values)
{
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		size_t len = ike_public_len(groups[i]);
		uint8_t v[CRYPTO_PUBLIC_MAX + 1] = { 0 };
		struct secret s = { .len = 7 };
		struct dh *dh;

		ck_assert_int_eq(dh_new(&dh, groups[i]), 0);
		ck_assert_int_eq(dh_shared(dh, v, len, &s), -EBADMSG); /* 0, or the point (0, 0) */
		v[len - 1] = 1;
		ck_assert_int_eq(dh_shared(dh, v, len, &s), -EBADMSG);
		memset(v, 0xff, len); /* above p */
		ck_assert_int_eq(dh_shared(dh, v, len, &s), -EBADMSG);
		memcpy(v, dh_public(dh)->data, len);
		ck_assert_int_eq(dh_shared(dh, v, len - 1, &s), -EBADMSG);
		ck_assert_int_eq(dh_shared(dh, v, len + 1, &s), -EBADMSG);
		ck_assert_int_eq(dh_shared(dh, v, 0, &s), -EBADMSG);
		if (len != 256) {
			v[len - 1] ^= 1; /* off the curve */
			ck_assert_int_eq(dh_shared(dh, v, len, &s), -EBADMSG);
		}
		ck_assert_uint_eq(s.len, 7);
		dh_free(dh);
	}
}
END_TEST

/* p-1 has order 2; 2 is outside of the subgroup of order q that group 24 has (RFC 5114 2.3). */
START_TEST(small_subgroups)
{
	BIGNUM *p = BN_get_rfc3526_prime_2048(NULL);
	uint8_t v[CRYPTO_PUBLIC_MAX] = { 0 };
	struct secret s;
	struct dh *dh;

	ck_assert_int_eq(BN_sub_word(p, 1), 1);
	ck_assert_int_eq(BN_bn2binpad(p, v, sizeof(v)), sizeof(v));
	BN_free(p);
	ck_assert_int_eq(dh_new(&dh, IKE_MODP2048), 0);
	ck_assert_int_eq(dh_shared(dh, v, sizeof(v), &s), -EBADMSG);
	dh_free(dh);
	memset(v, 0, sizeof(v));
	v[sizeof(v) - 1] = 2;
	ck_assert_int_eq(dh_new(&dh, IKE_MODP2048_256), 0);
	ck_assert_int_eq(dh_shared(dh, v, sizeof(v), &s), -EBADMSG);
	dh_free(dh);
}
END_TEST

/* RFC 5903 8.1: a shared secret known beforehand needs its private value, so here only that i's point is one. */
START_TEST(a_published_point_is_taken)
{
	struct hex g = hex("DAD0B653 94221CF9 B051E1FE CA5787D0 98DFE637 FC90B9EF 945D0C37 72581180"
			   "5271A046 1CDB8252 D61F1C45 6FA3E59A B1F45B33 ACCF5F58 389E0577 B8990BB3");
	struct secret s;
	struct dh *dh;

	ck_assert_int_eq(dh_new(&dh, IKE_ECP256), 0);
	ck_assert_int_eq(dh_shared(dh, g.data, g.len, &s), 0);
	dh_free(dh);
	free(g.data);
}
END_TEST

/* RFC 4231 test case 2, RFC 2202 test case 2. */
START_TEST(prf_known_answers)
{
	static const struct {
		enum ike_hash hash;
		const char *digest;
	} t[] = {
		{ IKE_SHA1, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79" },
		{ IKE_SHA256, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
		{ IKE_SHA384, "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
			      "8e2240ca5e69e2c78b3239ecfab21649" },
		{ IKE_SHA512, "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
			      "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737" },
	};
	struct chunk parts[] = { { "what do ya want ", 16 }, { "for nothing?", 12 } };
	struct secret key;

	ck_assert_int_eq(secret_set(&key, "Jefe", 4), 0);
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct hex want = hex(t[i].digest);
		uint8_t got[CRYPTO_HASH_MAX];

		ck_assert_uint_eq(want.len, ike_hash_len(t[i].hash));
		ck_assert_int_eq(crypto_prf(t[i].hash, &key, parts, 2, got), 0);
		ck_assert_int_eq(memcmp(got, want.data, want.len), 0);
		free(want.data);
	}
}
END_TEST

/* RFC 2409 appendix B: K1 = prf(SKEYID_e, 0), K2 = prf(SKEYID_e, K1), only when SKEYID_e is too short. */
START_TEST(cipher_key_expansion)
{
	struct secret e = { .len = 20 }, key;
	uint8_t k1[CRYPTO_HASH_MAX], k2[CRYPTO_HASH_MAX], zero = 0;

	memset(e.data, 0x5a, e.len);
	ck_assert_int_eq(keys_cipher_key(IKE_SHA1, CIPHER_AES_CBC_128, &e, &key), 0);
	ck_assert_uint_eq(key.len, 16);
	ck_assert_int_eq(memcmp(key.data, e.data, 16), 0);
	ck_assert_int_eq(keys_cipher_key(IKE_SHA1, CIPHER_AES_CBC_256, &e, &key), 0);
	ck_assert_int_eq(crypto_prf(IKE_SHA1, &e, &(struct chunk){ &zero, 1 }, 1, k1), 0);
	ck_assert_int_eq(crypto_prf(IKE_SHA1, &e, &(struct chunk){ k1, 20 }, 1, k2), 0);
	ck_assert_uint_eq(key.len, 32);
	ck_assert_int_eq(memcmp(key.data, k1, 20), 0);
	ck_assert_int_eq(memcmp(key.data + 20, k2, 12), 0);
}
END_TEST

/* --- phase 1 SA and identities --------------------------------------------------------------------------------- */

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
	Suite *suite = suite_create("ike frame");
	SRunner *runner = srunner_create(suite);
	TCase *tcase;
	int failed;

	tcase = tcase_create("frame");
	tcase_add_test(tcase, a_reader_stays_inside);
	tcase_add_test(tcase, a_writer_keeps_its_first_error);
	tcase_add_test(tcase, headers);
	tcase_add_test(tcase, chains);
	tcase_add_test(tcase, at_most_a_block_of_padding);
	tcase_add_test(tcase, a_chain_is_bounded);
	tcase_add_test(tcase, attributes);
	tcase_add_test(tcase, notifies_and_deletes);
	tcase_add_test(tcase, peer_text_is_made_printable);
	suite_add_tcase(suite, tcase);
	tcase = tcase_create("phase1");
	tcase_add_test(tcase, phase1_answers);
	tcase_add_test(tcase, identities);
	tcase_add_test(tcase, identities_as_statements);
	tcase_add_test(tcase, answers_by_number);
	tcase_add_test(tcase, group_ids);
	suite_add_tcase(suite, tcase);
	tcase = tcase_create("crypto");
	tcase_add_test(tcase, diffie_hellman_agrees);
	tcase_add_test(tcase, bad_public_values);
	tcase_add_test(tcase, small_subgroups);
	tcase_add_test(tcase, a_published_point_is_taken);
	tcase_add_test(tcase, prf_known_answers);
	tcase_add_test(tcase, cipher_key_expansion);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
