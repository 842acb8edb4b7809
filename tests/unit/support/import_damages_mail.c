/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mail. */
#include "tests/unit/support/import_damages_private.h"

#include <check.h>
#include <ctype.h>
#include <stdlib.h>

DAMAGE(mail)
{
	UNUSED_RANDOM;
	damage_around(out, text, len, "> ", "", 1);
}

DAMAGE(mail_bare)
{
	UNUSED_RANDOM;
	damage_around(out, text, len, ">", "", 1);
}

DAMAGE(mail_twice)
{
	UNUSED_RANDOM;
	damage_around(out, text, len, "> > ", "", 1);
}

DAMAGE(mail_in_part)
{
	damage_around(out, text, len, "> ", "", 1 + damage_every(random));
}

DAMAGE(mail_broken)
{
	struct damage_line l = { 0 };

	UNUSED_RANDOM;
	while (damage_next_line(&l, text, len)) {
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
	damage_around(out, text, len, "> ", "", 1);
}

/* At blanks; FLOWED keeps the blank at the line's end (RFC 3676 4). */
static void fill(FILE *out, const char *text, size_t len, size_t width, bool flowed)
{
	struct damage_line l = { 0 };

	while (damage_next_line(&l, text, len)) {
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
	fill(out, text, len, 50 + damage_draw(random, 30), true);
}

DAMAGE(filled)
{
	fill(out, text, len, 50 + damage_draw(random, 30), false);
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
	damage_around(out, text, len, "", "=20", damage_every(random));
}
