/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/support/import_damages.h"

#include <check.h>
#include <ctype.h>
#include <stdlib.h>

#define DAMAGE(name) static void name(FILE *out, const char *text, size_t len, uint32_t *random)
#define UNUSED_RANDOM (void)random

static uint32_t draw(uint32_t *state, uint32_t below)
{
	*state ^= *state << 13; /* xorshift */
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return below > 0 ? *state % below : 0;
}

/* --- lines --- */

struct line {
	const char *at;
	size_t len; /* without its end */
	size_t number;
	bool ends; /* has an end */
};

static bool next(struct line *l, const char *text, size_t len)
{
	const char *p = l->at ? l->at + l->len + l->ends : text, *end = text + len, *eol;

	if (p >= end)
		return false;
	eol = memchr(p, '\n', (size_t)(end - p));
	*l = (struct line){ p, (size_t)((eol ? eol : end) - p), l->number + 1, eol != NULL };
	return true;
}

static size_t count(const char *text, size_t len)
{
	struct line l = { 0 };

	while (next(&l, text, len))
		;
	return l.number;
}

static void put(FILE *out, const struct line *l)
{
	fwrite(l->at, 1, l->len, out);
	if (l->ends)
		fputc('\n', out);
}

/* BEFORE and AFTER stand in every EVERYth line. */
static void around(FILE *out, const char *text, size_t len, const char *before, const char *after, size_t every)
{
	struct line l = { 0 };

	while (next(&l, text, len)) {
		bool here = l.number % every == 0;

		fputs(here ? before : "", out);
		fwrite(l.at, 1, l.len, out);
		fputs(here ? after : "", out);
		if (l.ends)
			fputc('\n', out);
	}
}

static size_t every(uint32_t *random)
{
	return 1 + draw(random, 24);
}

/* --- pagers and terminals --- */

#define BLANKS_16 "                "

DAMAGE(pager_return)
{
	around(out, text, len, "---(more)---\r" BLANKS_16 "\r", "", every(random));
}

DAMAGE(pager_percent)
{
	around(out, text, len, "---(more 88%)---\r" BLANKS_16 "    \r", "", every(random));
}

DAMAGE(pager_own_line)
{
	around(out, text, len, "---(more 7%)---\n", "", every(random));
}

DAMAGE(pager_blanks_alone)
{
	around(out, text, len, "---(more 88%)---" BLANKS_16 "   ", "", every(random));
}

DAMAGE(pager_alone)
{
	around(out, text, len, "---(more 100%)---", "", every(random));
}

DAMAGE(pager_backspaces)
{
	around(out, text, len, "---(more)---\b\b\b\b\b\b\b\b\b\b\b\b            \b\b\b\b\b\b\b\b\b\b\b\b", "",
	       every(random));
}

DAMAGE(pager_erase)
{
	around(out, text, len, "\x1b[7m---(more 42%)---\x1b[27m\r\x1b[K", "", every(random));
}

DAMAGE(pager_half_erased)
{
	around(out, text, len, "---(more 88%)---\r        \r", "", every(random));
}

DAMAGE(pager_of_linux)
{
	around(out, text, len, "--More--", "", every(random));
}

DAMAGE(pager_of_linux_line)
{
	around(out, text, len, "--More--\n", "", every(random));
}

DAMAGE(colours)
{
	around(out, text, len, "\x1b[1;32m", "\x1b[0m", 1 + draw(random, 3));
}

DAMAGE(erased_ends)
{
	UNUSED_RANDOM;
	around(out, text, len, "", "\x1b[K", 1);
}

DAMAGE(titles)
{
	around(out, text, len, "\x1b]0;root@srx: ~\x07", "", every(random));
}

DAMAGE(bells)
{
	around(out, text, len, "\x07", "", every(random));
}

DAMAGE(places)
{
	around(out, text, len, "\x1b[12;1H", "", every(random));
}

DAMAGE(escapes_without_escape)
{
	around(out, text, len, "", "[K", every(random));
}

DAMAGE(carets)
{
	around(out, text, len, "", "^M", every(random));
}

DAMAGE(corrected)
{
	around(out, text, len, "sho\b \b\b \b\b \b", "x\b \b", every(random));
}

