/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of what this machine's kernel does need a network namespace of their own, which root alone can make. */
#ifndef TESTS_UNIT_SUPPORT_OWN_NETWORK_H
#define TESTS_UNIT_SUPPORT_OWN_NETWORK_H

#include <stdbool.h>

/*
 * From here on the test is in a network namespace of its own.  False, and a line says so, where that cannot be done and
 * GVPN_WITHOUT_BPF=1 says that this is known; without that variable the test fails then.
 */
bool own_network(void);
/* The same in the words of WHY, for what else such a test lacks. */
void not_run(const char *why);

#endif
