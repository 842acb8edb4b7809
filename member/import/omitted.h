/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an import leaves out, gathered under the reasons. */
#ifndef MEMBER_IMPORT_OMITTED_H
#define MEMBER_IMPORT_OMITTED_H

#include "member/import/rules.h"

#include <stdio.h>

struct import_omission {
	const char *reason;
	char *line; /* NULL: told already */
	bool kept;  /* the result has it all the same */
};

struct import_omitted {
	struct import_omission *list;
	size_t n, n_allocated, n_unlisted;
	bool incomplete; /* something among it may decide what is protected */
};

/* Puts a word as Junos text has it, in quotes where it needs them. */
void import_put_word(FILE *out, const struct junos_word *w);
/* A word after which a secret stands. */
bool import_names_secret(const char *word);
/*
 * The statement of N words falls under RULE.  REASON stands for the rule's own unless it is NULL.  Of a rule that may
 * cover secrets no more than two words are remembered; of others none behind a statement that gvpnd does not know, or
 * behind a word that may name a secret.  -ENOMEM.
 */
GVPN_MUST_CHECK int import_omit(struct import_omitted *o, const struct import_rule *rule, const char *reason,
				const struct junos_word *const *words, size_t n);
/* The same for a statement that the result has, though it may be another on the device.  -ENOMEM. */
GVPN_MUST_CHECK int import_keep_unsure(struct import_omitted *o, const char *reason,
				       const struct junos_word *const *words, size_t n);
void import_omitted_tell(struct import_omitted *o, FILE *report);
void import_omitted_free(struct import_omitted *o);

#endif
