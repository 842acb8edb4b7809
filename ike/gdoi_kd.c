/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading a KD payload: each key goes to the policies of its SPI, and what has no usable key is left out. */
#include "ike/gdoi_kd_types.h"

#include "ike/gdoi_refuse.h"
#include "ike/gdoi_sat.h"

#include <openssl/crypto.h>

struct reading {
	struct download *d;
	bool sak;
	struct reader kek_packet; /* the first one, from its SPI on; AT NULL: none yet */
	struct ike_diag *diag;
};

/* The attributes of a key packet, each at most once, types 1 to 3. */
#define PACKET_ATTRIBUTES 4
struct packet_attributes {
	struct attribute a[PACKET_ATTRIBUTES];
	bool present[PACKET_ATTRIBUTES];
	bool unknown;
};

/* WHAT names the packet in messages.  No message shows the value of an attribute: a value may be a key. */
static int read_packet_attributes(struct packet_attributes *ret, const char *what, struct reader r,
				  struct ike_diag *diag)
{
	struct packet_attributes p = { 0 };
	struct attribute a;
	int more;

	while ((more = attribute_next(&r, &a)) > 0) {
		if (a.type == 0 || a.type >= PACKET_ATTRIBUTES) {
			diag_note(diag, IKE_NOTE_WARNING, NOTE_PACKET_ATTRIBUTE, a.type, what, a.value.len);
			p.unknown = true;
			continue;
		}
		if (p.present[a.type])
			return diag_fail(diag, -EBADMSG, CAUSE_PACKET_ATTRIBUTE_TWICE, a.type, what);
		p.present[a.type] = true;
		p.a[a.type] = a;
	}
	if (more < 0)
		return diag_fail(diag, -EBADMSG, CAUSE_PACKET_ATTRIBUTES, what);
	*ret = p;
	return 0;
}

static struct tek *find_tek(struct download *d, uint32_t spi)
{
	for (size_t i = 0; i < d->n_teks; i++)
		if (d->teks[i].spi == spi)
			return &d->teks[i];
	return NULL;
}

/* All that have this SPI: N refusals, one for each policy. */
static void drop_teks(struct download *d, uint32_t spi)
{
	size_t kept = 0;

	for (size_t i = 0; i < d->n_teks; i++)
		if (d->teks[i].spi != spi)
			d->teks[kept++] = d->teks[i];
	explicit_bzero(&d->teks[kept], (d->n_teks - kept) * sizeof(d->teks[0]));
	d->n_teks = kept;
}

static void refuse_spi(struct reading *rd, enum refusal_reason reason, uint32_t spi, const struct ike_cause *cause)
{
	for (size_t i = 0; i < rd->d->n_teks; i++)
		if (rd->d->teks[i].spi == spi)
			gdoi_refuse(rd->d, reason, spi, &rd->d->teks[i].sel, cause, rd->diag);
	drop_teks(rd->d, spi);
}

static size_t attribute_len(const struct packet_attributes *p, int type)
{
	return p->present[type] ? p->a[type].value.len : 0;
}

static bool has_key(const struct packet_attributes *p, int type, const struct secret *key)
{
	return attribute_len(p, type) == key->len &&
	       (key->len == 0 || CRYPTO_memcmp(p->a[type].value.data, key->data, key->len) == 0);
}

