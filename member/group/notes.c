/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lines that a group writes for its operator: each line with its event (member/log/event.h), and with the
 * consequence for traffic.  Lines whose rate a peer decides pass through the limit (lib/rate_limit.h).
 */
#include "member/group/private.h"

#include <stdarg.h>

/* Whose the line is: of the server that is heard or asked, or that the group is registered with; 0: of none of them. */
static uint32_t server_of(const struct group *g)
{
	if (g->notes.speaking)
		return g->notes.speaking;
	switch (g->life.state) {
	case GROUP_IDLE:
	case GROUP_REGISTERED:
		return group_server(g);
	case GROUP_REGISTERING:
	case GROUP_RENEWING:
		return g->gateway->servers[g->servers.asked];
	case GROUP_WAITING:
	case GROUP_UNUSABLE:
		break;
	}
	return 0;
}

void group_log(struct group *g, struct record *record, uint32_t spi)
{
	record->server = server_of(g);
	record->spi = spi;
	group_put_record(g, record);
}

void group_speaks(struct group *g, uint32_t server)
{
	g->notes.speaking = server;
}

void group_forget_notes(struct group *g)
{
	memset(g->notes.tolerated, 0, sizeof(g->notes.tolerated));
}

uint64_t group_limit_deadline(const struct group *g)
{
	return rate_limit_deadline(&g->notes.limit);
}

/* --- notes of the exchanges --- */

/*
 * Notes that are more than a line for the reader.  A note that a peer differs from the standard is told once for each
 * server.
 */
static const struct kind {
	enum ike_note_id id;
	enum event event;
} kinds[] = {
	{ NOTE_PUSH_REFUSED, EVENT_PUSH_REFUSED },           { NOTE_KEK_WITHOUT_SIGNATURE_KEY, EVENT_POLICY_REFUSED },
	{ NOTE_KEK_WITHOUT_KEY, EVENT_POLICY_REFUSED },      { NOTE_ACK_TYPE, EVENT_POLICY_REFUSED },
	{ NOTE_DOI_GDOI_UNSUPPORTED, EVENT_PEER_TOLERATED }, { NOTE_VENDOR_IDS, EVENT_PEER_TOLERATED },
	{ NOTE_SA_SITUATION, EVENT_PEER_TOLERATED },         { NOTE_GAP_UNKNOWN, EVENT_PEER_TOLERATED },
	{ NOTE_KEK_MANAGEMENT, EVENT_PEER_TOLERATED },       { NOTE_KEK_WITHOUT_SEQ, EVENT_PEER_TOLERATED },
	{ NOTE_KEK_WITHOUT_POLICY, EVENT_PEER_TOLERATED },   { NOTE_PACKET_TYPE, EVENT_PEER_TOLERATED },
	{ NOTE_DELETE_PROTOCOL, EVENT_PEER_TOLERATED },      { NOTE_DELETE_OTHER_KEK, EVENT_PEER_TOLERATED },
	{ NOTE_PRESERVATION_0, EVENT_PEER_TOLERATED },       { NOTE_DIRECTION_0, EVENT_PEER_TOLERATED },
};

_Static_assert(ARRAY_SIZE(kinds) <= 16, "a bit of tolerated[] each");

static const struct kind *kind_of(const struct ike_note *note)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (note->id == kinds[i].id)
			return &kinds[i];
	return NULL;
}

/* The keyring says it again, with what it means for the policy (EVENT_POLICY_REFUSED). */
static bool keyring_tells(const struct ike_note *note)
{
	return note->id == NOTE_TEK_REFUSED || note->id == NOTE_TEK_WITHOUT_SPI_REFUSED;
}

static enum log_level note_level(const struct ike_note *note)
{
	switch (note->level) {
	case IKE_NOTE_DEBUG:
		return LOG_LEVEL_DEBUG;
	case IKE_NOTE_INFO:
		return LOG_LEVEL_INFO;
	case IKE_NOTE_WARNING:
		return keyring_tells(note) ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARNING;
	}
	return LOG_LEVEL_WARNING;
}

static bool first_of_server(struct group *g, uint32_t server, const struct kind *kind)
{
	uint16_t bit = (uint16_t)(1u << (kind - kinds));

	for (size_t i = 0; i < g->gateway->n_servers; i++) {
		if (g->gateway->servers[i] != server)
			continue;
		if (g->notes.tolerated[i] & bit)
			return false;
		g->notes.tolerated[i] |= bit;
	}
	return true;
}

