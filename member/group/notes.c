/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a group tells its operator: each line with its event (member/log/event.h), and what traffic has to expect. Lines
 * whose rate a peer decides pass through the limit (member/log/limit.h).
 */
#include "member/group/private.h"

#include "lib/selector.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* Whose the line is: of the server that is heard or asked, or that the group is registered with; 0: of none of them. */
static uint32_t server_of(const struct group *g)
{
	if (g->speaking)
		return g->speaking;
	switch (g->state) {
	case GROUP_IDLE:
	case GROUP_REGISTERED:
		return group_server(g);
	case GROUP_REGISTERING:
	case GROUP_RENEWING:
		return g->gateway->servers[g->server];
	case GROUP_WAITING:
	case GROUP_UNUSABLE:
		break;
	}
	return 0;
}

void group_log(struct group *g, enum log_level level, enum event event, uint32_t spi, const char *fmt, ...)
{
	char text[900];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	g->ops.log(g->ops.ctx, level, event, g->vpn->name, server_of(g), spi, text);
}

void group_enter(struct group *g, enum event event, enum group_state state, const char *fmt, ...)
{
	enum log_level level = state == GROUP_WAITING || state == GROUP_UNUSABLE || event == EVENT_SERVERS_FAILED
				       ? LOG_LEVEL_WARNING
				       : LOG_LEVEL_INFO;
	enum group_state old = g->state;
	char *countdown;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(g->reason, sizeof(g->reason), fmt, ap);
	va_end(ap);
	g->state = state;
	group_log(g, level, event, 0, "%s -> %s: %s", group_state_name(old), group_state_name(state), g->reason);
	/* A countdown is true in that line alone: who asks later is told the time that remains then. */
	countdown = strstr(g->reason, "; next ");
	if (countdown)
		*countdown = '\0';
}

/* --- notes of the exchanges --- */

/*
 * The notes that are more than a line for the reader, by what they begin with and what follows.  Notes of what a peer
 * does otherwise than the standard has it are told once for each server.
 */
static const struct kind {
	const char *begins, *has;
	enum event event;
} kinds[] = {
	{ "push refused: ", "", EVENT_PUSH_REFUSED },
	{ "the KEK's key packet has no usable signature key", "", EVENT_POLICY_REFUSED },
	{ "an SA KEK payload came without its key", "", EVENT_POLICY_REFUSED },
	{ "push ", " is not acknowledged: the server asks for type", EVENT_POLICY_REFUSED },
	{ "the server does not support DOI 2", "", EVENT_PEER_TOLERATED },
	{ "the server's vendor IDs, which mean nothing here", "", EVENT_PEER_TOLERATED },
	{ "the SA payload has situation", "", EVENT_PEER_TOLERATED },
	{ "GAP attributes that are not known here", "", EVENT_PEER_TOLERATED },
	{ "KEK_MANAGEMENT_ALGORITHM ", " in a pull is ignored", EVENT_PEER_TOLERATED },
	{ "the server sent a KEK without a SEQ payload", "", EVENT_PEER_TOLERATED },
	{ "a KEK key packet without its SA KEK payload", "", EVENT_PEER_TOLERATED },
	{ "a key packet of unknown type", "", EVENT_PEER_TOLERATED },
	{ "a delete for protocol ", " is ignored", EVENT_PEER_TOLERATED },
	{ "a delete of another KEK", "", EVENT_PEER_TOLERATED },
	{ "Address Preservation 0 is reserved", "", EVENT_PEER_TOLERATED },
	{ "SA Direction 0 is reserved", "", EVENT_PEER_TOLERATED },
};

_Static_assert(ARRAY_SIZE(kinds) <= 16, "a bit of tolerated[] each");

static const struct kind *kind_of(const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strncmp(text, kinds[i].begins, strlen(kinds[i].begins)) == 0 && strstr(text, kinds[i].has))
			return &kinds[i];
	return NULL;
}

/* The keyring says it again, with what it means for the policy (EVENT_POLICY_REFUSED). */
static bool keyring_tells(const char *text)
{
	static const char begins[] = "TEK with";

	return strncmp(text, begins, sizeof(begins) - 1) == 0 && strstr(text, " refused: ");
}

static enum log_level note_level(const struct ike_note *note)
{
	switch (note->level) {
	case IKE_NOTE_DEBUG:
		return LOG_LEVEL_DEBUG;
	case IKE_NOTE_INFO:
		return LOG_LEVEL_INFO;
	case IKE_NOTE_WARNING:
		return keyring_tells(note->text) ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARNING;
	}
	return LOG_LEVEL_WARNING;
}

