/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is odd in an imported configuration though it loads: slips that examples on paper have, and that the traffic
 * would show late.
 */
#ifndef MEMBER_IMPORT_NOTES_H
#define MEMBER_IMPORT_NOTES_H

#include "member/config/config.h"
#include <stdio.h>

#define IMPORT_ADDRESSES_MAX 256

struct import_addresses { /* of the device's interfaces; those beyond are dropped */
	uint32_t list[IMPORT_ADDRESSES_MAX];
	size_t n;
};

/* TEXT is "10.18.101.1/24"; what is no address is passed over. */
void import_addresses_add(struct import_addresses *a, const char *text);
/* A line to REPORT for each. */
void import_notes(FILE *report, const struct config *config, const struct import_addresses *addresses);

#endif
