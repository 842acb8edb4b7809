/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The messages to the service manager, sd_notify(3): that the member is ready, and the state of every group.
 *
 * The member is ready when the traffic that the configuration governs is governed, and when each VPN either holds keys
 * or has been failed by a first server (which did not answer any retransmission, refused, or gave nothing usable).  So
 * a unit that is ordered after the daemon finds a working VPN on a good day.  On a bad day it waits no longer than the
 * retransmissions to one server take.  If a member without usable keys were never ready, the service manager would kill
 * it, which helps nobody; so it is ready, and its status begins with what is wrong.
 */
#ifndef MEMBER_DAEMON_NOTIFY_H
#define MEMBER_DAEMON_NOTIFY_H

#include "member/daemon/groups.h"

#define DAEMON_STATUS_MAX 1024

struct daemon_notified {
	bool ready, reloading;
	char status[DAEMON_STATUS_MAX]; /* the last one that was sent */
};

/* Whether the member is ready, as above. */
bool daemon_is_ready(const struct groups *groups);
/* "VPN: state, reason" of each VPN, cut where there is no more room.  KERNEL comes first: why the kernel does not take
 * the plan; NULL: it does. */
void daemon_status(const struct groups *groups, const char *kernel, char ret[static DAEMON_STATUS_MAX]);

/* Tells what is new since the last call. */
void daemon_notify(struct daemon_notified *n, const struct groups *groups, const char *kernel);
void daemon_notify_reloading(struct daemon_notified *n);
void daemon_notify_stopping(void);

#endif
