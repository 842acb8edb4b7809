/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Round trips of a push and its acknowledgement (push_make, rekey_sa_receive, rekey_sa_acknowledge, push_ack_verify)
 * over every signature, hash, cipher and id form; acknowledgements recomputed from RFC 8263's words; signature keys of
 * every form that is taken or refused; the vectors of RFC 4754 8.
 */
#include "tests/unit/support/hex.h"
#include "tests/unit/support/push_craft.h"
#include "tests/unit/support/words.h"

#include "ike/signature.h"

#include <check.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <stdio.h>
#include <stdlib.h>

#define SERVER 0x0a0a6401u
#define MEMBER 0x0a126501u
#define ACK_HEADER_LEN 28

enum { RSA_2048, RSA_3072, RSA_4096, P_256, P_384, P_521, PAIRS };
static EVP_PKEY *pairs[PAIRS];

static void make_pairs(void)
{
	static const char *const what[PAIRS] = { "2048", "3072", "4096", "P-256", "P-384", "P-521" };

	for (size_t i = 0; i < PAIRS; i++)
		pairs[i] = craft_pair(what[i]);
}

static void free_pairs(void)
{
	for (size_t i = 0; i < PAIRS; i++)
		EVP_PKEY_free(pairs[i]);
}

static const struct suite_case {
	int pair;
	enum sig_algorithm algorithm;
	enum sig_hash hash;
} suites[] = {
	{ RSA_2048, SIG_RSA, SIG_HASH_SHA256 },    { RSA_2048, SIG_RSA, SIG_HASH_SHA384 },
	{ RSA_2048, SIG_RSA, SIG_HASH_SHA512 },    { RSA_3072, SIG_RSA, SIG_HASH_SHA256 },
	{ RSA_4096, SIG_RSA, SIG_HASH_SHA256 },    { RSA_4096, SIG_RSA, SIG_HASH_SHA384 },
	{ RSA_4096, SIG_RSA, SIG_HASH_SHA512 },    { P_256, SIG_ECDSA_256, SIG_HASH_SHA256 },
	{ P_384, SIG_ECDSA_384, SIG_HASH_SHA384 }, { P_521, SIG_ECDSA_521, SIG_HASH_SHA512 },
	{ P_384, SIG_ECDSA_384, SIG_HASH_SHA1 }, /* the hash is implied */
};
static const enum cipher ciphers[] = { CIPHER_AES_CBC_128, CIPHER_AES_CBC_192, CIPHER_AES_CBC_256 };

static void same_secret(const struct secret *a, const struct secret *b)
{
	ck_assert(secret_equal(a, b));
}

static void same_tek(const struct tek *a, const struct tek *b)
{
	ck_assert_uint_eq(a->spi, b->spi);
	ck_assert_uint_eq(a->sel.src.addr, b->sel.src.addr);
	ck_assert_uint_eq(a->sel.dst.len, b->sel.dst.len);
	ck_assert_uint_eq(a->life_seconds, b->life_seconds);
	ck_assert_int_eq(a->cipher, b->cipher);
	ck_assert_int_eq(a->auth, b->auth);
	same_secret(&a->key, &b->key);
	same_secret(&a->auth_key, &b->auth_key);
}

static void same_push(const struct push *a, const struct push *b)
{
	ck_assert_uint_eq(a->seq, b->seq);
	ck_assert(a->has_policy == b->has_policy && a->delete_kek == b->delete_kek &&
		  a->delete_all_teks == b->delete_all_teks);
	ck_assert_uint_eq(a->n_delete_spis, b->n_delete_spis);
	ck_assert_int_eq(memcmp(a->delete_spis, b->delete_spis, sizeof(a->delete_spis)), 0);
	ck_assert_uint_eq(a->download.n_teks, b->download.n_teks);
	for (size_t i = 0; i < a->download.n_teks; i++)
		same_tek(&a->download.teks[i], &b->download.teks[i]);
	ck_assert(a->download.has_kek == b->download.has_kek && a->download.has_atd == b->download.has_atd &&
		  a->download.has_dtd == b->download.has_dtd);
	ck_assert_uint_eq(a->download.activation_delay, b->download.activation_delay);
	ck_assert_uint_eq(a->download.deactivation_delay, b->download.deactivation_delay);
	ck_assert_int_eq(memcmp(a->download.kek.spi, b->download.kek.spi, KEK_SPI_LEN), 0);
	same_secret(&a->download.kek.key, &b->download.kek.key);
	same_secret(&a->download.kek.iv, &b->download.kek.iv);
	ck_assert_uint_eq(a->download.kek.pubkey_len, b->download.kek.pubkey_len);
	ck_assert_uint_eq(a->download.n_refusals, 0);
}

