/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/printable.h"
#include "member/config/junos.h"
#include "member/ctl/verbs.h"
#include "member/import/import.h"

#include <errno.h>
#include <stdlib.h>

static int read_stdin(struct junos_file *ret, struct config_error *err)
{
	struct junos_file f = { .text = malloc(IMPORT_SIZE_MAX + 1) };

	if (!f.text)
		return -ENOMEM;
	f.len = fread(f.text, 1, IMPORT_SIZE_MAX + 1, stdin);
	if (ferror(stdin) || f.len > IMPORT_SIZE_MAX) {
		snprintf(err->text, sizeof(err->text), "standard input: %s",
			 ferror(stdin) ? "cannot be read" : "is larger than 1 MiB");
		junos_file_free(&f);
		return -EFBIG;
	}
	*ret = f;
	return 0;
}

/* The text may come from anybody, and messages about the text go to a terminal. */
static int run_import(struct ctl *c, const struct junos_file *file, const struct import_options *options)
{
	char *told = NULL;
	size_t len;
	FILE *report = open_memstream(&told, &len);
	int r;

	if (!report)
		return -ENOMEM;
	r = import_run(c->out, report, c->command.file, file->text, file->len, options);
	if (fclose(report) != 0)
		r = -ENOMEM;
	if (told)
		printable_put_lines(c->err, told, len);
	free(told);
	return r;
}

enum ctl_exit ctl_import(struct ctl *c)
{
	const struct import_options options = { .maps = c->maps, .n_maps = c->n_maps, .keys = c->keys };
	struct config_error err = { .text = "" };
	struct junos_file file;
	int r;

	if (strcmp(c->command.file, "-") == 0)
		r = read_stdin(&file, &err);
	else
		r = junos_file_read(&file, c->command.file, IMPORT_SIZE_MAX, &err);
	if (r < 0) {
		fprintf(c->err, "gvpnctl: %s\n", r == -ENOMEM ? "out of memory" : err.text);
		return CTL_REFUSED;
	}
	r = run_import(c, &file, &options);
	junos_file_free(&file);
	if (r == -ENOMEM)
		fprintf(c->err, "gvpnctl: out of memory\n");
	return r == 0 ? ctl_finish(c) : CTL_REFUSED;
}
