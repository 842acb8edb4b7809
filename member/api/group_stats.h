/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The counters of a group VPN (row F2), as every output has them. */
#ifndef MEMBER_API_GROUP_STATS_H
#define MEMBER_API_GROUP_STATS_H

#include <stdint.h>

struct group_stats {
	uint64_t pull_succeeded, pull_failed, pull_timeout, pull_aborted;
	uint64_t push_succeeded, push_failed;
	uint64_t server_failover, delete_received;
	uint64_t exceed_maximum_keys, exceed_maximum_policies, unsupported_algo;
	uint64_t refused;            /* keys and policies of downloads, for another reason than the three before */
	uint64_t clear_notifies;     /* what a server, or somebody else, said before there were keys */
	uint64_t unknown_attributes; /* of GAP payloads (RFC 6407 5.4), passed over */
	uint64_t recovery_probes;    /* pulls that the recovery probe began */
};

#endif