static bool first_of_server(struct group *g, uint32_t server, const struct kind *kind)
{
	uint16_t bit = (uint16_t)(1u << (kind - kinds));

	for (size_t i = 0; i < g->gateway->n_servers; i++) {
		if (g->gateway->servers[i] != server)
			continue;
		if (g->tolerated[i] & bit)
			return false;
		g->tolerated[i] |= bit;
	}
	return true;
}

static void tell_missed(struct group *g, uint64_t now)
{
	struct rate_limit_missed m;

	while (rate_limit_due(&g->limit, now, &m)) {
		const char *name = event_name((enum event)m.key.event);
		char text[160];

		snprintf(text, sizeof(text), "%u more lines%s%s were not logged within %d s, they came too fast",
			 m.lines, name ? " " : "", name ? name : "", RATE_LIMIT_MS / 1000);
		g->ops.log(g->ops.ctx, (enum log_level)m.key.level, (enum event)m.key.event, g->vpn->name, m.key.peer,
			   0, text);
	}
}

static void log_note(struct group *g, uint64_t now, const struct ike_note *note, uint32_t server)
{
	const struct kind *kind = kind_of(note->text);
	enum event event = kind ? kind->event : EVENT_NONE;
	enum log_level level = note_level(note);
	char from[ADDRESS_TEXT_MAX];

	if (event == EVENT_PEER_TOLERATED) {
		if (first_of_server(g, server, kind))
			group_log(g, level < LOG_LEVEL_INFO ? level : LOG_LEVEL_INFO, event, 0,
				  "%s: %s (tolerated, told once)", address_format(server, from), note->text);
		return;
	}
	/* Who asks for the debug lines wants all of them. */
	if (level != LOG_LEVEL_DEBUG && event != EVENT_POLICY_REFUSED &&
	    !rate_limit_pass(&g->limit, now, (struct rate_key){ (int)level, event, server }))
		return;
	if (event == EVENT_PUSH_REFUSED)
		group_log(g, level, event, 0, "%s; from %s, nothing has changed", note->text,
			  address_format(server, from));
	else
		group_log(g, level, event, 0, "%s", note->text);
}

void group_put_out(struct group *g, uint64_t now, struct ike_out *out, const struct udp_ends *ends)
{
	tell_missed(g, now);
	for (size_t i = 0; i < out->n_notes; i++)
		log_note(g, now, &out->notes[i], ends->remote);
	if (out->n_notes_dropped > 0 &&
	    rate_limit_pass(&g->limit, now, (struct rate_key){ LOG_LEVEL_WARNING, EVENT_NONE, ends->remote }))
		group_log(g, LOG_LEVEL_WARNING, EVENT_NONE, 0, "%zu further notes dropped", out->n_notes_dropped);
	for (size_t i = 0; i < out->n_datagrams; i++)
		g->ops.send(g->ops.ctx, ends, out->datagrams[i].data, out->datagrams[i].len);
	ike_out_clear(out);
}

void group_limit_tick(struct group *g, uint64_t now)
{
	tell_missed(g, now);
}

/* --- what traffic has to expect --- */

const char *group_traffic(const struct group *g)
{
	return g->vpn->n_fail_open > 0
		       ? "what its fail-open rules name passes in the clear, the rest of its traffic is blocked"
		       : "its traffic is blocked (fail-close)";
}

size_t group_keyless(const struct group *g)
{
	size_t n = 0;

	for (size_t i = 0; i < keyring_policies(g->keys); i++)
		n += !keyring_usable(keyring_policy(g->keys, i));
	return n;
}

static void log_end(struct group *g, uint64_t now, const char *what)
{
	char remedy[64] = "a registration is under way";

	if (!group_pulling(g) && g->next_registration != UINT64_MAX)
		snprintf(remedy, sizeof(remedy), "the next registration is in %" PRIu64 " s",
			 g->next_registration > now ? (g->next_registration - now + 999) / 1000 : 0);
	else if (!group_pulling(g))
		snprintf(remedy, sizeof(remedy), "no registration is planned");
	group_log(g, LOG_LEVEL_WARNING, EVENT_KEYS_EXPIRED, 0,
		  "the last key%s has ended and none replaces it: %s until new keys come; %s", what, group_traffic(g),
		  remedy);
}

void group_log_expired(struct group *g, uint64_t now, uint64_t held)
{
	char sel[SELECTOR_TEXT_MAX], what[SELECTOR_TEXT_MAX + 16];

	if (held != 0 && !group_keys_held(g)) {
		log_end(g, now, "");
		return;
	}
	for (size_t i = 0; i < keyring_policies(g->keys); i++) {
		const struct keyring_policy *p = keyring_policy(g->keys, i);

		if (keyring_usable(p) || !(held >> i & 1))
			continue;
		snprintf(what, sizeof(what), " of policy %s", selector_format(&p->sel, sel));
		log_end(g, now, what);
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
