/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random input for the rule engine, from a small world of addresses and ports, so that rules and packets meet. */
#ifndef TESTS_UNIT_SUPPORT_ENGINE_RANDOM_H
#define TESTS_UNIT_SUPPORT_ENGINE_RANDOM_H

#include "tests/unit/support/engine_world.h"

struct engine_random {
	uint64_t state; /* the same start gives the same cases everywhere */
};

uint32_t engine_random_below(struct engine_random *r, uint32_t n);

/* A configuration with its key states. */
void engine_random_world(struct engine_random *r, struct engine_world *w);

/* A packet as it is on the wire; most fit one of the world's rules, some just miss it. */
struct packet_key engine_random_packet(struct engine_random *r, const struct engine_world *w, bool in);

#endif
