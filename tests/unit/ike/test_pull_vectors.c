/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The recordings of tests/vectors: keys, HASHes, decryption and decoding of main mode and GROUPKEY-PULL, value by value
 * against their secrets; and every message cut short at every length.
 */
#include "tests/unit/support/vector.h"
#include "tests/unit/support/words.h"

#include "ike/gdoi_kd.h"
#include "ike/gdoi_sa.h"
#include "ike/gdoi_seq.h"
#include "ike/ident.h"
#include "ike/message.h"
#include "ike/phase1_sa.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

/* A recorded phase 1 with its keys, and the state of the pull under it. */
struct recording {
	struct vector v;
	struct ike_diag diag;
	struct isakmp_header h;
	uint8_t cookie_i[8], cookie_r[8];
	struct octets sa_i, public_i, public_r, nonce_i, nonce_r, id_i, id_r;
	struct ike_keys keys;
	uint8_t iv[CRYPTO_BLOCK_LEN];
	struct octets ni, nr; /* of the pull */
	struct download download;
	bool sak;
};

static void assert_hex(const struct recording *r, const char *label, unsigned nth, const void *data, size_t len)
{
	uint8_t want[2048];
	size_t n = vector_value(&r->v, label, nth, want, sizeof(want));

	ck_assert_msg(n == len && memcmp(want, data, len) == 0, "%s differs from the recording's", label);
}

/* A plaintext, which one recorder noted without its padding. */
static void assert_plain(const struct recording *r, const char *label, unsigned nth, const struct opened *o)
{
	uint8_t want[2048] = { 0 };
	size_t n = vector_value(&r->v, label, nth, want, sizeof(want));

	ck_assert_msg(n <= o->plain.len && o->plain.len - n < CRYPTO_BLOCK_LEN &&
			      memcmp(want, o->plain.data, o->plain.len) == 0,
		      "%s differs from the recording's", label);
}

static void assert_secret(const struct recording *r, const char *label, const struct secret *s)
{
	assert_hex(r, label, 0, s->data, s->len);
}

static struct payload one(struct recording *r, const struct payloads *p, uint8_t type)
{
	struct payload found = { 0 };

	ck_assert_msg(payloads_one(p, type, &found, &r->diag) == 0, "%s", cause_words_of(&r->diag.cause));
	return found;
}

static void keep(struct octets *o, const struct payload *p)
{
	ck_assert_int_eq(octets_set(o, p->body.at, p->body.left), 0);
}

static void read_clear(struct recording *r, size_t i, struct payloads *p)
{
	const struct vector_datagram *d = &r->v.datagrams[i];

	ck_assert_int_eq(isakmp_header_read(&r->h, d->data, d->len, &r->diag), 0);
	ck_assert_uint_eq(r->h.flags, 0);
	ck_assert_int_eq(payloads_read(p, r->h.next, reader_of(d->data + 28, d->len - 28), 0, &r->diag), 0);
}

/* Messages 1 to 4, up to what goes into the keys. */
static void read_key_exchange(struct recording *r, const struct ike_proposal *suite, uint32_t doi)
{
	struct phase1_choice choice;
	struct ike_proposal answer;
	struct payloads p;
	struct payload found;

	read_clear(r, 0, &p);
	found = one(r, &p, PAYLOAD_SA);
	keep(&r->sa_i, &found);
	ck_assert_int_eq(phase1_sa_choose(&choice, found.body, suite, 1, &r->diag), 0);
	ck_assert_uint_eq(choice.doi, doi);
	read_clear(r, 1, &p);
	memcpy(r->cookie_i, r->h.cookie_i, 8);
	memcpy(r->cookie_r, r->h.cookie_r, 8);
	found = one(r, &p, PAYLOAD_SA);
	if (choice.transform.len > 0 && ((const uint8_t *)choice.transform.data)[0] == 1)
		ck_assert_int_eq(phase1_sa_answer(&answer, found.body, doi, suite, 1, &r->diag), 0);
	read_clear(r, 2, &p);
	found = one(r, &p, PAYLOAD_KE);
	ck_assert_uint_eq(found.body.left, ike_public_len(suite->group));
	keep(&r->public_i, &found);
	found = one(r, &p, PAYLOAD_NONCE);
	keep(&r->nonce_i, &found);
	read_clear(r, 3, &p);
	found = one(r, &p, PAYLOAD_KE);
	keep(&r->public_r, &found);
	found = one(r, &p, PAYLOAD_NONCE);
	keep(&r->nonce_r, &found);
}