/* Everything a push can say at once; N_TEKS moves the end of the message through a block. */
static void fill(struct push *what, const struct kek *next, size_t n_teks)
{
	*what = (struct push){ .seq = 1,
			       .has_policy = true,
			       .delete_kek = true,
			       .delete_all_teks = true,
			       .n_delete_spis = 2,
			       .delete_spis = { 0x11111111, 0x22222222 } };
	what->download.has_kek = what->download.has_gap = what->download.has_atd = what->download.has_dtd = true;
	what->download.kek = *next;
	what->download.activation_delay = 5;
	what->download.deactivation_delay = 300;
	what->download.n_teks = n_teks;
	for (size_t i = 0; i < n_teks; i++)
		craft_tek(&what->download.teks[i], 0x1000 + (uint32_t)i, (uint8_t)i);
}

static void send_ack(const struct kek *kek, struct rekey_sa *sa, uint32_t seq)
{
	struct ike_out out = { 0 };

	ck_assert_int_eq(rekey_sa_acknowledge(sa, MEMBER, &out), 0);
	ck_assert_uint_eq(out.n_datagrams, 1);
	ck_assert_int_eq(push_ack_verify(kek, MEMBER, seq, out.datagrams[0].data, out.datagrams[0].len), 0);
	ike_out_clear(&out);
}

static void round_trip(const struct suite_case *s, enum cipher cipher, bool id_length_2, uint16_t ack, size_t n_teks)
{
	struct push_style style = { SERVER, MEMBER, id_length_2 };
	struct push *what = calloc(1, sizeof(*what)), *got = calloc(1, sizeof(*got));
	struct ike_out out = { 0 }, notes = { 0 };
	struct rekey_sa *sa;
	struct kek kek, next;

	ck_assert(what && got);
	craft_kek(&kek, cipher, s->algorithm, s->hash, pairs[s->pair]);
	kek.ack_type = ack;
	next = kek;
	memset(next.spi, 0x66, sizeof(next.spi));
	memset(next.key.data, 0x67, next.key.len);
	fill(what, &next, n_teks);
	sa = craft_sa(&kek, false);
	ck_assert_int_eq(push_make(&kek, pairs[s->pair], what, &style, &out), 0);
	ck_assert_msg(rekey_sa_receive(sa, out.datagrams[0].data, out.datagrams[0].len, got, &notes) == PUSH_ACCEPTED,
		      "%s", last_note(&notes));
	same_push(what, got);
	ck_assert_uint_eq(notes.n_notes, 0);
	send_ack(&kek, sa, 1);
	rekey_sa_free(sa);
	if (n_teks == 1) { /* now and then, for the time it takes: the KEK that arrived is usable */
		sa = craft_sa(&got->download.kek, true);
		rekey_sa_free(sa);
	}
	ike_out_clear(&out);
	free(what);
	free(got);
}

START_TEST(round_trips)
{
	unsigned n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(suites); i++)
		for (size_t c = 0; c < ARRAY_SIZE(ciphers); c++)
			for (unsigned form = 0; form < 2; form++)
				for (uint16_t ack = 1; ack <= 3; ack += 2, n++)
					round_trip(&suites[i], ciphers[c], form == 1, ack, 1 + n % 4);
	printf("%u round trips\n", n);
	round_trip(&suites[0], CIPHER_AES_CBC_256, false, 1, DOWNLOAD_TEKS_MAX);
}
END_TEST

