/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small files that outlive the process.
 */
#ifndef LIB_FILE_H
#define LIB_FILE_H

#include "lib/base.h"

#include <limits.h>

#define FILE_WHY_MAX 256

/*
 * Opens DIRECTORY, where nobody but root and this process's user can put or exchange a file: one that is somebody
 * else's, or that its group or others may write, is refused with -EPERM.  WHY is a sentence that names it, for every
 * error.
 */
GVPN_MUST_CHECK int file_open_directory(int *ret_fd, const char *directory, char why[static FILE_WHY_MAX]);

/* The directory in which PATH stands, "." without any. */
void file_directory_of(char ret[static PATH_MAX], const char *path);

/*
 * Afterwards PATH holds TEXT, also after a crash or a loss of power; mode 0600.  On an error PATH holds its old
 * content, or, when only the directory could not be written out, one of the two.  Negative errno.  A file PATH.new that
 * a killed run left is removed.
 */
GVPN_MUST_CHECK int file_replace(const char *path, const char *text);

/*
 * Opens a regular file of this process's user that nobody else can write, of at most MAX octets: the descriptor, or
 * -EPERM, -EINVAL (no regular file, or too large), or another negative errno.
 */
GVPN_MUST_CHECK int file_open_own(const char *path, size_t max);
/* The text of such a file, which the caller frees; -EINVAL when there is a zero octet in it. */
GVPN_MUST_CHECK int file_read_own(char **ret, const char *path, size_t max);

#endif
