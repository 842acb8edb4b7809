/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/diag.h"

#include <stdio.h>
#include <stdlib.h>

void diag_printable(char *ret, size_t size, const uint8_t *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len && n + 1 < size; i++)
		ret[n++] = text[i] >= 0x20 && text[i] < 0x7f ? (char)text[i] : '?';
	if (size > 0)
		ret[n] = '\0';
}

static const char *note_words(enum ike_note_id id)
{
	static const char *const words[] = {
#define X(note, text) [note] = text,
		IKE_NOTES(X)
#undef X
	};

	return id > NOTE_NONE && id < ARRAY_SIZE(words) ? words[id] : "";
}

static const char *cause_words(enum ike_cause_id id)
{
	static const char *const words[] = {
#define X(cause, text) [cause] = text,
		IKE_CAUSES(X)
#undef X
	};

	return id > CAUSE_NONE && id < ARRAY_SIZE(words) ? words[id] : "";
}

const char *ike_cause_format(const struct ike_cause *cause, char ret[static IKE_CAUSE_TEXT_MAX])
{
	return fact_format(&cause->args, cause_words(cause->id), ret, IKE_CAUSE_TEXT_MAX);
}

const char *ike_note_format(const struct ike_note *note, char ret[static IKE_NOTE_TEXT_MAX])
{
	char cause[IKE_CAUSE_TEXT_MAX];
	size_t n;

	fact_format(&note->args, note_words(note->id), ret, IKE_NOTE_TEXT_MAX);
	if (note->cause.id == CAUSE_NONE)
		return ret;
	n = strlen(ret);
	snprintf(ret + n, IKE_NOTE_TEXT_MAX - n, "%s%s", n > 0 ? ": " : "", ike_cause_format(&note->cause, cause));
	return ret;
}

static bool note_equal(const struct ike_note *a, const struct ike_note *b)
{
	return a->id == b->id && fact_equal(&a->args, &b->args) && a->cause.id == b->cause.id &&
	       fact_equal(&a->cause.args, &b->cause.args);
}

static void put_note(struct ike_out *out, const struct ike_note *note)
{
	if (!out)
		return;
	for (size_t i = 0; i < out->n_notes; i++)
		if (note_equal(&out->notes[i], note))
			return;
	if (out->n_notes < IKE_OUT_NOTES) {
		out->notes[out->n_notes++] = *note;
		return;
	}
	out->n_notes_dropped++;
	/* Details give way to what an operator must know. */
	for (size_t i = 0; note->level != IKE_NOTE_DEBUG && i < IKE_OUT_NOTES; i++)
		if (out->notes[i].level == IKE_NOTE_DEBUG) {
			out->notes[i] = *note;
			return;
		}
}

void diag_put_note(struct ike_diag *d, enum ike_note_level level, int id, ...)
{
	struct ike_note note = { .id = (enum ike_note_id)id, .level = level };
	va_list ap;

	va_start(ap, id);
	fact_take(&note.args, note_words(note.id), ap);
	va_end(ap);
	put_note(d->out, &note);
}

void diag_note_cause(struct ike_diag *d, enum ike_note_level level, enum ike_note_id id, int err)
{
	put_note(d->out, &(struct ike_note){ .id = id, .level = level, .cause = diag_cause(d, err) });
}

void diag_put_refusal(struct ike_diag *d, enum ike_note_level level, const struct ike_cause *cause, int id, ...)
{
	struct ike_note note = { .id = (enum ike_note_id)id, .level = level, .cause = *cause };
	va_list ap;

	va_start(ap, id);
	fact_take(&note.args, note_words(note.id), ap);
	va_end(ap);
	put_note(d->out, &note);
}

int cause_take(struct ike_cause *ret, int err, int id, ...)
{
	struct ike_cause cause = { .id = (enum ike_cause_id)id };
	va_list ap;

	va_start(ap, id);
	fact_take(&cause.args, cause_words(cause.id), ap);
	va_end(ap);
	*ret = cause;
	return err;
}

int diag_keep_cause(struct ike_diag *d, int err, int id, ...)
{
	struct ike_cause cause = { .id = (enum ike_cause_id)id };
	va_list ap;

	va_start(ap, id);
	fact_take(&cause.args, cause_words(cause.id), ap);
	va_end(ap);
	d->cause = cause;
	return err;
}

struct ike_cause diag_cause(const struct ike_diag *d, int err)
{
	if (d->cause.id != CAUSE_NONE)
		return d->cause;
	return (struct ike_cause){ .id = err == -EIO      ? CAUSE_CRYPTO_LIBRARY
					 : err == -ENOMEM ? CAUSE_MEMORY
							  : CAUSE_UNUSABLE };
}

void out_datagram(struct ike_out *out, uint8_t *data, size_t len, uint32_t addr, uint16_t port)
{
	if (out->n_datagrams == IKE_OUT_DATAGRAMS) {
		explicit_bzero(data, len);
		free(data);
		return;
	}
	out->datagrams[out->n_datagrams++] =
		(struct ike_datagram){ .data = data, .len = len, .addr = addr, .port = port };
}

int out_datagram_copy(struct ike_out *out, const uint8_t *data, size_t len, uint32_t addr, uint16_t port)
{
	uint8_t *copy;

	if (out->n_datagrams == IKE_OUT_DATAGRAMS)
		return -ENOBUFS;
	copy = malloc(len ? len : 1);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, data, len);
	out_datagram(out, copy, len, addr, port);
	return 0;
}

void ike_out_clear(struct ike_out *out)
{
	for (size_t i = 0; i < out->n_datagrams; i++) {
		if (!out->datagrams[i].data)
			continue;
		explicit_bzero(out->datagrams[i].data, out->datagrams[i].len);
		free(out->datagrams[i].data);
	}
	memset(out, 0, sizeof(*out));
}
