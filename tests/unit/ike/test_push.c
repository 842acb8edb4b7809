/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pushes made by hand or by the server's half, against RFC 6407 4 and 5.9: form, order, signatures, sequence numbers,
 * retransmissions, KEK changes, deletes.  What is refused leaves everything as it was.
 */
#include "tests/unit/support/push_craft.h"
#include "tests/unit/support/words.h"

#include "ike/gdoi_sak.h"
#include "ike/isakmp.h"

#include <check.h>
#include <openssl/evp.h>
#include <stdlib.h>

#define MEMBER 0x0a126501u
#define CERT 6

static EVP_PKEY *pair, *other_pair; /* RSA 2048 */
static struct kek kek;              /* of pair, AES-128, SHA-256, acknowledgements of type 1 */

static void make_keys(void)
{
	pair = craft_pair("2048");
	other_pair = craft_pair("2048");
	craft_kek(&kek, CIPHER_AES_CBC_128, SIG_RSA, SIG_HASH_SHA256, pair);
	kek.ack_type = 1;
}

static void free_keys(void)
{
	EVP_PKEY_free(pair);
	EVP_PKEY_free(other_pair);
}

/* Refused with a note that has WHY in it, nothing changed.  Frees DATA. */
static void refused(struct rekey_sa *sa, uint8_t *data, size_t len, const char *why)
{
	struct push untouched, p;
	struct ike_out out = { 0 };
	struct kek before = *rekey_sa_kek(sa);
	const char *text;

	memset(&p, 0x5c, sizeof(p));
	memcpy(&untouched, &p, sizeof(p));
	ck_assert_msg(rekey_sa_receive(sa, data, len, &p, &out) == PUSH_REFUSED, "taken, instead of: %s", why);
	ck_assert_int_eq(memcmp(&p, &untouched, sizeof(p)), 0);
	ck_assert_int_eq(memcmp(&before, rekey_sa_kek(sa), sizeof(before)), 0);
	ck_assert_uint_ge(out.n_notes, 1);
	text = last_note(&out);
	ck_assert_msg(strstr(text, why) != NULL, "\"%s\" does not say \"%s\"", text, why);
	ck_assert_uint_eq(out.n_datagrams, 0);
	ike_out_clear(&out);
	free(data);
}

/* Frees DATA. */
static void accepted(struct rekey_sa *sa, uint8_t *data, size_t len, struct push *p)
{
	struct ike_out out = { 0 };

	ck_assert_msg(rekey_sa_receive(sa, data, len, p, &out) == PUSH_ACCEPTED, "%s", last_note(&out));
	ck_assert_uint_eq(rekey_sa_kek(sa)->seq, p->seq);
	ck_assert_uint_eq(out.n_datagrams, 0);
	ike_out_clear(&out);
	free(data);
}

static uint8_t *delete_push(const struct kek *k, EVP_PKEY *key, uint32_t seq, size_t *len)
{
	struct push what = { .seq = seq, .n_delete_spis = 1, .delete_spis = { 0x11223344 } };

	return craft_from_server(k, key, &what, len);
}

static void take_delete(struct rekey_sa *sa, const struct kek *k, uint32_t seq)
{
	struct push p;
	size_t len;
	uint8_t *data = delete_push(k, pair, seq, &len);

	accepted(sa, data, len, &p);
	ck_assert_uint_eq(p.seq, seq);
}

static void refuse_delete(struct rekey_sa *sa, const struct kek *k, uint32_t seq, const char *why)
{
	size_t len;
	uint8_t *data = delete_push(k, pair, seq, &len);

	refused(sa, data, len, why);
}

START_TEST(sequence_rises)
{
	struct rekey_sa *sa;
	struct kek k = kek;
	uint8_t *data;
	size_t len;

	k.seq = 5; /* as the pull said */
	sa = craft_sa(&k, false);
	refuse_delete(sa, &k, 0, "sequence number 0 is not above 5");
	refuse_delete(sa, &k, 5, "sequence number 5 is not above 5");
	take_delete(sa, &k, 6);
	refuse_delete(sa, &k, 4, "sequence number 4 is not above 6");
	take_delete(sa, &k, 9); /* some were lost */
	refuse_delete(sa, &k, 8, "sequence number 8 is not above 9");
	take_delete(sa, &k, UINT32_MAX);
	refuse_delete(sa, &k, 0, "is not above 4294967295");
	rekey_sa_free(sa);

	/* Learnt by push: RFC 6407 4.3 begins at 1 again, others go on counting. */
	k.seq = 0;
	sa = craft_sa(&k, true);
	take_delete(sa, &k, 0);
	data = craft_from_server(&k, pair, &(struct push){ .delete_all_teks = true }, &len);
	refused(sa, data, len, "sequence number 0 is not above 0");
	take_delete(sa, &k, 1);
	rekey_sa_free(sa);
	sa = craft_sa(&k, true);
	take_delete(sa, &k, 700);
	refuse_delete(sa, &k, 699, "sequence number 699 is not above 700");
	rekey_sa_free(sa);
}
END_TEST

