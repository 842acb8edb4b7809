/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel side of a plan: XFRM states and policies, the host route to the dummy address, and one nf_tables table,
 * over netlink (the design: xfrm/README.md).  What marks them as ours: xfrm/plan/ids.h.  Nothing else is ever changed
 * or removed.
 */
#ifndef XFRM_KERNEL_H
#define XFRM_KERNEL_H

#include "lib/plan.h"

struct kernel;

/* A message to the operator about kernel state: LEVEL is a syslog priority. */
enum kernel_news {
	KERNEL_NEWS_NONE,
	KERNEL_NEWS_TABLE,    /* somebody else changed our nf_tables table */
	KERNEL_NEWS_XFRM,     /* or our XFRM policies or SAs */
	KERNEL_NEWS_ROUTE,    /* or the route to the dummy address */
	KERNEL_NEWS_LOST,     /* more changed at once than the kernel could tell */
	KERNEL_NEWS_PROGRAMS, /* or our programs at tc */
	KERNEL_NEWS_CONFLICT, /* an interface is used in a way that the datapath does not know */
};
typedef void (*kernel_log_fn)(void *ctx, int level, enum kernel_news news, const char *text);

/*
 * Opens the netlink sockets, and the datapath's programs, which are pinned in FOLDER; who may load them does so when
 * they are not there.  FOLDER NULL: without them, which is enough for blocks and for taking everything away.  Errors:
 * -EPERM without CAP_NET_ADMIN; -EPROTONOSUPPORT when this kernel lacks XFRM, nf_tables or BPF.  ERR receives one
 * sentence that says what is missing and how to mend it.
 */
GVPN_MUST_CHECK int kernel_open(struct kernel **ret, const char *folder, kernel_log_fn log, void *ctx,
				char err[static 256]);

/* The folder that gvpnd --load fills. */
#define KERNEL_BPF_FOLDER "/sys/fs/bpf/gvpn"
/* Loads the programs into FOLDER for the user and the group of the daemon; needs root.  ERR as above. */
GVPN_MUST_CHECK int kernel_load(const char *folder, uint32_t uid, uint32_t gid, char err[static 256]);
/* Says by LOG where other programs' tcx links run before ours (bpf/attach.h); for who may call bpf(2). */
void kernel_say_tcx(kernel_log_fn log, void *ctx);
void kernel_close(struct kernel *k); /* leaves all kernel state as it is */

/*
 * Whether this kernel has ESP and the algorithms that every group needs, by an SA that nobody can use.  Not a part of
 * kernel_open(): blocks need no ESP, and a kernel without it is the last one to let traffic out.  Errors:
 * -EPROTONOSUPPORT, with ERR as above.
 */
GVPN_MUST_CHECK int kernel_probe_esp(struct kernel *k, char err[static 256]);

/*
 * Whether SAs with an anti-replay window (plan.h) can be programmed.  The only place that answers this: as long as it
 * says no, groups refuse such keys by name.
 */
bool kernel_can_d3p(const struct kernel *k);

/*
 * Makes the kernel hold exactly PLAN, from whatever of ours it holds (the last plan applied through K, or what an
 * earlier run left: dumped on the first call).  Ordered so that at no moment a packet passes in clear that neither
 * the old nor the new plan admits: blocks and protection first, nf_tables in one transaction, removals last.  On an
 * error the kernel is left no more open than before, ERR says what was refused with the kernel's own words, and the
 * next call starts from a fresh dump.
 *
 * KERNEL_CONFLICT (positive): everything is installed but what somebody else's SA or XFRM policy has the place of; that
 * is left alone, and ERR names the first.  Until it is gone the traffic concerned is blocked or not received.
 */
#define KERNEL_CONFLICT 1
/*
 * KERNEL_UNSTAMPED (positive): packets of SAs with an anti-replay window cannot be stamped now: the device, its routes
 * or the SAs that lead there cannot be made.  ERR says why, and how to mend it.  PLAN is not installed, and the kernel
 * is left as after an error.  Apply a plan without such SAs at once, so that all else goes on, and this one later;
 * kernel_event() says so when it may be possible again.
 */
#define KERNEL_UNSTAMPED 2
GVPN_MUST_CHECK int kernel_apply(struct kernel *k, const struct plan *plan, char err[static 256]);

/*
 * What the last plan sends with in counter mode, or is to, and XFRM has not: it is blocked until a search (below) has
 * made it again and a plan says what its IVs begin with.  Borrowed until the next apply.
 */
struct kernel_lost {
	uint32_t local, spi;
};
const struct kernel_lost *kernel_lost(const struct kernel *k, size_t *ret_n);

/*
 * What the last plan asks a search for (plan_sa_searched()): an SA is made until its IVs begin with the id.  One call
 * is one slice, about a millisecond; NOW is in milliseconds, by a clock that only goes on, and *RET_WAIT says after how
 * many more the next slice is of use.
 *
 *  FOUND: the SA is there, and nobody can send with it.  The owner writes the prefix to the disk, then applies a plan
 *  that sends with it.  Until then each call says the same; kernel_search_pass() looks for another one.
 *  STOPPED: ERR says why, in words for the operator.  It is not tried again before the plan has asked for another one.
 */
enum kernel_search { KERNEL_SEARCH_NONE, KERNEL_SEARCH_ON, KERNEL_SEARCH_FOUND, KERNEL_SEARCH_STOPPED };
struct kernel_found {
	uint32_t local, spi; /* of the SA */
	uint32_t prefix;     /* FOUND */
	uint32_t tries;
};
enum kernel_search kernel_search(struct kernel *k, uint64_t now, struct kernel_found *ret, uint32_t *ret_wait,
				 char err[static 256]);
