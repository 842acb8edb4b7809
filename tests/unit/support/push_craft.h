/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pushes made by hand, payload by payload, so that a test can break each rule alone.  They are signed with the crypto
 * library's own calls and share nothing with the code that verifies them but the cipher.
 */
#ifndef TESTS_UNIT_SUPPORT_PUSH_CRAFT_H
#define TESTS_UNIT_SUPPORT_PUSH_CRAFT_H

#include "ike/push.h"

#include <openssl/types.h>

#define CRAFT_PAYLOADS_MAX 40

struct craft_payload {
	uint8_t type;
	const uint8_t *body;
	size_t len;
};

enum craft_signing {
	CRAFT_RIGHT,         /* the header has the length without padding */
	CRAFT_PADDED_LENGTH, /* the length on the wire */
	CRAFT_OTHER_LENGTH,  /* another one */
	CRAFT_NO_REKEY,      /* without "rekey" */
	CRAFT_NO_ENCRYPTION, /* with the header's encryption flag clear */
	CRAFT_BARE_HASH,     /* PKCS#1 padding around a hash without DigestInfo, as an old implementation has it */
	CRAFT_PSS,
};

struct craft {
	const struct kek *kek;
	EVP_PKEY *pair;
	struct craft_payload payloads[CRAFT_PAYLOADS_MAX];
	size_t n;
	enum craft_signing signing;
	size_t no_sig;       /* 1: no SIG payload at all */
	size_t sig_cut;      /* octets missing at the end of the signature */
	size_t after_sig;    /* this many of the payloads come after SIG */
	size_t more_padding; /* octets beyond what the block needs, a multiple of 16 */
	uint8_t exchange, flags;
	uint32_t message_id;
};

void craft_begin(struct craft *c, const struct kek *kek, EVP_PKEY *pair);
/* BODY is borrowed. */
void craft_add(struct craft *c, uint8_t type, const uint8_t *body, size_t len);
void craft_add_seq(struct craft *c, uint8_t seq);            /* 0 to 15 */
void craft_add_delete(struct craft *c);                      /* of the TEK 0x11223344 */
uint8_t *craft_push(const struct craft *c, size_t *ret_len); /* exactly its length; free() it */

/* RSA as "2048", a curve as "P-256". */
EVP_PKEY *craft_pair(const char *what);
/* A KEK with keys of repeated octets; PAIR's public half as SubjectPublicKeyInfo. */
void craft_kek(struct kek *ret, enum cipher cipher, enum sig_algorithm algorithm, enum sig_hash hash,
	       const EVP_PKEY *pair);
void craft_tek(struct tek *ret, uint32_t spi, uint8_t octet);

/* What the server's half makes; free() it. */
uint8_t *craft_from_server(const struct kek *kek, EVP_PKEY *pair, const struct push *what, size_t *ret_len);
struct rekey_sa *craft_sa(const struct kek *kek, bool from_push);

#endif
