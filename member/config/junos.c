/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/config/junos.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "member/config/junos_lex.h"

struct junos {
	char *name;
	char *arena; /* every word, each with its zero */
	size_t arena_size;
	struct junos_node *first;
};

static int parse_text(struct junos **ret, const char *name, const char *text, size_t len, uint32_t *comment,
		      struct config_error *err)
{
	_cleanup_(junos_freep) struct junos *j = calloc(1, sizeof(*j));
	struct junos_lexer lexer;
	int r;

	if (!j)
		return -ENOMEM;
	if (len > JUNOS_SIZE_MAX) {
		*err = (struct config_error){ .fault = CONFIG_FAULT_FILE };
		snprintf(err->text, sizeof(err->text), "%.80s: the file is larger than %d octets", name,
			 JUNOS_SIZE_MAX);
		return -EINVAL;
	}
	j->name = strdup(name);
	j->arena_size = len + 1;
	j->arena = malloc(j->arena_size);
	if (!j->name || !j->arena)
		return -ENOMEM;
	lexer = (struct junos_lexer){
		.name = j->name,
		.text = text,
		.len = len,
		.line = 1,
		.column = 1,
		.arena = j->arena,
		.err = err,
		.tolerant = comment != NULL,
	};
	r = junos_parse_text(&j->first, &lexer);
	if (comment)
		*comment = lexer.comment;
	if (r < 0)
		return r;
	*ret = TAKE(j);
	return 0;
}

int junos_parse(struct junos **ret, const char *name, const char *text, size_t len, struct config_error *err)
{
	return parse_text(ret, name, text, len, NULL, err);
}

int junos_parse_tolerant(struct junos **ret, const char *name, const char *text, size_t len, uint32_t *comment,
			 struct config_error *err)
{
	return parse_text(ret, name, text, len, comment, err);
}

static void free_nodes(struct junos_node *n)
{
	while (n) { /* recursion only as deep as JUNOS_DEPTH_MAX */
		struct junos_node *next = n->next;

		free_nodes(n->child);
		free((void *)n->words);
		free(n);
		n = next;
	}
}

void junos_free(struct junos *j)
{
	if (!j)
		return;
	free_nodes(j->first);
	if (j->arena)
		explicit_bzero(j->arena, j->arena_size);
	free(j->arena);
	free(j->name);
	free(j);
}

const struct junos_node *junos_first(const struct junos *j)
{
	return j->first;
}

const char *junos_name(const struct junos *j)
{
	return j->name;
}

void junos_put_quoted(FILE *out, const char *text)
{
	putc('"', out);
	for (const char *p = text; *p; p++) {
		if (*p == '"' || *p == '\\')
			putc('\\', out);
		if (*p == '\n')
			fputs("\\n", out);
		else if (*p == '\t')
			fputs("\\t", out);
		else
			putc(*p, out);
	}
	putc('"', out);
}

/* --- files --- */

static int refuse_file(struct config_error *err, const char *path, int code, const char *what)
{
	*err = (struct config_error){ .fault = CONFIG_FAULT_FILE };
	snprintf(err->text, sizeof(err->text), "%.300s: %s", path, what);
	return code;
}

static int read_whole(struct junos_file *f, int fd, size_t max)
{
	while (f->len <= max) { /* the octet beyond MAX says that it is too large */
		ssize_t n = read(fd, f->text + f->len, max + 1 - f->len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return 0;
		f->len += (size_t)n;
	}
	return -EFBIG;
}

static int read_open_file(struct junos_file *ret, int fd, const char *path, size_t max, struct config_error *err)
{
	struct junos_file f = { 0 };
	struct stat st;
	char what[128];
	int r;

	if (fstat(fd, &st) < 0)
		return refuse_file(err, path, -errno, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return refuse_file(err, path, -EISDIR, "is a directory; expected a regular file");
	if (!S_ISREG(st.st_mode))
		return refuse_file(err, path, -EINVAL, "is not a regular file; expected one");
	f.mode = st.st_mode & 07777;
	f.gid = st.st_gid;
	f.text = malloc(max + 1);
	if (!f.text)
		return -ENOMEM;
	r = read_whole(&f, fd, max);
	if (r < 0) {
		junos_file_free(&f);
		if (r == -EFBIG)
			snprintf(what, sizeof(what), "is larger than %zu octets", max);
		else
			snprintf(what, sizeof(what), "cannot be read: %s", strerror(-r));
		return refuse_file(err, path, r, what);
	}
	*ret = f;
	return 0;
}

int junos_file_read(struct junos_file *ret, const char *path, size_t max, struct config_error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); /* a FIFO must not hold us up */
	char what[160];
	int r;

	if (fd < 0) {
		r = -errno;
		snprintf(what, sizeof(what), "cannot be opened: %s", strerror(errno));
		return refuse_file(err, path, r, what);
	}
	r = read_open_file(ret, fd, path, max, err);
	close(fd);
	return r;
}

void junos_file_free(struct junos_file *f)
{
	if (f->text)
		explicit_bzero(f->text, f->len);
	free(f->text);
	*f = (struct junos_file){ 0 };
}