/* Refuses the SPI when something is wrong with the keys of its packet; -EPROTONOSUPPORT then. */
static int judge_tek_keys(struct reading *rd, const struct tek *tek, const struct packet_attributes *p)
{
	size_t key_len = attribute_len(p, TEK_ALGORITHM_KEY), auth_len = attribute_len(p, TEK_INTEGRITY_KEY);
	enum refusal_reason reason = REFUSAL_NO_KEY;
	struct ike_cause cause;
	int r;

	if (p->unknown || p->present[TEK_SOURCE_AUTH_KEY]) {
		reason = REFUSAL_UNSUPPORTED_ALGORITHM;
		r = cause_set(&cause, -EPROTONOSUPPORT, CAUSE_TEK_KEY_USE);
	} else if (tek->key.len > 0) {
		r = cause_set(&cause, -EPROTONOSUPPORT, CAUSE_TEK_KEYS_DIFFER);
	} else if (key_len != cipher_esp_key_len(tek->cipher)) {
		r = cause_set(&cause, -EPROTONOSUPPORT, CAUSE_TEK_KEY, key_len, cipher_junos(tek->cipher),
			      cipher_esp_key_len(tek->cipher));
	} else if (auth_len != auth_key_len(tek->auth)) {
		r = cause_set(&cause, -EPROTONOSUPPORT, CAUSE_TEK_INTEGRITY_KEY, auth_len, auth_junos(tek->auth),
			      auth_key_len(tek->auth));
	} else {
		return 0;
	}
	refuse_spi(rd, reason, tek->spi, &cause);
	return r;
}

static int take_key(struct secret *ret, const struct packet_attributes *p, int type)
{
	return secret_set(ret, p->a[type].value.data, attribute_len(p, type));
}

/* All TEKs of one SPI are one SA: its key comes once, or once for each (gdoi-wire.md). */
static int take_keys(struct download *d, uint32_t spi, const struct packet_attributes *p)
{
	int r = 0;

	for (size_t i = 0; i < d->n_teks && r == 0; i++) {
		if (d->teks[i].spi != spi)
			continue;
		r = take_key(&d->teks[i].key, p, TEK_ALGORITHM_KEY);
		if (r == 0)
			r = take_key(&d->teks[i].auth_key, p, TEK_INTEGRITY_KEY);
	}
	return r;
}

static int read_tek(struct reading *rd, struct reader spi_octets, struct reader body)
{
	uint32_t spi = read_u32(&spi_octets);
	struct packet_attributes p;
	struct tek *tek;
	int r;

	if (spi_octets.failed || spi_octets.left > 0) {
		if (!gdoi_refused(rd->d, 0))
			return diag_fail(rd->diag, -EBADMSG, CAUSE_TEK_PACKET_SPI);
		diag_note(rd->diag, IKE_NOTE_DEBUG, NOTE_PACKET_OF_OTHER_SPI);
		return 0;
	}
	tek = find_tek(rd->d, spi);
	/*
	 * A key packet of an SA TEK payload that was left out follows the rules of that payload's protocol, which are
	 * not known here.
	 */
	if (!tek && gdoi_refused(rd->d, spi))
		return 0;
	r = read_packet_attributes(&p, "TEK", body, rd->diag);
	if (r < 0)
		return r;
	if (!tek) {
		gdoi_refuse(rd->d, REFUSAL_NO_KEY, spi, NULL, &(struct ike_cause){ .id = CAUSE_TEK_KEY_ALONE },
			    rd->diag);
		return 0;
	}
	if (tek->key.len > 0 && !p.unknown && !p.present[TEK_SOURCE_AUTH_KEY] &&
	    has_key(&p, TEK_ALGORITHM_KEY, &tek->key) && has_key(&p, TEK_INTEGRITY_KEY, &tek->auth_key)) {
		diag_note(rd->diag, IKE_NOTE_DEBUG, NOTE_PACKET_AGAIN, spi);
		return 0;
	}
	return judge_tek_keys(rd, tek, &p) < 0 ? 0 : take_keys(rd->d, spi, &p);
}

/* At most one may come (RFC 6407 5.6.2).  The same again says nothing else; of two others none can be chosen. */
static int read_kek_again(const struct reading *rd, struct reader spi, struct reader body)
{
	const struct reader *first = &rd->kek_packet;
	size_t len = spi.left + body.left;

	if (first->left == len && CRYPTO_memcmp(first->at, spi.at, len) == 0)
		return 0;
	return diag_fail(rd->diag, -EBADMSG, CAUSE_KEK_PACKET_TWICE);
}

