/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/ident.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <strings.h>

#define UDP 17
#define IKE_PORT 500
#define ID_FIXED_LEN 4

static void put_address(uint8_t ret[static 4], uint32_t addr)
{
	for (int i = 0; i < 4; i++)
		ret[i] = (uint8_t)(addr >> (24 - 8 * i));
}

struct ike_id ident_of_address(uint32_t addr)
{
	struct ike_id id = { .type = IKE_ID_IPV4_ADDR, .len = 4 };

	put_address(id.data, addr);
	return id;
}

void ident_body(struct octets *ret, const struct ike_id *id)
{
	*ret = (struct octets){ .len = (uint16_t)(ID_FIXED_LEN + id->len), .data = { id->type } };
	memcpy(ret->data + ID_FIXED_LEN, id->data, id->len);
}

int ident_read(struct ike_id *ret, const struct octets *body, struct ike_diag *diag)
{
	struct reader r = reader_of(body->data, body->len);
	struct ike_id id = { .type = read_u8(&r) };
	uint8_t protocol = read_u8(&r);
	uint16_t port = read_u16(&r);

	if (r.failed || r.left == 0 || r.left > IKE_ID_MAX)
		return diag_fail(diag, -EBADMSG, CAUSE_ID_LENGTH, (size_t)body->len);
	if (!(protocol == 0 && port == 0) && !(protocol == UDP && (port == 0 || port == IKE_PORT || port == GDOI_PORT)))
		return diag_fail(diag, -EBADMSG, CAUSE_ID_PORT, protocol, port);
	if ((id.type == IKE_ID_IPV4_ADDR && r.left != 4) || (id.type == IKE_ID_IPV6_ADDR && r.left != 16))
		return diag_fail(diag, -EBADMSG, CAUSE_ID_ADDRESS_LENGTH, id.type == IKE_ID_IPV4_ADDR ? "IPv4" : "IPv6",
				 r.left);
	id.len = (uint8_t)r.left;
	memcpy(id.data, r.at, id.len);
	*ret = id;
	return 0;
}

bool ident_equal(const struct ike_id *a, const struct ike_id *b)
{
	if (a->type == IKE_ID_DER_ASN1_DN && b->type == IKE_ID_DER_ASN1_DN && ident_dn_equal(a, b))
		return true;
	if (a->type != b->type || a->len != b->len)
		return false;
	if (a->type == IKE_ID_FQDN)
		return strncasecmp((const char *)a->data, (const char *)b->data, a->len) == 0;
	return memcmp(a->data, b->data, a->len) == 0;
}

static bool all_printable(const struct ike_id *id)
{
	for (size_t i = 0; i < id->len; i++)
		if (id->data[i] <= ' ' || id->data[i] > '~' || id->data[i] == '"' || id->data[i] == '\\')
			return false;
	return id->len > 0 && memcmp(id->data, "0x", id->len < 2 ? 1 : 2) != 0;
}

static void put_octets(char ret[static IDENT_TEXT_MAX], const char *word, const struct ike_id *id)
{
	size_t n = (size_t)snprintf(ret, IDENT_TEXT_MAX, "%s 0x", word);

	for (size_t i = 0; i < id->len; i++) {
		if (n + 6 > IDENT_TEXT_MAX) {
			snprintf(ret + n, IDENT_TEXT_MAX - n, "...");
			return;
		}
		n += (size_t)snprintf(ret + n, IDENT_TEXT_MAX - n, "%02x", id->data[i]);
	}
}

static void put_text(char ret[static IDENT_TEXT_MAX], const char *word, const struct ike_id *id)
{
	char text[IKE_ID_MAX + 1];
	int n;

	diag_printable(text, sizeof(text), id->data, id->len);
	n = snprintf(ret, IDENT_TEXT_MAX, all_printable(id) ? "%s %s" : "%s \"%s\"", word, text);
	if (n >= IDENT_TEXT_MAX)
		memcpy(ret + IDENT_TEXT_MAX - 4, "...", 4);
}

const char *ident_text(const struct ike_id *id, char ret[static IDENT_TEXT_MAX])
{
	char text[IDENT_TEXT_MAX - 24];

	switch (id->type) {
	case IKE_ID_IPV4_ADDR:
		snprintf(ret, IDENT_TEXT_MAX, "inet %u.%u.%u.%u", id->data[0], id->data[1], id->data[2], id->data[3]);
		break;
	case IKE_ID_IPV6_ADDR:
		if (!inet_ntop(AF_INET6, id->data, text, sizeof(text)))
			text[0] = '\0';
		snprintf(ret, IDENT_TEXT_MAX, "inet6 %s", text);
		break;
	case IKE_ID_FQDN:
		put_text(ret, "hostname", id);
		break;
	case IKE_ID_USER_FQDN:
		put_text(ret, "user-at-hostname", id);
		break;
	case IKE_ID_DER_ASN1_DN:
		if (ident_dn_text(id, text, sizeof(text)))
			snprintf(ret, IDENT_TEXT_MAX, "distinguished-name \"%s\"", text);
		else
			put_octets(ret, "distinguished-name", id);
		break;
	case IKE_ID_DER_ASN1_GN:
		put_octets(ret, "general-name", id);
		break;
	case IKE_ID_KEY_ID:
		if (all_printable(id))
			put_text(ret, "key-id", id);
		else
			put_octets(ret, "key-id", id);
		break;
	default:
		snprintf(text, sizeof(text), "identity of type %u", id->type);
		put_octets(ret, text, id);
		break;
	}
	return ret;
}

void group_body(struct octets *ret, uint32_t group, enum pull_group_form form)
{
	struct ike_id id = ident_of_address(group);
	char text[16];

	switch (form) {
	case PULL_GROUP_KEY_ID:
		id.type = IKE_ID_KEY_ID;
		break;
	case PULL_GROUP_IPV4:
		break;
	case PULL_GROUP_TEXT:
		id.type = IKE_ID_KEY_ID;
		id.len = (uint8_t)snprintf(text, sizeof(text), "%" PRIu32, group);
		memcpy(id.data, text, id.len);
		break;
	}
	ident_body(ret, &id);
}

int group_read(uint32_t *ret, struct reader body, struct ike_diag *diag)
{
	uint8_t type = read_u8(&body);
	uint64_t v = 0;

	(void)read_bytes(&body, 3); /* RFC 6407 5.1: zero; a value has no meaning here */
	if (body.failed || body.left == 0 || (type != IKE_ID_KEY_ID && type != IKE_ID_IPV4_ADDR) ||
	    (type == IKE_ID_IPV4_ADDR && body.left != 4))
		return diag_fail(diag, -EBADMSG, CAUSE_GROUP_ID_TYPE, type, body.left);
	if (body.left == 4) {
		*ret = read_u32(&body);
		return 0;
	}
	while (body.left > 0) {
		uint8_t digit = read_u8(&body);

		if (digit < '0' || digit > '9')
			return diag_fail(diag, -EBADMSG, CAUSE_GROUP_ID_DIGITS);
		v = v * 10 + (uint64_t)(digit - '0');
		if (v > UINT32_MAX)
			return diag_fail(diag, -EBADMSG, CAUSE_GROUP_ID_LARGE);
	}
	*ret = (uint32_t)v;
	return 0;
}
