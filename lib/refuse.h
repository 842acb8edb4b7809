/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A refusal with its reason, in one statement. */
#ifndef LIB_REFUSE_H
#define LIB_REFUSE_H

#include "lib/base.h"

/* Writes the sentence to ERR, and returns R, a negative errno. */
__attribute__((format(printf, 3, 4))) int refuse(int r, char err[static 256], const char *fmt, ...);
int refuse_memory(char err[static 256]); /* -ENOMEM */

#endif