static int read_kek(struct reading *rd, struct reader spi, struct reader body)
{
	struct kek *kek = &rd->d->kek;
	struct packet_attributes p;
	struct chunk key, sig;
	int r;

	if (rd->kek_packet.at)
		return read_kek_again(rd, spi, body);
	rd->kek_packet = (struct reader){ .at = spi.at, .left = spi.left + body.left };
	if (spi.left != KEK_SPI_LEN)
		return diag_fail(rd->diag, -EBADMSG, CAUSE_KEK_PACKET_SPI, spi.left);
	r = read_packet_attributes(&p, "KEK", body, rd->diag);
	if (r < 0)
		return r;
	if (!rd->sak || memcmp(kek->spi, spi.at, KEK_SPI_LEN) != 0) {
		diag_note(rd->diag, IKE_NOTE_WARNING, NOTE_KEK_WITHOUT_POLICY);
		return 0;
	}
	key = p.a[KEK_ALGORITHM_KEY].value;
	sig = p.a[SIG_ALGORITHM_KEY].value;
	if (key.len != CRYPTO_BLOCK_LEN + cipher_key_len(kek->cipher)) /* 5.6.2.1: an IV comes first */
		return diag_fail(rd->diag, -EBADMSG, CAUSE_KEK_LENGTH, key.len, cipher_junos(kek->cipher),
				 CRYPTO_BLOCK_LEN + cipher_key_len(kek->cipher));
	if (sig.len > sizeof(kek->pubkey))
		return diag_fail(rd->diag, -EBADMSG, CAUSE_SIGNATURE_KEY_LENGTH, sig.len, sizeof(kek->pubkey));
	if (p.unknown || sig.len == 0) {
		diag_note(rd->diag, IKE_NOTE_WARNING, NOTE_KEK_WITHOUT_SIGNATURE_KEY);
		return 0;
	}
	r = secret_set(&kek->iv, key.data, CRYPTO_BLOCK_LEN);
	if (r == 0)
		r = secret_set(&kek->key, (const uint8_t *)key.data + CRYPTO_BLOCK_LEN, key.len - CRYPTO_BLOCK_LEN);
	if (r < 0)
		return r;
	memcpy(kek->pubkey, sig.data, sig.len);
	kek->pubkey_len = sig.len;
	rd->d->has_kek = true;
	return 0;
}

static int take_sid_bits(struct download *d, uint32_t bits, struct ike_diag *diag)
{
	if (bits == 0 || bits > SID_BITS_MAX)
		return diag_fail(diag, -EBADMSG, CAUSE_SID_BITS, bits, SID_BITS_MAX);
	if (d->sender_id_bits > 0 && d->sender_id_bits != bits) /* each id of an SA has the same (RFC 6054 3) */
		return diag_fail(diag, -EBADMSG, CAUSE_SID_WIDTHS, d->sender_id_bits, bits);
	d->sender_id_bits = (uint16_t)bits;
	return 0;
}

static void take_sid(struct download *d, uint32_t value, struct ike_diag *diag)
{
	for (size_t i = 0; i < d->n_sender_ids; i++)
		if (d->sender_ids[i] == value)
			return;
	if (d->n_sender_ids == SENDER_IDS_MAX)
		diag_note(diag, IKE_NOTE_INFO, NOTE_SIDS_TOO_MANY, SENDER_IDS_MAX);
	else
		d->sender_ids[d->n_sender_ids++] = value;
}

