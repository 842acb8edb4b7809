/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the configuration to what the parts of a server take; for server.c alone. */
#ifndef GCKS_SERVER_CONFIG_H
#define GCKS_SERVER_CONFIG_H

#include "tests/gcks/cluster.h"
#include "tests/gcks/config.h"

/*
 * The group G, all but its server_index.  The caller frees the arrays of members and policies, also after an error.
 * -ENOMEM.
 */
GVPN_MUST_CHECK int gcks_config_group(const struct gcks_config *c, const struct gcks_group *g,
				      struct gdoi_group_config *ret);
/* G's server-cluster; empty when it has none.  Holds the keys of the peers: wipe it. */
void gcks_config_cluster(const struct gcks_config *c, const struct gcks_group *g, struct gdoi_cluster_config *ret);
/* The I-th of the different local addresses that clusters use; 0: there are not so many. */
uint32_t gcks_config_cluster_local(const struct gcks_config *config, size_t i);

#endif
