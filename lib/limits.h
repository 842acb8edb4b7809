/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Limits on which several rooms agree. */
#ifndef LIB_LIMITS_H
#define LIB_LIMITS_H

#define KEYRING_POLICIES_MAX 64 /* upper bound of the configured limit */

#endif