/* Nothing signed for one is taken by another. */
START_TEST(other_keys_and_hashes)
{
	struct push what = { .seq = 1, .delete_all_teks = true }, p;

	for (size_t i = 0; i < ARRAY_SIZE(suites); i++)
		for (size_t j = 0; j < ARRAY_SIZE(suites); j++) {
			struct ike_out out = { 0 };
			struct kek from, to;
			struct rekey_sa *sa;
			bool same = i == j || (suites[i].pair == P_384 && suites[j].pair == P_384);
			uint8_t *data;
			size_t len;

			craft_kek(&from, CIPHER_AES_CBC_128, suites[i].algorithm, suites[i].hash,
				  pairs[suites[i].pair]);
			craft_kek(&to, CIPHER_AES_CBC_128, suites[j].algorithm, suites[j].hash, pairs[suites[j].pair]);
			sa = craft_sa(&to, false);
			data = craft_from_server(&from, pairs[suites[i].pair], &what, &len);
			ck_assert_int_eq(rekey_sa_receive(sa, data, len, &p, &out),
					 same ? PUSH_ACCEPTED : PUSH_REFUSED);
			ck_assert(same || strstr(note_words_of(&out.notes[0]), "its signature is wrong"));
			ike_out_clear(&out);
			rekey_sa_free(sa);
			free(data);
		}
}
END_TEST

START_TEST(sha1_only_when_allowed)
{
	struct push what = { .seq = 1, .delete_all_teks = true }, p;
	struct ike_cause cause = { 0 };
	struct ike_out out = { 0 };
	struct rekey_sa *sa = NULL;
	struct kek kek;
	uint8_t *data;
	size_t len;

	craft_kek(&kek, CIPHER_AES_CBC_128, SIG_RSA, SIG_HASH_SHA1, pairs[RSA_2048]);
	ck_assert_int_eq(rekey_sa_new(&sa, &kek, false, false, NULL, &cause), -EINVAL);
	ck_assert_ptr_null(sa);
	ck_assert_ptr_nonnull(strstr(cause_words_of(&cause), "SHA-1"));
	ck_assert_int_eq(rekey_sa_new(&sa, &kek, false, true, NULL, &cause), 0);
	data = craft_from_server(&kek, pairs[RSA_2048], &what, &len);
	ck_assert_int_eq(rekey_sa_receive(sa, data, len, &p, &out), PUSH_ACCEPTED);
	ike_out_clear(&out);
	rekey_sa_free(sa);
	free(data);
}
END_TEST

/* RFC 8263 3: HDR, HASH, SEQ, ID, octet by octet; AFTER is named as the payload after ID. */
static size_t expected_ack(const struct kek *kek, bool sha512, uint32_t seq, uint8_t after, uint8_t *ret)
{
	const EVP_MD *md = sha512 ? EVP_sha512() : EVP_sha256();
	uint8_t label[18 + 16 + 2] = "GROUPKEY-PUSH ACK", ack_key[64], hash[64];
	size_t hash_len = sha512 ? 64 : 32;
	uint8_t seq_id[20] = { 5, 0, 0, 8 };
	size_t len = ACK_HEADER_LEN + 4 + hash_len + sizeof(seq_id);

	for (int i = 0; i < 4; i++)
		seq_id[4 + i] = (uint8_t)(seq >> (24 - 8 * i));
	memcpy(seq_id + 8, (uint8_t[]){ after, 0, 0, 12, 1, 0, 0, 0, 10, 18, 101, 1 }, 12);
	memcpy(label + 18, kek->spi, 16);
	label[34] = sha512 ? 4 : 2; /* 1024, 512 */
	label[35] = 0;
	ck_assert_ptr_nonnull(
		HMAC(md, kek->key.data, kek->key.len, label, sizeof(label), ack_key, NULL)); /* without the IV */
	ck_assert_ptr_nonnull(HMAC(md, ack_key, (int)hash_len, seq_id, sizeof(seq_id), hash, NULL));
	memset(ret, 0, ACK_HEADER_LEN + 4);
	memcpy(ret, kek->spi, 16);
	ret[16] = 8; /* HASH */
	ret[17] = 0x10;
	ret[18] = 35;
	ret[27] = (uint8_t)len;
	ret[28] = 18; /* SEQ */
	ret[31] = (uint8_t)(4 + hash_len);
	memcpy(ret + 32, hash, hash_len);
	memcpy(ret + 32 + hash_len, seq_id, sizeof(seq_id));
	return len;
}

