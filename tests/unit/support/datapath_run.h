/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The datapath's programs in this machine's own kernel (BPF_PROG_TEST_RUN), in a network namespace of the test's own
 * with the interfaces lan0, lan1, guest0, wan0, wan1 and gvpn-d3p: where packets go is what its routes say.
 */
#ifndef TESTS_UNIT_SUPPORT_DATAPATH_RUN_H
#define TESTS_UNIT_SUPPORT_DATAPATH_RUN_H

#include "xfrm/bpf/attach.h"

#include <time.h>

struct datapath_run {
	struct maps *maps;
	char folder[64];
	uint64_t owners[DP_COUNTS];
	/* of the tables that are made */
	uint16_t mss;
	const struct stamp_paths *stamps;
	bool carry, others;
	const struct tables_sending *sending;
	size_t n_sending;
};

/*
 * NULL, and a line says why, on a machine where this cannot be done, if GVPN_WITHOUT_BPF=1 says that this is known:
 * another user than root, or a kernel without BPF.  Without that variable the test fails then.
 */
struct datapath_run *datapath_run_new(void);
/* The first statement of a test that needs RUN, of its program's own */
#define NEEDS_BPF                                                                                                      \
	if (!run)                                                                                                      \
	return
void datapath_run_free(struct datapath_run *d);

int64_t datapath_run_clock(clockid_t id);                       /* nanoseconds */
struct dp_live datapath_run_live(const struct datapath_run *d); /* the programs' own data at this moment */

/* PLAN holds from the next packet on. */
void datapath_run_apply(struct datapath_run *d, const struct plan *plan);
struct tables *datapath_run_tables(struct datapath_run *d, const struct plan *plan); /* of it, not yet written */

struct frame {
	uint8_t data[256];
	uint32_t len;
	const char *dev, *came_by; /* came_by NULL: this host's own */
	uint32_t mark, priority;
	uint32_t segments; /* that the kernel carries as this one; 0: none */
};

/* An IPv4 packet; FRAGMENT as in the header, host byte order. */
struct frame frame_inet(uint32_t src, uint32_t dst, uint8_t protocol, uint16_t sport, uint16_t dport,
			uint16_t fragment);
uint32_t frame_word(const struct frame *f, size_t at); /* of the IP header on, host byte order */
bool frame_header_good(const struct frame *f);         /* its checksum */

/* What the program answers, TC_ACT_; *F is the packet afterwards. */
int datapath_run(struct datapath_run *d, enum dp_program program, struct frame *f);
#define PASSES (-1)
#define DROPS 2
#define REDIRECTS 7

uint64_t datapath_run_count(struct datapath_run *d, enum dp_count which);

#endif
