/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One group VPN of this member: its registration with the servers in order, its keys, its timers.  Pure: no socket and
 * no clock.  Everything that a group does to the world is an effect (member/group/effects.h) that its owner carries
 * out, so that whole lives run in a unit test.
 *
 *   IDLE -> REGISTERING -> REGISTERED -> RENEWING -> REGISTERED ...
 *               |  ^                        |
 *               v  |   (all servers failed) v
 *     WAITING or UNUSABLE <-----------------+
 *
 * Times are milliseconds of the boot time clock.
 */
#ifndef MEMBER_GROUP_GROUP_H
#define MEMBER_GROUP_GROUP_H

#include "ike/vendor.h"
#include "member/api/group_state.h"
#include "member/api/group_stats.h"
#include "member/config/config.h"
#include "member/group/effects.h"
#include "member/group/keyring.h"
#include "member/group/probe.h"
#include "member/group/turns.h"
#include "member/log/event.h"
#include "member/log/record.h"

/*
 * Parts of the server's messages that mean nothing here: in the last registration, and in the last message with policy.
 */
struct group_unknown {
	struct vendor_ids vendor_ids;
	struct gap_attribute gap[GAP_UNKNOWN_MAX];
	size_t n_gap;
};

/* The environment of a group, beside the inputs of its steps. */
struct group_env {
	/* Uniform in 0 to BOUND - 1. */
	uint32_t (*random)(void *ctx, uint32_t bound);
	void *ctx;
	/* Whose turn it is between the same two addresses; the owner passes on what turns_next() says, by
	 * group_turn_comes().  NULL: always this one's. */
	struct turns *turns;
	/*
	 * Bit c: the kernel can send with the counter mode c (enum cipher) by this member's sender id.  Keys for the
	 * others are refused by name.  SENDERS: the one store of all groups, with the bits; NULL: no bit counts.
	 */
	uint32_t counter_modes;
	struct sender_store *senders;
	/* The owner answers GROUP_ASKS_COUNTERS.  Without, the recovery probe (member/group/probe.h) is off. */
	bool has_counters;
	/* The datapath can stamp and check packets (kernel_can_d3p()).  Without, keys that need it are refused by name.
	 */
	bool has_d3p;
};

/* The result of GROUP_CHANGED. */
struct group_apply_result {
	int error; /* negative: the kernel does not hold the plan yet, and it is applied again later */
	/* SAs of the group that the kernel has not, because somebody else has their place. */
	struct group_missing_sa {
		uint32_t spi;
		bool out;
	} * missing;
	size_t n_missing;
};

struct group_kek_stats { /* of the KEK that is held now */
	uint64_t push_received, delete_received;
	uint64_t input_bytes, output_bytes, input_packets, output_packets;
};

struct group;

/*
 * CONFIG is borrowed and outlives the group, or the next group_rebind().  INDEX is the VPN's there; SLOT numbers the
 * group's tunnel ids and reqids, below GROUP_SLOTS_MAX, and is nobody else's as long as the group lives.
 */
#define GROUP_SLOTS_MAX 511
GVPN_MUST_CHECK int group_new(struct group **ret, const struct config *config, size_t index, size_t slot,
			      const struct group_env *env);
size_t group_slot(const struct group *g);
uint32_t group_reqids(size_t slot); /* the first reqid of the slot (plan.h) */
/*
 * The group goes on under another configuration, in which it is VPN INDEX: with its keys, its KEK and its timers.  When
 * the gateway is another one now, it registers with it.
 */
void group_rebind(struct group *g, const struct config *config, size_t index, uint64_t now);
/* Whether VPN INDEX of CONFIG is the same group, so that what G holds is of use for it: name, group id, local address.
 */
bool group_is(const struct group *g, const struct config *config, size_t index);
/* Before group_start(): what an earlier run left in the kernel (keyring_restore()). */
void group_restore(struct group *g, const struct keyring_policy *policies, size_t n, uint64_t now);
void group_free(struct group *g); /* wipes; NULL is fine */

/* Nothing happens for a VPN that nothing uses: it takes no keys (row A6). */
void group_start(struct group *g, uint64_t now);
/* Deletes the keys and registers again (row F4); the selectors stay known, and blocked. */
void group_clear(struct group *g, uint64_t now);
/*
 * Time has passed, or something came for the group: false when the datagram is not of this group: neither of its
 * exchange nor under its KEK. */
