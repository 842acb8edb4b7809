/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one statement of the device says about another, gathered while an import reads them in whatever order. */
#ifndef MEMBER_IMPORT_FACTS_H
#define MEMBER_IMPORT_FACTS_H

#include "member/config/junos.h"
#include "member/import/interfaces.h"
#include "member/import/notes.h"

#define IMPORT_FACTS_MAX 256 /* of each kind; with more the result is not complete */

struct import_facts {
	struct import_addresses addresses;
	struct {
		const struct junos_word *instance, *interface;
	} instances[IMPORT_FACTS_MAX];
	size_t n_instances;
	const struct junos_word *next_hops[IMPORT_FACTS_MAX], *vpns[IMPORT_FACTS_MAX]; /* service-sets with either */
	size_t n_next_hops, n_vpns;
	bool overflow;
};

/* Every active statement, kept or not; the words are borrowed. */
void import_facts_take(struct import_facts *f, const struct junos_word *const *words, size_t n);
/* False: something is told that the result lacks. */
bool import_facts_tell(const struct import_facts *f, const struct import_interfaces *interfaces, FILE *report);

#endif
