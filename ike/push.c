/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/push.h"

#include "ike/gdoi_seq.h"
#include "ike/push_state.h"

#include <stdlib.h>

#define HEADER_LENGTH_AT 24

static int kek_usable(const struct kek *kek, struct ike_cause *ret_cause)
{
	if (!cipher_is_cbc(kek->cipher) || kek->key.len != cipher_key_len(kek->cipher) ||
	    kek->iv.len != CRYPTO_BLOCK_LEN) {
		const char *name = cipher_junos(kek->cipher);

		return cause_set(ret_cause, -EINVAL, CAUSE_KEK_CIPHER, name ? name : "unknown", kek->key.len,
				 kek->iv.len);
	}
	return 0;
}

int rekey_sa_new(struct rekey_sa **ret, const struct kek *kek, bool from_push, bool allow_sha1,
		 struct signature_checked *checked, struct ike_cause *ret_cause)
{
	_cleanup_(rekey_sa_freep) struct rekey_sa *sa = NULL;
	int r = kek_usable(kek, ret_cause);

	if (r < 0)
		return r;
	sa = calloc(1, sizeof(*sa));
	if (!sa) {
		return cause_set(ret_cause, -ENOMEM, CAUSE_MEMORY);
	}
	r = signature_key_new(&sa->key, kek, allow_sha1, checked, ret_cause);
	if (r < 0)
		return r;
	sa->kek = *kek;
	sa->allow_sha1 = allow_sha1;
	sa->any_seq = from_push;
	*ret = TAKE(sa);
	return 0;
}

static void accepted_clear(struct accepted_push *a)
{
	free(a->ack);
	*a = (struct accepted_push){ 0 };
}

void rekey_sa_free(struct rekey_sa *sa)
{
	if (!sa)
		return;
	for (size_t i = 0; i < sa->n_accepted; i++)
		accepted_clear(&sa->accepted[i]);
	signature_key_free(sa->key);
	explicit_bzero(sa, sizeof(*sa));
	free(sa);
}

const struct kek *rekey_sa_kek(const struct rekey_sa *sa)
{
	return &sa->kek;
}

bool rekey_sa_owns(const struct rekey_sa *sa, const uint8_t *data, size_t len)
{
	return len >= KEK_SPI_LEN && memcmp(data, sa->kek.spi, KEK_SPI_LEN) == 0;
}

void rekey_sa_set_gap_numbers(struct rekey_sa *sa, const struct gap_numbers *numbers)
{
	sa->gap_numbers = *numbers;
}

void rekey_sa_retire(struct rekey_sa *sa)
{
	sa->retired = true;
}

static int digest_of(const uint8_t *data, size_t len, uint8_t ret[static PUSH_DIGEST_LEN])
{
	uint8_t hash[CRYPTO_HASH_MAX];
	int r = crypto_hash(IKE_SHA256, &(struct chunk){ data, len }, 1, hash);

	if (r == 0)
		memcpy(ret, hash, PUSH_DIGEST_LEN);
	return r;
}

static bool find_accepted(const struct rekey_sa *sa, const uint8_t *digest, size_t *ret)
{
	for (size_t i = 0; i < sa->n_accepted; i++)
		if (memcmp(sa->accepted[i].digest, digest, PUSH_DIGEST_LEN) == 0) {
			*ret = i;
			return true;
		}
	return false;
}

/* RFC 6407 4.2 */
static int check_header(const struct rekey_sa *sa, const uint8_t *data, size_t len, struct isakmp_header *ret,
			struct ike_diag *diag)
{
	struct isakmp_header h;
	int r = isakmp_header_read(&h, data, len, diag);

	if (r < 0)
		return r;
	if (!rekey_sa_owns(sa, data, len))
		return diag_fail(diag, -EBADMSG, CAUSE_PUSH_COOKIES);
	if (h.exchange != EXCHANGE_GROUPKEY_PUSH)
		return diag_fail(diag, -EBADMSG, CAUSE_PUSH_EXCHANGE, h.exchange);
	if (h.flags != ISAKMP_FLAG_ENCRYPTION)
		return diag_fail(diag, -EBADMSG, CAUSE_PUSH_CLEAR);
	if (h.message_id != 0)
		return diag_fail(diag, -EBADMSG, CAUSE_PUSH_MESSAGE_ID, h.message_id);
	*ret = h;
	return 0;
}

