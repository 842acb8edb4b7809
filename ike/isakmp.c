/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/isakmp.h"

#include <inttypes.h>
#include <stdio.h>

#define ISAKMP_VERSION 0x10
#define GENERIC_HEADER_LEN 4
#define HEADER_LENGTH_AT 24
#define ATTRIBUTE_AF 0x8000

int isakmp_header_read(struct isakmp_header *ret, const uint8_t *data, size_t len, struct ike_diag *diag)
{
	struct reader r = reader_of(data, len);
	struct isakmp_header h;
	const uint8_t *cookies = read_bytes(&r, sizeof(h.cookie_i) + sizeof(h.cookie_r));
	uint8_t version;
	uint32_t length;

	h.next = read_u8(&r);
	version = read_u8(&r);
	h.exchange = read_u8(&r);
	h.flags = read_u8(&r);
	h.message_id = read_u32(&r);
	length = read_u32(&r);
	if (r.failed || !cookies)
		return diag_fail(diag, -EBADMSG, CAUSE_DATAGRAM_SHORT, len);
	if (version != ISAKMP_VERSION)
		return diag_fail(diag, -EBADMSG, CAUSE_VERSION, version);
	/* No HASH covers the flags; commit has no use in GDOI (RFC 6407 3.2.1), authentication only is never asked for.
	 */
	if (h.flags & ~ISAKMP_FLAG_ENCRYPTION)
		return diag_fail(diag, -EBADMSG, CAUSE_FLAGS, h.flags);
	if (length != len)
		return diag_fail(diag, -EBADMSG, CAUSE_LENGTH, length, len);
	memcpy(h.cookie_i, cookies, sizeof(h.cookie_i));
	memcpy(h.cookie_r, cookies + sizeof(h.cookie_i), sizeof(h.cookie_r));
	*ret = h;
	return 0;
}

void isakmp_header_write(struct writer *w, const struct isakmp_header *h)
{
	write_bytes(w, h->cookie_i, sizeof(h->cookie_i));
	write_bytes(w, h->cookie_r, sizeof(h->cookie_r));
	write_u8(w, h->next);
	write_u8(w, ISAKMP_VERSION);
	write_u8(w, h->exchange);
	write_u8(w, h->flags);
	write_u32(w, h->message_id);
	write_u32(w, ISAKMP_HEADER_LEN);
}

void isakmp_header_length(struct writer *w)
{
	write_u32_at(w, HEADER_LENGTH_AT, (uint32_t)w->len);
}

int payload_next(struct payload_walk *walk, struct payload *ret, struct ike_diag *diag)
{
	const uint8_t *raw = walk->rest.at;
	uint8_t type = walk->next, next, reserved;
	uint16_t len;

	if (type == PAYLOAD_NONE)
		return 0;
	next = read_u8(&walk->rest);
	reserved = read_u8(&walk->rest);
	len = read_u16(&walk->rest);
	if (walk->rest.failed || len < GENERIC_HEADER_LEN || (size_t)len - GENERIC_HEADER_LEN > walk->rest.left)
		return diag_fail(diag, -EBADMSG, CAUSE_PAYLOAD_TOO_LONG, payload_name(type), type);
	if (reserved != 0) /* RFC 2408 5.3 */
		return diag_fail(diag, -EBADMSG, CAUSE_PAYLOAD_RESERVED, payload_name(type), type, reserved);
	ret->type = type;
	ret->raw = (struct chunk){ raw, len };
	ret->body = read_sub(&walk->rest, (size_t)len - GENERIC_HEADER_LEN);
	walk->next = next;
	return 1;
}

int payloads_read(struct payloads *ret, uint8_t first, struct reader rest, size_t padding, struct ike_diag *diag)
{
	struct payload_walk walk = { .rest = rest, .next = first };
	struct payload p;
	size_t n = 0;
	int r;

	while ((r = payload_next(&walk, &p, diag)) > 0) {
		if (n == PAYLOADS_MAX)
			return diag_fail(diag, -EBADMSG, CAUSE_PAYLOADS_TOO_MANY, PAYLOADS_MAX);
		ret->list[n++] = p;
	}
	if (r < 0)
		return r;
	if (walk.rest.left > padding)
		return diag_fail(diag, -EBADMSG, CAUSE_PADDING, walk.rest.left, padding);
	ret->n = n;
	return 0;
}

const struct payload *payloads_find(const struct payloads *p, uint8_t type)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->list[i].type == type)
			return &p->list[i];
	return NULL;
}

