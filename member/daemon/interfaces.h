/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interfaces that a configuration names for traffic, and whether this host has them.  A missing interface is no
 * error, because it may come later (a VLAN, a PPP link).  But a mistyped name is missing too, and then nothing protects
 * the traffic of the right interface.  For this reason a warning names each interface that is missing.
 */
#ifndef MEMBER_DAEMON_INTERFACES_H
#define MEMBER_DAEMON_INTERFACES_H

#include "member/config/config.h"
#include "member/log/record.h"

struct interface_use {
	size_t vpn; /* of the configuration */
	char name[GVPN_IFNAME_MAX];
	char zone[GVPN_NAME_MAX]; /* "": in no zone, because it carries a service-set */
	bool external;
	bool present;
};

/* Each interface of a VPN once, as it was at the last look.  All zero: none is known yet. */
struct interfaces {
	struct interface_use *list;
	size_t n;
	bool look; /* something has happened since the last look: an interface may have come or gone */
};
typedef void (*interface_changed_fn)(void *ctx, const struct interface_use *use);

/* Whether this host has an interface of this name now. */
bool interface_is_present(const char *name);
/* The next interfaces_refresh() looks. */
void interfaces_want_look(struct interfaces *i);
/*
 * Looks, if that is wanted, which interfaces C names, and whether they exist; tells with CHANGED each that has come or
 * gone since the last look.  An interface of which nothing is known yet counts as one that was there.
 */
void interfaces_refresh(struct interfaces *i, const struct config *c, interface_changed_fn changed, void *ctx);
void interfaces_free(struct interfaces *i);
/* For --check: a line for each interface that this host does not have now. */
void interfaces_log_missing(const struct config *c, struct log *log);
/* "interface lna0 of security-zone LAN does not exist ...". */
void interface_record(struct record *ret, const struct interface_use *use);

#endif
