/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a decoder explains itself: notes go to the log through the step's ike_out, and the cause of a failure is kept as
 * one clause for pull_reason().  Text that comes from a peer passes through here and is made printable ASCII.
 */
#ifndef IKE_DIAG_H
#define IKE_DIAG_H

#include "ike/ike.h"

#define DIAG_WHY_MAX 320

struct ike_diag {
	struct ike_out *out; /* borrowed; NULL: notes are dropped */
	char why[DIAG_WHY_MAX];
	bool key_differs; /* what failed is what fails when the peer has another pre-shared key */
};

/* A note that is there already is not there twice. */
__attribute__((format(printf, 3, 4))) void diag_note(struct ike_diag *d, enum ike_note_level level, const char *fmt,
						     ...);

/* Keeps the cause and returns ERR (negative), so that it can be written as one return statement. */
__attribute__((format(printf, 3, 4))) int diag_fail(struct ike_diag *d, int err, const char *fmt, ...);

/* The cause that was kept, or what ERR says when there is none (memory, the crypto library). */
const char *diag_cause(const struct ike_diag *d, int err);

/* Makes TEXT, LEN octets of it, printable in RET. */
void diag_printable(char *ret, size_t size, const uint8_t *text, size_t len);

/* Hands DATA to OUT as a datagram for ADDR and PORT.  Takes ownership; wipes and frees when OUT is full. */
void out_datagram(struct ike_out *out, uint8_t *data, size_t len, uint32_t addr, uint16_t port);
/* The same from a copy.  -ENOMEM, -ENOBUFS when OUT is full. */
GVPN_MUST_CHECK int out_datagram_copy(struct ike_out *out, const uint8_t *data, size_t len, uint32_t addr,
				      uint16_t port);

#endif
