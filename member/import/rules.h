/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which statements of a Junos device are a group VPN member's, where in them an interface is named, and why the others
 * are left out.
 */
#ifndef MEMBER_IMPORT_RULES_H
#define MEMBER_IMPORT_RULES_H

#include "lib/gvpn.h"
#include "member/config/junos.h"

#define IMPORT_NO_WORD SIZE_MAX

struct import_rule {
	const char *path;      /* words; "*" stands for any one */
	const char *reason;    /* why it is left out; NULL: it is kept */
	size_t interface_word; /* the word that names an interface, IMPORT_NO_WORD: none */
	const char *next;      /* words, one of which must follow the path; NULL: any may */
	bool secret;           /* not to be repeated in a message */
	bool incomplete;       /* without it the result may protect less than the device does */
};

/* Never NULL: what no rule names is left out. */
const struct import_rule *import_rule_for(const struct junos_word *const *words, size_t n);
/* Whether a statement that is kept can stand at the hierarchy WORDS, below or above it. */
bool import_rules_touch_kept(const struct junos_word *const *words, size_t n);
/* "delete", "deactivate" and the like of a terminal; the words behind are a statement's. */
bool import_rules_is_command(const struct junos_word *word);
/* Whether a command that names these words changes what is kept, or nobody can say that it does not. */
bool import_rules_may_change_kept(const struct junos_word *const *words, size_t n);

#endif
