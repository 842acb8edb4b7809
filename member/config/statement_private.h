/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files statement*.c, and used nowhere else. */
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

/* A place in a statement's words; what follows the last word is the node's block. */
struct statement_cursor {
	const struct junos_node *node;
	size_t i;
};

/* The block's statement of that schema and NAME, which is NULL for what has no name; NULL: there is none so far. */
struct statement *statement_find(const struct statement *block, const struct statement_schema *schema,
				 const struct junos_word *name);
/* The same, added where there is none.  -EINVAL, -ENOMEM. */
GVPN_MUST_CHECK int statement_find_or_add(struct statements *s, struct statement **ret, struct statement *block,
					  const struct statement_schema *schema, const struct junos_word *keyword,
					  const struct junos_word *name);
/* W as a value of ST.  -EINVAL. */
GVPN_MUST_CHECK int statement_check_value(struct statements *s, const struct statement *st,
					  const struct statement_schema *schema, const struct junos_word *w,
					  struct statement_value *ret);
/* The values of a statement in BLOCK; C stands behind the keyword.  -EINVAL, -ENOMEM. */
GVPN_MUST_CHECK int statement_read_leaf(struct statements *s, struct statement *block,
					const struct statement_schema *schema, struct statement_cursor c);

#endif