static int check_seq(const struct rekey_sa *sa, uint32_t seq, struct ike_diag *diag)
{
	if (sa->any_seq || seq > sa->kek.seq)
		return 0;
	return diag_fail(diag, -EBADMSG, CAUSE_PUSH_SEQ, seq, sa->kek.seq);
}

/*
 * RFC 6407 4: the signature covers "rekey", the header and all payloads before SIG "before it has been encrypted".  The
 * header's length is that of the message without padding, or, by other servers, the one on the wire.
 */
static int check_signature(const struct rekey_sa *sa, const struct opened *o, const uint8_t *data, size_t len,
			   struct ike_diag *diag)
{
	const struct payload *sig = &o->payloads.list[o->payloads.n - 1];
	size_t covered = (size_t)((const uint8_t *)sig->raw.data - o->plain.data);
	size_t lengths[] = { ISAKMP_HEADER_LEN + covered + sig->raw.len, len };
	struct chunk signature = { sig->body.at, sig->body.left };
	uint8_t header[ISAKMP_HEADER_LEN];
	struct chunk parts[] = { { "rekey", 5 }, { header, sizeof(header) }, { o->plain.data, covered } };
	int r;

	memcpy(header, data, sizeof(header));
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		if (i > 0 && lengths[i] == lengths[0])
			break;
		header[HEADER_LENGTH_AT + 2] = (uint8_t)(lengths[i] >> 8);
		header[HEADER_LENGTH_AT + 3] = (uint8_t)lengths[i];
		r = signature_verify(sa->key, parts, ARRAY_SIZE(parts), signature);
		if (r != -EBADMSG)
			return r;
	}
	return diag_fail(diag, -EBADMSG, CAUSE_PUSH_SIGNATURE);
}

static bool same_signature_key(const struct rekey_sa *sa, const struct kek *said)
{
	_cleanup_(signature_key_freep) struct signature_key *key = NULL;
	struct ike_cause why;

	if (said->sig_algorithm == sa->kek.sig_algorithm && said->sig_hash == sa->kek.sig_hash &&
	    said->pubkey_len == sa->kek.pubkey_len && memcmp(said->pubkey, sa->kek.pubkey, said->pubkey_len) == 0)
		return true;
	return signature_key_new(&key, said, sa->allow_sha1, NULL, &why) == 0 && signature_key_equal(key, sa->key);
}

static bool same_kek(const struct rekey_sa *sa, const struct kek *said)
{
	const struct kek *held = &sa->kek;

	return memcmp(said->spi, held->spi, KEK_SPI_LEN) == 0 && said->cipher == held->cipher &&
	       secret_equal(&said->key, &held->key) && secret_equal(&said->iv, &held->iv) &&
	       same_signature_key(sa, said);
}

int rekey_sa_advance(struct rekey_sa *sa, const struct kek *kek)
{
	if (!same_kek(sa, kek))
		return -EINVAL;
	if (kek->seq > sa->kek.seq)
		sa->kek.seq = kek->seq;
	sa->kek.ack_type = kek->ack_type;
	sa->any_seq = false; /* the pull has said where the numbers are */
	sa->retired = false;
	return 0;
}

/* RFC 6407 4: a new KEK has a new cookie pair.  Under the same pair it is the one that is held, or an error. */
static int check_same_kek(const struct rekey_sa *sa, struct push *p, struct ike_diag *diag)
{
	const struct kek *held = &sa->kek;
	struct kek *said = &p->download.kek;

	if (!p->download.has_kek || memcmp(said->spi, held->spi, KEK_SPI_LEN) != 0)
		return 0;
	if (!same_kek(sa, said))
		return diag_fail(diag, -EBADMSG, CAUSE_PUSH_SAME_SPI);
	said->seq = p->seq;
	return 0;
}

/* Everything that may refuse; nothing of SA changes. */
static int judge_push(const struct rekey_sa *sa, const uint8_t *data, size_t len, struct push *p, struct ike_diag *diag)
{
	struct isakmp_header h;
	struct opened o;
	uint32_t seq;
	int r = check_header(sa, data, len, &h, diag);

	if (r < 0)
		return r;
	if (sa->retired)
		return diag_fail(diag, -EBADMSG, CAUSE_PUSH_KEK_GONE);
	r = message_open(&o, &h, data, len, &sa->kek.key, sa->kek.iv.data, diag);
	if (r < 0)
		return r;
	r = push_check_form(&o.payloads, diag);
	if (r == 0)
		r = gdoi_seq_read(&seq, o.payloads.list[0].body, diag);
	if (r == 0)
		r = check_seq(sa, seq, diag);
	if (r == 0)
		r = check_signature(sa, &o, data, len, diag);
	if (r == 0)
		r = push_read(p, &sa->kek, &sa->gap_numbers, &o.payloads, diag);
	if (r == 0)
		r = check_same_kek(sa, p, diag);
	opened_clear(&o);
	return r;
}

