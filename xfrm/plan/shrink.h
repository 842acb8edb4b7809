/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes a plan small enough for the kernel.  What the servers send, times what the configuration leaves open, may come
 * to more than it can be given; then one VPN must not keep the others from their keys.
 */
#ifndef XFRM_PLAN_SHRINK_H
#define XFRM_PLAN_SHRINK_H

#include "lib/plan.h"

/*
 * 0 when PLAN fits as it is.  Else 1, and TEXT says what it has lost: first the scopes with the most of them lose their
 * fail-open rules, so that what these would let pass is blocked; when that is not enough, the scopes with the most
 * rules are closed: their group policies block, ports aside, and only the member's own traffic and the exclude rules
 * pass.  Where the number of rules is too large, those of a closed scope are joined to two that cover all of them; the
 * rules of scopes that have no key, and block as they are, are joined first.  Where the number of SAs is, the VPN with
 * the most is closed without them.  What is too much even then stays, and kernel_apply() refuses it.
 */
GVPN_MUST_CHECK int plan_shrink(struct plan *plan, char text[static 256]);

#endif
