/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Octets written as hex in a table of cases.
 */
#ifndef TESTS_UNIT_SUPPORT_HEX_H
#define TESTS_UNIT_SUPPORT_HEX_H

#include <stddef.h>
#include <stdint.h>

struct hex {
	uint8_t *data; /* of exactly LEN octets, so that a sanitizer sees what is read beyond; free() it */
	size_t len;
};

struct hex hex(const char *text); /* blanks are allowed; an odd number of digits fails the test */

#endif
