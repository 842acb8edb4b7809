/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/gdoi_sak.h"

#include "ike/crypto.h"

#define RESERVED2_LEN 4
#define UDP 17

enum { /* RFC 6407 5.3, RFC 8263 2 */
       KEK_MANAGEMENT_ALGORITHM = 1,
       KEK_ALGORITHM = 2,
       KEK_KEY_LENGTH = 3,
       KEK_KEY_LIFETIME = 4,
       SIG_HASH_ALGORITHM = 5,
       SIG_ALGORITHM = 6,
       SIG_KEY_LENGTH = 7,
       KEK_ACK_REQUESTED = 9,
       KEK_ATTRIBUTES = 10,
       KEK_MANAGEMENT_LKH = 1,
       KEK_ALG_AES = 3,
};

struct sak_attributes {
	uint32_t value[KEK_ATTRIBUTES];
	bool present[KEK_ATTRIBUTES];
};

static int read_attributes(struct sak_attributes *ret, struct reader *r, struct ike_diag *diag)
{
	char text[ATTRIBUTE_TEXT_MAX];
	struct attribute a;
	int more;

	while ((more = attribute_next(r, &a)) > 0) {
		if (a.type == 0 || a.type >= KEK_ATTRIBUTES || a.type == 8)
			return diag_fail(diag, -EPROTONOSUPPORT, CAUSE_SAK_ATTRIBUTE, a.type, attribute_text(&a, text));
		if (ret->present[a.type])
			return diag_fail(diag, -EBADMSG, CAUSE_SAK_TWICE, a.type, ret->value[a.type],
					 attribute_text(&a, text));
		if (attribute_u32(&a, &ret->value[a.type]) < 0)
			return diag_fail(diag, -EBADMSG, CAUSE_SAK_NUMBER, a.type, attribute_text(&a, text));
		ret->present[a.type] = true;
	}
	return more < 0 ? diag_fail(diag, -EBADMSG, CAUSE_SAK_LENGTH) : 0;
}

static int take_cipher(struct kek *k, const struct sak_attributes *a, struct ike_diag *diag)
{
	if (!a->present[KEK_ALGORITHM])
		return diag_fail(diag, -EBADMSG, CAUSE_SAK_NO_ALGORITHM);
	if (a->value[KEK_ALGORITHM] != KEK_ALG_AES)
		return diag_fail(diag, -EPROTONOSUPPORT, CAUSE_SAK_ALGORITHM, a->value[KEK_ALGORITHM],
				 kek_algorithm_name(a->value[KEK_ALGORITHM]));
	if (!a->present[KEK_KEY_LENGTH])
		return diag_fail(diag, -EBADMSG, CAUSE_SAK_NO_KEY_LENGTH);
	k->cipher = cipher_cbc(a->value[KEK_KEY_LENGTH]);
	if (k->cipher == CIPHER_NONE)
		return diag_fail(diag, -EPROTONOSUPPORT, CAUSE_SAK_KEY_LENGTH, a->value[KEK_KEY_LENGTH]);
	return 0;
}

static int take_signature(struct kek *k, const struct sak_attributes *a, struct ike_diag *diag)
{
	uint32_t algorithm = a->value[SIG_ALGORITHM], hash = a->value[SIG_HASH_ALGORITHM];
	const struct sig_info *sig = sig_info((enum sig_algorithm)algorithm);

	if (!a->present[SIG_ALGORITHM])
		return diag_fail(diag, -EBADMSG, CAUSE_SAK_NO_SIG_ALGORITHM);
	if (!sig)
		return diag_fail(diag, -EPROTONOSUPPORT, CAUSE_SAK_SIG_ALGORITHM, algorithm,
				 sig_algorithm_name(algorithm));
	k->sig_algorithm = sig->id;
	k->sig_hash = sig->implied;
	if (k->sig_hash != 0)
		return 0;
	if (!a->present[SIG_HASH_ALGORITHM])
		return diag_fail(diag, -EBADMSG, CAUSE_SAK_NO_SIG_HASH);
	if (!sig_hash_info((enum sig_hash)hash))
		return diag_fail(diag, -EPROTONOSUPPORT, CAUSE_SAK_SIG_HASH, hash, sig_hash_name(hash));
	k->sig_hash = (enum sig_hash)hash;
	return 0;
}

