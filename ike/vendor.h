/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Vendor ID payloads (RFC 2408 3.16) that a peer sends in phase 1: they mean nothing to us, and tell an operator whose
 * implementation it is.  As many are kept, and as many octets of each, as fit.
 */
#ifndef IKE_VENDOR_H
#define IKE_VENDOR_H

#include "ike/isakmp.h"

#define VENDOR_TEXT_MAX 300

struct vendor_ids {
	struct vendor_id {
		uint8_t len, data[VENDOR_ID_KEPT];
	} list[VENDOR_IDS_MAX];
	size_t n;
};

/* Adds the vendor ids of a message, each once. */
void vendor_ids_take(struct vendor_ids *v, const struct payloads *payloads);
/* Its name, or its octets; gives RET. */
#define VENDOR_ID_TEXT_MAX (2 * VENDOR_ID_KEPT + 20)
const char *vendor_id_text(const struct vendor_id *id, char ret[static VENDOR_ID_TEXT_MAX]);
/* The names of the vendor ids, or the octets of an id without a name, with commas between; gives RET. */
const char *vendor_ids_text(const struct vendor_ids *v, char ret[static VENDOR_TEXT_MAX]);

#endif
