/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/daemon/notify.h"

#include <stdio.h>
#include <systemd/sd-daemon.h>

static bool is_known(const struct group *g)
{
	const struct group_stats *s = group_stats(g);

	/* A VPN that nothing uses stays idle. */
	return group_state(g) != GROUP_REGISTERING ||
	       s->pull_failed + s->pull_timeout + s->pull_aborted + s->server_failover > 0;
}

bool daemon_is_ready(const struct groups *groups)
{
	for (size_t i = 0; i < groups->n; i++)
		if (!is_known(groups->items[i]))
			return false;
	return true;
}

void daemon_status(const struct groups *groups, const char *kernel, char ret[static DAEMON_STATUS_MAX])
{
	size_t n = 0, unusable = 0;

	ret[0] = '\0';
	if (kernel)
		n = (size_t)snprintf(ret, DAEMON_STATUS_MAX, "the kernel does not hold the plan: %s%s", kernel,
				     groups->n > 0 ? "; " : "");
	for (size_t i = 0; i < groups->n; i++)
		unusable += group_state(groups->items[i]) == GROUP_UNUSABLE;
	if (unusable > 0 && n < DAEMON_STATUS_MAX)
		n += (size_t)snprintf(ret + n, DAEMON_STATUS_MAX - n, "%zu of %zu VPNs got nothing that they can use; ",
				      unusable, groups->n);
	for (size_t i = 0; i < groups->n && n < DAEMON_STATUS_MAX; i++) {
		const struct group *g = groups->items[i];
		char reason[RECORD_TEXT_MAX];

		record_words(group_reason(g), reason);
		n += (size_t)snprintf(ret + n, DAEMON_STATUS_MAX - n, "%s%s: %s%s%s", i > 0 ? "; " : "",
				      group_vpn(g)->name, group_state_name(group_state(g)), reason[0] ? ", " : "",
				      reason);
	}
}

void daemon_notify(struct daemon_notified *n, const struct groups *groups, const char *kernel)
{
	char status[DAEMON_STATUS_MAX];

	daemon_status(groups, kernel, status);
	if (strcmp(status, n->status) != 0) {
		sd_notifyf(0, "STATUS=%s", status);
		memcpy(n->status, status, sizeof(n->status));
	}
	/* A reload is over when it is applied; a VPN that it adds registers in its own time. */
	if (n->reloading || (!n->ready && daemon_is_ready(groups))) {
		sd_notify(0, "READY=1");
		n->ready = true;
		n->reloading = false;
	}
}

void daemon_notify_reloading(struct daemon_notified *n)
{
	/* A daemon that is still starting has its first READY=1 before it. */
	if (!n->ready)
		return;
	sd_notify(0, "RELOADING=1");
	n->reloading = true;
}

void daemon_notify_stopping(void)
{
	sd_notify(0, "STOPPING=1");
}
