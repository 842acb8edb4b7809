/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/signature.h"

#include "ike/crypto.h"
#include "ike/diag.h"

#include <openssl/core_names.h>
#include <openssl/decoder.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdlib.h>

#define ECDSA_DER_MAX 144 /* SEQUENCE of two INTEGERs of at most 67 octets each */
#define GROUP_NAME_MAX 32

struct signature_key {
	EVP_PKEY *pkey;
	enum sig_algorithm algorithm;
	const char *digest;
};

static const char *digest_name(enum sig_algorithm algorithm, enum sig_hash hash)
{
	const struct sig_info *sig = sig_info(algorithm);
	const struct hash_info *info;

	if (!sig)
		return NULL;
	/* RFC 4754 1: each curve has one hash, whatever SIG_HASH_ALGORITHM says */
	info = sig_hash_info(sig->implied != 0 ? sig->implied : hash);
	return info ? info->openssl : NULL;
}

static EVP_PKEY *decode_key(const struct kek *kek, const char *type, const char *structure)
{
	const unsigned char *at = kek->pubkey;
	size_t left = kek->pubkey_len;
	EVP_PKEY *pkey = NULL;
	OSSL_DECODER_CTX *ctx =
		OSSL_DECODER_CTX_new_for_pkey(&pkey, "DER", structure, type, EVP_PKEY_PUBLIC_KEY, NULL, NULL);

	if (ctx && (OSSL_DECODER_from_data(ctx, &at, &left) != 1 || left != 0)) {
		EVP_PKEY_free(pkey);
		pkey = NULL;
	}
	OSSL_DECODER_CTX_free(ctx);
	return pkey;
}

/* The named curve itself: parameters that only resemble it are not taken. */
static bool on_curve(const EVP_PKEY *pkey, const char *group)
{
	char name[GROUP_NAME_MAX];
	int explicit = 0;

	if (EVP_PKEY_is_a(pkey, "EC") != 1 ||
	    EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_GROUP_NAME, name, sizeof(name), NULL) != 1 ||
	    strcmp(name, group) != 0)
		return false;
	return EVP_PKEY_get_int_param(pkey, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &explicit) != 1 ||
	       !explicit;
}

static int judge_key(const EVP_PKEY *pkey, enum sig_algorithm algorithm, struct ike_cause *ret_cause)
{
	const struct sig_info *sig = sig_info(algorithm);
	int bits = EVP_PKEY_get_bits(pkey);

	if (sig->curve) {
		if (on_curve(pkey, sig->curve))
			return 0;
		return cause_set(ret_cause, -EINVAL, CAUSE_KEY_CURVE, sig->curve_name);
	}
	if (EVP_PKEY_is_a(pkey, "RSA") != 1) {
		return cause_set(ret_cause, -EINVAL, CAUSE_KEY_NOT_RSA);
	}
	if (bits >= SIGNATURE_RSA_BITS_MIN && bits <= SIGNATURE_RSA_BITS_MAX)
		return 0;
	return cause_set(ret_cause, -EINVAL, CAUSE_KEY_RSA_BITS, bits, SIGNATURE_RSA_BITS_MIN, SIGNATURE_RSA_BITS_MAX);
}

static int digest_of(const struct kek *kek, uint8_t ret[static CRYPTO_HASH_MAX])
{
	const uint8_t algorithm = (uint8_t)kek->sig_algorithm;
	struct chunk parts[] = { { &algorithm, 1 }, { kek->pubkey, kek->pubkey_len } };

	return crypto_hash(IKE_SHA256, parts, ARRAY_SIZE(parts), ret);
}

static bool was_checked(const struct signature_checked *checked, const uint8_t *digest)
{
	for (size_t i = 0; i < checked->n; i++)
		if (memcmp(checked->digests[i], digest, sizeof(checked->digests[i])) == 0)
			return true;
	return false;
}

static void keep_checked(struct signature_checked *checked, const uint8_t *digest)
{
	size_t older = checked->n < SIGNATURE_CHECKED_MAX ? checked->n++ : SIGNATURE_CHECKED_MAX - 1;

	memmove(checked->digests[1], checked->digests[0], older * sizeof(checked->digests[0]));
	memcpy(checked->digests[0], digest, sizeof(checked->digests[0]));
}

static int check_numbers(EVP_PKEY *pkey, struct ike_cause *ret_cause)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	bool good = ctx && EVP_PKEY_public_check(ctx) == 1;

	EVP_PKEY_CTX_free(ctx);
	if (good)
		return 0;
	return cause_set(ret_cause, -EINVAL, CAUSE_KEY_NUMBERS);
}

