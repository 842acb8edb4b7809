/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/config_unkeyed.h"

#include <stdio.h>
#include <stdlib.h>

/* The escapes that junos_parse() undoes. */
static void put_word(FILE *out, const struct junos_word *w)
{
	putc('"', out);
	for (const char *p = w->text; *p; p++) {
		switch (*p) {
		case '"':
		case '\\':
			fprintf(out, "\\%c", *p);
			break;
		case '\n':
			fputs("\\n", out);
			break;
		case '\t':
			fputs("\\t", out);
			break;
		default:
			putc(*p, out);
		}
	}
	putc('"', out);
}

/* Whether a key follows; *N is then how many words remain. */
static bool keyed(const struct junos_node *node, size_t *n)
{
	for (*n = 0; *n < node->n_words; ++*n) {
		if (strcmp(node->words[*n].text, "pre-shared-key") == 0) {
			++*n;
			return true;
		}
	}
	return false;
}

static void put_words(FILE *out, const struct junos_node *node, size_t n)
{
	bool listed = false;

	for (size_t i = 0; i < n; i++) {
		if (node->words[i].listed && !listed) {
			fputs("[ ", out);
			listed = true;
		}
		put_word(out, &node->words[i]);
		putc(' ', out);
	}
	if (listed)
		fputs("] ", out);
}

/* Not deeper than JUNOS_DEPTH_MAX. */
static void put_nodes(FILE *out, const struct junos_node *node)
{
	for (; node; node = node->next) {
		size_t n;
		bool secret = keyed(node, &n);

		if (node->inactive)
			fputs("inactive: ", out);
		put_words(out, node, n);
		if (secret) {
			fputs("ascii-text left-out;\n", out);
		} else if (node->block) {
			fputs("{\n", out);
			put_nodes(out, node->child);
			fputs("}\n", out);
		} else {
			fputs(";\n", out);
		}
	}
}

int config_unkeyed_text(char **ret, const struct junos *j)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	bool failed;

	if (!out)
		return -ENOMEM;
	put_nodes(out, junos_first(j));
	failed = ferror(out) != 0;
	if (fclose(out) != 0 || failed) {
		free(text);
		return -ENOMEM;
	}
	*ret = text;
	return 0;
}
