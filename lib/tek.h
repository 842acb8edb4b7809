/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A traffic key with one of its policies, as ike/ reads it, the plan holds it and xfrm/ writes it.
 */
#ifndef LIB_TEK_H
#define LIB_TEK_H

#include "lib/algorithm.h"
#include "lib/secret.h"
#include "lib/selector.h"

enum address_preservation {                    /* RFC 6407 5.5.1.1.1, attribute 14 */
			    PRESERVE_BOTH = 0, /* also when absent or reserved 0 */
			    PRESERVE_NONE = 1,
			    PRESERVE_SOURCE_ONLY = 2,
			    PRESERVE_DESTINATION_ONLY = 3,
};

enum sa_direction {                   /* RFC 6407 5.5.1.1.2, attribute 15 */
		    SA_SYMMETRIC = 0, /* also when absent or reserved 0 */
		    SA_SENDER_ONLY = 1,
		    SA_RECEIVER_ONLY = 2,
};

/*
 * A traffic key as one of its policies has it (SA TEK payload and its key packet).  TEKs with one SPI are one IPsec SA,
 * shared by the group, with several policies.
 */
struct tek {
	uint32_t spi;
	struct selector sel;
	enum cipher cipher;
	enum auth auth;
	struct secret key; /* for GCM with the salt at its end */
	struct secret auth_key;
	uint32_t life_seconds;   /* remaining when received; 28800 when the server did not say (RFC 2407 4.5) */
	uint32_t life_kilobytes; /* 0: unlimited */
	enum address_preservation preserve;
	enum sa_direction direction;
	bool tunnel;
};

#endif
