/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Limits of lib/limits.h that a peer or a server reaches: what is at the limit is taken, and one more is not. */
#include "tests/unit/support/ike_pair.h"
#include "tests/unit/support/words.h"

#include "ike/gdoi_kd.h"
#include "ike/phase1_answers.h"
#include "ike/pull_state.h"
#include "ike/responder_state.h"

#include <check.h>
#include <stdlib.h>

static const struct ike_proposal ours = { IKE_SHA256, IKE_ECP256, CIPHER_AES_CBC_128, 3600 };

static void write_transform(struct writer *w, struct chain *c, bool good)
{
	chain_begin(c, w, PAYLOAD_TRANSFORM);
	write_u8(w, 1);
	write_u8(w, 1); /* KEY_IKE */
	write_u16(w, 0);
	if (good) {
		write_attribute_basic(w, 1, 7); /* AES-CBC */
		write_attribute_basic(w, 14, 128);
		write_attribute_basic(w, 2, (uint16_t)ours.hash);
		write_attribute_basic(w, 4, (uint16_t)ours.group);
		write_attribute_basic(w, 3, 1); /* pre-shared key */
	}
	chain_end(c, w);
}

/* The body of an SA payload with N transforms, the last of them ours, and an SPI of SPI_SIZE octets. */
static void write_sa(struct writer *w, unsigned n, uint8_t spi_size)
{
	struct chain proposal = { .next_at = CHAIN_IMPLIED }, t = { .next_at = CHAIN_IMPLIED };

	write_u32(w, IKE_DOI_GDOI);
	write_u32(w, 1);
	chain_begin(&proposal, w, PAYLOAD_PROPOSAL);
	write_u8(w, 1);
	write_u8(w, ISAKMP_PROTOCOL_ISAKMP);
	write_u8(w, spi_size);
	write_u8(w, (uint8_t)n);
	write_zeros(w, spi_size);
	for (unsigned i = 1; i <= n; i++)
		write_transform(w, &t, i == n);
	chain_end(&proposal, w);
}

START_TEST(transforms_of_a_proposal)
{
	for (unsigned n = PHASE1_TRANSFORMS_MAX; n <= PHASE1_TRANSFORMS_MAX + 1; n++) {
		struct phase1_choice choice;
		struct ike_diag diag = { 0 };
		struct writer w = { 0 };
		int r;

		write_sa(&w, n, 0);
		r = phase1_sa_choose(&choice, reader_of(w.data, w.len), &ours, 1, &diag);
		ck_assert_int_eq(r, n <= PHASE1_TRANSFORMS_MAX ? 0 : -EBADMSG);
		ck_assert_int_eq(diag.cause.id, r == 0 ? CAUSE_NONE : CAUSE_TRANSFORMS_TOO_MANY);
		writer_clear(&w);
	}
}
END_TEST

/* Transforms of 8 octets and one of 28, and an SPI that fills up. */
START_TEST(octets_of_an_sa)
{
	struct phase1_params params = { .mode = IKE_MAIN,
					.proposals = { ours },
					.n_proposals = 1,
					.psk = { .len = 3, .data = "psk" },
					.local_id = ident_of_address(1),
					.remote_id = ident_of_address(2) };

	for (size_t len = PHASE1_SA_MAX; len <= PHASE1_SA_MAX + 1; len++) {
		struct isakmp_header h = { .exchange = EXCHANGE_MAIN, .cookie_i = { 1 } };
		struct ike_diag diag = { 0 };
		struct message m;
		struct phase1 *p = NULL;
		uint8_t *data, *reply = NULL;
		size_t n, reply_len;
		struct payload_walk walk;
		struct payload sa;
		int r;

		/* More proposals than one, of which the last is ours. */
		message_begin(&m, &h);
		chain_begin(&m.chain, &m.w, PAYLOAD_SA);
		write_u32(&m.w, IKE_DOI_GDOI);
		write_u32(&m.w, 1);
		{
			size_t body = m.w.len - 8;
			struct chain c = { .next_at = CHAIN_IMPLIED };

			for (size_t left = len - 8; left > 0;) {
				struct chain t = { .next_at = CHAIN_IMPLIED };
				size_t fixed = 8 + 28, spi = left < fixed + 255 ? left - fixed : 100;

				chain_begin(&c, &m.w, PAYLOAD_PROPOSAL);
				write_u8(&m.w, 1);
				write_u8(&m.w, ISAKMP_PROTOCOL_ISAKMP);
				write_u8(&m.w, (uint8_t)spi);
				write_u8(&m.w, 1);
				write_zeros(&m.w, spi);
				write_transform(&m.w, &t, true);
				chain_end(&c, &m.w);
				left = len - (m.w.len - body);
			}
		}
		chain_end(&m.chain, &m.w);
		ck_assert_int_eq(message_finish(&m), 0);
		data = writer_take(&m.w, &n);
		walk = (struct payload_walk){ .rest = reader_of(data + ISAKMP_HEADER_LEN, n - ISAKMP_HEADER_LEN),
					      .next = PAYLOAD_SA };
		ck_assert_int_eq(payload_next(&walk, &sa, &diag), 1);
		ck_assert_uint_eq(sa.body.left, len);
		r = phase1_accept(&p, &params, data, n, &reply, &reply_len, &diag);
		ck_assert_msg(r == (len <= PHASE1_SA_MAX ? 0 : -EBADMSG), "%s", cause_words_of(&diag.cause));
		ck_assert_int_eq(diag.cause.id, r == 0 ? CAUSE_NONE : CAUSE_SA_LENGTH);
		phase1_free(p);
		free(reply);
		free(data);
	}
}
END_TEST

