/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/support/import_damages_private.h"

#include <check.h>
#include <stdlib.h>

uint32_t damage_draw(uint32_t *state, uint32_t below)
{
	*state ^= *state << 13; /* xorshift */
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return below > 0 ? *state % below : 0;
}

bool damage_next_line(struct damage_line *l, const char *text, size_t len)
{
	const char *p = l->at ? l->at + l->len + l->ends : text, *end = text + len, *eol;

	if (p >= end)
		return false;
	eol = memchr(p, '\n', (size_t)(end - p));
	*l = (struct damage_line){ p, (size_t)((eol ? eol : end) - p), l->number + 1, eol != NULL };
	return true;
}

size_t damage_count_lines(const char *text, size_t len)
{
	struct damage_line l = { 0 };

	while (damage_next_line(&l, text, len))
		;
	return l.number;
}

void damage_put_line(FILE *out, const struct damage_line *l)
{
	fwrite(l->at, 1, l->len, out);
	if (l->ends)
		fputc('\n', out);
}

void damage_around(FILE *out, const char *text, size_t len, const char *before, const char *after, size_t every)
{
	struct damage_line l = { 0 };

	while (damage_next_line(&l, text, len)) {
		bool here = l.number % every == 0;

		fputs(here ? before : "", out);
		fwrite(l.at, 1, l.len, out);
		fputs(here ? after : "", out);
		if (l.ends)
			fputc('\n', out);
	}
}

size_t damage_every(uint32_t *random)
{
	return 1 + damage_draw(random, 24);
}

#define ROW(text, kinds, is, run)                                                                                      \
	{                                                                                                              \
		text, DAMAGE_##kinds, DAMAGE_##is, damage_##run                                                        \
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
