/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small files that outlive the process.
 */
#ifndef MEMBER_FILE_H
#define MEMBER_FILE_H

#include "gvpn.h"

/*
 * PATH holds TEXT or, on any error and after a crash or loss of power, what it held before; mode 0600.  Negative errno.
 * What a killed run left as PATH.new is removed.
 */
GVPN_MUST_CHECK int file_replace(const char *path, const char *text);

#endif
