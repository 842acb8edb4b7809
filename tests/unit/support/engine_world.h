/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One scope's input of the rule engine with the room for its arrays, read from lines of text or made at random.
 *
 * Lines (the tables of cases are made of them):
 *
 *   zones | filter			a fresh scope: zones LAN (lan0) to WAN (wan0, wan1), or service filters of wan0
 *   local ADDRESS			10.18.101.1 until said
 *   server ADDRESS			one more
 *   exclude|open NAME SELECTOR		one more rule
 *   output|input NAME service|skip SELECTOR	one more term
 *   policy NAME SELECTOR		the next group policy of the server, without key
 *   key NAME | lose NAME		the policy has a TEK, or has none
 *   downloaded | forgotten		whether the group's policies are known
 *   closed				no fail-open rules, as a stop leaves it (D6)
 *
 * SELECTOR is "SOURCE DESTINATION SERVICE", SERVICE "any" or a protocol (tcp, udp, icmp, ospf, esp, sctp, ports) with
 * ",s=PORT[-PORT]" and ",d=PORT[-PORT]"; "ports" is any protocol that has them.
 */
#ifndef TESTS_UNIT_SUPPORT_ENGINE_WORLD_H
#define TESTS_UNIT_SUPPORT_ENGINE_WORLD_H

#include "policy/engine.h"

#include <stdio.h>

#define WORLD_MOST 16
#define WORLD_NAME_MAX 24

struct engine_world {
	struct engine_scope scope;
	struct engine_rule exclude[WORLD_MOST], open[WORLD_MOST];
	struct engine_term output[WORLD_MOST], input[WORLD_MOST];
	struct engine_policy policies[WORLD_MOST];
	char policy_names[WORLD_MOST][WORLD_NAME_MAX];
	struct tek teks[WORLD_MOST];
	struct engine_key keys[WORLD_MOST];
	struct engine_fit fits[WORLD_MOST];
	char names[4 * WORLD_MOST][WORLD_NAME_MAX];
	size_t n_names;
};

#define WORLD_REQID 0x67760000u /* of the first policy; the others follow */

void engine_world_init(struct engine_world *w, bool filter);

/* Aborts the test, naming the line, when it is none of the above. */
void engine_world_line(struct engine_world *w, const char *line);

/* "SOURCE DESTINATION SERVICE" as a packet: whole addresses and single ports. */
struct packet_key engine_world_packet(const char *text);

/* A name that lives as long as the world. */
const char *engine_world_name(struct engine_world *w, const char *name);

/* The keys of the policies that have one: SPI 0x1000 for the first policy, and so on. */
void engine_world_keys(struct engine_world *w);

void engine_world_print(const struct engine_world *w, FILE *out);
void engine_packet_print(const struct packet_key *p, bool in, FILE *out);
void engine_plan_print(const struct plan_scope *s, FILE *out);

/* A decision in the words of the tables of cases: "esp P1", "clear exclude:bgp", "block close". */
#define DECISION_TEXT_MAX (GVPN_NAME_MAX + 32)
void engine_decision_text(const struct engine_world *w, const struct plan_rule *r, char buf[static DECISION_TEXT_MAX]);

#endif
