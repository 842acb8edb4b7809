/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/vendor.h"

#include <stdio.h>

static const uint8_t d3p[VENDOR_D3P_LEN] = VENDOR_D3P;

static bool is_d3p(const struct vendor_id *id)
{
	return id->len >= sizeof(d3p) && memcmp(id->data, d3p, sizeof(d3p)) == 0;
}

bool vendor_ids_d3p(const struct vendor_ids *v)
{
	for (size_t i = 0; i < v->n; i++)
		if (is_d3p(&v->list[i]))
			return true;
	return false;
}

static void take_vendor_id(struct vendor_ids *v, const struct reader *body)
{
	struct vendor_id id = { .len = (uint8_t)(body->left < VENDOR_ID_KEPT ? body->left : VENDOR_ID_KEPT) };

	if (id.len == 0)
		return;
	memcpy(id.data, body->at, id.len);
	if (v->n == VENDOR_IDS_MAX && (!is_d3p(&id) || vendor_ids_d3p(v)))
		return;
	for (size_t i = 0; i < v->n; i++)
		if (memcmp(&v->list[i], &id, sizeof(id)) == 0)
			return;
	if (v->n == VENDOR_IDS_MAX) /* the one that means something takes the last place */
		v->n--;
	v->list[v->n++] = id;
}

void vendor_ids_take(struct vendor_ids *v, const struct payloads *payloads)
{
	for (size_t i = 0; i < payloads->n; i++)
		if (payloads->list[i].type == PAYLOAD_VENDOR_ID)
			take_vendor_id(v, &payloads->list[i].body);
}

/* By what they begin with: some end with a version. */
static const char *name_of(const struct vendor_id *id)
{
	static const struct {
		const char *name;
		uint8_t len, data[16];
	} known[] = {
		{ "dead peer detection (RFC 3706)",
		  14,
		  { 0xaf, 0xca, 0xd7, 0x13, 0x68, 0xa1, 0xf1, 0xc9, 0x6b, 0x86, 0x96, 0xfc, 0x77, 0x57 } },
		{ "NAT traversal (RFC 3947)",
		  16,
		  { 0x4a, 0x13, 0x1c, 0x81, 0x07, 0x03, 0x58, 0x45, 0x5c, 0x57, 0x28, 0xf2, 0x0e, 0x95, 0x45, 0x2f } },
		{ "XAUTH", 6, { 0x09, 0x00, 0x26, 0x89, 0xdf, 0xd6 } },
		{ "Cisco Unity",
		  14,
		  { 0x12, 0xf5, 0xf2, 0x8c, 0x45, 0x71, 0x68, 0xa9, 0x70, 0x2d, 0x9f, 0xe2, 0x74, 0xcc } },
		{ "IKE fragmentation",
		  16,
		  { 0x40, 0x48, 0xb7, 0xd5, 0x6e, 0xbc, 0xe8, 0x85, 0x25, 0xe7, 0xde, 0x7f, 0x00, 0xd6, 0xc2, 0xd3 } },
		{ VENDOR_D3P_NAME, VENDOR_D3P_LEN, VENDOR_D3P },
		{ "strongSwan",
		  16,
		  { 0x88, 0x2f, 0xe5, 0x6d, 0x6f, 0xd2, 0x0d, 0xbc, 0x22, 0x51, 0x61, 0x3b, 0x2e, 0xbe, 0x5b, 0xeb } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (id->len >= known[i].len && memcmp(id->data, known[i].data, known[i].len) == 0)
			return known[i].name;
	return NULL;
}

const char *vendor_id_text(const struct vendor_id *id, char ret[static VENDOR_ID_TEXT_MAX])
{
	const char *name = name_of(id);
	size_t n = (size_t)snprintf(ret, VENDOR_ID_TEXT_MAX, "%s", name ? name : "0x");

	for (size_t i = 0; !name && i < id->len; i++)
		n += (size_t)snprintf(ret + n, VENDOR_ID_TEXT_MAX - n, "%02x", id->data[i]);
	return ret;
}

const char *vendor_ids_text(const struct vendor_ids *v, char ret[static VENDOR_TEXT_MAX])
{
	char text[VENDOR_ID_TEXT_MAX];
	size_t n = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < v->n && n + VENDOR_ID_TEXT_MAX < VENDOR_TEXT_MAX; i++)
		n += (size_t)snprintf(ret + n, VENDOR_TEXT_MAX - n, "%s%s", i > 0 ? ", " : "",
				      vendor_id_text(&v->list[i], text));
	return ret;
}