static void tell_missed(struct group *g, uint64_t now)
{
	struct rate_limit_missed m;

	while (rate_limit_due(&g->notes.limit, now, &m)) {
		enum event event = (enum event)m.key.event;
		struct record r;

		record_set(&r, event == EVENT_NONE ? RECORD_LINES_MISSED : RECORD_LINES_OF_EVENT_MISSED,
			   record_number(m.lines), record_seconds(RATE_LIMIT_MS), record_event(event));
		r.level = (enum log_level)m.key.level;
		r.event = event;
		r.server = m.key.peer;
		group_put_record(g, &r);
	}
}

static void log_note(struct group *g, uint64_t now, const struct ike_note *note, uint32_t server)
{
	const struct kind *kind = kind_of(note);
	enum event event = kind ? kind->event : EVENT_NONE;
	enum log_level level = note_level(note);
	char text[IKE_NOTE_TEXT_MAX];
	struct record r;

	ike_note_format(note, text);
	if (event == EVENT_PEER_TOLERATED) {
		record_set(&r, RECORD_NOTE_TOLERATED, record_address(server), record_text(text));
		if (level < r.level)
			r.level = level;
		if (first_of_server(g, server, kind))
			group_log(g, &r, 0);
		return;
	}
	/* An operator who asks for debug lines wants all of them. */
	if (level != LOG_LEVEL_DEBUG && event != EVENT_POLICY_REFUSED &&
	    !rate_limit_pass(&g->notes.limit, now, (struct rate_key){ (int)level, event, server }))
		return;
	record_set(&r,
		   event == EVENT_PUSH_REFUSED     ? RECORD_NOTE_PUSH_REFUSED
		   : event == EVENT_POLICY_REFUSED ? RECORD_NOTE_POLICY_REFUSED
						   : RECORD_NOTE,
		   record_text(text), record_address(server));
	r.level = level;
	group_log(g, &r, 0);
}

void group_put_out(struct group *g, uint64_t now, struct ike_out *out, const struct udp_ends *ends)
{
	tell_missed(g, now);
	for (size_t i = 0; i < out->n_notes; i++)
		log_note(g, now, &out->notes[i], ends->remote);
	if (out->n_notes_dropped > 0 &&
	    rate_limit_pass(&g->notes.limit, now, (struct rate_key){ LOG_LEVEL_WARNING, EVENT_NONE, ends->remote }))
		group_tell(g, 0, RECORD_NOTES_DROPPED, record_number(out->n_notes_dropped));
	for (size_t i = 0; i < out->n_datagrams; i++)
		group_send(g, ends, &out->datagrams[i]);
	ike_out_clear(out);
}

void group_limit_tick(struct group *g, uint64_t now)
{
	tell_missed(g, now);
}

/* --- what traffic has to expect --- */

struct record_arg group_traffic(const struct group *g)
{
	return record_phrase(g->vpn->n_fail_open > 0 ? TRAFFIC_FAIL_OPEN : TRAFFIC_BLOCKED);
}

size_t group_keyless(const struct group *g)
{
	size_t n = 0;

	for (size_t i = 0; i < keyring_policies(g->keys); i++)
		n += !keyring_usable(keyring_policy(g->keys, i));
	return n;
}

/* SEL: of the policy that has lost its last key; NULL: all have. */
static void log_end(struct group *g, uint64_t now, const struct selector *sel)
{
	bool planned = g->schedule.at != UINT64_MAX;
	uint64_t ms = g->schedule.at > now ? g->schedule.at - now : 0;
	struct record next;

	record_set(&next, group_pulling(g) ? NEXT_UNDER_WAY : planned ? NEXT_IN : NEXT_NONE, record_seconds(ms));
	if (sel)
		group_tell(g, 0, RECORD_LAST_KEY_OF_POLICY_ENDED, group_traffic(g), record_clause(&next),
			   record_selector(sel));
	else
		group_tell(g, 0, RECORD_LAST_KEY_ENDED, group_traffic(g), record_clause(&next));
}

void group_log_expired(struct group *g, uint64_t now, uint64_t held)
{
	if (held != 0 && !group_keys_held(g)) {
		log_end(g, now, NULL);
		return;
	}
	for (size_t i = 0; i < keyring_policies(g->keys); i++) {
		const struct keyring_policy *p = keyring_policy(g->keys, i);

		if (!keyring_usable(p) && held >> i & 1)
			log_end(g, now, &p->sel);
	}
}

uint64_t group_held(const struct group *g)
{
	uint64_t held = 0;

	_Static_assert(KEYRING_POLICIES_MAX <= 64, "a bit each");
	for (size_t i = 0; i < keyring_policies(g->keys); i++)
		held |= (uint64_t)keyring_usable(keyring_policy(g->keys, i)) << i;
	return held;
}