START_TEST(nonces_of_phase_1)
{
	static const struct {
		size_t len;
		int r;
	} cases[] = { { PHASE1_NONCE_MIN - 1, -EBADMSG },
		      { PHASE1_NONCE_MIN, 0 },
		      { PHASE1_NONCE_MAX, 0 },
		      { PHASE1_NONCE_MAX + 1, -EBADMSG } };
	static const uint8_t octets[512];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		static struct phase1 p;
		struct ike_diag diag = { 0 };
		struct payloads payloads = {
			.list = { { .type = PAYLOAD_KE, .body = reader_of(octets, ike_public_len(IKE_ECP256)) },
				  { .type = PAYLOAD_NONCE, .body = reader_of(octets, cases[i].len) } },
			.n = 2
		};

		p = (struct phase1){ .params.initiator = true, .chosen = ours };
		ck_assert_int_eq(phase1_take_ke_nonce(&p, &(struct phase1_in){ .payloads = &payloads }, &diag),
				 cases[i].r);
		ck_assert_int_eq(diag.cause.id, cases[i].r == 0 ? CAUSE_NONE : CAUSE_NONCE_PHASE1);
	}
}
END_TEST

START_TEST(octets_of_an_identity)
{
	for (size_t len = IKE_ID_MAX; len <= IKE_ID_MAX + 1; len++) {
		struct octets body = { .len = (uint16_t)(4 + len), .data = { IKE_ID_FQDN } };
		struct ike_diag diag = { 0 };
		struct ike_id id;

		memset(body.data + 4, 'n', len);
		ck_assert_int_eq(ident_read(&id, &body, &diag), len <= IKE_ID_MAX ? 0 : -EBADMSG);
	}
}
END_TEST

START_TEST(vendor_ids)
{
	uint8_t octets[VENDOR_IDS_MAX + 2][VENDOR_ID_KEPT + 4] = { 0 };
	struct payloads payloads = { .n = ARRAY_SIZE(octets) };
	struct vendor_ids v = { .n = 0 };

	for (size_t i = 0; i < ARRAY_SIZE(octets); i++) {
		octets[i][0] = (uint8_t)(i + 1);
		payloads.list[i] =
			(struct payload){ .type = PAYLOAD_VENDOR_ID, .body = reader_of(octets[i], sizeof(octets[i])) };
	}
	vendor_ids_take(&v, &payloads);
	ck_assert_uint_eq(v.n, VENDOR_IDS_MAX);
	ck_assert_uint_eq(v.list[0].len, VENDOR_ID_KEPT);
	ck_assert_uint_eq(v.list[VENDOR_IDS_MAX - 1].data[0], VENDOR_IDS_MAX);
}
END_TEST