DAMAGE(drawn_again)
{
	struct line l = { 0 };
	size_t n = every(random);

	while (next(&l, text, len)) {
		if (l.number % n == 0) {
			fwrite(l.at, 1, l.len / 2, out);
			fputc('\r', out);
		}
		put(out, &l);
	}
}

/* What a shell's line editor sends at the right edge. */
DAMAGE(edge_of_editor)
{
	struct line l = { 0 };
	size_t width = 40 + draw(random, 60);

	while (next(&l, text, len)) {
		for (size_t i = 0; i < l.len; i++) {
			if (i > 0 && i % width == 0)
				fputs(" \r", out);
			fputc(l.at[i], out);
		}
		if (l.ends)
			fputc('\n', out);
	}
}

static void wrap(FILE *out, const char *text, size_t len, size_t width, const char *with)
{
	struct line l = { 0 };

	while (next(&l, text, len)) {
		for (size_t i = 0; i < l.len; i++) {
			if (i > 0 && i % width == 0)
				fputs(with, out);
			fputc(l.at[i], out);
		}
		if (l.ends)
			fputc('\n', out);
	}
}

DAMAGE(wrapped_80)
{
	UNUSED_RANDOM;
	wrap(out, text, len, 80, "\n");
}

DAMAGE(wrapped)
{
	wrap(out, text, len, 20 + draw(random, 112), "\n");
}

DAMAGE(wrapped_crlf)
{
	wrap(out, text, len, 20 + draw(random, 112), "\r\n");
}

/* Blanks at the ends of lines go, as when text is copied. */
DAMAGE(wrapped_trimmed)
{
	struct line l = { 0 };
	size_t width = 20 + draw(random, 112);

	while (next(&l, text, len)) {
		for (size_t i = 0; i < l.len; i += width) {
			size_t n = l.len - i < width ? l.len - i : width;

			while (n > 0 && l.at[i + n - 1] == ' ')
				n--;
			fwrite(l.at + i, 1, n, out);
			fputc('\n', out);
		}
		if (l.len == 0)
			fputc('\n', out);
	}
}

static void cut_lines(FILE *out, const char *text, size_t len, size_t width)
{
	struct line l = { 0 };

	while (next(&l, text, len)) {
		l.len = l.len > width ? width : l.len;
		fwrite(l.at, 1, l.len, out);
		fputc('\n', out);
		l.len = 0; /* to the next line's beginning */
		l.at = memchr(l.at, '\n', (size_t)(text + len - l.at));
		if (!l.at)
			break;
		l.ends = true;
	}
}

DAMAGE(cut_80)
{
	UNUSED_RANDOM;
	cut_lines(out, text, len, 80);
}

DAMAGE(cut_132)
{
	UNUSED_RANDOM;
	cut_lines(out, text, len, 132);
}

/* --- line ends and encodings --- */

static void ends(FILE *out, const char *text, size_t len, const char *end)
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
	ends(out, text, len, "\r\n");
}

DAMAGE(crcrlf)
{
	UNUSED_RANDOM;
	ends(out, text, len, "\r\r\n");
}

DAMAGE(cr)
{
	UNUSED_RANDOM;
	ends(out, text, len, "\r");
}

DAMAGE(lfcr)
{
	UNUSED_RANDOM;
	ends(out, text, len, "\n\r");
}

DAMAGE(blank_lines)
{
	UNUSED_RANDOM;
	ends(out, text, len, "\n\n");
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
		if (text[i] == from && draw(random, rare) == 0)
			fputs(to, out);
		else
			fputc(text[i], out);
}

DAMAGE(no_break_indent)
{
	struct line l = { 0 };

	UNUSED_RANDOM;
	while (next(&l, text, len)) {
		size_t n = 0;

		for (; n < l.len && l.at[n] == ' '; n++)
			fputs("\xc2\xa0", out);
		fwrite(l.at + n, 1, l.len - n, out);
		fputc('\n', out);
	}
}

DAMAGE(no_break)
{
	replace(out, text, len, ' ', "\xc2\xa0", random, every(random) < 12 ? 1 : 20);
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
		if (draw(random, 40) == 0)
			fputs("\xe2\x80\x8b", out);
		fputc(text[i], out);
	}
}

