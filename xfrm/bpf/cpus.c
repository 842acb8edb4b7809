/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/bpf/cpus.h"

#include "xfrm/bpf/shapes.h"

#include <stdio.h>
#include <stdlib.h>

/* Not those that are online: one that is plugged in later counts too. */
#define POSSIBLE "/sys/devices/system/cpu/possible"

/* A number at *AT, which moves behind it.  False: there is none, or it is too large. */
static bool read_number(const char **at, uint32_t *ret)
{
	const char *p = *at;

	*ret = 0;
	for (; *p >= '0' && *p <= '9'; p++) {
		*ret = *ret * 10 + (uint32_t)(*p - '0');
		if (*ret >= CPUS_MOST)
			return false;
	}
	if (p == *at)
		return false;
	*at = p;
	return true;
}

uint32_t cpus_numbers_of(const char *list)
{
	uint32_t highest = 0;

	for (;;) {
		uint32_t first, last;

		if (!read_number(&list, &first))
			return 0;
		last = first;
		if (*list == '-') {
			list++;
			if (!read_number(&list, &last) || last < first)
				return 0;
		}
		highest = last > highest ? last : highest;
		if (*list == '\0' || strcmp(list, "\n") == 0)
			return highest + 1;
		if (*list++ != ',')
			return 0;
	}
}

uint32_t cpus_numbers(void)
{
	char text[4096];
	FILE *f = fopen(POSSIBLE, "re");
	uint32_t n = 0;

	if (!f)
		return 0;
	if (fgets(text, sizeof(text), f))
		n = cpus_numbers_of(text);
	fclose(f);
	return n;
}

uint32_t cpus_slots(uint32_t n)
{
	uint32_t slots = DP_SLOTS;

	while (slots > 2 && (uint64_t)slots * n > DP_SLOTS)
		slots /= 2;
	return n > 0 ? slots : 0;
}
