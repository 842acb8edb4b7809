/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a decoder explains itself: notes go out through the step's ike_out, and the cause of a failure is kept for the
 * note or the end of the exchange that follows from it.
 */
#ifndef IKE_DIAG_H
#define IKE_DIAG_H

#include "ike/ike.h"

struct ike_diag {
	struct ike_out *out; /* borrowed; NULL: notes are dropped */
	struct ike_cause cause;
	bool key_differs; /* what failed is what fails when the peer has another pre-shared key */
};

/* The words of each id, so that the compiler compares the arguments of every call with them. */
#define X(id, words) static const char words_of_##id[] __attribute__((unused)) = words;
IKE_NOTES(X)
IKE_CAUSES(X)
#undef X

/* A note; one that is there already is not there twice. */
#define diag_note(d, level, id, ...)                                                                                   \
	(FACT_CHECK(words_of_##id, ##__VA_ARGS__), diag_put_note((d), (level), (id), ##__VA_ARGS__))
void diag_put_note(struct ike_diag *d, enum ike_note_level level, int id, ...);
/* The same of what failed with ERR: with the cause that was kept, or that ERR names. */
void diag_note_cause(struct ike_diag *d, enum ike_note_level level, enum ike_note_id id, int err);
/* The same of what was refused with CAUSE. */
#define diag_note_refusal(d, level, cause, id, ...)                                                                    \
	(FACT_CHECK(words_of_##id, ##__VA_ARGS__), diag_put_refusal((d), (level), (cause), (id), ##__VA_ARGS__))
void diag_put_refusal(struct ike_diag *d, enum ike_note_level level, const struct ike_cause *cause, int id, ...);

/* Keeps the cause and returns ERR (negative), so that it can be written as one return statement. */
#define diag_fail(d, err, id, ...)                                                                                     \
	(FACT_CHECK(words_of_##id, ##__VA_ARGS__), diag_keep_cause((d), (err), (id), ##__VA_ARGS__))
int diag_keep_cause(struct ike_diag *d, int err, int id, ...);

/* CAUSE with its arguments, for what has no ike_diag; gives ERR likewise. */
#define cause_set(cause, err, id, ...)                                                                                 \
	(FACT_CHECK(words_of_##id, ##__VA_ARGS__), cause_take((cause), (err), (id), ##__VA_ARGS__))
int cause_take(struct ike_cause *ret, int err, int id, ...);

/* The cause that was kept, or the one that ERR names when there is none (memory, the crypto library). */
struct ike_cause diag_cause(const struct ike_diag *d, int err);

/* Makes TEXT, LEN octets of it, printable in RET. */
void diag_printable(char *ret, size_t size, const uint8_t *text, size_t len);

/* Hands DATA to OUT as a datagram for ADDR and PORT.  Takes ownership; wipes and frees when OUT is full. */
void out_datagram(struct ike_out *out, uint8_t *data, size_t len, uint32_t addr, uint16_t port);
/* The same from a copy.  -ENOMEM, -ENOBUFS when OUT is full. */
GVPN_MUST_CHECK int out_datagram_copy(struct ike_out *out, const uint8_t *data, size_t len, uint32_t addr,
				      uint16_t port);

#endif
