/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A step of the key server: one datagram, or time that has passed. */
#include "tests/gcks/server_private.h"

#include "ike/isakmp.h"
#include "tests/gcks/answer.h"
#include "tests/gcks/cluster_wire.h"

#include <stdio.h>

#define EXCHANGE_AT 18 /* in the ISAKMP header, RFC 2408 3.1 */

static bool may_log_about(struct gcks_server *s, uint32_t addr, enum ike_note_level note)
{
	struct rate_limit_missed m;
	char text[128];

	while (rate_limit_due(&s->limit, s->now, &m)) {
		snprintf(text, sizeof(text), "%u more lines about %u.%u.%u.%u were not logged, they came too fast",
			 m.lines, m.key.peer >> 24, m.key.peer >> 16 & 255, m.key.peer >> 8 & 255, m.key.peer & 255);
		gcks_server_log(s, note, text);
	}
	return rate_limit_pass(&s->limit, s->now,
			       (struct rate_key){ .level = IKE_NOTE_WARNING - (int)note, .peer = addr });
}

static void log_notes(struct gcks_server *s, uint32_t addr, uint16_t port, const struct ike_out *out)
{
	char text[300], note[IKE_NOTE_TEXT_MAX];

	for (size_t i = 0; i < out->n_notes; i++) {
		/* An operator who asks for debug lines wants all of them. */
		if (out->notes[i].level != IKE_NOTE_DEBUG && port > 0 && !may_log_about(s, addr, out->notes[i].level))
			continue;
		if (port > 0)
			snprintf(text, sizeof(text), "%u.%u.%u.%u:%u: %s", addr >> 24, addr >> 16 & 255,
				 addr >> 8 & 255, addr & 255, port, ike_note_format(&out->notes[i], note));
		else
			snprintf(text, sizeof(text), "%s", ike_note_format(&out->notes[i], note));
		gcks_server_log(s, out->notes[i].level, text);
	}
	if (out->n_notes_dropped > 0) {
		snprintf(text, sizeof(text), "%zu more log lines of this message are left out", out->n_notes_dropped);
		gcks_server_log(s, IKE_NOTE_DEBUG, text);
	}
}

/* RFC 8263 6: an acknowledgement that no push waits for, or that is wrong, is logged. */
static void input_acknowledgement(struct gcks_server *s, uint64_t now, uint32_t local, uint32_t addr,
				  const uint8_t *data, size_t len)
{
	char text[160];
	int r = -ENOENT;

	for (size_t i = 0; i < s->n_groups && r == -ENOENT; i++)
		r = gdoi_group_acknowledge(s->groups[i], now, local, addr, data, len);
	if (r == 0)
		return;
	snprintf(text, sizeof(text), "an acknowledgement from %u.%u.%u.%u is ignored: %s", addr >> 24, addr >> 16 & 255,
		 addr >> 8 & 255, addr & 255,
		 r == -EALREADY ? "it was taken before"
		 : r == -ENOENT ? "no push to it waits for one"
				: "it is malformed, of another push, or its hash is wrong");
	gcks_server_log(s, r == -EALREADY ? IKE_NOTE_DEBUG : r == -ENOENT ? IKE_NOTE_INFO : IKE_NOTE_WARNING, text);
}

/* After the responder's step, which may have used the ISAKMP SA of a member that is removed now. */
static void forget_removed_members(struct gcks_server *s)
{
	struct gdoi_member_config m;

	for (size_t i = 0; i < s->n_groups; i++) {
		while (gdoi_group_removed(s->groups[i], &m)) {
			for (size_t j = 0; j < s->n_locals; j++) {
				if (s->locals[j].addr == m.local)
					responder_forget(s->locals[j].responder, m.addr);
			}
		}
	}
}

void gcks_server_step(struct gcks_server *s, uint64_t now, size_t i, uint32_t addr, uint16_t port, const uint8_t *data,
		      size_t len, struct ike_out *out)
{
	struct local *l = &s->locals[i];

	s->now = now;
	for (size_t j = 0; data == NULL && j < s->n_groups; j++)
		gdoi_group_step(s->groups[j], now);
	if (data != NULL && s->answer == GCKS_ANSWER_REFUSAL)
		gcks_answer_refuse(data, len, addr, port, out);
	else if (data != NULL && len > EXCHANGE_AT && s->answer != GCKS_ANSWER_SILENCE &&
		 data[EXCHANGE_AT] == EXCHANGE_GROUPKEY_PUSH_ACK)
		input_acknowledgement(s, now, l->addr, addr, data, len);
	else if (data == NULL || s->answer != GCKS_ANSWER_SILENCE)
		responder_step(l->responder, now, addr, port, data, len, out);
	log_notes(s, addr, port, out);
	forget_removed_members(s);
	for (size_t j = 0; j < s->n_groups; j++) {
		if (s->clusters[j] != NULL)
			gdoi_cluster_step(s->clusters[j], now);
		gdoi_group_send(s->groups[j], now, l->addr, out);
	}
	if (s->answer == GCKS_ANSWER_GARBAGE)
		gcks_answer_garble(out, &s->garbled, s->ops.random, s->ops.ctx);
	if (s->answer == GCKS_ANSWER_SILENCE)
		ike_out_clear(out);
}

void gcks_server_cluster_input(struct gcks_server *s, uint64_t now, uint32_t local, uint32_t from, const uint8_t *data,
			       size_t len)
{
	struct cluster_header h;
	struct gdoi_cluster *c = NULL;

	if (cluster_peek(data, len, &h) == 0 && h.to == local)
		c = gcks_server_find_cluster(s, h.group);
	if (c != NULL)
		gdoi_cluster_input(c, now, from, data, len);
}
