/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/support/man_page.h"

#include <check.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

char *man_read_page(const char *name)
{
	char path[64], *text = calloc(1, MAN_PAGE_MAX);
	FILE *f;

	snprintf(path, sizeof(path), "man/%s", name);
	f = fopen(path, "r");
	ck_assert_msg(f != NULL, "%s: cannot be read; run the test from the root of the tree", path);
	ck_assert_ptr_nonnull(text);
	ck_assert_uint_lt(fread(text, 1, MAN_PAGE_MAX, f), MAN_PAGE_MAX);
	fclose(f);
	return text;
}

void man_unescape(char *text)
{
	char *to = text;

	for (char *p = text; *p; p++) {
		if (*p != '\\') {
			*to++ = *p;
			continue;
		}
		p++;
		if (*p == 'e')
			*to++ = '\\';
		else if (*p != '&')
			*to++ = *p;
	}
	*to = '\0';
}

char *man_next_display(const char **at)
{
	const char *block = strstr(*at, "\n.Bd -literal"), *line = strstr(*at, "\n.Dl "), *from, *end;
	char *text;

	if (line && (!block || line < block)) {
		from = line + strlen("\n.Dl ");
		end = strchr(from, '\n');
	} else if (block) {
		from = strchr(block + 1, '\n') + 1;
		end = strstr(from, "\n.Ed");
		ck_assert_ptr_nonnull(end);
	} else {
		return NULL;
	}
	text = strndup(from, (size_t)(end - from));
	ck_assert_ptr_nonnull(text);
	man_unescape(text);
	*at = end;
	return text;
}

bool man_has_word(const char *page, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = page; (at = strstr(at, word)); at++)
		if (at > page && !isalnum((unsigned char)at[-1]) && at[-1] != '_' && !isalnum((unsigned char)at[n]) &&
		    at[n] != '_')
			return true;
	return false;
}
