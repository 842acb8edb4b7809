/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A configuration as text again, without its keys.
 */
#ifndef MEMBER_CONFIG_UNKEYED_H
#define MEMBER_CONFIG_UNKEYED_H

#include "member/junos.h"

/*
 * The statements of J in braces, comments gone; whatever follows the word pre-shared-key has become a placeholder that
 * is itself a valid key.  *RET is the caller's to free.  -ENOMEM.
 */
GVPN_MUST_CHECK int config_unkeyed_text(char **ret, const struct junos *j);

#endif
