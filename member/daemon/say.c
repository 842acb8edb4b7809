/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/daemon/private.h"

#include <stdarg.h>
#include <stdio.h>

#define TEXT_MAX 1024

void daemon_say(struct daemon *d, enum log_level level, const struct log_fields *about, const char *format, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	log_write(d->log, level, about, "%s", text);
	if (about && about->event != EVENT_NONE && d->bus)
		bus_event(d->bus, about->event, about->vpn, about->server, about->spi, text);
}

static void tell_missed(struct daemon *d, struct log_limit *limit)
{
	struct log_limit_missed m;

	while (log_limit_due(limit, daemon_now(), &m))
		log_write(d->log, m.level, &(struct log_fields){ .event = m.event, .server = m.server },
			  "%u more lines like this were not logged", m.lines);
}

void daemon_log_tick(struct daemon *d)
{
	tell_missed(d, &d->limit);
	for (size_t i = 0; i < KERNEL_CHANGES; i++)
		tell_missed(d, &d->changes[i]);
}

uint64_t daemon_log_deadline(const struct daemon *d)
{
	uint64_t at = log_limit_deadline(&d->limit);

	for (size_t i = 0; i < KERNEL_CHANGES; i++)
		if (log_limit_deadline(&d->changes[i]) < at)
			at = log_limit_deadline(&d->changes[i]);
	return at;
}

void daemon_say_limited(struct daemon *d, struct log_limit *limit, enum log_level level, enum event event,
			const char *text)
{
	daemon_log_tick(d);
	if (log_limit_pass(limit, daemon_now(), level, event, 0))
		daemon_event(d, level, event, "%s", text);
}
