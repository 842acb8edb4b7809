/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A key server that does not answer as it should, so that a failover can be tested (man/gcks.8, "answer"): the answers
 * of enum gcks_answer, and the command that chooses one.
 */
#ifndef GCKS_ANSWER_H
#define GCKS_ANSWER_H

#include "tests/gcks/keys.h"
#include "tests/gcks/operate.h"

/*
 * DATA came from ADDR and PORT: if it opens an exchange (its responder cookie is zero, RFC 2408 3.1),
 * NO-PROPOSAL-CHOSEN in the clear goes to OUT.
 */
void gcks_answer_refuse(const uint8_t *data, size_t len, uint32_t addr, uint16_t port, struct ike_out *out);
/* Each datagram in OUT becomes random octets; every second one, by *COUNT, keeps its ISAKMP header. */
void gcks_answer_garble(struct ike_out *out, size_t *count, gcks_random_fn random, void *ctx);

GVPN_MUST_CHECK int gcks_answer_command(const struct operation *op, FILE *out, struct gcks_error *err);

#endif
