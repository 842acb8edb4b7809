/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pagers and terminals. */
#include "tests/unit/support/import_damages_private.h"

#include <check.h>
#include <ctype.h>
#include <stdlib.h>

DAMAGE(pager_return)
{
	damage_around(out, text, len, "---(more)---\r" BLANKS_16 "\r", "", damage_every(random));
}

DAMAGE(pager_percent)
{
	damage_around(out, text, len, "---(more 88%)---\r" BLANKS_16 "    \r", "", damage_every(random));
}

DAMAGE(pager_own_line)
{
	damage_around(out, text, len, "---(more 7%)---\n", "", damage_every(random));
}

DAMAGE(pager_blanks_alone)
{
	damage_around(out, text, len, "---(more 88%)---" BLANKS_16 "   ", "", damage_every(random));
}

DAMAGE(pager_alone)
{
	damage_around(out, text, len, "---(more 100%)---", "", damage_every(random));
}

DAMAGE(pager_backspaces)
{
	damage_around(out, text, len, "---(more)---\b\b\b\b\b\b\b\b\b\b\b\b            \b\b\b\b\b\b\b\b\b\b\b\b", "",
		      damage_every(random));
}

DAMAGE(pager_erase)
{
	damage_around(out, text, len, "\x1b[7m---(more 42%)---\x1b[27m\r\x1b[K", "", damage_every(random));
}

DAMAGE(pager_half_erased)
{
	damage_around(out, text, len, "---(more 88%)---\r        \r", "", damage_every(random));
}

DAMAGE(pager_of_linux)
{
	damage_around(out, text, len, "--More--", "", damage_every(random));
}

DAMAGE(pager_of_linux_line)
{
	damage_around(out, text, len, "--More--\n", "", damage_every(random));
}

DAMAGE(colours)
{
	damage_around(out, text, len, "\x1b[1;32m", "\x1b[0m", 1 + damage_draw(random, 3));
}

DAMAGE(erased_ends)
{
	UNUSED_RANDOM;
	damage_around(out, text, len, "", "\x1b[K", 1);
}

DAMAGE(titles)
{
	damage_around(out, text, len, "\x1b]0;root@srx: ~\x07", "", damage_every(random));
}

DAMAGE(bells)
{
	damage_around(out, text, len, "\x07", "", damage_every(random));
}

DAMAGE(places)
{
	damage_around(out, text, len, "\x1b[12;1H", "", damage_every(random));
}

DAMAGE(escapes_without_escape)
{
	damage_around(out, text, len, "", "[K", damage_every(random));
}

DAMAGE(carets)
{
	damage_around(out, text, len, "", "^M", damage_every(random));
}

DAMAGE(corrected)
{
	damage_around(out, text, len, "sho\b \b\b \b\b \b", "x\b \b", damage_every(random));
}

DAMAGE(drawn_again)
{
	struct damage_line l = { 0 };
	size_t n = damage_every(random);

	while (damage_next_line(&l, text, len)) {
		if (l.number % n == 0) {
			fwrite(l.at, 1, l.len / 2, out);
			fputc('\r', out);
		}
		damage_put_line(out, &l);
	}
}

/* What a shell's line editor sends at the right edge. */
DAMAGE(edge_of_editor)
{
	struct damage_line l = { 0 };
	size_t width = 40 + damage_draw(random, 60);

	while (damage_next_line(&l, text, len)) {
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
	struct damage_line l = { 0 };

	while (damage_next_line(&l, text, len)) {
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
	wrap(out, text, len, 20 + damage_draw(random, 112), "\n");
}

DAMAGE(wrapped_crlf)
{
	wrap(out, text, len, 20 + damage_draw(random, 112), "\r\n");
}

/* Blanks at the ends of lines go, as when text is copied. */
DAMAGE(wrapped_trimmed)
{
	struct damage_line l = { 0 };
	size_t width = 20 + damage_draw(random, 112);

	while (damage_next_line(&l, text, len)) {
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
	struct damage_line l = { 0 };

	while (damage_next_line(&l, text, len)) {
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
