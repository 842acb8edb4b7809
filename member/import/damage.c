/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/import/damage.h"

#include <ctype.h>
#include <stdlib.h>

static bool is_ascii(const struct junos_word *w)
{
	for (size_t i = 0; i < w->len; i++)
		if ((uint8_t)w->text[i] >= 0x80)
			return false;
	return true;
}

/* "=3D": what mail in quoted-printable form makes of "=". */
static bool has_mail_octet(const struct junos_word *w)
{
	for (const char *p = w->text; (p = strchr(p, '=')); p++)
		if (p[1] && strchr("0123456789ABCDEF", p[1]) && p[2] && strchr("0123456789ABCDEF", p[2]))
			return true;
	return false;
}

/* "&quot;" and the like of a web page. */
static bool has_web_character(const struct junos_word *w)
{
	static const char *const names[] = { "&quot", "&amp", "&lt", "&gt", "&nbsp", "&#" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strstr(w->text, names[i]))
			return true;
	return false;
}

/* "$1$salt$...": a key cannot be had from its hash. */
static bool is_hash(const struct junos_word *w)
{
	return w->text[0] == '$' && w->len > 2 && strchr("156", w->text[1]) && w->text[2] == '$' &&
	       strchr(w->text + 3, '$');
}

/* A mark in the place of a key that somebody took out: "xxxx", "<removed>" and the like. */
static bool is_masked(const struct junos_word *w)
{
	static const char *const around[] = { "<>", "[]", "()", "{}" };
	const char one[] = { w->text[0], '\0' };

	if (w->len < 3)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(around); i++)
		if (w->text[0] == around[i][0] && w->text[w->len - 1] == around[i][1])
			return true;
	return (ispunct((unsigned char)one[0]) && strspn(w->text, one) == w->len) || strspn(w->text, "xX") == w->len ||
	       strcmp(w->text, "/* SECRET-DATA */") == 0 || is_hash(w);
}

/* Damage that matters only in a statement that the result has. */
static const char *value_damage(const struct junos_word *const *words, size_t n, size_t i)
{
	const struct junos_word *w = words[i];

	if (w->odd)
		return "a backslash in it stands before a character that gvpnd does not know";
	if (!is_ascii(w))
		return "a character in it is not ASCII: mail and word processors change quotes, blanks and hyphens";
	if (!w->quoted && strpbrk(w->text, "<>"))
		return "a mark in '<' and '>' stands in it, or in place of a word";
	if (!w->quoted && strstr(w->text, "^M"))
		return "'^M' in it stands for the end of a line";
	if (!w->quoted && strchr("'`", w->text[0]))
		return "it has quotes of another kind than Junos prints";
	if (has_mail_octet(w))
		return "'=' and two digits in it are what mail in quoted-printable form makes of a character";
	if (has_web_character(w))
		return "a web page's form of a character stands in it";
	if (i + 1 == n && i > 1 && strcmp(words[i - 2]->text, "pre-shared-key") == 0 && is_masked(w))
		return "its key was made unreadable before";
	return NULL;
}

const char *import_damage_of(const struct junos_word *const *words, size_t n, bool kept, bool cut)
{
	for (size_t i = 0; i < n; i++) {
		bool description = i > 0 && strcmp(words[i - 1]->text, "description") == 0;
		const char *why;

		if (words[i]->broken)
			return "a line is broken within it, or a brace is lost: export it from a wider terminal, after "
			       "'set cli screen-width 0'";
		if (description)
			break; /* no word behind it decides anything */
		if (!words[i]->quoted && !is_ascii(words[i]))
			return "a character in it is not ASCII: mail and word processors change quotes, blanks and "
			       "hyphens";
		why = kept ? value_damage(words, n, i) : NULL;
		if (why)
			return why;
	}
	return kept && cut ? "it has more words than any that gvpnd knows" : NULL;
}

/* --- lines that the edge of a terminal may have cut --- */

static const char set[] = "set ", deactivate[] = "set deactivate ";

static bool begins_with(const char *p, size_t len, const char *word)
{
	return len >= strlen(word) && memcmp(p, word, strlen(word)) == 0;
}

/* The width of a line on the terminal, which did not have the "set" that text.c put before "deactivate". */
static size_t line_width(const char *p, size_t len)
{
	return begins_with(p, len, deactivate) ? len - strlen(set) : len;
}

static size_t widest_line(const char *text, size_t len, size_t *lines)
{
	const char *p = text, *end = text + len;
	size_t most = 0;

	for (*lines = 0; p < end; *lines += 1) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		size_t w = line_width(p, (size_t)((eol ? eol : end) - p));

		most = w > most ? w : most;
		p = eol ? eol + 1 : end;
	}
	return most;
}

int import_cut_lines_find(struct import_cut_lines *ret, const char *text, size_t len)
{
	const char *p = text, *end = text + len;
	size_t lines, most = widest_line(text, len, &lines);

	*ret = (struct import_cut_lines){ 0 };
	if (most != 80 && most != 132)
		return 0;
	ret->at = calloc(lines + 1, sizeof(*ret->at));
	if (!ret->at)
		return -ENOMEM;
	ret->n = lines + 1;
	for (size_t i = 1; p < end; i++) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((eol ? eol : end) - p);

		ret->at[i] = begins_with(p, n, set) && line_width(p, n) == most;
		p = eol ? eol + 1 : end;
	}
	return 0;
}

bool import_is_cut_line(const struct import_cut_lines *e, const struct junos_word *last)
{
	return last->line < e->n && e->at[last->line];
}

void import_cut_lines_free(struct import_cut_lines *e)
{
	free(e->at);
	*e = (struct import_cut_lines){ 0 };
}