static void derive(struct recording *r, const struct ike_proposal *suite, const struct secret *psk,
		   const struct secret *shared)
{
	struct keys_input in = { psk, shared, &r->nonce_i, &r->nonce_r, r->cookie_i, r->cookie_r };

	ck_assert_int_eq(keys_derive(&r->keys, suite->hash, suite->cipher, &in), 0);
	ck_assert_int_eq(keys_iv_phase1(suite->hash, &r->public_i, &r->public_r, r->iv), 0);
}

static void assert_proof(struct recording *r, bool initiator, const struct payloads *p)
{
	struct keys_proof in = { initiator,
				 &r->public_i,
				 &r->public_r,
				 r->cookie_i,
				 r->cookie_r,
				 { r->sa_i.data, r->sa_i.len },
				 initiator ? &r->id_i : &r->id_r };
	struct payload hash = one(r, p, PAYLOAD_HASH);
	uint8_t want[CRYPTO_HASH_MAX];

	ck_assert_int_eq(keys_prove(&r->keys, &in, want), 0);
	ck_assert_uint_eq(hash.body.left, ike_hash_len(r->keys.hash));
	ck_assert_msg(memcmp(hash.body.at, want, hash.body.left) == 0, "HASH_%c is wrong", initiator ? 'I' : 'R');
}

static void open_proof(struct recording *r, size_t i, bool initiator, struct opened *o)
{
	const struct vector_datagram *d = &r->v.datagrams[i];
	struct payload id;

	ck_assert_int_eq(isakmp_header_read(&r->h, d->data, d->len, &r->diag), 0);
	ck_assert_msg(message_open(o, &r->h, d->data, d->len, &r->keys.cipher_key, r->iv, &r->diag) == 0, "%s",
		      cause_words_of(&r->diag.cause));
	memcpy(r->iv, o->iv, sizeof(r->iv));
	id = one(r, &o->payloads, PAYLOAD_ID);
	keep(initiator ? &r->id_i : &r->id_r, &id);
	assert_proof(r, initiator, &o->payloads);
}

/* Opens message N (1 to 4) of the pull, with the nonces that its HASH has. */
static void open_pull(struct recording *r, size_t i, unsigned n, struct opened *o)
{
	const struct vector_datagram *d = &r->v.datagrams[i];
	struct chunk nonces[] = { octets_chunk(&r->ni), octets_chunk(&r->nr) };
	uint8_t iv[CRYPTO_BLOCK_LEN];

	ck_assert_int_eq(isakmp_header_read(&r->h, d->data, d->len, &r->diag), 0);
	if (n == 1) {
		ck_assert_int_eq(keys_iv_exchange(r->keys.hash, r->iv, r->h.message_id, iv), 0);
		memcpy(r->iv, iv, sizeof(iv));
	}
	ck_assert_msg(message_open_hashed(o, &r->h, d->data, d->len, &r->keys, nonces,
					  n == 1   ? 0
					  : n == 2 ? 1
						   : 2,
					  r->iv, &r->diag) == 0,
		      "HASH(%u): %s", n, cause_words_of(&r->diag.cause));
	memcpy(r->iv, o->iv, sizeof(r->iv));
}

/* Every shorter body is refused, by each decoder. */
static void cut_sa(struct recording *r, struct reader body)
{
	for (size_t len = 0; len < body.left; len++) {
		struct download d = { 0 };
		bool sak;

		ck_assert_int_eq(gdoi_sa_read(&d, &sak, reader_of(body.at, len), false, NULL, &r->diag), -EBADMSG);
	}
}

static void cut_kd(struct recording *r, struct reader body)
{
	for (size_t len = 0; len < body.left; len++) {
		struct download d = r->download;

		ck_assert_int_eq(gdoi_kd_read(&d, r->sak, reader_of(body.at, len), &r->diag), -EBADMSG);
	}
}

static void read_policy(struct recording *r, const struct opened *o)
{
	struct payload nonce = one(r, &o->payloads, PAYLOAD_NONCE), sa = one(r, &o->payloads, PAYLOAD_SA);

	keep(&r->nr, &nonce);
	cut_sa(r, sa.body);
	ck_assert_msg(gdoi_sa_read(&r->download, &r->sak, sa.body, false, NULL, &r->diag) == 0, "%s",
		      cause_words_of(&r->diag.cause));
}

