/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The running daemon from inside.  daemon.c opens with an essay about its parts; each part is written by the one file
 * that is named at it, and the others read it.  Times are milliseconds of CLOCK_BOOTTIME.
 */
#ifndef MEMBER_DAEMON_PRIVATE_H
#define MEMBER_DAEMON_PRIVATE_H

#include "member/daemon/apply_schedule.h"
#include "member/daemon/d3p_watch.h"
#include "member/daemon/daemon.h"
#include "member/daemon/groups.h"
#include "member/daemon/host_drop.h"
#include "member/daemon/interfaces.h"
#include "member/daemon/journal.h"
#include "member/daemon/notify.h"
#include "member/daemon/timers.h"

#include <limits.h>
#include <systemd/sd-event.h>

enum daemon_timer {
	DAEMON_TIMER_APPLY,     /* of the plan */
	DAEMON_TIMER_HOST_DROP, /* the next look at the counters */
	DAEMON_TIMER_SEARCH,    /* the next slice of a search for a sender id */
	DAEMON_TIMER_D3P,       /* the next look at what anti-replay by time has dropped */
	DAEMON_TIMER_LOG,       /* lines that were not logged are to be told */
	DAEMON_TIMERS,          /* how many there are */
};

/* loop.c */
struct loop {
	sd_event *event;
	sd_event_source *post; /* does after every event what follows from it */
	struct timer *timers[DAEMON_TIMERS];
	struct timer **group_timers; /* of the group of the same index */
	size_t n_group_timers;       /* at least one for each group */
};

/* apply.c */
struct applied {
	struct plan *plan; /* the rules that the kernel holds, or would hold; without the keys of the SAs */
	bool has_sas;      /* the plan had SAs, and so the kernel has them */
	struct apply_schedule schedule;
	bool has_windows;           /* some SA had an anti-replay window */
	struct host_drop host_drop; /* of ESP, by this host's own firewall */
	struct d3p_watch d3p;       /* of what anti-replay by time drops */
};

/* adopt.c */
struct state_file {
	char path[PATH_MAX]; /* beside the bus socket */
	int error;           /* of the last attempt to write the file, so that a lasting failure is told once */
};

/* senders.c */
struct senders {
	char path[PATH_MAX];
	struct sender_store *store; /* NULL under --no-kernel: no counter mode is sent with */
	uint64_t search_at;         /* a slice of a search is due; UINT64_MAX: there is none */
};

/* verbs.c: "gvpnctl stop" */
struct stopping {
	bool keep;                 /* overrules the configuration's on-stop */
	sd_event_source *deferred; /* ends the loop when the reply has gone */
};

struct daemon {
	const struct daemon_options *options;
	struct loop loop;
	struct journal journal;
	struct config *config; /* configure.c */
	struct groups groups;  /* of config; configure.c, and adopt.c at the start */
	struct applied applied;
	struct state_file state;
	struct senders senders;
	struct interfaces interfaces;
	struct daemon_notified notified;
	struct stopping stopping;
	/* Opened at the start and closed at the end, by daemon.c. */
	struct transport *transport;
	struct turns *turns;   /* of the groups, to register */
	struct paths *paths;   /* to servers, that are missing now */
	struct kernel *kernel; /* NULL under --no-kernel */
	struct bus *bus;
};

/* --- loop.c --- */

/* When the event came that is handled now. */
uint64_t daemon_now(const struct daemon *d);
/* The same clock, read: for how long something takes. */
uint64_t daemon_clock(void);
GVPN_MUST_CHECK int daemon_open_loop(struct daemon *d);
void daemon_close_loop(struct daemon *d);
/* Before there are N groups. */
GVPN_MUST_CHECK int daemon_make_group_timers(struct daemon *d, size_t n);
void daemon_on_datagram(void *ctx, const struct udp_ends *ends, const uint8_t *data, size_t len);
int daemon_on_kernel_event(sd_event_source *s, int fd, uint32_t revents, void *userdata);

/* --- group_effects.c --- */

struct group_env daemon_group_env(struct daemon *d);
/* After each input of G: what the group wants done is done. */
void daemon_carry_out(struct daemon *d, struct group *g);
void daemon_carry_out_all(struct daemon *d);
/* Tells the groups whose turn it is now to register. */
void daemon_pass_turns(struct daemon *d);
void daemon_on_path_up(void *ctx, uint32_t local, uint32_t remote);
/* Closes the sockets that no group needs any more. */
void daemon_keep_sockets(struct daemon *d);

/* --- apply.c --- */

/* Makes the plan anew and brings the kernel to it; STOPPED: the plan without any key. */
GVPN_MUST_CHECK int daemon_apply_plan(struct daemon *d, bool stopped, struct record *why);
/* The same for a member that runs on: failure is told, and it is tried again. */
int daemon_refresh_plan(struct daemon *d);
/* Something that the plan is made from has changed: the plan is refreshed after this event. */
void daemon_want_plan(struct daemon *d);
/* Another program has changed something in the kernel, which REAPPLY answers. */
void daemon_kernel_touched(struct daemon *d, enum kernel_reapply reapply);
/* After every event. */
void daemon_apply_if_due(struct daemon *d);
/* Whether this host's own firewall drops the group's ESP, and what anti-replay by time drops. */
void daemon_look_if_due(struct daemon *d);
void daemon_tell_clock(struct daemon *d, bool windows); /* if it is not synchronised; WINDOWS: keys need it */
void daemon_on_kernel_log(void *ctx, int priority, enum kernel_news news, const char *text);

/* --- adopt.c --- */

void daemon_place_state(struct daemon *d);
/* The groups, with the keys that an earlier run left for them in the kernel. */
GVPN_MUST_CHECK int daemon_make_groups(struct daemon *d);
/* For the next run. */
void daemon_save_groups(struct daemon *d);
void daemon_forget_state(struct daemon *d);

/* --- senders.c --- */

/* Before the groups are made, and after the kernel is open. */
GVPN_MUST_CHECK int daemon_open_senders(struct daemon *d);
/* The kernel holds the plan: SAs that are in no keyring any more hold no prefix. */
void daemon_sweep_senders(struct daemon *d);
/* The kernel holds a plan: what it sends with and is not there is given up, and searches may be wanted. */
void daemon_follow_senders(struct daemon *d);
void daemon_search_if_due(struct daemon *d);

/* --- configure.c --- */

/* The sockets that configuration C needs. */
GVPN_MUST_CHECK int daemon_add_sockets(struct daemon *d, const struct config *c, struct record *why);
/* For a boot that finds a bad one: see member/daemon/last_config.h.  Failure is told. */
void daemon_keep_config(struct daemon *d);
/* Applies what differs: a VPN that stays the same group keeps its keys.  A bad configuration changes nothing, and is
 * told. */
int daemon_reload(struct daemon *d, struct record *why);

/* --- verbs.c --- */

extern const struct bus_verbs daemon_verbs;

#endif
