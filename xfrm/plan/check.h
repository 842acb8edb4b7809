/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The limits of a plan, and a check of all that xfrm/ relies on, before anything in the kernel changes. */
#ifndef XFRM_PLAN_CHECK_H
#define XFRM_PLAN_CHECK_H

#include "xfrm/plan/ids.h"

#define PLAN_SCOPES_MAX 64
#define PLAN_RULES_MAX KERNEL_PRIORITIES /* over all scopes, those that become XFRM policies */
#define PLAN_FORMS_MAX                                                                                                 \
	2560 /* over all scopes; a rule with ports and no protocol counts once for each that has ports                 \
	      */
#define PLAN_POLICIES_MAX 8192 /* XFRM policies; two wide ranges of ports in one rule alone may take 900 */
#define PLAN_SAS_MAX 2048
#define PLAN_SPI_MIN 256 /* the lower ones are reserved (RFC 4303 2.1) */

/* -EINVAL or -E2BIG, with a sentence in ERR that names the scope, rule or SA. */
GVPN_MUST_CHECK int plan_check(const struct plan *plan, char err[static 256]);

#endif
