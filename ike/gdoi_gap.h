/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Group Associated Policy payload (RFC 6407 5.4): a generic header and attributes.
 */
#ifndef IKE_GDOI_GAP_H
#define IKE_GDOI_GAP_H

#include "ike/download.h"
#include "ike/isakmp.h"

/*
 * Fills the GAP part of *D.  NUMBERS: those of the attributes without an assigned one; NULL: as in download.h.
 * -EBADMSG.  An unknown attribute is kept in D, noted and passed over.  5.4 wants an abort, but vendors use numbers of
 * their own for what has none (anti-replay by time), and a member that aborts has no keys at all.
 */
GVPN_MUST_CHECK int gdoi_gap_read(struct download *d, const struct gap_numbers *numbers, struct reader body,
				  struct ike_diag *diag);
/* The value of an unknown attribute in hexadecimal digits; gives RET. */
#define GAP_VALUE_TEXT_MAX (2 + 2 * GAP_UNKNOWN_KEPT + 20)
const char *gdoi_gap_value_text(const struct gap_attribute *a, char ret[static GAP_VALUE_TEXT_MAX]);
/* Unknown attributes too, with values of at most GAP_UNKNOWN_KEPT octets: for the tests of the other side. */
void gdoi_gap_write(struct writer *w, struct chain *c, const struct download *d);
/*
 * The GAP of a pull's third message, in which a member asks for N sender ids (RFC 6407 5.4.2).  Reading, a server's
 * half: 0 when it asks for none; other attributes mean nothing from a member.  -EBADMSG
 */
GVPN_MUST_CHECK int gdoi_gap_read_request(uint16_t *ret, struct reader body, struct ike_diag *diag);
void gdoi_gap_write_request(struct writer *w, struct chain *c, uint16_t n);

#endif
