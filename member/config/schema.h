/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which statements a member's configuration may have, and where: the grammar of Junos knows none of them, and what
 * reads their sense finds them checked.
 */
#ifndef MEMBER_CONFIG_SCHEMA_H
#define MEMBER_CONFIG_SCHEMA_H

#include "member/config/statement.h"

extern const struct statement_schema config_member_root;
/* The MX form (service_schema.c), inside interfaces, services and firewall. */
extern const struct statement_schema config_interfaces_schema[];
extern const struct statement_schema config_services_schema[];
extern const struct statement_schema config_firewall_schema[];

/* Names of applications: protocol << 16 | port, port 0 for a protocol that has none (rule.c). */
extern const struct statement_choice config_applications[];

#endif
