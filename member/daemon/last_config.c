/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/daemon/last_config.h"

#include "lib/file.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FILE_NAME "last-good.conf"

const char *last_config_directory(void)
{
	const char *d = getenv("STATE_DIRECTORY");

	return d && d[0] == '/' ? d : NULL;
}

static int last_config_path(char ret[static PATH_MAX], const char *directory)
{
	return snprintf(ret, PATH_MAX, "%s/" FILE_NAME, directory) < PATH_MAX ? 0 : -ENAMETOOLONG;
}

/* A user who can exchange the file decides which traffic is blocked. */
static int check_directory(const char *directory, char why[static FILE_WHY_MAX])
{
	int fd, r = file_open_directory(&fd, directory, why);

	if (r == 0)
		close(fd);
	return r;
}

/* A kept configuration that cannot be read again is worse than the one that was kept before. */
static int check_text(const char *text, char why[static FILE_WHY_MAX])
{
	_cleanup_(config_freep) struct config *again = NULL;
	struct config_error err;
	int r = config_parse(&again, FILE_NAME, text, strlen(text), &err);

	if (r < 0)
		snprintf(why, FILE_WHY_MAX, "it could not be read again: %.200s", err.text);
	return r;
}

int last_config_write(const char *directory, const struct config *c, char why[static FILE_WHY_MAX])
{
	char path[PATH_MAX];
	int r = check_directory(directory, why);

	if (r == 0)
		r = check_text(c->unkeyed, why);
	if (r < 0)
		return r;
	r = last_config_path(path, directory);
	if (r == 0)
		r = file_replace(path, c->unkeyed);
	if (r < 0)
		snprintf(why, FILE_WHY_MAX, "%s", strerror(-r));
	return r;
}

int last_config_load(struct config **ret, const char *directory, struct config_error *err)
{
	char path[PATH_MAX], why[FILE_WHY_MAX];
	int r = check_directory(directory, why);

	if (r == 0) {
		r = last_config_path(path, directory);
		snprintf(why, sizeof(why), "%.200s: %s", directory, r < 0 ? strerror(-r) : "");
	}
	if (r < 0) {
		snprintf(err->text, sizeof(err->text), "%s", why);
		return r;
	}
	return config_load_unkeyed(ret, path, err);
}
