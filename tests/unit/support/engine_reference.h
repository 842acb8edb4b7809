/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A second opinion: what happens to one packet, worked out from the engine's input row by row (D1-D6, C5 of the
 * requirements), one bit at a time and without ever making a list of rules.  It shares no code with policy/.
 */
#ifndef TESTS_UNIT_SUPPORT_ENGINE_REFERENCE_H
#define TESTS_UNIT_SUPPORT_ENGINE_REFERENCE_H

#include "policy/engine.h"

struct reference_decision {
	enum plan_verdict verdict;
	enum plan_reason reason;
	uint32_t reqid;   /* of the group policy that decided, else 0 */
	const char *name; /* of the rule or term that decided, else "" */
};

/* PACKET as it is on the wire; IN: it comes by the external interface, else it leaves by it. */
struct reference_decision reference_decide(const struct engine_scope *s, const struct packet_key *packet, bool in);

#endif
