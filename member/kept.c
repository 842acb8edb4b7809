/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/kept.h"

#include "member/file.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#define KEPT_NAME "last-good.conf"

const char *kept_directory(void)
{
	const char *d = getenv("STATE_DIRECTORY");

	return d && d[0] == '/' ? d : NULL;
}

static int kept_path(char ret[static PATH_MAX], const char *directory)
{
	return snprintf(ret, PATH_MAX, "%s/" KEPT_NAME, directory) < PATH_MAX ? 0 : -ENAMETOOLONG;
}

int kept_write(const char *directory, const struct config *c)
{
	char path[PATH_MAX];
	int r = kept_path(path, directory);

	return r < 0 ? r : file_replace(path, c->unkeyed);
}

int kept_load(struct config **ret, const char *directory, struct config_error *err)
{
	char path[PATH_MAX];
	int r = kept_path(path, directory);

	if (r < 0) {
		snprintf(err->text, sizeof(err->text), "%.300s: %s", directory, strerror(-r));
		return r;
	}
	return config_load(ret, path, err);
}