static void read_keys(struct recording *r, const struct opened *o)
{
	struct payload kd = one(r, &o->payloads, PAYLOAD_KD);

	cut_kd(r, kd.body);
	ck_assert_msg(gdoi_kd_read(&r->download, r->sak, kd.body, &r->diag) == 0, "%s", cause_words_of(&r->diag.cause));
}

static void assert_tek(const struct tek *t, uint32_t spi, uint32_t src, uint8_t src_len, uint32_t dst, uint8_t dst_len,
		       uint32_t life)
{
	ck_assert_uint_eq(t->spi, spi);
	ck_assert_uint_eq(t->sel.src.addr, src);
	ck_assert_uint_eq(t->sel.src.len, src_len);
	ck_assert_uint_eq(t->sel.dst.addr, dst);
	ck_assert_uint_eq(t->sel.dst.len, dst_len);
	ck_assert_uint_eq(t->sel.protocol, 0);
	ck_assert_uint_eq(t->life_seconds, life);
	ck_assert_int_eq(t->cipher, CIPHER_AES_CBC_128);
	ck_assert_int_eq(t->auth, AUTH_HMAC_SHA256_128);
	ck_assert(t->tunnel);
}

static const struct ike_proposal suite_a = { IKE_SHA256, IKE_MODP2048, CIPHER_AES_CBC_128, 3600 };

static void load_a(struct recording *r)
{
	struct secret psk, shared;

	memset(r, 0, sizeof(*r));
	vector_load(&r->v, "pull-a-modp2048-psk");
	ck_assert_uint_eq(r->v.n, 10);
	read_key_exchange(r, &suite_a, IKE_DOI_GDOI);
	psk = vector_secret(&r->v, "ks PSK ", 0);
	shared = vector_secret(&r->v, "ks g^xy ", 0);
	derive(r, &suite_a, &psk, &shared);
}

START_TEST(pull_a)
{
	static const char *const plaintexts[] = { "received xchg 2 mid 00000000 plaintext ",
						  "sent xchg 2 mid 00000000 plaintext ",
						  "received xchg 32 mid 44ca3cd2 plaintext ",
						  "sent xchg 32 mid 44ca3cd2 plaintext " };
	struct recording r;
	struct opened o;
	struct payload p;
	uint32_t group;

	load_a(&r);
	assert_hex(&r, "ks CKY-I ", 0, r.cookie_i, 8);
	assert_hex(&r, "ks CKY-R ", 0, r.cookie_r, 8);
	assert_hex(&r, "ks Ni_phase1 ", 0, r.nonce_i.data, r.nonce_i.len);
	assert_hex(&r, "ks Nr_phase1 ", 0, r.nonce_r.data, r.nonce_r.len);
	assert_secret(&r, "ks SKEYID ", &r.keys.skeyid);
	assert_secret(&r, "ks SKEYID_d ", &r.keys.skeyid_d);
	assert_secret(&r, "ks SKEYID_a ", &r.keys.skeyid_a);
	assert_secret(&r, "ks SKEYID_e ", &r.keys.skeyid_e);
	assert_secret(&r, "ks enckey ", &r.keys.cipher_key);
	assert_hex(&r, "ks IV_phase1 ", 0, r.iv, sizeof(r.iv));
	open_proof(&r, 4, true, &o);
	assert_plain(&r, plaintexts[0], 0, &o);
	opened_clear(&o);
	open_proof(&r, 5, false, &o);
	assert_plain(&r, plaintexts[1], 0, &o);
	opened_clear(&o);

	open_pull(&r, 6, 1, &o);
	assert_plain(&r, plaintexts[2], 0, &o);
	p = one(&r, &o.payloads, PAYLOAD_NONCE);
	keep(&r.ni, &p);
	ck_assert_int_eq(group_read(&group, one(&r, &o.payloads, PAYLOAD_ID).body, &r.diag), 0);
	ck_assert_uint_eq(group, 1234);
	opened_clear(&o);
	open_pull(&r, 7, 2, &o);
	assert_plain(&r, plaintexts[3], 0, &o);
	read_policy(&r, &o);
	opened_clear(&o);
	open_pull(&r, 8, 3, &o);
	assert_plain(&r, plaintexts[2], 1, &o);
	opened_clear(&o);
	open_pull(&r, 9, 4, &o);
	assert_plain(&r, plaintexts[3], 1, &o);
	ck_assert_uint_eq(r.download.n_teks, 1);
	ck_assert_ptr_nonnull(payloads_find(&o.payloads, PAYLOAD_KD));
	read_keys(&r, &o);
	opened_clear(&o);

	ck_assert_uint_eq(r.download.n_teks, 1);
	ck_assert_uint_eq(r.download.n_refusals, 0);
	ck_assert(!r.sak);
	assert_tek(&r.download.teks[0], 0x6d600c42, 0x0a000000, 8, 0xefc00100, 24, 3599);
	ck_assert_int_eq(r.download.teks[0].preserve, PRESERVE_BOTH);
	assert_secret(&r, "TEK_ALGORITHM_KEY ", &r.download.teks[0].key);
	assert_secret(&r, "TEK_INTEGRITY_KEY ", &r.download.teks[0].auth_key);
	vector_free(&r.v);
}
END_TEST

