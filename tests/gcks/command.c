/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/gcks/command.h"

#include "tests/gcks/answer.h"
#include "tests/gcks/operate.h"
#include "tests/gcks/show.h"

#include <ctype.h>

struct request {
	struct operation op;
	time_t wall;
};

static int run_show(const struct request *rq, FILE *out, struct gcks_error *err)
{
	struct gcks_show_source src = { .now = rq->op.now, .wall = rq->wall };

	src.clusters = gcks_server_clusters(rq->op.server);
	src.groups = gcks_server_groups(rq->op.server, &src.n_groups);
	return gcks_show(out, rq->op.words, rq->op.n_words, &src, err);
}

static const struct {
	const char *verb;
	int (*run)(const struct operation *op, FILE *out, struct gcks_error *err);
} operations[] = {
	{ "rekey", gcks_rekey },   { "delete", gcks_delete },           { "policy", gcks_policy },
	{ "member", gcks_member }, { "anti-replay", gcks_anti_replay }, { "answer", gcks_answer_command },
};

/* Cuts TEXT into words in place; -E2BIG when there are more than MAX. */
static int split_words(char *text, const char **words, size_t max, size_t *ret_n)
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

int gcks_command(struct gcks_server *s, uint64_t now, time_t wall, const char *line, FILE *out, struct gcks_error *err)
{
	const char *words[GCKS_COMMAND_WORDS_MAX];
	struct request rq = { .op = { .server = s, .now = now, .words = words + 1 }, .wall = wall };
	char copy[1024];
	size_t n;

	if (strlen(line) >= sizeof(copy)) {
		return gcks_fail(err, -EINVAL, "the command is longer than %zu characters", sizeof(copy) - 1);
	}
	memcpy(copy, line, strlen(line) + 1);
	if (split_words(copy, words, ARRAY_SIZE(words), &n) < 0) {
		return gcks_fail(err, -EINVAL, "the command has more than %d words", GCKS_COMMAND_WORDS_MAX);
	}
	rq.op.n_words = n > 0 ? n - 1 : 0;
	if (n > 0 && strcmp(words[0], "show") == 0)
		return run_show(&rq, out, err);
	for (size_t i = 0; n > 0 && i < ARRAY_SIZE(operations); i++) {
		if (strcmp(words[0], operations[i].verb) == 0)
			return operations[i].run(&rq.op, out, err);
	}
	return gcks_fail(err, -EINVAL,
			 "%.40s: not known; \"show\", \"rekey\", \"delete\", \"policy\", \"member\", \"anti-replay\" "
			 "or \"answer\" is expected",
			 n > 0 ? words[0] : "(nothing)");
}
