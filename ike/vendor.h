/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Vendor ID payloads (RFC 2408 3.16) that a peer sends in phase 1.  They tell an operator whose implementation it is,
 * and one of them that a key server does D3P.  No other means anything here.  As many are kept, and as many octets of
 * each, as fit.
 */
#ifndef IKE_VENDOR_H
#define IKE_VENDOR_H

#include "ike/isakmp.h"

#define VENDOR_TEXT_MAX 300

/*
 * The MD5 of "draft-weis-delay-detection-01": a key server says by it that its groups may use D3P with IP protocol 253
 * (doc/d3p.md).
 */
#define VENDOR_D3P_LEN 16
#define VENDOR_D3P                                                                                                     \
	{                                                                                                              \
		0x11, 0x00, 0x88, 0x39, 0x7f, 0x51, 0xfe, 0x96, 0x69, 0xb9, 0x63, 0x04, 0x76, 0x35, 0x8b, 0xec         \
	}
#define VENDOR_D3P_NAME "D3P (draft-weis-delay-detection-01)"

struct vendor_ids {
	struct vendor_id {
		uint8_t len, data[VENDOR_ID_KEPT];
	} list[VENDOR_IDS_MAX];
	size_t n;
};

/* Adds the vendor ids of a message, each once. */
void vendor_ids_take(struct vendor_ids *v, const struct payloads *payloads);
bool vendor_ids_d3p(const struct vendor_ids *v); /* VENDOR_D3P is among them */
/* Its name, or its octets; gives RET. */
#define VENDOR_ID_TEXT_MAX (2 * VENDOR_ID_KEPT + 20)
const char *vendor_id_text(const struct vendor_id *id, char ret[static VENDOR_ID_TEXT_MAX]);
/* The names of the vendor ids, or the octets of an id without a name, with commas between; gives RET. */
const char *vendor_ids_text(const struct vendor_ids *v, char ret[static VENDOR_TEXT_MAX]);

#endif
