/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What statement.c and statement_read.c share and nobody else sees. */
#ifndef MEMBER_CONFIG_STATEMENT_PRIVATE_H
#define MEMBER_CONFIG_STATEMENT_PRIVATE_H

#include "member/config/statement.h"

struct statements {
	const struct junos *junos;
	struct config_error *err;
	struct statement *root;
	bool unkeyed; /* what stands in blocks of STATEMENT_SECRETS is passed over */
	struct config_error warnings[STATEMENT_WARNINGS_MAX];
	size_t n_warnings;
};

#endif
