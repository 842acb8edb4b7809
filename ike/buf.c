/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/buf.h"

#include "ike/ike.h"

#include <stdlib.h>

struct reader reader_of(const void *data, size_t len)
{
	return (struct reader){ .at = data, .left = len };
}

const uint8_t *read_bytes(struct reader *r, size_t len)
{
	const uint8_t *at = r->at;

	if (r->failed || r->left < len) {
		*r = (struct reader){ .at = r->at, .failed = true };
		return NULL;
	}
	r->at += len;
	r->left -= len;
	return at;
}

uint8_t read_u8(struct reader *r)
{
	const uint8_t *b = read_bytes(r, 1);

	return b ? b[0] : 0;
}

uint16_t read_u16(struct reader *r)
{
	const uint8_t *b = read_bytes(r, 2);

	if (!b)
		return 0;
	return (uint16_t)(b[0] << 8 | b[1]);
}

uint32_t read_u32(struct reader *r)
{
	uint32_t high = read_u16(r);

	return high << 16 | read_u16(r);
}

struct reader read_sub(struct reader *r, size_t len)
{
	const uint8_t *b = read_bytes(r, len);

	return b ? reader_of(b, len) : (struct reader){ .at = r->at, .failed = true };
}

/* Room for LEN more octets, or NULL with the error kept. */
static uint8_t *extend_writer(struct writer *w, size_t len)
{
	size_t cap = w->cap ? w->cap : 512;
	uint8_t *bigger, *at;

	if (w->err)
		return NULL;
	if (len > IKE_DATAGRAM_MAX - w->len) {
		w->err = -EMSGSIZE;
		return NULL;
	}
	while (cap < w->len + len)
		cap *= 2;
	if (cap != w->cap) {
		bigger = malloc(cap); /* not realloc: it may leave plaintext behind */
		if (!bigger) {
			w->err = -ENOMEM;
			return NULL;
		}
		if (w->data) {
			memcpy(bigger, w->data, w->len);
			explicit_bzero(w->data, w->len);
			free(w->data);
		}
		w->data = bigger;
		w->cap = cap;
	}
	at = w->data + w->len;
	w->len += len;
	return at;
}

void write_bytes(struct writer *w, const void *data, size_t len)
{
	uint8_t *at = extend_writer(w, len);

	if (at && len > 0)
		memcpy(at, data, len);
}

void write_zeros(struct writer *w, size_t len)
{
	uint8_t *at = extend_writer(w, len);

	if (at && len > 0)
		memset(at, 0, len);
}

void write_u8(struct writer *w, uint8_t v)
{
	write_bytes(w, &v, 1);
}

void write_u16(struct writer *w, uint16_t v)
{
	write_bytes(w, (uint8_t[]){ (uint8_t)(v >> 8), (uint8_t)v }, 2);
}

void write_u32(struct writer *w, uint32_t v)
{
	write_u16(w, (uint16_t)(v >> 16));
	write_u16(w, (uint16_t)v);
}

void write_bytes_at(struct writer *w, size_t at, const void *data, size_t len)
{
	if (w->err)
		return;
	if (at > w->len || len > w->len - at) {
		w->err = -EMSGSIZE;
		return;
	}
	memcpy(w->data + at, data, len);
}

void write_u8_at(struct writer *w, size_t at, uint8_t v)
{
	write_bytes_at(w, at, &v, 1);
}

void write_u16_at(struct writer *w, size_t at, uint16_t v)
{
	write_bytes_at(w, at, (uint8_t[]){ (uint8_t)(v >> 8), (uint8_t)v }, 2);
}

void write_u32_at(struct writer *w, size_t at, uint32_t v)
{
	uint8_t b[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v };

	write_bytes_at(w, at, b, sizeof(b));
}

void writer_clear(struct writer *w)
{
	if (w->data) {
		explicit_bzero(w->data, w->len);
		free(w->data);
	}
	*w = (struct writer){ 0 };
}

uint8_t *writer_take(struct writer *w, size_t *ret_len)
{
	uint8_t *data = w->data;

	*ret_len = w->len;
	*w = (struct writer){ 0 };
	return data;
}

int octets_set(struct octets *o, const void *data, size_t len)
{
	if (len > OCTETS_MAX)
		return -EMSGSIZE;
	memset(o, 0, sizeof(*o));
	if (len > 0)
		memcpy(o->data, data, len);
	o->len = (uint16_t)len;
	return 0;
}
