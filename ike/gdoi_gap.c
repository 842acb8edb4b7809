/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/gdoi_gap.h"

#include <stdio.h>

enum { /* RFC 6407 5.4 */
       ACTIVATION_TIME_DELAY = 1,
       DEACTIVATION_TIME_DELAY = 2,
       SENDER_ID_REQUEST = 3,
};

static uint16_t number_of_type(const struct gap_numbers *n)
{
	return n && n->d3p_type ? n->d3p_type : GAP_D3P_TYPE;
}

static uint16_t number_of_window(const struct gap_numbers *n)
{
	return n && n->d3p_window ? n->d3p_window : GAP_D3P_WINDOW;
}

/* Basic or variable: the drafts want the type basic and the window variable, and either form says the same. */
static int take_d3p(bool *has, uint32_t *ret, const struct attribute *a, const char *statement, struct ike_diag *diag)
{
	char text[ATTRIBUTE_TEXT_MAX];
	uint32_t v;

	if (*has)
		return diag_fail(diag, -EBADMSG, CAUSE_GAP_TWICE, a->type, *ret, attribute_text(a, text));
	if (attribute_u32(a, &v) < 0)
		return diag_fail(diag, -EBADMSG, CAUSE_GAP_D3P_NUMBER, a->type, attribute_text(a, text), statement);
	*has = true;
	*ret = v;
	return 0;
}

/* A number that may come once: a delay, or a count. */
static int take_number(bool *has, uint16_t *number, const struct attribute *a, struct ike_diag *diag)
{
	char text[ATTRIBUTE_TEXT_MAX];
	uint32_t v;

	if (*has)
		return diag_fail(diag, -EBADMSG, CAUSE_GAP_TWICE, a->type, *number, attribute_text(a, text));
	if (attribute_u32(a, &v) < 0 || v > UINT16_MAX)
		return diag_fail(diag, -EBADMSG, CAUSE_GAP_NUMBER, a->type, attribute_text(a, text));
	*has = true;
	*number = (uint16_t)v;
	return 0;
}

struct unknown_attributes {
	struct gap_attribute list[GAP_UNKNOWN_MAX];
	size_t n;
};

static void keep_unknown(struct unknown_attributes *u, const struct attribute *a)
{
	struct gap_attribute *kept = &u->list[u->n];
	size_t n = a->value.len < GAP_UNKNOWN_KEPT ? a->value.len : GAP_UNKNOWN_KEPT;

	if (u->n++ >= GAP_UNKNOWN_MAX)
		return;
	*kept = (struct gap_attribute){ .type = a->type, .len = (uint16_t)a->value.len };
	if (n > 0)
		memcpy(kept->value, a->value.data, n);
}

const char *gdoi_gap_value_text(const struct gap_attribute *a, char ret[static GAP_VALUE_TEXT_MAX])
{
	size_t kept = a->len < GAP_UNKNOWN_KEPT ? a->len : GAP_UNKNOWN_KEPT;
	size_t n = (size_t)snprintf(ret, GAP_VALUE_TEXT_MAX, "%s", a->len > 0 ? "0x" : "no value");

	for (size_t i = 0; i < kept; i++)
		n += (size_t)snprintf(ret + n, GAP_VALUE_TEXT_MAX - n, "%02x", a->value[i]);
	if (a->len > kept)
		snprintf(ret + n, GAP_VALUE_TEXT_MAX - n, "... (%u octets)", a->len);
	return ret;
}

static void note_unknown(const struct download *d, struct ike_diag *diag)
{
	char all[GAP_UNKNOWN_MAX * (GAP_VALUE_TEXT_MAX + 10)] = "", value[GAP_VALUE_TEXT_MAX];
	size_t n = 0;

	for (size_t i = 0; i < d->n_gap_unknown && i < GAP_UNKNOWN_MAX; i++)
		n += (size_t)snprintf(all + n, sizeof(all) - n, "%s%u = %s", i > 0 ? ", " : "", d->gap_unknown[i].type,
				      gdoi_gap_value_text(&d->gap_unknown[i], value));
	diag_note(diag, IKE_NOTE_WARNING, NOTE_GAP_UNKNOWN, all,
		  d->n_gap_unknown > GAP_UNKNOWN_MAX ? ", and more" : "");
}

