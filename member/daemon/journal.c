/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/daemon/private.h"

#include <inttypes.h>
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

void daemon_interface_changed(void *ctx, const struct interface_use *use)
{
	struct daemon *d = ctx;
	const struct config_vpn *vpn = &d->config->vpns[use->vpn];
	char text[256];

	interface_text(text, use);
	daemon_say(d, use->present ? LOG_LEVEL_NOTICE : LOG_LEVEL_WARNING,
		   &(struct log_fields){ .vpn = vpn->name,
					 .group = vpn->group,
					 .event = use->present ? EVENT_INTERFACE_PRESENT : EVENT_INTERFACE_MISSING },
		   "%s", text);
}

/* --- lines whose rate others decide --- */

static void tell_missed(struct daemon *d, enum limited_by by, const struct rate_limit_missed *m)
{
	enum log_level level = (enum log_level)m->key.level;

	switch (by) {
	case LIMITED_BY_PEERS:
		log_write(d->log, level, &(struct log_fields){ .server = m->key.peer },
			  "%u more datagrams were dropped within %d s and not logged", m->lines, RATE_LIMIT_MS / 1000);
		return;
	case LIMITED_BY_CLIENTS:
	case LIMITED_BY_KERNEL:
	case LIMITED_BY_PROGRAMS:
		log_write(d->log, level,
			  &(struct log_fields){ .event = by == LIMITED_BY_CLIENTS  ? EVENT_CLIENT_REFUSED
							 : by == LIMITED_BY_KERNEL ? EVENT_KERNEL_FAILED
										   : EVENT_KERNEL_CHANGED },
			  "%u more lines like this were not logged", m->lines);
		return;
	case LIMITED_BY_:
		return;
	}
}

void daemon_log_tick(struct daemon *d)
{
	struct rate_limit_missed m;

	for (enum limited_by by = 0; by < LIMITED_BY_; by++)
		while (rate_limit_due(&d->limits[by], daemon_now(d), &m))
			tell_missed(d, by, &m);
}

uint64_t daemon_log_deadline(const struct daemon *d)
{
	uint64_t first = UINT64_MAX;

	for (enum limited_by by = 0; by < LIMITED_BY_; by++) {
		uint64_t at = rate_limit_deadline(&d->limits[by]);

		if (at < first)
			first = at;
	}
	return first;
}

/* Whether a line of KEY may be written now; what was missed before it is told first. */
static bool passes(struct daemon *d, enum limited_by by, struct rate_key key)
{
	daemon_log_tick(d);
	return rate_limit_pass(&d->limits[by], daemon_now(d), key);
}

void daemon_client_refused(struct daemon *d, const char *why)
{
	if (passes(d, LIMITED_BY_CLIENTS, (struct rate_key){ .level = LOG_LEVEL_NOTICE }))
		daemon_event(d, LOG_LEVEL_NOTICE, EVENT_CLIENT_REFUSED, "%s", why);
}

void daemon_kernel_changed(struct daemon *d, enum log_level level, enum kernel_news news, const char *text)
{
	if (passes(d, LIMITED_BY_PROGRAMS, (struct rate_key){ .level = (int)level, .event = news }))
		daemon_event(d, level, EVENT_KERNEL_CHANGED, "%s", text);
}

void daemon_kernel_unreadable(struct daemon *d, int r)
{
	if (passes(d, LIMITED_BY_KERNEL, (struct rate_key){ .level = LOG_LEVEL_WARNING }))
		daemon_event(d, LOG_LEVEL_WARNING, EVENT_KERNEL_FAILED, "cannot read the kernel's events: %s",
			     strerror(-r));
}

void daemon_datagram_dropped(struct daemon *d, const struct udp_ends *ends, bool from_server)
{
	enum log_level level = from_server ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG;
	char from[ADDRESS_TEXT_MAX], to[ADDRESS_TEXT_MAX];

	if (passes(d, LIMITED_BY_PEERS, (struct rate_key){ .level = (int)level, .peer = ends->remote }))
		log_write(d->log, level, &(struct log_fields){ .server = ends->remote },
			  "a datagram from %s to %s is dropped: no group takes it: neither of an exchange that is "
			  "under way nor under a KEK that is held",
			  address_format(ends->remote, from), address_format(ends->local, to));
}
