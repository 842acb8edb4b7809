/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the views of show.h. */
#ifndef GCKS_SHOW_PRIVATE_H
#define GCKS_SHOW_PRIVATE_H

#include "tests/gcks/show.h"

void gcks_format_addr(char ret[static 16], uint32_t a);
void gcks_print_group(FILE *out, const struct gdoi_group_config *c); /* the line that names the group */

/* show_keys.c */
void gcks_show_kek(FILE *out, const struct gdoi_group *g, const struct gcks_show_source *src, bool detail);
void gcks_show_ipsec(FILE *out, const struct gdoi_group *g, const struct gcks_show_source *src, bool detail);

#endif