/* SIG_KEY_LENGTH (RFC 6407 5.3.7).  For P-521 some say 521 and some whole octets. */
static int check_bits(const EVP_PKEY *pkey, const struct kek *kek, struct ike_cause *ret_cause)
{
	uint32_t bits = (uint32_t)EVP_PKEY_get_bits(pkey);

	if (kek->sig_key_bits == 0 || kek->sig_key_bits == bits || kek->sig_key_bits == (bits + 7) / 8 * 8)
		return 0;
	return cause_set(ret_cause, -EINVAL, CAUSE_KEY_BITS, kek->sig_key_bits, bits);
}

static int check_once(EVP_PKEY *pkey, const struct kek *kek, struct signature_checked *checked,
		      struct ike_cause *ret_cause)
{
	uint8_t digest[CRYPTO_HASH_MAX];
	int r;

	if (!checked || digest_of(kek, digest) < 0)
		return check_numbers(pkey, ret_cause);
	if (was_checked(checked, digest))
		return 0;
	r = check_numbers(pkey, ret_cause);
	if (r == 0)
		keep_checked(checked, digest);
	return r;
}

static int public_key(EVP_PKEY **ret, const struct kek *kek, struct signature_checked *checked,
		      struct ike_cause *ret_cause)
{
	EVP_PKEY *pkey = NULL;
	int r;

	if (kek->pubkey_len > 0 && kek->pubkey_len <= sizeof(kek->pubkey))
		pkey = decode_key(kek, NULL, "SubjectPublicKeyInfo");
	if (!pkey && kek->sig_algorithm == SIG_RSA && kek->pubkey_len > 0 && kek->pubkey_len <= sizeof(kek->pubkey))
		pkey = decode_key(kek, "RSA", "type-specific");
	if (!pkey) {
		return cause_set(ret_cause, -EINVAL, CAUSE_KEY_ENCODING, kek->pubkey_len);
	}
	r = judge_key(pkey, kek->sig_algorithm, ret_cause);
	if (r == 0)
		r = check_bits(pkey, kek, ret_cause);
	if (r == 0)
		r = check_once(pkey, kek, checked, ret_cause);
	if (r < 0) {
		EVP_PKEY_free(pkey);
		return r;
	}
	*ret = pkey;
	return 0;
}

int signature_key_new(struct signature_key **ret, const struct kek *kek, bool allow_sha1,
		      struct signature_checked *checked, struct ike_cause *ret_cause)
{
	struct signature_key made = { .algorithm = kek->sig_algorithm,
				      .digest = digest_name(kek->sig_algorithm, kek->sig_hash) };
	struct signature_key *k;
	int r;

	if (!made.digest) {
		return cause_set(ret_cause, -EINVAL, CAUSE_KEY_ALGORITHM, (int)kek->sig_algorithm, (int)kek->sig_hash);
	}
	if (kek->sig_algorithm == SIG_RSA && kek->sig_hash == SIG_HASH_SHA1 && !allow_sha1) {
		return cause_set(ret_cause, -EINVAL, CAUSE_KEY_SHA1);
	}
	r = public_key(&made.pkey, kek, checked, ret_cause);
	ERR_clear_error();
	if (r < 0)
		return r;
	k = malloc(sizeof(*k));
	if (!k) {
		EVP_PKEY_free(made.pkey);
		return cause_set(ret_cause, -ENOMEM, CAUSE_MEMORY);
	}
	*k = made;
	*ret = k;
	return 0;
}

void signature_key_free(struct signature_key *k)
{
	if (!k)
		return;
	EVP_PKEY_free(k->pkey);
	free(k);
}

bool signature_key_equal(const struct signature_key *a, const struct signature_key *b)
{
	return a->algorithm == b->algorithm && strcmp(a->digest, b->digest) == 0 && EVP_PKEY_eq(a->pkey, b->pkey) == 1;
}

/* r | s of RFC 4754 3 as the DER that the library takes.  Returns its length, 0 when it failed. */
static size_t der_of_raw(struct chunk raw, uint8_t ret[static ECDSA_DER_MAX])
{
	size_t number = raw.len / 2;
	const uint8_t *octets = raw.data;
	BIGNUM *r = BN_bin2bn(octets, (int)number, NULL), *s = BN_bin2bn(octets + number, (int)number, NULL);
	ECDSA_SIG *sig = ECDSA_SIG_new();
	unsigned char *at = ret;
	int len = -1;

	if (r && s && sig && ECDSA_SIG_set0(sig, r, s) == 1) { /* SIG owns them now */
		r = s = NULL;
		len = i2d_ECDSA_SIG(sig, NULL);
		if (len > 0 && len <= ECDSA_DER_MAX)
			len = i2d_ECDSA_SIG(sig, &at);
		else
			len = -1;
	}
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(sig);
	return len > 0 ? (size_t)len : 0;
}

