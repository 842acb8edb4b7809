/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A configuration as text again, without its keys.
 */
#ifndef MEMBER_CONFIG_UNKEYED_H
#define MEMBER_CONFIG_UNKEYED_H

#include "member/config/statement.h"

/* Stands for a key in the text, and is a valid one. */
#define CONFIG_UNKEYED_PLACEHOLDER "left-out"

/*
 * What S has read, in braces: a block of STATEMENT_SECRETS holds the placeholder, whatever it held.  Comments, what is
 * inactive and what is ignored mean nothing, and may hold secrets: they are not there.  *RET is the caller's to free.
 * -ENOMEM.
 */
GVPN_MUST_CHECK int config_unkeyed_text(char **ret, const struct statements *s);

#endif
