/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/import/screen.h"

#include "member/import/screen_cells.h"

#include <ctype.h>
#include <stdlib.h>

struct text {
	char *at;
	size_t len;
};

static void text_free(struct text *t)
{
	if (t->at)
		explicit_bzero(t->at, t->len);
	free(t->at);
	*t = (struct text){ NULL, 0 };
}

/* --- UTF-16, with its byte order mark --- */

static void put_utf8(FILE *out, uint32_t c)
{
	if (c < 0x80) {
		fputc((int)c, out);
	} else if (c < 0x800) {
		fputc((int)(0xc0 | c >> 6), out);
		fputc((int)(0x80 | (c & 0x3f)), out);
	} else if (c < 0x10000) {
		fputc((int)(0xe0 | c >> 12), out);
		fputc((int)(0x80 | (c >> 6 & 0x3f)), out);
		fputc((int)(0x80 | (c & 0x3f)), out);
	} else {
		fputc((int)(0xf0 | c >> 18), out);
		fputc((int)(0x80 | (c >> 12 & 0x3f)), out);
		fputc((int)(0x80 | (c >> 6 & 0x3f)), out);
		fputc((int)(0x80 | (c & 0x3f)), out);
	}
}

static uint32_t utf16_unit(const uint8_t *p, bool little)
{
	return little ? (uint32_t)(p[1] << 8 | p[0]) : (uint32_t)(p[0] << 8 | p[1]);
}

static void put_utf16(FILE *out, const uint8_t *p, size_t len, bool little)
{
	for (size_t i = 0; i + 1 < len; i += 2) {
		uint32_t c = utf16_unit(p + i, little);

		if (c >= 0xd800 && c < 0xe000) { /* half of a pair */
			uint32_t low = i + 3 < len ? utf16_unit(p + i + 2, little) : 0;

			if (c < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
				c = 0x10000 + ((c - 0xd800) << 10 | (low - 0xdc00));
				i += 2;
			} else {
				c = 0xfffd;
			}
		}
		put_utf8(out, c);
	}
	if (len % 2 != 0)
		put_utf8(out, 0xfffd);
}

/* Makes one copy of the text in UTF-8, with "\n" at the end of each line. */
static int decode_text(struct text *ret, const char *text, size_t len)
{
	const uint8_t *p = (const uint8_t *)text;
	bool little = len >= 2 && p[0] == 0xff && p[1] == 0xfe, big = len >= 2 && p[0] == 0xfe && p[1] == 0xff;
	FILE *out = open_memstream(&ret->at, &ret->len);

	if (!out)
		return -ENOMEM;
	if (little || big)
		put_utf16(out, p + 2, len - 2, little);
	else if (len >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
		fwrite(text + 3, 1, len - 3, out);
	else
		fwrite(text, 1, len, out);
	if (fclose(out) != 0) {
		text_free(ret);
		return -ENOMEM;
	}
	/* Lines that end with a carriage return alone, as once on another system. */
	if (!memchr(ret->at, '\n', ret->len))
		for (size_t i = 0; i < ret->len; i++)
			if (ret->at[i] == '\r')
				ret->at[i] = '\n';
	return 0;
}

/* --- characters that look like a blank, or like nothing --- */

/* The length of one at P: 0 none; *NOTHING: it has no width. */
static size_t odd_blank(const char *p, const char *end, bool *nothing)
{
	static const struct {
		const char *octets;
		bool nothing;
	} odd[] = {
		{ "\xc2\xa0", false },     /* no-break space */
		{ "\xc2\xad", true },      /* soft hyphen */
		{ "\xe2\x80\xaf", false }, /* narrow no-break space */
		{ "\xe2\x81\x9f", false }, /* mathematical space */
		{ "\xe3\x80\x80", false }, /* ideographic space */
		{ "\xe2\x81\xa0", true },  /* word joiner */
		{ "\xef\xbb\xbf", true },  /* byte order mark */
	};

	for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
		size_t n = strlen(odd[i].octets);

		if ((size_t)(end - p) >= n && memcmp(p, odd[i].octets, n) == 0) {
			*nothing = odd[i].nothing;
			return n;
		}
	}
	/* U+2000 to U+200A are blanks, U+200B to U+200F have no width. */
	if (end - p >= 3 && memcmp(p, "\xe2\x80", 2) == 0 && (uint8_t)p[2] >= 0x80 && (uint8_t)p[2] <= 0x8f) {
		*nothing = (uint8_t)p[2] >= 0x8b;
		return 3;
	}
	return 0;
}

