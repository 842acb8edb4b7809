/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pre-shared keys that a device's text shows in another spelling, as files for "pre-shared-key file". */
#ifndef MEMBER_IMPORT_KEYS_H
#define MEMBER_IMPORT_KEYS_H

#include "lib/gvpn.h"
#include "member/config/junos.h"

#include <stdio.h>

#define IMPORT_KEYS_MAX 256

struct import_keys {
	const char *folder; /* of the command line; NULL: no file is to be written */
	FILE *report;
	int fd; /* of the folder, below 0: not opened */
	char *path;
	char *written[IMPORT_KEYS_MAX]; /* in the folder, by this run */
	size_t n_written;
	bool failed; /* a key is not readable, or a file could not be written: REPORT says so */
};

/* Opens the folder.  -EINVAL with a line on REPORT. */
GVPN_MUST_CHECK int import_keys_open(struct import_keys *k, const char *folder, FILE *report);
/*
 * Of "security group-vpn member ike policy NAME pre-shared-key FORM VALUE" with "$9$..." or "$8$..." as VALUE: tells
 * what that is, and writes the key to a file of mode 0600.  1: *RET is its path, which the caller frees; 0: the
 * statement stands as it is.  -ENOMEM.
 */
GVPN_MUST_CHECK int import_keys_take(struct import_keys *k, char **ret, const struct junos_word *const *words,
				     size_t n);
/* UNDO removes what was written: the import has no result. */
void import_keys_close(struct import_keys *k, bool undo);

#endif
