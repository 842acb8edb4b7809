/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/zone.h"

static bool comes_from(const struct plan_scope *s, const char *ifname)
{
	for (size_t i = 0; i < s->n_from; i++)
		if (strcmp(s->from[i], ifname) == 0)
			return true;
	return false;
}

static bool within(const struct plan_scope *a, const struct plan_scope *b)
{
	for (size_t i = 0; i < a->n_from; i++)
		if (!comes_from(b, a->from[i]))
			return false;
	return true;
}

/* The number of the zone of S; N when it is not among the first N. */
static size_t find(const struct zones *z, const struct plan_scope *s)
{
	size_t i = 0;

	while (i < z->n && !(within(z->of[i], s) && within(s, z->of[i])))
		i++;
	return i;
}

int zones_of(const struct plan *plan, struct zones *ret)
{
	struct zones z = { 0 };

	for (size_t i = 0; i < plan->n_scopes; i++) {
		const struct plan_scope *s = &plan->scopes[i];

		if (s->filter || find(&z, s) < z.n)
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
	size_t i = s->filter ? z->n : find(z, s);

	return i < z->n ? 0x80000000u >> i : 0;
}

uint32_t zones_bits(const struct zones *z)
{
	return z->n > 0 ? ~(UINT32_MAX >> z->n) : 0;
}