static void commit_push(struct rekey_sa *sa, const struct push *p, const uint8_t digest[static PUSH_DIGEST_LEN])
{
	const struct download *d = &p->download;
	bool same = d->has_kek && memcmp(d->kek.spi, sa->kek.spi, KEK_SPI_LEN) == 0;
	uint16_t ack_type = d->has_kek ? d->kek.ack_type : sa->kek.ack_type; /* RFC 8263 7.2: the latest SA KEK's */
	struct accepted_push *newest = &sa->accepted[0];

	if (sa->n_accepted == PUSH_ACCEPTED_KEPT)
		accepted_clear(&sa->accepted[--sa->n_accepted]);
	memmove(newest + 1, newest, sa->n_accepted * sizeof(*newest));
	*newest = (struct accepted_push){ .seq = p->seq, .ack_type = ack_type, .answered = ack_type == KEK_ACK_NONE };
	sa->latest = 0;
	memcpy(newest->digest, digest, PUSH_DIGEST_LEN);
	sa->n_accepted++;
	sa->kek.seq = p->seq;
	sa->any_seq = false;
	if (same)
		sa->kek.ack_type = ack_type;
	if (d->has_kek ? !same : p->delete_kek)
		sa->retired = true;
}

static enum push_verdict accept_or_refuse(struct rekey_sa *sa, const uint8_t *data, size_t len, const uint8_t *digest,
					  struct push *ret, struct ike_diag *diag)
{
	struct push *p = calloc(1, sizeof(*p));
	int r = p ? judge_push(sa, data, len, p, diag) : -ENOMEM;

	if (r == 0) {
		commit_push(sa, p, digest);
		*ret = *p;
	}
	if (p)
		push_wipe(p);
	free(p);
	if (r == 0)
		return PUSH_ACCEPTED;
	diag_note_cause(diag, IKE_NOTE_WARNING, NOTE_PUSH_REFUSED, r);
	return PUSH_REFUSED;
}

enum push_verdict rekey_sa_receive(struct rekey_sa *sa, const uint8_t *data, size_t len, struct push *ret,
				   struct ike_out *out)
{
	struct ike_diag diag = { .out = out };
	uint8_t digest[PUSH_DIGEST_LEN];
	const struct accepted_push *known;
	int r = digest_of(data, len, digest);

	if (r < 0) {
		diag_note_cause(&diag, IKE_NOTE_WARNING, NOTE_PUSH_REFUSED, r);
		return PUSH_REFUSED;
	}
	if (!find_accepted(sa, digest, &sa->latest))
		return accept_or_refuse(sa, data, len, digest, ret, &diag);
	known = &sa->accepted[sa->latest];
	if (known->ack)
		diag_note(&diag, IKE_NOTE_INFO, NOTE_PUSH_AGAIN_ACKNOWLEDGED, known->seq);
	else
		diag_note(&diag, IKE_NOTE_INFO, NOTE_PUSH_AGAIN, known->seq);
	if (known->ack && out_datagram_copy(out, known->ack, known->ack_len, 0, 0) < 0)
		diag_note(&diag, IKE_NOTE_WARNING, NOTE_ACK_NOT_RESENT);
	return known->answered ? PUSH_RETRANSMISSION : PUSH_UNACKNOWLEDGED;
}

int rekey_sa_acknowledge(struct rekey_sa *sa, uint32_t local, struct ike_out *out)
{
	struct ike_diag diag = { .out = out };
	struct accepted_push *a = &sa->accepted[sa->latest];
	int r;

	if (sa->n_accepted == 0)
		return -EINVAL;
	if (a->ack_type == KEK_ACK_NONE)
		return 0;
	if (!a->ack) {
		r = push_ack_make(&sa->kek, a->ack_type, local, a->seq, &a->ack, &a->ack_len);
		if (r == -EINVAL) {
			diag_note(&diag, IKE_NOTE_WARNING, NOTE_ACK_TYPE, a->seq, a->ack_type);
			a->answered = true;
			return 0;
		}
		if (r < 0)
			return r;
		a->answered = true;
	}
	return out_datagram_copy(out, a->ack, a->ack_len, 0, 0);
}