int payloads_one(const struct payloads *p, uint8_t type, struct payload *ret, struct ike_diag *diag)
{
	const struct payload *found = payloads_find(p, type);

	if (!found)
		return diag_fail(diag, -EBADMSG, CAUSE_PAYLOAD_MISSING, payload_name(type));
	for (const struct payload *other = found + 1; other < p->list + p->n; other++)
		if (other->type == type)
			return diag_fail(diag, -EBADMSG, CAUSE_PAYLOAD_TWICE, payload_name(type));
	*ret = *found;
	return 0;
}

const char *payload_name(uint8_t type)
{
	static const char *const names[] = {
		[PAYLOAD_SA] = "SA",
		[PAYLOAD_PROPOSAL] = "proposal",
		[PAYLOAD_TRANSFORM] = "transform",
		[PAYLOAD_KE] = "KE",
		[PAYLOAD_ID] = "ID",
		[PAYLOAD_HASH] = "HASH",
		[PAYLOAD_SIG] = "SIG",
		[PAYLOAD_NONCE] = "nonce",
		[PAYLOAD_NOTIFY] = "notify",
		[PAYLOAD_DELETE] = "delete",
		[PAYLOAD_VENDOR_ID] = "vendor ID",
		[PAYLOAD_SAK] = "SA KEK",
		[PAYLOAD_SAT] = "SA TEK",
		[PAYLOAD_KD] = "KD",
		[PAYLOAD_SEQ] = "SEQ",
		[PAYLOAD_GAP] = "GAP",
	};

	return type < ARRAY_SIZE(names) && names[type] ? names[type] : "unknown";
}

void chain_begin(struct chain *c, struct writer *w, uint8_t type)
{
	if (c->next_at != CHAIN_IMPLIED)
		write_u8_at(w, c->next_at, type);
	c->start = w->len;
	c->next_at = w->len;
	write_zeros(w, GENERIC_HEADER_LEN);
}

void chain_end(struct chain *c, struct writer *w)
{
	if (w->len - c->start > UINT16_MAX)
		w->err = -EMSGSIZE;
	write_u16_at(w, c->start + 2, (uint16_t)(w->len - c->start));
}

int attribute_next(struct reader *r, struct attribute *ret)
{
	uint16_t type, len;
	struct attribute a;

	if (r->left == 0)
		return r->failed ? -EBADMSG : 0;
	type = read_u16(r);
	a.basic = type & ATTRIBUTE_AF;
	a.type = type & (uint16_t)~ATTRIBUTE_AF;
	len = a.basic ? 2 : read_u16(r);
	a.value = (struct chunk){ read_bytes(r, len), len };
	if (r->failed)
		return -EBADMSG;
	*ret = a;
	return 1;
}

int attribute_u32(const struct attribute *a, uint32_t *ret)
{
	const uint8_t *b = a->value.data;
	uint64_t v = 0;

	if (a->value.len < 1 || a->value.len > sizeof(v))
		return -ERANGE;
	for (size_t i = 0; i < a->value.len; i++)
		v = v << 8 | b[i];
	if (v > UINT32_MAX)
		return -ERANGE;
	*ret = (uint32_t)v;
	return 0;
}

const char *attribute_text(const struct attribute *a, char ret[static ATTRIBUTE_TEXT_MAX])
{
	size_t shown = a->value.len < 8 ? a->value.len : 8;
	const uint8_t *octets = a->value.data;
	uint32_t v;
	int n;

	if (attribute_u32(a, &v) == 0) {
		snprintf(ret, ATTRIBUTE_TEXT_MAX, "value %" PRIu32, v);
		return ret;
	}
	n = snprintf(ret, ATTRIBUTE_TEXT_MAX, "%zu octets", a->value.len);
	for (size_t i = 0; i < shown; i++)
		n += snprintf(ret + n, ATTRIBUTE_TEXT_MAX - (size_t)n, "%s%02x", i == 0 ? " " : "", octets[i]);
	if (shown < a->value.len)
		snprintf(ret + n, ATTRIBUTE_TEXT_MAX - (size_t)n, "...");
	return ret;
}

void write_attribute_basic(struct writer *w, uint16_t type, uint16_t value)
{
	write_u16(w, type | ATTRIBUTE_AF);
	write_u16(w, value);
}

void write_attribute(struct writer *w, uint16_t type, const void *value, size_t len)
{
	if (len > UINT16_MAX)
		w->err = -EMSGSIZE;
	write_u16(w, type);
	write_u16(w, (uint16_t)len);
	write_bytes(w, value, len);
}

void write_attribute_u32(struct writer *w, uint16_t type, uint32_t value)
{
	write_u16(w, type);
	write_u16(w, sizeof(value));
	write_u32(w, value);
}
