/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/gdoi_sat.h"

#include "ike/crypto.h"
#include "ike/gdoi_refuse.h"

#define PROTO_IPSEC_ESP 1
#define PROTO_IPSEC_AH 2
#define SPI_LEN 4
#define LIFE_DEFAULT 28800 /* RFC 2407 4.5 */

enum { /* RFC 2407 4.5; 14 and 15 are those of RFC 6407 5.5.1.1 */
       ATTR_LIFE_TYPE = 1,
       ATTR_LIFE_DURATION = 2,
       ATTR_GROUP_DESCRIPTION = 3,
       ATTR_ENCAPSULATION_MODE = 4,
       ATTR_AUTHENTICATION = 5,
       ATTR_KEY_LENGTH = 6,
       ATTR_ADDRESS_PRESERVATION = 14,
       ATTR_SA_DIRECTION = 15,
       ATTR_KNOWN = 16,
       LIFE_SECONDS = 1,
       LIFE_KILOBYTES = 2,
       MODE_TUNNEL = 1,
       MODE_TRANSPORT = 2,
};

/* A SAT as it is read: the attributes that came, before they are judged. */
struct sat {
	struct gdoi_ids ids;
	uint8_t transform;
	uint32_t spi;
	uint32_t value[ATTR_KNOWN];
	bool present[ATTR_KNOWN];
	uint32_t life_type, seconds, kilobytes;
	bool has_seconds, has_kilobytes;
	bool has_selector; /* the identities are one that a policy can have */
	/* Why it cannot be honoured, when it cannot: the first reason stands. */
	enum refusal_reason reason;
	struct ike_cause cause;
};

