/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/support/config_cases.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "member/config/junos.h"

struct place {
	unsigned line, column;
};

char *config_file(const char *path)
{
	struct junos_file f;
	struct config_error err;
	char *text;

	ck_assert_msg(junos_file_read(&f, path, JUNOS_SIZE_MAX, &err) == 0, "%s", err.text);
	text = strndup(f.text, f.len);
	junos_file_free(&f);
	return text;
}

static struct place place_of(const char *text, const char *at)
{
	struct place p = { 1, 1 };

	for (; text < at; text++) {
		p.column++;
		if (*text == '\n')
			p = (struct place){ p.line + 1, 1 };
	}
	return p;
}

/* Where WHAT stands in TEXT; it must stand there exactly once. */
static const char *only(const char *text, const char *what)
{
	const char *first = strstr(text, what);

	ck_assert_msg(first != NULL, "not in the file: %s", what);
	ck_assert_msg(strstr(first + 1, what) == NULL, "twice in the file: %s", what);
	return first;
}

static void check_error(const char *text, struct place p, const char *const *says, const char *which,
			config_load_fn load)
{
	char err[512] = "", want[64];
	int r = load("f.conf", text, strlen(text), err);

	ck_assert_msg(r == -EINVAL, "%s: loads with %d %s", which, r, err);
	snprintf(want, sizeof(want), "f.conf:%u:%u: ", p.line, p.column);
	ck_assert_msg(strncmp(err, want, strlen(want)) == 0, "%s: expected at %s got %s", which, want, err);
	for (size_t i = 0; i < CONFIG_SAYS_MAX && says[i]; i++)
		ck_assert_msg(strstr(err, says[i]) != NULL, "%s: expected '%s' in: %s", which, says[i], err);
	ck_assert_msg(strstr(err, "expected") || strstr(err, "did you mean") || strstr(err, "the first is"),
		      "%s: does not say what was expected: %s", which, err);
}

static char *replaced(const char *good, const char *find, size_t find_len, const char *at, const char *with)
{
	size_t before = (size_t)(at - good), size = strlen(good) + strlen(with) - find_len + 1;
	char *text = malloc(size);

	(void)find;
	ck_assert_ptr_nonnull(text);
	snprintf(text, size, "%.*s%s%s", (int)before, good, with, at + find_len);
	return text;
}

void config_case_check(const struct config_case *c, const char *good, config_load_fn load)
{
	char *text = c->find ? replaced(good, c->find, strlen(c->find), only(good, c->find), c->replace)
			     : strdup(c->replace);
	char *mark = strchr(text, '~');
	struct place p;

	if (c->at) {
		p = place_of(text, only(text, c->at));
	} else {
		ck_assert_msg(mark != NULL, "no mark in: %s", c->replace);
		memmove(mark, mark + 1, strlen(mark));
		p = place_of(text, mark);
	}
	check_error(text, p, c->says, c->replace, load);
	free(text);
}

static const char *offset(const char *text, const struct junos_word *w)
{
	for (unsigned line = 1; line < w->line; line++)
		text = strchr(text, '\n') + 1;
	return text + w->column - 1;
}

static bool is_one_of(const char *name, const char *const *names)
{
	while (*names && strcmp(*names, name) != 0)
		names++;
	return *names != NULL;
}

static void spoil_name(const char *good, const struct junos_node *n, config_load_fn load)
{
	const char *at = offset(good, &n->words[0]);
	size_t len = n->words[0].len;
	char wrong[128], *text;
	const char *says[CONFIG_SAYS_MAX] = { "unknown statement", NULL };

	snprintf(wrong, sizeof(wrong), "%.*sq", (int)len, at);
	text = replaced(good, NULL, len, at, wrong);
	says[1] = wrong;
	check_error(text, place_of(good, at), says, wrong, load);
	free(text);
}

static void spoil_twice(const char *good, const struct junos_node *n, bool multiple, config_load_fn load)
{
	const char *at = offset(good, &n->words[0]);
	size_t len = (size_t)(strchr(at, ';') + 1 - at);
	const struct junos_word *wrong = &n->words[multiple ? 1 : 0];
	/* The error is at the second one, by as much as that is after the first. */
	size_t shift = len + 1;
	char both[512], first[64], *text;
	const char *says[CONFIG_SAYS_MAX] = { "twice", first, NULL };
	const struct junos_word *said = wrong;

	if (n->n_words > 1 && (strcmp(n->words[0].text, "pre-shared-key") == 0 ||
			       strcmp(n->words[0].text + strcspn(n->words[0].text, "-"), "-identity") == 0))
		said = wrong = &n->words[1]; /* a block written in a line: it is its only statement that is doubled */
	snprintf(first, sizeof(first), "line %u, column %u", said->line, said->column);
	snprintf(both, sizeof(both), "%.*s %.*s", (int)len, at, (int)len, at);
	text = replaced(good, NULL, len, at, both);
	check_error(text, place_of(text, text + (offset(good, wrong) - good) + shift), says, both, load);
	free(text);
}

static void spoil_value(const char *good, const struct junos_node *n, config_load_fn load)
{
	static const char *const says[CONFIG_SAYS_MAX] = { "has no value", NULL };
	const char *at = offset(good, &n->words[0]);
	size_t len = (size_t)(strchr(at, ';') - at);
	char bare[128], *text;

	snprintf(bare, sizeof(bare), "%s", n->words[0].text);
	text = replaced(good, NULL, len, at, bare);
	check_error(text, place_of(good, at), says, bare, load);
	free(text);
}

