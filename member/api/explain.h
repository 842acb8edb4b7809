/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The question of "gvpnctl explain", as the tool asks and the daemon answers it (gvpn-json(5) has the answer). */
#ifndef MEMBER_API_EXPLAIN_H
#define MEMBER_API_EXPLAIN_H

#include "lib/gvpn.h"
#include "lib/selector.h"

enum explain_way {
	EXPLAIN_WAY_ANY, /* the one that the routes show */
	EXPLAIN_WAY_IN,
	EXPLAIN_WAY_OUT,
};

struct explain_request {
	struct packet_key packet; /* protocol 0: one that no rule names */
	enum explain_way way;
	char inside[GVPN_IFNAME_MAX]; /* the interface on our side; "": by the routes */
};

#endif
