/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether this host's own firewall drops the group's ESP.  On the wire ESP is addressed to other hosts, but on this
 * host it passes the chains input and output as its own traffic.  A firewall that admits nothing but UDP port 848 drops
 * ESP there.  Counters at both ends of these chains show that: packets came to one end, and none came to the other.
 *
 * The daemon looks soon after the keys came, then ever more rarely, until a packet has passed in each direction; and
 * begins anew when the rules of the host change.  Pure: times are milliseconds.
 */
#ifndef MEMBER_DAEMON_HOST_DROP_H
#define MEMBER_DAEMON_HOST_DROP_H

#include <stdbool.h>
#include <stdint.h>

#define HOST_DROP_FIRST_MS 1000
#define HOST_DROP_LEAST_MS 500 /* between two looks, however often the rules change */
#define HOST_DROP_MAX_MS 60000
#define HOST_DROP_PACKETS 3 /* so many in a row are dropped by a rule, not by chance */

struct host_drop_way {
	uint64_t came, passed; /* at the last look, since when PASSED rose or the watch began */
	bool good, told;
};

struct host_drop {        /* all zero: not watched */
	uint64_t look_at; /* 0: no look is planned */
	uint64_t wait_ms;
	uint64_t looked; /* the last time; 0: never */
	bool based;      /* the first look was taken */
	bool anew;       /* the next look is the first one after a change */
	struct host_drop_way in, out;
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
/* A look, at what came before these chains and what passed them.  Sets RET_IN, RET_OUT to how many packets were
 * dropped, if that is news, else to 0. */
struct host_drop_counts {
	uint64_t in_came, in_passed, out_came, out_passed;
};
void host_drop_look(struct host_drop *h, uint64_t now, const struct host_drop_counts *c, uint64_t *ret_in,
		    uint64_t *ret_out);

#endif
