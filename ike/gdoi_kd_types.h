/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers of key packets and of their attributes (RFC 6407 5.6), for reading and writing. */
#ifndef IKE_GDOI_KD_TYPES_H
#define IKE_GDOI_KD_TYPES_H

#include "ike/gdoi_kd.h"

enum { KD_TEK = 1, KD_KEK = 2, KD_LKH = 3, KD_SID = 4 };
enum { TEK_ALGORITHM_KEY = 1, TEK_INTEGRITY_KEY = 2, TEK_SOURCE_AUTH_KEY = 3 }; /* 5.6.1 */
enum { KEK_ALGORITHM_KEY = 1, SIG_ALGORITHM_KEY = 2 };                          /* 5.6.2 */
enum { NUMBER_OF_SID_BITS = 1, SID_VALUE = 2 };                                 /* 5.6.4 */

#define KD_PACKET_HEADER_LEN 5
#define TEK_SPI_LEN 4

#endif
