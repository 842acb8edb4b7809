/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/clock.h"

/* TIME_ERROR is returned for troubles with a pulse per second, too: then the status says whether the clock is set. */
void clock_judge(struct clock_state *ret, int result, const struct timex *t)
{
	*ret = (struct clock_state){ .known = result >= 0 };
	if (!ret->known)
		return;
	ret->synchronised = !(t->status & (STA_UNSYNC | STA_CLOCKERR));
	ret->error_ms = t->maxerror > 0 ? ((uint64_t)t->maxerror + 999) / 1000 : 0;
	ret->tai_offset = (int32_t)t->tai;
}

void clock_look(struct clock_state *ret)
{
	struct timex t = { .modes = 0 };
	int r = adjtimex(&t);

	clock_judge(ret, r, &t);
}
