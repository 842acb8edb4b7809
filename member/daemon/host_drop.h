/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether this host's own firewall drops the group's ESP.  On the wire ESP is addressed to other hosts, but on this
 * host it passes the chains input and output as its own traffic.  A firewall that admits nothing but UDP port 848 drops
 * ESP there.  Counters at both ends of these chains show that: packets came to one end, and none came to the other.
 * With anti-replay by time (D3P) packets pass the chains output once more, in AH to a carrier's address, before they
 * are stamped.  Not all do (xfrm/README.md, "Early"), so these are counted apart.
 *
 * The daemon looks soon after the keys came, then ever more rarely, until a packet has passed each way; and begins anew
 * when the rules of the host change.  Pure: times are milliseconds.
 */
#ifndef MEMBER_DAEMON_HOST_DROP_H
#define MEMBER_DAEMON_HOST_DROP_H

#include <stdbool.h>
#include <stdint.h>

#define HOST_DROP_FIRST_MS 1000
#define HOST_DROP_LEAST_MS 500 /* between two looks, however often the rules change */
#define HOST_DROP_MAX_MS 60000
#define HOST_DROP_PACKETS 3 /* so many in a row are dropped by a rule, not by chance */

struct host_drop_count { /* what came before the chains, and what passed them */
	uint64_t came, passed;
};

struct host_drop_counts {
	struct host_drop_count in, out; /* ESP */
	struct host_drop_count stamped; /* on its way to a stamp */
	bool stamps;                    /* some of the group's packets go this way */
};

struct host_drop_news { /* packets that were dropped, if that is news, else 0 */
	uint64_t in, out, stamped;
};

struct host_drop_way {
	struct host_drop_count seen; /* at the last look, since when PASSED rose or the watch began */
	bool good, told;
};

struct host_drop {        /* all zero: not watched */
	uint64_t look_at; /* 0: no look is planned */
	uint64_t wait_ms;
	uint64_t looked; /* the last time; 0: never */
	bool based;      /* the first look was taken */
	bool anew;       /* the next look is the first one after a change */
	struct host_drop_way in, out, stamped;
};

/* Begins to watch, or begins anew, with a look at once. */
void host_drop_watch(struct host_drop *h, uint64_t now);
/*
 * Something of ours was gone, and what counts may have been among that: what was counted before says nothing.  The next
 * look is the first.
 */
void host_drop_rebase(struct host_drop *h);
static inline bool host_drop_is_due(const struct host_drop *h, uint64_t now)
{
	return h->look_at != 0 && h->look_at <= now;
}
/* A look. */
void host_drop_look(struct host_drop *h, uint64_t now, const struct host_drop_counts *c, struct host_drop_news *ret);

#endif