START_TEST(acknowledgements)
{
	static const struct {
		uint16_t type;
		bool answered, sha512;
	} cases[] = { { 0, false, false }, { 1, true, false },  { 2, false, false },    { 3, true, true },
		      { 4, false, false }, { 5, false, false }, { 65535, false, false } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		for (size_t c = 0; c < ARRAY_SIZE(ciphers); c++) {
			struct push what = { .seq = 0x01020304, .delete_all_teks = true }, p;
			struct ike_out out = { 0 };
			struct rekey_sa *sa;
			uint8_t *data, want[256];
			struct kek kek;
			size_t len;

			craft_kek(&kek, ciphers[c], SIG_ECDSA_256, SIG_HASH_SHA256, pairs[P_256]);
			kek.ack_type = cases[i].type;
			sa = craft_sa(&kek, false);
			data = craft_from_server(&kek, pairs[P_256], &what, &len);
			ck_assert_int_eq(rekey_sa_receive(sa, data, len, &p, &out), PUSH_ACCEPTED);
			ck_assert_int_eq(rekey_sa_acknowledge(sa, MEMBER, &out), 0);
			ck_assert_uint_eq(out.n_datagrams, cases[i].answered ? 1 : 0);
			ck_assert_uint_eq(out.n_notes, cases[i].answered || cases[i].type == 0 ? 0 : 1);
			if (cases[i].answered) {
				len = expected_ack(&kek, cases[i].sha512, 0x01020304, 0, want);
				ck_assert_uint_eq(out.datagrams[0].len, len);
				ck_assert_int_eq(memcmp(out.datagrams[0].data, want, len), 0);
				ck_assert_int_eq(push_ack_verify(&kek, MEMBER, 0x01020304, want, len), 0);
			} else {
				len = expected_ack(&kek, false, 0x01020304, 0, want);
				ck_assert_int_eq(push_ack_verify(&kek, MEMBER, 0x01020304, want, len), -EINVAL);
			}
			ike_out_clear(&out);
			rekey_sa_free(sa);
			free(data);
		}
	}
}
END_TEST

