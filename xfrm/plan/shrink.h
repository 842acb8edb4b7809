/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes a plan small enough for the kernel.  The policies that servers send, multiplied by what the configuration
 * leaves open, may exceed the limits of check.h.  Then one VPN must not keep the others from their keys.
 */
#ifndef XFRM_PLAN_SHRINK_H
#define XFRM_PLAN_SHRINK_H

#include "lib/plan.h"

/*
 * 0 when PLAN fits as it is.  Else 1, and TEXT says what it has lost:
 *
 * 1. Too many SAs: the VPN with the most is closed, and its SAs go.
 * 2. Scopes lose their fail-open rules, those with the most first: that traffic is blocked.
 * 3. Too many rules: the group policies of scopes that have no key, and so block, are joined to two that cover all of
 * them.
 * 4. Scopes are closed, those with the most rules first: their group policies block, whatever their ports, and only the
 *    member's own traffic and the exclude rules pass.
 *
 * A plan that is too large even then stays so, and kernel_apply() refuses it.
 */
GVPN_MUST_CHECK int plan_shrink(struct plan *plan, char text[static 256]);

#endif
