/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The operator's tool, gvpnctl(8): its command line, apart from main() so that the tests run it in their own process.
 */
#ifndef MEMBER_CTL_CTL_H
#define MEMBER_CTL_CTL_H

#include <stdio.h>

enum ctl_exit {
	CTL_OK = 0,
	CTL_REFUSED = 1,     /* the daemon refused or failed, or the output could not be written */
	CTL_USAGE = 2,       /* the command line is wrong */
	CTL_UNREACHABLE = 3, /* no daemon answers */
};

/* Results go to OUT, complaints to ERR.  ARGV is permuted, as by getopt_long(3). */
enum ctl_exit ctl_run(int argc, char **argv, FILE *out, FILE *err);

#endif
