/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ISAKMP framing (RFC 2408 3): the header, the chain of payloads, data attributes, and the Notify and Delete
 * payloads that every exchange may carry.  Decoded payloads borrow from the datagram.
 */
#ifndef IKE_ISAKMP_H
#define IKE_ISAKMP_H

#include "ike/buf.h"
#include "ike/diag.h"

#define ISAKMP_HEADER_LEN 28
#define ISAKMP_COOKIE_LEN 8
#define ISAKMP_FLAG_ENCRYPTION 0x01
#define ISAKMP_PROTOCOL_ISAKMP 1 /* RFC 2407 4.4.1 */

enum isakmp_exchange {
	EXCHANGE_MAIN = 2,
	EXCHANGE_AGGRESSIVE = 4,
	EXCHANGE_INFORMATIONAL = 5,
	EXCHANGE_GROUPKEY_PULL = 32, /* RFC 6407 3.2.1 */
	EXCHANGE_GROUPKEY_PUSH = 33,
	EXCHANGE_GROUPKEY_PUSH_ACK = 35, /* RFC 8263 */
};

enum isakmp_payload { /* RFC 2408 3.1, RFC 6407 5 */
		      PAYLOAD_NONE = 0,
		      PAYLOAD_SA = 1,
		      PAYLOAD_PROPOSAL = 2,
		      PAYLOAD_TRANSFORM = 3,
		      PAYLOAD_KE = 4,
		      PAYLOAD_ID = 5,
		      PAYLOAD_HASH = 8,
		      PAYLOAD_SIG = 9,
		      PAYLOAD_NONCE = 10,
		      PAYLOAD_NOTIFY = 11,
		      PAYLOAD_DELETE = 12,
		      PAYLOAD_VENDOR_ID = 13,
		      PAYLOAD_SAK = 15,
		      PAYLOAD_SAT = 16,
		      PAYLOAD_KD = 17,
		      PAYLOAD_SEQ = 18,
		      PAYLOAD_GAP = 22,
};

enum isakmp_notify { /* RFC 2408 3.14.1; the rest of the registry is only printed */
		     NOTIFY_INVALID_PAYLOAD_TYPE = 1,
		     NOTIFY_DOI_NOT_SUPPORTED = 2,
		     NOTIFY_SITUATION_NOT_SUPPORTED = 3,
		     NOTIFY_INVALID_EXCHANGE_TYPE = 7,
		     NOTIFY_ATTRIBUTES_NOT_SUPPORTED = 13,
		     NOTIFY_NO_PROPOSAL_CHOSEN = 14,
		     NOTIFY_BAD_PROPOSAL_SYNTAX = 15,
		     NOTIFY_PAYLOAD_MALFORMED = 16,
		     NOTIFY_INVALID_KEY_INFORMATION = 17,
		     NOTIFY_INVALID_ID_INFORMATION = 18,
		     NOTIFY_INVALID_HASH_INFORMATION = 23,
		     NOTIFY_AUTHENTICATION_FAILED = 24,
		     NOTIFY_UNSUPPORTED_EXCHANGE_TYPE = 29,
		     NOTIFY_STATUS_MIN = 16384, /* below it are errors */
};

struct isakmp_header {
	uint8_t cookie_i[ISAKMP_COOKIE_LEN], cookie_r[ISAKMP_COOKIE_LEN];
	uint8_t next; /* type of the first payload */
	uint8_t exchange, flags;
	uint32_t message_id;
};

/* -EBADMSG: not version 1.0, unknown flags, or a length other than that of the datagram. */
GVPN_MUST_CHECK int isakmp_header_read(struct isakmp_header *ret, const uint8_t *data, size_t len,
				       struct ike_diag *diag);
void isakmp_header_write(struct writer *w, const struct isakmp_header *h);
void isakmp_header_length(struct writer *w); /* sets the length field to all that was written */

/* One payload: RAW with its generic header, BODY without. */
struct payload {
	uint8_t type;
	struct chunk raw;
	struct reader body;
};

struct payload_walk {
	struct reader rest;
	uint8_t next;
};