/* g^xy is not recorded: SKEYID (and with it HASH_I and HASH_R) follows from the PSK, the rest is given. */
static void load_b(struct recording *r)
{
	static const struct secret no_shared = { .len = 256 };
	struct secret psk;

	memset(r, 0, sizeof(*r));
	vector_load(&r->v, "pull-b-modp2048-psk");
	ck_assert_uint_eq(r->v.n, 11);
	read_key_exchange(r, &suite_a, IKE_DOI_IPSEC);
	psk = vector_secret(&r->v, "PSK ", 0);
	derive(r, &suite_a, &psk, &no_shared);
	r->keys.skeyid_a = vector_secret(&r->v, "SKEYID_a ", 0);
	r->keys.cipher_key = vector_secret(&r->v, "enckey ", 0);
}

START_TEST(pull_b)
{
	struct recording r;
	struct informational sa = { 0 };
	uint8_t last[CRYPTO_BLOCK_LEN], auth_key[32];
	const struct vector_datagram *d;
	struct delete delete;
	struct opened o;
	struct payload p;
	uint32_t group;

	load_b(&r);
	assert_hex(&r, "CKY-I ", 0, r.cookie_i, 8);
	assert_hex(&r, "CKY-R ", 0, r.cookie_r, 8);
	open_proof(&r, 4, true, &o);
	opened_clear(&o);
	open_proof(&r, 5, false, &o);
	opened_clear(&o);
	memcpy(last, r.iv, sizeof(last));

	open_pull(&r, 6, 1, &o);
	p = one(&r, &o.payloads, PAYLOAD_NONCE);
	keep(&r.ni, &p);
	ck_assert_int_eq(group_read(&group, one(&r, &o.payloads, PAYLOAD_ID).body, &r.diag), 0);
	ck_assert_uint_eq(group, 0xe8010101); /* 232.1.1.1 */
	opened_clear(&o);
	open_pull(&r, 7, 2, &o);
	read_policy(&r, &o);
	opened_clear(&o);
	/* Its source is 0.0.0.0/255.255.255.255: refused, and said why.  The key is compared all the same. */
	ck_assert_uint_eq(r.download.n_teks, 0);
	ck_assert_uint_eq(r.download.n_refusals, 1);
	ck_assert_int_eq(r.download.refusals[0].reason, REFUSAL_UNSUPPORTED_SELECTOR);
	ck_assert_uint_eq(r.download.refusals[0].spi, 0x11223344);
	ck_assert_ptr_nonnull(strstr(cause_words_of(&r.download.refusals[0].cause), "0.0.0.0"));
	r.download = (struct download){ .n_teks = 1 };
	r.download.teks[0] =
		(struct tek){ .spi = 0x11223344, .cipher = CIPHER_AES_CBC_128, .auth = AUTH_HMAC_SHA256_128 };
	open_pull(&r, 8, 3, &o);
	opened_clear(&o);
	open_pull(&r, 9, 4, &o);
	read_keys(&r, &o);
	opened_clear(&o);
	ck_assert_uint_eq(r.download.n_teks, 1);
	ck_assert_uint_eq(r.download.teks[0].spi, 0x11223344);
	assert_hex(&r, "AES-CBC-128 key ", 0, r.download.teks[0].key.data, r.download.teks[0].key.len);
	for (size_t i = 0; i < sizeof(auth_key); i++)
		auth_key[i] = (uint8_t)(0x80 + i);
	ck_assert_uint_eq(r.download.teks[0].auth_key.len, sizeof(auth_key));
	ck_assert_int_eq(memcmp(r.download.teks[0].auth_key.data, auth_key, sizeof(auth_key)), 0);

	d = &r.v.datagrams[10]; /* the initiator deletes the ISAKMP SA */
	sa = (struct informational){ r.cookie_i, r.cookie_r, &r.keys, last, 0 };
	ck_assert_int_eq(isakmp_header_read(&r.h, d->data, d->len, &r.diag), 0);
	ck_assert_msg(informational_open(&sa, &o, &r.h, d->data, d->len, &r.diag) == 0, "%s",
		      cause_words_of(&r.diag.cause));
	ck_assert_int_eq(delete_read(&delete, one(&r, &o.payloads, PAYLOAD_DELETE).body, &r.diag), 0);
	ck_assert_uint_eq(delete.protocol, 1);
	ck_assert_uint_eq(delete.spi_size, 16);
	ck_assert_int_eq(memcmp(delete.spis.at, r.cookie_i, 8), 0);
	ck_assert_int_eq(memcmp(delete.spis.at + 8, r.cookie_r, 8), 0);
	ck_assert_uint_eq(delete.doi, IKE_DOI_IPSEC); /* that of its phase 1 */
	opened_clear(&o);
	vector_free(&r.v);
}
END_TEST