START_TEST(acknowledgements_refused)
{
	uint8_t data[256];
	struct kek kek, other;
	unsigned n = 0;
	size_t len;

	for (uint16_t type = 1; type <= 3; type += 2) {
		craft_kek(&kek, CIPHER_AES_CBC_128, SIG_ECDSA_256, SIG_HASH_SHA256, pairs[P_256]);
		kek.ack_type = type;
		len = expected_ack(&kek, type == 3, 7, 0, data);
		ck_assert_int_eq(push_ack_verify(&kek, MEMBER, 7, data, len), 0);
		ck_assert_int_eq(push_ack_verify(&kek, MEMBER, 8, data, len), -EBADMSG);
		ck_assert_int_eq(push_ack_verify(&kek, MEMBER + 1, 7, data, len), -EBADMSG);
		other = kek;
		other.ack_type = type == 1 ? 3 : 1;
		ck_assert_int_eq(push_ack_verify(&other, MEMBER, 7, data, len), -EBADMSG);
		other = kek;
		other.key.data[0] ^= 1;
		ck_assert_int_eq(push_ack_verify(&other, MEMBER, 7, data, len), -EBADMSG);
		for (size_t bit = 0; bit < len * 8; bit++, n++) {
			data[bit / 8] ^= (uint8_t)(1u << bit % 8);
			ck_assert_int_eq(push_ack_verify(&kek, MEMBER, 7, data, len),
					 bit < KEK_SPI_LEN * 8 ? -ENOENT : -EBADMSG);
			data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
		for (size_t cut = 0; cut < len; cut++, n++) {
			uint8_t *part = malloc(cut ? cut : 1);

			memcpy(part, data, cut);
			if (cut >= ACK_HEADER_LEN)
				part[27] = (uint8_t)cut;
			ck_assert_int_eq(push_ack_verify(&kek, MEMBER, 7, part, cut),
					 cut < KEK_SPI_LEN ? -ENOENT : -EBADMSG);
			free(part);
		}
		data[27]++; /* an octet more */
		ck_assert_int_eq(push_ack_verify(&kek, MEMBER, 7, data, len + 1), -EBADMSG);
		len = expected_ack(&kek, type == 3, 7, 13, data); /* a payload that the HASH does not cover */
		memcpy(data + len, (uint8_t[]){ 0, 0, 0, 4 }, 4);
		data[27] = (uint8_t)(data[27] + 4);
		ck_assert_int_eq(push_ack_verify(&kek, MEMBER, 7, data, len + 4), -EBADMSG);
	}
	printf("%u changed acknowledgements refused\n", n);
}
END_TEST

/* RFC 4754 8: the message "abc", key (gwx, gwy), signature r | s. */
static const struct {
	enum sig_algorithm algorithm;
	const char *group, *x, *y, *r, *s;
} rfc4754[] = {
	{ SIG_ECDSA_256, "P-256", "2442A5CC 0ECD015F A3CA31DC 8E2BBC70 BF42D60C BCA20085 E0822CB0 4235E970",
	  "6FC98BD7 E50211A4 A27102FA 3549DF79 EBCB4BF2 46B80945 CDDFE7D5 09BBFD7D",
	  "CB28E099 9B9C7715 FD0A80D8 E47A7707 9716CBBF 917DD72E 97566EA1 C066957C",
	  "86FA3BB4 E26CAD5B F90B7F81 899256CE 7594BB1E A0C89212 748BFF3B 3D5B0315" },
	{ SIG_ECDSA_384, "P-384",
	  "96281BF8 DD5E0525 CA049C04 8D345D30 82968D10 FEDF5C5A CA0C64E6 465A97EA 5CE10C9D FEC21797 41571072 "
	  "1F437922",
	  "447688BA 94708EB6 E2E4D59F 6AB6D7ED FF9301D2 49FE49C3 3096655F 5D502FAD 3D383B91 C5E7EDAA 2B714CC9 "
	  "9D5743CA",
	  "FB017B91 4E291494 32D8BAC2 9A514640 B46F53DD AB2C6994 8084E293 0F1C8F7E 08E07C9C 63F2D21A 07DCB56A "
	  "6AF56EB3",
	  "B263A130 5E057F98 4D38726A 1B468741 09F417BC A112674C 528262A4 0A629AF1 CBB9F516 CE0FA7D2 FF630863 "
	  "A00E8B9F" },
	{ SIG_ECDSA_521, "P-521",
	  "0151518F 1AF0F563 517EDD54 85190DF9 5A4BF57B 5CBA4CF2 A9A3F647 4725A35F 7AFE0A6D DEB8BEDB CD6A197E "
	  "592D4018 8901CECD 650699C9 B5E456AE A5ADD190 52A8",
	  "006F3B14 2EA1BFFF 7E2837AD 44C9E4FF 6D2D34C7 3184BBAD 90026DD5 E6E85317 D9DF45CA D7803C6C 20035B2F "
	  "3FF63AFF 4E1BA64D 1C077577 DA3F4286 C58F0AEA E643",
	  "0154FD38 36AF92D0 DCA57DD5 341D3053 988534FD E8318FC6 AAAAB68E 2E6F4339 B19F2F28 1A7E0B22 C269D93C "
	  "F8794A92 78880ED7 DBB8D936 2CAEACEE 54432055 2251",
	  "017705A7 030290D1 CEB605A9 A1BB03FF 9CDD521E 87A696EC 926C8C10 C8362DF4 97536710 1F67D1CF 9BCCBF2F "
	  "3D239534 FA509E70 AAC851AE 01AAC68D 62F86647 2660" },
};

static EVP_PKEY *public_of(const char *type, OSSL_PARAM_BLD *build)
{
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *pkey = NULL;

	ck_assert_int_eq(EVP_PKEY_fromdata_init(ctx), 1);
	ck_assert_int_eq(EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params), 1);
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	return pkey;
}

static EVP_PKEY *point(const char *group, const char *x_text, const char *y_text)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	struct hex x = hex(x_text), y = hex(y_text);
	uint8_t both[1 + 2 * 66] = { 4 };
	EVP_PKEY *pkey;

	memcpy(both + 1, x.data, x.len);
	memcpy(both + 1 + x.len, y.data, y.len);
	OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
	OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, both, 1 + x.len + y.len);
	pkey = public_of("EC", build);
	free(x.data);
	free(y.data);
	return pkey;
}

