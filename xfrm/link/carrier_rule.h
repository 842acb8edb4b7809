/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rule of routing that leads what goes to carriers (D3P) to the main table, before the host's own rules.  The
 * source of such packets is the VPN's local address: a router with several uplinks often has a rule for each of these
 * addresses, and a table with a default route, by which they would go to the wire.
 */
#ifndef XFRM_LINK_CARRIER_RULE_H
#define XFRM_LINK_CARRIER_RULE_H

#include "xfrm/netlink/socket.h"

/*
 * Where the host has rules of its own; *RET says so.  Without any the kernel asks the tables alone, and one rule more
 * would make each look-up of a route on this host slower.  A rule that is there stays.  ERR is a sentence.
 */
GVPN_MUST_CHECK int carrier_rule_set(struct netlink *route, bool *ret, char err[static 256]);
/* Also when there is none. */
GVPN_MUST_CHECK int carrier_rule_remove(struct netlink *route, char err[static 256]);

#endif
