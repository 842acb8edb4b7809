/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/daemon/sender_file.h"

#include "lib/file.h"
#include "member/daemon/last_config.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define NAME "senders"
#define LOST "lost\n"

void sender_file_place(char ret[static PATH_MAX], const char *beside)
{
	const char *directory = last_config_directory(), *slash = strrchr(beside, '/');

	if (directory)
		snprintf(ret, PATH_MAX, "%s/" NAME, directory);
	else
		snprintf(ret, PATH_MAX, "%.*s" NAME, slash ? (int)(slash - beside) + 1 : 0, beside);
}

int sender_file_write(const char *path, const struct sender_store *s)
{
	char *text = sender_store_text(s);
	int r = text ? file_replace(path, text) : -ENOMEM;

	free(text);
	return r;
}

int sender_file_write_lost(const char *path)
{
	return file_replace(path, LOST);
}

/* Who can take the file away, or put an older one in its place, has IVs sent twice. */
static int check_directory_of(const char *path)
{
	char directory[PATH_MAX], why[FILE_WHY_MAX];
	int fd, r;

	file_directory_of(directory, path);
	r = file_open_directory(&fd, directory, why);
	if (r == 0)
		close(fd);
	return r;
}

int sender_file_read(struct sender_store *s, const char *path)
{
	char *text;
	int r = check_directory_of(path);

	if (r == 0)
		r = file_read_own(&text, path, SENDER_FILE_MAX);
	if (r < 0)
		return r == -ENOENT ? 1 : r;
	r = strcmp(text, LOST) == 0 ? -ENODATA : sender_store_read(s, text);
	free(text);
	return r;
}

const char *sender_file_why(int r)
{
	switch (r) {
	case -EPERM:
	case -ELOOP:
		return "it or its folder is not this user's own, or others can write there: nobody knows who wrote it";
	case -EINVAL:
		return "it is not what gvpnd writes";
	case -ENODATA:
		return "it was gone while this member was sending";
	default:
		return strerror(-r);
	}
}
