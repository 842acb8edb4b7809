/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The key server's show outputs, in the guide's words and order (row G): registered-members [detail], statistics, kek
 * security-associations [detail], ipsec security-associations [detail].  The form of server-cluster is our own.
 */
#ifndef GCKS_SHOW_H
#define GCKS_SHOW_H

#include "tests/gcks/cluster.h"

#include <stdio.h>
#include <time.h>

struct gcks_show_source {
	struct gdoi_group *const *groups;
	struct gdoi_cluster *const *clusters; /* of the groups, NULL for one without; or no array at all */
	size_t n_groups;
	uint64_t now; /* ms, the groups' clock */
	time_t wall;  /* the same moment on the wall; printed in local time */
};

/*
 * WORDS as typed after "show"; the words "security group-vpn server" may be left out, and any word may be abbreviated
 * as long as it stays unambiguous.  Writes to OUT; the caller checks it for write errors.  -EINVAL with ERR naming the
 * word and what could stand there.
 */
GVPN_MUST_CHECK int gcks_show(FILE *out, const char *const *words, size_t n_words, const struct gcks_show_source *src,
			      struct gcks_error *err);

#endif
