/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/gcks/command.h"

#include "tests/gcks/show.h"

#include <ctype.h>

struct request {
	struct gcks_server *server;
	uint64_t now;
	time_t wall;
	const char *const *words; /* after the verb */
	size_t n_words;
};

static int do_show(const struct request *rq, FILE *out, char err[static 256])
{
	struct gcks_show_source src = { .now = rq->now, .wall = rq->wall };

	src.groups = gcks_server_groups(rq->server, &src.n_groups);
	return gcks_show(out, rq->words, rq->n_words, &src, err);
}

static const struct {
	const char *verb;
	int (*run)(const struct request *rq, FILE *out, char err[static 256]);
} commands[] = {
	{ "show", do_show },
};

/* Cuts TEXT into words in place; -E2BIG when there are more than MAX. */
static int split(char *text, const char **words, size_t max, size_t *ret_n)
{
	size_t n = 0;

	for (char *p = text; *p != '\0';) {
		while (isspace((unsigned char)*p))
			*p++ = '\0';
		if (*p == '\0')
			break;
		if (n == max)
			return -E2BIG;
		words[n++] = p;
		while (*p != '\0' && !isspace((unsigned char)*p))
			p++;
	}
	*ret_n = n;
	return 0;
}

int gcks_command(struct gcks_server *s, uint64_t now, time_t wall, const char *line, FILE *out, char err[static 256])
{
	const char *words[GCKS_COMMAND_WORDS_MAX];
	struct request rq = { .server = s, .now = now, .wall = wall, .words = words + 1 };
	char copy[1024];
	size_t n;

	if (strlen(line) >= sizeof(copy)) {
		snprintf(err, 256, "the command is longer than %zu characters", sizeof(copy) - 1);
		return -EINVAL;
	}
	memcpy(copy, line, strlen(line) + 1);
	if (split(copy, words, ARRAY_SIZE(words), &n) < 0) {
		snprintf(err, 256, "the command has more than %d words", GCKS_COMMAND_WORDS_MAX);
		return -EINVAL;
	}
	for (size_t i = 0; n > 0 && i < ARRAY_SIZE(commands); i++) {
		if (strcmp(words[0], commands[i].verb) != 0)
			continue;
		rq.n_words = n - 1;
		return commands[i].run(&rq, out, err);
	}
	snprintf(err, 256, "%.40s: not known; \"show\" is expected", n > 0 ? words[0] : "(nothing)");
	return -EINVAL;
}
