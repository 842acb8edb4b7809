/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The running member's parts: daemon.c starts and stops it, daemon_plan.c brings the kernel to what the groups say,
 * daemon_groups.c is what groups do to the world, daemon_verbs.c what an operator can ask for, daemon_log.c what is
 * told to him, daemon_notify.c what the service manager is told.  Times are milliseconds of the boot time clock.
 */
#ifndef MEMBER_DAEMON_PRIVATE_H
#define MEMBER_DAEMON_PRIVATE_H

#include "member/daemon/apply_schedule.h"
#include "member/daemon/bus/bus.h"
#include "member/daemon/carry_out.h"
#include "member/daemon/daemon.h"
#include "member/daemon/groups.h"
#include "member/daemon/host_drop.h"
#include "member/daemon/interfaces.h"
#include "member/daemon/journal.h"
#include "member/daemon/notify.h"
#include "member/daemon/paths.h"
#include "member/daemon/timers.h"
#include "member/daemon/transport.h"
#include "xfrm/kernel.h"

#include <limits.h>
#include <stdlib.h>
#include <systemd/sd-event.h>

enum daemon_timer {
	DAEMON_TIMER_APPLY,     /* of the plan */
	DAEMON_TIMER_HOST_DROP, /* the next look at the counters */
	DAEMON_TIMER_LOG,       /* lines that were not logged are to be told */
	DAEMON_TIMERS,          /* how many there are */
};

struct daemon {
	const struct daemon_options *options;
	struct journal journal;
	struct config *config;
	struct groups groups; /* of config */
	sd_event *event;
	sd_event_source *post, *deferred_stop;
	struct timer *timers[DAEMON_TIMERS];
	struct timer **group_timers; /* of the group of the same index */
	size_t n_group_timers;       /* at least one for each group */
	struct transport *transport;
	struct turns *turns;   /* of the groups */
	struct paths *paths;   /* to servers, that are missing now */
	struct kernel *kernel; /* NULL under --no-kernel */
	struct bus *bus;
	char saved_path[PATH_MAX]; /* beside the bus socket */
	int save_errno;            /* of the last attempt, so that a lasting failure is logged once */
	struct plan *plan;         /* the rules that the kernel holds, or would hold; without the SAs */
	struct apply_schedule applying;
	bool has_sas;               /* the plan had SAs, and so the kernel has them */
	struct host_drop host_drop; /* of ESP, by this host's own firewall */
	enum config_on_stop on_stop;
	struct daemon_notified notified;
	struct interfaces interfaces; /* of config */
};

/* When the event came that is handled now. */
uint64_t daemon_now(const struct daemon *d);
/* The same clock, read: for how long something takes. */
uint64_t daemon_clock(void);

/* The groups, with what an earlier run left for them in the kernel: so a restart is nothing that traffic notices. */
GVPN_MUST_CHECK int daemon_make_groups(struct daemon *d);
struct group_env daemon_group_env(struct daemon *d);
/* After each input of G: what it wants to be done is done. */
void daemon_carry_out(struct daemon *d, struct group *g);
void daemon_carry_out_all(struct daemon *d);
/* Whose turn it is now to register, they are told. */
void daemon_pass_turns(struct daemon *d);
void daemon_on_path_up(void *ctx, uint32_t local, uint32_t remote);
/* Closes the sockets that no group needs any more. */
void daemon_keep_sockets(struct daemon *d);
/* For the next run, beside the bus socket. */
void daemon_save_groups(struct daemon *d);

/* Makes the plan anew and brings the kernel to it; STOPPED: the one without any key. */
GVPN_MUST_CHECK int daemon_apply_plan(struct daemon *d, bool stopped, char err[static 256]);
/* The same for a member that runs on: failure is logged, and it is tried again. */
int daemon_refresh_plan(struct daemon *d);
/* Tells when this host's own firewall drops the group's ESP. */
void daemon_look_at_drops(struct daemon *d);
/* The timers, and the post source that does after every event what follows from it. */
GVPN_MUST_CHECK int daemon_open_timers(struct daemon *d);
void daemon_close_timers(struct daemon *d);
/* Before there are N groups. */
GVPN_MUST_CHECK int daemon_make_group_timers(struct daemon *d, size_t n);
void daemon_on_datagram(void *ctx, const struct udp_ends *ends, const uint8_t *data, size_t len);
int daemon_on_kernel_event(sd_event_source *s, int fd, uint32_t revents, void *userdata);
void daemon_on_kernel_log(void *ctx, int priority, enum kernel_news news, const char *text);

extern const struct bus_verbs daemon_verbs;
/* The sockets that configuration C needs. */
GVPN_MUST_CHECK int daemon_add_sockets(struct daemon *d, const struct config *c, char err[static 256]);
/* For a boot that finds a bad one: see member/daemon/last_config.h.  Failure is logged. */
void daemon_keep_config(struct daemon *d);
/* What differs is applied: a VPN that stays the same group keeps its keys.  A bad configuration changes nothing, and
 * is told in the log. */
int daemon_reload(struct daemon *d, char err[static 256]);

#endif
