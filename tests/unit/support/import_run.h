/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An import as the tests of the import run it: what it printed, and what it told. */
#ifndef TESTS_UNIT_SUPPORT_IMPORT_RUN_H
#define TESTS_UNIT_SUPPORT_IMPORT_RUN_H

#include "member/import/import.h"

#include <check.h>

extern char *import_printed, *import_told; /* of the last run; import_forget() frees them */

int import(const char *name, const char *text, size_t len, const char *const *maps, size_t n_maps);
int import_text(const char *text); /* with the interfaces of MEMBER mapped */
void import_forget(void);
char *import_read_file(const char *path); /* the caller frees it */

#define TOLD(part) ck_assert_msg(strstr(import_told, (part)) != NULL, "the report has no '%s'", (part))
#define NOT_TOLD(part) ck_assert_msg(strstr(import_told, (part)) == NULL, "the report has '%s'", (part))
#define PRINTED(part) ck_assert_msg(strstr(import_printed, (part)) != NULL, "the result has no '%s'", (part))
#define NOT_PRINTED(part) ck_assert_msg(strstr(import_printed, (part)) == NULL, "the result has '%s'", (part))

/* A member that is complete, in set lines. */
#define MEMBER                                                                                                         \
	"security { group-vpn { member { ike {\n"                                                                      \
	"proposal P { authentication-method pre-shared-keys; dh-group group14; authentication-algorithm sha-256;\n"    \
	" encryption-algorithm aes-256-cbc; }\n"                                                                       \
	"policy K { mode main; proposals P; pre-shared-key ascii-text \"a \\\"b\\\\c #d\"; }\n"                        \
	"gateway G { ike-policy K; server-address [ 10.0.0.1 10.0.0.2 ]; local-address 10.1.0.1; } }\n"                \
	"ipsec { vpn V { ike-gateway G; group-vpn-external-interface ge-0/0/1.0; group 1; } } } }\n"                   \
	"ipsec-policy { from-zone L to-zone W { ipsec-group-vpn V; } }\n"                                              \
	"zones { security-zone L { interfaces { ge-0/0/0.0 { host-inbound-traffic { system-services { all; } } } } "   \
	"}\n"                                                                                                          \
	"security-zone W { interfaces { ge-0/0/1.0; } } } }\n"

#endif
