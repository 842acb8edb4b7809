/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/support/own_network.h"

#include <check.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void not_run(const char *why)
{
	ck_assert_msg(getenv("GVPN_WITHOUT_BPF"), "%s; GVPN_WITHOUT_BPF=1 runs the other tests alone", why);
	fprintf(stderr, "a test was NOT RUN, as GVPN_WITHOUT_BPF asks: %s\n", why);
}

bool own_network(void)
{
	char why[128];

	if (unshare(CLONE_NEWNET) == 0)
		return true;
	snprintf(why, sizeof(why), "cannot make a network namespace, as root can: %s", strerror(errno));
	not_run(why);
	return false;
}
