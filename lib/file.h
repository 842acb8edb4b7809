/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small files that outlive the process.
 */
#ifndef LIB_FILE_H
#define LIB_FILE_H

#include "lib/base.h"

#define FILE_WHY_MAX 256

/*
 * Opens DIRECTORY, where nobody but root and this process's user can put or exchange a file: one that is somebody
 * else's, or that its group or others may write, is refused with -EPERM.  WHY is a sentence that names it, for every
 * error.
 */
GVPN_MUST_CHECK int file_open_directory(int *ret_fd, const char *directory, char why[static FILE_WHY_MAX]);

/*
 * Afterwards PATH holds TEXT; on any error, and after a crash or a loss of power, PATH holds its old content; mode
 * 0600.  Negative errno.  A file PATH.new that a killed run left is removed.
 */
GVPN_MUST_CHECK int file_replace(const char *path, const char *text);

#endif
