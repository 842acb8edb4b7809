/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/bpf/owners.h"

#include "lib/hash.h"

#include <stdlib.h>

static uint64_t hash_text(uint64_t h, const char *text)
{
	return hash_octets(h, text, strlen(text) + 1);
}

static uint64_t hash_number(uint64_t h, uint32_t n)
{
	return hash_octets(h, &n, sizeof(n));
}

/* Without the verdict: a group policy that has lost its key and blocks is the same rule. */
uint64_t owners_name(const struct plan_scope *s, const struct plan_rule *r)
{
	uint64_t h = HASH_START;

	h = hash_text(h, s->vpn);
	h = hash_text(h, s->from_zone);
	h = hash_text(h, s->to_zone);
	h = hash_text(h, s->external);
	h = hash_text(h, r->name);
	h = hash_number(h, (uint32_t)s->filter << 16 | (uint32_t)r->reason << 8 | (uint32_t)r->way);
	h = hash_number(h, r->sel.src.addr);
	h = hash_number(h, r->sel.dst.addr);
	h = hash_number(h, (uint32_t)r->sel.src.len << 16 | (uint32_t)r->sel.dst.len << 8 | r->sel.protocol);
	h = hash_number(h, (uint32_t)r->sel.sport.min << 16 | r->sel.sport.max);
	h = hash_number(h, (uint32_t)r->sel.dport.min << 16 | r->sel.dport.max);
	return h ? h : 1;
}

uint32_t owners_place(const uint64_t owners[DP_COUNTS], uint64_t owner)
{
	for (uint32_t i = 1; i < DP_COUNTS; i++)
		if (owners[i] == owner)
			return i;
	return 0;
}

struct owned {
	uint64_t owner;
	uint32_t at;
};

static int by_owner(const void *a, const void *b)
{
	const struct owned *x = a, *y = b;

	return x->owner < y->owner ? -1 : x->owner > y->owner;
}

static struct owned *find_owned(struct owned *all, size_t n, uint64_t owner)
{
	struct owned key = { .owner = owner };

	return n > 0 ? bsearch(&key, all, n, sizeof(*all), by_owner) : NULL;
}

/* A place that nobody owns; when there is none, one whose rule the plan has no more. */
static uint32_t free_place(const struct tables *t, const bool *wanted, uint32_t from)
{
	for (uint32_t i = from; i < DP_COUNTS; i++)
		if (t->owners[i] == 0)
			return i;
	for (uint32_t i = 1; i < DP_COUNTS; i++)
		if (!wanted[i])
			return i;
	return 0;
}

static void give_counters(struct tables *t, const struct plan *plan, struct owned *had, size_t n_had, bool *wanted)
{
	uint32_t at = 1;

	for (int round = 0; round < 2; round++) /* those that have one keep it; then the new ones */
		for (size_t i = 0; i < plan->n_scopes; i++)
			for (size_t j = 0; j < plan->scopes[i].n_rules; j++) {
				struct dp_rule *r = &t->rules[t->scopes[i].first + j];
				uint64_t owner = owners_name(&plan->scopes[i], &plan->scopes[i].rules[j]);
				struct owned *old = find_owned(had, n_had, owner);

				if (old)
					r->count = old->at;
				else if (round == 1)
					r->count = at = free_place(t, wanted, at);
				if (!old && round == 1 && at) {
					t->owners[at] = owner;
					t->fresh[at] = true;
				}
				wanted[r->count] = true;
			}
}

int owners_give(struct tables *t, const struct plan *plan, const uint64_t *owners)
{
	struct owned *had = calloc(DP_COUNTS, sizeof(*had));
	bool *wanted = calloc(DP_COUNTS, sizeof(*wanted));
	size_t n = 0;

	if (!had || !wanted) {
		free(had);
		free(wanted);
		return -ENOMEM;
	}
	for (uint32_t i = 1; owners && i < DP_COUNTS; i++) {
		t->owners[i] = owners[i];
		if (t->owners[i])
			had[n++] = (struct owned){ t->owners[i], i };
	}
	qsort(had, n, sizeof(*had), by_owner);
	give_counters(t, plan, had, n, wanted);
	free(had);
	free(wanted);
	return 0;
}
