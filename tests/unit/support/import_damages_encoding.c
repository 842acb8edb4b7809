/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Line ends and encodings. */
#include "tests/unit/support/import_damages_private.h"

#include <check.h>
#include <ctype.h>
#include <stdlib.h>

void damage_ends(FILE *out, const char *text, size_t len, const char *end)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] == '\n')
			fputs(end, out);
		else
			fputc(text[i], out);
}

DAMAGE(crlf)
{
	UNUSED_RANDOM;
	damage_ends(out, text, len, "\r\n");
}

DAMAGE(crcrlf)
{
	UNUSED_RANDOM;
	damage_ends(out, text, len, "\r\r\n");
}

DAMAGE(cr)
{
	UNUSED_RANDOM;
	damage_ends(out, text, len, "\r");
}

DAMAGE(lfcr)
{
	UNUSED_RANDOM;
	damage_ends(out, text, len, "\n\r");
}

DAMAGE(blank_lines)
{
	UNUSED_RANDOM;
	damage_ends(out, text, len, "\n\n");
}

DAMAGE(mark)
{
	UNUSED_RANDOM;
	fputs("\xef\xbb\xbf", out);
	fwrite(text, 1, len, out);
}

static void utf16(FILE *out, const char *text, size_t len, bool little, bool marked)
{
	if (marked)
		fwrite(little ? "\xff\xfe" : "\xfe\xff", 1, 2, out);
	for (size_t i = 0; i < len; i++) {
		if (!little)
			fputc(0, out);
		fputc(text[i], out);
		if (little)
			fputc(0, out);
	}
}

DAMAGE(utf16_little)
{
	UNUSED_RANDOM;
	utf16(out, text, len, true, true);
}

DAMAGE(utf16_big)
{
	UNUSED_RANDOM;
	utf16(out, text, len, false, true);
}

DAMAGE(utf16_unmarked)
{
	UNUSED_RANDOM;
	utf16(out, text, len, true, false);
}

/* A FROM becomes TO; of many, about one in RARE. */
static void replace(FILE *out, const char *text, size_t len, char from, const char *to, uint32_t *random, uint32_t rare)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] == from && damage_draw(random, rare) == 0)
			fputs(to, out);
		else
			fputc(text[i], out);
}

DAMAGE(no_break_indent)
{
	struct damage_line l = { 0 };

	UNUSED_RANDOM;
	while (damage_next_line(&l, text, len)) {
		size_t n = 0;

		for (; n < l.len && l.at[n] == ' '; n++)
			fputs("\xc2\xa0", out);
		fwrite(l.at + n, 1, l.len - n, out);
		fputc('\n', out);
	}
}

DAMAGE(no_break)
{
	replace(out, text, len, ' ', "\xc2\xa0", random, damage_every(random) < 12 ? 1 : 20);
}

DAMAGE(no_break_latin)
{
	replace(out, text, len, ' ', "\xa0", random, 30);
}

DAMAGE(thin_spaces)
{
	replace(out, text, len, ' ', "\xe2\x80\x89", random, 20);
}

DAMAGE(widthless)
{
	for (size_t i = 0; i < len; i++) {
		if (damage_draw(random, 40) == 0)
			fputs("\xe2\x80\x8b", out);
		fputc(text[i], out);
	}
}

DAMAGE(soft_hyphens)
{
	for (size_t i = 0; i < len; i++) {
		if (damage_draw(random, 60) == 0)
			fputs("\xc2\xad", out);
		fputc(text[i], out);
	}
}

DAMAGE(tabs)
{
	struct damage_line l = { 0 };

	UNUSED_RANDOM;
	while (damage_next_line(&l, text, len)) {
		size_t n = 0;

		for (; n < l.len && l.at[n] == ' '; n++)
			fputs("\t", out);
		fwrite(l.at + n, 1, l.len - n, out);
		fputc('\n', out);
	}
}

DAMAGE(indented)
{
	UNUSED_RANDOM;
	damage_around(out, text, len, "      ", "", 1);
}

DAMAGE(trailing_blanks)
{
	damage_around(out, text, len, "", "      ", damage_every(random));
}

static void quotes(FILE *out, const char *text, size_t len, const char *open, const char *close)
{
	bool inside = false;

	for (size_t i = 0; i < len; i++)
		if (text[i] == '"') {
			fputs(inside ? close : open, out);
			inside = !inside;
		} else {
			fputc(text[i], out);
		}
}

DAMAGE(smart_quotes)
{
	UNUSED_RANDOM;
	quotes(out, text, len, "\xe2\x80\x9c", "\xe2\x80\x9d");
}

DAMAGE(guillemets)
{
	UNUSED_RANDOM;
	quotes(out, text, len, "\xc2\xab", "\xc2\xbb");
}

DAMAGE(single_quotes)
{
	UNUSED_RANDOM;
	quotes(out, text, len, "'", "'");
}

DAMAGE(latin_quotes)
{
	UNUSED_RANDOM;
	quotes(out, text, len, "\x93", "\x94");
}

DAMAGE(dashes)
{
	replace(out, text, len, '-', "\xe2\x80\x93", random, 12);
}

DAMAGE(web_quotes)
{
	UNUSED_RANDOM;
	quotes(out, text, len, "&quot;", "&quot;");
}

DAMAGE(web_breaks)
{
	damage_around(out, text, len, "", "<br>", damage_every(random));
}

DAMAGE(capital_lines)
{
	struct damage_line l = { 0 };
	size_t n = damage_every(random);

	while (damage_next_line(&l, text, len)) {
		if (l.len > 0 && l.number % n == 0) {
			fputc(toupper((unsigned char)l.at[0]), out);
			fwrite(l.at + 1, 1, l.len - 1, out);
			fputc('\n', out);
		} else {
			damage_put_line(out, &l);
		}
	}
}
