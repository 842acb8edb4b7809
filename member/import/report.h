/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The report of an import: places of the text that were read without certainty, and the statements that are left out,
 * gathered under the reasons.
 */
#ifndef MEMBER_IMPORT_REPORT_H
#define MEMBER_IMPORT_REPORT_H

#include "member/import/rules.h"

#include <stdio.h>

/* Each place is reported when it is found.  With any such place the result is not complete. */
struct import_doubts {
	FILE *report;
	const char *name; /* of the text, for messages */
	size_t n;
};

/* LINE counts from 1.  When there are very many doubts, the first ones are told and the others are counted. */
__attribute__((format(printf, 3, 4))) void import_doubt(struct import_doubts *d, size_t line, const char *fmt, ...);
/* Says how many were not told. */
void import_doubts_tell(const struct import_doubts *d);

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
