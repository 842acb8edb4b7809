/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Identification payloads of phase 1 (RFC 2407 4.6.2) and of a pull, where they name the group (RFC 6407 5.1).  Bodies
 * are kept as they were sent, because the hashes cover them.
 *
 *  | ID type | protocol | port (2) |  data ...
 */
#ifndef IKE_IDENT_H
#define IKE_IDENT_H

#include "ike/buf.h"
#include "ike/diag.h"
#include "ike/pull.h"

#define IDENT_TEXT_MAX 160

struct ike_id ident_of_address(uint32_t addr);
void ident_body(struct octets *ret, const struct ike_id *id); /* protocol and port 0 */
/* -EBADMSG: too short, too long, or a protocol and port that RFC 2407 4.6.2 and known peers do not use. */
GVPN_MUST_CHECK int ident_read(struct ike_id *ret, const struct octets *body, struct ike_diag *diag);
/* Domain names without regard to case, X.500 names as names, the rest octet by octet. */
bool ident_equal(const struct ike_id *a, const struct ike_id *b);
/* As the configuration has it, "hostname ks.example.net"; printable, cut with "..." when it is too long; gives RET. */
const char *ident_text(const struct ike_id *id, char ret[static IDENT_TEXT_MAX]);

/* --- ident_dn.c: X.500 names --- */

bool ident_dn_equal(const struct ike_id *a, const struct ike_id *b);
/* "CN=ks, O=Example" as it is encoded.  -EINVAL: no such name, or too long. */
GVPN_MUST_CHECK int ident_dn_read(struct ike_id *ret, const char *text);
bool ident_dn_text(const struct ike_id *id, char *ret, size_t size); /* false: it is none, or does not fit */

void group_body(struct octets *ret, uint32_t group, enum pull_group_form form);
/* A key id of four octets, an address, or a key id of decimal digits (of any other length).  -EBADMSG. */
GVPN_MUST_CHECK int group_read(uint32_t *ret, struct reader body, struct ike_diag *diag);

#endif