void kernel_search_pass(struct kernel *k);
/* Whether an SA of an earlier run sends in counter mode, or nobody can say. */
bool kernel_sends_by_counter(struct kernel *k);

/* Whether the table of this or an earlier run is there. */
bool kernel_has_table(const struct kernel *k);

/* Removes everything of ours, of this run and of any earlier one.  FOLDER: its programs and maps too. */
GVPN_MUST_CHECK int kernel_flush(struct kernel *k, const char *folder, char err[static 256]);

/*
 * For the next 25 seconds packets may pass the stack by, if no rule of the host wants to see what is forwarded.  To be
 * called every 10 seconds; else they all go by the stack.
 */
void kernel_vouch(struct kernel *k);

/* Packets out of ESP that anti-replay by time (D3P, doc/d3p.md) has dropped; the causes are the vendor's. */
struct kernel_d3p_counters {
	uint64_t too_old, too_new;
	uint64_t no_timestamp; /* the SA has a window, and the packet no D3P header */
	/*
	 * The SA has none, and the packet a D3P header: what was no IP in any SA in tunnel mode, since kernel_open()
	 * and while the plan has such SAs.
	 */
	uint64_t unexpected;
	uint64_t type_error, length_error, next_header_error;
};

/* Of all group VPNs together, since the programs were loaded. */
void kernel_d3p_counters(const struct kernel *k, struct kernel_d3p_counters *ret);

struct kernel_counters {           /* since the table was made */
	uint64_t clear_in_dropped; /* D3: cleartext from outside that a group policy covers */
	uint64_t fail_close_in, fail_close_out;
	uint64_t unknown_spi;
	uint64_t readdressed; /* C8: out of ESP whose outer addresses were others than the inner ones */
	uint64_t misfit;      /* C8: out of an SA whose selectors, or whose zones, do not cover it */
	/*
	 * What would have left in clear though a group policy covers it, because something took it from its SA: a NAT
	 * rule, a flush of the policies, an interface that is just being made.  And errors (ICMP) that quote what came
	 * out of ESP.
	 */
	uint64_t unprotected_out, icmp_quoted;
	uint64_t inet6;           /* IPv6 between the zones */
	uint64_t wrong_iv;        /* ESP in counter mode that would have left with an IV that is not this sender's */
	uint64_t esp_in, esp_out; /* packets that came, and that left */
	uint64_t esp_in_bytes, esp_out_bytes;
	struct kernel_d3p_counters d3p;
};
GVPN_MUST_CHECK int kernel_counters(struct kernel *k, struct kernel_counters *ret);

/*
 * Of the packets of ESP that came, what XFRM saw, and of those that left, what it made: between the two are this host's
 * own chains input and output, and when the one goes on and the other does not, its firewall drops them.  The same of
 * packets on their way to a time stamp (D3P): what XFRM made for a carrier, and what came to the program that stamps.
 */
struct kernel_drops {
	uint64_t came, delivered, made, left, to_stamp, at_stamp;
};
GVPN_MUST_CHECK int kernel_drops(struct kernel *k, struct kernel_drops *ret);

struct kernel_rule_counters { /* what the rule has decided in clear: let pass, or dropped */
	uint64_t packets, bytes;
};
/* -ENOENT: the programs know no such rule. */
GVPN_MUST_CHECK int kernel_rule_counters(struct kernel *k, const struct plan_scope *scope, const struct plan_rule *rule,
					 struct kernel_rule_counters *ret);

struct kernel_sa_counters {
	uint64_t packets, bytes;
	/*
	 * Of an SA that receives with an anti-replay window: how old the time stamps of late were, microseconds, a
	 * running median (bpf/d3p.h); negative: our clock is behind.  HAS_AGE false: none came, or nobody counts.
	 */
	bool has_age;
	int64_t age_us;
};
/* Traffic of one SA, by SPI and direction; -ENOENT when it is not there. */
GVPN_MUST_CHECK int kernel_sa_counters(struct kernel *k, uint32_t local, uint32_t spi, bool out,
				       struct kernel_sa_counters *ret);

/*
 * An SA whose lifetime in kilobytes, or whose sequence numbers, are used, by one of its directions: nearly (from four
 * fifths on), or HARD: up, and the kernel has removed it.  False when there is none, for now; asked after the
 * descriptor below became readable.
 */
struct kernel_expiry {
	uint32_t local, spi;
	bool hard;
	bool sequence; /* it is the sequence numbers of an SA that sends in counter mode */
};
bool kernel_next_expiry(struct kernel *k, struct kernel_expiry *ret);

/*
 * A descriptor that becomes readable when an SA is worn, or when links, addresses, the routes to the dummy address,
 * nf_tables, XFRM states and policies or the wall clock change; kernel_event() reads it and says whether the plan must
 * be applied again.
 */
enum kernel_reapply {
	KERNEL_KEEP,
	KERNEL_RULES_CHANGED, /* others changed rules of their own */
	KERNEL_REPAIR,        /* others removed or changed what is ours, or may have */
	KERNEL_REAPPLY, /* an interface came or went, or the clock was set, by which the kernel counts lifetimes */
};
int kernel_event_fd(const struct kernel *k);
GVPN_MUST_CHECK int kernel_event(struct kernel *k, enum kernel_reapply *ret);

#endif
