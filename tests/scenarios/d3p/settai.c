/* SPDX-License-Identifier: GPL-2.0-or-later */
/* settai SECONDS: what the kernel takes for the distance of TAI from UTC, as some NTP daemons set it. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/timex.h>

int main(int argc, char **argv)
{
	struct timex t = { .modes = ADJ_TAI };

	if (argc != 2)
		return 1;
	t.constant = atoi(argv[1]);
	if (adjtimex(&t) < 0) {
		perror("adjtimex");
		return 1;
	}
	t.modes = 0;
	return adjtimex(&t) < 0 || t.tai != atoi(argv[1]);
}
