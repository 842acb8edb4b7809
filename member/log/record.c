/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/log/record.h"

#include "lib/selector.h"
#include "member/log/record_table.h"

#include <inttypes.h>
#include <stdio.h>

static size_t add_text(struct record *r, const char *text, size_t max)
{
	size_t first = r->n_texts, room = sizeof(r->texts) - first - 1, n = strnlen(text, max < room ? max : room);

	memcpy(r->texts + first, text, n);
	r->texts[first + n] = '\0';
	if (n < room)
		r->n_texts += n + 1;
	else /* full: its last octet is a zero, which every further text shares */
		r->n_texts = sizeof(r->texts) - 1;
	return first;
}

/* CLAUSE's arguments and texts behind those of R.  The first of them; too many do not happen, and are left out. */
static size_t add_arguments(struct record *r, const struct record *clause)
{
	size_t first = r->n_args, texts = r->n_texts;
	size_t room = sizeof(r->texts) - 1 - texts, n_texts = clause->n_texts < room ? clause->n_texts : room;

	memcpy(r->texts + texts, clause->texts, n_texts);
	r->n_texts += n_texts;
	for (size_t i = 0; i < clause->n_args && r->n_args < RECORD_ARGS_MAX; i++) {
		struct record_arg arg = clause->args[i];

		if (arg.kind == RECORD_IS_CLAUSE)
			arg.clause.first += first;
		if (arg.kind == RECORD_IS_TEXT) {
			arg.text.first += texts;
			if (arg.text.first > sizeof(r->texts) - 1)
				arg.text.first = sizeof(r->texts) - 1;
		}
		r->args[r->n_args++] = arg;
	}
	return first;
}

void record_make(struct record *r, enum record_id id, const struct record_arg *args, size_t n)
{
	const struct record_row *row = record_row(id);

	*r = (struct record){ .id = id, .level = row->level, .event = row->event };
	for (size_t i = 0; i < n && i < RECORD_ARGS_MAX; i++) {
		r->args[r->n_args++] = args[i];
		if (args[i].kind != RECORD_IS_TEXT)
			continue;
		r->args[i].text.first = add_text(r, args[i].text.at, args[i].text.max);
		r->args[i].text.at = NULL;
	}
	for (size_t i = 0; i < n && i < RECORD_ARGS_MAX; i++) {
		if (args[i].kind != RECORD_IS_CLAUSE)
			continue;
		r->args[i].clause.first = args[i].clause.record ? add_arguments(r, args[i].clause.record) : r->n_args;
		r->args[i].clause.record = NULL;
	}
}

struct words {
	char *to;
	size_t n; /* without the zero */
};

static void put_octets(struct words *w, const char *text, size_t len)
{
	size_t room = RECORD_TEXT_MAX - 1 - w->n;

	if (len > room)
		len = room;
	memcpy(w->to + w->n, text, len);
	w->n += len;
	w->to[w->n] = '\0';
}

static void put_words(struct words *w, const struct record *r, enum record_id id, size_t first);

/* The clause that argument I is.  Its own arguments stand behind argument I, so this recursion ends. */
static void put_clause(struct words *w, const struct record *r, size_t i)
{
	const struct record_arg *a = &r->args[i];
	size_t before = w->n;

	if (a->clause.first <= i)
		return;
	put_words(w, r, a->clause.id, a->clause.first);
	if (w->n - before > a->clause.max)
		w->n = before + a->clause.max;
	w->to[w->n] = '\0';
}

static void put_arg(struct words *w, const struct record *r, size_t i)
{
	char text[SELECTOR_TEXT_MAX];
	const char *is = text;

	if (i >= r->n_args)
		return;
	const struct record_arg *a = &r->args[i];

	switch (a->kind) {
	case RECORD_IS_ADDRESS:
		address_format(a->address, text);
		break;
	case RECORD_IS_SPI:
		snprintf(text, sizeof(text), "%08" PRIx32, a->address);
		break;
	case RECORD_IS_SELECTOR:
		selector_format(&a->selector, text);
		break;
	case RECORD_IS_NUMBER:
		snprintf(text, sizeof(text), "%" PRIu64, a->number);
		break;
	case RECORD_IS_STATE:
		is = group_state_name(a->state);
		break;
	case RECORD_IS_EVENT:
		is = event_name(a->event) ? event_name(a->event) : "";
		break;
	case RECORD_IS_TEXT:
		is = r->texts + a->text.first;
		break;
	case RECORD_IS_CLAUSE:
		put_clause(w, r, i);
		return;
	}
	put_octets(w, is, strlen(is));
}

static void put_words(struct words *w, const struct record *r, enum record_id id, size_t first)
{
	for (const char *at = record_row(id)->words; *at;) {
		size_t plain = strcspn(at, "%");

		put_octets(w, at, plain);
		at += plain;
		if (*at == '\0')
			break;
		if (at[1] >= '1' && at[1] <= '9')
			put_arg(w, r, first + (size_t)(at[1] - '1'));
		else
			put_octets(w, at, 1);
		at += at[1] ? 2 : 1;
	}
}

const char *record_words(const struct record *r, char ret[static RECORD_TEXT_MAX])
{
	struct words w = { .to = ret };

	ret[0] = '\0';
	put_words(&w, r, r->id, 0);
	return ret;
}

void record_log(struct log *log, const char *vpn, uint32_t group, const struct record *r)
{
	const struct log_fields about = {
		.vpn = vpn, .group = group, .server = r->server, .spi = r->spi, .event = r->event
	};
	char words[RECORD_TEXT_MAX];

	log_write(log, r->level, &about, "%s", record_words(r, words));
}
