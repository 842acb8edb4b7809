/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one reader and the one writer of wire formats.  Integers are in network order.
 *
 * A reader borrows octets and never leaves them; once something was missing it has failed for good, everything it gives
 * is zero or NULL, and one check at the end is enough.  A writer owns its octets, grows up to one datagram and keeps
 * its first error; they are wiped when they go, because they hold plaintext.
 */
#ifndef IKE_BUF_H
#define IKE_BUF_H

#include "lib/gvpn.h"

struct chunk { /* borrowed octets */
	const void *data;
	size_t len;
};

struct reader {
	const uint8_t *at;
	size_t left;
	bool failed;
};

struct reader reader_of(const void *data, size_t len);
uint8_t read_u8(struct reader *r);
uint16_t read_u16(struct reader *r);
uint32_t read_u32(struct reader *r);
const uint8_t *read_bytes(struct reader *r, size_t len); /* NULL when there are fewer */
struct reader read_sub(struct reader *r, size_t len);    /* a reader over the next LEN octets, which R passes */

struct writer {
	uint8_t *data;
	size_t len, cap;
	int err; /* 0, -ENOMEM, -EMSGSIZE */
};

void write_u8(struct writer *w, uint8_t v);
void write_u16(struct writer *w, uint16_t v);
void write_u32(struct writer *w, uint32_t v);
void write_bytes(struct writer *w, const void *data, size_t len);
void write_zeros(struct writer *w, size_t len);
/* Overwrites what was written at AT; outside of it is -EMSGSIZE. */
void write_u8_at(struct writer *w, size_t at, uint8_t v);
void write_u16_at(struct writer *w, size_t at, uint16_t v);
void write_u32_at(struct writer *w, size_t at, uint32_t v);
void write_bytes_at(struct writer *w, size_t at, const void *data, size_t len);
void writer_clear(struct writer *w);
uint8_t *writer_take(struct writer *w, size_t *ret_len); /* the octets become the caller's; w is empty after it */

/* A short field of variable length: a nonce, a public value, the body of an identity. */
#define OCTETS_MAX 264
struct octets {
	uint16_t len;
	uint8_t data[OCTETS_MAX];
};

GVPN_MUST_CHECK int octets_set(struct octets *o, const void *data, size_t len); /* -EMSGSIZE */

static inline struct chunk octets_chunk(const struct octets *o)
{
	return (struct chunk){ o->data, o->len };
}

#endif