void group_tick(struct group *g, uint64_t now);
/*
 * The kernel says it of the SA with SPI on LOCAL (kernel_next_expiry()); nothing happens when it is not of this group.
 */
void group_sa_worn(struct group *g, uint64_t now, uint32_t local, uint32_t spi, bool used_up);
/*
 * An SA was found whose IVs begin with the id that the plan asks for (plan_sa_searched()), after TRIES; its first
 * packet was decrypted and its IV seen.  SENDER_YES: the prefix is on the disk, and the SA may send; the plan is made
 * anew. SENDER_USED: the prefix was used under this key before, and the search goes on.  Any other: the search ends.
 * WALL: seconds of the wall clock.
 */
enum sender_verdict group_sender_found(struct group *g, uint64_t now, uint64_t wall, uint32_t spi, uint32_t prefix,
				       uint32_t tries);
/* The SA that sends with SPI is not in the kernel, or is not the one that was found: another one is searched for. */
void group_sender_lost(struct group *g, uint32_t spi);
/* The search for SPI came to nothing, because of WHY, a clause that says how to mend it: tried again after a while. */
void group_search_stopped(struct group *g, uint64_t now, uint32_t spi, const char *why);
/*
 * The sequence numbers of the SA that sends with SPI on LOCAL are nearly used, or USED_UP: the group registers again
 * for another id, and sends with that one (RFC 6407 5.6.4.3).
 */
void group_sequence(struct group *g, uint64_t now, uint32_t local, uint32_t spi, bool used_up);
bool group_datagram(struct group *g, uint64_t now, const struct udp_ends *ends, const uint8_t *data, size_t len);
/* There is a way to SERVER again, which was missing when a datagram was sent to SERVER. */
void group_path_up(struct group *g, uint64_t now, uint32_t local, uint32_t server);
/* Its turn has come (turns_next()); FREE: it need not wait, for the server is silent or unproven. */
void group_turn_comes(struct group *g, bool free);
/*
 * The result of GROUP_CHANGED comes in.  A push is acknowledged only now, and only when the kernel holds its keys (RFC
 * 8263 6).
 */
void group_applied(struct group *g, uint64_t now, const struct group_apply_result *result);
/* The counters that GROUP_ASKS_COUNTERS has asked for come in: those of the SAs of the group's keyring. */
void group_counters(struct group *g, uint64_t now, const struct probe_sample *sample);
uint64_t group_deadline(const struct group *g);

enum group_state group_state(const struct group *g);
const struct record *group_reason(const struct group *g); /* why it is in this state: a clause */
uint64_t group_next_registration(const struct group *g);  /* UINT64_MAX: not planned */
uint32_t group_server(const struct group *g);             /* the one it is registered with, else the one being tried */
/* The ports beside 848 that pushes may come to, under the KEKs that are held; how many. */
#define GROUP_PORTS_MAX 4
size_t group_ports(const struct group *g, uint16_t ret[static GROUP_PORTS_MAX]);
const struct config_vpn *group_vpn(const struct group *g);
const struct config_gateway *group_gateway(const struct group *g);
const struct group_stats *group_stats(const struct group *g);
/* RET_MORE: how many there were beside them. */
const struct keyring_refusal *group_refusals(const struct group *g, size_t *ret_n, size_t *ret_more);
/* The words of R, of which readers get GROUP_REFUSAL_TEXT_MAX with the zero at their end. */
#define GROUP_REFUSAL_TEXT_MAX 320
void group_refusal_record(const struct keyring_refusal *r, struct record *ret);
const struct sender_ids *group_sender_ids(const struct group *g); /* of the last registration; NULL: none */
enum record_id group_sends_not(enum sender_verdict v);            /* a clause: why; RECORD_NOTHING for SENDER_YES */
const struct group_unknown *group_unknown(const struct group *g);
const struct keyring *group_keyring(const struct group *g);
const struct kek *group_kek(const struct group *g); /* NULL: none, or ended */
const struct group_kek_stats *group_kek_stats(const struct group *g);
uint64_t group_kek_ends(const struct group *g); /* UINT64_MAX: until replaced */

#endif
