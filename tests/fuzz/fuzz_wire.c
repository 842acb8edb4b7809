/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/gdoi_kd.h"
#include "ike/gdoi_sa.h"
#include "ike/gdoi_sat.h"
#include "ike/gdoi_seq.h"
#include "ike/ident.h"
#include "ike/phase1_sa.h"
#include "ike/signature.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

static const struct ike_proposal proposals[] = {
	{ IKE_SHA256, IKE_MODP2048, CIPHER_AES_CBC_128, 3600 },
	{ IKE_SHA256, IKE_MODP2048, CIPHER_AES_CBC_128, 86400 },
	{ IKE_SHA1, IKE_ECP256, CIPHER_AES_CBC_256, 60 },
};

/* What a download promises to those who take it. */
static void assert_download(const struct download *d)
{
	if (d->n_teks > DOWNLOAD_TEKS_MAX)
		abort();
	for (size_t i = 0; i < d->n_teks; i++)
		if (d->teks[i].key.len != cipher_esp_key_len(d->teks[i].cipher) ||
		    d->teks[i].auth_key.len != auth_key_len(d->teks[i].auth) || d->teks[i].spi < 256)
			abort();
	if (d->has_kek && (d->kek.key.len == 0 || d->kek.iv.len != 16 || d->kek.pubkey_len == 0))
		abort();
}

/* LENGTH (2), SA of that length, KD: read as a member does, and written again as a server does. */
static void download(struct reader in, uint8_t param, struct ike_diag *diag)
{
	static const struct gdoi_style style = { .server = 1, .member = 2 };
	static struct download d;
	struct isakmp_header h = { .exchange = EXCHANGE_GROUPKEY_PULL };
	size_t len = read_u16(&in);
	struct reader sa = read_sub(&in, len < in.left ? len : in.left);
	bool sak = false;
	struct message m;

	download_wipe(&d);
	if (gdoi_sa_read(&d, &sak, sa, param & 1, NULL, diag) < 0 || gdoi_kd_read(&d, sak, in, diag) < 0)
		return;
	assert_download(&d);
	message_begin(&m, &h);
	gdoi_sa_write(&m, &d, &style);
	gdoi_kd_write(&m, &d);
	message_clear(&m);
}

static void clear_payload(const struct payload *p, struct ike_diag *diag)
{
	struct phase1_choice choice;
	struct ike_proposal chosen;
	char text[IDENT_TEXT_MAX];
	struct octets body;
	struct delete d;
	struct ike_id id;
	struct notify n;
	uint32_t group;

	switch (p->type) {
	case PAYLOAD_SA:
		(void)!phase1_sa_answer(&chosen, p->body, IKE_DOI_GDOI, proposals, ARRAY_SIZE(proposals), diag);
		(void)!phase1_sa_answer(&chosen, p->body, IKE_DOI_IPSEC, proposals, ARRAY_SIZE(proposals), diag);
		(void)!phase1_sa_choose(&choice, p->body, proposals, ARRAY_SIZE(proposals), diag);
		break;
	case PAYLOAD_ID:
		(void)!group_read(&group, p->body, diag);
		if (octets_set(&body, p->body.at, p->body.left) == 0 && ident_read(&id, &body, diag) == 0)
			(void)ident_text(&id, text);
		break;
	case PAYLOAD_NOTIFY:
		(void)!notify_read(&n, p->body, diag);
		break;
	case PAYLOAD_DELETE:
		(void)!delete_read(&d, p->body, diag);
		break;
	default:
		break;
	}
}

/* A whole message, as if nothing of it were encrypted. */
static void message(const uint8_t *data, size_t len, struct ike_diag *diag)
{
	struct isakmp_header h;
	struct payloads payloads;

	if (isakmp_header_read(&h, data, len, diag) < 0)
		return;
	if (payloads_read(&payloads, h.next, reader_of(data + ISAKMP_HEADER_LEN, len - ISAKMP_HEADER_LEN), 15, diag) <
	    0)
		return;
	for (size_t i = 0; i < payloads.n; i++)
		clear_payload(&payloads.list[i], diag);
}

/* The decrypted payloads of a message, of which the first has type PARAM. */
static void plain(struct reader in, uint8_t param, struct ike_diag *diag)
{
	struct payloads payloads;
	uint32_t seq;

	if (payloads_read(&payloads, param, in, 15, diag) < 0)
		return;
	for (size_t i = 0; i < payloads.n; i++) {
		clear_payload(&payloads.list[i], diag);
		if (payloads.list[i].type == PAYLOAD_SEQ)
			(void)!gdoi_seq_read(&seq, payloads.list[i].body, diag);
	}
}

static void signature_key(const uint8_t *data, size_t len, uint8_t param)
{
	static struct kek kek;
	struct signature_key *key = NULL;
	struct ike_cause cause;

	kek = (struct kek){ .sig_algorithm = (enum sig_algorithm)(param % 7), .sig_hash = SIG_HASH_SHA256 };
	if (len > sizeof(kek.pubkey))
		return;
	memcpy(kek.pubkey, data, len);
	kek.pubkey_len = len;
	if (signature_key_new(&key, &kek, false, NULL, &cause) == 0)
		signature_key_free(key);
}

int fuzz_wire(const uint8_t *data, size_t len)
{
	static struct ike_out out;
	struct ike_diag diag = { .out = &out };

	if (len < 2)
		return 0;
	switch (data[0] % 4) {
	case 0:
		download(reader_of(data + 2, len - 2), data[1], &diag);
		break;
	case 1:
		message(data + 2, len - 2, &diag);
		break;
	case 2:
		plain(reader_of(data + 2, len - 2), data[1], &diag);
		break;
	case 3:
		signature_key(data + 2, len - 2, data[1]);
		break;
	}
	ike_out_clear(&out);
	return 0;
}