DAMAGE(soft_hyphens)
{
	for (size_t i = 0; i < len; i++) {
		if (draw(random, 60) == 0)
			fputs("\xc2\xad", out);
		fputc(text[i], out);
	}
}

DAMAGE(tabs)
{
	struct line l = { 0 };

	UNUSED_RANDOM;
	while (next(&l, text, len)) {
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
	around(out, text, len, "      ", "", 1);
}

DAMAGE(trailing_blanks)
{
	around(out, text, len, "", "      ", every(random));
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
	around(out, text, len, "", "<br>", every(random));
}

DAMAGE(capital_lines)
{
	struct line l = { 0 };
	size_t n = every(random);

	while (next(&l, text, len)) {
		if (l.len > 0 && l.number % n == 0) {
			fputc(toupper((unsigned char)l.at[0]), out);
			fwrite(l.at + 1, 1, l.len - 1, out);
			fputc('\n', out);
		} else {
			put(out, &l);
		}
	}
}

/* --- mail --- */

DAMAGE(mail)
{
	UNUSED_RANDOM;
	around(out, text, len, "> ", "", 1);
}

DAMAGE(mail_bare)
{
	UNUSED_RANDOM;
	around(out, text, len, ">", "", 1);
}

DAMAGE(mail_twice)
{
	UNUSED_RANDOM;
	around(out, text, len, "> > ", "", 1);
}

DAMAGE(mail_in_part)
{
	around(out, text, len, "> ", "", 1 + every(random));
}

DAMAGE(mail_broken)
{
	struct line l = { 0 };

	UNUSED_RANDOM;
	while (next(&l, text, len)) {
		fputs("> ", out);
		for (size_t i = 0; i < l.len; i++) {
			if (i > 0 && i % 60 == 0)
				fputc('\n', out);
			fputc(l.at[i], out);
		}
		fputc('\n', out);
	}
}

DAMAGE(mail_with_header)
{
	UNUSED_RANDOM;
	fputs("On Mon, 2 Feb 2026, somebody wrote:\n", out);
	around(out, text, len, "> ", "", 1);
}

/* At blanks; FLOWED keeps the blank at the line's end (RFC 3676 4). */
static void fill(FILE *out, const char *text, size_t len, size_t width, bool flowed)
{
	struct line l = { 0 };

	while (next(&l, text, len)) {
		size_t column = 0;

		for (size_t i = 0; i < l.len; i++) {
			size_t word = 1;

			while (i + word < l.len && l.at[i + word] != ' ')
				word++;
			if (l.at[i] == ' ' && column > 0 && column + word > width) {
				fputs(flowed ? " \n" : "\n", out);
				column = 0;
				continue;
			}
			fputc(l.at[i], out);
			column++;
		}
		if (l.ends)
			fputc('\n', out);
	}
}

DAMAGE(flowed)
{
	fill(out, text, len, 50 + draw(random, 30), true);
}

DAMAGE(filled)
{
	fill(out, text, len, 50 + draw(random, 30), false);
}

DAMAGE(quoted_printable)
{
	size_t column = 0;

	UNUSED_RANDOM;
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\n') {
			fputc('\n', out);
			column = 0;
			continue;
		}
		if (column >= 72) {
			fputs("=\n", out);
			column = 0;
		}
		column += (size_t)(text[i] == '=' || text[i] == '"' ? fprintf(out, "=%02X", (unsigned char)text[i])
								    : fprintf(out, "%c", text[i]));
	}
}

DAMAGE(quoted_printable_blanks)
{
	around(out, text, len, "", "=20", every(random));
}

/* --- prompts --- */

DAMAGE(prompt_behind)
{
	UNUSED_RANDOM;
	fwrite(text, 1, len, out);
	fputs("\nroot@srx1> \n", out);
}

DAMAGE(prompts_around)
{
	UNUSED_RANDOM;
	fputs("root@srx1> show configuration | no-more \n", out);
	fwrite(text, 1, len, out);
	fputs("\nroot@srx1> exit\n", out);
}

DAMAGE(prompts_of_a_logical_system)
{
	UNUSED_RANDOM;
	fputs("root@srx1:LS1> show configuration | no-more \n", out);
	fwrite(text, 1, len, out);
	fputs("\nroot@srx1:LS1> exit\n", out);
}

