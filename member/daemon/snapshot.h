/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One snapshot of the member's state as JSON, in the form that member/ctl/output.h describes. */
#ifndef MEMBER_DAEMON_SNAPSHOT_H
#define MEMBER_DAEMON_SNAPSHOT_H

#include "lib/plan.h"
#include "member/daemon/apply_schedule.h"
#include "member/daemon/interfaces.h"
#include "member/group/group.h"
#include "xfrm/kernel.h"

#include <json-c/json.h>

/* The JSON's "format", gvpn-json(5): another one when a key goes, or gets another name, type or unit. */
#define SNAPSHOT_FORMAT 2

struct snapshot_input {
	const struct config *config;
	struct group *const *groups;         /* one for each VPN */
	const struct plan *plan;             /* what the kernel holds, or would hold */
	struct kernel *kernel;               /* NULL under --no-kernel */
	const struct plan_holding *holding;  /* whether the kernel holds the plan; NULL: it does */
	const struct interfaces *interfaces; /* of the configuration; NULL: the snapshot has none */
	uint64_t now;
};

/* A new reference; NULL when memory runs out. */
struct json_object *snapshot_make(const struct snapshot_input *in);
/* The counters alone: "format" and "counters", as the snapshot has them. */
struct json_object *snapshot_counters(struct kernel *kernel);

/* Whether the kernel is programmed at all, and why it does not hold the plan, if HOLDING says so. */
void snapshot_add_kernel(struct json_object *o, bool kernel, const struct plan_holding *holding, uint64_t now);

/* --- what snapshot.c and snapshot_sa.c share --- */

/* Seconds until AT, rounded down as a countdown is; null for never. */
void snapshot_add_seconds_until(struct json_object *o, const char *key, uint64_t now, uint64_t at);
/* The array "sas", in the order of their first policies; of one policy the oldest comes first. */
struct json_object *snapshot_sas(const struct snapshot_input *in, uint32_t local, const struct keyring *keys);

#endif
