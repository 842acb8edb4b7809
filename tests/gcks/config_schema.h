/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which statements the key server's configuration has (config_schema.c), for config.c alone. */
#ifndef GCKS_CONFIG_SCHEMA_H
#define GCKS_CONFIG_SCHEMA_H

#include "member/config/statement.h"

extern const struct statement_schema gcks_config_root;
extern const struct statement_choice gcks_answers[];       /* enum gcks_answer */
extern const struct statement_schema gcks_config_selector; /* what stands in a match-policy, alone */

#endif
