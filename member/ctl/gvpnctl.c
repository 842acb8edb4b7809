/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/ctl/ctl.h"

#include <signal.h>

int main(int argc, char **argv)
{
	/* "gvpnctl monitor | head" ends with its reader, also where the caller ignores the signal. */
	signal(SIGPIPE, SIG_DFL);
	return (int)ctl_run(argc, argv, stdout, stderr);
}
