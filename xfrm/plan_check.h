/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What xfrm/ relies on in a plan, checked before anything in the kernel changes. */
#ifndef XFRM_PLAN_CHECK_H
#define XFRM_PLAN_CHECK_H

#include "lib/plan.h"

#define PLAN_SCOPES_MAX 64
#define PLAN_SAS_MAX 2048
#define PLAN_SPI_MIN 256 /* the lower ones are reserved (RFC 4303 2.1) */

/* -EINVAL or -E2BIG, with a sentence in ERR that names the scope, rule or SA. */
GVPN_MUST_CHECK int plan_check(const struct plan *plan, char err[static 256]);

#endif
