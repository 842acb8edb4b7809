/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The IVs of a counter mode whose key many senders share (RFC 6054 3, RFC 6407 3.5).
 *
 * An IV of AES-GCM in ESP has 64 bits (RFC 4106 3.1).  Its first bits are the sender id, which the key server gives to
 * one member alone; the rest is the sender's own.  Linux makes the IV of a packet out of the packet's sequence number
 * and of eight random octets, the salt of the generator "seqiv", which are drawn when the SA is made:
 *
 *	IV = sequence number XOR salt
 *
 * Without extended sequence numbers the high 32 bits of the sequence number are zero, so the first 32 bits of every IV
 * of one SA are the same: its prefix.  Two SAs under one key with different prefixes never have the same IV, and one SA
 * never has the same IV twice, because its sequence number does not wrap.
 *
 * This salt is not the salt of RFC 4106 4, which is part of the key.
 */
#ifndef LIB_SENDER_H
#define LIB_SENDER_H

#include "lib/base.h"

/* A wider id would take too many tries to be found: 2 to the power of its bits, on average. */
#define SENDER_BITS_SEARCHED 16
#define SENDER_SEQUENCE_MAX UINT32_MAX /* the last sequence number of an SA; then the SA sends no more */

/* What one SA sends with. */
struct sender {
	uint8_t bits;    /* width of the id; 0: there is none, and the SA only receives */
	uint32_t id;     /* below 2 to the power of BITS */
	bool has_prefix; /* the SA that has it is there, and the prefix is written down as used */
	uint32_t prefix; /* the first 32 bits of each of its IVs, which begin with the id */
	uint32_t tries;  /* SAs that were made until one had the id; 0: not known */
};

/* The first 32 bits of an IV of ID, when all bits behind the id are zero. */
static inline uint32_t sender_first_prefix(uint8_t bits, uint32_t id)
{
	return bits >= 32 ? id : bits == 0 ? 0 : id << (32 - bits);
}

/* The bits of a prefix that are the id's. */
static inline uint32_t sender_mask(uint8_t bits)
{
	return bits >= 32 ? UINT32_MAX : ~(UINT32_MAX >> bits);
}

static inline uint32_t sender_id_of(uint8_t bits, uint32_t prefix)
{
	return bits >= 32 ? prefix : bits == 0 ? 0 : prefix >> (32 - bits);
}

static inline bool sender_id_fits(uint8_t bits, uint32_t id)
{
	return bits >= 32 || (bits > 0 && id >> bits == 0);
}

static inline bool sender_prefix_begins(uint8_t bits, uint32_t id, uint32_t prefix)
{
	return bits > 0 && sender_id_fits(bits, id) && sender_id_of(bits, prefix) == id;
}

/* --- seqiv --- */

static inline uint64_t seqiv_iv(uint64_t salt, uint32_t sequence)
{
	return salt ^ sequence;
}

static inline uint64_t seqiv_salt(uint64_t iv, uint32_t sequence)
{
	return iv ^ sequence;
}

static inline uint32_t seqiv_prefix(uint64_t iv)
{
	return (uint32_t)(iv >> 32);
}

/* Sequence numbers that an SA has left when LAST was sent. */
static inline uint32_t sender_sequence_left(uint64_t last)
{
	return last >= SENDER_SEQUENCE_MAX ? 0 : SENDER_SEQUENCE_MAX - (uint32_t)last;
}

#endif