static void load_c(struct recording *r)
{
	struct secret psk, shared;

	memset(r, 0, sizeof(*r));
	vector_load(&r->v, "push-c-rsa2048");
	ck_assert_uint_eq(r->v.n, 15);
	read_key_exchange(r, &suite_a, IKE_DOI_GDOI);
	psk = vector_secret(&r->v, "P1_PSK ", 0);
	shared = vector_secret(&r->v, "P1_G_XY ", 0);
	derive(r, &suite_a, &psk, &shared);
}

static void assert_kek(const struct recording *r, const struct kek *k)
{
	assert_hex(r, "PUSH_KEK_SPI ", 0, k->spi, sizeof(k->spi));
	assert_secret(r, "PUSH_KEK_KEY ", &k->key);
	assert_secret(r, "PUSH_KEK_IV ", &k->iv);
	ck_assert_int_eq(k->cipher, CIPHER_AES_CBC_128);
	ck_assert_int_eq(k->sig_algorithm, SIG_RSA);
	ck_assert_int_eq(k->sig_hash, SIG_HASH_SHA256);
	ck_assert_uint_eq(k->life_seconds, 50);
	ck_assert_uint_eq(k->port, 8480);
	ck_assert_uint_eq(k->pubkey_len, 294);
	ck_assert_uint_eq(k->ack_type, 0);
}

START_TEST(pull_in_push_c)
{
	struct recording r;
	struct opened o;
	struct payload p;
	uint32_t group;

	load_c(&r);
	assert_secret(&r, "P1_SKEYID ", &r.keys.skeyid);
	assert_secret(&r, "P1_SKEYID_d ", &r.keys.skeyid_d);
	assert_secret(&r, "P1_SKEYID_a ", &r.keys.skeyid_a);
	assert_secret(&r, "P1_SKEYID_e ", &r.keys.skeyid_e);
	assert_secret(&r, "P1_ENC_KEY ", &r.keys.cipher_key);
	assert_hex(&r, "P1_IV ", 0, r.iv, sizeof(r.iv));
	assert_hex(&r, "P1_NONCE_I ", 0, r.nonce_i.data, r.nonce_i.len);
	assert_hex(&r, "P1_NONCE_R ", 0, r.nonce_r.data, r.nonce_r.len);
	open_proof(&r, 4, true, &o); /* with an INITIAL-CONTACT beside ID and HASH, as the answer to it */
	assert_plain(&r, "MSG_PLAIN_DEC ", 0, &o);
	ck_assert_ptr_nonnull(payloads_find(&o.payloads, PAYLOAD_NOTIFY));
	opened_clear(&o);
	assert_hex(&r, "MSG_IV_ENC ", 0, r.iv, sizeof(r.iv));
	open_proof(&r, 5, false, &o);
	assert_plain(&r, "MSG_PLAIN_ENC ", 0, &o);
	opened_clear(&o);

	open_pull(&r, 6, 1, &o);
	assert_plain(&r, "MSG_PLAIN_DEC ", 1, &o);
	p = one(&r, &o.payloads, PAYLOAD_NONCE);
	keep(&r.ni, &p);
	ck_assert_int_eq(group_read(&group, one(&r, &o.payloads, PAYLOAD_ID).body, &r.diag), 0);
	ck_assert_uint_eq(group, 1234);
	opened_clear(&o);
	open_pull(&r, 7, 2, &o);
	assert_plain(&r, "MSG_PLAIN_ENC ", 1, &o);
	read_policy(&r, &o);
	opened_clear(&o);
	ck_assert(r.sak);
	open_pull(&r, 8, 3, &o);
	assert_plain(&r, "MSG_PLAIN_DEC ", 2, &o);
	opened_clear(&o);
	open_pull(&r, 9, 4, &o);
	assert_plain(&r, "MSG_PLAIN_ENC ", 2, &o);
	ck_assert_int_eq(gdoi_seq_read(&r.download.seq, one(&r, &o.payloads, PAYLOAD_SEQ).body, &r.diag), 0);
	ck_assert_uint_eq(r.download.seq, 0);
	read_keys(&r, &o);
	opened_clear(&o);

	ck_assert_uint_eq(r.download.n_teks, 1);
	assert_tek(&r.download.teks[0], 0x8dd723bd, 0x7f000052, 32, 0xefc00101, 32, 120);
	ck_assert_uint_eq(r.download.teks[0].sel.sport.min, 1024); /* with protocol 0: kept, policy decides */
	ck_assert_uint_eq(r.download.teks[0].sel.sport.max, 1024);
	ck_assert_int_eq(r.download.teks[0].preserve, PRESERVE_DESTINATION_ONLY);
	assert_secret(&r, "KS_TEK_SECRECY ", &r.download.teks[0].key);
	assert_secret(&r, "KS_TEK_INTEGRITY ", &r.download.teks[0].auth_key);
	ck_assert(r.download.has_kek);
	assert_kek(&r, &r.download.kek);
	vector_free(&r.v);
}
END_TEST

