/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The traffic that a match-policy speaks of, for config.c; gcks_selector_parse() of config.h reads it alone. */
#ifndef GCKS_CONFIG_SELECTOR_H
#define GCKS_CONFIG_SELECTOR_H

#include "member/config/statement.h"

/* BLOCK holds the statements of a match-policy.  -EINVAL, and S has the error: ports of a protocol without ports. */
GVPN_MUST_CHECK int gcks_selector_read(struct selector *ret, struct statements *s, const struct statement *block);

#endif