#define reject(s, why, id, ...)                                                                                        \
	((s)->reason == 0 ? (void)((s)->reason = (why), cause_set(&(s)->cause, 0, id, ##__VA_ARGS__)) : (void)0)

/* Duration after its type (RFC 2407 4.5); several pairs may come as long as they do not conflict (4.5.2). */
static void take_duration(struct sat *s, uint32_t v)
{
	bool *has = s->life_type == LIFE_SECONDS ? &s->has_seconds : &s->has_kilobytes;
	uint32_t *life = s->life_type == LIFE_SECONDS ? &s->seconds : &s->kilobytes;

	if (s->life_type != LIFE_SECONDS && s->life_type != LIFE_KILOBYTES)
		reject(s, REFUSAL_UNSUPPORTED_ATTRIBUTE, CAUSE_TEK_LIFE_TYPE, v, s->life_type);
	else if (*has && *life != v)
		reject(s, REFUSAL_UNSUPPORTED_ATTRIBUTE, CAUSE_TEK_LIVES, *life, v,
		       s->life_type == LIFE_SECONDS ? "seconds" : "kilobytes");
	else
		*has = true;
	*life = v;
	s->life_type = 0;
}

static void take_attribute(struct sat *s, const struct attribute *a)
{
	char text[ATTRIBUTE_TEXT_MAX];
	uint32_t v;

	if (attribute_u32(a, &v) < 0) {
		/* A life longer than 32 bits can say is as good as the longest. */
		if (a->type != ATTR_LIFE_DURATION) {
			reject(s, REFUSAL_UNSUPPORTED_ATTRIBUTE, CAUSE_TEK_ATTRIBUTE_NUMBER, a->type,
			       attribute_text(a, text));
			return;
		}
		v = UINT32_MAX;
	}
	switch (a->type) {
	case ATTR_LIFE_TYPE:
		if (s->life_type != 0)
			reject(s, REFUSAL_UNSUPPORTED_ATTRIBUTE, CAUSE_TEK_LIFE_TYPE_ALONE, s->life_type);
		s->life_type = v;
		break;
	case ATTR_LIFE_DURATION:
		take_duration(s, v);
		break;
	case ATTR_GROUP_DESCRIPTION: /* RFC 6407 5.5.1: ignored */
		break;
	case ATTR_ENCAPSULATION_MODE:
	case ATTR_AUTHENTICATION:
	case ATTR_KEY_LENGTH:
	case ATTR_ADDRESS_PRESERVATION:
	case ATTR_SA_DIRECTION:
		if (s->present[a->type] && s->value[a->type] != v)
			reject(s, REFUSAL_UNSUPPORTED_ATTRIBUTE, CAUSE_TEK_ATTRIBUTE_TWICE, a->type, s->value[a->type],
			       v);
		s->present[a->type] = true;
		s->value[a->type] = v;
		break;
	default:
		reject(s, REFUSAL_UNSUPPORTED_ATTRIBUTE, CAUSE_TEK_ATTRIBUTE, a->type, v);
		break;
	}
}

static int read_esp(struct sat *s, struct reader *body, struct ike_diag *diag)
{
	struct attribute a;
	int r = gdoi_ids_read(&s->ids, "SA TEK", body, 1 + SPI_LEN, diag);

	if (r < 0)
		return r;
	s->transform = read_u8(body);
	s->spi = read_u32(body);
	while ((r = attribute_next(body, &a)) > 0)
		take_attribute(s, &a);
	if (r < 0 || body->failed)
		return diag_fail(diag, -EBADMSG, CAUSE_SAT_LENGTH);
	if (s->life_type != 0)
		reject(s, REFUSAL_UNSUPPORTED_ATTRIBUTE, CAUSE_TEK_LIFE_TYPE_ALONE, s->life_type);
	return 0;
}

static void judge_algorithms(struct sat *s, struct tek *tek)
{
	uint32_t bits = s->value[ATTR_KEY_LENGTH], auth = s->value[ATTR_AUTHENTICATION];

	if (!cipher_esp_known(s->transform)) {
		reject(s, REFUSAL_UNSUPPORTED_ALGORITHM, CAUSE_TEK_TRANSFORM, s->transform,
		       esp_transform_name(s->transform));
		return;
	}
	tek->cipher = cipher_esp(s->transform, bits);
	tek->auth = auth_of_wire(auth);
	if (tek->cipher == CIPHER_NONE)
		reject(s, REFUSAL_UNSUPPORTED_ALGORITHM, CAUSE_TEK_KEY_LENGTH, bits);
	else if (cipher_info(tek->cipher)->icv_bits > 0 && auth != 0)
		reject(s, REFUSAL_UNSUPPORTED_ALGORITHM, CAUSE_TEK_GCM_AUTH, cipher_junos(tek->cipher), auth);
	else if (cipher_info(tek->cipher)->icv_bits == 0 && tek->auth == AUTH_NONE)
		reject(s, REFUSAL_UNSUPPORTED_ALGORITHM, CAUSE_TEK_AUTH, auth, esp_auth_name(auth));
}

/* RFC 6407 5.5.1.1: reserved 0 is taken for absent, because it occurs. */
static void judge_group_attributes(struct sat *s, struct tek *tek, struct ike_diag *diag)
{
	static const enum address_preservation preserve[] = { PRESERVE_BOTH, PRESERVE_NONE, PRESERVE_SOURCE_ONLY,
							      PRESERVE_DESTINATION_ONLY, PRESERVE_BOTH };
	static const enum sa_direction direction[] = { SA_SYMMETRIC, SA_SENDER_ONLY, SA_RECEIVER_ONLY, SA_SYMMETRIC };
	uint32_t p = s->value[ATTR_ADDRESS_PRESERVATION], d = s->value[ATTR_SA_DIRECTION];
	uint32_t mode = s->value[ATTR_ENCAPSULATION_MODE];

	if (s->present[ATTR_ADDRESS_PRESERVATION] && p == 0)
		diag_note(diag, IKE_NOTE_INFO, NOTE_PRESERVATION_0);
	if (s->present[ATTR_SA_DIRECTION] && d == 0)
		diag_note(diag, IKE_NOTE_INFO, NOTE_DIRECTION_0);
	if (p >= ARRAY_SIZE(preserve))
		reject(s, REFUSAL_UNSUPPORTED_ATTRIBUTE, CAUSE_TEK_PRESERVATION, p);
	else
		tek->preserve = preserve[p];
	if (d >= ARRAY_SIZE(direction))
		reject(s, REFUSAL_UNSUPPORTED_ATTRIBUTE, CAUSE_TEK_DIRECTION, d);
	else
		tek->direction = direction[d];
	if (mode > MODE_TRANSPORT)
		reject(s, REFUSAL_UNSUPPORTED_ATTRIBUTE, CAUSE_TEK_MODE, mode);
	tek->tunnel = mode != MODE_TRANSPORT;
}

static struct port_range port_range(uint16_t port)
{
	return port == 0 ? (struct port_range){ 0, UINT16_MAX } : (struct port_range){ port, port };
}

static void reject_for(struct sat *s, enum refusal_reason reason, const struct ike_cause *cause)
{
	if (s->reason != 0)
		return;
	s->reason = reason;
	s->cause = *cause;
}

static void judge_selector(struct sat *s, struct tek *tek, struct ike_diag *diag)
{
	struct ike_cause cause;
	bool src = gdoi_id_prefix(&tek->sel.src, &s->ids.src, "source", &cause) == 0, dst;

	if (!src)
		reject_for(s, REFUSAL_UNSUPPORTED_SELECTOR, &cause);
	dst = gdoi_id_prefix(&tek->sel.dst, &s->ids.dst, "destination", &cause) == 0;
	if (!dst)
		reject_for(s, REFUSAL_UNSUPPORTED_SELECTOR, &cause);
	s->has_selector = src && dst;
	tek->sel.protocol = s->ids.protocol;
	tek->sel.sport = port_range(s->ids.src.port);
	tek->sel.dport = port_range(s->ids.dst.port);
	if (s->ids.protocol == 0 && (s->ids.src.port != 0 || s->ids.dst.port != 0))
		diag_note(diag, IKE_NOTE_INFO, NOTE_PORTS_WITHOUT_PROTOCOL, s->spi, s->ids.src.port, s->ids.dst.port);
}

static void judge_spi(struct sat *s, const struct download *d)
{
	if (s->spi < ESP_SPI_MIN)
		reject(s, REFUSAL_UNSUPPORTED_SELECTOR, CAUSE_TEK_SPI, s->spi);
	if (d->n_teks == DOWNLOAD_TEKS_MAX)
		reject(s, REFUSAL_UNSUPPORTED_ATTRIBUTE, CAUSE_TEKS_TOO_MANY, DOWNLOAD_TEKS_MAX);
}

int gdoi_sat_read(struct download *d, struct reader body, struct ike_diag *diag)
{
	uint8_t protocol = read_u8(&body);
	struct sat s = { 0 };
	struct tek tek = { 0 };
	int r;

	if (body.failed)
		return diag_fail(diag, -EBADMSG, CAUSE_SAT_EMPTY);
	if (protocol != PROTO_IPSEC_ESP) {
		reject(&s, REFUSAL_UNSUPPORTED_PROTOCOL, CAUSE_TEK_PROTOCOL, protocol,
		       protocol == PROTO_IPSEC_AH ? " (AH)" : "");
		gdoi_refuse(d, s.reason, 0, NULL, &s.cause, diag);
		return 0;
	}
	r = read_esp(&s, &body, diag);
	if (r < 0)
		return r;
	judge_spi(&s, d);
	judge_algorithms(&s, &tek);
	judge_group_attributes(&s, &tek, diag);
	judge_selector(&s, &tek, diag);
	if (s.has_seconds && s.seconds == 0)
		reject(&s, REFUSAL_UNSUPPORTED_ATTRIBUTE, CAUSE_TEK_LIFE_ENDED);
	if (s.reason != 0) {
		gdoi_refuse(d, s.reason, s.spi, s.has_selector ? &tek.sel : NULL, &s.cause, diag);
		return 0;
	}
	tek.spi = s.spi;
	tek.life_seconds = s.has_seconds ? s.seconds : LIFE_DEFAULT;
	tek.life_kilobytes = s.kilobytes;
	d->teks[d->n_teks++] = tek;
	return 0;
}

/* The port that says this range, when one can. */
static uint16_t wire_port(struct writer *w, const struct port_range *range)
{
	if (range->min == 0 && range->max == UINT16_MAX)
		return 0;
	if (range->min != range->max || range->min == 0)
		w->err = -EINVAL;
	return range->min;
}

static void write_attributes(struct writer *w, const struct tek *tek)
{
	static const uint16_t preserve[] = {
		[PRESERVE_BOTH] = 4, [PRESERVE_NONE] = 1, [PRESERVE_SOURCE_ONLY] = 2, [PRESERVE_DESTINATION_ONLY] = 3
	};

	write_attribute_basic(w, ATTR_LIFE_TYPE, LIFE_SECONDS);
	write_attribute_u32(w, ATTR_LIFE_DURATION, tek->life_seconds);
	if (tek->life_kilobytes > 0) {
		write_attribute_basic(w, ATTR_LIFE_TYPE, LIFE_KILOBYTES);
		write_attribute_u32(w, ATTR_LIFE_DURATION, tek->life_kilobytes);
	}
	write_attribute_basic(w, ATTR_ENCAPSULATION_MODE, tek->tunnel ? MODE_TUNNEL : MODE_TRANSPORT);
	if (tek->auth != AUTH_NONE)
		write_attribute_basic(w, ATTR_AUTHENTICATION, auth_info(tek->auth)->wire);
	write_attribute_basic(w, ATTR_KEY_LENGTH, (uint16_t)(cipher_key_len(tek->cipher) * 8));
	write_attribute_basic(w, ATTR_ADDRESS_PRESERVATION, preserve[tek->preserve]);
	if (tek->direction != SA_SYMMETRIC)
		write_attribute_basic(w, ATTR_SA_DIRECTION, (uint16_t)tek->direction);
}

void gdoi_sat_write(struct writer *w, struct chain *c, const struct tek *tek, const struct gdoi_style *style)
{
	const struct cipher_info *cipher = cipher_info(tek->cipher);
	uint16_t sport = wire_port(w, &tek->sel.sport), dport = wire_port(w, &tek->sel.dport);

	if (!cipher)
		w->err = -EINVAL;
	chain_begin(c, w, PAYLOAD_SAT);
	write_u8(w, PROTO_IPSEC_ESP);
	write_u8(w, tek->sel.protocol);
	gdoi_id_write(w, &tek->sel.src, sport, style->id_length_2);
	gdoi_id_write(w, &tek->sel.dst, dport, style->id_length_2);
	write_u8(w, cipher ? cipher->esp_transform : 0);
	write_u32(w, tek->spi);
	write_attributes(w, tek);
	chain_end(c, w);
}