DAMAGE(prompts_of_a_cluster)
{
	UNUSED_RANDOM;
	fputs("{primary:node0}\nroot@srx1> show configuration | no-more \n", out);
	fwrite(text, 1, len, out);
	fputs("\n{primary:node0}\nroot@srx1> \n", out);
}

DAMAGE(prompts_and_pager)
{
	fputs("root@srx1> show configuration \n", out);
	around(out, text, len, "---(more 50%)---\r" BLANKS_16 "    \r", "", every(random));
	fputs("\nroot@srx1> \n", out);
}

DAMAGE(last_commit)
{
	UNUSED_RANDOM;
	fputs("## Last commit: 2026-01-01 00:00:00 UTC by root\n", out);
	fwrite(text, 1, len, out);
}

DAMAGE(shell_before)
{
	UNUSED_RANDOM;
	fputs("$ cat srx.conf\n", out);
	fwrite(text, 1, len, out);
}

DAMAGE(part_shown)
{
	UNUSED_RANDOM;
	fputs("root@srx1> show configuration | except group-vpn \n", out);
	fwrite(text, 1, len, out);
	fputs("\nroot@srx1> \n", out);
}

DAMAGE(two_devices)
{
	UNUSED_RANDOM;
	fputs("root@srx2> show configuration\nroot@srx1> show configuration | no-more \n", out);
	fwrite(text, 1, len, out);
	fputs("\nroot@srx1> \n", out);
}

static void typed(FILE *out, const char *text, size_t len, const char *banner, const char *strange, size_t at)
{
	struct line l = { 0 };

	while (next(&l, text, len)) {
		if (l.len == 0 || l.at[0] == '#')
			continue;
		if (l.number == at)
			fputs(strange, out);
		fprintf(out, "%sadmin@srx1# ", banner);
		put(out, &l);
		fputc('\n', out);
	}
	fprintf(out, "%sadmin@srx1# exit\n", banner);
}

DAMAGE(typed_lines)
{
	UNUSED_RANDOM;
	typed(out, text, len, "[edit]\n", "", 0);
}

DAMAGE(typed_and_rolled_back)
{
	typed(out, text, len, "[edit]\n", "[edit]\nadmin@srx1# rollback 1\n\n", 5 + draw(random, 5));
}

DAMAGE(typed_and_loaded)
{
	typed(out, text, len, "[edit]\n", "[edit]\nadmin@srx1# load merge other.conf\nload complete\n\n",
	      5 + draw(random, 5));
}

DAMAGE(typed_elsewhere)
{
	typed(out, text, len, "", "admin@srx1# edit security zones\n", 5 + draw(random, 5));
}

DAMAGE(typed_and_refused)
{
	struct line l = { 0 };
	size_t at = 5 + draw(random, 5);

	while (next(&l, text, len)) {
		if (l.len == 0 || l.at[0] == '#')
			continue;
		fputs("[edit]\nadmin@srx1# ", out);
		put(out, &l);
		fputs(l.number == at ? "                   ^\nsyntax error.\n\n" : "\n", out);
	}
}

DAMAGE(typed_and_scrolled)
{
	struct line l = { 0 };
	size_t at = 5 + draw(random, 5);

	while (next(&l, text, len)) {
		if (l.len == 0 || l.at[0] == '#')
			continue;
		fputs("[edit]\nadmin@srx1# ", out);
		if (l.number == at && l.len > 20)
			fprintf(out, "...%.*s\n\n", (int)(l.len - 20), l.at + 20);
		else
			put(out, &l);
	}
}

DAMAGE(typed_and_wrapped)
{
	struct line l = { 0 };
	size_t width = 40 + draw(random, 60);

	while (next(&l, text, len)) {
		if (l.len == 0 || l.at[0] == '#')
			continue;
		fputs("[edit]\nadmin@srx1# ", out);
		for (size_t i = 0; i < l.len; i++) {
			if (i > 0 && i % width == 0)
				fputc('\n', out);
			fputc(l.at[i], out);
		}
		fputs("\n\n", out);
	}
}

/* --- what is missing or too much --- */

