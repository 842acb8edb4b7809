/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/plan/forms.h"

#include "lib/selector.h"

#include <netinet/in.h>

/* --- from-zones --- */

static bool comes_from(const struct plan_scope *s, const char *ifname)
{
	for (size_t i = 0; i < s->n_from; i++)
		if (strcmp(s->from[i], ifname) == 0)
			return true;
	return false;
}

static bool within_zone(const struct plan_scope *a, const struct plan_scope *b)
{
	for (size_t i = 0; i < a->n_from; i++)
		if (!comes_from(b, a->from[i]))
			return false;
	return true;
}

/* The number of the zone of S; N when it is not among the first N. */
static size_t find_zone(const struct zones *z, const struct plan_scope *s)
{
	size_t i = 0;

	while (i < z->n && !(within_zone(z->of[i], s) && within_zone(s, z->of[i])))
		i++;
	return i;
}

int zones_of(const struct plan *plan, struct zones *ret)
{
	struct zones z = { 0 };

	for (size_t i = 0; i < plan->n_scopes; i++) {
		const struct plan_scope *s = &plan->scopes[i];

		if (s->filter || find_zone(&z, s) < z.n)
			continue;
		if (z.n == ZONES_MAX)
			return -E2BIG;
		z.of[z.n++] = s;
	}
	*ret = z;
	return 0;
}

uint32_t zone_bit(const struct zones *z, const struct plan_scope *s)
{
	size_t i = s->filter ? z->n : find_zone(z, s);

	return i < z->n ? 0x80000000u >> i : 0;
}

uint32_t zones_bits(const struct zones *z)
{
	return z->n > 0 ? ~(UINT32_MAX >> z->n) : 0;
}

/* --- rules --- */

/*
 * Fail-close is done by the programs, which see where a packet came from.  Traffic that is not governed needs no
 * policy, and a policy for it must not stand before another scope's.
 */
bool plan_rule_has_policies(const struct plan_rule *r)
{
	return r->reason != PLAN_FAIL_CLOSE && r->reason != PLAN_NOT_GOVERNED;
}

bool plan_rule_goes(const struct plan_rule *r, bool in)
{
	return r->way == PLAN_BOTH || (r->way == PLAN_IN) == in;
}

bool selector_asks_ports(const struct selector *s)
{
	return !port_any(s->sport) || !port_any(s->dport);
}

size_t selector_protocols(const struct selector *s, uint8_t ret[static SELECTOR_PROTOCOLS_MAX])
{
	static const uint8_t with_ports[] = { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP, IPPROTO_DCCP, IPPROTO_UDPLITE };

	if (s->protocol == 0 && selector_asks_ports(s)) {
		memcpy(ret, with_ports, sizeof(with_ports));
		return ARRAY_SIZE(with_ports);
	}
	ret[0] = s->protocol;
	return !selector_asks_ports(s) || memchr(with_ports, s->protocol, sizeof(with_ports)) ? 1 : 0;
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