/* What is behind the counter is refused before its signature is looked at, and a wrong signature never moves it. */
START_TEST(only_a_signature_moves_the_counter)
{
	struct rekey_sa *sa = craft_sa(&kek, false);
	size_t len;
	uint8_t *data = delete_push(&kek, other_pair, UINT32_MAX, &len);

	refused(sa, data, len, "its signature is wrong");
	take_delete(sa, &kek, 1);
	rekey_sa_free(sa);
}
END_TEST

START_TEST(signatures)
{
	static const struct {
		enum craft_signing signing;
		size_t no_sig, sig_cut;
		const char *why; /* NULL: accepted */
	} cases[] = {
		{ CRAFT_RIGHT, 0, 0, NULL },
		{ CRAFT_PADDED_LENGTH, 0, 0, NULL },
		{ CRAFT_OTHER_LENGTH, 0, 0, "its signature is wrong" },
		{ CRAFT_NO_REKEY, 0, 0, "its signature is wrong" },
		{ CRAFT_NO_ENCRYPTION, 0, 0, "its signature is wrong" },
		{ CRAFT_BARE_HASH, 0, 0, "its signature is wrong" },
		{ CRAFT_PSS, 0, 0, "its signature is wrong" },
		{ CRAFT_RIGHT, 1, 0, "it is not signed" },
		{ CRAFT_RIGHT, 0, 1, "its signature is wrong" },
		{ CRAFT_RIGHT, 0, 256, "its signature is wrong" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rekey_sa *sa = craft_sa(&kek, false);
		struct craft c;
		struct push p;
		uint8_t *data;
		size_t len;

		craft_begin(&c, &kek, pair);
		craft_add_seq(&c, 1);
		craft_add_delete(&c);
		c.signing = cases[i].signing;
		c.no_sig = cases[i].no_sig;
		c.sig_cut = cases[i].sig_cut;
		data = craft_push(&c, &len);
		if (cases[i].why)
			refused(sa, data, len, cases[i].why);
		else
			accepted(sa, data, len, &p);
		rekey_sa_free(sa);
	}
}
END_TEST

START_TEST(headers)
{
	static const struct {
		uint8_t exchange, flags;
		uint32_t message_id;
		const char *why;
	} cases[] = {
		{ 32, 1, 0, "exchange type is 32" }, { 35, 1, 0, "exchange type is 35" }, { 33, 0, 0, "not encrypted" },
		{ 33, 3, 0, "flags 0x03" },          { 33, 5, 0, "flags 0x05" },          { 33, 1, 1, "message ID" },
	};
	struct rekey_sa *sa = craft_sa(&kek, false);
	struct kek foreign = kek;
	struct craft c;
	uint8_t *data;
	size_t len;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		craft_begin(&c, &kek, pair);
		craft_add_seq(&c, 1);
		craft_add_delete(&c);
		c.exchange = cases[i].exchange;
		c.flags = cases[i].flags;
		c.message_id = cases[i].message_id;
		data = craft_push(&c, &len);
		refused(sa, data, len, cases[i].why);
	}
	foreign.spi[15]++;
	data = delete_push(&foreign, pair, 1, &len);
	ck_assert(!rekey_sa_owns(sa, data, len));
	ck_assert(!rekey_sa_owns(sa, kek.spi, KEK_SPI_LEN - 1));
	ck_assert(rekey_sa_owns(sa, kek.spi, KEK_SPI_LEN));
	refused(sa, data, len, "cookies");
	data = delete_push(&kek, pair, 1, &len);
	refused(sa, memcpy(malloc(27), data, 27), 27, "too short");
	refused(sa, malloc(1), 0, "too short");
	free(data);
	take_delete(sa, &kek, 1);
	rekey_sa_free(sa);
}
END_TEST