/* Within quotes a blank of another kind stays: it may be part of a key, and import.c doubts it there. */
static void put_characters(FILE *out, const char *p, const char *end)
{
	bool quoted = false, escaped = false;

	while (p < end) {
		bool nothing = false;
		size_t n = odd_blank(p, end, &nothing);

		if (n > 0 && (nothing || !quoted)) {
			if (!nothing)
				fputc(' ', out);
			p += n;
			continue;
		}
		if (*p == '"' && !escaped)
			quoted = !quoted;
		escaped = *p == '\\' && quoted && !escaped;
		fputc(*p++, out);
	}
}

/* --- lines --- */

static const char pager[] = "---(more";

static bool starts_with(const char *p, const char *end, const char *word)
{
	size_t n = strlen(word);

	return (size_t)(end - p) >= n && memcmp(p, word, n) == 0;
}

/* A line without the pager's mark, "---(more)---" or "---(more 88%)---", and the blanks that took it away. */
static const char *after_pager(const char *p, const char *end)
{
	const char *q = p;

	while (q < end && isspace((unsigned char)*q))
		q++;
	if (!starts_with(q, end, pager))
		return p;
	q += strlen(pager);
	while (q < end && (isdigit((unsigned char)*q) || *q == ' ' || *q == '%'))
		q++;
	if (!starts_with(q, end, ")---"))
		return p;
	q += strlen(")---");
	while (q < end && isspace((unsigned char)*q))
		q++;
	return q;
}

/* "=~=~= PuTTY log 2026.11.30 01:00:00 =~=~=", the first line of each log. */
static bool is_log_head(const char *p, const char *end)
{
	static const char ornament[] = "=~=~=~=~=";
	size_t n = strlen(ornament);

	return (size_t)(end - p) > 2 * n && starts_with(p, end, ornament) && memcmp(end - n, ornament, n) == 0;
}

/* Quoted mail: every line that has anything begins with ">". */
static bool is_quoted_mail(const struct text *t)
{
	const char *p = t->at, *end = t->at + t->len;
	bool any = false;

	while (p < end) {
		const char *eol = memchr(p, '\n', (size_t)(end - p)), *stop = eol ? eol : end, *q = p;

		while (q < stop && isspace((unsigned char)*q))
			q++;
		if (*p != '>' && q < stop)
			return false;
		any |= *p == '>';
		p = eol ? eol + 1 : end;
	}
	return any;
}

static const char *after_quote(const char *p, const char *end)
{
	while (p < end && *p == '>') {
		p++;
		if (p < end && *p == ' ')
			p++;
	}
	return p;
}

static void put_line(FILE *out, const char *p, const char *end, size_t number, struct import_doubts *doubts)
{
	p = after_pager(p, end);
	if (is_log_head(p, end))
		return;
	for (const char *q = p; q < end; q++)
		if (starts_with(q, end, pager)) {
			import_doubt(doubts, number,
				     "the pager's mark stands within the line: export with '| no-more'");
			break;
		}
	/* Mail breaks long lines so ("quoted-printable"), and no statement ends so. */
	if (p < end && end[-1] == '=')
		import_doubt(doubts, number,
			     "the line ends with '=': mail in quoted-printable form must be decoded first");
	put_characters(out, p, end);
}

static int put_lines(FILE *out, const struct text *t, struct import_doubts *doubts)
{
	const char *p = t->at, *end = t->at + t->len;
	bool mail = is_quoted_mail(t);
	int r = 0;

	for (size_t number = 1; p < end && r == 0; number++) {
		const char *eol = memchr(p, '\n', (size_t)(end - p)), *stop = eol ? eol : end;
		struct cells cells = { 0 };

		while (stop > p && stop[-1] == '\r')
			stop--;
		if (mail)
			p = after_quote(p, stop);
		if (cells_needed(p, stop)) {
			r = cells_show(&cells, p, stop);
			if (r == 0 && cells.why)
				import_doubt(doubts, number, "%s", cells.why);
			if (r == 0)
				put_line(out, cells.text, cells.text + cells.len, number, doubts);
		} else {
			put_line(out, p, stop, number, doubts);
		}
		cells_free(&cells);
		if (eol)
			fputc('\n', out);
		p = eol ? eol + 1 : end;
	}
	return r;
}

int import_screen(char **ret, size_t *ret_len, const char *text, size_t len, struct import_doubts *doubts)
{
	struct text raw = { 0 }, shown = { 0 };
	FILE *out;
	int r = decode_text(&raw, text, len);

	if (r < 0)
		return r;
	out = open_memstream(&shown.at, &shown.len);
	r = out ? put_lines(out, &raw, doubts) : -ENOMEM;
	if (out && fclose(out) != 0)
		r = -ENOMEM;
	text_free(&raw);
	if (r < 0) {
		text_free(&shown);
		return r;
	}
	*ret = shown.at;
	*ret_len = shown.len;
	return 0;
}
