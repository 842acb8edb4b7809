/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The algorithms: one table for each kind, with the numbers that go over the wire, the names that the kernel, OpenSSL,
 * Junos and the outputs have for each, and the lengths of its keys.  There is no other table of them.
 *
 * A table is a list macro, so that a schema can make its list of choices from the same rows.
 */
#ifndef LIB_ALGORITHM_H
#define LIB_ALGORITHM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --- ciphers (RFC 3602, RFC 4106, RFC 4543) --- */

enum cipher { /* with key lengths in bits */
	      CIPHER_NONE = 0,
	      CIPHER_AES_CBC_128,
	      CIPHER_AES_CBC_192,
	      CIPHER_AES_CBC_256,
	      CIPHER_AES_GCM_128, /* 16 octets of ICV; the key carries a 4 octet salt at its end (RFC 4106 8.1) */
	      CIPHER_AES_GCM_192,
	      CIPHER_AES_GCM_256,
	      CIPHER_AES_GCM_12_128, /* 12 octets of ICV */
	      CIPHER_AES_GCM_12_192,
	      CIPHER_AES_GCM_12_256,
	      CIPHER_AES_GCM_8_128, /* 8 octets of ICV */
	      CIPHER_AES_GCM_8_192,
	      CIPHER_AES_GCM_8_256,
	      CIPHER_AES_GMAC_128, /* authentication alone (RFC 4543) */
	      CIPHER_AES_GMAC_192,
	      CIPHER_AES_GMAC_256,
	      CIPHERS, /* how many there are, with none */
};

/* id, octets of the key, OpenSSL's name, Junos's name, name in outputs of SAs, name in outputs of KEKs */
#define CIPHERS_CBC(X)                                                                                                 \
	X(CIPHER_AES_CBC_128, 16, "AES-128-CBC", "aes-128-cbc", "aes-128", "aes128-cbc")                               \
	X(CIPHER_AES_CBC_192, 24, "AES-192-CBC", "aes-192-cbc", "aes-192", "aes192-cbc")                               \
	X(CIPHER_AES_CBC_256, 32, "AES-256-CBC", "aes-256-cbc", "aes-256", "aes256-cbc")
/*
 * Counter modes: id, transform (RFC 4106 8.3; RFC 4543's in the registry of RFC 2407 4.4.4), octets of the key without
 * its salt, bits of the ICV, kernel, Junos's name or one in its manner, name in outputs of SAs
 */
#define CIPHERS_COUNTER(X)                                                                                             \
	X(CIPHER_AES_GCM_128, 20, 16, 128, "rfc4106(gcm(aes))", "aes-128-gcm", "aes-gcm-128")                          \
	X(CIPHER_AES_GCM_192, 20, 24, 128, "rfc4106(gcm(aes))", "aes-192-gcm", "aes-gcm-192")                          \
	X(CIPHER_AES_GCM_256, 20, 32, 128, "rfc4106(gcm(aes))", "aes-256-gcm", "aes-gcm-256")                          \
	X(CIPHER_AES_GCM_12_128, 19, 16, 96, "rfc4106(gcm(aes))", "aes-128-gcm-96", "aes-gcm-128-96")                  \
	X(CIPHER_AES_GCM_12_192, 19, 24, 96, "rfc4106(gcm(aes))", "aes-192-gcm-96", "aes-gcm-192-96")                  \
	X(CIPHER_AES_GCM_12_256, 19, 32, 96, "rfc4106(gcm(aes))", "aes-256-gcm-96", "aes-gcm-256-96")                  \
	X(CIPHER_AES_GCM_8_128, 18, 16, 64, "rfc4106(gcm(aes))", "aes-128-gcm-64", "aes-gcm-128-64")                   \
	X(CIPHER_AES_GCM_8_192, 18, 24, 64, "rfc4106(gcm(aes))", "aes-192-gcm-64", "aes-gcm-192-64")                   \
	X(CIPHER_AES_GCM_8_256, 18, 32, 64, "rfc4106(gcm(aes))", "aes-256-gcm-64", "aes-gcm-256-64")                   \
	X(CIPHER_AES_GMAC_128, 23, 16, 128, "rfc4543(gcm(aes))", "aes-128-gmac", "aes-gmac-128")                       \
	X(CIPHER_AES_GMAC_192, 23, 24, 128, "rfc4543(gcm(aes))", "aes-192-gmac", "aes-gmac-192")                       \
	X(CIPHER_AES_GMAC_256, 23, 32, 128, "rfc4543(gcm(aes))", "aes-256-gmac", "aes-gmac-256")

