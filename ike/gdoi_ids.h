/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What SA KEK and SA TEK payloads begin with (RFC 6407 5.3 and 5.5.1): a protocol and two identities.
 *
 *  |   Protocol    |  SRC ID Type  |         SRC ID Port           |
 *  |SRC ID Data Len|          SRC Identification Data              ~
 *  | DST ID Type   |         DST ID Port           |DST ID Data Len|
 *  |                    DST Identification Data                    ~
 *
 * The RFC has lengths of one octet; a commercial server sends two, in both payloads.  No identity that occurs is 256
 * octets long, so the right form is the one that consumes the payload exactly, with well-formed attributes at its end.
 */
#ifndef IKE_GDOI_IDS_H
#define IKE_GDOI_IDS_H

#include "ike/isakmp.h"

#define GDOI_ID_IPV4_SUBNET 4
#define GDOI_ID_IPV6_ADDR 5
#define GDOI_ID_IPV6_SUBNET 6
#define GDOI_ID_IPV4_RANGE 7
#define GDOI_ID_IPV6_RANGE 8

struct gdoi_id {
	uint8_t type;
	uint16_t port;
	struct chunk data;
};

struct gdoi_ids {
	uint8_t protocol;
	struct gdoi_id src, dst;
};

/* R is at the protocol, and after it at what follows the identities: FIXED octets, then attributes.  -EBADMSG. */
GVPN_MUST_CHECK int gdoi_ids_read(struct gdoi_ids *ret, const char *payload, struct reader *r, size_t fixed,
				  struct ike_diag *diag);

struct gdoi_style {
	uint32_t server, member; /* the ends of a push */
	bool id_length_2;
};

/* An address, or a subnet when the prefix is shorter; of the port. */
void gdoi_id_write(struct writer *w, const struct ip_prefix *prefix, uint16_t port, bool id_length_2);

/*
 * An IPv4 address, subnet, or range that is one prefix.  -EPROTONOSUPPORT with the cause, which names SIDE ("source"):
 * another type, a mask with holes, a range that is no prefix, nothing at all, the host 0.0.0.0.
 */
GVPN_MUST_CHECK int gdoi_id_prefix(struct ip_prefix *ret, const struct gdoi_id *id, const char *side,
				   struct ike_cause *cause);

#endif
