/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prompts. */
#include "tests/unit/support/import_damages_private.h"

#include <check.h>
#include <ctype.h>
#include <stdlib.h>

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
	damage_around(out, text, len, "---(more 50%)---\r" BLANKS_16 "    \r", "", damage_every(random));
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
	struct damage_line l = { 0 };

	while (damage_next_line(&l, text, len)) {
		if (l.len == 0 || l.at[0] == '#')
			continue;
		if (l.number == at)
			fputs(strange, out);
		fprintf(out, "%sadmin@srx1# ", banner);
		damage_put_line(out, &l);
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
	typed(out, text, len, "[edit]\n", "[edit]\nadmin@srx1# rollback 1\n\n", 5 + damage_draw(random, 5));
}

DAMAGE(typed_and_loaded)
{
	typed(out, text, len, "[edit]\n", "[edit]\nadmin@srx1# load merge other.conf\nload complete\n\n",
	      5 + damage_draw(random, 5));
}

DAMAGE(typed_elsewhere)
{
	typed(out, text, len, "", "admin@srx1# edit security zones\n", 5 + damage_draw(random, 5));
}

DAMAGE(typed_and_refused)
{
	struct damage_line l = { 0 };
	size_t at = 5 + damage_draw(random, 5);

	while (damage_next_line(&l, text, len)) {
		if (l.len == 0 || l.at[0] == '#')
			continue;
		fputs("[edit]\nadmin@srx1# ", out);
		damage_put_line(out, &l);
		fputs(l.number == at ? "                   ^\nsyntax error.\n\n" : "\n", out);
	}
}

DAMAGE(typed_and_scrolled)
{
	struct damage_line l = { 0 };
	size_t at = 5 + damage_draw(random, 5);

	while (damage_next_line(&l, text, len)) {
		if (l.len == 0 || l.at[0] == '#')
			continue;
		fputs("[edit]\nadmin@srx1# ", out);
		if (l.number == at && l.len > 20)
			fprintf(out, "...%.*s\n\n", (int)(l.len - 20), l.at + 20);
		else
			damage_put_line(out, &l);
	}
}

DAMAGE(typed_and_wrapped)
{
	struct damage_line l = { 0 };
	size_t width = 40 + damage_draw(random, 60);

	while (damage_next_line(&l, text, len)) {
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
