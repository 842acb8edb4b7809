/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/diag.h"

#include <stdarg.h>
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

static void format(char *ret, size_t size, const char *fmt, va_list ap)
{
	vsnprintf(ret, size, fmt, ap);
	for (char *c = ret; *c; c++)
		if (*c < 0x20 || *c > 0x7e)
			*c = '?';
}

void diag_note(struct ike_diag *d, enum ike_note_level level, const char *fmt, ...)
{
	struct ike_note note = { .level = level };
	va_list ap;

	if (!d->out)
		return;
	va_start(ap, fmt);
	format(note.text, sizeof(note.text), fmt, ap);
	va_end(ap);
	for (size_t i = 0; i < d->out->n_notes; i++)
		if (strcmp(d->out->notes[i].text, note.text) == 0)
			return;
	if (d->out->n_notes < IKE_OUT_NOTES) {
		d->out->notes[d->out->n_notes++] = note;
		return;
	}
	d->out->n_notes_dropped++;
	/* Details give way to what an operator must know. */
	for (size_t i = 0; level != IKE_NOTE_DEBUG && i < IKE_OUT_NOTES; i++)
		if (d->out->notes[i].level == IKE_NOTE_DEBUG) {
			d->out->notes[i] = note;
			return;
		}
}

int diag_fail(struct ike_diag *d, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	format(d->why, sizeof(d->why), fmt, ap);
	va_end(ap);
	return err;
}

const char *diag_cause(const struct ike_diag *d, int err)
{
	if (d->why[0])
		return d->why;
	return err == -EIO ? "the crypto library failed" : err == -ENOMEM ? "out of memory" : "it is not usable";
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
