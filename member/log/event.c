/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/log/event.h"

#include "lib/gvpn.h"

/* The ids never change: catalogs and filters of operators name them. */
static const struct {
	const char *name, *message_id;
} events[EVENT_MAX_] = {
	[EVENT_STARTED] = { "started", "e5f597199cf3419aaaa9f302c06b9918" },
	[EVENT_STOPPED] = { "stopped", "5693c7e74d544e33ab68367bee179e91" },
	[EVENT_CONFIG_LOADED] = { "config-loaded", "7a0c4625505d4302953fe14c2035e3d9" },
	[EVENT_CONFIG_REFUSED] = { "config-refused", "e954fed8d1a54ca5afdaca735b7b847b" },
	[EVENT_REGISTERED] = { "registered", "39e55c578cea4ee0b100812ac1cc0e1e" },
	[EVENT_SERVER_FAILED] = { "server-failed", "a1b03fde6cfe4d2a8bd440162b89dfc5" },
	[EVENT_SERVERS_FAILED] = { "servers-failed", "4b6beb63a73f4c93bf431916bbbee1c5" },
	[EVENT_REKEYED] = { "rekeyed", "c8e9ba70b4294b98982ede152c384fd9" },
	[EVENT_PUSH_REFUSED] = { "push-refused", "aacd8b3210954de9b8f2aa364a315e95" },
	[EVENT_KEYS_DELETED] = { "keys-deleted", "3ad4f68a60dc42b89cf8dc08d8ad518e" },
	[EVENT_KEYS_EXPIRED] = { "keys-expired", "923dc5393e394b389e66624c9611e7a0" },
	[EVENT_KEYS_CLEARED] = { "keys-cleared", "065bbd890a144d57b1264e2fc9e7d4c6" },
	[EVENT_POLICY_REFUSED] = { "policy-refused", "96ab3fb6123f48a286b53e8b98fd9cee" },
	[EVENT_PEER_TOLERATED] = { "peer-tolerated", "76a700e8d8054e9fb95c29eb7a12be77" },
	[EVENT_PROBE_STARTED] = { "probe-started", "d64c084cd58c4fbeb93c931d985c4ff6" },
	[EVENT_PROBE_ENDED] = { "probe-ended", "50d4bf306cad415fb9d55f6c8bb30888" },
	[EVENT_KERNEL_FAILED] = { "kernel-failed", "421d56897a1e44ecb43e585161169ac6" },
	[EVENT_KERNEL_CONFLICT] = { "kernel-conflict", "e5d00f8e85474989b447f30366af848c" },
	[EVENT_KERNEL_CHANGED] = { "kernel-changed", "dda07b5973224b4f8e7d0ff7b55a87d7" },
	[EVENT_CLIENT_REFUSED] = { "client-refused", "19efa6340bf24c6a8bae7f3832178aee" },
	[EVENT_INTERFACE_MISSING] = { "interface-missing", "3e51a926a130479ab3b7cf639dfe4c9c" },
	[EVENT_ANTI_REPLAY_DROPS] = { "anti-replay-drops", "b1f0e8b5bca24b26b048a7b346a286b5" },
	[EVENT_CLOCK_UNSYNCHRONISED] = { "clock-unsynchronised", "3a8625ddc3184951a7cff56955ecee28" },
	[EVENT_INTERFACE_PRESENT] = { "interface-present", "0c3a6387ea7b4226a641e40d80a63895" },
};

const char *event_name(enum event e)
{
	return (size_t)e < ARRAY_SIZE(events) ? events[e].name : NULL;
}

const char *event_message_id(enum event e)
{
	return (size_t)e < ARRAY_SIZE(events) ? events[e].message_id : NULL;
}
