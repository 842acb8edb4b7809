/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pre-shared key of an ike policy, from the configuration text, a file, or a systemd credential.  No message shows
 * any of it, nor the name of a file or credential that cannot be read: it may be the key, behind the wrong word.
 */
#ifndef MEMBER_CONFIG_PSK_H
#define MEMBER_CONFIG_PSK_H

#include <sys/types.h>

#include "member/config/statement.h"

/*
 * BLOCK is the pre-shared-key block; WARN: warn of a file with a lax mode.  With statements_read_unkeyed() the key is
 * STATEMENTS_UNKEYED_KEY.  -EINVAL, and the errors of reading the file, with the reader's error set.
 */
GVPN_MUST_CHECK int config_psk_read(struct secret *ret, struct statements *s, const struct statement *block, bool warn);

#define CONFIG_PSK_LAX_MAX 256

/* Whether others than root and the daemon may read F, which may hold a key, and WHY that is: "open to everybody ...".
 */
bool config_psk_is_lax(char why[static CONFIG_PSK_LAX_MAX], const struct junos_file *f);

/* Pairs of hexadecimal digits to octets: their number, or -EINVAL when it is none, not pairs, or more than MAX. */
GVPN_MUST_CHECK ssize_t config_hex_parse(uint8_t *ret, size_t max, const char *text);

#endif