/* The payloads of a push, each a letter: S SEQ, D delete, A SA, K KD, C CERT, G SIG, v vendor ID, n nonce, h HASH. */
static void craft_letters(struct craft *c, const char *letters)
{
	/* An SA with a GAP alone, and a KD without packets: no keys. */
	static const uint8_t sa[] = { 0, 0, 0, 2, 0, 0, 0, 0, 0, 22, 0, 0, 0, 0, 0, 8, 0x80, 1, 0, 7 };
	static const uint8_t kd[] = { 0, 0, 0, 0 }, text[] = { 'x', 'y', 'z' };
	bool signed_already = false;

	craft_begin(c, &kek, pair);
	c->no_sig = strchr(letters, 'G') == NULL;
	for (const char *l = letters; *l; l++) {
		c->after_sig += signed_already;
		if (*l == 'G' && !signed_already)
			signed_already = true;
		else if (*l == 'S')
			craft_add_seq(c, 1);
		else if (*l == 'D')
			craft_add_delete(c);
		else if (*l == 'A')
			craft_add(c, PAYLOAD_SA, sa, sizeof(sa));
		else if (*l == 'K')
			craft_add(c, PAYLOAD_KD, kd, sizeof(kd));
		else
			craft_add(c,
				  *l == 'C'   ? CERT
				  : *l == 'G' ? PAYLOAD_SIG
				  : *l == 'v' ? PAYLOAD_VENDOR_ID
				  : *l == 'n' ? PAYLOAD_NONCE
					      : PAYLOAD_HASH,
				  text, sizeof(text));
	}
}

