/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of a snapshot share. */
#ifndef MEMBER_DAEMON_SNAPSHOT_PRIVATE_H
#define MEMBER_DAEMON_SNAPSHOT_PRIVATE_H

#include "member/daemon/snapshot.h"

void snapshot_add_string(struct json_object *o, const char *key, const char *value);
void snapshot_add_count(struct json_object *o, const char *key, uint64_t value);
void snapshot_add_bool(struct json_object *o, const char *key, bool value);
void snapshot_add_address(struct json_object *o, const char *key, uint32_t addr);
/* Seconds until AT, rounded down as a countdown is; null for never. */
void snapshot_add_seconds_until(struct json_object *o, const char *key, uint64_t now, uint64_t at);

/* The array "sas", in the order of their first policies; of one policy the oldest comes first. */
struct json_object *snapshot_sas(const struct snapshot_input *in, uint32_t local, const struct keyring *keys);

#endif
