/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is missing or too much. */
#include "tests/unit/support/import_damages_private.h"

#include <check.h>
#include <ctype.h>
#include <stdlib.h>

DAMAGE(without_head)
{
	size_t at = 1 + damage_draw(random, (uint32_t)len - 1);

	if (text[at - 1] == '\n' || text[at - 1] == ']')
		at++;
	fwrite(text + at, 1, len - at, out);
}

DAMAGE(without_tail)
{
	size_t n = damage_draw(random, (uint32_t)len - 1);

	while (n > 0 && (text[n - 1] == '\n' || text[n] == '\n'))
		n--;
	fwrite(text, 1, n, out);
}

DAMAGE(without_first_lines)
{
	struct damage_line l = { 0 };
	size_t from = 1 + damage_draw(random, (uint32_t)damage_count_lines(text, len));

	while (damage_next_line(&l, text, len))
		if (l.number > from)
			damage_put_line(out, &l);
}

DAMAGE(without_last_lines)
{
	struct damage_line l = { 0 };
	size_t to = damage_draw(random, (uint32_t)damage_count_lines(text, len));

	while (damage_next_line(&l, text, len) && l.number <= to)
		damage_put_line(out, &l);
}

DAMAGE(without_a_line)
{
	struct damage_line l = { 0 };
	size_t at = 1 + damage_draw(random, (uint32_t)damage_count_lines(text, len));

	while (damage_next_line(&l, text, len))
		if (l.number != at)
			damage_put_line(out, &l);
}

DAMAGE(every_line_twice)
{
	struct damage_line l = { 0 };

	UNUSED_RANDOM;
	while (damage_next_line(&l, text, len)) {
		damage_put_line(out, &l);
		damage_put_line(out, &l);
	}
}

DAMAGE(a_line_twice)
{
	struct damage_line l = { 0 };
	size_t at = 1 + damage_draw(random, (uint32_t)damage_count_lines(text, len));

	while (damage_next_line(&l, text, len)) {
		damage_put_line(out, &l);
		if (l.number == at)
			damage_put_line(out, &l);
	}
}

/* The Nth of the octets LOST, drawn. */
static size_t find_one(const char *text, size_t len, const char *lost, uint32_t *random)
{
	uint32_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += strchr(lost, text[i]) != NULL;
	n = damage_draw(random, n);
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
	damage_ends(out, text, len, " ");
	fputc('\n', out);
}

DAMAGE(numbered)
{
	struct damage_line l = { 0 };

	UNUSED_RANDOM;
	while (damage_next_line(&l, text, len)) {
		fprintf(out, "%5zu  ", l.number);
		damage_put_line(out, &l);
	}
}

DAMAGE(numbered_by_grep)
{
	struct damage_line l = { 0 };

	UNUSED_RANDOM;
	while (damage_next_line(&l, text, len)) {
		fprintf(out, "srx.conf:%zu:", l.number);
		damage_put_line(out, &l);
	}
}

DAMAGE(difference)
{
	damage_around(out, text, len, "+ ", "", damage_every(random));
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
	damage_around(out, text, len, "\f", "", 1 + damage_every(random));
}

DAMAGE(zeros)
{
	damage_around(out, text, len, "", "", 1);
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
