/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ID_DER_ASN1_DN (RFC 2407 4.6.2.9): an X.500 name.  It has several encodings (PrintableString or UTF8String), so names
 * are compared as names; as text they are TYPE=VALUE, from the most significant one on, with commas between.
 */
#include "ike/ident.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdlib.h>

static X509_NAME *decode_dn(const struct ike_id *id)
{
	const unsigned char *at = id->data;
	X509_NAME *name = d2i_X509_NAME(NULL, &at, id->len);

	if (name && at != id->data + id->len) {
		X509_NAME_free(name);
		name = NULL;
	}
	ERR_clear_error();
	return name;
}

bool ident_dn_equal(const struct ike_id *a, const struct ike_id *b)
{
	X509_NAME *x = decode_dn(a), *y = decode_dn(b);
	bool equal = x && y && X509_NAME_cmp(x, y) == 0;

	X509_NAME_free(x);
	X509_NAME_free(y);
	ERR_clear_error();
	return equal;
}

/* TYPE=VALUE of one part, up to the comma; a backslash takes the next octet as it is. */
static bool add_part(X509_NAME *name, const char **at)
{
	char type[32], value[IKE_ID_MAX + 1];
	const char *c = *at;
	size_t n = 0;

	while (*c == ' ')
		c++;
	for (; *c && *c != '=' && *c != ',' && n + 1 < sizeof(type); c++)
		type[n++] = *c;
	type[n] = '\0';
	if (n == 0 || *c++ != '=')
		return false;
	for (n = 0; *c && *c != ',' && n + 1 < sizeof(value); c++) {
		if (*c == '\\' && c[1])
			c++;
		value[n++] = *c;
	}
	value[n] = '\0';
	if (n == 0 || (*c && *c != ','))
		return false;
	*at = *c ? c + 1 : c;
	if (*c && !**at) /* a comma at the end */
		return false;
	return X509_NAME_add_entry_by_txt(name, type, MBSTRING_UTF8, (const unsigned char *)value, (int)n, -1, 0) == 1;
}

int ident_dn_read(struct ike_id *ret, const char *text)
{
	X509_NAME *name = X509_NAME_new();
	struct ike_id id = { .type = IKE_ID_DER_ASN1_DN };
	unsigned char *to = id.data;
	bool good = name && *text;
	int len = -1;

	while (good && *text)
		good = add_part(name, &text);
	if (good)
		len = i2d_X509_NAME(name, NULL);
	good = good && len > 0 && len <= IKE_ID_MAX && i2d_X509_NAME(name, &to) == len;
	X509_NAME_free(name);
	ERR_clear_error();
	if (!good)
		return -EINVAL;
	id.len = (uint8_t)len;
	*ret = id;
	return 0;
}

bool ident_dn_text(const struct ike_id *id, char *ret, size_t size)
{
	X509_NAME *name = decode_dn(id);
	BIO *bio = BIO_new(BIO_s_mem());
	/* As RFC 2253 quotes, in the order of the name. */
	unsigned long flags = (XN_FLAG_RFC2253 & ~(unsigned long)XN_FLAG_DN_REV) | XN_FLAG_SEP_COMMA_PLUS;
	bool good = name && bio && X509_NAME_print_ex(bio, name, 0, flags) > 0;
	char *text = NULL;
	long len = good ? BIO_get_mem_data(bio, &text) : 0;

	good = len > 0 && (size_t)len < size;
	if (good)
		diag_printable(ret, size, (const uint8_t *)text, (size_t)len);
	BIO_free(bio);
	X509_NAME_free(name);
	ERR_clear_error();
	return good;
}