/* "server-address", or "from/source-address" when only those inside that block are meant. */
static bool is_multiple(const struct junos_node *n, const struct junos_node *parent, const char *const *names)
{
	char both[128];

	snprintf(both, sizeof(both), "%s/%s", parent ? parent->words[0].text : "", n->words[0].text);
	return is_one_of(n->words[0].text, names) || is_one_of(both, names);
}

static size_t spoil(const char *good, const struct junos_node *n, const struct junos_node *parent,
		    const char *const *multiple, config_load_fn load)
{
	static const char *const passed_over[] = { "interfaces", "version", NULL };
	size_t tried = 0;

	for (; n; n = n->next) {
		if (n->inactive || is_one_of(n->words[0].text, passed_over))
			continue;
		tried += spoil(good, n->child, n, multiple, load);
		if (n->block || strchr("0123456789", n->words[0].text[0])) /* a value in braces is no statement */
			continue;
		spoil_name(good, n, load);
		spoil_twice(good, n, is_multiple(n, parent, multiple), load);
		tried += 2;
		if (n->n_words > 1) {
			spoil_value(good, n, load);
			tried++;
		}
	}
	return tried;
}

size_t config_spoil_leaves(const char *good, const char *const *multiple, config_load_fn load)
{
	struct junos *j;
	struct config_error err;
	size_t tried;

	ck_assert_msg(junos_parse(&j, "good", good, strlen(good), &err) == 0, "%s", err.text);
	tried = spoil(good, junos_first(j), NULL, multiple, load);
	junos_free(j);
	return tried;
}

static void write_word(FILE *f, const struct junos_word *w)
{
	fputc(' ', f);
	if (!w->quoted) {
		fputs(w->text, f);
		return;
	}
	fputc('"', f);
	for (const char *c = w->text; *c; c++) {
		if (*c == '"' || *c == '\\')
			fputc('\\', f);
		fputc(*c, f);
	}
	fputc('"', f);
}

static void write_set_lines(FILE *f, const struct junos_node *n, const char *before)
{
	for (; n; n = n->next) {
		char *line;
		size_t len;
		FILE *one = open_memstream(&line, &len);

		ck_assert_ptr_nonnull(one);
		fputs(before, one);
		for (size_t i = 0; i < n->n_words; i++) {
			bool opens = n->words[i].listed && (i == 0 || !n->words[i - 1].listed);

			fputs(opens ? " [" : "", one);
			write_word(one, &n->words[i]);
		}
		fputs(n->words[n->n_words - 1].listed ? " ]" : "", one);
		fclose(one);
		if (!n->inactive && n->child)
			write_set_lines(f, n->child, line);
		else if (!n->inactive)
			fprintf(f, "%s\n", line);
		free(line);
	}
}

char *config_as_set_lines(const char *text)
{
	struct junos *j;
	struct config_error err;
	char *ret;
	size_t len;
	FILE *f = open_memstream(&ret, &len);

	ck_assert_ptr_nonnull(f);
	ck_assert_msg(junos_parse(&j, "braces", text, strlen(text), &err) == 0, "%s", err.text);
	write_set_lines(f, junos_first(j), "set");
	junos_free(j);
	fclose(f);
	return ret;
}

static unsigned next_random(unsigned *state)
{
	*state = *state * 1103515245u + 12345u;
	return *state >> 8;
}

static size_t mutate_once(char *text, size_t len, unsigned *state)
{
	static const char marks[] = "{}[];\"\\#\n*/ \t-0129.:$\x7f\xff";
	size_t at = next_random(state) % len, n = 1 + next_random(state) % 40;

	if (n > len - at)
		n = len - at;
	switch (next_random(state) % 5) {
	case 0:
		text[at] = marks[next_random(state) % (sizeof(marks) - 1)];
		return len;
	case 1:
		text[at] = (char)next_random(state);
		return len;
	case 2:
		memmove(text + at, text + at + n, len - at - n);
		return len - n > 0 ? len - n : len;
	case 3: /* there is room for it: callers give 64 octets for each change */
		memmove(text + at + n, text + at, len - at);
		return len + n;
	default:
		return next_random(state) % 8 == 0 ? at + 1 : len;
	}
}

void config_mutate(const char *good, unsigned seed, unsigned count, config_load_fn load)
{
	size_t size = strlen(good);

	for (unsigned i = 0; i < count; i++) {
		char err[512] = "", *text = malloc(size + 64 * 8), *exact;
		unsigned state = seed + i, changes = 1 + i % 8;
		size_t len = size;
		int r;

		ck_assert_ptr_nonnull(text);
		memcpy(text, good, size);
		while (changes-- > 0)
			len = mutate_once(text, len, &state);
		exact = malloc(len); /* so that a sanitizer sees every octet read beyond the end */
		ck_assert_ptr_nonnull(exact);
		memcpy(exact, text, len);
		r = load("f.conf", exact, len, err);
		ck_assert_msg(r == 0 || r == -EINVAL || r == -ENOENT || r == -EACCES, "%d", r);
		ck_assert_msg(r == 0 || strncmp(err, "f.conf:", 7) == 0, "%s", err);
		free(exact);
		free(text);
	}
}
