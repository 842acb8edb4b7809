/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pinned maps and programs of this build (load.h), opened and shared with the programs as memory: a plan's tables
 * are written into the generation that does not hold, and one number then says that it does.  Needs CAP_NET_ADMIN at
 * most.
 */
#ifndef XFRM_BPF_MAPS_H
#define XFRM_BPF_MAPS_H

#include "xfrm/bpf/tables.h"

enum dp_program {
	DP_PROGRAM_LAN_IN,
	DP_PROGRAM_LAN_OUT,
	DP_PROGRAM_OTHER_IN,
	DP_PROGRAM_WAN_IN,
	DP_PROGRAM_WAN_OUT,
	/* The same for interfaces without Ethernet's header */
	DP_PROGRAM_BARE,
	DP_PROGRAM_STAMP_OUT = 2 * DP_PROGRAM_BARE, /* of the device of the carriers */
	DP_PROGRAM_STAMP_WAY,                       /* of the routes to carriers */
	DP_PROGRAM_N
};

_Static_assert((int)DP_PROGRAM_N <= DP_PROGRAMS, "programs");

/* What a program is called, and the Ith of all that the daemon must have, maps and programs; NULL: no more. */
const char *maps_program_name(enum dp_program p);
const char *maps_name(size_t i);

/* A descriptor that the service manager hands over has the name of the map or program behind this. */
#define MAPS_PASSED "datapath."

struct maps;

/*
 * From descriptors that the service manager hands over (sd_listen_fds(3)), where it has them, else from the pins in
 * FOLDER, for which bpf(2) is needed.  -ENOENT: this build is not loaded (gvpnd --load).
 */
GVPN_MUST_CHECK int maps_open(struct maps **ret, const char *folder, char err[static 256]);
void maps_close(struct maps *m); /* NULL is fine; everything stays pinned */

int maps_program(const struct maps *m, enum dp_program p);         /* a descriptor, borrowed */
uint32_t maps_program_id(const struct maps *m, enum dp_program p); /* the kernel's */

/* The owners of counters as the map has them: DP_COUNTS. */
void maps_owners(const struct maps *m, uint64_t owners[static DP_COUNTS]);

/*
 * Writes T beside what holds.  Nothing that a program sees has changed then; a later call, of this process or of the
 * next, writes over it.
 */
void maps_write(struct maps *m, const struct tables *t);

/* What was written last holds from the next packet on; packets that began before are through when this returns. */
GVPN_MUST_CHECK int maps_switch(struct maps *m, char err[static 256]);

/* What the plan that holds says of the IVs of the SA that sends with SPI; false: it has no such SA in counter mode. */
bool maps_prefix(const struct maps *m, uint32_t spi, uint32_t *ret);
/* Whether a plan has held ever since this build was loaded; without one its programs let pass all that they see. */
bool maps_hold(const struct maps *m);
/* The distance of POSIX time from the monotonic clock, nanoseconds; from the next packet on. */
void maps_set_wall(struct maps *m, int64_t wall);
/* No rule of the host looks at forwarded packets, UNTIL nanoseconds of the monotonic clock; a later call counts alone.
 */
void maps_vouch(struct maps *m, uint64_t until);

/* Of the stamps that came by SPI; false: none did, or another SPI has its place. */
bool maps_age(const struct maps *m, uint32_t spi, struct dp_age *ret);

/* Over all processors. */
void maps_counters(const struct maps *m, struct dp_counter ret[static DP_COUNT_N]);
/* Of the rule that owns place AT (owners.h). */
void maps_count(const struct maps *m, uint32_t at, struct dp_counter *ret);

#endif