START_TEST(derivations_of_a_phase_1)
{
	static const struct candidates none;
	struct phase1_answers *a;
	unsigned followed = 0, in_a_second = 0;
	uint32_t number = 0;

	ck_assert_int_eq(phase1_answers_new(&a), 0);
	for (uint64_t now = 0; now < 200000; now += 100) {
		uint8_t tag[ANSWER_TAG_LEN] = { 0 };
		enum candidate_class class;

		number++;
		memcpy(tag, &number, sizeof(number));
		if (now % 1000 == 0)
			in_a_second = 0;
		if (phase1_answers_judge(a, tag, &none, &now, &class) != ANSWER_FOLLOW)
			continue;
		followed++;
		ck_assert_uint_le(++in_a_second, PHASE1_DH_EACH);
	}
	ck_assert_uint_eq(followed, PHASE1_DH_TOTAL);
	phase1_answers_free(a);
}
END_TEST

START_TEST(phases_1_of_a_pull)
{
	struct ike_out out = { 0 };
	struct pair p;
	size_t n = 1;

	pair_init(&p);
	ck_assert_int_eq(pull_new(&p.pull, &p.params, 0, &out), 0);
	while (pull_open(p.pull, 0, IKE_DOI_GDOI, &out) == 0)
		ck_assert_uint_le(++n, PULL_OPENINGS_MAX);
	ck_assert_uint_eq(n, PULL_OPENINGS_MAX);
	ck_assert_int_eq(pull_open(p.pull, 0, IKE_DOI_GDOI, &out), -ENOSPC);
	ike_out_clear(&out);
	pull_free(p.pull);
}
END_TEST

/* --- the responder's tables --- */

static struct responder_peer peer;

static int any_peer(void *ctx, uint32_t addr, struct responder_peer *ret)
{
	(void)ctx;
	(void)addr;
	*ret = peer;
	return 0;
}

static int no_pull(void *ctx, void *tag, uint32_t addr, uint32_t group, struct download *ret)
{
	(void)ctx, (void)tag, (void)addr, (void)group, (void)ret;
	return -EAGAIN;
}

static struct responder *new_responder(struct pair *p)
{
	const struct responder_ops ops = { .peer = any_peer, .pull = no_pull };
	struct responder *r;

	pair_init(p);
	peer = p->peer;
	ck_assert_int_eq(responder_new(&r, &ops, PAIR_SERVER), 0);
	return r;
}

/* The first message of a new pull, from ADDR: was it answered? */
static bool begin_from(struct responder *r, const struct pair *p, uint32_t addr, struct ike_out *answer)
{
	struct ike_out out = { 0 };
	struct pull *pull;
	bool answered;

	ck_assert_int_eq(pull_new(&pull, &p->params, 0, &out), 0);
	responder_step(r, 0, addr, 848, out.datagrams[0].data, out.datagrams[0].len, answer);
	answered = answer->n_datagrams == 1;
	ike_out_clear(&out);
	pull_free(pull);
	return answered;
}

START_TEST(isakmp_sas_of_an_address)
{
	struct ike_out answer = { 0 };
	struct pair p;
	struct responder *r = new_responder(&p);

	for (unsigned i = 1; i <= 2 * RESPONDER_SAS_PER_PEER; i++) {
		ck_assert(begin_from(r, &p, PAIR_MEMBER, &answer));
		ike_out_clear(&answer);
		ck_assert_uint_eq(r->n_sas, i < RESPONDER_SAS_PER_PEER ? i : RESPONDER_SAS_PER_PEER);
	}
	responder_free(r);
}
END_TEST

START_TEST(isakmp_sas_of_all)
{
	struct ike_out answer = { 0 };
	struct pair p;
	struct responder *r = new_responder(&p);

	for (uint32_t i = 0; i <= RESPONDER_SAS_MAX; i++) {
		ck_assert(begin_from(r, &p, 0x0a000001 + i, &answer) == (i < RESPONDER_SAS_MAX));
		if (i < RESPONDER_SAS_MAX)
			ike_out_clear(&answer);
	}
	ck_assert_uint_eq(r->n_sas, RESPONDER_SAS_MAX);
	ck_assert_int_eq(answer.notes[answer.n_notes - 1].id, NOTE_SAS_TOO_MANY);
	ike_out_clear(&answer);
	responder_free(r);
}
END_TEST

/* --- a download --- */