/* 1: *RET is the next one.  0: the chain has ended; walk->rest holds what follows it.  -EBADMSG. */
GVPN_MUST_CHECK int payload_next(struct payload_walk *walk, struct payload *ret, struct ike_diag *diag);

struct payloads {
	struct payload list[PAYLOADS_MAX];
	size_t n;
};

/*
 * The whole chain of a message.  Octets behind the last payload are padding, and at most PADDING of them are admitted:
 * no HASH and no SIG covers them.
 */
GVPN_MUST_CHECK int payloads_read(struct payloads *ret, uint8_t first, struct reader rest, size_t padding,
				  struct ike_diag *diag);
const struct payload *payloads_find(const struct payloads *p, uint8_t type); /* the first, or NULL */
/* Exactly one must be there; -EBADMSG otherwise. */
GVPN_MUST_CHECK int payloads_one(const struct payloads *p, uint8_t type, struct payload *ret, struct ike_diag *diag);
const char *payload_name(uint8_t type); /* "SA"; never NULL */

/*
 * Writes a chain: each payload is named in the one before it, the first at NEXT_AT (which holds 0 before), or nowhere
 * when its type is implied by what holds it.
 */
#define CHAIN_IMPLIED SIZE_MAX
struct chain {
	size_t next_at, start;
};

void chain_begin(struct chain *c, struct writer *w, uint8_t type);
void chain_end(struct chain *c, struct writer *w);

/*
 * Data attribute (RFC 2408 3.3): with AF 1 a type and a value of two octets (TV), with AF 0 a type, a length and as
 * many octets (TLV).
 *  +-+-------------------------------+-------------------------------+
 *  |A|       Attribute Type          |  AF=0: length   AF=1: value   |
 *  |F|                               |                               |
 *  +-+-------------------------------+-------------------------------+
 *  |                   AF=0: value (variable)                        ~
 *  +-----------------------------------------------------------------+
 */
struct attribute {
	uint16_t type;
	bool basic;         /* TV */
	struct chunk value; /* of a TV its two octets */
};

/* 1, 0 at the end, -EBADMSG. */
GVPN_MUST_CHECK int attribute_next(struct reader *r, struct attribute *ret);
/* The value as a number: a TV, or a TLV of 1 to 8 octets whose value fits (peers send both).  -ERANGE. */
GVPN_MUST_CHECK int attribute_u32(const struct attribute *a, uint32_t *ret);
#define ATTRIBUTE_TEXT_MAX 48
/* The value for a message: a number, or the first octets.  Never of an attribute that holds a key. */
const char *attribute_text(const struct attribute *a, char ret[static ATTRIBUTE_TEXT_MAX]);
void write_attribute_basic(struct writer *w, uint16_t type, uint16_t value);
void write_attribute(struct writer *w, uint16_t type, const void *value, size_t len);
void write_attribute_u32(struct writer *w, uint16_t type, uint32_t value); /* TLV of four octets */

/*
 * Notify (RFC 2408 3.14) and Delete (3.15) after their generic headers:
 *  |               DOI (4)                |               DOI (4)                |
 *  | Protocol-ID | SPI size |  type (2)   | Protocol-ID | SPI size |  number (2) |
 *  |          SPI, data                   |          SPIs                        |
 */
struct notify {
	uint32_t doi;
	uint8_t protocol;
	uint16_t type;
	struct chunk spi, data;
};

GVPN_MUST_CHECK int notify_read(struct notify *ret, struct reader body, struct ike_diag *diag);
void notify_write(struct writer *w, struct chain *c, const struct notify *n);
const char *notify_name(uint16_t type); /* "NO-PROPOSAL-CHOSEN", or "" when it has none */

struct delete
{
	uint32_t doi;
	uint8_t protocol, spi_size;
	uint16_t n;
	struct reader spis; /* exactly n * spi_size octets */
};

GVPN_MUST_CHECK int delete_read(struct delete *ret, struct reader body, struct ike_diag *diag);
void delete_write(struct writer *w, struct chain *c, uint32_t doi, uint8_t protocol, uint8_t spi_size, const void *spis,
		  uint16_t n);

#endif
