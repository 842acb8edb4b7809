/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The forms in which Junos shows a key: "$9$..." is the key in another spelling, which anybody can read; "$8$..." is
 * encrypted under the device's master password.
 */
#ifndef MEMBER_IMPORT_DEVICE_KEY_H
#define MEMBER_IMPORT_DEVICE_KEY_H

#include "lib/gvpn.h"

#include <sys/types.h>

/*
 * The octets that TEXT, "$9$...", stands for: their number, 1 to MAX.  -EINVAL: TEXT is damaged, or is no such text;
 * -E2BIG: there are more than MAX.
 */
GVPN_MUST_CHECK ssize_t import_secret_reveal(uint8_t *ret, size_t max, const char *text);

#endif