START_TEST(rfc4754_vectors)
{
	struct chunk abc[] = { { "a", 1 }, { "bc", 2 } };

	for (size_t i = 0; i < ARRAY_SIZE(rfc4754); i++) {
		EVP_PKEY *pkey = point(rfc4754[i].group, rfc4754[i].x, rfc4754[i].y);
		struct hex r = hex(rfc4754[i].r), s = hex(rfc4754[i].s);
		struct ike_cause cause = { 0 };
		struct signature_key *key = NULL;
		uint8_t both[132];
		struct kek kek;

		craft_kek(&kek, CIPHER_AES_CBC_128, rfc4754[i].algorithm, 0, pkey);
		ck_assert_msg(signature_key_new(&key, &kek, false, NULL, &cause) == 0, "%s", cause_words_of(&cause));
		memcpy(both, r.data, r.len);
		memcpy(both + r.len, s.data, s.len);
		ck_assert_int_eq(signature_verify(key, abc, 2, (struct chunk){ both, r.len + s.len }), 0);
		ck_assert_int_eq(signature_verify(key, abc, 1, (struct chunk){ both, r.len + s.len }), -EBADMSG);
		ck_assert_int_eq(signature_verify(key, abc, 2, (struct chunk){ both, r.len + s.len - 1 }), -EBADMSG);
		memset(both, 0, sizeof(both)); /* r = s = 0 */
		ck_assert_int_eq(signature_verify(key, abc, 2, (struct chunk){ both, r.len + s.len }), -EBADMSG);
		memset(both, 0xff, sizeof(both));
		ck_assert_int_eq(signature_verify(key, abc, 2, (struct chunk){ both, r.len + s.len }), -EBADMSG);
		signature_key_free(key);
		EVP_PKEY_free(pkey);
		free(r.data);
		free(s.data);
	}
}
END_TEST

START_TEST(announced_key_lengths)
{
	static const struct {
		const char *pair;
		enum sig_algorithm algorithm;
		uint32_t bits;
		int r;
	} t[] = { { "2048", SIG_RSA, 0, 0 },
		  { "2048", SIG_RSA, 2048, 0 },
		  { "2048", SIG_RSA, 3072, -EINVAL },
		  { "2048", SIG_RSA, 256, -EINVAL },
		  { "P-521", SIG_ECDSA_521, 521, 0 },
		  { "P-521", SIG_ECDSA_521, 528, 0 },
		  { "P-521", SIG_ECDSA_521, 512, -EINVAL } };

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		EVP_PKEY *pkey = craft_pair(t[i].pair);
		struct ike_cause cause = { 0 };
		struct signature_key *key = NULL;
		struct kek kek;

		craft_kek(&kek, CIPHER_AES_CBC_128, t[i].algorithm, SIG_HASH_SHA256, pkey);
		kek.sig_key_bits = t[i].bits;
		ck_assert_int_eq(signature_key_new(&key, &kek, false, NULL, &cause), t[i].r);
		ck_assert((t[i].r < 0) == (strstr(cause_words_of(&cause), "announces a signature key of") != NULL));
		signature_key_free(key);
		EVP_PKEY_free(pkey);
	}
}
END_TEST

/* What was checked once is taken from its octets; nothing else passes for it. */
START_TEST(keys_that_were_checked)
{
	struct signature_checked checked = { 0 };
	struct ike_cause cause = { 0 };
	struct signature_key *key = NULL;

	for (unsigned i = 0; i < SIGNATURE_CHECKED_MAX + 2; i++) {
		EVP_PKEY *pkey = craft_pair("P-256");
		struct kek kek, other;

		craft_kek(&kek, CIPHER_AES_CBC_128, SIG_ECDSA_256, SIG_HASH_SHA256, pkey);
		for (unsigned j = 0; j < 2; j++) {
			ck_assert_int_eq(signature_key_new(&key, &kek, false, &checked, &cause), 0);
			signature_key_free(key);
			ck_assert_uint_eq(checked.n, i < SIGNATURE_CHECKED_MAX ? i + 1 : SIGNATURE_CHECKED_MAX);
		}
		other = kek;
		other.pubkey[other.pubkey_len - 1] ^= 1; /* not on the curve */
		ck_assert_int_eq(signature_key_new(&key, &other, false, &checked, &cause), -EINVAL);
		ck_assert_uint_eq(checked.n, i < SIGNATURE_CHECKED_MAX ? i + 1 : SIGNATURE_CHECKED_MAX);
		EVP_PKEY_free(pkey);
	}
}
END_TEST

