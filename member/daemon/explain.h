/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "gvpnctl explain" on the daemon's side: which interfaces a packet would take, by the kernel's routes, and what the
 * present plan does with it (policy/explain.h), as JSON:
 *
 * { "packet": { "source", "destination", "protocol": 6, "source_port", "destination_port" },
 *   "direction": "in|out"|null,                       // null: neither, then verdict is "not governed"
 *   "inside": { "interface": "lan0"|null, "local": bool },   // local: an address of this host's own
 *   "outside": { "interface": "wan0"|null },
 *   "vpn": "…"|null, "zones": { "from", "to" }|null,         // vpn without zones: governed by a service filter
 *   "rule": { "type": "Own GDOI|Exclude|Secure|Fail-open|Fail-close|Not governed", "name", "tunnel_id": int|null,
 *             "selector": "…" }|null,                 // in the outbound sense: source behind us
 *   "spis": [ "1c548e4e" ], "verdict": "clear|esp|drop|not governed", "because": "…" }
 */
#ifndef MEMBER_DAEMON_EXPLAIN_H
#define MEMBER_DAEMON_EXPLAIN_H

#include "lib/plan.h"
#include "member/api/explain.h"
#include "member/log/record.h"
#include "xfrm/route.h"

#include <json-c/json.h>

/* As route_lookup(). */
typedef int (*explain_route_fn)(struct route *ret, uint32_t dst, uint32_t src, const char *interface,
				char err[static 256]);

/*
 * A new reference.  -EINVAL with WHY, which says what is wrong and what to write instead, for a packet that
 * cannot be; -ENODEV with WHY when neither this host nor the plan has the interface INSIDE; -ENOMEM.
 */
GVPN_MUST_CHECK int explain_make(struct json_object **ret, const struct plan *plan, const struct explain_request *q,
				 explain_route_fn route, struct record *why);

#endif