static int take_management(const struct sak_attributes *a, bool push, struct ike_diag *diag)
{
	uint32_t v = a->value[KEK_MANAGEMENT_ALGORITHM];
	const char *name = v == KEK_MANAGEMENT_LKH ? " (LKH)" : "";

	if (!a->present[KEK_MANAGEMENT_ALGORITHM])
		return 0;
	if (push)
		return diag_fail(diag, -EPROTONOSUPPORT, CAUSE_SAK_MANAGEMENT, v, name);
	diag_note(diag, IKE_NOTE_WARNING, NOTE_KEK_MANAGEMENT, v, name);
	return 0;
}

int gdoi_sak_read(struct kek *ret, struct reader body, bool push, struct ike_diag *diag)
{
	struct sak_attributes attributes = { 0 };
	struct kek k = { 0 };
	struct gdoi_ids ids;
	const uint8_t *spi;
	int r = gdoi_ids_read(&ids, "SA KEK", &body, KEK_SPI_LEN + RESERVED2_LEN, diag);

	if (r < 0)
		return r;
	spi = read_bytes(&body, KEK_SPI_LEN);
	(void)read_u32(&body); /* RESERVED2: in RFC 3547 the POP algorithm and its key length, any value occurs */
	if (!spi)
		return diag_fail(diag, -EBADMSG, CAUSE_SAK_SHORT);
	memcpy(k.spi, spi, KEK_SPI_LEN);
	k.port = ids.dst.port != 0 ? ids.dst.port : GDOI_PORT;
	r = read_attributes(&attributes, &body, diag);
	if (r == 0)
		r = take_management(&attributes, push, diag);
	if (r == 0)
		r = take_cipher(&k, &attributes, diag);
	if (r == 0)
		r = take_signature(&k, &attributes, diag);
	if (r < 0)
		return r;
	k.sig_key_bits = attributes.value[SIG_KEY_LENGTH];
	k.life_seconds = attributes.value[KEK_KEY_LIFETIME];
	k.ack_type = attributes.value[KEK_ACK_REQUESTED] <= UINT16_MAX ? (uint16_t)attributes.value[KEK_ACK_REQUESTED]
								       : UINT16_MAX;
	*ret = k;
	return 0;
}

void gdoi_sak_write(struct writer *w, struct chain *c, const struct kek *kek, const struct gdoi_style *style)
{
	chain_begin(c, w, PAYLOAD_SAK);
	write_u8(w, UDP);
	gdoi_id_write(w, &(struct ip_prefix){ style->server, 32 }, kek->port, style->id_length_2);
	gdoi_id_write(w, &(struct ip_prefix){ style->member, 32 }, kek->port, style->id_length_2);
	write_bytes(w, kek->spi, KEK_SPI_LEN);
	write_zeros(w, RESERVED2_LEN);
	write_attribute_basic(w, KEK_ALGORITHM, KEK_ALG_AES);
	write_attribute_basic(w, KEK_KEY_LENGTH, (uint16_t)(cipher_key_len(kek->cipher) * 8));
	if (kek->life_seconds > 0)
		write_attribute_u32(w, KEK_KEY_LIFETIME, kek->life_seconds);
	write_attribute_basic(w, SIG_HASH_ALGORITHM, (uint16_t)kek->sig_hash);
	write_attribute_basic(w, SIG_ALGORITHM, (uint16_t)kek->sig_algorithm);
	if (kek->ack_type != 0)
		write_attribute_basic(w, KEK_ACK_REQUESTED, kek->ack_type);
	chain_end(c, w);
}
