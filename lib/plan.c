/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/plan.h"

#include <stdlib.h>

void plan_forget_keys(struct plan *p)
{
	for (size_t i = 0; i < p->n_sas; i++) {
		secret_wipe(&p->sas[i].tek.key);
		secret_wipe(&p->sas[i].tek.auth_key);
	}
}

void plan_free(struct plan *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->n_scopes; i++)
		free(p->scopes[i].rules);
	free(p->scopes);
	plan_forget_keys(p);
	free(p->sas);
	free(p->fits);
	free(p);
}
