/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/refused.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

uint64_t xfrm_refused(const char *prefix)
{
	FILE *f = fopen("/proc/net/xfrm_stat", "re");
	uint64_t sum = 0, n;
	char name[64];

	while (f && fscanf(f, "%63s %" SCNu64, name, &n) == 2)
		if (strncmp(name, prefix, strlen(prefix)) == 0)
			sum += n;
	if (f)
		fclose(f);
	return sum;
}
