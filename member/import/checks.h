/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checks that need several statements of the device together: parts that the result lacks, and parts that load but look
 * odd, such as slips in printed examples, which otherwise only the traffic would show.
 */
#ifndef MEMBER_IMPORT_CHECKS_H
#define MEMBER_IMPORT_CHECKS_H

#include "member/config/config.h"
#include "member/config/junos.h"
#include "member/import/interfaces.h"

#include <stdio.h>

#define IMPORT_CHECKS_MAX 256 /* of each kind that is remembered; with more the result is not complete */
#define IMPORT_ADDRESSES_MAX 256

struct import_addresses { /* of the device's interfaces; those beyond are dropped */
	uint32_t list[IMPORT_ADDRESSES_MAX];
	size_t n;
};

struct import_checks {
	struct import_addresses addresses;
	struct {
		const struct junos_word *instance, *interface;
	} instances[IMPORT_CHECKS_MAX];
	size_t n_instances;
	const struct junos_word *next_hops[IMPORT_CHECKS_MAX], *vpns[IMPORT_CHECKS_MAX]; /* service-sets with either */
	size_t n_next_hops, n_vpns;
	struct { /* of a key server's groups in the same file */
		const struct junos_word *group, *window;
	} windows[IMPORT_CHECKS_MAX];
	size_t n_windows; /* those beyond are dropped */
	bool overflow;
};

/* Every active statement, kept or not; the words are borrowed. */
void import_checks_take(struct import_checks *c, const struct junos_word *const *words, size_t n);
/* False: the result lacks something, which is told. */
bool import_checks_incomplete(const struct import_checks *c, const struct import_interfaces *interfaces, FILE *report);
/* A line to REPORT for each oddity of the configuration that the result is. */
void import_checks_odd(FILE *report, const struct config *config, const struct import_addresses *addresses);

#endif
