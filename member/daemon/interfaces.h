/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interfaces that a configuration names for traffic, and whether this host has them.  One that it does not have is
 * no error, as it may come later (a VLAN, a PPP link); a mistyped one is the same, and nothing that comes by the right
 * one is protected.  So it is told.
 */
#ifndef MEMBER_DAEMON_INTERFACES_H
#define MEMBER_DAEMON_INTERFACES_H

#include "member/config/config.h"
#include "member/log/log.h"

struct interface_use {
	size_t vpn; /* of the configuration */
	char name[GVPN_IFNAME_MAX];
	char zone[GVPN_NAME_MAX]; /* "": in none, as it carries a service-set */
	bool external;
	bool present;
};

struct interfaces {
	struct interface_use *list; /* each interface of a VPN once */
	size_t n;
};

/* All as present.  -ENOMEM. */
GVPN_MUST_CHECK int interfaces_of(struct interfaces *ret, const struct config *c);
void interfaces_free(struct interfaces *i);
/* Looks whether they exist now; tells with CHANGED each that has come or gone since the last look. */
void interfaces_look(struct interfaces *i, void (*changed)(void *ctx, const struct interface_use *use), void *ctx);
/* A line for each that this host does not have now: for --check. */
void interfaces_log_missing(const struct config *c, struct log *log);
/* "interface lna0 of security-zone LAN does not exist ...". */
void interface_text(char ret[static 256], const struct interface_use *use);

#endif