/* An RSA public key of BITS; nobody has its private half. */
static EVP_PKEY *rsa_public(int bits, unsigned long low, unsigned long exponent)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	BIGNUM *n = BN_new(), *e = BN_new();
	EVP_PKEY *pkey;

	BN_set_bit(n, bits - 1);
	BN_add_word(n, low);
	BN_set_word(e, exponent);
	OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n);
	OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e);
	pkey = public_of("RSA", build);
	BN_free(n);
	BN_free(e);
	return pkey;
}

static void key_refused(const struct kek *kek, const char *why)
{
	struct ike_cause cause = { 0 };
	struct rekey_sa *sa = NULL;

	ck_assert_msg(rekey_sa_new(&sa, kek, false, true, NULL, &cause) == -EINVAL, "taken, instead of: %s", why);
	ck_assert_msg(strstr(cause_words_of(&cause), why) != NULL, "\"%s\" does not say \"%s\"", cause_words_of(&cause),
		      why);
	ck_assert_ptr_null(sa);
}

START_TEST(rsa_sizes)
{
	static const struct {
		int bits;
		const char *why;
	} cases[] = { { 1024, "RSA of 1024 bits" },
		      { 2047, "RSA of 2047 bits" },
		      { 4097, "RSA of 4097 bits" },
		      { 5120, "RSA of 5120 bits" } };
	EVP_PKEY *pkey;
	struct kek kek;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		pkey = rsa_public(cases[i].bits, 1, 65537);
		craft_kek(&kek, CIPHER_AES_CBC_128, SIG_RSA, SIG_HASH_SHA256, pkey);
		key_refused(&kek, cases[i].why);
		EVP_PKEY_free(pkey);
	}
	pkey = rsa_public(2048, 0, 65537); /* an even modulus */
	craft_kek(&kek, CIPHER_AES_CBC_128, SIG_RSA, SIG_HASH_SHA256, pkey);
	key_refused(&kek, "no valid public key");
	EVP_PKEY_free(pkey);
	pkey = rsa_public(2048, 1, 1); /* whatever is signed is its own signature */
	craft_kek(&kek, CIPHER_AES_CBC_128, SIG_RSA, SIG_HASH_SHA256, pkey);
	key_refused(&kek, "no valid public key");
	EVP_PKEY_free(pkey);
}
END_TEST

START_TEST(key_forms)
{
	struct push what = { .seq = 1, .delete_all_teks = true }, p;
	struct ike_out out = { 0 };
	struct kek kek, good;
	struct rekey_sa *sa;
	unsigned char *at;
	uint8_t *data;
	size_t len;

	craft_kek(&good, CIPHER_AES_CBC_128, SIG_RSA, SIG_HASH_SHA256, pairs[RSA_2048]);
	kek = good;
	at = kek.pubkey;
	kek.pubkey_len = (size_t)i2d_PublicKey(pairs[RSA_2048], &at); /* a bare RSAPublicKey */
	ck_assert_uint_lt(kek.pubkey_len, good.pubkey_len);
	sa = craft_sa(&kek, false);
	data = craft_from_server(&good, pairs[RSA_2048], &what, &len);
	ck_assert_int_eq(rekey_sa_receive(sa, data, len, &p, &out), PUSH_ACCEPTED);
	rekey_sa_free(sa);
	free(data);
	kek.pubkey_len++; /* an octet follows it */
	key_refused(&kek, "neither a SubjectPublicKeyInfo nor an RSAPublicKey");
	for (size_t cut = 0; cut < good.pubkey_len; cut++) {
		kek = good;
		kek.pubkey_len = cut;
		key_refused(&kek, "neither a SubjectPublicKeyInfo nor an RSAPublicKey");
	}
	kek = good;
	kek.pubkey_len = sizeof(kek.pubkey) + 1;
	key_refused(&kek, "neither");
	ike_out_clear(&out);
}
END_TEST

