/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/algorithm.h"

#include "lib/base.h"

enum { ESP_AES_CBC = 12, ESP_AES_GMAC = 23 }; /* RFC 3602 5.2, RFC 2407 4.4.4's registry */

static const struct cipher_info ciphers[] = {
#define X(i, octets, library, vendor, sa, kek)                                                                         \
	{ .id = (i),                                                                                                   \
	  .esp_transform = ESP_AES_CBC,                                                                                \
	  .encrypts = true,                                                                                            \
	  .key_len = (octets),                                                                                         \
	  .kernel = "cbc(aes)",                                                                                        \
	  .openssl = (library),                                                                                        \
	  .junos = (vendor),                                                                                           \
	  .shown = (sa),                                                                                               \
	  .shown_kek = (kek) },
	CIPHERS_CBC(X)
#undef X
#define X(i, transform, octets, icv, name, vendor, sa)                                                                 \
	{ .id = (i),                                                                                                   \
	  .esp_transform = (transform),                                                                                \
	  .counter_mode = true,                                                                                        \
	  .encrypts = (transform) != ESP_AES_GMAC,                                                                     \
	  .key_len = (octets),                                                                                         \
	  .salt_len = 4,                                                                                               \
	  .icv_bits = (icv),                                                                                           \
	  .kernel = (name),                                                                                            \
	  .junos = (vendor),                                                                                           \
	  .shown = (sa) },
		CIPHERS_COUNTER(X)
#undef X
};

static const struct auth_info auths[] = {
#define X(id, wire, octets, bits, kernel, junos, sa, server) { id, wire, octets, bits, kernel, junos, sa, server },
	AUTHS(X)
#undef X
};

static const struct hash_info hashes[] = {
#define X(ike, sig, openssl, octets, junos, member, server) { ike, sig, openssl, octets, junos, member, server },
	HASHES_SHA1(X) HASHES_SHA2(X)
#undef X
};

static const struct sig_info sig_algorithms[] = {
#define X(id, implied, curve, octets, name, junos, shown) { id, implied, curve, octets, name, junos, shown },
	SIG_ALGORITHMS(X)
#undef X
};

static const struct group_info groups[] = {
#define X(id, type, openssl, junos, octets) { id, type, openssl, junos, octets },
	IKE_GROUPS(X)
#undef X
};

/* --- ciphers --- */

const struct cipher_info *cipher_info(enum cipher c)
{
	for (size_t i = 0; i < ARRAY_SIZE(ciphers); i++)
		if (ciphers[i].id == c)
			return &ciphers[i];
	return NULL;
}

size_t cipher_key_len(enum cipher c)
{
	const struct cipher_info *info = cipher_info(c);

	return info ? info->key_len : 0;
}

size_t cipher_esp_key_len(enum cipher c)
{
	const struct cipher_info *info = cipher_info(c);

	return info ? info->key_len + info->salt_len : 0;
}

bool cipher_is_cbc(enum cipher c)
{
	const struct cipher_info *info = cipher_info(c);

	return info && info->esp_transform == ESP_AES_CBC;
}

bool cipher_is_counter_mode(enum cipher c)
{
	const struct cipher_info *info = cipher_info(c);

	return info && info->counter_mode;
}

enum cipher cipher_esp(uint8_t transform, uint32_t key_bits)
{
	for (size_t i = 0; i < ARRAY_SIZE(ciphers); i++)
		if (ciphers[i].esp_transform == transform && ciphers[i].key_len * 8 == key_bits)
			return ciphers[i].id;
	return CIPHER_NONE;
}

enum cipher cipher_cbc(uint32_t key_bits)
{
	return cipher_esp(ESP_AES_CBC, key_bits);
}

bool cipher_esp_known(uint8_t transform)
{
	for (size_t i = 0; i < ARRAY_SIZE(ciphers); i++)
		if (ciphers[i].esp_transform == transform)
			return true;
	return false;
}

enum cipher cipher_of_junos(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(ciphers); i++)
		if (strcmp(ciphers[i].junos, name) == 0)
			return ciphers[i].id;
	return CIPHER_NONE;
}

const char *cipher_junos(enum cipher c)
{
	const struct cipher_info *info = cipher_info(c);

	return info ? info->junos : NULL;
}

const char *cipher_shown(enum cipher c)
{
	const struct cipher_info *info = cipher_info(c);

	return info ? info->shown : "null";
}

const char *cipher_shown_kek(enum cipher c)
{
	const struct cipher_info *info = cipher_info(c);

	return info && info->shown_kek ? info->shown_kek : "?";
}

/* --- integrity of ESP --- */

const struct auth_info *auth_info(enum auth a)
{
	for (size_t i = 0; i < ARRAY_SIZE(auths); i++)
		if (auths[i].id == a)
			return &auths[i];
	return NULL;
}

