/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the commands of operate.h: the words that follow the object of a command, and the report at the end. */
#ifndef GCKS_OPERATE_PRIVATE_H
#define GCKS_OPERATE_PRIVATE_H

#include "tests/gcks/group_change.h"
#include "tests/gcks/operate.h"

#define SELECTOR_KEYWORDS 5
extern const char *const selector_keywords[SELECTOR_KEYWORDS];

/* The words that may follow the object of a command, in any order. */
struct arguments {
	const char *group;    /* "group NAME-OR-ID", or, where BARE_GROUP, a word alone */
	const char *ipsec_sa; /* "ipsec-sa NAME" */
	const char *selector[SELECTOR_KEYWORDS];
	bool with_replacement, present_keys;
};

#define TAKES_BARE_GROUP (1u << 0)
#define TAKES_REPLACEMENT (1u << 1)
#define TAKES_SELECTOR (1u << 2)
#define TAKES_IPSEC_SA (1u << 3)
#define TAKES_PRESENT_KEYS (1u << 4)

/* The words of OP from FROM on; TAKES says which are expected beside "group". */
GVPN_MUST_CHECK int read_arguments(struct arguments *ret, const struct operation *op, size_t from, unsigned takes,
				   struct gcks_error *err);
/* The group NAME, or, without a name, the only one.  This server must lead the group. */
GVPN_MUST_CHECK int pick_group(const struct operation *op, const char *name, struct gdoi_group **ret,
			       struct gcks_error *err);
/* A change at a follower would be lost with the primary's next change: -EPERM with ERR. */
GVPN_MUST_CHECK int refuse_follower(const struct gdoi_group *g, struct gcks_error *err);
/* WHAT was done, and to N members goes a push.  N may be a negative errno, which is returned: ERR was written then. */
GVPN_MUST_CHECK int report_push(FILE *out, const struct gdoi_group *g, const char *what, int n);

#endif
