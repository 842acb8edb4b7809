/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/ports.h"

#include <netinet/in.h>

static bool any_ports(const struct selector *s)
{
	return s->sport.min == 0 && s->sport.max == UINT16_MAX && s->dport.min == 0 && s->dport.max == UINT16_MAX;
}

size_t selector_protocols(const struct selector *s, uint8_t ret[static SELECTOR_PROTOCOLS_MAX])
{
	static const uint8_t with_ports[] = { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP, IPPROTO_DCCP, IPPROTO_UDPLITE };

	if (s->protocol == 0 && !any_ports(s)) {
		memcpy(ret, with_ports, sizeof(with_ports));
		return ARRAY_SIZE(with_ports);
	}
	ret[0] = s->protocol;
	return any_ports(s) || memchr(with_ports, s->protocol, sizeof(with_ports)) ? 1 : 0;
}

bool port_pair_next(uint32_t *min, uint16_t max, uint16_t *ret_value, uint16_t *ret_mask)
{
	uint32_t size = 1;

	if (*min > max)
		return false;
	while (*min % (size * 2) == 0 && *min + size * 2 - 1 <= max && size < 0x10000)
		size *= 2;
	*ret_value = (uint16_t)*min;
	*ret_mask = (uint16_t)(0x10000 - size);
	*min += size;
	return true;
}