int gdoi_gap_read(struct download *d, const struct gap_numbers *numbers, struct reader body, struct ike_diag *diag)
{
	const uint16_t d3p_type = number_of_type(numbers), d3p_window = number_of_window(numbers);
	struct gap_d3p d3p = { .has_type = false };
	bool has_atd = false, has_dtd = false;
	uint16_t atd = 0, dtd = 0;
	struct unknown_attributes unknown = { .n = 0 };
	struct attribute a;
	int r;

	while ((r = attribute_next(&body, &a)) > 0) {
		if (a.type == ACTIVATION_TIME_DELAY)
			r = take_number(&has_atd, &atd, &a, diag);
		else if (a.type == DEACTIVATION_TIME_DELAY)
			r = take_number(&has_dtd, &dtd, &a, diag);
		else if (a.type == d3p_type)
			r = take_d3p(&d3p.has_type, &d3p.type, &a, "d3p-type-attribute", diag);
		else if (a.type == d3p_window)
			r = take_d3p(&d3p.has_window, &d3p.window_ms, &a, "d3p-window-attribute", diag);
		else if (a.type != SENDER_ID_REQUEST) /* a member's to send; means nothing from a server */
			keep_unknown(&unknown, &a);
		if (r < 0)
			return r;
	}
	if (r < 0)
		return diag_fail(diag, -EBADMSG, CAUSE_GAP_LENGTH);
	d->has_gap = true;
	d->has_atd = has_atd;
	d->has_dtd = has_dtd;
	d->activation_delay = atd;
	d->deactivation_delay = dtd;
	d->d3p = d3p;
	memcpy(d->gap_unknown, unknown.list, sizeof(unknown.list));
	d->n_gap_unknown = unknown.n;
	if (unknown.n > 0)
		note_unknown(d, diag);
	return 0;
}

int gdoi_gap_read_request(uint16_t *ret, struct reader body, struct ike_diag *diag)
{
	struct attribute a;
	bool has = false;
	uint16_t n = 0;
	int r;

	while ((r = attribute_next(&body, &a)) > 0) {
		r = a.type == SENDER_ID_REQUEST ? take_number(&has, &n, &a, diag) : 0;
		if (r < 0)
			return r;
	}
	if (r < 0)
		return diag_fail(diag, -EBADMSG, CAUSE_GAP_LENGTH);
	*ret = n;
	return 0;
}

void gdoi_gap_write_request(struct writer *w, struct chain *c, uint16_t n)
{
	chain_begin(c, w, PAYLOAD_GAP);
	write_attribute_basic(w, SENDER_ID_REQUEST, n);
	chain_end(c, w);
}

void gdoi_gap_write(struct writer *w, struct chain *c, const struct download *d)
{
	chain_begin(c, w, PAYLOAD_GAP);
	if (d->has_atd)
		write_attribute_basic(w, ACTIVATION_TIME_DELAY, d->activation_delay);
	if (d->has_dtd)
		write_attribute_basic(w, DEACTIVATION_TIME_DELAY, d->deactivation_delay);
	if (d->d3p.has_type)
		write_attribute_basic(w, number_of_type(&d->d3p.numbers), (uint16_t)d->d3p.type);
	if (d->d3p.has_window)
		write_attribute_u32(w, number_of_window(&d->d3p.numbers), d->d3p.window_ms);
	for (size_t i = 0; i < d->n_gap_unknown && i < GAP_UNKNOWN_MAX; i++)
		write_attribute(w, d->gap_unknown[i].type, d->gap_unknown[i].value, d->gap_unknown[i].len);
	chain_end(c, w);
}