DAMAGE(without_head)
{
	size_t at = 1 + draw(random, (uint32_t)len - 1);

	if (text[at - 1] == '\n' || text[at - 1] == ']')
		at++;
	fwrite(text + at, 1, len - at, out);
}

DAMAGE(without_tail)
{
	size_t n = draw(random, (uint32_t)len - 1);

	while (n > 0 && (text[n - 1] == '\n' || text[n] == '\n'))
		n--;
	fwrite(text, 1, n, out);
}

DAMAGE(without_first_lines)
{
	struct line l = { 0 };
	size_t from = 1 + draw(random, (uint32_t)count(text, len));

	while (next(&l, text, len))
		if (l.number > from)
			put(out, &l);
}

DAMAGE(without_last_lines)
{
	struct line l = { 0 };
	size_t to = draw(random, (uint32_t)count(text, len));

	while (next(&l, text, len) && l.number <= to)
		put(out, &l);
}

DAMAGE(without_a_line)
{
	struct line l = { 0 };
	size_t at = 1 + draw(random, (uint32_t)count(text, len));

	while (next(&l, text, len))
		if (l.number != at)
			put(out, &l);
}

DAMAGE(every_line_twice)
{
	struct line l = { 0 };

	UNUSED_RANDOM;
	while (next(&l, text, len)) {
		put(out, &l);
		put(out, &l);
	}
}

DAMAGE(a_line_twice)
{
	struct line l = { 0 };
	size_t at = 1 + draw(random, (uint32_t)count(text, len));

	while (next(&l, text, len)) {
		put(out, &l);
		if (l.number == at)
			put(out, &l);
	}
}

/* The Nth of the octets LOST, drawn. */
static size_t find_one(const char *text, size_t len, const char *lost, uint32_t *random)
{
	uint32_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += strchr(lost, text[i]) != NULL;
	n = draw(random, n);
	for (size_t i = 0; i < len; i++)
		if (strchr(lost, text[i]) && n-- == 0)
			return i;
	return len;
}

static void without(FILE *out, const char *text, size_t len, size_t at, size_t too)
{
	for (size_t i = 0; i < len; i++)
		if (i != at && i != too)
			fputc(text[i], out);
}

DAMAGE(without_open)
{
	without(out, text, len, find_one(text, len, "{", random), len);
}

DAMAGE(without_close)
{
	without(out, text, len, find_one(text, len, "}", random), len);
}

DAMAGE(without_braces)
{
	size_t at = find_one(text, len, "{", random);

	without(out, text, len, at, find_one(text, len, "}", random));
}

DAMAGE(without_end)
{
	without(out, text, len, find_one(text, len, ";", random), len);
}

DAMAGE(without_quote)
{
	without(out, text, len, find_one(text, len, "\"", random), len);
}

DAMAGE(without_line_end)
{
	without(out, text, len, find_one(text, len, "\n", random), len);
}

DAMAGE(on_one_line)
{
	UNUSED_RANDOM;
	ends(out, text, len, " ");
	fputc('\n', out);
}

DAMAGE(numbered)
{
	struct line l = { 0 };

	UNUSED_RANDOM;
	while (next(&l, text, len)) {
		fprintf(out, "%5zu  ", l.number);
		put(out, &l);
	}
}

DAMAGE(numbered_by_grep)
{
	struct line l = { 0 };

	UNUSED_RANDOM;
	while (next(&l, text, len)) {
		fprintf(out, "srx.conf:%zu:", l.number);
		put(out, &l);
	}
}

DAMAGE(difference)
{
	around(out, text, len, "+ ", "", every(random));
}

DAMAGE(fence)
{
	UNUSED_RANDOM;
	fputs("```\n", out);
	fwrite(text, 1, len, out);
	fputs("```\n", out);
}

DAMAGE(pages)
{
	around(out, text, len, "\f", "", 1 + every(random));
}

DAMAGE(zeros)
{
	around(out, text, len, "", "", 1);
	fputc('\0', out);
	(void)random;
}

DAMAGE(comment_open)
{
	UNUSED_RANDOM;
	fputs("/* the end of this comment is lost\n", out);
	fwrite(text, 1, len, out);
	fputs("/* and another */\n", out);
}

/* --- what the device says, and is not to be overlooked --- */

