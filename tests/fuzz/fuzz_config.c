/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/config/config.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

int fuzz_config(const uint8_t *data, size_t len)
{
	struct config_error err = { .text = "" };
	struct config *config = NULL;
	int r = config_parse(&config, "fuzz", (const char *)data, len, &err);

	/* A refusal says why (style: file, line, statement), and nothing is left behind. */
	if (r < 0 ? config != NULL || err.text[0] == '\0' : config == NULL)
		abort();
	config_free(config);
	return 0;
}