START_TEST(forms)
{
	static const struct {
		const char *letters, *why;
	} cases[] = {
		{ "SDG", NULL },
		{ "SAKG", NULL },
		{ "SDAKG", NULL },
		{ "SDDDAKG", NULL },
		{ "SAKCG", NULL },
		{ "SDCG", NULL },
		{ "SDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDG", NULL }, /* 32 payloads */
		{ "SDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDG", "more than 32 payloads" },
		{ "", "not signed" },
		{ "G", "begin with a SEQ" },
		{ "SG", "neither policy nor a delete" },
		{ "SCG", "neither policy nor a delete" },
		{ "SSDG", "more than one SEQ" },
		{ "SDSG", "more than one SEQ" },
		{ "SAAKG", "more than one SA" },
		{ "SAKKG", "more than one KD" },
		{ "SAKCCG", "more than one" },
		{ "SDGG", "more than one SIG" },
		{ "SAG", "the KD payload is missing" },
		{ "SDKG", "the SA payload is missing" },
		{ "DSG", "begin with a SEQ" },
		{ "AKG", "begin with a SEQ" },
		{ "AKSG", "begin with a SEQ" },
		{ "SGD", "payloads follow its signature" },
		{ "SDGC", "payloads follow its signature" },
		{ "SD", "not signed" },
		{ "SDvG", "vendor ID payload (13) has no place" },
		{ "SDnG", "nonce payload (10) has no place" },
		{ "SDhG", "HASH payload (8) has no place" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rekey_sa *sa = craft_sa(&kek, false);
		struct craft c;
		struct push p;
		uint8_t *data;
		size_t len;

		craft_letters(&c, cases[i].letters);
		if (cases[i].letters[0] == '\0')
			c.more_padding = 16;
		data = craft_push(&c, &len);
		if (cases[i].why) {
			refused(sa, data, len, cases[i].why);
			take_delete(sa, &kek, 1);
		} else {
			accepted(sa, data, len, &p);
			ck_assert(p.has_policy == (strchr(cases[i].letters, 'K') != NULL));
			ck_assert(p.download.has_atd == p.has_policy);
			ck_assert_uint_eq(p.download.activation_delay, p.has_policy ? 7 : 0);
			ck_assert_uint_eq(p.n_delete_spis, strchr(cases[i].letters, 'D') ? 1 : 0);
		}
		rekey_sa_free(sa);
	}
}
END_TEST

/* No signature covers what follows it: at most a whole block, which some send when the payloads end on one. */
START_TEST(padding_is_bounded)
{
	static const uint8_t two[] = { 0, 0, 0, 2, 1, 4, 0, 2, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88 };
	struct rekey_sa *sa = craft_sa(&kek, false);
	struct craft c;
	struct push p;
	uint8_t *data;
	size_t len;

	for (size_t more = 0; more <= 32; more += 16) {
		craft_begin(&c, &kek, pair);
		craft_add_seq(&c, 1);
		craft_add(&c, 12, two, sizeof(two)); /* 8 + 20 + 260 octets: whole blocks */
		c.more_padding = more;
		data = craft_push(&c, &len);
		if (more <= 16) {
			accepted(sa, data, len, &p);
			ck_assert_uint_eq(p.n_delete_spis, 2);
		} else {
			refused(sa, data, len, "octets follow the last payload");
		}
		rekey_sa_free(sa);
		sa = craft_sa(&kek, false);
	}

	for (size_t more = 16; more <= 64; more += 16) {
		craft_begin(&c, &kek, pair);
		craft_add_seq(&c, 1);
		craft_add_delete(&c);
		c.more_padding = more;
		data = craft_push(&c, &len);
		refused(sa, data, len, "octets follow the last payload");
	}
	take_delete(sa, &kek, 1);
	rekey_sa_free(sa);
}
END_TEST

#define D_TEK 0, 0, 0, 2, 1, 4
#define D_KEK(size) 0, 0, 0, 2, 0, size
#define HELD 0xa5, 0xa5, 0xa5, 0xa5, 0xa5, 0xa5, 0xa5, 0xa5, 0xa5, 0xa5, 0xa5, 0xa5, 0xa5, 0xa5, 0xa5, 0xa5
#define ZEROS_16 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0

START_TEST(deletes)
{
	static const struct {
		size_t len;
		uint8_t body[48];
		const char *why; /* NULL: accepted, with */
		bool all_teks, delete_kek;
		size_t n;
	} cases[] = {
		{ 12, { D_TEK, 0, 1, 1, 2, 3, 4 }, NULL, false, false, 1 },
		{ 20, { D_TEK, 0, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 9 }, NULL, false, false, 3 },
		{ 16, { D_TEK, 0, 2, 1, 2, 3, 4, 1, 2, 3, 4 }, NULL, false, false, 1 }, /* the same twice */
		{ 12, { D_TEK, 0, 1, 0, 0, 0, 0 }, NULL, true, false, 0 },
		{ 16, { D_TEK, 0, 2, 0, 0, 0, 0, 1, 2, 3, 4 }, NULL, true, false, 1 },
		{ 24, { D_KEK(16), 0, 1, HELD }, NULL, false, true, 0 },
		{ 24, { D_KEK(16), 0, 1, ZEROS_16 }, NULL, false, true, 0 },
		{ 12, { D_KEK(4), 0, 1, 0, 0, 0, 0 }, NULL, false, true, 0 },
		{ 40, { D_KEK(16), 0, 2, ZEROS_16, HELD }, NULL, false, true, 0 },
		{ 24, { D_KEK(16), 0, 1, 1, 2, 3 }, NULL, false, false, 0 },           /* another KEK: ignored */
		{ 12, { 0, 0, 0, 2, 2, 4, 0, 1, 1, 2, 3, 4 }, NULL, false, false, 0 }, /* AH: ignored */
		{ 10, { 0, 0, 0, 2, 3, 1, 0, 2, 1, 2 }, NULL, false, false, 0 },       /* RFC 8052: ignored */
		{ 12, { 0, 0, 0, 1, 1, 4, 0, 1, 1, 2, 3, 4 }, "DOI 1", false, false, 0 },
		{ 12, { D_KEK(4), 0, 1, 1, 2, 3, 4 }, "SPI of 4 octets", false, false, 0 },
		{ 16, { 0, 0, 0, 2, 1, 8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0 }, "SPIs of 8 octets", false, false, 0 },
		{ 8, { D_TEK, 0, 0 }, "does not hold", false, false, 0 },
		{ 12, { D_TEK, 0, 2, 1, 2, 3, 4 }, "does not hold", false, false, 0 },
		{ 13, { D_TEK, 0, 1, 1, 2, 3, 4, 0 }, "does not hold", false, false, 0 },
		{ 12, { D_TEK, 255, 255, 1, 2, 3, 4 }, "does not hold", false, false, 0 },
		{ 8, { 0, 0, 0, 2, 1, 0, 0, 1 }, "does not hold", false, false, 0 },
		{ 7, { D_TEK, 0 }, "does not hold", false, false, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rekey_sa *sa = craft_sa(&kek, false);
		struct craft c;
		struct push p;
		uint8_t *data;
		size_t len;

		craft_begin(&c, &kek, pair);
		craft_add_seq(&c, 1);
		craft_add(&c, PAYLOAD_DELETE, cases[i].body, cases[i].len);
		data = craft_push(&c, &len);
		if (cases[i].why) {
			refused(sa, data, len, cases[i].why);
			take_delete(sa, &kek, 1);
		} else {
			accepted(sa, data, len, &p);
			ck_assert_msg(p.delete_all_teks == cases[i].all_teks && p.delete_kek == cases[i].delete_kek &&
					      p.n_delete_spis == cases[i].n,
				      "case %zu", i);
			ck_assert(p.n_delete_spis == 0 || p.delete_spis[0] == 0x01020304);
			if (p.delete_kek)
				refuse_delete(sa, &kek, 2, "replaced or deleted");
			else
				take_delete(sa, &kek, 2);
		}
		rekey_sa_free(sa);
	}
}
END_TEST

START_TEST(deletes_are_bounded)
{
	uint8_t body[8 + 4 * (PUSH_DELETES_MAX + 1)] = { D_TEK, PUSH_DELETES_MAX >> 8, PUSH_DELETES_MAX & 0xff };
	struct rekey_sa *sa = craft_sa(&kek, false);
	struct craft c;
	struct push p;
	uint8_t *data;
	size_t len;

	for (uint16_t i = 0; i <= PUSH_DELETES_MAX; i++) {
		body[8 + 4 * i] = (uint8_t)((i + 1) >> 8);
		body[8 + 4 * i + 1] = (uint8_t)(i + 1);
	}
	craft_begin(&c, &kek, pair);
	craft_add_seq(&c, 1);
	craft_add(&c, PAYLOAD_DELETE, body, sizeof(body) - 4);
	data = craft_push(&c, &len);
	accepted(sa, data, len, &p);
	ck_assert_uint_eq(p.n_delete_spis, PUSH_DELETES_MAX);
	ck_assert_uint_eq(p.delete_spis[PUSH_DELETES_MAX - 1], PUSH_DELETES_MAX << 16);

	body[7]++;
	craft_begin(&c, &kek, pair);
	craft_add_seq(&c, 2);
	craft_add(&c, PAYLOAD_DELETE, body, sizeof(body));
	data = craft_push(&c, &len);
	refused(sa, data, len, "deletes more than 1024 TEKs");
	rekey_sa_free(sa);
}
END_TEST

/* An authentic push whose content is not acceptable: nothing of it is applied, and its number is not used up. */
START_TEST(content_refused)
{
	static const uint8_t bad_sa[] = { 0, 0, 0, 1, 0, 0, 0, 0, 0, 22, 0, 0, 0, 0, 0, 4 }; /* DOI 1 */
	static const uint8_t bad_gap[] = { 0, 0, 0, 2, 0, 0, 0, 0, 0, 22, 0, 0, 0, 0, 0, 7, 0, 1, 0 };
	static const uint8_t gap[] = { 0, 0, 0, 2, 0, 0, 0, 0, 0, 22, 0, 0, 0, 0, 0, 4 };
	static const uint8_t lkh[] = { 0, 1, 0, 0, 3, 0, 0, 5, 0 }, no_packets[] = { 0, 0, 0, 0 };
	static const uint8_t miscounted[] = { 0, 1, 0, 0 };
	static const uint8_t sid[] = { 0, 1, 0, 0, 4, 0, 0, 13, 0, 0x80, 1, 0, 8, 0x80, 2, 0, 7 };
	static const uint8_t bad_sid[] = { 0, 1, 0, 0, 4, 0, 0, 13, 0, 0x80, 1, 0, 8, 0x80, 2, 1, 0 };
	static const struct {
		const uint8_t *sa, *kd;
		size_t sa_len, kd_len;
		const char *why;
	} cases[] = {
		{ bad_sa, no_packets, sizeof(bad_sa), sizeof(no_packets), "DOI 1" },
		{ bad_gap, no_packets, sizeof(bad_gap), sizeof(no_packets), "the GAP attributes do not fit" },
		{ gap, lkh, sizeof(gap), sizeof(lkh), "LKH" },
		{ gap, miscounted, sizeof(gap), sizeof(miscounted), "key packet" },
		{ gap, sid, sizeof(gap), sizeof(sid), "one sender id to all members" },
		{ gap, bad_sid, sizeof(gap), sizeof(bad_sid), "sender id" },
	};
	struct rekey_sa *sa = craft_sa(&kek, false);

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct craft c;
		uint8_t *data;
		size_t len;

		craft_begin(&c, &kek, pair);
		craft_add_seq(&c, 1);
		craft_add_delete(&c);
		craft_add(&c, PAYLOAD_SA, cases[i].sa, cases[i].sa_len);
		craft_add(&c, PAYLOAD_KD, cases[i].kd, cases[i].kd_len);
		data = craft_push(&c, &len);
		refused(sa, data, len, cases[i].why);
	}
	take_delete(sa, &kek, 1);
	rekey_sa_free(sa);
}
END_TEST

static void acknowledge(struct rekey_sa *sa, struct ike_out *out)
{
	ck_assert_int_eq(rekey_sa_acknowledge(sa, MEMBER, out), 0);
	ck_assert_uint_eq(out->n_datagrams, 1);
	ck_assert_uint_eq(out->datagrams[0].addr, 0);
	ck_assert_uint_eq(out->datagrams[0].port, 0);
}

/* DATA stays the caller's. */
static void again(struct rekey_sa *sa, const uint8_t *data, size_t len, const struct ike_out *ack)
{
	struct kek before = *rekey_sa_kek(sa);
	struct ike_out out = { 0 };
	struct push untouched, p;

	memset(&p, 0x5c, sizeof(p));
	memcpy(&untouched, &p, sizeof(p));
	ck_assert_int_eq(rekey_sa_receive(sa, data, len, &p, &out),
			 ack->n_datagrams > 0 ? PUSH_RETRANSMISSION : PUSH_UNACKNOWLEDGED);
	ck_assert_int_eq(memcmp(&p, &untouched, sizeof(p)), 0);
	ck_assert_int_eq(memcmp(&before, rekey_sa_kek(sa), sizeof(before)), 0);
	ck_assert_uint_eq(out.n_datagrams, ack->n_datagrams);
	for (size_t i = 0; i < ack->n_datagrams; i++) {
		ck_assert_uint_eq(out.datagrams[i].len, ack->datagrams[i].len);
		ck_assert_int_eq(memcmp(out.datagrams[i].data, ack->datagrams[i].data, ack->datagrams[i].len), 0);
	}
	ike_out_clear(&out);
}

/* Each push is owed its own acknowledgement, whatever came after it. */
START_TEST(an_acknowledgement_that_was_not_made_in_time)
{
	struct rekey_sa *sa = craft_sa(&kek, false);
	uint8_t *data[2];
	size_t len[2];
	struct push p;

	for (uint32_t i = 0; i < 2; i++) {
		data[i] = delete_push(&kek, pair, i + 1, &len[i]);
		accepted(sa, memcpy(malloc(len[i]), data[i], len[i]), len[i], &p);
	}
	for (uint32_t i = 2; i-- > 0;) {
		struct ike_out out = { 0 };

		ck_assert_int_eq(rekey_sa_receive(sa, data[i], len[i], &p, &out), PUSH_UNACKNOWLEDGED);
		acknowledge(sa, &out);
		ck_assert_int_eq(push_ack_verify(&kek, MEMBER, i + 1, out.datagrams[0].data, out.datagrams[0].len), 0);
		ike_out_clear(&out);
		ck_assert_int_eq(rekey_sa_receive(sa, data[i], len[i], &p, &out), PUSH_RETRANSMISSION);
		ck_assert_uint_eq(out.n_datagrams, 1);
		ck_assert_int_eq(push_ack_verify(&kek, MEMBER, i + 1, out.datagrams[0].data, out.datagrams[0].len), 0);
		ike_out_clear(&out);
		free(data[i]);
	}
	rekey_sa_free(sa);
}
END_TEST

START_TEST(retransmissions)
{
	enum { PUSHES = 6, KEPT = 4 };
	struct rekey_sa *sa = craft_sa(&kek, false);
	struct ike_out acks[PUSHES] = { 0 }, none = { 0 };
	uint8_t *data[PUSHES];
	size_t len[PUSHES];
	struct push p;

	ck_assert_int_eq(rekey_sa_acknowledge(sa, MEMBER, &none), -EINVAL);
	for (uint32_t i = 0; i < PUSHES; i++) {
		data[i] = delete_push(&kek, pair, i + 1, &len[i]);
		accepted(sa, memcpy(malloc(len[i]), data[i], len[i]), len[i], &p);
		again(sa, data[i], len[i], &none); /* it was not applied yet */
		acknowledge(sa, &acks[i]);
		again(sa, data[i], len[i], &acks[i]);
		again(sa, data[i], len[i], &acks[i]);
	}
	for (size_t i = PUSHES - KEPT; i < PUSHES; i++)
		again(sa, data[i], len[i], &acks[i]); /* the server may be behind */
	for (size_t i = 0; i < PUSHES - KEPT; i++)
		refused(sa, memcpy(malloc(len[i]), data[i], len[i]), len[i], "is not above 6");
	/* One octet of an accepted one changed is none. */
	data[5][len[5] - 1] ^= 1;
	refused(sa, memcpy(malloc(len[5]), data[5], len[5]), len[5], "refused");
	/* Recognised also by an SA that takes nothing new. */
	rekey_sa_retire(sa);
	again(sa, data[4], len[4], &acks[4]);
	refuse_delete(sa, &kek, 7, "replaced or deleted");
	for (size_t i = 0; i < PUSHES; i++) {
		ike_out_clear(&acks[i]);
		free(data[i]);
	}
	rekey_sa_free(sa);
}
END_TEST

/* The same content signed anew (ECDSA never signs alike) is another datagram with an old number. */
START_TEST(signed_anew_is_no_retransmission)
{
	EVP_PKEY *ec = craft_pair("P-256");
	struct kek k;
	struct rekey_sa *sa;
	uint8_t *data, *anew;
	size_t len;
	struct push p;

	craft_kek(&k, CIPHER_AES_CBC_256, SIG_ECDSA_256, SIG_HASH_SHA256, ec);
	sa = craft_sa(&k, false);
	data = delete_push(&k, ec, 1, &len);
	anew = delete_push(&k, ec, 1, &len);
	ck_assert_int_ne(memcmp(data, anew, len), 0);
	accepted(sa, data, len, &p);
	refused(sa, anew, len, "sequence number 1 is not above 1");
	rekey_sa_free(sa);
	EVP_PKEY_free(ec);
}
END_TEST

static uint8_t *kek_push(const struct kek *under, uint32_t seq, const struct kek *announced, bool delete_kek,
			 size_t *len)
{
	struct push *what = calloc(1, sizeof(*what));
	uint8_t *data;

	ck_assert_ptr_nonnull(what);
	what->seq = seq;
	what->has_policy = true;
	what->delete_kek = delete_kek;
	what->download.has_kek = true;
	what->download.kek = *announced;
	data = craft_from_server(under, pair, what, len);
	free(what);
	return data;
}

START_TEST(a_new_kek)
{
	struct rekey_sa *old = craft_sa(&kek, false), *sa;
	struct kek next = kek;
	struct ike_out ack = { 0 };
	uint8_t *data;
	size_t len;
	struct push p;

	memset(next.spi, 0x77, sizeof(next.spi));
	memset(next.key.data, 0x78, next.key.len);
	next.life_seconds = 1234;
	data = kek_push(&kek, 1, &next, false, &len);
	accepted(old, memcpy(malloc(len), data, len), len, &p);
	ck_assert(p.has_policy && p.download.has_kek && !p.delete_kek);
	ck_assert_int_eq(memcmp(p.download.kek.spi, next.spi, sizeof(next.spi)), 0);
	ck_assert(secret_equal(&p.download.kek.key, &next.key));
	ck_assert(secret_equal(&p.download.kek.iv, &next.iv));
	ck_assert_uint_eq(p.download.kek.life_seconds, 1234);
	ck_assert_uint_eq(p.download.kek.ack_type, 1);
	ck_assert_uint_eq(p.download.kek.seq, 0);

	/* Under the old one: its acknowledgement, its retransmission, and nothing more. */
	acknowledge(old, &ack);
	ck_assert_int_eq(push_ack_verify(&kek, MEMBER, 1, ack.datagrams[0].data, ack.datagrams[0].len), 0);
	ck_assert_int_eq(push_ack_verify(&next, MEMBER, 1, ack.datagrams[0].data, ack.datagrams[0].len), -ENOENT);
	refuse_delete(old, &kek, 2, "replaced or deleted");
	again(old, data, len, &ack);
	free(data);
	ike_out_clear(&ack);

	sa = craft_sa(&p.download.kek, true);
	data = delete_push(&next, pair, 2, &len);
	ck_assert(!rekey_sa_owns(old, data, len));
	ck_assert(rekey_sa_owns(sa, data, len));
	accepted(sa, data, len, &p);
	acknowledge(sa, &ack);
	ck_assert_int_eq(push_ack_verify(&next, MEMBER, 2, ack.datagrams[0].data, ack.datagrams[0].len), 0);
	ike_out_clear(&ack);
	rekey_sa_free(sa);
	rekey_sa_free(old);
}
END_TEST

/* The held KEK announced again, with other policy; with other keys it is refused (RFC 6407 4: a new cookie pair). */
START_TEST(the_same_kek)
{
	struct rekey_sa *sa = craft_sa(&kek, false);
	struct kek said = kek, bare = kek;
	struct ike_out out = { 0 };
	unsigned char *at = bare.pubkey;
	uint8_t *data;
	size_t len;
	struct push p;

	said.ack_type = 0;
	said.life_seconds = 99;
	data = kek_push(&kek, 1, &said, false, &len);
	accepted(sa, data, len, &p);
	ck_assert(p.download.has_kek);
	ck_assert_uint_eq(p.download.kek.seq, 1);
	ck_assert_uint_eq(p.download.kek.life_seconds, 99);
	ck_assert_int_eq(rekey_sa_acknowledge(sa, MEMBER, &out), 0); /* asked for no more */
	ck_assert_uint_eq(out.n_datagrams, 0);
	ck_assert_uint_eq(rekey_sa_kek(sa)->ack_type, 0);
	take_delete(sa, &kek, 2);

	said.ack_type = 3;
	data = kek_push(&kek, 3, &said, false, &len);
	accepted(sa, data, len, &p);
	acknowledge(sa, &out);
	ck_assert_int_eq(push_ack_verify(&said, MEMBER, 3, out.datagrams[0].data, out.datagrams[0].len), 0);
	ike_out_clear(&out);

	said.key.data[3] ^= 1;
	data = kek_push(&kek, 4, &said, false, &len);
	refused(sa, data, len, "other keys under the same SPI");
	said = kek;
	said.iv.data[3] ^= 1;
	data = kek_push(&kek, 4, &said, false, &len);
	refused(sa, data, len, "other keys under the same SPI");
	craft_kek(&said, kek.cipher, kek.sig_algorithm, kek.sig_hash, other_pair);
	data = kek_push(&kek, 4, &said, false, &len);
	refused(sa, data, len, "other keys under the same SPI");
	craft_kek(&said, kek.cipher, kek.sig_algorithm, SIG_HASH_SHA512, pair);
	data = kek_push(&kek, 4, &said, false, &len);
	refused(sa, data, len, "other keys under the same SPI");
	bare.pubkey_len = (size_t)i2d_PublicKey(pair, &at); /* the same key in its other form */
	data = kek_push(&kek, 4, &bare, false, &len);
	accepted(sa, data, len, &p);

	data = kek_push(&kek, 5, &kek, true, &len); /* its replacement by itself survives the delete */
	accepted(sa, data, len, &p);
	ck_assert(p.delete_kek && p.download.has_kek);
	take_delete(sa, &kek, 6);
	rekey_sa_free(sa);
}
END_TEST

/* Acknowledged also when the push deletes its own KEK (RFC 8263 4). */
START_TEST(everything_deleted)
{
	struct rekey_sa *sa = craft_sa(&kek, false);
	struct push what = { .seq = 1, .delete_kek = true, .delete_all_teks = true }, p;
	struct ike_out out = { 0 };
	size_t len;
	uint8_t *data = craft_from_server(&kek, pair, &what, &len);

	accepted(sa, memcpy(malloc(len), data, len), len, &p);
	ck_assert(p.delete_kek && p.delete_all_teks && !p.has_policy);
	ck_assert_uint_eq(p.n_delete_spis, 0);
	acknowledge(sa, &out);
	ck_assert_int_eq(push_ack_verify(&kek, MEMBER, 1, out.datagrams[0].data, out.datagrams[0].len), 0);
	again(sa, data, len, &out);
	refuse_delete(sa, &kek, 2, "replaced or deleted");
	free(data);
	ike_out_clear(&out);
	rekey_sa_free(sa);
}
END_TEST

START_TEST(server_refusals)
{
	static const struct push_style style = { 1, 2, false };
	EVP_PKEY *ec = craft_pair("P-256");
	struct push *what = calloc(1, sizeof(*what));
	struct ike_out out = { 0 };
	struct kek k = kek;

	ck_assert_ptr_nonnull(what);
	ck_assert_int_eq(push_make(&kek, pair, what, &style, &out), -EINVAL); /* nothing to say */
	what->has_policy = true;
	ck_assert_int_eq(push_make(&kek, pair, what, &style, &out), -EINVAL);
	what->delete_kek = true;
	what->has_policy = false;
	ck_assert_int_eq(push_make(&kek, ec, what, &style, &out), -EINVAL);
	k.sig_algorithm = SIG_ECDSA_256;
	ck_assert_int_eq(push_make(&k, pair, what, &style, &out), -EINVAL);
	k.sig_algorithm = SIG_ECDSA_384;
	ck_assert_int_eq(push_make(&k, ec, what, &style, &out), -EINVAL);
	k = kek;
	k.key.len--;
	ck_assert_int_eq(push_make(&k, pair, what, &style, &out), -EINVAL);
	what->n_delete_spis = PUSH_DELETES_MAX + 1;
	ck_assert_int_eq(push_make(&kek, pair, what, &style, &out), -EINVAL);
	what->n_delete_spis = 0;
	ck_assert_uint_eq(out.n_datagrams, 0);
	for (size_t i = 0; i < IKE_OUT_DATAGRAMS; i++)
		ck_assert_int_eq(push_make(&kek, pair, what, &style, &out), 0);
	ck_assert_int_eq(push_make(&kek, pair, what, &style, &out), -ENOBUFS);
	ike_out_clear(&out);
	free(what);
	EVP_PKEY_free(ec);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ike push");
	TCase *tcase = tcase_create("push");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_unchecked_fixture(tcase, make_keys, free_keys);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, sequence_rises);
	tcase_add_test(tcase, only_a_signature_moves_the_counter);
	tcase_add_test(tcase, signatures);
	tcase_add_test(tcase, headers);
	tcase_add_test(tcase, forms);
	tcase_add_test(tcase, padding_is_bounded);
	tcase_add_test(tcase, deletes);
	tcase_add_test(tcase, deletes_are_bounded);
	tcase_add_test(tcase, content_refused);
	tcase_add_test(tcase, an_acknowledgement_that_was_not_made_in_time);
	tcase_add_test(tcase, retransmissions);
	tcase_add_test(tcase, signed_anew_is_no_retransmission);
	tcase_add_test(tcase, a_new_kek);
	tcase_add_test(tcase, the_same_kek);
	tcase_add_test(tcase, everything_deleted);
	tcase_add_test(tcase, server_refusals);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
