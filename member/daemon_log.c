/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/daemon_private.h"

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

void daemon_log_tick(struct daemon *d)
{
	struct log_limit_missed m;

	while (log_limit_due(&d->limit, daemon_now(), &m))
		log_write(d->log, m.level, &(struct log_fields){ .event = m.event, .server = m.server },
			  "%u more lines like this were not logged", m.lines);
}

uint64_t daemon_log_deadline(const struct daemon *d)
{
	return log_limit_deadline(&d->limit);
}

void daemon_say_limited(struct daemon *d, enum log_level level, enum event event, const char *text)
{
	daemon_log_tick(d);
	if (log_limit_pass(&d->limit, daemon_now(), level, event, 0))
		daemon_event(d, level, event, "%s", text);
}