DAMAGE(groups)
{
	UNUSED_RANDOM;
	fwrite(text, 1, len, out);
	fputs("groups { G { security { ipsec-policy { from-zone A { to-zone B { ipsec-group-vpn X; } } } } } }\n"
	      "apply-groups G;\n",
	      out);
}

DAMAGE(wildcards)
{
	UNUSED_RANDOM;
	fwrite(text, 1, len, out);
	fputs("set security zones security-zone <*> interfaces <*>\n", out);
}

DAMAGE(unused_group)
{
	UNUSED_RANDOM;
	fwrite(text, 1, len, out);
	fputs("groups { G { interfaces { <*> { unit <*> { description \"a <b>\"; } } } } }\n", out);
}

DAMAGE(tag_protect)
{
	UNUSED_RANDOM;
	fwrite(text, 1, len, out);
	fputs("protect: system { protect: host-name a; }\n", out);
}

DAMAGE(tag_replace)
{
	UNUSED_RANDOM;
	fwrite(text, 1, len, out);
	fputs("replace: security { zones { security-zone Q; } }\n", out);
}

DAMAGE(inactive_elsewhere)
{
	UNUSED_RANDOM;
	fwrite(text, 1, len, out);
	fputs("inactive: snmp { community x; }\nsystem { inactive: services { telnet; } }\n", out);
}

DAMAGE(off_nothing)
{
	UNUSED_RANDOM;
	fwrite(text, 1, len, out);
	fputs("deactivate security group-vpn member ipsec vpn NONE fail-open\n", out);
}

DAMAGE(deleted)
{
	UNUSED_RANDOM;
	fwrite(text, 1, len, out);
	fputs("delete security zones\n", out);
}

/* What is left out anyway, and says nothing about traffic: read over. */
DAMAGE(backslashes)
{
	UNUSED_RANDOM;
	fwrite(text, 1, len, out);
	fputs("system { syslog { file messages { match \"!(.*sshd\\[[0-9]+\\]: .*)\"; } } }\n", out);
}

DAMAGE(long_statement)
{
	UNUSED_RANDOM;
	fwrite(text, 1, len, out);
	fputs("policy-options { prefix-list P { 10.0.0.0/8; } policy-statement S { term T { from { interface [", out);
	for (unsigned i = 0; i < 700; i++)
		fprintf(out, " ge-0/0/%u.0", i);
	fputs(" ]; } } } }\n", out);
}

DAMAGE(long_set_line)
{
	UNUSED_RANDOM;
	fwrite(text, 1, len, out);
	fputs("set policy-options community C members [", out);
	for (unsigned i = 0; i < 400; i++)
		fprintf(out, " 65000:%u", i);
	fputs(" ]\n", out);
}

DAMAGE(mail_address)
{
	UNUSED_RANDOM;
	fwrite(text, 1, len, out);
	fputs("snmp { contact \"Operations <user@example.net>\"; }\n", out);
}

#define ROW(text, kinds, is, run)                                                                                      \
	{                                                                                                              \
		text, DAMAGE_##kinds, DAMAGE_##is, run                                                                 \
	}

