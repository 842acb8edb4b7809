/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The inside of a group, shared by group.c (keys), group_pull.c (members) and group_view.c (what is told). */
#ifndef GCKS_GROUP_PRIVATE_H
#define GCKS_GROUP_PRIVATE_H

#include "tests/gcks/group.h"

struct lifetime { /* ms */
	uint64_t rekey_at, ends;
};

struct tek_slot {
	struct tek tek;
	struct lifetime life;
};

struct policy {
	struct tek_slot teks[GCKS_TEKS_PER_POLICY]; /* the older first */
	size_t n_teks;
};

struct kek_slot {
	struct kek kek;
	uint32_t index;
	struct lifetime life;
	uint64_t input_bytes, output_bytes, input_packets, output_packets;
};

struct member {
	bool registered;
	uint64_t reserved_until; /* of a pull that is not confirmed yet */
	uint64_t last_update;
	struct gcks_stats stats;
};

struct gdoi_group {
	struct gdoi_group_config config;
	struct gdoi_group_ops ops;
	struct policy *policies; /* as many as the configuration's */
	struct member *members;
	struct kek_slot keks[2]; /* the older first */
	size_t n_keks;
	EVP_PKEY *signature;
	struct gcks_stats stats;
	uint64_t retry_at;   /* 0, or when to try again to make a key */
	uint32_t sender_ids; /* handed out under the present keys (RFC 6407 3.5) */
	bool has_gcm;
};

__attribute__((format(printf, 3, 4))) void gdoi_group_note(const struct gdoi_group *g, enum ike_note_level level,
							   const char *format, ...);
/* Drops every key and makes new ones; -EIO when that fails (it is tried again by gdoi_group_step). */
GVPN_MUST_CHECK int gdoi_group_replace_all(struct gdoi_group *g, uint64_t now);

#endif