/* A message cut to LEN octets whose header agrees, in memory of exactly that length. */
static uint8_t *cut(const struct vector_datagram *d, size_t len)
{
	uint8_t *data = malloc(len ? len : 1);

	ck_assert_ptr_nonnull(data);
	if (len > 0)
		memcpy(data, d->data, len);
	if (len >= ISAKMP_HEADER_LEN) {
		data[24] = data[25] = 0;
		data[26] = (uint8_t)(len >> 8);
		data[27] = (uint8_t)len;
	}
	return data;
}

/* A part of a message in the clear is no message; a part of an encrypted one has no right HASH. */
static void assert_cut_refused(struct recording *r, const uint8_t *data, size_t len)
{
	struct isakmp_header h;
	struct payloads p;
	struct opened o;
	int err = isakmp_header_read(&h, data, len, &r->diag);

	if (len < ISAKMP_HEADER_LEN)
		ck_assert_int_eq(err, -EBADMSG);
	else if (h.flags & ISAKMP_FLAG_ENCRYPTION)
		ck_assert_int_eq(message_open_hashed(&o, &h, data, len, &r->keys, NULL, 0, r->iv, &r->diag), -EBADMSG);
	else
		ck_assert_int_eq(payloads_read(&p, h.next, reader_of(data + ISAKMP_HEADER_LEN, len - ISAKMP_HEADER_LEN),
					       0, &r->diag),
				 -EBADMSG);
}

static unsigned cut_everywhere(void (*load)(struct recording *))
{
	struct recording r;
	unsigned n = 0;

	load(&r);
	for (size_t i = 0; i < r.v.n; i++) {
		for (size_t len = 0; len < r.v.datagrams[i].len; len++) {
			uint8_t *data = cut(&r.v.datagrams[i], len);
			struct isakmp_header h;

			ck_assert_int_eq(isakmp_header_read(&h, r.v.datagrams[i].data, len, &r.diag), -EBADMSG);
			assert_cut_refused(&r, data, len);
			free(data);
			n++;
		}
	}
	vector_free(&r.v);
	return n;
}

START_TEST(every_message_cut_at_every_length)
{
	unsigned n = cut_everywhere(load_a) + cut_everywhere(load_b) + cut_everywhere(load_c);

	printf("%u shortened messages refused\n", n);
	ck_assert_uint_gt(n, 5000);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ike vectors");
	TCase *pulls = tcase_create("pulls"), *cuts = tcase_create("cuts");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(pulls, pull_a);
	tcase_add_test(pulls, pull_b);
	tcase_add_test(pulls, pull_in_push_c);
	tcase_set_timeout(cuts, 60);
	tcase_add_test(cuts, every_message_cut_at_every_length);
	suite_add_tcase(suite, pulls);
	suite_add_tcase(suite, cuts);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
