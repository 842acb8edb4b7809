/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/ctl.h"

int main(int argc, char **argv)
{
	return (int)ctl_run(argc, argv, stdout, stderr);
}
