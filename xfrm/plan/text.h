/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A plan as text, a line an entry: what `gvpnd --no-kernel` prints instead of programming it.  No key is ever in it. */
#ifndef XFRM_PLAN_TEXT_H
#define XFRM_PLAN_TEXT_H

#include "lib/plan.h"

#include <stdio.h>

/* "exclude rule", "group policy", ... */
const char *plan_reason_text(enum plan_reason r);
void plan_print(const struct plan *plan, FILE *out);

#endif
