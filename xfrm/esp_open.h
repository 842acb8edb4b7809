/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Opens one ESP packet of a counter mode with its key, as a receiver would (RFC 4106, RFC 4543).  The search for an SA
 * (search.h) believes no IV that it has not opened a packet with: a hook of the kernel may see the packet before
 * the IV is written into it.
 */
#ifndef XFRM_ESP_OPEN_H
#define XFRM_ESP_OPEN_H

#include "lib/tek.h"

#define ESP_HEADER_LEN 8 /* SPI, sequence number (RFC 4303 2) */
#define ESP_IV_LEN 8     /* of counter modes (RFC 4106 3.1) */

struct esp_opened {
	uint32_t spi, sequence;
	uint64_t iv;
	uint8_t next_header;
	size_t inner_len; /* of what the packet carries, without padding */
};

/*
 * DATA is the packet from its ESP header on.  0: the ICV is right; what the packet carries is in INNER, *RET says how
 * long it is.  -EBADMSG: the ICV is wrong, or the padding is not that of RFC 4303 2.4; nothing of RET and INNER counts.
 * -EINVAL: too short to be ESP, or TEK is not one of a counter mode; -EMSGSIZE: SIZE octets are too few; -EIO: the
 * crypto library.
 */
GVPN_MUST_CHECK int esp_open(const struct tek *tek, const uint8_t *data, size_t len, uint8_t *inner, size_t size,
			     struct esp_opened *ret);

#endif
