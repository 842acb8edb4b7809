/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A group's server-cluster block, for config.c alone. */
#ifndef GCKS_CONFIG_CLUSTER_H
#define GCKS_CONFIG_CLUSTER_H

#include "member/config/statement.h"
#include "tests/gcks/config.h"

/* Reads GROUP's block, if it has one, into RET, whose members are read already.  -EINVAL with the reader's error. */
GVPN_MUST_CHECK int gcks_cluster_read(struct gcks_group *ret, const struct gcks_config *c, struct statements *s,
				      const struct statement *ike, const struct statement *group);

#endif