/* The width may stand behind the values, so the values are held against it at the end. */
static int read_sid(struct reading *rd, struct reader spi, struct reader body)
{
	struct download *d = rd->d;
	struct attribute a;
	uint32_t v;
	int more, r = 0;

	if (spi.left != 0)
		return diag_fail(rd->diag, -EBADMSG, CAUSE_SID_SPI);
	while (r == 0 && (more = attribute_next(&body, &a)) > 0) {
		if (a.type != NUMBER_OF_SID_BITS && a.type != SID_VALUE)
			diag_note(rd->diag, IKE_NOTE_WARNING, NOTE_PACKET_ATTRIBUTE, a.type, "SID", a.value.len);
		else if (attribute_u32(&a, &v) < 0)
			r = diag_fail(rd->diag, -EBADMSG, CAUSE_SID_ATTRIBUTE, a.type, a.value.len);
		else if (a.type == NUMBER_OF_SID_BITS)
			r = take_sid_bits(d, v, rd->diag);
		else
			take_sid(d, v, rd->diag);
	}
	if (r < 0)
		return r;
	if (more < 0)
		return diag_fail(rd->diag, -EBADMSG, CAUSE_PACKET_ATTRIBUTES, "SID");
	if (d->sender_id_bits == 0 || d->n_sender_ids == 0)
		return diag_fail(rd->diag, -EBADMSG, CAUSE_SID_INCOMPLETE);
	for (size_t i = 0; i < d->n_sender_ids; i++)
		if ((uint64_t)d->sender_ids[i] >> d->sender_id_bits != 0)
			return diag_fail(rd->diag, -EBADMSG, CAUSE_SID_VALUE, d->sender_id_bits);
	return 0;
}

static const char *packet_name(uint8_t type)
{
	static const char *const names[] = { [KD_TEK] = "TEK", [KD_KEK] = "KEK", [KD_LKH] = "LKH", [KD_SID] = "SID" };

	return type < ARRAY_SIZE(names) && names[type] ? names[type] : "unknown";
}

static int read_packet(struct reading *rd, struct reader *body)
{
	uint8_t type = read_u8(body), spi_size;
	struct reader packet, spi;
	uint16_t len;

	(void)read_u8(body); /* RESERVED */
	len = read_u16(body);
	spi_size = read_u8(body);
	packet = len >= KD_PACKET_HEADER_LEN ? read_sub(body, (size_t)len - KD_PACKET_HEADER_LEN)
					     : (struct reader){ .failed = true };
	spi = read_sub(&packet, spi_size);
	if (packet.failed)
		return diag_fail(rd->diag, -EBADMSG, CAUSE_PACKET_LENGTH, packet_name(type), type, len);
	switch (type) {
	case KD_TEK:
		return read_tek(rd, spi, packet);
	case KD_KEK:
		return read_kek(rd, spi, packet);
	case KD_LKH:
		return diag_fail(rd->diag, -EPROTONOSUPPORT, CAUSE_LKH);
	case KD_SID:
		return read_sid(rd, spi, packet);
	default:
		diag_note(rd->diag, IKE_NOTE_WARNING, NOTE_PACKET_TYPE, type);
		return 0;
	}
}

int gdoi_kd_read(struct download *d, bool sak, struct reader body, struct ike_diag *diag)
{
	struct reading rd = { .d = d, .sak = sak, .diag = diag };
	uint16_t n = read_u16(&body);
	int r;

	(void)read_u16(&body); /* RESERVED2 */
	for (uint16_t i = 0; i < n; i++) {
		r = read_packet(&rd, &body);
		if (r < 0)
			return r;
	}
	if (body.failed || body.left > 0)
		return diag_fail(diag, -EBADMSG, CAUSE_KD_COUNT, n);
	for (size_t i = d->n_teks; i-- > 0;) {
		if (d->teks[i].key.len > 0)
			continue;
		refuse_spi(&rd, REFUSAL_NO_KEY, d->teks[i].spi, &(struct ike_cause){ .id = CAUSE_TEK_POLICY_ALONE });
		i = d->n_teks;
	}
	if (sak && !d->has_kek) {
		struct kek unusable = { 0 };

		diag_note(diag, IKE_NOTE_WARNING, NOTE_KEK_WITHOUT_KEY);
		memcpy(unusable.spi, d->kek.spi, sizeof(unusable.spi));
		d->kek = unusable;
		d->kek_missing = true;
	}
	return 0;
}