struct cipher_info {
	enum cipher id;
	uint8_t esp_transform; /* RFC 2407 4.4.4 and its registry */
	bool counter_mode;     /* no two packets under one key may have the same IV */
	bool encrypts;         /* false: GMAC, which leaves packets readable */
	size_t key_len;        /* octets */
	size_t salt_len;       /* octets, at the key's end */
	unsigned icv_bits;     /* 0: integrity is another algorithm's */
	const char *kernel, *openssl, *junos;
	const char *shown, *shown_kek;
};

const struct cipher_info *cipher_info(enum cipher c); /* NULL: none, or unknown */
size_t cipher_key_len(enum cipher c);                 /* without the salt; 0: none */
size_t cipher_esp_key_len(enum cipher c);             /* with the salt, as a TEK has it; 0: none */
bool cipher_is_cbc(enum cipher c);
bool cipher_is_counter_mode(enum cipher c);
enum cipher cipher_cbc(uint32_t key_bits);                    /* CIPHER_NONE for another length */
enum cipher cipher_esp(uint8_t transform, uint32_t key_bits); /* CIPHER_NONE: not supported */
bool cipher_esp_known(uint8_t transform);                     /* with any length of key */
enum cipher cipher_of_junos(const char *name);                /* CIPHER_NONE: unknown */
const char *cipher_junos(enum cipher c);                      /* NULL: none */
const char *cipher_shown(enum cipher c);
const char *cipher_shown_kek(enum cipher c);

#define CIPHER_BLOCK_LEN 16 /* of AES */

/* --- integrity of ESP (RFC 2404, RFC 4868), with the bits that are sent --- */

enum auth {
	AUTH_NONE = 0,
	AUTH_HMAC_SHA1_96,
	AUTH_HMAC_SHA256_128,
	AUTH_HMAC_SHA384_192,
	AUTH_HMAC_SHA512_256,
};

/* id, value of Authentication Algorithm (RFC 2407 4.5), octets of the key, bits of the ICV, kernel, Junos, outputs of
 * the member's SAs, outputs of a server */
#define AUTHS(X)                                                                                                       \
	X(AUTH_HMAC_SHA1_96, 2, 20, 96, "hmac(sha1)", "hmac-sha1-96", "sha1-96", "sha1")                               \
	X(AUTH_HMAC_SHA256_128, 5, 32, 128, "hmac(sha256)", "hmac-sha-256-128", "sha256-128", "sha256")                \
	X(AUTH_HMAC_SHA384_192, 6, 48, 192, "hmac(sha384)", "hmac-sha-384-192", "sha384-192", "sha384")                \
	X(AUTH_HMAC_SHA512_256, 7, 64, 256, "hmac(sha512)", "hmac-sha-512-256", "sha512-256", "sha512")

struct auth_info {
	enum auth id;
	uint16_t wire;
	size_t key_len; /* octets */
	unsigned icv_bits;
	const char *kernel, *junos, *shown, *shown_server;
};

const struct auth_info *auth_info(enum auth a); /* NULL: none, or unknown */
size_t auth_key_len(enum auth a);               /* 0: none */
enum auth auth_of_wire(uint32_t wire);          /* AUTH_NONE: not supported */
enum auth auth_of_junos(const char *name);      /* AUTH_NONE: unknown */
const char *auth_junos(enum auth a);            /* "none" */
const char *auth_shown(enum auth a);
const char *auth_shown_server(enum auth a);

/* --- hashes, of phase 1 and of signatures --- */

enum ike_hash { IKE_SHA1 = 2, IKE_SHA256 = 4, IKE_SHA384 = 5, IKE_SHA512 = 6 }; /* RFC 2409 appendix A, registry */
enum sig_hash { SIG_HASH_SHA1 = 2, SIG_HASH_SHA256 = 3, SIG_HASH_SHA384 = 4, SIG_HASH_SHA512 = 5 }; /* RFC 6407 5.3.5 */

/* number in phase 1, number in an SA KEK, OpenSSL, octets, Junos, outputs of the member, outputs of a server */
#define HASHES_SHA1(X) X(IKE_SHA1, SIG_HASH_SHA1, "SHA1", 20, "sha1", "hmac-sha1-96", "sha1")
#define HASHES_SHA2(X)                                                                                                 \
	X(IKE_SHA256, SIG_HASH_SHA256, "SHA2-256", 32, "sha-256", "hmac-sha256-128", "sha256")                         \
	X(IKE_SHA384, SIG_HASH_SHA384, "SHA2-384", 48, "sha-384", "hmac-sha384-192", "sha384")                         \
	X(IKE_SHA512, SIG_HASH_SHA512, "SHA2-512", 64, "sha-512", "hmac-sha512-256", "sha512")

