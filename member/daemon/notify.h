/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the service manager is told, sd_notify(3): that the member is ready, and the state of every group.
 *
 * Ready means: what the configuration governs is governed, and of each VPN it is known whether it comes up: it holds
 * keys, or a first server has failed it (no answer to any retransmission, or a refusal).  So what is ordered after the
 * daemon finds a working VPN on a good day, and on a bad one is not held up by servers that are away: at most for the
 * retransmissions to one server.  A server that gives nothing usable has failed as well: a member that were not ready
 * for that would be killed by its manager and be as blocked as before; the status begins with it.
 */
#ifndef MEMBER_DAEMON_NOTIFY_H
#define MEMBER_DAEMON_NOTIFY_H

#include "member/daemon/groups.h"

#define DAEMON_STATUS_MAX 1024

struct daemon_notified {
	bool ready, reloading;
	char status[DAEMON_STATUS_MAX]; /* as sent last */
};

/* Whether the member is ready, as above. */
bool daemon_is_ready(const struct groups *groups);
/* "VPN: state, reason" of each, after KERNEL, why the kernel does not take the plan (NULL: it does); cut where it does
 * not fit. */
void daemon_status(const struct groups *groups, const char *kernel, char ret[static DAEMON_STATUS_MAX]);

/* Tells what is new since the last call. */
void daemon_notify(struct daemon_notified *n, const struct groups *groups, const char *kernel);
void daemon_notify_reloading(struct daemon_notified *n);
void daemon_notify_stopping(void);

#endif