static int read_kek(struct download *d, size_t signature_key_len, struct ike_diag *diag)
{
	static const uint8_t octets[KEK_PUBKEY_MAX + 1];
	struct writer w = { 0 };
	size_t at;
	int r;

	*d = (struct download){ .kek.cipher = CIPHER_AES_CBC_128 };
	write_u16(&w, 1);
	write_u16(&w, 0);
	at = w.len;
	write_u8(&w, 2); /* a KEK */
	write_u8(&w, 0);
	write_u16(&w, 0);
	write_u8(&w, KEK_SPI_LEN);
	write_zeros(&w, KEK_SPI_LEN);
	write_attribute(&w, 1, octets, CRYPTO_BLOCK_LEN + 16);
	write_attribute(&w, 2, octets, signature_key_len);
	write_u16_at(&w, at + 2, (uint16_t)(w.len - at));
	r = gdoi_kd_read(d, true, reader_of(w.data, w.len), diag);
	writer_clear(&w);
	return r;
}

START_TEST(octets_of_a_signature_key)
{
	static struct download d;
	struct ike_diag diag = { 0 };

	ck_assert_int_eq(read_kek(&d, KEK_PUBKEY_MAX, &diag), 0);
	ck_assert(d.has_kek);
	ck_assert_uint_eq(d.kek.pubkey_len, KEK_PUBKEY_MAX);
	ck_assert_int_eq(read_kek(&d, KEK_PUBKEY_MAX + 1, &diag), -EBADMSG);
	ck_assert_int_eq(diag.cause.id, CAUSE_SIGNATURE_KEY_LENGTH);
}
END_TEST

START_TEST(bits_of_a_sender_id)
{
	for (uint16_t bits = SID_BITS_MAX; bits <= SID_BITS_MAX + 1; bits++) {
		static struct download d;
		struct ike_diag diag = { 0 };
		struct writer w = { 0 };

		d = (struct download){ 0 };
		write_u16(&w, 1);
		write_u16(&w, 0);
		write_u8(&w, 4); /* a SID */
		write_u8(&w, 0);
		write_u16(&w, 5 + 4 + 8);
		write_u8(&w, 0);
		write_attribute_basic(&w, 1, bits);
		write_attribute_u32(&w, 2, UINT32_MAX);
		ck_assert_int_eq(gdoi_kd_read(&d, false, reader_of(w.data, w.len), &diag),
				 bits <= SID_BITS_MAX ? 0 : -EBADMSG);
		if (bits <= SID_BITS_MAX)
			ck_assert_uint_eq(d.sender_ids[0], UINT32_MAX);
		else
			ck_assert_int_eq(diag.cause.id, CAUSE_SID_BITS);
		writer_clear(&w);
	}
}
END_TEST

START_TEST(sender_ids_of_a_download)
{
	static struct download d;
	struct ike_diag diag = { 0 };
	struct writer w = { 0 };

	d = (struct download){ 0 };
	write_u16(&w, 1);
	write_u16(&w, 0);
	write_u8(&w, 4); /* a SID */
	write_u8(&w, 0);
	write_u16(&w, 5 + 4 + 8 * (SENDER_IDS_MAX + 2));
	write_u8(&w, 0);
	write_attribute_basic(&w, 1, 16);
	for (uint32_t i = 0; i < SENDER_IDS_MAX + 2; i++)
		write_attribute_u32(&w, 2, 100 + i);
	ck_assert_int_eq(gdoi_kd_read(&d, false, reader_of(w.data, w.len), &diag), 0);
	ck_assert_uint_eq(d.n_sender_ids, SENDER_IDS_MAX);
	ck_assert_uint_eq(d.sender_ids[SENDER_IDS_MAX - 1], 100 + SENDER_IDS_MAX - 1);
	writer_clear(&w);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("limits of ike");
	TCase *t = tcase_create("limits");
	SRunner *runner;
	int failed;

	tcase_set_timeout(t, 120);
	tcase_add_test(t, transforms_of_a_proposal);
	tcase_add_test(t, octets_of_an_sa);
	tcase_add_test(t, nonces_of_phase_1);
	tcase_add_test(t, octets_of_an_identity);
	tcase_add_test(t, vendor_ids);
	tcase_add_test(t, derivations_of_a_phase_1);
	tcase_add_test(t, phases_1_of_a_pull);
	tcase_add_test(t, isakmp_sas_of_an_address);
	tcase_add_test(t, isakmp_sas_of_all);
	tcase_add_test(t, octets_of_a_signature_key);
	tcase_add_test(t, bits_of_a_sender_id);
	tcase_add_test(t, sender_ids_of_a_download);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
