/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TEKs of a download, for tests of what takes them. */
#ifndef TESTS_UNIT_SUPPORT_DOWNLOAD_TEK_H
#define TESTS_UNIT_SUPPORT_DOWNLOAD_TEK_H

#include "ike/download.h"

/* Another one, for 10.NET.0.0/16 both ways: AES-256 and HMAC-SHA-256, LIFE seconds.  It stays D's. */
struct tek *download_tek(struct download *d, uint32_t spi, uint8_t net, uint32_t life);

#endif