size_t auth_key_len(enum auth a)
{
	const struct auth_info *info = auth_info(a);

	return info ? info->key_len : 0;
}

enum auth auth_of_wire(uint32_t wire)
{
	for (size_t i = 0; i < ARRAY_SIZE(auths); i++)
		if (auths[i].wire == wire)
			return auths[i].id;
	return AUTH_NONE;
}

enum auth auth_of_junos(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(auths); i++)
		if (strcmp(auths[i].junos, name) == 0)
			return auths[i].id;
	return AUTH_NONE;
}

const char *auth_junos(enum auth a)
{
	const struct auth_info *info = auth_info(a);

	return info ? info->junos : "none";
}

const char *auth_shown(enum auth a)
{
	const struct auth_info *info = auth_info(a);

	return info ? info->shown : "none";
}

const char *auth_shown_server(enum auth a)
{
	const struct auth_info *info = auth_info(a);

	return info ? info->shown_server : "none";
}

/* --- hashes --- */

const struct hash_info *ike_hash_info(enum ike_hash h)
{
	for (size_t i = 0; i < ARRAY_SIZE(hashes); i++)
		if (hashes[i].ike == h)
			return &hashes[i];
	return NULL;
}

const struct hash_info *sig_hash_info(enum sig_hash h)
{
	for (size_t i = 0; i < ARRAY_SIZE(hashes); i++)
		if (hashes[i].sig == h)
			return &hashes[i];
	return NULL;
}

const char *sig_hash_shown(enum sig_hash h)
{
	const struct hash_info *info = sig_hash_info(h);

	return info ? info->shown : "?";
}

const char *sig_hash_shown_server(enum sig_hash h)
{
	const struct hash_info *info = sig_hash_info(h);

	return info ? info->shown_server : "?";
}

bool ike_hash_known(enum ike_hash h)
{
	return ike_hash_info(h);
}

size_t ike_hash_len(enum ike_hash h)
{
	const struct hash_info *info = ike_hash_info(h);

	return info ? info->len : 0;
}

const char *ike_hash_name(enum ike_hash h)
{
	const struct hash_info *info = ike_hash_info(h);

	return info ? info->junos : NULL;
}

/* --- signatures --- */

const struct sig_info *sig_info(enum sig_algorithm a)
{
	for (size_t i = 0; i < ARRAY_SIZE(sig_algorithms); i++)
		if (sig_algorithms[i].id == a)
			return &sig_algorithms[i];
	return NULL;
}

const char *sig_shown(enum sig_algorithm a)
{
	const struct sig_info *info = sig_info(a);

	return info ? info->shown : "?";
}

/* --- Diffie-Hellman --- */

const struct group_info *ike_group_info(enum ike_group g)
{
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
		if (groups[i].id == g)
			return &groups[i];
	return NULL;
}

bool ike_group_known(enum ike_group g)
{
	return ike_group_info(g);
}

bool group_is_ec(const struct group_info *g)
{
	return strcmp(g->type, "EC") == 0;
}

size_t ike_public_len(enum ike_group g)
{
	const struct group_info *info = ike_group_info(g);

	return info ? info->public_len : 0;
}

const char *ike_group_name(enum ike_group g)
{
	const struct group_info *info = ike_group_info(g);

	return info ? info->junos : NULL;
}

/* --- names of what is refused --- */

const char *esp_transform_name(uint8_t transform)
{
	static const char *const names[] = {
		[1] = "DES-IV64", [2] = "DES",       [3] = "3DES",       [4] = "RC5",         [5] = "IDEA",
		[6] = "CAST",     [7] = "Blowfish",  [8] = "3IDEA",      [9] = "DES-IV32",    [10] = "RC4",
		[11] = "NULL",    [13] = "AES-CTR",  [14] = "AES-CCM-8", [15] = "AES-CCM-12", [16] = "AES-CCM-16",
		[21] = "SEED",    [22] = "Camellia",
	};

	return transform < ARRAY_SIZE(names) && names[transform] ? names[transform] : "unknown";
}

const char *esp_auth_name(uint32_t wire)
{
	return wire == 0 ? "none" : wire == 1 ? "HMAC-MD5" : "unknown";
}

const char *kek_algorithm_name(uint32_t wire)
{
	return wire == 1 ? "DES" : wire == 2 ? "3DES" : "unknown";
}

const char *sig_algorithm_name(uint32_t wire)
{
	return wire == 2 ? "DSS" : wire == 3 ? "ECDSS" : "unknown";
}

const char *sig_hash_name(uint32_t wire)
{
	return wire == 1 ? "MD5" : "unknown";
}
