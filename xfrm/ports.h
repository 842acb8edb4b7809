/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A selector's protocol and ports in the forms that the kernel takes.  Ports in host byte order. */
#ifndef XFRM_PORTS_H
#define XFRM_PORTS_H

#include "lib/gvpn.h"

/*
 * The protocols that the kernel has to be told for a selector: its own (0: any); all that have ports when it asks for
 * ports of any protocol; none, and so nothing matches, when it asks for ports of one that has none.
 */
#define SELECTOR_PROTOCOLS_MAX 5
size_t selector_protocols(const struct selector *s, uint8_t ret[static SELECTOR_PROTOCOLS_MAX]);

/* The next pair of value and mask that covers the start of [*MIN, MAX], and moves *MIN behind it; false at the end. */
bool port_pair_next(uint32_t *min, uint16_t max, uint16_t *ret_value, uint16_t *ret_mask);

#endif