const struct damage import_damages[] = {
	ROW("pager: mark, return, blanks, return", ALL, READ, pager_return),
	ROW("pager: mark with per cent", ALL, READ, pager_percent),
	ROW("pager: mark on a line of its own", ALL, READ, pager_own_line),
	ROW("pager: mark and blanks, returns lost", ALL, READ, pager_blanks_alone),
	ROW("pager: mark right before the statement", ALL, READ, pager_alone),
	ROW("pager: mark taken away by backspaces", ALL, READ, pager_backspaces),
	ROW("pager: reverse mark, erased", ALL, READ, pager_erase),
	ROW("pager: mark taken away in part", ALL, ANY, pager_half_erased),
	ROW("pager of Linux, before the statement", ALL, ANY, pager_of_linux),
	ROW("pager of Linux, on its own line", ALL, ANY, pager_of_linux_line),
	ROW("terminal: colours", ALL, READ, colours),
	ROW("terminal: ends of lines erased", ALL, READ, erased_ends),
	ROW("terminal: titles", ALL, READ, titles),
	ROW("terminal: bells", ALL, READ, bells),
	ROW("terminal: cursor to another line", ALL, NEVER_COMPLETE, places),
	ROW("terminal: escape sequences without ESC", ALL, ANY, escapes_without_escape),
	ROW("terminal: ^M spelled out", ALL, ANY, carets),
	ROW("terminal: typing mistakes corrected", BRACES, READ, corrected),
	ROW("terminal: line drawn again", ALL, READ, drawn_again),
	ROW("terminal: blank and return at the right edge", ALL, ANY, edge_of_editor),
	ROW("lines wrapped at column 80", ALL, ANY, wrapped_80),
	ROW("lines wrapped at any column", ALL, ANY, wrapped),
	ROW("lines wrapped, CRLF", ALL, ANY, wrapped_crlf),
	ROW("lines wrapped, blanks at ends lost", ALL, ANY, wrapped_trimmed),
	ROW("lines cut at column 80", ALL, ANY, cut_80),
	ROW("lines cut at column 132", ALL, ANY, cut_132),
	ROW("line ends CRLF", ALL, READ, crlf),
	ROW("line ends CRCRLF", ALL, READ, crcrlf),
	ROW("line ends CR", ALL, READ, cr),
	ROW("line ends LFCR", ALL, READ, lfcr),
	ROW("blank lines between all", ALL, READ, blank_lines),
	ROW("byte order mark", ALL, READ, mark),
	ROW("UTF-16 little endian", ALL, READ, utf16_little),
	ROW("UTF-16 big endian", ALL, READ, utf16_big),
	ROW("UTF-16 without a mark", ALL, NEVER_COMPLETE, utf16_unmarked),
	ROW("no-break spaces as indentation", BRACES, READ, no_break_indent),
	ROW("no-break spaces anywhere", ALL, ANY, no_break),
	ROW("no-break spaces of Latin-1", ALL, ANY, no_break_latin),
	ROW("thin spaces", ALL, ANY, thin_spaces),
	ROW("zero-width spaces", ALL, READ, widthless),
	ROW("soft hyphens", ALL, READ, soft_hyphens),
	ROW("tabs as indentation", BRACES, READ, tabs),
	ROW("all indented", BRACES, READ, indented),
	ROW("set lines indented", SET, READ, indented),
	ROW("blanks at ends of lines", ALL, READ, trailing_blanks),
	ROW("quotes of a word processor", ALL, ANY, smart_quotes),
	ROW("guillemets", ALL, ANY, guillemets),
	ROW("single quotes", ALL, ANY, single_quotes),
	ROW("quotes of Windows-1252", ALL, ANY, latin_quotes),
	ROW("dashes for hyphens", ALL, ANY, dashes),
	ROW("quotes of a web page", ALL, ANY, web_quotes),
	ROW("line breaks of a web page", ALL, ANY, web_breaks),
	ROW("capitals at the beginning of lines", ALL, ANY, capital_lines),
	ROW("mail: quoted", BRACES, READ, mail),
	ROW("mail: quoted set lines", SET, READ, mail),
	ROW("mail: quoted without a blank", BRACES, READ, mail_bare),
	ROW("mail: quoted twice", SET, READ, mail_twice),
	ROW("mail: some lines quoted", ALL, ANY, mail_in_part),
	ROW("mail: quoted and broken", ALL, ANY, mail_broken),
	ROW("mail: quoted with a header", ALL, ANY, mail_with_header),
	ROW("mail: format=flowed", ALL, ANY, flowed),
	ROW("mail: filled at blanks", ALL, ANY, filled),
	ROW("mail: quoted-printable", ALL, ANY, quoted_printable),
	ROW("mail: quoted-printable blanks at ends", ALL, ANY, quoted_printable_blanks),
	ROW("prompt behind", BRACES, READ, prompt_behind),
	ROW("prompt behind set lines", SET, READ, prompt_behind),
	ROW("prompts around", BRACES, READ, prompts_around),
	ROW("prompts around set lines", SET, READ, prompts_around),
	ROW("prompts of a logical system", BRACES, READ, prompts_of_a_logical_system),
	ROW("prompts of a cluster", SET, READ, prompts_of_a_cluster),
	ROW("prompts and pager", BRACES, READ, prompts_and_pager),
	ROW("'## Last commit'", BRACES, READ, last_commit),
	ROW("a shell's command before", BRACES, ANY, shell_before),
	ROW("only a part was shown", SET, NEVER_COMPLETE, part_shown),
	ROW("two devices", BRACES, NEVER_COMPLETE, two_devices),
	ROW("typed at prompts", SET, READ, typed_lines),
	ROW("typed, and rolled back", SET, NEVER_COMPLETE, typed_and_rolled_back),
	ROW("typed, and something loaded", SET, NEVER_COMPLETE, typed_and_loaded),
	ROW("typed, at a hierarchy that is not seen", SET, NEVER_COMPLETE, typed_elsewhere),
	ROW("typed, and refused", SET, NEVER_COMPLETE, typed_and_refused),
	ROW("typed, and scrolled: '...'", SET, ANY, typed_and_scrolled),
	ROW("typed, and wrapped", SET, ANY, typed_and_wrapped),
	ROW("the beginning is lost, within a line", BRACES, ANY, without_head),
	ROW("the beginning of set lines is lost", SET, WITHOUT_TRACE, without_head),
	ROW("the end is lost, within a line", BRACES, ANY, without_tail),
	ROW("the end of set lines is lost, within a line", SET, ANY, without_tail),
	ROW("the guide's end is lost, within a line", GUIDE, ANY, without_tail),
	ROW("the first lines are lost", BRACES, WITHOUT_TRACE, without_first_lines),
	ROW("the first set lines are lost", SET, WITHOUT_TRACE, without_first_lines),
	ROW("the last lines are lost", BRACES, WITHOUT_TRACE, without_last_lines),
	ROW("the last set lines are lost", SET, WITHOUT_TRACE, without_last_lines),
	ROW("a line is lost", ALL, WITHOUT_TRACE, without_a_line),
	ROW("every line twice", ALL, ANY, every_line_twice),
	ROW("a line twice", ALL, ANY, a_line_twice),
	ROW("a '{' is lost", BRACES, ANY, without_open),
	ROW("a '}' is lost", BRACES, ANY, without_close),
	ROW("a '{' and a '}' are lost", BRACES, ANY, without_braces),
	ROW("a ';' is lost", BRACES, ANY, without_end),
	ROW("a quote is lost", ALL, ANY, without_quote),
	ROW("a line's end is lost", ALL, ANY, without_line_end),
	ROW("all on one line", BRACES, ANY, on_one_line),
	ROW("set lines on one line", SET, ANY, on_one_line),
	ROW("line numbers", ALL, ANY, numbered),
	ROW("file names and line numbers", ALL, ANY, numbered_by_grep),
	ROW("marks of a difference", ALL, ANY, difference),
	ROW("a code block's fence", ALL, ANY, fence),
	ROW("form feeds", ALL, ANY, pages),
	ROW("a zero behind", ALL, ANY, zeros),
	ROW("a comment's end is lost", BRACES, ANY, comment_open),
	ROW("apply-groups", BRACES, NEVER_COMPLETE, groups),
	ROW("wildcards", SET, NEVER_COMPLETE, wildcards),
	ROW("a group that nothing applies", BRACES, READ, unused_group),
	ROW("protect:", BRACES, READ, tag_protect),
	ROW("replace:", BRACES, NEVER_COMPLETE, tag_replace),
	ROW("inactive: elsewhere", BRACES, READ, inactive_elsewhere),
	ROW("deactivate names nothing", SET, NEVER_COMPLETE, off_nothing),
	ROW("deleted", SET, NEVER_COMPLETE, deleted),
	ROW("read over: backslashes", BRACES, READ, backslashes),
	ROW("read over: a statement of 700 words", BRACES, READ, long_statement),
	ROW("read over: a set line of 400 words", SET, READ, long_set_line),
	ROW("read over: an address of mail", BRACES, READ, mail_address),
};
const size_t import_damages_n = ARRAY_SIZE(import_damages);

char *import_damage(const struct damage *d, const char *text, size_t len, unsigned seed, size_t *ret_len)
{
	uint32_t state = 0x9e3779b9u * seed;
	char *ret;
	FILE *out = open_memstream(&ret, ret_len);

	ck_assert_ptr_nonnull(out);
	d->run(out, text, len, &state);
	ck_assert_int_eq(fclose(out), 0);
	return ret;
}