static bool raw_of_der(const uint8_t *der, size_t len, size_t number, uint8_t *ret)
{
	const unsigned char *at = der;
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &at, (long)len);
	bool good = sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), ret, (int)number) == (int)number &&
		    BN_bn2binpad(ECDSA_SIG_get0_s(sig), ret + number, (int)number) == (int)number;

	ECDSA_SIG_free(sig);
	return good;
}

static bool set_padding(EVP_PKEY_CTX *ctx, enum sig_algorithm algorithm)
{
	return algorithm != SIG_RSA || EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1;
}

static int verify_digest(EVP_MD_CTX *ctx, const struct signature_key *k, const struct chunk *parts, size_t n,
			 struct chunk signature)
{
	EVP_PKEY_CTX *pctx; /* owned by CTX */

	if (EVP_DigestVerifyInit_ex(ctx, &pctx, k->digest, NULL, NULL, k->pkey, NULL) != 1 ||
	    !set_padding(pctx, k->algorithm))
		return -EIO;
	for (size_t i = 0; i < n; i++)
		if (EVP_DigestVerifyUpdate(ctx, parts[i].data, parts[i].len) != 1)
			return -EIO;
	return EVP_DigestVerifyFinal(ctx, signature.data, signature.len) == 1 ? 0 : -EBADMSG;
}

int signature_verify(const struct signature_key *k, const struct chunk *parts, size_t n, struct chunk signature)
{
	size_t number = sig_info(k->algorithm)->number_len;
	uint8_t der[ECDSA_DER_MAX];
	EVP_MD_CTX *ctx;
	int r = -EIO;

	if (signature.len != (number > 0 ? 2 * number : (size_t)EVP_PKEY_get_size(k->pkey)))
		return -EBADMSG;
	if (number > 0)
		signature = (struct chunk){ der, der_of_raw(signature, der) };
	if (signature.len == 0)
		return -EIO;
	ctx = EVP_MD_CTX_new();
	if (ctx)
		r = verify_digest(ctx, k, parts, n, signature);
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return r;
}

int signature_len(const struct kek *kek, EVP_PKEY *pair, size_t *ret)
{
	const struct sig_info *sig = sig_info(kek->sig_algorithm);
	size_t len;

	if (!sig)
		return -EINVAL;
	if (sig->curve) {
		if (!on_curve(pair, sig->curve))
			return -EINVAL;
		len = 2 * sig->number_len;
	} else {
		if (EVP_PKEY_is_a(pair, "RSA") != 1)
			return -EINVAL;
		len = (size_t)EVP_PKEY_get_size(pair);
	}
	if (len > SIGNATURE_MAX)
		return -EINVAL;
	*ret = len;
	return 0;
}

static int sign_digest(EVP_MD_CTX *ctx, const struct kek *kek, EVP_PKEY *pair, const struct chunk *parts, size_t n,
		       uint8_t *ret, size_t *len)
{
	const char *digest = digest_name(kek->sig_algorithm, kek->sig_hash);
	EVP_PKEY_CTX *pctx; /* owned by CTX */

	if (!digest)
		return -EINVAL;
	if (EVP_DigestSignInit_ex(ctx, &pctx, digest, NULL, NULL, pair, NULL) != 1 ||
	    !set_padding(pctx, kek->sig_algorithm))
		return -EIO;
	for (size_t i = 0; i < n; i++)
		if (EVP_DigestSignUpdate(ctx, parts[i].data, parts[i].len) != 1)
			return -EIO;
	return EVP_DigestSignFinal(ctx, ret, len) == 1 ? 0 : -EIO;
}

int signature_make(const struct kek *kek, EVP_PKEY *pair, const struct chunk *parts, size_t n,
		   uint8_t ret[static SIGNATURE_MAX])
{
	size_t number, want, len = SIGNATURE_MAX;
	uint8_t made[SIGNATURE_MAX];
	EVP_MD_CTX *ctx;
	int r = signature_len(kek, pair, &want);

	if (r < 0)
		return r;
	number = sig_info(kek->sig_algorithm)->number_len;
	ctx = EVP_MD_CTX_new();
	r = ctx ? sign_digest(ctx, kek, pair, parts, n, made, &len) : -ENOMEM;
	EVP_MD_CTX_free(ctx);
	if (r == 0 && number > 0)
		r = raw_of_der(made, len, number, ret) ? 0 : -EIO;
	else if (r == 0 && len == want)
		memcpy(ret, made, want);
	else if (r == 0)
		r = -EIO;
	ERR_clear_error();
	return r;
}
