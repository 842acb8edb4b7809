/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/config/config.h"
#include "member/import/import.h"
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whether a line of TEXT begins with WORD. */
static int has_line(const char *text, const char *word)
{
	for (const char *p = text; p; p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL)
		if (strncmp(p, word, strlen(word)) == 0)
			return 1;
	return 0;
}

int fuzz_import(const uint8_t *data, size_t len)
{
	static const char *const maps[] = { "ge-0/0/0=lan0", "ge-0/0/1=wan0", "lan0=lan0", "wan0=wan0" };
	const struct import_options options = { .maps = maps, .n_maps = sizeof(maps) / sizeof(*maps) };
	char *result = NULL, *report = NULL;
	size_t result_len, report_len;
	FILE *out = open_memstream(&result, &result_len), *told = open_memstream(&report, &report_len);
	struct config_error err = { .text = "" };
	struct config *config = NULL;
	int r;

	if (!out || !told)
		abort();
	r = import_run(out, told, "fuzz", (const char *)data, len, &options);
	fclose(out);
	fclose(told);
	/* One of three: complete and loadable, incomplete and said so, refused with a reason and no result. */
	if (r == 0 && (has_line(report, "incomplete: ") || !has_line(report, "complete: ") ||
		       config_parse(&config, "result", result, result_len, &err) < 0))
		abort();
	if (r == 1 && (!has_line(report, "incomplete: ") || has_line(report, "complete: ")))
		abort();
	if (r < 0 && (result_len > 0 || report_len == 0))
		abort();
	config_free(config);
	free(result);
	free(report);
	return 0;
}
