/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/plan.h"

#include <stdlib.h>

const char *plan_reason_name(enum plan_reason r)
{
	switch (r) {
	case PLAN_OWN_IKE:
		return "Own GDOI";
	case PLAN_EXCLUDE:
		return "Exclude";
	case PLAN_GROUP_POLICY:
		return "Secure";
	case PLAN_FAIL_OPEN:
		return "Fail-open";
	case PLAN_FAIL_CLOSE:
		return "Fail-close";
	case PLAN_NOT_GOVERNED:
		return "Not governed";
	}
	return "?";
}

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