START_TEST(keys_of_another_kind)
{
	EVP_PKEY *ed = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), *p224 = craft_pair("P-224");
	EVP_PKEY *explicit = craft_pair("P-256");
	struct kek kek;

	craft_kek(&kek, CIPHER_AES_CBC_128, SIG_RSA, SIG_HASH_SHA256, pairs[P_256]);
	key_refused(&kek, "not an RSA key");
	craft_kek(&kek, CIPHER_AES_CBC_128, SIG_RSA, SIG_HASH_SHA256, ed);
	key_refused(&kek, "not an RSA key");
	craft_kek(&kek, CIPHER_AES_CBC_128, SIG_ECDSA_256, SIG_HASH_SHA256, pairs[RSA_2048]);
	key_refused(&kek, "not one for ECDSA P-256");
	craft_kek(&kek, CIPHER_AES_CBC_128, SIG_ECDSA_256, SIG_HASH_SHA256, pairs[P_384]);
	key_refused(&kek, "not one for ECDSA P-256");
	craft_kek(&kek, CIPHER_AES_CBC_128, SIG_ECDSA_384, SIG_HASH_SHA256, pairs[P_256]);
	key_refused(&kek, "not one for ECDSA P-384");
	craft_kek(&kek, CIPHER_AES_CBC_128, SIG_ECDSA_521, SIG_HASH_SHA256, p224);
	key_refused(&kek, "not one for ECDSA P-521");
	ck_assert_int_eq(EVP_PKEY_set_utf8_string_param(explicit, OSSL_PKEY_PARAM_EC_ENCODING, "explicit"), 1);
	craft_kek(&kek, CIPHER_AES_CBC_128, SIG_ECDSA_256, SIG_HASH_SHA256, explicit);
	ck_assert_uint_gt(kek.pubkey_len, 200);
	key_refused(&kek, "not one for ECDSA P-256");
	craft_kek(&kek, CIPHER_AES_CBC_128, SIG_ECDSA_256, SIG_HASH_SHA256, pairs[P_256]);
	kek.pubkey[kek.pubkey_len - 1] ^= 1; /* off the curve */
	key_refused(&kek, "neither");
	craft_kek(&kek, CIPHER_AES_CBC_128, (enum sig_algorithm)2, SIG_HASH_SHA256, pairs[P_256]);
	key_refused(&kek, "algorithm 2 with hash 3");
	craft_kek(&kek, CIPHER_AES_CBC_128, SIG_RSA, (enum sig_hash)1, pairs[RSA_2048]);
	key_refused(&kek, "algorithm 1 with hash 1");
	craft_kek(&kek, CIPHER_AES_GCM_128, SIG_RSA, SIG_HASH_SHA256, pairs[RSA_2048]);
	key_refused(&kek, "aes-128-gcm");
	craft_kek(&kek, CIPHER_AES_CBC_128, SIG_RSA, SIG_HASH_SHA256, pairs[RSA_2048]);
	kek.key.len = 24;
	key_refused(&kek, "key of 24");
	kek.key.len = 16;
	kek.iv.len = 8;
	key_refused(&kek, "IV of 8");
	EVP_PKEY_free(ed);
	EVP_PKEY_free(p224);
	EVP_PKEY_free(explicit);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ike push suites");
	TCase *tcase = tcase_create("suites");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_unchecked_fixture(tcase, make_pairs, free_pairs);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, round_trips);
	tcase_add_test(tcase, other_keys_and_hashes);
	tcase_add_test(tcase, sha1_only_when_allowed);
	tcase_add_test(tcase, acknowledgements);
	tcase_add_test(tcase, acknowledgements_refused);
	tcase_add_test(tcase, rfc4754_vectors);
	tcase_add_test(tcase, announced_key_lengths);
	tcase_add_test(tcase, rsa_sizes);
	tcase_add_test(tcase, keys_that_were_checked);
	tcase_add_test(tcase, key_forms);
	tcase_add_test(tcase, keys_of_another_kind);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
