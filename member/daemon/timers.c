/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/daemon/timers.h"

#include <stdlib.h>

/* Deadlines need not be kept more exactly than this; the loop sleeps through neighbours. */
#define TIMER_ACCURACY_US 10000

struct timer {
	sd_event_source *source;
	timer_fn due;
	void *owner;
	size_t index;
	uint64_t at; /* as the source is set; UINT64_MAX: it is off */
};

static int on_time(sd_event_source *s, uint64_t usec, void *userdata)
{
	struct timer *t = userdata;

	(void)s;
	(void)usec;
	t->at = UINT64_MAX; /* a source that has fired is off */
	t->due(t->owner, t->index);
	return 0;
}

int timer_new(struct timer **ret, sd_event *event, timer_fn due, void *owner, size_t index)
{
	struct timer *t = malloc(sizeof(*t));
	int r;

	if (!t)
		return -ENOMEM;
	*t = (struct timer){ .due = due, .owner = owner, .index = index, .at = UINT64_MAX };
	r = sd_event_add_time(event, &t->source, CLOCK_BOOTTIME, UINT64_MAX, TIMER_ACCURACY_US, on_time, t);
	if (r >= 0)
		r = sd_event_source_set_enabled(t->source, SD_EVENT_OFF);
	if (r < 0) {
		timer_free(t);
		return r;
	}
	*ret = t;
	return 0;
}

void timer_free(struct timer *t)
{
	if (!t)
		return;
	sd_event_source_disable_unref(t->source);
	free(t);
}

int timer_set(struct timer *t, uint64_t at)
{
	int r;

	if (at == t->at)
		return 0;
	r = sd_event_source_set_time(t->source, at == UINT64_MAX ? UINT64_MAX : at * 1000);
	if (r >= 0)
		r = sd_event_source_set_enabled(t->source, at == UINT64_MAX ? SD_EVENT_OFF : SD_EVENT_ONESHOT);
	if (r >= 0)
		t->at = at;
	return r < 0 ? r : 0;
}