struct hash_info {
	enum ike_hash ike;
	enum sig_hash sig;
	const char *openssl;
	size_t len; /* octets */
	const char *junos;
	const char *shown; /* the guide's member calls the hash of the signature by the name of an HMAC */
	const char *shown_server;
};

const struct hash_info *ike_hash_info(enum ike_hash h); /* NULL: unknown */
const struct hash_info *sig_hash_info(enum sig_hash h);
const char *sig_hash_shown(enum sig_hash h);
const char *sig_hash_shown_server(enum sig_hash h);
bool ike_hash_known(enum ike_hash h);
size_t ike_hash_len(enum ike_hash h);       /* of a known one */
const char *ike_hash_name(enum ike_hash h); /* Junos's; NULL: unknown */

/* --- signatures of pushes (RFC 6407 5.3.6) --- */

enum sig_algorithm { SIG_RSA = 1, SIG_ECDSA_256 = 4, SIG_ECDSA_384 = 5, SIG_ECDSA_521 = 6 };

/* number, hash that is implied (RFC 4754 1), OpenSSL's curve, octets of one of the two numbers, name of the curve,
 * configuration, outputs */
#define SIG_ALGORITHMS(X)                                                                                              \
	X(SIG_RSA, 0, NULL, 0, NULL, "rsa", "RSA")                                                                     \
	X(SIG_ECDSA_256, SIG_HASH_SHA256, "prime256v1", 32, "ECDSA P-256", "ecdsa-256", "ECDSA-256")                   \
	X(SIG_ECDSA_384, SIG_HASH_SHA384, "secp384r1", 48, "ECDSA P-384", "ecdsa-384", "ECDSA-384")                    \
	X(SIG_ECDSA_521, SIG_HASH_SHA512, "secp521r1", 66, "ECDSA P-521", "ecdsa-521", "ECDSA-521")

struct sig_info {
	enum sig_algorithm id;
	enum sig_hash implied; /* 0: SIG_HASH_ALGORITHM says it */
	const char *curve;     /* NULL: RSA */
	size_t number_len;
	const char *curve_name, *junos, *shown;
};

const struct sig_info *sig_info(enum sig_algorithm a); /* NULL: unknown */
const char *sig_shown(enum sig_algorithm a);

/* --- Diffie-Hellman (RFC 3526, RFC 5114, RFC 5903) --- */

enum ike_group { IKE_MODP2048 = 14, IKE_ECP256 = 19, IKE_ECP384 = 20, IKE_ECP521 = 21, IKE_MODP2048_256 = 24 };
#define IKE_GROUPS_MAX 5 /* that are known */

/* number, OpenSSL's kind and name of the group, Junos, octets of a public value */
#define IKE_GROUPS(X)                                                                                                  \
	X(IKE_MODP2048, "DH", "modp_2048", "group14", 256)                                                             \
	X(IKE_ECP256, "EC", "P-256", "group19", 64)                                                                    \
	X(IKE_ECP384, "EC", "P-384", "group20", 96)                                                                    \
	X(IKE_ECP521, "EC", "P-521", "group21", 132)                                                                   \
	X(IKE_MODP2048_256, "DH", "dh_2048_256", "group24", 256)

struct group_info {
	enum ike_group id;
	const char *type, *openssl, *junos;
	size_t public_len; /* octets in a KE payload, exactly */
};

const struct group_info *ike_group_info(enum ike_group g); /* NULL: unknown */
bool ike_group_known(enum ike_group g);
bool group_is_ec(const struct group_info *g);
size_t ike_public_len(enum ike_group g);
const char *ike_group_name(enum ike_group g); /* Junos's; NULL: unknown */

/* --- names of what is refused --- */

const char *esp_transform_name(uint8_t transform); /* RFC 2407 4.4.4 and its registry */
const char *esp_auth_name(uint32_t wire);          /* RFC 2407 4.5 */
const char *kek_algorithm_name(uint32_t wire);     /* RFC 6407 5.3.3 */
const char *sig_algorithm_name(uint32_t wire);     /* RFC 6407 5.3.6 */
const char *sig_hash_name(uint32_t wire);          /* RFC 6407 5.3.5 */

#endif
