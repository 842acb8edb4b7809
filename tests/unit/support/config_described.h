/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of the member's configuration share. */
#ifndef TESTS_UNIT_SUPPORT_CONFIG_DESCRIBED_H
#define TESTS_UNIT_SUPPORT_CONFIG_DESCRIBED_H

#include "member/config/config.h"

/* A text, or a file, that must load. */
struct config *config_parsed(const char *text);
struct config *config_loaded(const char *path);
/* Everything that a configuration says, as text: two that mean the same give the same.  The caller frees it. */
char *config_described(const struct config *c);
/* TEXT, which is freed, with FIND replaced. */
char *config_replace_in(char *text, const char *find, const char *replace);
/* tests/configs/every-statement.conf with FIND replaced. */
char *config_with(const char *find, const char *replace);

#endif
