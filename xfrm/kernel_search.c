/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SAs in counter mode, which no plan can make. */
#include "lib/refuse.h"
#include "xfrm/counter_mode.h"
#include "xfrm/kernel_private.h"
#include "xfrm/searcher.h"

#include <stdlib.h>

int kernel_leave_out_lost(struct kernel *k, const struct plan *plan, struct plan *view, struct installed *have,
			  char err[static 256])
{
	view->sas = calloc(plan->n_sas + 1, sizeof(*view->sas));
	free(k->lost);
	k->n_lost = 0;
	k->lost = calloc(plan->n_sas + 1, sizeof(*k->lost));
	if (!view->sas || !k->lost)
		return refuse_memory(err);
	if (k->searcher) {
		have->searched = searcher_spi(k->searcher);
		have->found = searcher_found(k->searcher, &have->prefix);
	}
	for (size_t i = 0; i < plan->n_sas; i++) {
		struct plan_sa *sa = &view->sas[i];
		uint32_t local = plan->scopes[plan->sas[i].scope].local;

		*sa = plan->sas[i];
		if (!plan_sa_ready(sa) || !cipher_is_counter_mode(sa->tek.cipher) || sync_has_sender(have, sa, local))
			continue;
		sa->out = sa->sender.has_prefix = false;
		sa->sender.bits = 0; /* the owner of the plan must know before another one is searched for */
		k->lost[k->n_lost++] = (struct kernel_lost){ local, sa->tek.spi };
	}
	return 0;
}

int kernel_follow_searches(struct kernel *k, const struct plan *view, struct installed *have, char err[static 256])
{
	if (!k->searcher)
		return 0;
	if (searcher_want(k->searcher, view) < 0)
		return refuse_memory(err);
	have->searched = searcher_spi(k->searcher);
	return 0;
}

enum kernel_search kernel_search(struct kernel *k, uint64_t now, struct kernel_found *ret, uint32_t *ret_wait,
				 char err[static 256])
{
	*ret_wait = 0;
	return k->searcher ? searcher_slice(k->searcher, now, ret, ret_wait, err) : KERNEL_SEARCH_NONE;
}

uint32_t kernel_counter_modes(struct kernel *k)
{
	if (k->searcher && !k->counter_modes_known) {
		k->counter_modes = counter_modes_of(k->xfrm);
		k->counter_modes_known = true;
	}
	return k->counter_modes;
}

void kernel_search_pass(struct kernel *k)
{
	if (k->searcher)
		searcher_pass(k->searcher);
}

bool kernel_sends_by_counter(struct kernel *k)
{
	struct installed have = { 0 };
	char unused[256];
	bool sends = sync_read(&have, k->xfrm, unused) < 0;

	for (size_t i = 0; i < have.sas.n; i++)
		sends |= sync_sends_by_counter(&have.sas.items[i]);
	sync_clear(&have);
	return sends;
}

const struct kernel_lost *kernel_lost(const struct kernel *k, size_t *ret_n)
{
	*ret_n = k->n_lost;
	return k->lost;
}
