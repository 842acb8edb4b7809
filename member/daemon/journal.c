/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/daemon/journal.h"

void journal_tell(struct journal *j, const struct config_vpn *vpn, const struct record *r)
{
	const char *name = vpn ? vpn->name : NULL;
	char words[RECORD_TEXT_MAX];

	record_log(j->log, name, vpn ? vpn->group : 0, r);
	if (r->event != EVENT_NONE && j->bus)
		bus_event(j->bus, r->event, name, r->server, r->spi, record_words(r, words));
}

/* --- lines whose rate others decide --- */

/* To the log alone: that lines are missing there is no event. */
static void log_missed(struct journal *j, enum limited_by by, const struct rate_limit_missed *m)
{
	static const enum event events[LIMITED_BY_] = {
		[LIMITED_BY_CLIENTS] = EVENT_CLIENT_REFUSED,
		[LIMITED_BY_KERNEL] = EVENT_KERNEL_FAILED,
		[LIMITED_BY_PROGRAMS] = EVENT_KERNEL_CHANGED,
		[LIMITED_BY_PEERS] = EVENT_NONE,
	};
	struct record r;

	record_set(&r, by == LIMITED_BY_PEERS ? RECORD_DATAGRAMS_MISSED : RECORD_LIKE_LINES_MISSED,
		   record_number(m->lines), record_number(RATE_LIMIT_MS / 1000));
	r.level = (enum log_level)m->key.level;
	r.event = events[by];
	r.server = m->key.peer;
	record_log(j->log, NULL, 0, &r);
}

void journal_tick(struct journal *j, uint64_t now)
{
	struct rate_limit_missed m;

	for (enum limited_by by = 0; by < LIMITED_BY_; by++)
		while (rate_limit_due(&j->limits[by], now, &m))
			log_missed(j, by, &m);
}

uint64_t journal_deadline(const struct journal *j)
{
	uint64_t first = UINT64_MAX;

	for (enum limited_by by = 0; by < LIMITED_BY_; by++) {
		uint64_t at = rate_limit_deadline(&j->limits[by]);

		if (at < first)
			first = at;
	}
	return first;
}

/* Tells R unless there are too many of its key; lines that are due to be told as missed come first. */
static void tell_limited(struct journal *j, uint64_t now, enum limited_by by, unsigned kind, const struct record *r)
{
	struct rate_key key = { .level = (int)r->level, .event = kind, .peer = r->server };

	journal_tick(j, now);
	if (rate_limit_pass(&j->limits[by], now, key))
		journal_tell(j, NULL, r);
}

void journal_client_refused(struct journal *j, uint64_t now, const char *why)
{
	struct record r;

	record_set(&r, RECORD_CLIENT_REFUSED, record_text(why));
	tell_limited(j, now, LIMITED_BY_CLIENTS, 0, &r);
}

void journal_kernel_changed(struct journal *j, uint64_t now, enum log_level level, enum kernel_news news,
			    const char *text)
{
	struct record r;

	record_set(&r, RECORD_KERNEL_CHANGED, record_text(text));
	r.level = level;
	tell_limited(j, now, LIMITED_BY_PROGRAMS, news, &r);
}

void journal_kernel_unreadable(struct journal *j, uint64_t now, int r)
{
	struct record record;

	record_set(&record, RECORD_KERNEL_UNREADABLE, record_text(strerror(-r)));
	tell_limited(j, now, LIMITED_BY_KERNEL, 0, &record);
}

void journal_datagram_dropped(struct journal *j, uint64_t now, const struct udp_ends *ends, bool from_server)
{
	struct record r;

	record_set(&r, RECORD_DATAGRAM_DROPPED, record_address(ends->remote), record_address(ends->local));
	r.level = from_server ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG;
	r.server = ends->remote;
	tell_limited(j, now, LIMITED_BY_PEERS, 0, &r);
}
