/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a member's statements become struct config, one file for one kind of statement: gateway.c, vpn.c, rule.c, zone.c,
 * and service.h for the MX form.  The schema has said what may stand where; these resolve names and check sense.
 */
#ifndef MEMBER_CONFIG_READING_H
#define MEMBER_CONFIG_READING_H

#include <sys/types.h>

#include "member/config/config.h"
#include "member/config/statement.h"

/* A reading under way: what is read before may be looked at by what is read after. */
struct config_reading {
	struct config *c;
	struct statements *s;
	const struct statement *security, *ike, *ipsec; /* blocks */
};

size_t config_count(const struct statement *block, const char *keyword);

/* Each fills its part of the configuration.  -EINVAL, -ENOMEM, and what reading a key file gives. */
GVPN_MUST_CHECK int config_zones_read(struct config_reading *r);
GVPN_MUST_CHECK int config_gateways_read(struct config_reading *r);
GVPN_MUST_CHECK int config_vpns_read(struct config_reading *r); /* behind the gateways */
GVPN_MUST_CHECK int
config_pairs_read(struct config_reading *r); /* behind zones and VPNs; sets used of those it names */

/* The VPN that LEAF names; -EINVAL. */
GVPN_MUST_CHECK int config_vpn_find(struct config_reading *r, size_t *ret, const struct statement *leaf);
/* The rules of BLOCK (exclude, fail-open; NULL: none) into RET; their number, or -EINVAL. */
GVPN_MUST_CHECK ssize_t config_rules_read(struct config_rule ret[static CONFIG_RULES_MAX], struct statements *s,
					  const struct statement *block);

/* When all is read: whether the rules of all VPNs can stand in the kernel; -EINVAL. */
GVPN_MUST_CHECK int config_check_rules(struct config_reading *r);
/* And a warning for each VPN that nothing names. */
void config_warn_unused(struct config_reading *r);

#endif
