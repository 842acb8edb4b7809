/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/support/import_run.h"

#include <stdio.h>
#include <stdlib.h>

char *import_printed, *import_told;

void import_forget(void)
{
	free(import_printed);
	free(import_told);
	import_printed = import_told = NULL;
}

int import(const char *name, const char *text, size_t len, const char *const *maps, size_t n_maps)
{
	const struct import_options options = { .maps = maps, .n_maps = n_maps };
	size_t size;
	FILE *out, *err;

	import_forget();
	out = open_memstream(&import_printed, &size);
	err = open_memstream(&import_told, &size);
	ck_assert(out && err);
	int r = import_run(out, err, name, text, len, &options);
	fclose(out);
	fclose(err);
	return r;
}

int import_text(const char *text)
{
	static const char *const maps[] = { "ge-0/0/0=lan0", "ge-0/0/1.0=wan0", "xe-0/0/1.100=vlan100" };

	return import("text", text, strlen(text), maps, ARRAY_SIZE(maps));
}

char *import_read_file(const char *path)
{
	char *text = calloc(1, 65536);
	FILE *f = fopen(path, "r");

	ck_assert_msg(f != NULL, "%s: cannot be read; run the test from the root of the tree", path);
	ck_assert_ptr_nonnull(text);
	ck_assert_uint_lt(fread(text, 1, 65536, f), 65536);
	fclose(f);
	return text;
}
